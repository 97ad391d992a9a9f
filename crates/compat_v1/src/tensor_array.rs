//! `TensorArray` of the v1 API: tensors that loops of the graph read and write one at a time.

use crate::mode::{executing_eagerly, facade};
use ferroflow_core::{
    AttrValue, DType, Error, IntoOperand, Op, Operand, PartialShape, Result, Tensor, bail, context,
    convert_to_tensor, ensure, options,
};
use ferroflow_graph::{Graph, Operation};
use ferroflow_ops_array as array;
use ferroflow_v2::Nest;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

options! {
    /// Optional arguments of [`TensorArray::with`].
    pub struct TensorArrayOptions {
        /// Whether writes behind the end make it longer.
        dynamic_size: bool = false,
        /// Whether an element is dropped once it was read.
        clear_after_read: bool = true,
        /// The name that messages call the array by.
        tensor_array_name: String = String::new(),
        /// Whether all elements have one shape, which the first one that is written says.
        infer_shape: bool = true,
        /// The shape of the elements, as far as it is known.
        element_shape: PartialShape = PartialShape::unknown(),
        /// Whether the array stands where the first tensor that is written does.
        colocate_with_first_write_call: bool = true,
    }
}

/// A list of tensors of one dtype. In a graph it is a resource that is there for a run (`TensorArrayV3`); in eager mode, and
/// where control flow is functional, v2's list.
///
/// What writes gives an array back, which is the one to use from then on; loops carry it as a variable.
///
/// Source: `tf.compat.v1.TensorArray`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use ferroflow_core::Tensor;
/// let squares = tf::TensorArray::new(tf::int32, 4)?;
/// let (_, squares) = tf::while_loop(
///     |(i, _): &(Tensor, tf::TensorArray)| tf::less(i, 4),
///     |(i, squares): &(Tensor, tf::TensorArray)| Ok(((i + 1)?, squares.write(i, (i * i)?)?)),
///     (tf::constant(0)?, squares),
/// )?;
/// let values = tf::Session::new()?.run(&squares.stack()?)?;
/// assert_eq!(values.as_slice::<i32>()?, [0, 1, 4, 9]);
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone)]
pub struct TensorArray(Kind);

#[derive(Clone)]
enum Kind {
    Resource(Resource),
    List(ferroflow_v2::TensorArray),
}

#[derive(Clone)]
struct Resource {
    handle: Tensor,
    flow: Tensor,
    dtype: DType,
    /// The size it was made with, unless it grows.
    size: Option<Operand>,
    infer_shape: bool,
    colocate: bool,
    learned: Arc<Mutex<Learned>>,
}

/// What all states of one array have in common, and writes add to.
struct Learned {
    element_shape: PartialShape,
    /// What was written first: writes are placed with it.
    first: Option<Tensor>,
}

impl Resource {
    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn element_shape(&self) -> PartialShape {
        self.learned().element_shape.clone()
    }

    /// The array after a change.
    fn after(&self, flow: Tensor) -> TensorArray {
        TensorArray(Kind::Resource(Resource { flow, ..self.clone() }))
    }

    /// Notes the shape of an element that is written.
    fn note(&self, shape: &PartialShape) -> Result<()> {
        let mut learned = self.learned();
        ensure!(
            learned.element_shape.is_compatible_with(shape),
            value,
            "Inconsistent shapes: saw {shape} but expected {} (and infer_shape={})",
            learned.element_shape,
            if self.infer_shape { "True" } else { "False" }
        );
        if self.infer_shape {
            learned.element_shape = learned.element_shape.merge_with(shape)?;
        }
        Ok(())
    }

    fn placed<R>(&self, value: &Tensor, f: impl FnOnce() -> Result<R>) -> Result<R> {
        if !self.colocate {
            return f();
        }
        let first = self.learned().first.get_or_insert_with(|| value.clone()).clone();
        let operation = Operation::of(&first)?;
        operation.graph().colocate_with(&operation, f)
    }

    /// An op of the array's handle with these inputs and its flow.
    fn op(&self, op: &'static str, inputs: impl IntoIterator<Item = Operand>) -> Op {
        inputs.into_iter().fold(Op::named(op).input(&self.handle), Op::input).input(&self.flow)
    }

    fn value(&self, value: impl IntoOperand) -> Result<Tensor> {
        let value = context::with_name("value", || {
            let operand = value.into_operand()?;
            let wanted = operand.fixed_dtype().is_none().then_some(self.dtype);
            convert_to_tensor(operand, wanted)
        })?;
        ensure!(
            value.dtype().base() == self.dtype,
            type_error,
            "TensorArray dtype is {} but Op is trying to write dtype {} ",
            self.dtype.name(),
            value.dtype().name()
        );
        Ok(value)
    }

    fn with_elements(&self, value: Tensor) -> Result<Tensor> {
        if let Some(dims) = self.element_shape().dims() {
            let dims = std::iter::once(None).chain(dims.iter().copied());
            crate::rnn::set_shape(&value, &PartialShape::new(dims))?;
        }
        Ok(value)
    }
}

fn range(count: &Tensor) -> Result<Tensor> {
    Op::named("Range").input(0).input(count).input(1).default_name("range").one()
}

impl TensorArray {
    /// An array of `size` elements, none of which is written yet.
    ///
    /// # Errors
    /// `InvalidArgument` for a negative size.
    pub fn new(dtype: DType, size: impl IntoOperand) -> Result<TensorArray> {
        TensorArray::with(dtype, size, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`TensorArray::new`].
    pub fn with(
        dtype: DType,
        size: impl IntoOperand,
        options: impl FnOnce(TensorArrayOptions) -> TensorArrayOptions,
    ) -> Result<TensorArray> {
        let (size, options) = (size.into_operand()?, options(TensorArrayOptions::default()));
        facade(|| {
            if executing_eagerly() || !context::uses_switches() {
                let list = ferroflow_v2::TensorArray::with(dtype, size, |o| {
                    o.dynamic_size(options.dynamic_size)
                        .infer_shape(options.infer_shape)
                        .element_shape(options.element_shape)
                })?;
                return Ok(TensorArray(Kind::List(list)));
            }
            let name = context::take_name().unwrap_or_else(|| "TensorArray".to_string());
            context::name_scope_for_op(&name, |name| {
                let op = Op::named("TensorArrayV3").input(size.clone()).name(name);
                let op = op
                    .attr("dtype", dtype)
                    .attr("element_shape", AttrValue::Shape(options.element_shape.clone()))
                    .attr("identical_element_shapes", options.infer_shape)
                    .attr("dynamic_size", options.dynamic_size)
                    .attr("clear_after_read", options.clear_after_read)
                    .attr("tensor_array_name", options.tensor_array_name);
                let [handle, flow] = match (options.colocate_with_first_write_call, Graph::current()) {
                    (true, Some(graph)) => {
                        graph.without_device(|| graph.colocate_with_only(None, || op.outputs()))?
                    }
                    _ => op.outputs()?,
                };
                let learned = Learned { element_shape: options.element_shape, first: None };
                Ok(TensorArray(Kind::Resource(Resource {
                    handle,
                    flow,
                    dtype,
                    size: (!options.dynamic_size).then_some(size),
                    infer_shape: options.infer_shape,
                    colocate: options.colocate_with_first_write_call,
                    learned: Arc::new(Mutex::new(learned)),
                })))
            })
        })
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> DType {
        match &self.0 {
            Kind::Resource(array) => array.dtype,
            Kind::List(list) => list.dtype(),
        }
    }

    /// What is known of the shape of the elements.
    pub fn element_shape(&self) -> PartialShape {
        match &self.0 {
            Kind::Resource(array) => array.element_shape(),
            Kind::List(list) => list.element_shape().clone(),
        }
    }

    /// The tensor that orders what is done to the array; of a list, the list.
    pub fn flow(&self) -> &Tensor {
        match &self.0 {
            Kind::Resource(array) => &array.flow,
            Kind::List(list) => list.flow(),
        }
    }

    /// The resource; `None` for a list.
    pub fn handle(&self) -> Option<&Tensor> {
        match &self.0 {
            Kind::Resource(array) => Some(&array.handle),
            Kind::List(_) => None,
        }
    }

    /// The same array behind a node of its own, at this place in the order that control dependencies make.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn identity(&self) -> Result<TensorArray> {
        facade(|| match &self.0 {
            Kind::Resource(array) => {
                let flow = array::identity(&array.flow)?;
                // TensorFlow opens the scope of a new array here.
                context::name_scope("TensorArray", || Ok(array.after(flow)))
            }
            Kind::List(list) => list.identity().map(TensorArray::of_list),
        })
    }

    fn of_list(list: ferroflow_v2::TensorArray) -> TensorArray {
        TensorArray(Kind::List(list))
    }

    /// The number of elements, a scalar of dtype `int32`.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn size(&self) -> Result<Tensor> {
        facade(|| match &self.0 {
            Kind::Resource(Resource { size: Some(size), .. }) => {
                convert_to_tensor(size.clone(), Some(DType::INT32))
            }
            Kind::Resource(array) => array.op("TensorArraySizeV3", []).one(),
            Kind::List(list) => list.size(),
        })
    }

    /// The element at an index.
    ///
    /// # Errors
    /// `InvalidArgument`, when it runs, for an index behind the end, and an element that was read before or never written.
    pub fn read(&self, at: impl IntoOperand) -> Result<Tensor> {
        facade(|| match &self.0 {
            Kind::Resource(array) => {
                let value =
                    array.op("TensorArrayReadV3", [at.into_operand()?]).attr("dtype", array.dtype).one()?;
                crate::rnn::set_shape(&value, &array.element_shape())?;
                Ok(value)
            }
            Kind::List(list) => list.read(at),
        })
    }

    /// The array with a tensor at an index.
    ///
    /// # Errors
    /// `ValueError` for a tensor of another shape than the others, `TypeError` for one of another dtype; `InvalidArgument`, when
    /// it runs, for an index behind the end and one that was written before.
    pub fn write(&self, at: impl IntoOperand, value: impl IntoOperand) -> Result<TensorArray> {
        facade(|| match &self.0 {
            Kind::Resource(array) => {
                let flow = context::name_scope("TensorArrayWrite", || {
                    let value = array.value(value)?;
                    array.note(&value.shape())?;
                    array.placed(&value, || {
                        array.op("TensorArrayWriteV3", [at.into_operand()?, (&value).into_operand()?]).one()
                    })
                })?;
                Ok(array.after(flow))
            }
            Kind::List(list) => list.write(at, value).map(TensorArray::of_list),
        })
    }

    /// All elements as slices of one tensor.
    ///
    /// # Errors
    /// `InvalidArgument`, when it runs, for elements that were not written.
    pub fn stack(&self) -> Result<Tensor> {
        facade(|| match &self.0 {
            Kind::Resource(array) => {
                let handle = Operation::of(&array.handle)?;
                handle.graph().colocate_with(&handle, || {
                    context::name_scope("TensorArrayStack", || self.gather(range(&self.size()?)?))
                })
            }
            Kind::List(list) => list.stack(),
        })
    }

    /// The elements at these indices as slices of one tensor.
    ///
    /// # Errors
    /// As [`TensorArray::read`].
    pub fn gather(&self, indices: impl IntoOperand) -> Result<Tensor> {
        facade(|| match &self.0 {
            Kind::Resource(array) => {
                let op =
                    array.op("TensorArrayGatherV3", [indices.into_operand()?]).attr("dtype", array.dtype);
                array.with_elements(op.attr("element_shape", AttrValue::Shape(array.element_shape())).one()?)
            }
            Kind::List(list) => list.gather(indices),
        })
    }

    /// The elements one after the other along their first axis.
    ///
    /// # Errors
    /// `InvalidArgument`, when it runs, for scalars, and elements that differ in other axes.
    pub fn concat(&self) -> Result<Tensor> {
        facade(|| match &self.0 {
            Kind::Resource(array) => {
                let shape = array.element_shape();
                let rest = shape.dims().map(|dims| dims.iter().skip(1).copied().collect::<Vec<_>>());
                let rest = rest.map_or_else(PartialShape::unknown, PartialShape::from);
                let op = array.op("TensorArrayConcatV3", []).attr("dtype", array.dtype);
                let [value, _] =
                    op.attr("element_shape_except0", AttrValue::Shape(rest.clone())).outputs()?;
                if let Some(dims) = rest.dims() {
                    let dims = std::iter::once(None).chain(dims.iter().copied());
                    crate::rnn::set_shape(&value, &PartialShape::new(dims))?;
                }
                Ok(value)
            }
            Kind::List(list) => list.concat(),
        })
    }

    /// The array with the slices of a tensor.
    ///
    /// # Errors
    /// As [`TensorArray::write`].
    pub fn unstack(&self, value: impl IntoOperand) -> Result<TensorArray> {
        facade(|| match &self.0 {
            Kind::Resource(_) => context::name_scope("TensorArrayUnstack", || {
                let value = convert_to_tensor(value, None)?;
                let count = array::getitem(&array::shape(&value)?, 0)?;
                self.scatter(range(&count)?, value)
            }),
            Kind::List(list) => list.unstack(value).map(TensorArray::of_list),
        })
    }

    /// The array with the slices of a tensor at these indices.
    ///
    /// # Errors
    /// As [`TensorArray::write`].
    pub fn scatter(&self, indices: impl IntoOperand, value: impl IntoOperand) -> Result<TensorArray> {
        facade(|| match &self.0 {
            Kind::Resource(array) => {
                let flow = context::name_scope("TensorArrayScatter", || {
                    let value = array.value(value)?;
                    array.note(&rest_of(&value)?)?;
                    array.placed(&value, || {
                        let inputs = [indices.into_operand()?, (&value).into_operand()?];
                        array.op("TensorArrayScatterV3", inputs).one()
                    })
                })?;
                Ok(array.after(flow))
            }
            Kind::List(list) => list.scatter(indices, value).map(TensorArray::of_list),
        })
    }

    /// The array with parts of a tensor along its first axis, which are of these lengths.
    ///
    /// # Errors
    /// As [`TensorArray::write`].
    pub fn split(&self, value: impl IntoOperand, lengths: impl IntoOperand) -> Result<TensorArray> {
        facade(|| match &self.0 {
            Kind::Resource(array) => {
                let flow = context::name_scope("TensorArraySplit", || {
                    let value = array.value(value)?;
                    array.placed(&value, || {
                        let lengths = crate::cast(lengths, DType::INT64)?;
                        let graph = Graph::current().ok_or_else(|| Error::internal("no graph is open"))?;
                        let known = graph.port(&lengths).and_then(|port| graph.constant_value(port));
                        if let (Some(lengths), Some([_, rest @ ..])) = (known, value.shape().dims())
                            && let [first, others @ ..] = lengths.as_slice::<i64>()?
                            && others.iter().all(|length| length == first)
                        {
                            let dims = std::iter::once(usize::try_from(*first).ok());
                            array.note(&PartialShape::new(dims.chain(rest.iter().copied())))?;
                        }
                        array
                            .op("TensorArraySplitV3", [&value, &lengths].map(|x| Operand::Tensor(x.clone())))
                            .one()
                    })
                })?;
                Ok(array.after(flow))
            }
            Kind::List(list) => list.split(value, lengths).map(TensorArray::of_list),
        })
    }

    /// An operation that drops all elements; `None` for a list.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn close(&self) -> Result<Option<Operation>> {
        facade(|| match &self.0 {
            Kind::Resource(array) => crate::ops::node_of("TensorArrayCloseV3", || {
                Op::named("TensorArrayCloseV3").input(&array.handle).run()
            }),
            Kind::List(_) => Ok(None),
        })
    }
}

/// The shape of a tensor's slices.
fn rest_of(value: &Tensor) -> Result<PartialShape> {
    match value.shape().dims() {
        None => Ok(PartialShape::unknown()),
        Some([_, rest @ ..]) => Ok(PartialShape::new(rest.iter().copied())),
        Some([]) => bail!(value, "Shape () must have rank at least 1"),
    }
}

/// A structure of one tensor: what orders the changes.
impl Nest for TensorArray {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        tensors.push(self.flow().clone());
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<TensorArray> {
        match &self.0 {
            Kind::Resource(array) => Ok(array.after(array.flow.rebuild(tensors)?)),
            Kind::List(list) => list.rebuild(tensors).map(TensorArray::of_list),
        }
    }
}

impl fmt::Debug for TensorArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<tf.TensorArray dtype={:?} element_shape={}>", self.dtype(), self.element_shape())
    }
}
