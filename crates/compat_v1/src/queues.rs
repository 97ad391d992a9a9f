//! Queues (`tf.queue`) in the mode of the v1 API. Their methods are those of v2's.

use crate::facade;
use ferroflow_core::{DType, PartialShape, Result};
use ferroflow_v2::QueueOptions;
use ferroflow_v2::queue::{self, QueueBase};
use std::ops::Deref;

/// Gives elements out in the order in which they came.
///
/// Source: `tf.compat.v1.FIFOQueue`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let queue = tf::FIFOQueue::new_with(10, &[tf::int32], |o| o.shapes(vec![().into()]))?;
/// let (put, first) = (queue.enqueue_many([7, 8, 9])?, queue.dequeue()?);
/// let (left, end) = (queue.size()?, queue.close(false)?);
/// let sess = tf::Session::new()?;
/// sess.run(&put)?;
/// assert_eq!(sess.run(&first)?[0].item::<i32>()?, 7);
/// assert_eq!(sess.run(&left)?.item::<i32>()?, 2);
/// sess.run(&end)?;
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FIFOQueue(queue::FIFOQueue);

impl Deref for FIFOQueue {
    type Target = QueueBase;

    fn deref(&self) -> &QueueBase {
        &self.0
    }
}

impl From<FIFOQueue> for QueueBase {
    fn from(queue: FIFOQueue) -> QueueBase {
        queue.0.into()
    }
}

/// Gives elements out in the order in which they came; several at once are filled up to the shape of the largest where
/// shapes leave dimensions open.
///
/// Source: `tf.compat.v1.PaddingFIFOQueue`.
#[derive(Clone, Debug)]
pub struct PaddingFIFOQueue(queue::PaddingFIFOQueue);

impl Deref for PaddingFIFOQueue {
    type Target = QueueBase;

    fn deref(&self) -> &QueueBase {
        &self.0
    }
}

impl From<PaddingFIFOQueue> for QueueBase {
    fn from(queue: PaddingFIFOQueue) -> QueueBase {
        queue.0.into()
    }
}

/// Gives out the element of the least priority, a number that is each element's first component.
///
/// Source: `tf.compat.v1.PriorityQueue`.
#[derive(Clone, Debug)]
pub struct PriorityQueue(queue::PriorityQueue);

impl Deref for PriorityQueue {
    type Target = QueueBase;

    fn deref(&self) -> &QueueBase {
        &self.0
    }
}

impl From<PriorityQueue> for QueueBase {
    fn from(queue: PriorityQueue) -> QueueBase {
        queue.0.into()
    }
}

/// Gives elements out in a random order.
///
/// Source: `tf.compat.v1.RandomShuffleQueue`.
#[derive(Clone, Debug)]
pub struct RandomShuffleQueue(queue::RandomShuffleQueue);

impl Deref for RandomShuffleQueue {
    type Target = QueueBase;

    fn deref(&self) -> &QueueBase {
        &self.0
    }
}

impl From<RandomShuffleQueue> for QueueBase {
    fn from(queue: RandomShuffleQueue) -> QueueBase {
        queue.0.into()
    }
}

impl FIFOQueue {
    /// A queue of up to `capacity` elements, without a bound where it is negative.
    ///
    /// # Errors
    /// As [`ferroflow_v2::queue::FIFOQueue::new_with`].
    pub fn new(capacity: i64, dtypes: &[DType]) -> Result<FIFOQueue> {
        FIFOQueue::new_with(capacity, dtypes, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`ferroflow_v2::queue::FIFOQueue::new_with`].
    pub fn new_with(
        capacity: i64,
        dtypes: &[DType],
        options: impl FnOnce(QueueOptions) -> QueueOptions,
    ) -> Result<FIFOQueue> {
        facade(|| queue::FIFOQueue::new_with(capacity, dtypes, options).map(FIFOQueue))
    }
}

impl PaddingFIFOQueue {
    /// A queue of up to `capacity` elements of these shapes, whose dimensions may be open.
    ///
    /// # Errors
    /// As [`ferroflow_v2::queue::PaddingFIFOQueue::new_with`].
    pub fn new(capacity: i64, dtypes: &[DType], shapes: Vec<PartialShape>) -> Result<PaddingFIFOQueue> {
        PaddingFIFOQueue::new_with(capacity, dtypes, shapes, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`ferroflow_v2::queue::PaddingFIFOQueue::new_with`].
    pub fn new_with(
        capacity: i64,
        dtypes: &[DType],
        shapes: Vec<PartialShape>,
        options: impl FnOnce(QueueOptions) -> QueueOptions,
    ) -> Result<PaddingFIFOQueue> {
        facade(|| queue::PaddingFIFOQueue::new_with(capacity, dtypes, shapes, options).map(PaddingFIFOQueue))
    }
}

impl PriorityQueue {
    /// A queue of up to `capacity` elements: of components of these dtypes behind a priority of dtype `int64`.
    ///
    /// # Errors
    /// As [`ferroflow_v2::queue::PriorityQueue::new_with`].
    pub fn new(capacity: i64, types: &[DType]) -> Result<PriorityQueue> {
        PriorityQueue::new_with(capacity, types, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`ferroflow_v2::queue::PriorityQueue::new_with`].
    pub fn new_with(
        capacity: i64,
        types: &[DType],
        options: impl FnOnce(QueueOptions) -> QueueOptions,
    ) -> Result<PriorityQueue> {
        facade(|| queue::PriorityQueue::new_with(capacity, types, options).map(PriorityQueue))
    }
}

impl RandomShuffleQueue {
    /// A queue of up to `capacity` elements, of which `min_after_dequeue` at least are left to be chosen from, until it is
    /// closed.
    ///
    /// # Errors
    /// As [`ferroflow_v2::queue::RandomShuffleQueue::new_with`].
    pub fn new(capacity: i64, min_after_dequeue: i64, dtypes: &[DType]) -> Result<RandomShuffleQueue> {
        RandomShuffleQueue::new_with(capacity, min_after_dequeue, dtypes, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`ferroflow_v2::queue::RandomShuffleQueue::new_with`].
    pub fn new_with(
        capacity: i64,
        min_after_dequeue: i64,
        dtypes: &[DType],
        options: impl FnOnce(QueueOptions) -> QueueOptions,
    ) -> Result<RandomShuffleQueue> {
        facade(|| {
            queue::RandomShuffleQueue::new_with(capacity, min_after_dequeue, dtypes, options)
                .map(RandomShuffleQueue)
        })
    }
}
