//! ShuffleDataset, ShuffleDatasetV3, ShuffleAndRepeatDataset, DummySeedGenerator: elements in a random order.

use crate::counted::Repeat;
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use ferroflow_core::philox::{Philox, Singles, unpredictable};
use ferroflow_core::{HandleData, KernelCtx, NdArray, ResourceHandle, Result, ensure};
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// Gives each iterator its seeds: those of the dataset, or the next pair of a stream that they begin.
pub(crate) enum Seeds {
    Fixed(u64, u64),
    Drawn(Mutex<Singles>),
}

impl Seeds {
    pub(crate) fn new(seed: i64, seed2: i64, reshuffle: bool) -> Seeds {
        let (seed, seed2) = match (seed as u64, seed2 as u64) {
            // No seed at all: another order every time.
            (0, 0) => (unpredictable(), unpredictable()),
            pair => pair,
        };
        if reshuffle {
            Seeds::Drawn(Mutex::new(Singles::new(Philox::new(seed, seed2))))
        } else {
            Seeds::Fixed(seed, seed2)
        }
    }

    pub(crate) fn next(&self) -> (u64, u64) {
        match self {
            Seeds::Fixed(seed, seed2) => (*seed, *seed2),
            Seeds::Drawn(stream) => {
                let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
                (u64::from(stream.next()), u64::from(stream.next()))
            }
        }
    }
}

/// The elements of a dataset, each chosen from a buffer of those that come next.
pub(crate) struct Shuffle {
    input: Arc<dyn Dataset>,
    /// `None` for one that holds everything.
    buffer_size: Option<usize>,
    seeds: Seeds,
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
        let (seed, seed2) = self.seeds.next();
        Ok(Box::new(ShuffleStream {
            buffer_size: self.buffer_size,
            random: Singles::new(Philox::new(seed, seed2)),
            input: Some(place.input(&*self.input, &place.name("Shuffle"))?),
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

/// The arguments that all ops of the family share, with the count of a dataset that repeats.
fn shuffle(cx: &mut KernelCtx<'_>, count: Option<i64>) -> Result<()> {
    let (input, buffer_size) = (input_dataset(cx, 0)?, scalar::<i64>(cx, 1, "buffer_size")?);
    ensure!(
        buffer_size > 0 || buffer_size == UNKNOWN,
        invalid_argument,
        "buffer_size must be greater than zero or UNKNOWN_CARDINALITY"
    );
    let (seed, seed2) = (scalar(cx, 2, "seed")?, scalar(cx, 3, "seed2")?);
    if let Some(count) = count {
        ensure!(
            count > 0 || count == -1,
            invalid_argument,
            "count must be greater than zero or equal to -1."
        );
    }
    let seeds = Seeds::new(seed, seed2, cx.bool("reshuffle_each_iteration")?);
    let buffer_size = usize::try_from(buffer_size).ok();
    let shuffle = Shuffle { input, buffer_size, seeds };
    match count {
        None => publish(cx, shuffle),
        Some(count) => publish(cx, Repeat { input: Arc::new(shuffle), count }),
    }
}

fn shuffle_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    shuffle(cx, None)
}

fn shuffle_and_repeat_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let count = scalar(cx, 4, "count")?;
    shuffle(cx, Some(count))
}

fn dummy_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let data = HandleData {
        container: cx.env().resources.container("").to_string(),
        name: "dummy_resource".to_string(),
        ..HandleData::default()
    };
    cx.set(0, NdArray::scalar(ResourceHandle::new(data)))
}

dataset_op!(SHUFFLE_DATASET "ShuffleDataset" shuffle_kernel);
dataset_op!(SHUFFLE_DATASET_V3 "ShuffleDatasetV3" shuffle_kernel);
dataset_op!(SHUFFLE_AND_REPEAT_DATASET "ShuffleAndRepeatDataset" shuffle_and_repeat_kernel);
dataset_op!(SHUFFLE_AND_REPEAT_DATASET_V2 "ShuffleAndRepeatDatasetV2" shuffle_and_repeat_kernel);
dataset_op!(DUMMY_SEED_GENERATOR "DummySeedGenerator" dummy_kernel);
dataset_op!(DUMMY_MEMORY_CACHE "DummyMemoryCache" dummy_kernel);
