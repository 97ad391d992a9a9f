//! Looking rows of variables up, so that only those rows have a gradient.

use crate::mode::facade;
use crate::variables::Variable;
use ferroflow_core::{IntoOperand, Op, Operand, Result, Tensor, context, convert_to_tensor};
use ferroflow_ops::composites;

/// What rows are looked up in: a variable, or anything that an op takes.
pub trait LookupParams {
    /// The rows at `ids`, by a node of this name.
    ///
    /// # Errors
    /// Those of the op.
    fn rows(self, ids: Operand, name: &str) -> Result<Tensor>;
}

impl LookupParams for &Variable {
    fn rows(self, ids: Operand, name: &str) -> Result<Tensor> {
        let Ok(operation) = self.op() else { return composites::embedding_lookup(self, ids) };
        context::name_scope_for_op(name, |name| {
            let ids = context::with_name("ids", || convert_to_tensor(ids, None))?;
            let rows = operation.graph().colocate_with(&operation, || {
                context::with_name(&name, || match self.as_resource() {
                    Some(resource) => Op::named("ResourceGather")
                        .input(resource.handle())
                        .input(ids)
                        .attr("dtype", resource.dtype())
                        .one(),
                    None => ferroflow_ops_array::gather(self.value()?, ids),
                })
            })?;
            ferroflow_ops_array::identity(rows)
        })
    }
}

impl LookupParams for &Tensor {
    fn rows(self, ids: Operand, name: &str) -> Result<Tensor> {
        context::with_name(name, || composites::embedding_lookup(self, ids))
    }
}

impl LookupParams for Tensor {
    fn rows(self, ids: Operand, name: &str) -> Result<Tensor> {
        (&self).rows(ids, name)
    }
}

impl LookupParams for Variable {
    fn rows(self, ids: Operand, name: &str) -> Result<Tensor> {
        (&self).rows(ids, name)
    }
}

/// The rows of `params` at `ids`. The gradient of a variable has these rows alone, and optimizers change no other.
///
/// Source: `tf.compat.v1.nn.embedding_lookup`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let words = tf::get_variable_with("words", |o| o.shape([3, 2]).initializer(tf::ones_initializer()))?;
/// let rows = tf::nn::embedding_lookup(&words, [2, 0])?;
/// let gradients = tf::gradients(&[&rows], &[&words])?;
/// assert!(matches!(gradients[0], Some(ferroflow_core::Gradient::Slices(_))));
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an id that is no row.
pub fn embedding_lookup(params: impl LookupParams, ids: impl IntoOperand) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "embedding_lookup".to_string());
    let ids = ids.into_operand()?;
    facade(|| params.rows(ids, &name))
}
