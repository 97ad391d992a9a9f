//! `Order`: which row of a queue comes next, for each kind of queue.

use crate::queue::Row;
use ferroflow_core::{Attrs, DType, Env, Error, NdArray, Result, bail, registry, run_op};
use std::collections::VecDeque;

/// The kinds of queues.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Order {
    /// First in, first out.
    Fifo,
    /// The same; rows taken together are padded to one shape.
    Padding,
    /// The lowest priority first.
    Priority,
    /// Any row at random, as long as some remain.
    Shuffle { least_left: usize, seeds: (i64, i64) },
}

impl Order {
    /// The queue's name in messages.
    pub(crate) fn queue_name(&self) -> &'static str {
        match self {
            Order::Fifo => "FIFOQueue",
            Order::Padding => "PaddingFIFOQueue",
            Order::Priority => "PriorityQueue",
            Order::Shuffle { .. } => "RandomShuffleQueue",
        }
    }

    /// How many rows have to stay behind while the queue is open.
    pub(crate) fn least_left(&self) -> usize {
        if let Order::Shuffle { least_left, .. } = self { *least_left } else { 0 }
    }
}

/// The rows of a queue.
pub(crate) enum Rows {
    Line(VecDeque<Row>),
    Heap(Vec<(i64, Row)>),
    Bag(Vec<Row>, Draws),
}

impl Rows {
    pub(crate) fn new(order: &Order) -> Rows {
        match order {
            Order::Fifo | Order::Padding => Rows::Line(VecDeque::new()),
            Order::Priority => Rows::Heap(Vec::new()),
            Order::Shuffle { seeds, .. } => Rows::Bag(Vec::new(), Draws::new(*seeds)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Rows::Line(rows) => rows.len(),
            Rows::Heap(rows) => rows.len(),
            Rows::Bag(rows, _) => rows.len(),
        }
    }

    pub(crate) fn push(&mut self, row: Row) -> Result<()> {
        match self {
            Rows::Line(rows) => rows.push_back(row),
            Rows::Bag(rows, _) => rows.push(row),
            Rows::Heap(rows) => {
                let Some(priority) = row.first() else { bail!(internal, "a row without a priority") };
                let priority = priority.item::<i64>()?;
                let hole = rows.len();
                rows.push((priority, row));
                sift_up(rows, hole);
            }
        }
        Ok(())
    }

    /// The next row. Rows of one priority come in the order in which the heap of C++'s library, which TensorFlow
    /// uses, gives them.
    pub(crate) fn pop(&mut self) -> Result<Row> {
        let next = match self {
            Rows::Line(rows) => rows.pop_front(),
            Rows::Bag(rows, draws) if !rows.is_empty() => {
                let at = draws.next()? as usize % rows.len();
                Some(rows.swap_remove(at))
            }
            Rows::Bag(..) => None,
            Rows::Heap(rows) => pop_heap(rows).map(|(_, row)| row),
        };
        next.ok_or_else(|| Error::internal("a queue gave no row"))
    }

    /// Puts rows back that were taken in vain.
    pub(crate) fn put_back(&mut self, taken: Vec<Row>) -> Result<()> {
        match self {
            Rows::Line(rows) => {
                for row in taken.into_iter().rev() {
                    rows.push_front(row);
                }
                Ok(())
            }
            _ => taken.into_iter().try_for_each(|row| self.push(row)),
        }
    }
}

fn sift_up(heap: &mut [(i64, Row)], mut hole: usize) {
    while hole > 0 {
        let parent = (hole - 1) / 2;
        if heap[parent].0 <= heap[hole].0 {
            return;
        }
        heap.swap(parent, hole);
        hole = parent;
    }
}

fn pop_heap(heap: &mut Vec<(i64, Row)>) -> Option<(i64, Row)> {
    let count = heap.len().checked_sub(1)?;
    heap.swap(0, count);
    let top = heap.pop();
    // The hole at the top sinks to the bottom, always taking the better child, and the element rises from there.
    let mut hole = 0;
    while 2 * hole + 2 < count {
        let right = 2 * hole + 2;
        let child = if heap[right].0 > heap[right - 1].0 { right - 1 } else { right };
        heap.swap(hole, child);
        hole = child;
    }
    if count > 0 && count.is_multiple_of(2) && hole == (count - 2) / 2 {
        let child = 2 * hole + 1;
        heap.swap(hole, child);
        hole = child;
    }
    sift_up(heap, hole);
    top
}

/// Random numbers for a queue: TensorFlow's stream for a pair of seeds.
pub(crate) struct Draws {
    seeds: (i64, i64),
    drawn: u64,
    ready: VecDeque<u32>,
}

impl Draws {
    /// How many numbers are made at a time; a step of the generator gives four.
    const BATCH: u64 = 64;

    fn new(seeds: (i64, i64)) -> Draws {
        let seeds = if seeds == (0, 0) { (unpredictable(), unpredictable()) } else { seeds };
        Draws { seeds, drawn: 0, ready: VecDeque::new() }
    }

    fn next(&mut self) -> Result<u32> {
        if self.ready.is_empty() {
            const BITS: &str = "StatelessRandomUniformFullIntV2";
            let Some(bits) = registry::lookup(BITS) else { bail!(unimplemented, "unsupported op: {BITS}") };
            let attrs = Attrs::new().with("dtype", DType::UINT32).with("Tshape", DType::INT64);
            let mut inputs = [
                NdArray::vector(vec![Draws::BATCH as i64]),
                NdArray::vector(vec![self.seeds.0 as u64]),
                NdArray::vector(vec![self.drawn / 4, self.seeds.1 as u64]),
                NdArray::scalar(1i32),
            ];
            for batch in run_op(bits, &attrs, BITS, &mut inputs, &Env::default(), None)? {
                self.ready.extend(batch.as_slice::<u32>()?);
            }
            self.drawn += Draws::BATCH;
        }
        self.ready.pop_front().ok_or_else(|| Error::internal("no random numbers"))
    }
}

fn unpredictable() -> i64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish() as i64
}
