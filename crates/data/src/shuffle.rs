//! ShuffleDataset, ShuffleDatasetV3, ShuffleAndRepeatDataset, DummySeedGenerator: elements in a random order.

use crate::pipeline::{
    Dataset, Element, INFINITE, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use ferroflow_core::philox::{Philox, Singles, unpredictable};
use ferroflow_core::{Env, HandleData, KernelCtx, NdArray, ResourceHandle, Result, ensure};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The buffer never holds elements of more passes over the input than this.
const MAX_PASSES_IN_BUFFER: usize = 3;

/// Gives each iterator its seeds: those of the dataset, or the next pair of a stream that they begin.
enum Seeds {
    Fixed(u64, u64),
    Drawn(Mutex<Singles>),
}

impl Seeds {
    fn new(seed: i64, seed2: i64, reshuffle: bool) -> Seeds {
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

    fn next(&self) -> (u64, u64) {
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
    seeds: Arc<Seeds>,
    /// How often the input is gone through; without end where it is negative.
    count: i64,
    /// Whether this stands for two ops, of which the second repeats.
    repeats: bool,
}

impl Shuffle {
    /// This dataset repeated, where its buffer can be filled across passes.
    pub(crate) fn repeated(&self, count: i64) -> Option<Shuffle> {
        let drawn = matches!(*self.seeds, Seeds::Drawn(_));
        let fits = drawn && !self.repeats && self.buffer_size.is_some() && count != 0 && count != 1;
        fits.then(|| Shuffle {
            input: self.input.clone(),
            buffer_size: self.buffer_size,
            seeds: self.seeds.clone(),
            count: count.max(-1),
            repeats: true,
        })
    }
}

impl Dataset for Shuffle {
    fn kind(&self) -> &'static str {
        if self.repeats { "ShuffleAndRepeat" } else { "Shuffle" }
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        match self.input.cardinality() {
            0 => 0,
            _ if self.count < 0 => INFINITE,
            elements @ (INFINITE | UNKNOWN) => elements,
            elements => elements.saturating_mul(self.count),
        }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let (seed, seed2) = self.seeds.next();
        Ok(Box::new(ShuffleStream {
            dataset: Shuffle { seeds: self.seeds.clone(), input: self.input.clone(), ..*self },
            random: Singles::new(Philox::new(seed, seed2)),
            input: None,
            passes: 0,
            any: false,
            buffer: Vec::new(),
            held: 0,
            slices: VecDeque::new(),
            name: place.name(self.kind()),
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The elements of one pass in the buffer, by their numbers.
struct Slice {
    start: usize,
    end: usize,
}

struct ShuffleStream {
    dataset: Shuffle,
    random: Singles,
    input: Option<Box<dyn Stream>>,
    /// How many passes have begun.
    passes: i64,
    /// Whether any element has come so far.
    any: bool,
    /// Elements by their numbers, modulo the buffer's size.
    buffer: Vec<Element>,
    held: usize,
    slices: VecDeque<Slice>,
    name: String,
}

impl ShuffleStream {
    fn wants_more(&self) -> bool {
        let at_end = self.input.is_none() && self.dataset.count >= 0 && self.passes >= self.dataset.count;
        let too_many_passes = self.slices.len() > MAX_PASSES_IN_BUFFER && self.held > 0;
        !at_end && !too_many_passes && self.dataset.buffer_size.is_none_or(|size| self.held < size)
    }

    /// Where the element of this number lies.
    fn place(&self, number: usize) -> usize {
        self.dataset.buffer_size.map_or(number, |size| number % size)
    }

    fn fill(&mut self, env: &Env) -> Result<()> {
        while self.wants_more() {
            let input = match &mut self.input {
                Some(input) => input,
                None => {
                    let start = self.slices.back().map_or(0, |slice| slice.end);
                    self.slices.push_back(Slice { start, end: start });
                    self.passes += 1;
                    let place = Place { prefix: "", env };
                    self.input.insert(place.input(&*self.dataset.input, &self.name)?)
                }
            };
            let Some(element) = input.next(env)? else {
                self.input = None;
                if !self.any && self.dataset.count < 0 {
                    // Nothing would ever come of a dataset without elements.
                    self.dataset.count = 0;
                }
                continue;
            };
            self.any = true;
            let Some(slice) = self.slices.back_mut() else { continue };
            let number = slice.end;
            slice.end += 1;
            self.held += 1;
            let place = self.place(number);
            match self.buffer.get_mut(place) {
                Some(free) => *free = element,
                None => self.buffer.push(element),
            }
        }
        Ok(())
    }
}

impl Stream for ShuffleStream {
    fn next(&mut self, env: &Env) -> Result<Option<Element>> {
        self.fill(env)?;
        while self.slices.front().is_some_and(|slice| slice.start == slice.end) {
            // The pass that is being read may get elements yet.
            if self.slices.len() == 1 && self.held == 0 {
                return Ok(None);
            }
            self.slices.pop_front();
        }
        let Some(Slice { start, end }) = self.slices.front() else { return Ok(None) };
        let (start, end) = (*start, *end);
        let chosen = start + self.random.next() as usize % (end - start);
        let (chosen, first) = (self.place(chosen), self.place(start));
        self.buffer.swap(chosen, first);
        let element = self.buffer.get_mut(first).map(std::mem::take);
        if let Some(slice) = self.slices.front_mut() {
            slice.start += 1;
        }
        self.held -= 1;
        Ok(element)
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
    let seeds = Arc::new(Seeds::new(seed, seed2, cx.bool("reshuffle_each_iteration")?));
    let buffer_size = usize::try_from(buffer_size).ok();
    let repeats = count.is_some();
    publish(cx, Shuffle { input, buffer_size, seeds, count: count.unwrap_or(1), repeats })
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
        container: "localhost".to_string(),
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
