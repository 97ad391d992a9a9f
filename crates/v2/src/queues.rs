//! Queues (`tf.queue`): elements that some parts of a program put in, and others take out.

use crate::{Arguments, Graph, Operation};
use ferroflow_core::{
    AttrValue, DType, IntoOperand, Op, Operand, PartialShape, Result, Tensor, bail, context,
    convert_to_tensor, ensure, options,
};
use std::sync::atomic::{AtomicU64, Ordering};

options! {
    /// Optional arguments of queues.
    pub struct QueueOptions {
        /// The shapes of components, where all elements have the same.
        shapes: Option<Vec<PartialShape>> = None,
        /// Fixes the order of a [`RandomShuffleQueue`](crate::queue::RandomShuffleQueue).
        seed: Option<i64> = None,
        /// The name that sessions share the queue by.
        shared_name: String = String::new(),
        /// The name; by default the kind's.
        name: String = String::new(),
    }
}

/// What all queues have in common: elements of some components each.
///
/// In a graph the methods add operations, which run when a session runs them; in eager code they do at once what they say, and
/// taking from an empty queue waits for other threads. They take `with_name`'s names.
///
/// Source: `tf.queue.QueueBase`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let queue = tf::queue::FIFOQueue::new(10, &[tf::int32])?;
/// queue.enqueue(7)?;
/// queue.enqueue_many([8, 9])?;
/// assert_eq!(queue.size()?.numpy()?.item::<i32>()?, 3);
/// assert_eq!(queue.dequeue()?[0].numpy()?.item::<i32>()?, 7);
/// queue.close(false)?;
/// assert!(queue.is_closed()?.numpy()?.item::<bool>()?);
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct QueueBase {
    handle: Tensor,
    /// The last part of the name, which the names of nodes begin with.
    base_name: String,
    dtypes: Vec<DType>,
    shapes: Vec<PartialShape>,
}

/// What the op of a queue takes besides its components.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Fifo,
    Padding,
    Priority,
    Shuffle { min_after_dequeue: i64 },
}

impl Kind {
    fn op(self) -> &'static str {
        match self {
            Kind::Fifo => "FIFOQueueV2",
            Kind::Padding => "PaddingFIFOQueueV2",
            Kind::Priority => "PriorityQueueV2",
            Kind::Shuffle { .. } => "RandomShuffleQueueV2",
        }
    }

    fn default_name(self) -> &'static str {
        match self {
            Kind::Fifo => "fifo_queue",
            Kind::Padding => "padding_fifo_queue",
            Kind::Priority => "priority_queue",
            Kind::Shuffle { .. } => "random_shuffle_queue",
        }
    }

    /// The shapes, which only queues that pad may not know.
    fn checked(self, shapes: Option<Vec<PartialShape>>, dtypes: &[DType]) -> Result<Vec<PartialShape>> {
        let listed = |shapes: &[PartialShape]| {
            let texts: Vec<String> =
                shapes.iter().map(|shape| format!("TensorShape({})", list(shape))).collect();
            format!("[{}]", texts.join(", "))
        };
        let Kind::Padding = self else {
            let shapes = shapes.unwrap_or_default();
            ensure!(
                shapes.iter().all(PartialShape::is_fully_defined),
                value,
                "All shapes must be fully defined: {}",
                listed(&shapes)
            );
            return Ok(shapes);
        };
        let shapes = shapes.unwrap_or_default();
        ensure!(
            !shapes.is_empty(),
            value,
            "When providing partial shapes, a list of shapes must be provided."
        );
        ensure!(
            shapes.iter().all(|shape| shape.rank().is_some()),
            value,
            "All shapes must have a defined rank: {}",
            listed(&shapes)
        );
        ensure!(
            shapes.len() == dtypes.len(),
            value,
            "Shapes must be provided for all components, but received {} dtypes and {} shapes.",
            dtypes.len(),
            shapes.len()
        );
        Ok(shapes)
    }
}

/// A shape as Python shows a list of its sizes.
fn list(shape: &PartialShape) -> String {
    let size = |size: &Option<usize>| size.map_or("None".to_string(), |size| size.to_string());
    match shape.dims() {
        None => "None".to_string(),
        Some(dims) => format!("[{}]", dims.iter().map(size).collect::<Vec<_>>().join(", ")),
    }
}

/// The name that the queue's place is found by: of eager code one of its own, whatever was asked for.
fn shared_name(asked: String) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    match context::executing_eagerly() {
        true => format!("eager_queue_{}", MADE.fetch_add(1, Ordering::Relaxed)),
        false => asked,
    }
}

impl QueueBase {
    pub(crate) fn make(
        kind: Kind,
        capacity: i64,
        dtypes: &[DType],
        options: QueueOptions,
    ) -> Result<QueueBase> {
        ferroflow_graph::install();
        let shapes = kind.checked(options.shapes, dtypes)?;
        let asked = Some(options.name).filter(|name| !name.is_empty());
        let name = asked.or_else(context::take_name).unwrap_or_else(|| kind.default_name().to_string());
        let call = || {
            let shared = shared_name(options.shared_name.clone());
            let op = Op::named(kind.op()).attr("component_types", AttrValue::Types(dtypes.to_vec()));
            let op = op.attr("shapes", AttrValue::Shapes(shapes.clone())).attr("capacity", capacity);
            let mut op = op.attr("shared_name", shared).name(name.as_str());
            if let Kind::Shuffle { min_after_dequeue } = kind {
                let (seed, seed2) = ferroflow_ops_random::get_seed(options.seed);
                if (seed, seed2) != (0, 0) && options.seed.is_none() && !options.shared_name.is_empty() {
                    bail!(
                        unimplemented,
                        "a RandomShuffleQueue with a shared name whose seed is that of the graph: give it a seed"
                    );
                }
                op = op.attr("min_after_dequeue", min_after_dequeue).attr("seed", seed).attr("seed2", seed2);
            }
            op.one()
        };
        let handle = match (kind, Graph::current()) {
            // TensorFlow places these.
            (Kind::Fifo, Some(_)) => context::init_scope(|| match Graph::current() {
                Some(graph) => graph.control_dependencies(None, || graph.device("CPU", call)),
                None => call(),
            })?,
            _ => call()?,
        };
        let base_name = match Operation::of(&handle) {
            Ok(operation) => operation.name().rsplit('/').next().unwrap_or_default().to_string(),
            Err(_) => "Empty".to_string(),
        };
        let (mut dtypes, mut shapes) = (dtypes.to_vec(), shapes);
        if let Kind::Priority = kind {
            dtypes.insert(0, DType::INT64);
            if !shapes.is_empty() {
                shapes.insert(0, PartialShape::scalar());
            }
        }
        if shapes.is_empty() {
            shapes = vec![PartialShape::unknown(); dtypes.len()];
        }
        Ok(QueueBase { handle, base_name, dtypes, shapes })
    }

    /// The handle.
    pub fn queue_ref(&self) -> &Tensor {
        &self.handle
    }

    /// The name of the queue's node; in eager code what names of its kind begin with.
    pub fn name(&self) -> String {
        Operation::of(&self.handle).map_or_else(|_| self.base_name.clone(), |operation| operation.name())
    }

    /// The dtypes of components.
    pub fn dtypes(&self) -> &[DType] {
        &self.dtypes
    }

    /// The shapes of components, as far as they are fixed.
    pub fn shapes(&self) -> &[PartialShape] {
        &self.shapes
    }

    /// Runs `f` with the queue's graph open, where it is of one and no other is, under a name.
    fn named<R>(&self, suffix: &str, f: impl FnOnce(&str) -> Result<R>) -> Result<R> {
        let name = context::take_name().unwrap_or_else(|| format!("{}_{suffix}", self.base_name));
        match self.handle.graph().ok().and_then(|graph| Graph::from_handle(&graph)) {
            Some(graph) if !context::has_scope() => graph.as_default_scope(|| f(&name)),
            _ => f(&name),
        }
    }

    /// Puts an element in: a tensor for each component. Waits while the queue is full. In a graph, the operation that does.
    ///
    /// # Errors
    /// `ValueError` for components of other shapes; `Cancelled` once the queue is closed; `InvalidArgument` for another number
    /// of components.
    pub fn enqueue<M>(&self, vals: impl Arguments<M>) -> Result<Option<Operation>> {
        let vals = vals.into_operands()?;
        self.named("enqueue", |name| {
            context::name_scope_for_op(name, |scope| {
                let vals = self.components(vals)?;
                for (val, shape) in vals.iter().zip(&self.shapes) {
                    compatible(&val.shape(), shape)?;
                }
                run("QueueEnqueueV2", || {
                    Op::named("QueueEnqueueV2").input(&self.handle).inputs(&vals).name(scope.as_str()).run()
                })
            })
        })
    }

    /// Puts several elements in, which stand along the first axis of each component. In a graph, the operation that does.
    ///
    /// # Errors
    /// As [`QueueBase::enqueue`]; `ValueError` for components of different numbers of elements.
    pub fn enqueue_many<M>(&self, vals: impl Arguments<M>) -> Result<Option<Operation>> {
        let vals = vals.into_operands()?;
        self.named("EnqueueMany", |name| {
            context::name_scope_for_op(name, |scope| {
                let vals = self.components(vals)?;
                let mut count = None;
                for (val, shape) in vals.iter().zip(&self.shapes) {
                    let found = val.shape();
                    let Some(dims) = found.dims() else { continue };
                    let Some((first, rest)) = dims.split_first() else {
                        bail!(value, "Shape () must have rank at least 1")
                    };
                    if let (Some(count), Some(first)) = (count, *first) {
                        ensure!(count == first, value, "Dimensions {count} and {first} are not compatible");
                    }
                    count = count.or(*first);
                    compatible(&PartialShape::new(rest.iter().copied()), shape)?;
                }
                run("QueueEnqueueManyV2", || {
                    Op::named("QueueEnqueueManyV2")
                        .input(&self.handle)
                        .inputs(&vals)
                        .name(scope.as_str())
                        .run()
                })
            })
        })
    }

    fn components(&self, vals: Vec<Operand>) -> Result<Vec<Tensor>> {
        let typed = vals.into_iter().zip(&self.dtypes).enumerate();
        let component = |(number, (val, dtype)): (usize, (Operand, &DType))| {
            context::with_name(&format!("component_{number}"), || convert_to_tensor(val, Some(*dtype)))
        };
        typed.map(component).collect()
    }

    /// Takes an element: a tensor for each component. Waits while there is none.
    ///
    /// # Errors
    /// `OutOfRange` once the queue is closed and empty.
    pub fn dequeue(&self) -> Result<Vec<Tensor>> {
        self.named("Dequeue", |name| self.shaped(self.taking("QueueDequeueV2").name(name).all()?, None))
    }

    /// Takes `n` elements, along a new first axis of each component. Waits until there are so many.
    ///
    /// # Errors
    /// `OutOfRange` once the queue is closed and has fewer; `Unimplemented` for components of unknown shapes.
    pub fn dequeue_many(&self, n: impl IntoOperand) -> Result<Vec<Tensor>> {
        let n = n.into_operand()?;
        let count = n.value().and_then(|n| usize::try_from(n.item::<i32>().ok()?).ok());
        self.named("DequeueMany", |name| {
            let op = Op::named("QueueDequeueManyV2").input(&self.handle).input(n);
            self.shaped(self.typed(op).name(name).all()?, Some(count))
        })
    }

    /// Takes `n` elements, or those that are left once the queue is closed.
    ///
    /// # Errors
    /// `OutOfRange` once the queue is closed and empty; `Unimplemented` for components of unknown shapes.
    pub fn dequeue_up_to(&self, n: impl IntoOperand) -> Result<Vec<Tensor>> {
        let n = n.into_operand()?;
        self.named("DequeueUpTo", |name| {
            let op = Op::named("QueueDequeueUpToV2").input(&self.handle).input(n);
            self.shaped(self.typed(op).name(name).all()?, Some(None))
        })
    }

    fn taking(&self, op: &'static str) -> Op {
        self.typed(Op::named(op).input(&self.handle))
    }

    fn typed(&self, op: Op) -> Op {
        op.attr("component_types", AttrValue::Types(self.dtypes.clone()))
    }

    /// The tensors with the shapes of elements, behind `batch` where there are several.
    fn shaped(&self, tensors: Vec<Tensor>, batch: Option<Option<usize>>) -> Result<Vec<Tensor>> {
        for (tensor, shape) in tensors.iter().zip(&self.shapes) {
            if let (Tensor::Symbolic(symbolic), Some(dims)) = (tensor, shape.dims()) {
                let shape = PartialShape::new(batch.into_iter().chain(dims.iter().copied()));
                symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), &shape)?;
            }
        }
        Ok(tensors)
    }

    /// Ends the queue: nothing more is put in, and what waits to be is given up if `cancel_pending_enqueues`. In a graph,
    /// the operation that does.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn close(&self, cancel_pending_enqueues: bool) -> Result<Option<Operation>> {
        self.named("Close", |name| {
            run("QueueCloseV2", || {
                let op = Op::named("QueueCloseV2").input(&self.handle).name(name);
                op.attr("cancel_pending_enqueues", cancel_pending_enqueues).run()
            })
        })
    }

    /// Whether the queue is closed, a scalar of dtype `bool`.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn is_closed(&self) -> Result<Tensor> {
        self.named("Is_Closed", |name| Op::named("QueueIsClosedV2").input(&self.handle).name(name).one())
    }

    /// How many elements wait, a scalar of dtype `int32`.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn size(&self) -> Result<Tensor> {
        self.named("Size", |name| Op::named("QueueSizeV2").input(&self.handle).name(name).one())
    }
}

fn compatible(found: &PartialShape, wanted: &PartialShape) -> Result<()> {
    ensure!(found.is_compatible_with(wanted), value, "Shapes {found} and {wanted} are incompatible");
    Ok(())
}

/// The node that `f` adds to the graph in force; `None` in eager code.
fn run(op: &str, f: impl FnOnce() -> Result<()>) -> Result<Option<Operation>> {
    let Some(graph) = Graph::current() else { return f().map(|()| None) };
    let before = graph.num_nodes();
    f()?;
    let mut added = (before..graph.num_nodes()).map(|id| graph.operation(id));
    Ok(added.find(|operation| operation.op_type() == op))
}
