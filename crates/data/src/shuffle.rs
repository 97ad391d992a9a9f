//! ShuffleDataset, ShuffleDatasetV2, ShuffleDatasetV3, ShuffleAndRepeatDataset, DummySeedGenerator: elements in a random order.

use crate::counted::Repeat;
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use crate::seeds::Seeds;
use ferroflow_core::philox::{Philox, Singles};
use ferroflow_core::{HandleData, KernelCtx, NdArray, ResourceHandle, Result, ensure};
use std::any::Any;
use std::sync::Arc;

/// The elements of a dataset, each chosen from a buffer of those that come next.
pub(crate) struct Shuffle {
    input: Arc<dyn Dataset>,
    /// `None` for one that holds everything.
    buffer_size: Option<usize>,
    seeds: Arc<Seeds>,
}

impl Dataset for Shuffle {
    fn kind(&self) -> &'static str {
        "Shuffle"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let name = place.name("Shuffle");
        let (seed, seed2) = self.seeds.next(place.cx, name.clone());
        Ok(Box::new(ShuffleStream {
            buffer_size: self.buffer_size,
            random: Singles::new(Philox::new(seed, seed2)),
            input: Some(place.input(&*self.input, &name)?),
            buffer: Vec::new(),
            start: 0,
            end: 0,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct ShuffleStream {
    buffer_size: Option<usize>,
    random: Singles,
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    /// Elements by their numbers, modulo the buffer's size.
    buffer: Vec<Element>,
    /// The numbers of the elements in the buffer.
    start: usize,
    end: usize,
}

impl ShuffleStream {
    /// Where the element of this number lies.
    fn place(&self, number: usize) -> usize {
        self.buffer_size.map_or(number, |size| number % size)
    }
}

impl Stream for ShuffleStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        while let Some(input) = &mut self.input
            && self.buffer_size.is_none_or(|size| self.end - self.start < size)
        {
            let Some(element) = input.next(cx)? else {
                self.input = None;
                break;
            };
            let place = self.place(self.end);
            self.end += 1;
            match self.buffer.get_mut(place) {
                Some(free) => *free = element,
                None => self.buffer.push(element),
            }
        }
        if self.start == self.end {
            return Ok(None);
        }
        let chosen = self.start + self.random.next() as usize % (self.end - self.start);
        let (chosen, first) = (self.place(chosen), self.place(self.start));
        self.buffer.swap(chosen, first);
        self.start += 1;
        Ok(self.buffer.get_mut(first).map(std::mem::take))
    }
}

/// The arguments that all ops of the family share.
fn shuffle(cx: &mut KernelCtx<'_>, seeds: Arc<Seeds>) -> Result<Shuffle> {
    let (input, buffer_size) = (input_dataset(cx, 0)?, scalar::<i64>(cx, 1, "buffer_size")?);
    ensure!(
        buffer_size > 0 || buffer_size == UNKNOWN,
        invalid_argument,
        "buffer_size must be greater than zero or UNKNOWN_CARDINALITY"
    );
    Ok(Shuffle { input, buffer_size: usize::try_from(buffer_size).ok(), seeds })
}

/// The seeds at inputs 2 and 3.
fn own_seeds(cx: &KernelCtx<'_>) -> Result<Arc<Seeds>> {
    let (seed, seed2) = (scalar(cx, 2, "seed")?, scalar(cx, 3, "seed2")?);
    Ok(Arc::new(Seeds::new(seed, seed2, cx.bool("reshuffle_each_iteration")?)))
}

/// Those of a generator, where an input is one.
fn seeds_or_generator(cx: &KernelCtx<'_>, generator: usize) -> Result<Arc<Seeds>> {
    let own = own_seeds(cx)?;
    Ok(Seeds::of_generator(cx, generator)?.unwrap_or(own))
}

fn shuffle_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let seeds = own_seeds(cx)?;
    let shuffle = shuffle(cx, seeds)?;
    publish(cx, shuffle)
}

fn shuffle_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let seeds = match Seeds::of_generator(cx, 2)? {
        Some(seeds) => seeds,
        None => Arc::new(Seeds::new(0, 0, true)),
    };
    let shuffle = shuffle(cx, seeds)?;
    publish(cx, shuffle)
}

fn shuffle_v3_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let seeds = seeds_or_generator(cx, 4)?;
    let shuffle = shuffle(cx, seeds)?;
    publish(cx, shuffle)
}

fn repeated(cx: &mut KernelCtx<'_>, seeds: Arc<Seeds>) -> Result<()> {
    let shuffle = shuffle(cx, seeds)?;
    let count: i64 = scalar(cx, 4, "count")?;
    ensure!(count > 0 || count == -1, invalid_argument, "count must be greater than zero or equal to -1.");
    publish(cx, Repeat { input: Arc::new(shuffle), count })
}

fn shuffle_and_repeat_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let seeds = own_seeds(cx)?;
    repeated(cx, seeds)
}

fn shuffle_and_repeat_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let seeds = seeds_or_generator(cx, 5)?;
    repeated(cx, seeds)
}

fn dummy_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let data = HandleData {
        container: cx.env().resources.container("").to_string(),
        name: "dummy_resource".to_string(),
        ..HandleData::default()
    };
    cx.set(0, NdArray::scalar(ResourceHandle::new(data)))
}

dataset_op!(SHUFFLE_DATASET "ShuffleDataset" shuffle_kernel, crate::dataset_of_scalars);
dataset_op!(SHUFFLE_DATASET_V2 "ShuffleDatasetV2" shuffle_v2_kernel, crate::dataset_of_scalars);
dataset_op!(SHUFFLE_DATASET_V3 "ShuffleDatasetV3" shuffle_v3_kernel, crate::dataset_of_scalars);
dataset_op!(SHUFFLE_AND_REPEAT_DATASET "ShuffleAndRepeatDataset" shuffle_and_repeat_kernel, crate::dataset_of_scalars);
dataset_op!(SHUFFLE_AND_REPEAT_DATASET_V2 "ShuffleAndRepeatDatasetV2" shuffle_and_repeat_v2_kernel, crate::dataset_of_scalars);
dataset_op!(DUMMY_SEED_GENERATOR "DummySeedGenerator" dummy_kernel);
dataset_op!(DUMMY_MEMORY_CACHE "DummyMemoryCache" dummy_kernel);
