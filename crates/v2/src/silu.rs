//! `nn.silu`: an activation that brings its own gradient.

use ferroflow_core::{
    Error, IntoOperand, Operand, Result, Tensor, bail, context, convert_to_tensor, operators,
};
use ferroflow_graph::{GradientFn, Graph, custom_gradient};
use ferroflow_ops_math as math;
use std::sync::Arc;

/// `x * sigmoid(x)`, also called swish.
///
/// Its gradient computes the sigmoid anew, so that nothing but `x` is kept for it.
///
/// Source: `tf.nn.silu`.
///
/// ```
/// use ferroflow_v2 as tf;
/// assert_eq!(tf::nn::silu([0.0, 1.0])?.to_string(), "[0.        0.7310586]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype that is neither floating nor complex.
pub fn silu(features: impl IntoOperand) -> Result<Tensor> {
    silu_with(features, 1.0)
}

/// [`silu`] with the slope of the sigmoid: `x * sigmoid(beta * x)`. `beta` is a scalar.
///
/// # Errors
/// As [`silu`].
pub fn silu_with(features: impl IntoOperand, beta: impl IntoOperand) -> Result<Tensor> {
    ferroflow_graph::install();
    sloped(features.into_operand()?, beta.into_operand()?)
}

fn sloped(features: Operand, beta: Operand) -> Result<Tensor> {
    let features = context::with_name("features", || convert_to_tensor(features, None))?;
    let beta = context::with_name("beta", || convert_to_tensor(beta, None))?;
    let beta = operators::cast(beta, features.dtype().base())?;
    let results = custom_gradient(&[features, beta], |args| {
        let [features, beta] = args else { bail!(internal, "arguments are lost") };
        let (features, beta) = (features.clone(), beta.clone());
        let sigmoid = math::sigmoid((&beta * &features)?)?;
        let result = (&features * sigmoid)?;
        let gradient: GradientFn = Arc::new(move |dys: &[Tensor]| match dys {
            [dy] => gradients(&features, &beta, dy),
            _ => bail!(internal, "{} gradients of one result", dys.len()),
        });
        Ok((vec![result], gradient))
    })?;
    results.into_iter().next().ok_or_else(|| Error::internal("a result is lost"))
}

fn gradients(features: &Tensor, beta: &Tensor, dy: &Tensor) -> Result<Vec<Option<Tensor>>> {
    // Not before the gradient is there: else a graph would compute it early, and keep it all the while.
    let sigmoid = after(dy, || math::sigmoid((beta * features)?))?;
    let others = |sigmoid: &Tensor| -> Result<Tensor> { 1.0 - sigmoid };
    let slope = (&sigmoid * (1.0 + ((beta * features)? * others(&sigmoid)?)?)?)?;
    let of_beta = (((dy * math::square(features)?)? * &sigmoid)? * others(&sigmoid)?)?;
    let of_beta = math::reduce_sum(of_beta, ())?;
    Ok(vec![Some((dy * slope)?), Some(of_beta)])
}

/// What `f` makes, after a tensor where that is a node of the same graph.
fn after(tensor: &Tensor, f: impl FnOnce() -> Result<Tensor>) -> Result<Tensor> {
    match Graph::current().and_then(|graph| Some((graph.port(tensor)?.node, graph))) {
        Some((node, graph)) => graph.control_dependencies(Some(&[graph.operation(node)]), f),
        None => f(),
    }
}
