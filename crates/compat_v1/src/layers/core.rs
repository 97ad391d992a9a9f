//! Layers of plain products, and those that only pass values on: `dense`, `dropout`, `flatten`.

use super::layer::{add_activity_loss, layer};
use super::values::{Activation, ActivityRegularizer, LayerName, Training};
use super::{Weight, add_weight};
use crate::initializers::{Initializer, zeros_initializer};
use crate::scopes::{Regularizer, Reuse};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, bail, convert_to_tensor, ensure, options,
};
use ferroflow_ops_array as array;

options! {
    /// Optional arguments of [`dense_with`](crate::layers::dense_with).
    pub struct DenseOptions {
        /// What is done to the result.
        activation: Activation = Activation::linear(),
        /// Whether a bias is added.
        use_bias: bool = true,
        /// Makes the initial weights; by default the scope's, then Glorot's uniform numbers.
        kernel_initializer: Option<Initializer> = None,
        /// Makes the initial bias.
        bias_initializer: Option<Initializer> = Some(zeros_initializer()),
        /// Makes a loss of the weights.
        kernel_regularizer: Option<Regularizer> = None,
        /// Makes a loss of the bias.
        bias_regularizer: Option<Regularizer> = None,
        /// Makes a loss of the result.
        activity_regularizer: ActivityRegularizer = ActivityRegularizer::default(),
        /// Whether the variables are trained.
        trainable: bool = true,
        /// The name of the variable scope.
        name: LayerName = LayerName::default(),
        /// Whether the variables exist.
        reuse: Reuse = Reuse::Inherit,
    }
}

/// `inputs` by a matrix of weights, plus a bias: a layer in which each unit sees all features of the last dimension.
///
/// Source: `tf.compat.v1.layers.dense`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use ferroflow_core::DType;
/// let x = tf::placeholder(DType::FLOAT32, [2, 4])?;
/// let y = tf::layers::dense(&x, 3)?;
/// assert_eq!(y.name()?, "dense/BiasAdd:0");
/// assert_eq!(tf::global_variables()[0].name(), "dense/kernel:0");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`dense_with`](crate::layers::dense_with).
pub fn dense(inputs: impl IntoOperand, units: usize) -> Result<Tensor> {
    dense_with(inputs, units, |o| o)
}

/// [`dense`](crate::layers::dense) with an activation, initializers and regularizers.
///
/// # Errors
/// `ValueError` for inputs of less than two dimensions, or whose last one is unknown; `TypeError` for inputs that are not
/// floating; those of [`get_variable`](crate::get_variable).
pub fn dense_with(
    inputs: impl IntoOperand,
    units: usize,
    options: impl FnOnce(DenseOptions) -> DenseOptions,
) -> Result<Tensor> {
    let (inputs, options) = (inputs.into_operand()?, options(DenseOptions::default()));
    layer("dense", &options.name, options.reuse, || {
        let x = convert_to_tensor(inputs, None)?;
        let dtype = x.dtype().base();
        ensure!(
            dtype.is_floating() || dtype.is_complex(),
            type_error,
            "A Dense layer can only be built with a floating-point dtype. Received: dtype={dtype:?}"
        );
        let shape = x.shape();
        let rank = known_rank(&x, "dense", 2)?;
        let Some(last) = shape.dims().and_then(|dims| dims.last().copied()).flatten() else {
            bail!(
                value,
                "The last dimension of the inputs to a Dense layer should be defined. Found None. Full input shape \
                 received: {shape}"
            );
        };
        let kernel = add_weight(Weight {
            name: "kernel",
            shape: vec![last, units],
            dtype,
            initializer: options.kernel_initializer,
            regularizer: options.kernel_regularizer,
            trainable: options.trainable,
        })?;
        let bias = match options.use_bias {
            true => Some(add_weight(Weight {
                name: "bias",
                shape: vec![units],
                dtype,
                initializer: options.bias_initializer,
                regularizer: options.bias_regularizer,
                trainable: options.trainable,
            })?),
            false => None,
        };
        let mut y = match rank {
            2 => crate::matmul(&x, &kernel)?,
            _ => {
                let y = ferroflow_ops::composites::tensordot(&x, &kernel, [[rank as i64 - 1], [0]])?;
                let mut dims = shape.dims().unwrap_or_default().to_vec();
                dims.pop();
                dims.push(Some(units));
                crate::rnn::set_shape(&y, &ferroflow_core::PartialShape::from(dims))?;
                y
            }
        };
        if let Some(bias) = bias {
            y = Op::named("BiasAdd").input(y).input(&bias).one()?;
        }
        let y = options.activation.apply(y)?;
        add_activity_loss(&options.activity_regularizer, &y)?;
        Ok(y)
    })
}

/// The rank of a layer's inputs, which has to be known, and at least this.
pub(super) fn known_rank(x: &Tensor, layer: &str, least: usize) -> Result<usize> {
    let Some(rank) = x.rank() else {
        bail!(
            value,
            "Input 0 of layer \"{layer}\" is incompatible with the layer: its rank is undefined, but the layer requires \
             a defined rank."
        );
    };
    ensure!(
        rank >= least,
        value,
        "Input 0 of layer \"{layer}\" is incompatible with the layer: expected min_ndim={least}, found ndim={rank}. Full \
         shape received: {}",
        x.shape()
    );
    Ok(rank)
}

/// Zeros some elements at random while training, and makes up for it in the others; else the inputs as they are.
///
/// Source: `tf.compat.v1.layers.dropout`.
///
/// # Errors
/// `ValueError` for a rate that is not in [0, 1).
pub fn dropout(
    inputs: impl IntoOperand,
    rate: f64,
    seed: Option<i64>,
    training: impl Into<Training>,
) -> Result<Tensor> {
    let (inputs, training) = (inputs.into_operand()?, training.into());
    layer("dropout", &LayerName::default(), Reuse::Inherit, || {
        let x = convert_to_tensor(inputs, None)?;
        training.select(
            || ferroflow_ops::composites::dropout(&x, rate, seed),
            || Op::named("Identity").input(&x).one(),
        )
    })
}

/// The inputs with all dimensions but the first in one.
///
/// Source: `tf.compat.v1.layers.flatten`.
///
/// # Errors
/// `ValueError` for inputs of unknown rank.
pub fn flatten(inputs: impl IntoOperand) -> Result<Tensor> {
    let inputs = inputs.into_operand()?;
    layer("flatten", &LayerName::default(), Reuse::Inherit, || {
        let x = convert_to_tensor(inputs, None)?;
        let rank = known_rank(&x, "flatten", 1)?;
        if rank == 1 {
            return array::expand_dims(&x, 1);
        }
        let shape = x.shape();
        let dims = shape.dims().unwrap_or_default();
        let features: Option<usize> = dims.get(1..).unwrap_or_default().iter().copied().product();
        let sizes = match (features, dims.first().copied().flatten()) {
            (Some(features), _) => crate::constant(NdArray::vector(vec![-1, size(features)?]))?,
            (None, Some(batch)) => crate::constant(NdArray::vector(vec![size(batch)?, -1]))?,
            (None, None) => {
                let batch = array::getitem(&array::shape(&x)?, 0)?;
                let rest = convert_to_tensor(-1, Some(DType::INT32))?;
                array::stack(&[batch, rest])?
            }
        };
        array::reshape(&x, sizes)
    })
}

fn size(size: usize) -> Result<i32> {
    i32::try_from(size).map_err(|_| ferroflow_core::Error::value("a dimension is too large"))
}
