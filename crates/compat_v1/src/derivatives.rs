//! `gradients` and `hessians`.

use crate::mode::{executing_eagerly, facade};
use crate::variables::Variable;
use ferroflow_core::{Gradient, Result, Tensor, bail, ensure, options};
use ferroflow_graph::{UnconnectedGradients, gradients_with as graph_gradients};

/// What gradients are taken of, and by: tensors and variables.
pub trait GradientSource {
    /// The tensor; of a variable, what stands for it in the graph.
    ///
    /// # Errors
    /// None at present.
    fn source(&self) -> Result<Tensor>;
}

impl GradientSource for Tensor {
    fn source(&self) -> Result<Tensor> {
        Ok(self.clone())
    }
}

impl GradientSource for Variable {
    fn source(&self) -> Result<Tensor> {
        match self.as_resource() {
            Some(resource) => Ok(resource.handle().clone()),
            None => self.element(),
        }
    }
}

impl<T: GradientSource + ?Sized> GradientSource for &T {
    fn source(&self) -> Result<Tensor> {
        (**self).source()
    }
}

options! {
    /// Optional arguments of [`gradients_with`].
    pub struct GradientsOptions {
        /// Gradients that flow into each of `ys`; ones where none is given.
        grad_ys: Vec<Option<Tensor>> = Vec::new(),
        /// The name scope; `gradients` if it is empty.
        name: String = String::new(),
        /// Whether the nodes of a gradient are placed with those of the op it is of.
        colocate_gradients_with_ops: bool = false,
        /// Whether the gradients of an op's inputs wait for each other.
        gate_gradients: bool = false,
        /// Tensors that count as constants.
        stop_gradients: Vec<Tensor> = Vec::new(),
        /// What to return for an x that no y depends on.
        unconnected_gradients: UnconnectedGradients = UnconnectedGradients::None,
    }
}

/// The sum of the derivatives of `ys` by each of `xs`; `None` where nothing depends on it.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let v = tf::Variable::new(3.0)?;
/// let y = (&v * &v)?;
/// let gradients = tf::gradients(&[&y], &[&v])?;
/// let sess = tf::Session::new()?;
/// sess.run(v.initializer()?)?;
/// let Some(ferroflow_core::Gradient::Dense(dy)) = &gradients[0] else { panic!("y depends on v") };
/// assert_eq!(sess.run(dy)?.item::<f32>()?, 6.0);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `RuntimeError` in eager mode; `Unimplemented` for an op without a gradient, naming it.
pub fn gradients<Y: GradientSource, X: GradientSource>(ys: &[Y], xs: &[X]) -> Result<Vec<Option<Gradient>>> {
    gradients_with(ys, xs, |options| options)
}

/// The same with optional arguments.
///
/// # Errors
/// As [`gradients`]; `ValueError` when there are not as many `grad_ys` as `ys`.
pub fn gradients_with<Y: GradientSource, X: GradientSource>(
    ys: &[Y],
    xs: &[X],
    options: impl FnOnce(GradientsOptions) -> GradientsOptions,
) -> Result<Vec<Option<Gradient>>> {
    ensure!(
        !executing_eagerly(),
        runtime,
        "tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape instead."
    );
    let options = options(GradientsOptions::default());
    let (ys, xs) = (sources(ys)?, sources(xs)?);
    if !options.grad_ys.is_empty() && options.grad_ys.len() != ys.len() {
        bail!(value, "Length mismatch. Passed {} grad_ys for {} ys", options.grad_ys.len(), ys.len());
    }
    let graph_options = ferroflow_graph::GradientOptions {
        grad_ys: options.grad_ys,
        stop_gradients: options.stop_gradients,
        unconnected: options.unconnected_gradients,
        name: Some(options.name).filter(|name| !name.is_empty()),
        colocate: options.colocate_gradients_with_ops,
        gate: options.gate_gradients,
    };
    facade(|| graph_gradients(&ys, &xs, &graph_options))
}

fn sources<S: GradientSource>(sources: &[S]) -> Result<Vec<Tensor>> {
    sources.iter().map(GradientSource::source).collect()
}

/// The second derivatives of `ys` by each of `xs`: for an x of some shape, a tensor of that shape twice over.
///
/// Differs from TensorFlow: the rows are nodes of their own, where TensorFlow builds a loop; so the shapes of `xs` must be
/// known.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let x = tf::constant([1.0, 2.0])?;
/// let y = tf::reduce_sum(((&x * &x)? * &x)?, (), false)?;
/// let hessian = &tf::hessians(&[&y], &[&x])?[0];
/// let value = tf::Session::new()?.run(hessian)?;
/// assert_eq!(value.as_slice::<f32>()?, [6.0, 0.0, 0.0, 12.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`gradients`]; `ValueError` for an x that no y depends on; `Unimplemented` for an x of unknown shape.
pub fn hessians<Y: GradientSource, X: GradientSource>(ys: &[Y], xs: &[X]) -> Result<Vec<Tensor>> {
    let first = gradients(ys, xs)?;
    facade(|| xs.iter().zip(first).map(|(x, gradient)| hessian(&x.source()?, gradient)).collect())
}

fn hessian(x: &Tensor, gradient: Option<Gradient>) -> Result<Tensor> {
    let Some(gradient) = gradient else { bail!(value, "None values not supported.") };
    let Some(shape) = x.shape().to_shape() else {
        bail!(unimplemented, "hessians by a tensor of unknown shape are not supported: {x}");
    };
    let flat = ferroflow_ops_array::reshape(ferroflow_graph::dense(gradient)?, [-1])?;
    let mut rows = Vec::with_capacity(shape.num_elements());
    for index in 0..shape.num_elements() {
        let element = ferroflow_ops_array::getitem(&flat, index as i32)?;
        let options = GradientsOptions::default().unconnected_gradients(UnconnectedGradients::Zero);
        let row = gradients_with(&[&element], &[x], |_| options)?;
        rows.extend(row.into_iter().flatten().map(ferroflow_graph::dense).collect::<Result<Vec<_>>>()?);
    }
    let twice = shape.to_i64().into_iter().chain(shape.to_i64()).collect::<Vec<_>>();
    let sizes = ferroflow_core::NdArray::vector(twice).cast(ferroflow_core::DType::INT32)?;
    ferroflow_ops_array::reshape(ferroflow_ops_array::stack(&rows)?, sizes)
}
