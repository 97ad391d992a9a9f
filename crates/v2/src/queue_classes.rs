//! The kinds of queues (`tf.queue`).

use crate::queues::{Kind, QueueBase, QueueOptions};
use ferroflow_core::{DType, PartialShape, Result};
use std::ops::Deref;

/// Gives elements out in the order in which they came.
///
/// Source: `tf.queue.FIFOQueue`.
#[derive(Clone, Debug)]
pub struct FIFOQueue(QueueBase);

impl Deref for FIFOQueue {
    type Target = QueueBase;

    fn deref(&self) -> &QueueBase {
        &self.0
    }
}

impl From<FIFOQueue> for QueueBase {
    fn from(queue: FIFOQueue) -> QueueBase {
        queue.0
    }
}

/// Gives elements out in the order in which they came; several at once are filled up with zeros, `false` and empty
/// strings to the shape of the largest where shapes leave dimensions open.
///
/// Source: `tf.queue.PaddingFIFOQueue`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let queue = tf::queue::PaddingFIFOQueue::new(10, &[tf::int32], vec![tf::TensorShape::from([None])])?;
/// queue.enqueue([1])?;
/// queue.enqueue([2, 3])?;
/// assert_eq!(queue.dequeue_many(2)?[0].to_string(), "[[1 0]\n [2 3]]");
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PaddingFIFOQueue(QueueBase);

impl Deref for PaddingFIFOQueue {
    type Target = QueueBase;

    fn deref(&self) -> &QueueBase {
        &self.0
    }
}

impl From<PaddingFIFOQueue> for QueueBase {
    fn from(queue: PaddingFIFOQueue) -> QueueBase {
        queue.0
    }
}

/// Gives out the element of the least priority, a number that is each element's first component.
///
/// Source: `tf.queue.PriorityQueue`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let queue = tf::queue::PriorityQueue::new_with(10, &[tf::string], |o| o.shapes(vec![().into()]))?;
/// queue.enqueue_many(([3i64, 1], ["later", "sooner"]))?;
/// assert_eq!(queue.dequeue()?[1].to_string(), "b'sooner'");
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PriorityQueue(QueueBase);

impl Deref for PriorityQueue {
    type Target = QueueBase;

    fn deref(&self) -> &QueueBase {
        &self.0
    }
}

impl From<PriorityQueue> for QueueBase {
    fn from(queue: PriorityQueue) -> QueueBase {
        queue.0
    }
}

/// Gives elements out in a random order.
///
/// Source: `tf.queue.RandomShuffleQueue`.
#[derive(Clone, Debug)]
pub struct RandomShuffleQueue(QueueBase);

impl Deref for RandomShuffleQueue {
    type Target = QueueBase;

    fn deref(&self) -> &QueueBase {
        &self.0
    }
}

impl From<RandomShuffleQueue> for QueueBase {
    fn from(queue: RandomShuffleQueue) -> QueueBase {
        queue.0
    }
}

impl FIFOQueue {
    /// A queue of up to `capacity` elements, without a bound where it is negative.
    ///
    /// # Errors
    /// As [`FIFOQueue::new_with`].
    pub fn new(capacity: i64, dtypes: &[DType]) -> Result<FIFOQueue> {
        FIFOQueue::new_with(capacity, dtypes, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` for shapes that are not fully known; `InvalidArgument` for another number of them.
    pub fn new_with(
        capacity: i64,
        dtypes: &[DType],
        options: impl FnOnce(QueueOptions) -> QueueOptions,
    ) -> Result<FIFOQueue> {
        QueueBase::make(Kind::Fifo, capacity, dtypes, options(QueueOptions::default())).map(FIFOQueue)
    }
}

impl PaddingFIFOQueue {
    /// A queue of up to `capacity` elements of these shapes, whose dimensions may be open.
    ///
    /// # Errors
    /// As [`PaddingFIFOQueue::new_with`].
    pub fn new(capacity: i64, dtypes: &[DType], shapes: Vec<PartialShape>) -> Result<PaddingFIFOQueue> {
        PaddingFIFOQueue::new_with(capacity, dtypes, shapes, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` for another number of shapes, and for those of unknown rank.
    pub fn new_with(
        capacity: i64,
        dtypes: &[DType],
        shapes: Vec<PartialShape>,
        options: impl FnOnce(QueueOptions) -> QueueOptions,
    ) -> Result<PaddingFIFOQueue> {
        let options = options(QueueOptions::default()).shapes(shapes);
        QueueBase::make(Kind::Padding, capacity, dtypes, options).map(PaddingFIFOQueue)
    }
}

impl PriorityQueue {
    /// A queue of up to `capacity` elements: of components of these dtypes behind a priority of dtype `int64`.
    ///
    /// # Errors
    /// As [`PriorityQueue::new_with`].
    pub fn new(capacity: i64, types: &[DType]) -> Result<PriorityQueue> {
        PriorityQueue::new_with(capacity, types, |options| options)
    }

    /// The same with optional arguments; shapes are those of the components behind the priority.
    ///
    /// # Errors
    /// As [`FIFOQueue::new_with`].
    pub fn new_with(
        capacity: i64,
        types: &[DType],
        options: impl FnOnce(QueueOptions) -> QueueOptions,
    ) -> Result<PriorityQueue> {
        QueueBase::make(Kind::Priority, capacity, types, options(QueueOptions::default())).map(PriorityQueue)
    }
}

impl RandomShuffleQueue {
    /// A queue of up to `capacity` elements, of which `min_after_dequeue` at least are left to be chosen from, until it is
    /// closed.
    ///
    /// # Errors
    /// As [`RandomShuffleQueue::new_with`].
    pub fn new(capacity: i64, min_after_dequeue: i64, dtypes: &[DType]) -> Result<RandomShuffleQueue> {
        RandomShuffleQueue::new_with(capacity, min_after_dequeue, dtypes, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`FIFOQueue::new_with`]; `InvalidArgument` unless `min_after_dequeue` is below the capacity; `Unimplemented` for a
    /// shared name with a seed of the graph alone.
    pub fn new_with(
        capacity: i64,
        min_after_dequeue: i64,
        dtypes: &[DType],
        options: impl FnOnce(QueueOptions) -> QueueOptions,
    ) -> Result<RandomShuffleQueue> {
        let kind = Kind::Shuffle { min_after_dequeue };
        QueueBase::make(kind, capacity, dtypes, options(QueueOptions::default())).map(RandomShuffleQueue)
    }
}
