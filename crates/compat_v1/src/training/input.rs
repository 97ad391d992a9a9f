//! Input producers and batches: queues in the graph, and the runners that fill them.

use super::queue_runner::{QueueRunner, add_queue_runner};
use crate::variables::Variable;
use crate::{facade, get_default_graph, summary};
use ferroflow_core::{
    AttrValue, DType, IntoOperand, NdArray, Op, PartialShape, Result, Tensor, bail, constant_of, context,
    convert_to_tensor, ensure, options,
};
use ferroflow_graph::{Graph, Operation};
use ferroflow_ops_array as array;

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

options! {
    /// Optional arguments of [`batch`] and [`shuffle_batch`].
    pub struct BatchOptions {
        /// How many threads fill the queue.
        num_threads: usize = 1,
        /// How many elements wait in the queue.
        capacity: i64 = 32,
        /// Whether tensors hold several elements, along their first axis.
        enqueue_many: bool = false,
        /// The shapes of elements, where the graph does not know them.
        shapes: Option<Vec<PartialShape>> = None,
        /// Whether the last batch may have fewer elements.
        allow_smaller_final_batch: bool = false,
        /// The name that sessions share the queue by.
        shared_name: String = String::new(),
        /// The name of the nodes' scope.
        name: String = String::new(),
        /// Fixes the order of [`shuffle_batch`].
        seed: Option<i64> = None,
    }
}

/// A queue that a runner fills.
#[derive(Clone, Debug)]
pub struct InputQueue {
    handle: Tensor,
    /// The last part of the queue's name, which the names of its nodes begin with.
    name: String,
    dtypes: Vec<DType>,
    shapes: Vec<PartialShape>,
}

impl InputQueue {
    /// A queue in the open graph; `order` are the attributes that one with an order of its own has.
    pub(super) fn new(
        op: &str,
        dtypes: &[DType],
        shapes: &[PartialShape],
        capacity: i64,
        shared_name: &str,
        node_name: &str,
        order: &[(&'static str, i64)],
    ) -> Result<InputQueue> {
        let graph = get_default_graph();
        let mut call = Op::named(op)
            .attr("component_types", AttrValue::Types(dtypes.to_vec()))
            .attr("shapes", AttrValue::Shapes(shapes.to_vec()))
            .attr("capacity", capacity)
            .attr("shared_name", shared_name)
            .name(node_name);
        for (name, value) in order {
            call = call.attr(*name, *value);
        }
        // TensorFlow places queues without an order of their own.
        let handle = if order.is_empty() { graph.device("CPU", || call.one())? } else { call.one()? };
        let full = Operation::of(&handle)?.name();
        let name = full.rsplit('/').next().unwrap_or(&full).to_string();
        Ok(InputQueue { handle, name, dtypes: dtypes.to_vec(), shapes: shapes.to_vec() })
    }

    /// The queue's handle.
    pub fn queue_ref(&self) -> &Tensor {
        &self.handle
    }

    /// An operation that adds one element: a tensor for each component.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn enqueue(&self, vals: &[Tensor]) -> Result<Operation> {
        facade(|| self.add(&get_default_graph(), vals, false))
    }

    /// An operation that adds several elements, along the first axis of each tensor.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn enqueue_many(&self, vals: &[Tensor]) -> Result<Operation> {
        facade(|| self.add(&get_default_graph(), vals, true))
    }

    /// An operation after which nothing more can be added; what waits to be is given up if `cancel_pending_enqueues`.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn close(&self, cancel_pending_enqueues: bool) -> Result<Operation> {
        facade(|| {
            crate::ops::added_node(&get_default_graph(), "QueueCloseV2", || {
                Op::named("QueueCloseV2")
                    .input(&self.handle)
                    .attr("cancel_pending_enqueues", cancel_pending_enqueues)
                    .name(format!("{}_Close", self.name))
                    .run()
            })
        })
    }

    /// An operation that adds one element, or several of them.
    pub(super) fn add(&self, graph: &Graph, tensors: &[Tensor], many: bool) -> Result<Operation> {
        let (op, name) = match many {
            true => ("QueueEnqueueManyV2", format!("{}_EnqueueMany", self.name)),
            false => ("QueueEnqueueV2", format!("{}_enqueue", self.name)),
        };
        crate::ops::added_node(graph, op, || {
            Op::named(op).input(&self.handle).inputs(tensors).name(name).run()
        })
    }

    /// How many elements wait.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn size(&self) -> Result<Tensor> {
        facade(|| Op::named("QueueSizeV2").input(&self.handle).name(format!("{}_Size", self.name)).one())
    }

    /// Takes an element: a tensor for each component.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn dequeue(&self) -> Result<Vec<Tensor>> {
        facade(|| {
            let op = Op::named("QueueDequeueV2").input(&self.handle);
            let taken = op.attr("component_types", AttrValue::Types(self.dtypes.clone()));
            self.shaped(taken.name(format!("{}_Dequeue", self.name)).all()?, None)
        })
    }

    /// Takes so many elements, or at most so many, under this name.
    fn dequeue_many(&self, n: usize, at_most: bool, name: &str) -> Result<Vec<Tensor>> {
        let op = if at_most { "QueueDequeueUpToV2" } else { "QueueDequeueManyV2" };
        let count = i32::try_from(n)
            .map_err(|_| ferroflow_core::Error::value(format!("batch_size {n} is too large")))?;
        let taken = Op::named(op).input(&self.handle).input(NdArray::scalar(count));
        let taken = taken.attr("component_types", AttrValue::Types(self.dtypes.clone())).name(name).all()?;
        self.shaped(taken, Some((!at_most).then_some(n)))
    }

    /// The tensors with the shapes of elements, behind `batch` where there are several.
    fn shaped(&self, tensors: Vec<Tensor>, batch: Option<Option<usize>>) -> Result<Vec<Tensor>> {
        for (tensor, shape) in tensors.iter().zip(&self.shapes) {
            let dims = shape.dims().unwrap_or_default().iter().copied();
            let shape = PartialShape::new(batch.into_iter().chain(dims));
            if let Tensor::Symbolic(symbolic) = tensor {
                symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), &shape)?;
            }
        }
        Ok(tensors)
    }

    /// Reports how full the queue is.
    fn report(&self, tag: &str, least: i64, capacity: i64) -> Result<()> {
        let size = self.size()?;
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
}

/// The name for a scope: the one that was asked for, in force, or the function's.
fn scope_name(asked: &str, default: &str) -> String {
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
) -> Result<InputQueue> {
    let (input, options) = (input_tensor.into_operand()?, options(ProducerOptions::default()));
    facade(|| {
        produce(convert_to_tensor(input, None)?, &options, &scope_name(&options.name, "input_producer"), None)
    })
}

fn produce(input: Tensor, options: &ProducerOptions, scope: &str, tag: Option<&str>) -> Result<InputQueue> {
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
        let queue =
            InputQueue::new("FIFOQueueV2", &[dtype], &[element], capacity, &options.shared_name, &name, &[])?;
        let enqueue = queue.add(&get_default_graph(), &[input], true)?;
        add_queue_runner(&QueueRunner::new(queue.queue_ref(), &[enqueue])?)?;
        if let Some(tag) = tag {
            queue.report(tag, 0, capacity)?;
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
) -> Result<InputQueue> {
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
) -> Result<InputQueue> {
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

/// Tensors of elements in batches, in the order in which they come.
///
/// Source: `tf.compat.v1.train.batch`.
///
/// # Errors
/// `ValueError` for tensors of unknown shapes; `RuntimeError` in eager mode.
pub fn batch(
    tensors: &[Tensor],
    batch_size: usize,
    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    batches(tensors, batch_size, &options(BatchOptions::default()), "batch", None)
}

/// Tensors of elements in batches, in a random order: at least `min_after_dequeue` elements wait in a queue of
/// `capacity`, to be chosen from.
///
/// Source: `tf.compat.v1.train.shuffle_batch`.
///
/// # Errors
/// As [`batch`].
pub fn shuffle_batch(
    tensors: &[Tensor],
    batch_size: usize,
    capacity: i64,
    min_after_dequeue: i64,
    options: impl FnOnce(BatchOptions) -> BatchOptions,
) -> Result<Vec<Tensor>> {
    let options = options(BatchOptions::default()).capacity(capacity);
    batches(tensors, batch_size, &options, "shuffle_batch", Some(min_after_dequeue))
}

fn batches(
    tensors: &[Tensor],
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
    ensure!(!tensors.is_empty(), value, "Expected at least one tensor in batch().");
    let scope = scope_name(&options.name, default);
    facade(|| {
        context::name_scope_for_op(&scope, |name| {
            // Whether an element is kept: all are.
            constant_of(NdArray::scalar(true), None, None)?;
            let shapes = match &options.shapes {
                Some(shapes) => shapes.clone(),
                None => tensors
                    .iter()
                    .map(|tensor| match (tensor.shape().dims(), options.enqueue_many) {
                        (Some([_, rest @ ..]), true) => PartialShape::new(rest.iter().copied()),
                        (_, true) => PartialShape::unknown(),
                        (_, false) => tensor.shape(),
                    })
                    .collect(),
            };
            if let Some(unknown) = shapes.iter().find(|shape| !shape.is_fully_defined()) {
                bail!(value, "All shapes must be fully defined: [{unknown:?}]");
            }
            let dtypes: Vec<DType> = tensors.iter().map(|tensor| tensor.dtype().base()).collect();
            let (capacity, shared) = (options.capacity, options.shared_name.as_str());
            let queue = match least {
                None => {
                    InputQueue::new("FIFOQueueV2", &dtypes, &shapes, capacity, shared, "fifo_queue", &[])?
                }
                Some(least) => {
                    let (seed, seed2) = ferroflow_ops_random::get_seed(options.seed);
                    let order = [("min_after_dequeue", least), ("seed", seed), ("seed2", seed2)];
                    let op = "RandomShuffleQueueV2";
                    InputQueue::new(op, &dtypes, &shapes, capacity, shared, "random_shuffle_queue", &order)?
                }
            };
            let graph = get_default_graph();
            let enqueue = queue.add(&graph, tensors, options.enqueue_many)?;
            add_queue_runner(&QueueRunner::new(
                queue.queue_ref(),
                &vec![enqueue; options.num_threads.max(1)],
            )?)?;
            match least {
                None => queue.report(&format!("fraction_of_{capacity}_full"), 0, capacity)?,
                Some(least) => {
                    let tag = format!("fraction_over_{least}_of_{}_full", capacity - least);
                    queue.report(&tag, least, capacity)?;
                }
            }
            queue.dequeue_many(batch_size, options.allow_smaller_final_batch, &name)
        })
    })
}
