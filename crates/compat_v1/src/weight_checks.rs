//! Whether weights fit values: of as many axes, with sizes that are the values' or 1.

use crate::cond;
use ferroflow_core::{IntoOperand, NdArray, PartialShape, Result, Tensor, bail, context, ensure};
use ferroflow_graph::Operation;
use ferroflow_ops_array as array;
use ferroflow_ops_sparse as sparse;

/// Checks that weights fit, in TensorFlow's nodes: what is known already needs none, and what is not is asserted.
pub(crate) fn check_weights(weights: Option<&Tensor>, values: &Tensor) -> Result<Option<Operation>> {
    context::name_scope_for_op("assert_broadcastable", |scope| {
        let (given, weights_shape, weights_rank) = context::name_scope_for_op("weights", |name| {
            let given = match weights {
                Some(weights) => weights.clone(),
                None => context::with_name(&name, || crate::constant(1.0))?,
            };
            let (shape, rank) = sizes_of(&given)?;
            Ok((given, shape, rank))
        })?;
        let (values_shape, values_rank) = context::name_scope("values", || sizes_of(values))?;
        let shape = weights.map_or_else(PartialShape::scalar, Tensor::shape);
        match (shape.rank(), values.shape().rank()) {
            (Some(0), Some(_)) => return context::with_name("static_scalar_check_success", crate::no_op),
            (Some(0), None) => {}
            (Some(of_weights), Some(of_values)) if of_weights != of_values => bail!(
                value,
                "weights can not be broadcast to values. values.rank={of_values}. weights.rank={of_weights}. \
                 values.shape={}. weights.shape={shape}. Received weights={}, values={values}",
                values.shape(),
                shown(weights)
            ),
            _ => {}
        }
        if let (Some(ours), Some(theirs)) = (shape.to_shape(), values.shape().to_shape()) {
            for (dim, (weight, value)) in ours.dims().iter().zip(theirs.dims()).enumerate() {
                ensure!(
                    *weight == 1 || weight == value,
                    value,
                    "weights can not be broadcast to values. Mismatch at dim {dim}. values.shape={}, \
                     weights.shape={}. Received weights={}, values={values}",
                    NdArray::vector(theirs.to_i64()),
                    NdArray::vector(ours.to_i64()),
                    shown(weights)
                );
            }
            return context::with_name("static_dims_check_success", crate::no_op);
        }
        let is_scalar = context::with_name("is_scalar", || crate::equal(0, &weights_rank))?;
        let text = |text: &str| NdArray::from(text).into_operand();
        let data = [
            text("weights can not be broadcast to values.")?,
            text("weights.shape=")?,
            text(&given.name()?)?,
            (&weights_shape).into_operand()?,
            text("values.shape=")?,
            text(&values.name()?)?,
            (&values_shape).into_operand()?,
            text("is_scalar=")?,
            (&is_scalar).into_operand()?,
        ];
        let fits = context::with_name("is_valid_shape", || {
            cond(
                &is_scalar,
                || Ok(is_scalar.clone()),
                || fits((&weights_rank, &weights_shape), (&values_rank, &values_shape)),
            )
        })?;
        context::with_name(&scope, || crate::Assert(fits, data, None))
    })
}

/// Whether the ranks are the same, and each size of the weights is 1 or that of the values.
fn fits(weights: (&Tensor, &Tensor), values: (&Tensor, &Tensor)) -> Result<Tensor> {
    context::name_scope_for_op("has_valid_nonscalar_shape", |scope| {
        let same = context::with_name("is_same_rank", || crate::equal(values.0, weights.0))?;
        context::with_name(&scope, || {
            cond(
                &same,
                || {
                    context::name_scope_for_op("has_invalid_dims", |scope| {
                        let values = array::expand_dims(values.1, -1)?;
                        let valid = [values.clone(), crate::ones_like(&values)?];
                        let valid = array::concat(&valid, 1)?;
                        let weights = array::expand_dims(weights.1, -1)?;
                        let invalid = sparse::set_difference(weights, valid, true)?.values;
                        let count = context::with_name("num_invalid_dims", || array::size(invalid))?;
                        context::with_name(&scope, || crate::equal(0, count))
                    })
                },
                || Ok(same.clone()),
            )
        })
    })
}

/// Weights as errors show them; without any they are 1.
fn shown(weights: Option<&Tensor>) -> String {
    weights.map_or_else(|| "1.0".to_string(), Tensor::to_string)
}

/// The shape and the rank, which TensorFlow makes before it knows whether it needs them.
fn sizes_of(tensor: &Tensor) -> Result<(Tensor, Tensor)> {
    let shape = context::with_name("shape", || crate::shape(tensor))?;
    let rank = context::with_name("rank", || match tensor.shape().rank() {
        Some(rank) => crate::constant(rank as i32),
        None => array::rank(tensor),
    })?;
    Ok((shape, rank))
}
