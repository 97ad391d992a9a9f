//! `ConditionalAccumulator` and `SparseConditionalAccumulator`: gradients of many workers, summed until enough came.

use crate::{facade, get_default_graph};
use ferroflow_core::{
    DType, IndexedSlices, IntoOperand, NdArray, Op, Operand, PartialShape, Result, Tensor, context,
    convert_to_tensor, ensure, operators, options,
};
use ferroflow_graph::Operation;

options! {
    /// Optional arguments of [`ConditionalAccumulator::new_with`] and [`SparseConditionalAccumulator::new_with`].
    pub struct AccumulatorOptions {
        /// The shape of gradients, where it is known.
        shape: Option<PartialShape> = None,
        /// The name that sessions share the accumulator by.
        shared_name: String = String::new(),
        /// The node's name; that of the class in snake case if it is empty.
        name: String = String::new(),
        /// What is given out: `MEAN` or `SUM`.
        reduction_type: String = "MEAN".to_string(),
    }
}

/// The node of an accumulator, and the ops that both kinds have.
#[derive(Clone, Debug)]
struct Accumulator {
    handle: Tensor,
    dtype: DType,
    shape: PartialShape,
    /// What the names of its ops begin with.
    prefix: &'static str,
}

impl Accumulator {
    fn new(op: &str, prefix: &'static str, dtype: DType, options: AccumulatorOptions) -> Result<Accumulator> {
        let shape = options.shape.unwrap_or_else(PartialShape::unknown);
        let default = match prefix {
            "" => "sparse_conditional_accumulator",
            _ => "conditional_accumulator",
        };
        let name = if options.name.is_empty() { default } else { &options.name };
        let handle = facade(|| {
            Op::named(op)
                .attr("dtype", dtype)
                .attr("shape", shape.clone())
                .attr("shared_name", options.shared_name)
                .attr("reduction_type", options.reduction_type)
                .name(name)
                .one()
        })?;
        Ok(Accumulator { handle, dtype, shape, prefix })
    }

    fn name(&self) -> Result<String> {
        let full = Operation::of(&self.handle)?.name();
        Ok(full.rsplit('/').next().unwrap_or(&full).to_string())
    }

    /// The node of an op without outputs.
    fn added(&self, op: &str, build: impl FnOnce(Op) -> Result<Op>) -> Result<Operation> {
        let name = context::take_name();
        facade(|| {
            crate::ops::added_node(&get_default_graph(), op, || {
                let op = build(Op::named(op).input(&self.handle))?;
                if let Some(name) = name { op.name(name).run() } else { op.run() }
            })
        })
    }

    fn num_accumulated(&self) -> Result<Tensor> {
        let name = format!("{}_NumAccumulated", self.name()?);
        let op = format!("{}AccumulatorNumAccumulated", self.prefix);
        facade(|| Op::named(&op).input(&self.handle).name(name).one())
    }

    fn set_global_step(&self, step: Operand) -> Result<Operation> {
        self.added(&format!("{}AccumulatorSetGlobalStep", self.prefix), |op| Ok(op.input(as_int64(step)?)))
    }
}

/// A number as `int64`, without a node where it is one.
fn as_int64(value: impl IntoOperand) -> Result<Tensor> {
    let value = convert_to_tensor(value, None)?;
    if value.dtype().base() == DType::INT64 { Ok(value) } else { operators::cast(value, DType::INT64) }
}

macro_rules! common_methods {
    () => {
        /// The accumulator's handle.
        pub fn accumulator_ref(&self) -> &Tensor {
            &self.0.handle
        }

        /// The last part of the node's name.
        ///
        /// # Errors
        /// `AttributeError` in eager mode.
        pub fn name(&self) -> Result<String> {
            self.0.name()
        }

        /// The dtype of gradients.
        pub fn dtype(&self) -> DType {
            self.0.dtype
        }

        /// How many gradients were added up since the last ones were taken.
        ///
        /// # Errors
        /// Those of the graph.
        pub fn num_accumulated(&self) -> Result<Tensor> {
            self.0.num_accumulated()
        }

        /// An operation that sets the step: gradients of earlier ones are dropped.
        ///
        /// # Errors
        /// Those of the graph.
        pub fn set_global_step(&self, new_global_step: impl IntoOperand) -> Result<Operation> {
            self.0.set_global_step(new_global_step.into_operand()?)
        }
    };
}

/// Adds up dense gradients that are not older than its step, and gives out their mean.
///
/// Source: `tf.compat.v1.ConditionalAccumulator`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let sum = tf::ConditionalAccumulator::new_with(tf::float32, |o| o.shape(tf::TensorShape::from([2])))?;
/// let add = sum.apply_grad([1.0f32, 3.0], 0i64)?;
/// let mean = sum.take_grad(2)?;
/// let sess = tf::Session::new()?;
/// sess.run(&add)?;
/// sess.run(&add)?;
/// assert_eq!(sess.run(&mean)?.as_slice::<f32>()?, [1.0, 3.0]);
/// // The step is 1 now: a gradient of step 0 comes too late.
/// sess.run(&add)?;
/// assert_eq!(sess.run(&sum.num_accumulated()?)?.item::<i32>()?, 0);
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConditionalAccumulator(Accumulator);

impl ConditionalAccumulator {
    /// An accumulator of gradients of this dtype.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn new(dtype: DType) -> Result<ConditionalAccumulator> {
        ConditionalAccumulator::new_with(dtype, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// Those of the graph.
    pub fn new_with(
        dtype: DType,
        options: impl FnOnce(AccumulatorOptions) -> AccumulatorOptions,
    ) -> Result<ConditionalAccumulator> {
        let options = options(AccumulatorOptions::default());
        Accumulator::new("ResourceConditionalAccumulator", "Resource", dtype, options)
            .map(ConditionalAccumulator)
    }

    common_methods!();

    /// An operation that adds a gradient which was computed at `local_step`.
    ///
    /// # Errors
    /// `ValueError` for a gradient of another dtype or shape.
    pub fn apply_grad(&self, grad: impl IntoOperand, local_step: impl IntoOperand) -> Result<Operation> {
        let (grad, step) = (grad.into_operand()?, local_step.into_operand()?);
        self.0.added("ResourceAccumulatorApplyGradient", |op| {
            let grad = convert_to_tensor(grad, Some(self.0.dtype))?;
            let shape = grad.shape();
            ensure!(
                shape.is_compatible_with(&self.0.shape),
                value,
                "Shapes {shape} and {} are incompatible",
                self.0.shape
            );
            Ok(op.input(as_int64(step)?).input(grad))
        })
    }

    /// The mean, or the sum, of at least so many gradients, which the op waits for.
    ///
    /// # Errors
    /// `InvalidArgument` for less than one.
    pub fn take_grad(&self, num_required: i32) -> Result<Tensor> {
        facade(|| {
            let taken = Op::named("ResourceAccumulatorTakeGradient")
                .input(&self.0.handle)
                .input(NdArray::scalar(num_required))
                .attr("dtype", self.0.dtype)
                .one()?;
            crate::rnn::set_shape(&taken, &self.0.shape)?;
            Ok(taken)
        })
    }
}

/// Adds up slices of gradients that are not older than its step, and gives out the mean of each.
///
/// Source: `tf.compat.v1.SparseConditionalAccumulator`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let sum = tf::SparseConditionalAccumulator::new_with(tf::float32, |o| o.shape(tf::TensorShape::from([4])))?;
/// let first = sum.apply_grad([0, 2], [1.0f32, 2.0], None, 0)?;
/// let second = sum.apply_grad([2, 3], [4.0f32, 8.0], None, 0)?;
/// let [indices, values, _] = sum.take_grad(2)?;
/// let sess = tf::Session::new()?;
/// sess.run(&first)?;
/// sess.run(&second)?;
/// let (indices, values) = sess.run((&indices, &values))?;
/// assert_eq!((indices.to_string(), values.to_string()), ("[0 2 3]".into(), "[1. 3. 8.]".into()));
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SparseConditionalAccumulator(Accumulator);

impl SparseConditionalAccumulator {
    /// An accumulator of gradients of this dtype.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn new(dtype: DType) -> Result<SparseConditionalAccumulator> {
        SparseConditionalAccumulator::new_with(dtype, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode.
    pub fn new_with(
        dtype: DType,
        options: impl FnOnce(AccumulatorOptions) -> AccumulatorOptions,
    ) -> Result<SparseConditionalAccumulator> {
        let options = options(AccumulatorOptions::default());
        Accumulator::new("SparseConditionalAccumulator", "", dtype, options).map(SparseConditionalAccumulator)
    }

    common_methods!();

    /// An operation that adds slices which were computed at `local_step`.
    ///
    /// # Errors
    /// `ValueError` for slices of another dtype.
    pub fn apply_indexed_slices_grad(
        &self,
        grad: &IndexedSlices,
        local_step: impl IntoOperand,
    ) -> Result<Operation> {
        self.apply_grad(&grad.indices, &grad.values, grad.dense_shape.as_ref(), local_step)
    }

    /// The same of their places, the slices, and the shape of the whole where it is known.
    ///
    /// # Errors
    /// `ValueError` for slices of another dtype.
    pub fn apply_grad(
        &self,
        grad_indices: impl IntoOperand,
        grad_values: impl IntoOperand,
        grad_shape: Option<&Tensor>,
        local_step: impl IntoOperand,
    ) -> Result<Operation> {
        let (indices, values) = (grad_indices.into_operand()?, grad_values.into_operand()?);
        let step = local_step.into_operand()?;
        self.0.added("SparseAccumulatorApplyGradient", |op| {
            let step = as_int64(step)?;
            let indices = crate::cast(indices, DType::INT64)?;
            let values = convert_to_tensor(values, Some(self.0.dtype))?;
            let shape = match grad_shape {
                Some(shape) => crate::cast(shape, DType::INT64)?,
                None => crate::cast(NdArray::vector(Vec::<f32>::new()), DType::INT64)?,
            };
            let op = op.input(step).input(indices).input(values).input(shape);
            Ok(op.attr("has_known_shape", grad_shape.is_some()))
        })
    }

    /// The indices, the means (or sums) and the shape of the slices of at least so many gradients.
    ///
    /// # Errors
    /// `InvalidArgument` for less than one.
    pub fn take_grad(&self, num_required: i32) -> Result<[Tensor; 3]> {
        facade(|| {
            Op::named("SparseAccumulatorTakeGradient")
                .input(&self.0.handle)
                .input(NdArray::scalar(num_required))
                .attr("dtype", self.0.dtype)
                .outputs()
        })
    }

    /// The same as one value.
    ///
    /// # Errors
    /// As [`SparseConditionalAccumulator::take_grad`].
    pub fn take_indexed_slices_grad(&self, num_required: i32) -> Result<IndexedSlices> {
        let [indices, values, shape] = self.take_grad(num_required)?;
        Ok(IndexedSlices::new(values, indices, Some(shape)))
    }
}
