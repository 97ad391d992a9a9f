//! Batch, Unbatch, UnbatchGrad: rows of steps that run at the same time, joined below each other and given back to each.
//!
//! A step that comes to a Batch waits for others until the batch is full or its time is over. The last one in a batch goes on with
//! all rows, the others with none; each finds its part of what the last one computed at an Unbatch.
//!
//! Steps bring their own threads to a batch: `num_batch_threads` is checked, and changes nothing else.

use crate::batch_function::{AllowedSizes, joined, rows, rows_of};
use ferroflow_core::philox::unpredictable;
use ferroflow_core::print::cpp_elements;
use ferroflow_core::{
    Env, KernelCtx, NdArray, OpDef, PartialShape, Resource, Result, ShapeCtx, bail, ensure,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a waiting op sleeps before it looks whether its run was cancelled.
const PATIENCE: Duration = Duration::from_millis(10);

/// Something that steps meet at.
struct Meeting<T> {
    state: Mutex<T>,
    changed: Condvar,
}

impl<T> Meeting<T> {
    fn new(state: T) -> Meeting<T> {
        Meeting { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until `look` finds something, and gives it out.
    fn wait<'a, R>(
        &'a self,
        mut state: MutexGuard<'a, T>,
        env: &Env,
        mut look: impl FnMut(&mut T) -> Option<R>,
    ) -> Result<R> {
        loop {
            if let Some(found) = look(&mut state) {
                self.changed.notify_all();
                return Ok(found);
            }
            env.check()?;
            state = self.changed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The op's resource, by its name: ops of different kinds may use the same.
fn meeting<R: Resource>(cx: &KernelCtx<'_>, create: impl FnOnce() -> Result<R>) -> Result<Arc<R>> {
    let shared = cx.str("shared_name")?;
    let name = if shared.is_empty() { cx.node() } else { shared };
    cx.env().resources.get_or_create(cx.str("container")?, &format!("{name}/{}", cx.op().name), create)
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(micros.try_into().unwrap_or(0))
}

/// What one step brings to a batch.
struct Task {
    id: i64,
    rows: usize,
    inputs: Vec<NdArray>,
}

/// A batch that more may come to.
struct Open {
    until: Instant,
    tasks: Vec<Task>,
}

#[derive(Default)]
struct Queue {
    open: Option<Open>,
    /// What nobody comes to any more, by the last that came.
    closed: HashMap<i64, Vec<Task>>,
}

impl Queue {
    fn close(&mut self) {
        let tasks = self.open.take().map(|open| open.tasks).unwrap_or_default();
        if let Some(last) = tasks.last() {
            self.closed.insert(last.id, tasks);
        }
    }
}

/// The batches behind a name, made as its first step wants them.
struct Batcher {
    most: usize,
    /// How many batches of a queue may wait.
    enqueued: usize,
    allowed: AllowedSizes,
    timeout: Duration,
    queues: Meeting<HashMap<String, Queue>>,
}

impl Resource for Batcher {
    fn type_name(&self) -> &'static str {
        "tensorflow::BatchResource"
    }
    fn debug_string(&self) -> String {
        "BatchResource".to_string()
    }
}

impl Batcher {
    fn of(cx: &KernelCtx<'_>) -> Result<Batcher> {
        let most = cx.int("max_batch_size")?;
        let (threads, timeout) = (cx.int("num_batch_threads")?, cx.int("batch_timeout_micros")?);
        ensure!(threads > 0, invalid_argument, "num_batch_threads must be positive; was {threads}");
        ensure!(most > 0, invalid_argument, "input_batch_size_limit must be positive; was {most}");
        ensure!(timeout >= 0, invalid_argument, "batch_timeout_micros must be non-negative; was {timeout}");
        Ok(Batcher {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            // TensorFlow takes less than nothing for very many, too.
            enqueued: usize::try_from(cx.int("max_enqueued_batches")?).unwrap_or(usize::MAX),
            allowed: AllowedSizes::read(cx)?,
            timeout: duration(timeout),
            queues: Meeting::new(HashMap::new()),
        })
    }

    /// Adds a step's task to a batch, and gives all tasks of it once it is closed: to the last one; the others get none.
    fn meet(&self, env: &Env, queue: &str, task: Task) -> Result<Vec<Task>> {
        let id = task.id;
        let mut state = self.queues.lock();
        let own = state.entry(queue.to_string()).or_default();
        // Only rows of the same kind can be joined.
        let fits = |open: &Open| {
            let rows: usize = open.tasks.iter().map(|task| task.rows).sum();
            let kind = |task: &Task| -> Vec<_> {
                task.inputs.iter().map(|input| (input.dtype(), input.shape().dims()[1..].to_vec())).collect()
            };
            rows + task.rows <= self.most && open.tasks.first().is_none_or(|first| kind(first) == kind(&task))
        };
        if !own.open.as_ref().is_some_and(fits) {
            let waiting = own.closed.len() + usize::from(own.open.is_some());
            // A queue has one batch that is open, whatever it is allowed.
            ensure!(
                waiting == 0 || waiting < self.enqueued,
                unavailable,
                "The batch scheduling queue to which this task was submitted is full; currently {waiting} batches enqueued and \
                 max_enqueued_batches is {}",
                self.enqueued
            );
            own.close();
        }
        let until = Instant::now() + self.timeout;
        let open = own.open.get_or_insert(Open { until, tasks: Vec::new() });
        open.tasks.push(task);
        if open.tasks.iter().map(|task| task.rows).sum::<usize>() == self.most {
            own.close();
        }
        self.queues.changed.notify_all();
        let is_own = |task: &Task| task.id == id;
        let waited = self.queues.wait(state, env, |state| {
            let own = state.get_mut(queue)?;
            if own.open.as_ref().is_some_and(|open| open.until <= Instant::now()) {
                own.close();
            }
            match &own.open {
                Some(open) if open.tasks.iter().any(is_own) => None,
                _ => Some(own.closed.remove(&id).unwrap_or_default()),
            }
        });
        if waited.is_err() {
            // The rows of a step that was cancelled do not go on with a batch that is open. Of one that is closed they do, unless
            // this step was to compute it: then nobody does, and the others wait for their parts in vain.
            if let Some(own) = self.queues.lock().get_mut(queue) {
                own.closed.remove(&id);
                own.open.iter_mut().for_each(|open| open.tasks.retain(|task| !is_own(task)));
                // Its time began with the step: whoever comes next waits for a time of its own.
                own.open.take_if(|open| open.tasks.is_empty());
            }
        }
        waited
    }
}

fn batch(cx: &mut KernelCtx<'_>) -> Result<()> {
    let allowed = AllowedSizes::read(cx)?;
    let most = cx.int("max_batch_size")?;
    ensure!(
        allowed.last().is_none_or(|last| last == most),
        invalid_argument,
        "final entry in allowed_batch_sizes must equal max_batch_size"
    );
    let batcher = meeting(cx, || Batcher::of(cx))?;
    let inputs = cx.inputs().to_vec();
    let count = rows_of(&inputs)?;
    let last = inputs.len();
    ensure!(
        count <= batcher.most,
        invalid_argument,
        "Task size {count} is larger than maximum input batch size {}",
        batcher.most
    );
    let id = unpredictable() as i64;
    let task = Task { id, rows: count, inputs: inputs.clone() };
    // A step without rows meets nobody; TensorFlow 2.21 gives it no id.
    let tasks = match count {
        0 => Vec::new(),
        _ => batcher.meet(cx.env(), cx.str("batching_queue")?, task)?,
    };
    let mut index = Vec::new();
    let mut total = 0;
    for task in &tasks {
        index.extend([task.id, total as i64, (total + task.rows) as i64]);
        total += task.rows;
    }
    for (output, input) in inputs.iter().enumerate() {
        let parts: Vec<NdArray> = tasks.iter().filter_map(|task| task.inputs.get(output).cloned()).collect();
        let padding = batcher.allowed.padded(total) - total;
        let value = match parts.first() {
            None => rows(input, 0, 0, 0)?,
            Some(_) if padding == 0 => joined(&parts)?,
            Some(first) => joined(&[parts.as_slice(), &[rows(first, 0, 1, padding)?]].concat())?,
        };
        cx.set(output, value)?;
    }
    cx.set(last, NdArray::from_vec(&[tasks.len(), 3], index)?)?;
    cx.set(last + 1, NdArray::scalar(id))
}

/// Parts of batches on their way to the steps they belong to.
#[derive(Default)]
struct Parts {
    /// Those that nobody has asked for yet, and until when they are kept.
    early: HashMap<i64, (NdArray, Instant)>,
    /// Steps that wait, and what has come for them.
    waiting: HashMap<i64, Option<NdArray>>,
}

struct Unbatcher(Meeting<Parts>);

impl Resource for Unbatcher {
    fn type_name(&self) -> &'static str {
        "tensorflow::UnbatchResource"
    }
    fn debug_string(&self) -> String {
        "UnbatchResource".to_string()
    }
}

/// The keys of a batch's parts, and the parts: only their sizes count, not where they are said to begin.
fn parts(batch: &NdArray, index: &NdArray) -> Result<Vec<(i64, NdArray)>> {
    let &[count, width] = index.shape().dims() else {
        bail!(invalid_argument, "Input batch_index must be a matrix; Got: {}.", index.shape());
    };
    ensure!(batch.rank() > 0, invalid_argument, "Input batched_tensor must have at least one dimension.");
    let size = batch.shape().dims()[0];
    ensure!(
        count <= size,
        invalid_argument,
        "Wrong shape for index tensor. Expected 0th dimension size to be no greater than {size}; Got: {count}."
    );
    ensure!(
        width == 3,
        invalid_argument,
        "Wrong shape for index tensor. Expected 1st dimension size to be 3 ; Got: {width}."
    );
    let mut parts = Vec::with_capacity(count);
    let mut start = 0usize;
    for row in index.as_slice::<i64>()?.chunks_exact(3) {
        let length = row[2].checked_sub(row[1]).and_then(|length| usize::try_from(length).ok());
        let Some(length) = length else {
            bail!(invalid_argument, "A part of a batch cannot begin at {} and end at {}", row[1], row[2]);
        };
        let end = start.checked_add(length).filter(|end| *end <= size);
        let Some(end) = end else {
            bail!(invalid_argument, "Sum of split sizes must not exceed dim0-size of input tensor");
        };
        parts.push((row[0], rows(batch, start, end, length)?));
        start = end;
    }
    Ok(parts)
}

/// What TensorFlow's messages show of ids that are no scalar.
fn shown(ids: &NdArray) -> String {
    let elements = cpp_elements(ids, 3).join(" ");
    let more = if ids.len() > 3 { "..." } else { "" };
    format!("Tensor<type: int64 shape: {} values: {elements}{more}>", ids.shape())
}

fn unbatch(cx: &mut KernelCtx<'_>) -> Result<()> {
    let timeout = cx.int("timeout_micros")?;
    let unbatcher = meeting(cx, || Ok(Unbatcher(Meeting::new(Parts::default()))))?;
    let pieces = parts(cx.input(0)?, cx.input(1)?)?;
    let ids = cx.input(2)?;
    ensure!(ids.rank() == 0, invalid_argument, "Input id should be scalar; Got: {}.", shown(ids));
    let key = ids.item::<i64>()?;
    let now = Instant::now();
    let until = now + duration(timeout);
    let mut state = unbatcher.0.lock();
    state.early.retain(|early, (_, until)| *early == key || *until >= now);
    if let Some((part, _)) = state.early.remove(&key) {
        drop(state);
        return cx.set(0, part);
    }
    ensure!(
        !state.waiting.contains_key(&key),
        already_exists,
        "Multiple session runs with the same batch key."
    );
    state.waiting.insert(key, None);
    for (owner, part) in pieces {
        let Parts { early, waiting } = &mut *state;
        match waiting.get_mut(&owner) {
            Some(slot @ None) => *slot = Some(part),
            _ if early.contains_key(&owner) => {
                waiting.remove(&key);
                bail!(already_exists, "Multiple tensors returned for same batch key.");
            }
            _ => {
                early.insert(owner, (part, until));
            }
        }
    }
    unbatcher.0.changed.notify_all();
    let waited = unbatcher.0.wait(state, cx.env(), |state| match state.waiting.get_mut(&key) {
        Some(slot) if slot.is_some() => Some(slot.take()),
        Some(_) if Instant::now() < until => None,
        _ => Some(None),
    });
    unbatcher.0.lock().waiting.remove(&key);
    match waited? {
        Some(part) => cx.set(0, part),
        None => bail!(deadline_exceeded, "Batched data did not arrive within timeout window."),
    }
}

/// Gradients of parts on their way to the step that had the batch.
#[derive(Default)]
struct Gradients {
    arrived: HashMap<i64, NdArray>,
    /// Those that some step waits for.
    wanted: HashSet<i64>,
}

struct GradientBatcher(Meeting<Gradients>);

impl Resource for GradientBatcher {
    fn type_name(&self) -> &'static str {
        "tensorflow::UnbatchGradResource"
    }
    fn debug_string(&self) -> String {
        "UnbatchGradResource".to_string()
    }
}

fn unbatch_grad(cx: &mut KernelCtx<'_>) -> Result<()> {
    let batcher = meeting(cx, || Ok(GradientBatcher(Meeting::new(Gradients::default()))))?;
    let (original, index, grad, ids) = (cx.input(0)?, cx.input(1)?, cx.input(2)?.clone(), cx.input(3)?);
    ensure!(ids.rank() == 0, invalid_argument, "Expected `id` to be scalar. Received {}", shown(ids));
    ensure!(grad.rank() > 0, invalid_argument, "Input grad must have at least one dimension.");
    let key = ids.item::<i64>()?;
    let mut state = batcher.0.lock();
    ensure!(!state.arrived.contains_key(&key), invalid_argument, "Two runs with the same batch key.");
    state.arrived.insert(key, grad.clone());
    batcher.0.changed.notify_all();
    if original.is_empty() {
        drop(state);
        return cx.set(0, rows(&grad, 0, 0, 0)?);
    }
    ensure!(!index.is_empty(), invalid_argument, "batch_index is empty while the tensor isn't.");
    let count = index.shape().dims().first().copied().unwrap_or(0);
    ensure!(
        index.len() == count.saturating_mul(3),
        invalid_argument,
        "batch_index should contain {} elements. Received {}",
        count.saturating_mul(3),
        index.len()
    );
    let keys: Vec<i64> = index.as_slice::<i64>()?.chunks_exact(3).map(|row| row[0]).collect();
    let missing: Vec<i64> = keys.iter().copied().filter(|key| !state.arrived.contains_key(key)).collect();
    ensure!(
        missing.iter().all(|key| !state.wanted.contains(key)),
        invalid_argument,
        "Missing tensor wanted by more than one batch."
    );
    state.wanted.extend(&missing);
    let waited = batcher.0.wait(state, cx.env(), |state| {
        let all: Option<Vec<NdArray>> = keys.iter().map(|key| state.arrived.get(key).cloned()).collect();
        keys.iter().filter(|_| all.is_some()).for_each(|key| drop(state.arrived.remove(key)));
        all
    });
    let mut state = batcher.0.lock();
    state.wanted.retain(|key| !missing.contains(key));
    drop(state);
    cx.set(0, joined(&waited?)?)
}

/// A shape with any number of rows.
fn any_rows(shape: &PartialShape) -> Result<PartialShape> {
    match shape.rank() {
        Some(0) => bail!(invalid_argument, "Out of range dim_index 0 for shape with 0 dimensions"),
        Some(rank) => Ok(PartialShape::new([None]).concatenate(&shape.slice(1..rank))),
        None => Ok(PartialShape::unknown()),
    }
}

fn batch_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        cx.set_all_unknown();
        return Ok(());
    }
    let inputs = cx.num_inputs();
    for input in 0..inputs {
        cx.set(input, any_rows(&cx.input(input))?);
    }
    cx.set(inputs, PartialShape::new([None, Some(3)]));
    cx.set(inputs + 1, PartialShape::scalar());
    Ok(())
}

fn unbatch_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        cx.set_all_unknown();
        return Ok(());
    }
    cx.set(0, any_rows(&cx.input(0))?);
    Ok(())
}

fn unbatch_grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let rank = cx.input(2).rank();
    cx.set(0, rank.map_or(PartialShape::unknown(), |rank| PartialShape::new(vec![None; rank])));
    Ok(())
}

pub(crate) static BATCH: OpDef =
    OpDef { name: "Batch", shape: batch_shape, kernel: Some(batch), ..OpDef::NEW };

pub(crate) static UNBATCH: OpDef =
    OpDef { name: "Unbatch", shape: unbatch_shape, kernel: Some(unbatch), ..OpDef::NEW };

pub(crate) static UNBATCH_GRAD: OpDef =
    OpDef { name: "UnbatchGrad", shape: unbatch_grad_shape, kernel: Some(unbatch_grad), ..OpDef::NEW };

#[cfg(test)]
mod tests {
    use super::*;
    use ferroflow_core::{Code, Op, Tensor};

    /// What a step gets that brings these numbers and doubles those of its batch: its own, and how many were in the batch.
    fn doubled(name: &str, numbers: Vec<i32>, size: i64, timeout: i64) -> Result<(Vec<i32>, usize)> {
        let batch = Op::new(&BATCH)
            .inputs(vec![Tensor::from(NdArray::vector(numbers))])
            .attr("num_batch_threads", 1)
            .attr("max_batch_size", size)
            .attr("batch_timeout_micros", timeout)
            .attr("grad_timeout_micros", 0)
            .attr("shared_name", name)
            .all()?;
        let doubled = (&batch[0] + &batch[0])?;
        let own = Op::new(&UNBATCH)
            .input(doubled)
            .input(&batch[1])
            .input(&batch[2])
            .attr("timeout_micros", 10_000_000)
            .attr("shared_name", name)
            .one()?;
        Ok((own.numpy()?.as_slice::<i32>()?.to_vec(), batch[0].numpy()?.len()))
    }

    fn both(name: &'static str, size: i64, timeout: i64) -> (Vec<Vec<i32>>, usize) {
        let step = |numbers: Vec<i32>| std::thread::spawn(move || doubled(name, numbers, size, timeout));
        let steps = [vec![1, 2], vec![3]].map(step);
        let results = steps.map(|step| step.join().expect("no panic").expect("a result"));
        let most = results.iter().map(|(_, size)| *size).max().unwrap_or(0);
        (results.into_iter().map(|(own, _)| own).collect(), most)
    }

    /// A batch of one row of this many numbers, filled up to a size.
    fn filled(width: usize, size: i64) -> Result<NdArray> {
        let batch = Op::new(&BATCH)
            .inputs(vec![Tensor::from(NdArray::from_vec(&[1, width], vec![7i32; width])?)])
            .attr("num_batch_threads", 1)
            .attr("max_batch_size", size)
            .attr("allowed_batch_sizes", vec![size])
            .attr("batch_timeout_micros", 0)
            .attr("grad_timeout_micros", 0)
            .attr("shared_name", format!("filled {width} {size}"))
            .all()?;
        batch[0].numpy()
    }

    #[test]
    fn rows_that_fill_a_batch_are_reserved_with_a_check() {
        assert_eq!(filled(1, 3).expect("a batch").as_slice::<i32>().expect("numbers"), [7, 7, 7]);
        assert_eq!(filled(0, 1 << 40).expect("rows of nothing").shape().dims(), [1 << 40, 0]);
        let refused = filled(1, 1 << 61).map_err(|error| error.code());
        assert_eq!(refused.err(), Some(Code::ResourceExhausted));
        assert!(filled(4, 1 << 62).is_err());
    }

    fn batcher(most: usize, enqueued: usize) -> Batcher {
        Batcher {
            most,
            enqueued,
            allowed: AllowedSizes::default(),
            timeout: Duration::from_secs(3600),
            queues: Meeting::new(HashMap::new()),
        }
    }

    fn task(id: i64, rows: usize) -> Task {
        Task { id, rows, inputs: vec![NdArray::vector(vec![0i32; rows])] }
    }

    #[test]
    fn a_batch_whose_only_step_was_cancelled_is_gone() {
        let (batcher, env) = (batcher(4, 10), Env::default());
        env.cancellation.cancel();
        let cancelled = batcher.meet(&env, "", task(1, 3)).map(|_| ());
        assert_eq!(cancelled.map_err(|error| error.code()), Err(Code::Cancelled));
        assert!(batcher.queues.lock().get("").is_some_and(|queue| queue.open.is_none()));
        let met = batcher.meet(&Env::default(), "", task(2, 4)).expect("a full batch");
        assert_eq!(met.iter().map(|task| task.id).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_queue_that_is_full_takes_no_other_batch() {
        let batcher = Arc::new(batcher(4, 1));
        let first = Arc::clone(&batcher);
        let first =
            std::thread::spawn(move || first.meet(&Env::default(), "", task(1, 3)).map(|met| met.len()));
        while batcher.queues.lock().get("").is_none_or(|queue| queue.open.is_none()) {
            std::thread::yield_now();
        }
        let refused = batcher.meet(&Env::default(), "", task(2, 2)).map(|_| ()).expect_err("no room");
        assert_eq!(refused.code(), Code::Unavailable);
        assert_eq!(
            refused.message(),
            "The batch scheduling queue to which this task was submitted is full; currently 1 batches enqueued and \
             max_enqueued_batches is 1"
        );
        // Another queue has room, and so has the batch that is open.
        assert_eq!(batcher.meet(&Env::default(), "other", task(3, 4)).expect("a batch").len(), 1);
        assert_eq!(batcher.meet(&Env::default(), "", task(4, 1)).expect("a batch").len(), 2);
        assert_eq!(first.join().expect("no panic").expect("a result"), 0);
    }

    #[test]
    fn a_full_batch_does_not_wait() {
        assert_eq!(both("full", 3, 3_600_000_000), (vec![vec![2, 4], vec![6]], 3));
    }

    #[test]
    fn what_does_not_fit_is_another_batch() {
        assert_eq!(both("small", 2, 100_000), (vec![vec![2, 4], vec![6]], 2));
    }

    #[test]
    fn a_batch_is_closed_when_its_time_is_over() {
        assert_eq!(both("large", 100, 200_000).0, [vec![2, 4], vec![6]]);
    }
}
