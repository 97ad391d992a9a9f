//! SamplingDataset: a part of the elements, each taken or left by chance.

use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use crate::seeds::Seeds;
use ferroflow_core::philox::{Philox, Singles};
use ferroflow_core::{KernelCtx, Result};
use std::any::Any;
use std::sync::Arc;

struct Sampling {
    input: Arc<dyn Dataset>,
    rate: f32,
    seeds: Seeds,
}

struct SamplingStream {
    input: Box<dyn Stream>,
    rate: f32,
    random: Singles,
}

impl Dataset for Sampling {
    fn kind(&self) -> &'static str {
        "Sampling"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let name = place.name("Sampling");
        let (seed, seed2) = self.seeds.next(place.cx, name.clone());
        let input = place.input(&*self.input, &name)?;
        Ok(Box::new(SamplingStream {
            input,
            rate: self.rate,
            random: Singles::new(Philox::new(seed, seed2)),
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for SamplingStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        while let Some(element) = self.input.next(cx)? {
            if unit(self.random.next()) < self.rate {
                return Ok(Some(element));
            }
            cx.env.check()?;
        }
        Ok(None)
    }
}

/// A number from 0 to 1, as TensorFlow makes it of random bits.
fn unit(bits: u32) -> f32 {
    f32::from_bits(bits & 0x007f_ffff | 0x3f80_0000) - 1.0
}

fn sampling_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, rate) = (input_dataset(cx, 0)?, scalar(cx, 1, "rate")?);
    let (seed, seed2) = (scalar(cx, 2, "seed")?, scalar(cx, 3, "seed2")?);
    publish(cx, Sampling { input, rate, seeds: Seeds::new(seed, seed2, false) })
}

dataset_op!(SAMPLING_DATASET "SamplingDataset" sampling_kernel, crate::dataset_of_scalars);
