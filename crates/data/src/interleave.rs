//! InterleaveDataset and its parallel forms: the datasets that a function makes, some of them in turn.

use crate::captured::{Caller, CapturedFunction};
use crate::flat_map::DatasetMaker;
use crate::map::parallel_calls;
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use ferroflow_core::{KernelCtx, Result, ensure, parallel};
use std::any::Any;
use std::sync::Arc;

struct Interleave {
    input: Arc<dyn Dataset>,
    function: CapturedFunction,
    caller: Caller,
    specs: Specs,
    cycle_length: usize,
    block_length: i64,
    turns: Turns,
    kind: &'static str,
}

/// What happens when one of the datasets in turn has ended.
#[derive(Clone, Copy, PartialEq)]
enum Turns {
    /// Another takes its place when it is that one's turn again, and each turn is a block.
    Lazy,
    /// Another takes its place at once. Where there is none, the block goes on with the next in turn: TensorFlow does
    /// either there, whichever of its threads is first.
    Eager,
}

struct InterleaveStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    maker: DatasetMaker,
    cycle: Vec<Option<Box<dyn Stream>>>,
    cycle_length: usize,
    block_length: i64,
    turns: Turns,
    /// Whose turn it is, and how many elements it has given in this turn.
    turn: usize,
    given: i64,
    opened: usize,
}

impl Dataset for Interleave {
    fn kind(&self) -> &'static str {
        self.kind
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        if self.turns == Turns::Lazy && self.input.cardinality() == 0 { 0 } else { UNKNOWN }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let caller = self.caller.at(place, self.kind);
        let input = Some(place.input(&*self.input, &caller.name)?);
        Ok(Box::new(InterleaveStream {
            input,
            maker: DatasetMaker { function: self.function.instantiate(place.cx)?, caller },
            cycle: Vec::new(),
            cycle_length: self.cycle_length,
            block_length: self.block_length,
            turns: self.turns,
            turn: 0,
            given: 0,
            opened: 0,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl InterleaveStream {
    fn next_turn(&mut self) {
        self.given = 0;
        self.pass_on();
    }

    /// Goes to the next in turn within a block.
    fn pass_on(&mut self) {
        self.turn = (self.turn + 1) % self.cycle_length;
        // Places that were never taken stay empty once the input has ended.
        if self.input.is_none() && self.turn >= self.cycle.len() {
            self.turn = 0;
        }
    }

    /// Puts another dataset into the place whose turn it is; whether there was one.
    fn open(&mut self, cx: Context<'_>) -> Result<bool> {
        let Some(input) = &mut self.input else { return Ok(false) };
        let Some(element) = input.next(cx)? else {
            self.input = None;
            return Ok(false);
        };
        let number = self.opened;
        self.opened += 1;
        let stream = Some(self.maker.open(element, number, cx)?);
        match self.cycle.get_mut(self.turn) {
            Some(place) => *place = stream,
            None => self.cycle.push(stream),
        }
        Ok(true)
    }
}

impl Stream for InterleaveStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            if self.input.is_none() && self.cycle.iter().all(Option::is_none) {
                return Ok(None);
            }
            if let Some(Some(current)) = self.cycle.get_mut(self.turn) {
                if let Some(element) = current.next(cx)? {
                    self.given += 1;
                    if self.given >= self.block_length {
                        self.next_turn();
                    }
                    return Ok(Some(element));
                }
                self.cycle[self.turn] = None;
                if self.turns == Turns::Lazy || self.open(cx)? {
                    self.next_turn();
                } else {
                    self.pass_on();
                }
                cx.env.check()?;
            } else if self.input.is_some() {
                self.open(cx)?;
            } else if self.turns == Turns::Lazy {
                self.next_turn();
            } else {
                self.pass_on();
            }
        }
    }
}

fn interleave(cx: &mut KernelCtx<'_>, kind: &'static str, calls: Option<usize>) -> Result<()> {
    let function = CapturedFunction::new(cx, "f", 1)?;
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let position = |argument: usize| cx.arg(argument).map(|range| range.start);
    let cycle_length: i64 = scalar(cx, position(2)?, "cycle_length")?;
    let block_length: i64 = scalar(cx, position(3)?, "block_length")?;
    ensure!(
        cycle_length > 0 || cycle_length == -1,
        invalid_argument,
        "cycle_length must be greater than zero."
    );
    ensure!(block_length > 0, invalid_argument, "block_length must be greater than zero.");
    if let Some(position) = calls {
        let calls: i64 = scalar(cx, cx.arg(position)?.start, "num_parallel_calls")?;
        parallel_calls(calls)?;
        ensure!(
            cycle_length == -1 || calls <= cycle_length,
            invalid_argument,
            "If `cycle_length` is set to a fixed value, `num_parallel_calls` must be either `tf.data.AUTOTUNE` or a \
             value less than or equal to `cycle_length`. However, `num_parallel_calls` is {calls} and `cycle_length` \
             is {cycle_length}"
        );
    }
    let cycle_length = usize::try_from(cycle_length).unwrap_or_else(|_| parallel::threads());
    let caller = Caller::new(cx);
    let turns = Turns::Lazy;
    publish(cx, Interleave { input, function, caller, specs, cycle_length, block_length, turns, kind })
}

/// The forms before `Dataset.interleave`; how far they read ahead changes no order.
fn legacy(cx: &mut KernelCtx<'_>, first_ahead: usize, kind: &'static str) -> Result<()> {
    let function = CapturedFunction::new(cx, "f", 1)?;
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let number = |argument: usize, name: &str| scalar::<i64>(cx, cx.arg(argument)?.start, name);
    let (cycle_length, block_length) = (number(2, "cycle_length")?, number(3, "block_length")?);
    ensure!(cycle_length > 0, invalid_argument, "`cycle_length` must be > 0");
    ensure!(block_length > 0, invalid_argument, "`block_length` must be > 0");
    let buffered = number(first_ahead, "buffer_output_elements")?;
    ensure!(buffered > 0, invalid_argument, "`buffer_output_elements` must be > 0");
    let prefetched = number(first_ahead + 1, "prefetch_input_elements")?;
    ensure!(prefetched >= 0, invalid_argument, "`prefetch_input_elements` must be >= 0");
    let cycle_length = usize::try_from(cycle_length).unwrap_or(usize::MAX);
    let (caller, turns) = (Caller::new(cx), Turns::Eager);
    publish(cx, Interleave { input, function, caller, specs, cycle_length, block_length, turns, kind })
}

fn legacy_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    // The argument before says whether another order may be had; it need not be.
    legacy(cx, 5, "LegacyParallelInterleave")
}

fn legacy_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    legacy(cx, 4, "LegacyParallelInterleaveV2")
}

fn interleave_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    interleave(cx, "Interleave", None)
}

fn parallel_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    interleave(cx, "ParallelInterleaveV2", Some(4))
}

fn parallel_v3_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    interleave(cx, "ParallelInterleaveV3", Some(4))
}

fn parallel_v4_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    interleave(cx, "ParallelInterleaveV4", Some(6))
}

dataset_op!(EXPERIMENTAL_PARALLEL_INTERLEAVE_DATASET "ExperimentalParallelInterleaveDataset" legacy_kernel);
dataset_op!(PARALLEL_INTERLEAVE_DATASET "ParallelInterleaveDataset" legacy_kernel);
dataset_op!(LEGACY_PARALLEL_INTERLEAVE_DATASET_V2 "LegacyParallelInterleaveDatasetV2" legacy_v2_kernel);
dataset_op!(INTERLEAVE_DATASET "InterleaveDataset" interleave_kernel);
dataset_op!(PARALLEL_INTERLEAVE_DATASET_V2 "ParallelInterleaveDatasetV2" parallel_kernel);
dataset_op!(PARALLEL_INTERLEAVE_DATASET_V3 "ParallelInterleaveDatasetV3" parallel_v3_kernel);
dataset_op!(PARALLEL_INTERLEAVE_DATASET_V4 "ParallelInterleaveDatasetV4" parallel_v4_kernel);
