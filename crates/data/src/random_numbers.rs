//! RandomDataset: integers without end.

use crate::pipeline::{Context, Dataset, Element, INFINITE, Place, Specs, Stream, publish, scalar};
use crate::seeds::Seeds;
use ferroflow_core::philox::{Philox, Singles};
use ferroflow_core::{DType, KernelCtx, NdArray, Result};
use std::any::Any;
use std::sync::Arc;

struct Random {
    seeds: Arc<Seeds>,
    specs: Specs,
}

struct RandomStream(Singles);

impl Dataset for Random {
    fn kind(&self) -> &'static str {
        "Random"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        INFINITE
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let (seed, seed2) = self.seeds.next(place.cx, place.name("Random"));
        Ok(Box::new(RandomStream(Singles::new(Philox::new(seed, seed2)))))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for RandomStream {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        Ok(Some(vec![NdArray::scalar(i64::from(self.0.next()))]))
    }
}

fn random(cx: &mut KernelCtx<'_>, seeds: Arc<Seeds>) -> Result<()> {
    publish(cx, Random { seeds, specs: Specs::scalar(DType::INT64) })
}

fn own_seeds(cx: &KernelCtx<'_>, anew: bool) -> Result<Arc<Seeds>> {
    let (seed, seed2) = (scalar(cx, 0, "seed")?, scalar(cx, 1, "seed2")?);
    Ok(Arc::new(Seeds::new(seed, seed2, anew)))
}

fn random_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let seeds = own_seeds(cx, false)?;
    random(cx, seeds)
}

fn random_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let own = own_seeds(cx, cx.bool("rerandomize_each_iteration")?)?;
    let seeds = Seeds::of_generator(cx, 2)?.unwrap_or(own);
    random(cx, seeds)
}

dataset_op!(EXPERIMENTAL_RANDOM_DATASET "ExperimentalRandomDataset" random_kernel, crate::source_of_scalars);
dataset_op!(RANDOM_DATASET "RandomDataset" random_kernel, crate::source_of_scalars);
dataset_op!(RANDOM_DATASET_V2 "RandomDatasetV2" random_v2_kernel, crate::source_of_scalars);
