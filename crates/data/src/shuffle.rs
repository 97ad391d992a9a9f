//! ShuffleDataset, ShuffleDatasetV3, ShuffleAndRepeatDataset, DummySeedGenerator: elements in a random order.

use crate::counted::Repeat;
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use crate::position::Draw;
use ferroflow_core::philox::{Philox, Singles, unpredictable};
use ferroflow_core::{HandleData, KernelCtx, NdArray, ResourceHandle, Result, ensure};
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// Gives each iterator its seeds: those of the dataset, or the next pair of a stream that they begin.
pub(crate) struct Seeds {
    anew: bool,
    state: Mutex<State>,
}

struct State {
    seeds: (u64, u64),
    /// How many pairs were drawn.
    drawn: u64,
    stream: Singles,
}

impl State {
    /// Where the draw of this number is the next.
    fn before(draw: Draw) -> State {
        // A step of the stream gives four numbers, two pairs.
        let mut stream = Philox::new(draw.seeds.0, draw.seeds.1);
        stream.skip(draw.number / 2);
        let mut stream = Singles::new(stream);
        if draw.number % 2 == 1 {
            stream.next();
            stream.next();
        }
        State { seeds: draw.seeds, drawn: draw.number, stream }
    }
}

impl Seeds {
    pub(crate) fn new(seed: i64, seed2: i64, reshuffle: bool) -> Seeds {
        let seeds = match (seed as u64, seed2 as u64) {
            // No seed at all: another order every time.
            (0, 0) => (unpredictable(), unpredictable()),
            pair => pair,
        };
        Seeds { anew: reshuffle, state: Mutex::new(State::before(Draw { seeds, number: 0 })) }
    }

    /// The seeds of the part of an iterator that bears this name. One that is put to a place it has kept draws what it
    /// drew then, and so do those that come after it.
    pub(crate) fn next(&self, cx: Context<'_>, name: String) -> (u64, u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(draw) = cx.functions.draws().again(&name) {
            *state = State::before(draw);
        }
        cx.functions.draws().add(&name, Draw { seeds: state.seeds, number: state.drawn });
        if !self.anew {
            return state.seeds;
        }
        state.drawn = state.drawn.wrapping_add(1);
        (u64::from(state.stream.next()), u64::from(state.stream.next()))
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
