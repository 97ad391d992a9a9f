//! `Queue`: tuples of tensors that wait to be taken, and who waits for whom.

use crate::queue_order::{Order, Rows};
use ferroflow_core::{DType, Env, Error, NdArray, PartialShape, Resource, Result, Shape, bail, ensure};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a waiting op sleeps before it looks whether its run was cancelled.
const PATIENCE: Duration = Duration::from_millis(10);

/// One entry: a tensor for each component.
pub(crate) type Row = Vec<NdArray>;

/// What a queue was made with.
#[derive(Clone, PartialEq)]
pub(crate) struct QueueOptions {
    pub(crate) dtypes: Vec<DType>,
    /// The components' shapes, none where they may have any.
    pub(crate) shapes: Vec<PartialShape>,
    pub(crate) capacity: usize,
    pub(crate) order: Order,
}

/// A queue behind a handle.
pub(crate) struct Queue {
    pub(crate) name: String,
    pub(crate) options: QueueOptions,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    rows: Rows,
    closed: bool,
    /// How often pending enqueues were cancelled.
    cancellations: u64,
    /// Enqueues that wait for room.
    waiting: usize,
}

impl Resource for Queue {
    fn type_name(&self) -> &'static str {
        "tensorflow::QueueInterface"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow14QueueInterfaceE"
    }
    fn debug_string(&self) -> String {
        format!("A queue of size: {}", self.size())
    }
}

/// Dtypes as they stand in messages.
pub(crate) fn listed(dtypes: &[DType]) -> String {
    dtypes.iter().map(|dtype| dtype.cpp_name()).collect::<Vec<_>>().join(", ")
}

/// Shapes as they stand in messages.
pub(crate) fn listed_shapes(shapes: &[PartialShape]) -> String {
    let shapes: Vec<String> = shapes.iter().map(PartialShape::cpp).collect();
    format!("[{}]", shapes.join(", "))
}

impl Queue {
    pub(crate) fn new(name: String, options: QueueOptions) -> Queue {
        let rows = Rows::new(&options.order);
        let state = State { rows, closed: false, cancellations: 0, waiting: 0 };
        Queue { name, options, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0
    }

    fn kind(&self) -> &'static str {
        self.options.order.queue_name()
    }

    pub(crate) fn size(&self) -> usize {
        self.lock().rows.len()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Lets nothing more in; what is in the queue can still be taken.
    pub(crate) fn close(&self, cancel_pending_enqueues: bool) -> Result<()> {
        let mut state = self.lock();
        ensure!(
            !state.closed || cancel_pending_enqueues,
            cancelled,
            "Queue '{}' is already closed.",
            self.name
        );
        state.closed = true;
        if cancel_pending_enqueues {
            state.cancellations += 1;
        }
        self.changed.notify_all();
        Ok(())
    }

    /// Puts rows into the queue, waiting for room where there is none.
    pub(crate) fn enqueue(&self, rows: Vec<Row>, env: &Env) -> Result<()> {
        let mut state = self.lock();
        let cancellations = state.cancellations;
        let cancelled = || Error::cancelled("Enqueue operation was cancelled");
        ensure!(!state.closed, cancelled, "{} '{}' is closed.", self.kind(), self.name);
        for row in rows {
            while state.rows.len() >= self.options.capacity {
                state.waiting += 1;
                state = self.wait(state);
                state.waiting -= 1;
                if env.cancellation.is_cancelled() || state.cancellations != cancellations {
                    return Err(cancelled());
                }
                env.check()?;
            }
            state.rows.push(row)?;
            self.changed.notify_all();
        }
        Ok(())
    }

    /// Takes one row, waiting for it where the queue is empty.
    pub(crate) fn dequeue(&self, env: &Env) -> Result<Row> {
        let rows = self.dequeue_many(1, false, env)?;
        rows.into_iter().next().ok_or_else(|| Error::internal("a queue gave no row"))
    }

    /// Takes this many rows, waiting for them; once the queue is closed, what is left will do if `fewer_do`.
    pub(crate) fn dequeue_many(&self, count: usize, fewer_do: bool, env: &Env) -> Result<Vec<Row>> {
        let mut taken: Vec<Row> = Vec::new();
        let mut state = self.lock();
        while taken.len() < count {
            let wanted = count - taken.len();
            let size = state.rows.len();
            if state.closed && size < wanted && state.waiting == 0 {
                state.rows.put_back(taken)?;
                let left = state.rows.len();
                if fewer_do && left > 0 {
                    return (0..left).map(|_| state.rows.pop()).collect();
                }
                self.changed.notify_all();
                bail!(
                    out_of_range,
                    "{} '{}' is closed and has insufficient elements (requested {wanted}, current size {size})",
                    self.kind(),
                    self.name
                );
            }
            let kept = if state.closed { 0 } else { self.options.order.least_left() };
            // A step that has ended takes nothing away from others.
            if env.cancellation.is_cancelled() {
                state.rows.put_back(taken)?;
                bail!(cancelled, "Dequeue operation was cancelled");
            }
            if size > kept {
                taken.push(state.rows.pop()?);
                self.changed.notify_all();
                continue;
            }
            if let Err(late) = env.check() {
                state.rows.put_back(taken)?;
                return Err(late);
            }
            state = self.wait(state);
        }
        Ok(taken)
    }

    /// Checks one component of a row against the queue, or of many rows when `batch` is their number.
    pub(crate) fn check_shape(&self, component: usize, shape: &Shape, batch: Option<usize>) -> Result<()> {
        let rank = shape.rank();
        let leading = batch.map(|rows| PartialShape::new([Some(rows)]));
        let expected = match (self.options.shapes.get(component), leading) {
            (Some(expected), None) => expected.clone(),
            (Some(expected), Some(leading)) => leading.concatenate(expected),
            (None, None) => return Ok(()),
            (None, Some(leading)) => leading.concatenate(&PartialShape::of_rank(rank.saturating_sub(1))),
        };
        ensure!(
            expected.admits(shape),
            invalid_argument,
            "Shape mismatch in tuple component {component}. Expected {}, got {shape}",
            expected.cpp()
        );
        Ok(())
    }
}
