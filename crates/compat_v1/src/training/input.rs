//! Input producers: queues in the graph, and the runners that fill them.

use super::batching::{put, report};
use super::queue_runner::{QueueRunner, add_queue_runner};
use crate::facade;
use crate::variables::Variable;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, PartialShape, Result, Tensor, bail, constant_of, context,
    convert_to_tensor, ensure, options,
};
use ferroflow_ops_array as array;
use ferroflow_v2::queue::{FIFOQueue, QueueBase};

options! {
    /// Optional arguments of input producers.
    pub struct ProducerOptions {
        /// How often everything is produced; without end if it is not given.
        num_epochs: Option<i64> = None,
        /// Whether the order is another one each time.
        shuffle: bool = true,
        /// Fixes these orders.
        seed: Option<i64> = None,
        /// How many elements wait in the queue.
        capacity: i64 = 32,
        /// The name that sessions share the queue by.
        shared_name: String = String::new(),
        /// The name of the nodes' scope.
        name: String = String::new(),
    }
}

/// The name for a scope: the one that was asked for, in force, or the function's.
pub(super) fn scope_name(asked: &str, default: &str) -> String {
    match asked {
        "" => context::take_name().unwrap_or_else(|| default.to_string()),
        asked => asked.to_string(),
    }
}

/// The tensor, for so many reads; then an `OutOfRange` error.
///
/// Source: `tf.compat.v1.train.limit_epochs`.
///
/// # Errors
/// `ValueError` for a number that is not positive.
pub fn limit_epochs(tensor: impl IntoOperand, num_epochs: Option<i64>) -> Result<Tensor> {
    let name = scope_name("", "limit_epochs");
    facade(|| {
        let tensor = convert_to_tensor(tensor, None)?;
        let Some(epochs) = num_epochs else { return Ok(tensor) };
        ensure!(epochs > 0, value, "num_epochs must be > 0 not {epochs}.");
        context::name_scope_for_op(&name, |scope| {
            let zero = constant_of(NdArray::scalar(0i64), None, None)?;
            let counter = Variable::new_with(zero, |o| {
                o.name("epochs").trainable(false).collections(vec!["local_variables".to_string()])
            })?;
            let count = counter.count_up_to(epochs)?;
            crate::control_dependencies([&count], || context::with_name(&scope, || array::identity(&tensor)))
        })
    })
}

/// A queue of the rows of a tensor, again and again.
///
/// Source: `tf.compat.v1.train.input_producer`.
///
/// # Errors
/// `ValueError` for rows without a shape; `RuntimeError` in eager mode.
pub fn input_producer(
    input_tensor: impl IntoOperand,
    options: impl FnOnce(ProducerOptions) -> ProducerOptions,
) -> Result<QueueBase> {
    let (input, options) = (input_tensor.into_operand()?, options(ProducerOptions::default()));
    facade(|| {
        produce(convert_to_tensor(input, None)?, &options, &scope_name(&options.name, "input_producer"), None)
    })
}

fn produce(input: Tensor, options: &ProducerOptions, scope: &str, tag: Option<&str>) -> Result<QueueBase> {
    if crate::executing_eagerly() {
        bail!(
            runtime,
            "Input pipelines based on Queues are not supported when eager execution is enabled. Please use tf.data to ingest data into your model instead."
        );
    }
    context::name_scope_for_op(scope, |name| {
        let shape = input.shape();
        let element = match shape.dims() {
            Some([_, rest @ ..]) => PartialShape::new(rest.iter().copied()),
            _ => PartialShape::unknown(),
        };
        ensure!(
            element.is_fully_defined(),
            value,
            "Either `input_tensor` must have a fully defined shape or `element_shape` must be specified"
        );
        let input = match options.shuffle {
            true => ferroflow_ops_random::shuffle(input, options.seed)?,
            false => input,
        };
        let input = limit_epochs(input, options.num_epochs)?;
        let dtype = input.dtype().base();
        let capacity = options.capacity;
        let shared = options.shared_name.clone();
        let queue: QueueBase = FIFOQueue::new_with(capacity, &[dtype], |o| {
            o.shapes(vec![element]).shared_name(shared).name(name)
        })?
        .into();
        let enqueue = put(&queue, &[input], true)?;
        add_queue_runner(&QueueRunner::new(queue.queue_ref(), &[enqueue])?)?;
        if let Some(tag) = tag {
            report(&queue, tag, 0, capacity)?;
        }
        Ok(queue)
    })
}

/// A queue of texts, such as the names of files.
///
/// Source: `tf.compat.v1.train.string_input_producer`.
///
/// # Errors
/// `ValueError` for no texts at all; `RuntimeError` in eager mode.
pub fn string_input_producer(
    string_tensor: impl IntoOperand,
    options: impl FnOnce(ProducerOptions) -> ProducerOptions,
) -> Result<QueueBase> {
    const EMPTY: &str = "string_input_producer requires a non-null input tensor";
    let (texts, options) = (string_tensor.into_operand()?, options(ProducerOptions::default()));
    facade(|| {
        let scope = scope_name(&options.name, "input_producer");
        context::name_scope_for_op(&scope, |scope| {
            let texts = convert_to_tensor(texts, Some(DType::STRING))?;
            ensure!(texts.shape().num_elements() != Some(0), value, "{EMPTY}");
            let size = crate::size(&texts)?;
            let some = Op::named("Greater").input(size).input(0).one()?;
            let checked = crate::Assert(some, [EMPTY], None)?;
            let texts = crate::control_dependencies(checked, || array::identity(&texts))?;
            produce(texts, &options, &scope, Some(&format!("fraction_of_{}_full", options.capacity)))
        })
    })
}

/// A queue of the numbers from 0 to `limit - 1`.
///
/// Source: `tf.compat.v1.train.range_input_producer`.
///
/// # Errors
/// `RuntimeError` in eager mode.
pub fn range_input_producer(
    limit: impl IntoOperand,
    options: impl FnOnce(ProducerOptions) -> ProducerOptions,
) -> Result<QueueBase> {
    let (limit, options) = (limit.into_operand()?, options(ProducerOptions::default()));
    facade(|| {
        let scope = scope_name(&options.name, "input_producer");
        context::name_scope_for_op(&scope, |scope| {
            let range = Op::named("Range").input(0).input(limit).input(1).name("range").one()?;
            produce(range, &options, &scope, Some(&format!("fraction_of_{}_full", options.capacity)))
        })
    })
}

/// The slices of several tensors along their first axes, those at one place together, again and again.
///
/// Source: `tf.compat.v1.train.slice_input_producer`.
///
/// # Errors
/// `ValueError` without tensors; `RuntimeError` in eager mode.
pub fn slice_input_producer(
    tensor_list: &[Tensor],
    options: impl FnOnce(ProducerOptions) -> ProducerOptions,
) -> Result<Vec<Tensor>> {
    let options = options(ProducerOptions::default());
    let Some(first) = tensor_list.first() else {
        bail!(value, "Expected at least one tensor in slice_input_producer().");
    };
    facade(|| {
        let scope = scope_name(&options.name, "input_producer");
        context::name_scope_for_op(&scope, |_| {
            let size = array::getitem(&array::shape(first)?, 0)?;
            let queue = range_input_producer(size, |_| ProducerOptions { name: String::new(), ..options })?;
            let index = queue.dequeue()?.into_iter().next();
            let index = index.ok_or_else(|| ferroflow_core::Error::internal("a queue without components"))?;
            tensor_list.iter().map(|tensor| array::gather(tensor, &index)).collect()
        })
    })
}
