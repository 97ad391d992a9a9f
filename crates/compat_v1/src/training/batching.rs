//! Batches: queues in the graph, the runners that fill them with single elements, and what is taken out of them.

use super::input::scope_name;
use super::queue_runner::{QueueRunner, add_queue_runner};
use crate::{facade, get_default_graph, summary};
use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Op, Operand, PartialShape, Result, Tensor, bail, context,
    convert_to_tensor, ensure, options,
};
use ferroflow_graph::{Operation, cond_of_effects};
use ferroflow_v2::queue::{FIFOQueue, PaddingFIFOQueue, QueueBase, RandomShuffleQueue};

options! {
    /// Optional arguments of [`batch`](crate::train::batch) and its siblings.
    pub struct BatchOptions {
        /// How many threads fill the queue; those that join several lists have a thread for each.
        num_threads: usize = 1,
        /// How many elements wait in the queue.
        capacity: i64 = 32,
        /// Whether tensors hold several elements, along their first axis.
        enqueue_many: bool = false,
        /// The shapes of elements, where the graph does not know them.
        shapes: Option<Vec<PartialShape>> = None,
        /// Whether elements are filled up to the shape of the largest in their batch: dimensions of shapes may be unknown then.
        dynamic_pad: bool = false,
        /// Whether the last batch may have fewer elements.
        allow_smaller_final_batch: bool = false,
        /// The name that sessions share the queue by.
        shared_name: String = String::new(),
        /// The name of the nodes' scope.
        name: String = String::new(),
        /// Fixes the order of [`shuffle_batch`](crate::train::shuffle_batch).
        seed: Option<i64> = None,
    }
}

/// An operation that puts an element into a queue, or several.
pub(super) fn put(queue: &QueueBase, tensors: &[Tensor], many: bool) -> Result<Operation> {
    let put = if many { queue.enqueue_many(tensors) } else { queue.enqueue(tensors) };
    put?.ok_or_else(|| Error::internal("a graph gives an operation"))
}

/// Reports how full a queue is.
pub(super) fn report(queue: &QueueBase, tag: &str, least: i64, capacity: i64) -> Result<()> {
    let size = queue.size()?;
    let size = match least {
        0 => size,
        _ => {
            let above =
                Op::named("Sub").input(size).input(NdArray::scalar(least as i32)).name("sub").one()?;
            Op::named("Maximum").input(0).input(above).name("Maximum").one()?
        }
    };
    let size = context::with_name("Cast", || ferroflow_core::operators::cast(size, DType::FLOAT32))?;
    let share = 1.0 / (capacity - least) as f64;
    summary::scalar(tag, (&size * share)?).map(|_| ())
}

/// Tensors of elements in batches, in the order in which they come.
///
/// Source: `tf.compat.v1.train.batch`.
///
/// # Errors
/// `ValueError` for tensors of unknown shapes; `ValueError` in eager mode.
pub fn batch(
    tensors: &[Tensor],
    batch_size: usize,
    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default());
    batches(&[tensors], None, batch_size, &options, "batch", None)
}

/// As [`batch`](crate::train::batch), of the elements for which `keep_input` is true: a scalar for all tensors, or, with
/// `enqueue_many`, a vector with a truth for each element.
///
/// Source: `tf.compat.v1.train.maybe_batch`.
///
/// # Errors
/// As [`batch`](crate::train::batch); `ValueError` for a `keep_input` of another rank.
pub fn maybe_batch(
    tensors: &[Tensor],
    keep_input: impl IntoOperand,
    batch_size: usize,

    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default());
    batches(&[tensors], Some(keep_input.into_operand()?), batch_size, &options, "batch", None)
}

/// Elements of several lists of tensors in batches: a thread takes from each list.
///
/// Source: `tf.compat.v1.train.batch_join`.
///
/// # Errors
/// `ValueError` for tensors of unknown shapes; `TypeError` for lists of different dtypes; `ValueError` in eager mode.
pub fn batch_join(
    tensors_list: &[Vec<Tensor>],
    batch_size: usize,
    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default());
    batches(&lists(tensors_list), None, batch_size, &options, "batch_join", None)
}

/// As [`batch_join`](crate::train::batch_join), of the elements for which `keep_input` is true: a scalar for all tensors, or, with
/// `enqueue_many`, a vector with a truth for each element.
///
/// Source: `tf.compat.v1.train.maybe_batch_join`.
///
/// # Errors
/// As [`batch_join`](crate::train::batch_join); `ValueError` for a `keep_input` of another rank.
pub fn maybe_batch_join(
    tensors_list: &[Vec<Tensor>],
    keep_input: impl IntoOperand,
    batch_size: usize,

    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default());
    batches(&lists(tensors_list), Some(keep_input.into_operand()?), batch_size, &options, "batch_join", None)
}

/// Tensors of elements in batches, in a random order: at least `min_after_dequeue` elements wait in a queue of
/// `capacity`, to be chosen from.
///
/// Source: `tf.compat.v1.train.shuffle_batch`.
///
/// # Errors
/// `ValueError` for tensors of unknown shapes, and unless `capacity` is above `min_after_dequeue`; `ValueError` in eager mode.
pub fn shuffle_batch(
    tensors: &[Tensor],
    batch_size: usize,
    capacity: i64,
    min_after_dequeue: i64,
    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default()).capacity(capacity);
    batches(&[tensors], None, batch_size, &options, "shuffle_batch", Some(min_after_dequeue))
}

/// As [`shuffle_batch`](crate::train::shuffle_batch), of the elements for which `keep_input` is true: a scalar for all tensors, or, with
/// `enqueue_many`, a vector with a truth for each element.
///
/// Source: `tf.compat.v1.train.maybe_shuffle_batch`.
///
/// # Errors
/// As [`shuffle_batch`](crate::train::shuffle_batch); `ValueError` for a `keep_input` of another rank.
pub fn maybe_shuffle_batch(
    tensors: &[Tensor],
    batch_size: usize,
    capacity: i64,
    min_after_dequeue: i64,
    keep_input: impl IntoOperand,
    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default()).capacity(capacity);
    batches(
        &[tensors],
        Some(keep_input.into_operand()?),
        batch_size,
        &options,
        "shuffle_batch",
        Some(min_after_dequeue),
    )
}

/// Elements of several lists of tensors in batches, in a random order: a thread takes from each list.
///
/// Source: `tf.compat.v1.train.shuffle_batch_join`.
///
/// # Errors
/// `ValueError` for tensors of unknown shapes, and unless `capacity` is above `min_after_dequeue`; `TypeError` for lists of different dtypes; `ValueError` in eager mode.
pub fn shuffle_batch_join(
    tensors_list: &[Vec<Tensor>],
    batch_size: usize,
    capacity: i64,
    min_after_dequeue: i64,
    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default()).capacity(capacity);
    batches(&lists(tensors_list), None, batch_size, &options, "shuffle_batch_join", Some(min_after_dequeue))
}

/// As [`shuffle_batch_join`](crate::train::shuffle_batch_join), of the elements for which `keep_input` is true: a scalar for all tensors, or, with
/// `enqueue_many`, a vector with a truth for each element.
///
/// Source: `tf.compat.v1.train.maybe_shuffle_batch_join`.
///
/// # Errors
/// As [`shuffle_batch_join`](crate::train::shuffle_batch_join); `ValueError` for a `keep_input` of another rank.
pub fn maybe_shuffle_batch_join(
    tensors_list: &[Vec<Tensor>],
    batch_size: usize,
    capacity: i64,
    min_after_dequeue: i64,
    keep_input: impl IntoOperand,
    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default()).capacity(capacity);
    batches(
        &lists(tensors_list),
        Some(keep_input.into_operand()?),
        batch_size,
        &options,
        "shuffle_batch_join",
        Some(min_after_dequeue),
    )
}

fn lists(tensors_list: &[Vec<Tensor>]) -> Vec<&[Tensor]> {
    tensors_list.iter().map(Vec::as_slice).collect()
}

/// Batches of the elements of these lists. Several lists are joined.
fn batches(
    lists: &[&[Tensor]],
    keep_input: Option<Operand>,
    batch_size: usize,
    options: &BatchOptions,
    default: &str,
    least: Option<i64>,
) -> Result<Vec<Tensor>> {
    if crate::executing_eagerly() {
        bail!(
            value,
            "Input pipelines based on Queues are not supported when eager execution is enabled. Please use tf.data to ingest data into your model instead."
        );
    }
    let join = default.ends_with("join");
    let Some(first) = lists.first() else { bail!(value, "Expected at least one input in batch_join().") };
    ensure!(!first.is_empty(), value, "Expected at least one tensor in batch().");
    let scope = scope_name(&options.name, default);
    facade(|| {
        context::name_scope_for_op(&scope, |name| {
            let capacity = options.capacity;
            if let Some(least) = least {
                ensure!(
                    capacity > least,
                    value,
                    "capacity {capacity} must be bigger than min_after_dequeue {least}."
                );
            }
            let keep = context::with_name("Const", || match keep_input {
                Some(keep) => convert_to_tensor(keep, None),
                None => convert_to_tensor(NdArray::scalar(true), None),
            })?;
            check_keep(&keep, options.enqueue_many)?;
            let dtypes = common_dtypes(lists)?;
            let shapes = match &options.shapes {
                Some(shapes) => shapes.clone(),
                None => common_shapes(lists, options.enqueue_many)?,
            };
            let (shared, seed) = (options.shared_name.clone(), options.seed);
            let queue: QueueBase = match least {
                None if options.dynamic_pad => {
                    PaddingFIFOQueue::new_with(capacity, &dtypes, shapes, |o| o.shared_name(shared))?.into()
                }
                None => {
                    FIFOQueue::new_with(capacity, &dtypes, |o| o.shapes(shapes).shared_name(shared))?.into()
                }
                Some(least) => RandomShuffleQueue::new_with(capacity, least, &dtypes, |o| {
                    o.shapes(shapes).shared_name(shared).seed(seed)
                })?
                .into(),
            };
            let mut puts = Vec::with_capacity(lists.len());
            for tensors in lists {
                puts.push(put_kept(&queue, tensors, options.enqueue_many, &keep)?);
            }
            if let ([only], false) = (puts.as_slice(), join) {
                puts = vec![only.clone(); options.num_threads.max(1)];
            }
            add_queue_runner(&QueueRunner::new(queue.queue_ref(), &puts)?)?;
            match least {
                None => report(&queue, &format!("fraction_of_{capacity}_full"), 0, capacity)?,
                Some(least) => {
                    let tag = format!("fraction_over_{least}_of_{}_full", capacity - least);
                    report(&queue, &tag, least, capacity)?;
                }
            }
            let count = i32::try_from(batch_size)
                .map_err(|_| Error::value(format!("batch_size {batch_size} is too large")))?;
            context::with_name(&name, || match options.allow_smaller_final_batch {
                true => queue.dequeue_up_to(count),
                false => queue.dequeue_many(count),
            })
        })
    })
}

fn check_keep(keep: &Tensor, enqueue_many: bool) -> Result<()> {
    let Some(rank) = keep.rank() else {
        bail!(value, "`keep_input` dimensions must be known at graph construction.")
    };
    ensure!(enqueue_many || rank != 1, value, "`keep_input` cannot be a vector when `enqueue_many=False`.");
    ensure!(rank <= 1, value, "`keep_input` must be 0 or 1 dimensions.");
    Ok(())
}

/// The dtypes that all lists have.
fn common_dtypes(lists: &[&[Tensor]]) -> Result<Vec<DType>> {
    let of = |tensors: &[Tensor]| tensors.iter().map(|tensor| tensor.dtype().base()).collect::<Vec<_>>();
    let mut all = lists.iter().map(|tensors| of(tensors));
    let first = all.next().unwrap_or_default();
    let names = |dtypes: &[DType]| dtypes.iter().map(|dtype| dtype.name()).collect::<Vec<_>>().join(", ");
    for others in all {
        ensure!(
            others == first,
            type_error,
            "Expected types to be consistent: {} vs. {}.",
            names(&first),
            names(&others)
        );
    }
    Ok(first)
}

/// The shapes of elements, which have to agree.
fn common_shapes(lists: &[&[Tensor]], enqueue_many: bool) -> Result<Vec<PartialShape>> {
    let mut shapes: Vec<PartialShape> = Vec::new();
    for (number, tensors) in lists.iter().enumerate() {
        for (place, tensor) in tensors.iter().enumerate() {
            let shape = tensor.shape();
            let element = match (shape.dims(), enqueue_many) {
                (None, _) => bail!(value, "Cannot infer Tensor's rank: {tensor}"),
                (Some([_, rest @ ..]), true) => PartialShape::new(rest.iter().copied()),
                (Some([]), true) => bail!(value, "Shape () must have rank at least 1"),
                (Some(_), false) => shape,
            };
            match shapes.get(place) {
                // As in TensorFlow, the first list says what is known.
                Some(known) if number > 0 => known.merge_with(&element).map(drop)?,
                _ => shapes.push(element),
            }
        }
    }
    Ok(shapes)
}

/// An operation that puts those elements into a queue that are kept.
fn put_kept(queue: &QueueBase, tensors: &[Tensor], many: bool, keep: &Tensor) -> Result<Operation> {
    if keep.rank() == Some(1) {
        let chosen = crate::cast(keep, DType::INT32)?;
        let kept = |tensor: &Tensor| {
            let op = Op::named("DynamicPartition").input(tensor).input(&chosen).attr("num_partitions", 2i64);
            let parts = op.all()?;
            parts.into_iter().nth(1).ok_or_else(|| Error::internal("a partition has no second part"))
        };
        return put(queue, &tensors.iter().map(kept).collect::<Result<Vec<_>>>()?, many);
    }
    let graph = get_default_graph();
    let known = graph.port(keep).and_then(|port| graph.constant_value(port));
    match known.map(|value| value.item::<bool>()).transpose()? {
        Some(true) => put(queue, tensors, many),
        Some(false) => crate::no_op()?.ok_or_else(|| Error::internal("a graph gives an operation")),
        None => {
            let mut nothing = || Op::named("NoOp").run();
            let done = cond_of_effects(keep, &mut || put(queue, tensors, many).map(drop), &mut nothing)?;
            Operation::of(&done)
        }
    }
}
