//! `Loss`: what optimizers make smaller, a tensor of a graph or a function.

use super::optimizer::{GateGradients, GradsAndVars, MinimizeOptions};
use crate::derivatives::{GradientSource, GradientsOptions, gradients_with};
use crate::mode::{executing_eagerly, facade};
use crate::variables::{Variable, trainable_variables};
use ferroflow_core::{DType, Error, Result, Tensor, ensure};
use ferroflow_graph::{Operation, UnconnectedGradients};
use ferroflow_v2::GradientTape;

/// What an optimizer makes smaller: a tensor, or a function of no arguments that computes one. Eager mode asks for a
/// function.
pub trait Loss {
    /// What a step gives: of a tensor an operation, of a function one that may be missing, as it is in eager mode.
    type Step;

    /// The gradients of the loss by the variables to change.
    ///
    /// # Errors
    /// As [`Optimizer::compute_gradients_with`](crate::train::Optimizer::compute_gradients_with).
    fn grads_and_vars(self, options: MinimizeOptions) -> Result<GradsAndVars>;

    /// The step, of what changes the variables.
    ///
    /// # Errors
    /// `Internal` for a tensor of eager mode.
    fn step(operation: Option<Operation>) -> Result<Self::Step>;

    /// How messages name the loss.
    fn described(&self) -> String;
}

impl Loss for &Tensor {
    type Step = Operation;

    fn grads_and_vars(self, options: MinimizeOptions) -> Result<GradsAndVars> {
        ensure!(
            !executing_eagerly(),
            runtime,
            "`loss` passed to Optimizer.compute_gradients should be a function when eager execution is enabled."
        );
        let tensor_name = |tensor: &Tensor| tensor.name().unwrap_or_else(|_| format!("{tensor:?}"));
        check_dtype(self.dtype(), || tensor_name(self))?;
        if let Some(grad_loss) = &options.grad_loss {
            check_dtype(grad_loss.dtype(), || tensor_name(grad_loss))?;
        }
        let variables = options.var_list.unwrap_or_else(trainable_variables);
        ensure!(!variables.is_empty(), value, "No variables to optimize.");
        let targets = sources(&variables)?;
        let gradient_options = GradientsOptions::default()
            .grad_ys(vec![options.grad_loss])
            .gate_gradients(options.gate_gradients == GateGradients::Op)
            .colocate_gradients_with_ops(options.colocate_gradients_with_ops);
        let mut gradients = gradients_with(std::slice::from_ref(self), &targets, |_| gradient_options)?;
        if options.gate_gradients == GateGradients::Graph {
            gradients = facade(|| ferroflow_graph::gated(gradients))?;
        }
        for (gradient, variable) in gradients.iter().zip(&variables) {
            if gradient.is_some() {
                check_dtype(variable.dtype(), || variable.name())?;
            }
        }
        Ok(gradients.into_iter().zip(variables).collect())
    }

    fn step(operation: Option<Operation>) -> Result<Operation> {
        operation.ok_or_else(|| Error::internal("a graph gives no operation"))
    }

    fn described(&self) -> String {
        format!("{self:?}")
    }
}

/// By default the variables that the function reads, or a tape watches otherwise, are those to change.
impl<F: FnOnce() -> Result<Tensor>> Loss for F {
    type Step = Option<Operation>;

    fn grads_and_vars(self, options: MinimizeOptions) -> Result<GradsAndVars> {
        facade(|| {
            let tape = GradientTape::new();
            let mut given = None;
            if let Some(variables) = options.var_list {
                let targets = sources(&variables)?;
                targets.iter().for_each(|target| tape.watch(target));
                given = Some((targets, variables));
            }
            let value = self()?;
            let (targets, variables) = match given {
                Some(given) => given,
                None => {
                    let watched = tape.watched_variables();
                    let targets = watched.iter().map(|variable| variable.handle().clone()).collect();
                    (targets, watched.into_iter().map(Variable::from).collect())
                }
            };
            let flowing: Vec<Option<Tensor>> = options.grad_loss.into_iter().map(Some).collect();
            let gradients =
                tape.sparse_gradient_with(&value, targets.as_slice(), &flowing, UnconnectedGradients::None)?;
            Ok(gradients.into_iter().zip(variables).collect())
        })
    }

    fn step(operation: Option<Operation>) -> Result<Option<Operation>> {
        Ok(operation)
    }

    fn described(&self) -> String {
        format!("<function {}>", std::any::type_name::<F>())
    }
}

fn sources(variables: &[Variable]) -> Result<Vec<Tensor>> {
    variables.iter().map(GradientSource::source).collect()
}

fn check_dtype(dtype: DType, name: impl FnOnce() -> String) -> Result<()> {
    let dtype = dtype.base();
    let valid = [DType::FLOAT32, DType::FLOAT64, DType::HALF, DType::BFLOAT16];
    ensure!(
        valid.contains(&dtype),
        value,
        "Invalid type tf.{} for {}, expected: [tf.float32, tf.float64, tf.float16, tf.bfloat16].",
        dtype.name(),
        name()
    );
    Ok(())
}
