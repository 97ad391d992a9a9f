//! SlidingWindowDataset: neighbouring elements in batches that may overlap.

use crate::batch::{batch_count, batched};
use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, input_dataset, publish, scalar};
use crate::window::{Sizes, Windows};
use ferroflow_core::{KernelCtx, Result, ensure};
use std::any::Any;
use std::sync::Arc;

struct SlidingWindow {
    input: Arc<dyn Dataset>,
    sizes: Sizes,
    specs: Specs,
}

struct SlidingWindowStream(Windows);

impl Dataset for SlidingWindow {
    fn kind(&self) -> &'static str {
        "SlidingWindow"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    /// As in TensorFlow 2.21, whatever the windows' size.
    fn cardinality(&self) -> i64 {
        batch_count(self.input.cardinality(), self.sizes.shift, self.sizes.drop_remainder)
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let input = place.input(&*self.input, &place.name("SlidingWindow"))?;
        Ok(Box::new(SlidingWindowStream(Windows::new(input, self.sizes))))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for SlidingWindowStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let elements = self.0.next(cx)?;
        if elements.is_empty() { Ok(None) } else { batched(&elements, false).map(Some) }
    }
}

fn sliding(cx: &mut KernelCtx<'_>, drop_remainder: bool) -> Result<()> {
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let size = scalar(cx, 1, "window_size")?;
    ensure!(size > 0, invalid_argument, "Window size must be greater than zero.");
    let shift = scalar(cx, 2, "window_shift")?;
    ensure!(shift > 0, invalid_argument, "Window shift must be greater than zero.");
    let stride = scalar(cx, 3, "window_stride")?;
    ensure!(stride > 0, invalid_argument, "window_stride must be greater than zero.");
    publish(cx, SlidingWindow { input, sizes: Sizes { size, shift, stride, drop_remainder }, specs })
}

fn sliding_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let drop_remainder = cx.bool("drop_remainder")?;
    sliding(cx, drop_remainder)
}

fn experimental_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    sliding(cx, true)
}

dataset_op!(EXPERIMENTAL_SLIDING_WINDOW_DATASET "ExperimentalSlidingWindowDataset" experimental_kernel, crate::dataset_of_scalars);
dataset_op!(SLIDING_WINDOW_DATASET "SlidingWindowDataset" sliding_kernel, crate::dataset_of_scalars);
