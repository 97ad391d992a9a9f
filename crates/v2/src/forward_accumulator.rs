//! `ForwardAccumulator`: what a computation makes of small changes of its inputs.

use crate::gradient_tape::Sources;
use crate::{Arguments, zeros_like};
use ferroflow_core::{IntoOperand, Result, Tensor, convert_to_tensor, ensure};
use ferroflow_graph::{GradientTape, UnconnectedGradients, dense};

/// Products of Jacobians with vectors: of all that is computed while it lives, how it changes with the primals when these
/// change by the tangents.
///
/// Differs from TensorFlow: a product is computed when it is asked for, by differentiating the way back, and not beside the
/// computation; it costs about what two gradients cost. Nested accumulators are asked from the inside out, while the outer
/// ones are there.
///
/// Source: `tf.autodiff.ForwardAccumulator`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let v = tf::Variable::new([1.0, 2.0])?;
/// let acc = tf::autodiff::ForwardAccumulator::new(&v, [1.0, 0.0])?;
/// let tape = tf::GradientTape::new();
/// let y = tf::reduce_sum((&v * &v * &v)?, ())?;
/// let gradient = tape.gradient(&y, &v)?.unwrap();
/// // A row of the Hessian: the derivative of the gradient along the tangent.
/// assert_eq!(acc.jvp(&gradient)?.unwrap().to_string(), "[6. 0.]");
/// # Ok::<(), tf::Error>(())
/// ```
pub struct ForwardAccumulator {
    tape: GradientTape,
    primals: Vec<Tensor>,
    tangents: Vec<Tensor>,
}

impl ForwardAccumulator {
    /// Watches tensors and variables, one or several, with a tangent of its shape for each.
    ///
    /// # Errors
    /// `ValueError` for another number of tangents, for tangents of other shapes, and for a primal that is given twice.
    pub fn new<S: Sources + ?Sized, M>(
        primals: &S,
        tangents: impl Arguments<M>,
    ) -> Result<ForwardAccumulator> {
        let (primals, given) = (primals.sources(), tangents.into_operands()?);
        ensure!(
            primals.len() == given.len(),
            value,
            "The two structures don't have the same nested structure: there are {} primals and {} tangents",
            primals.len(),
            given.len()
        );
        let mut tangents = Vec::with_capacity(given.len());
        for (number, (primal, tangent)) in primals.iter().zip(given).enumerate() {
            ensure!(
                primals[..number].iter().all(|other| !other.is_same(primal)),
                value,
                "Tensor {{}} was specified as a primal multiple times. This may indicate an error. If it was intended, \
                 please sum the corresponding tangents."
            );
            let is_handle = primal.dtype().base() == ferroflow_core::DType::RESOURCE;
            let dtype = (!is_handle).then(|| primal.dtype().base());
            let tangent = convert_to_tensor(tangent, dtype)?;
            ensure!(
                is_handle || primal.shape().is_compatible_with(&tangent.shape()),
                value,
                "Shapes {} and {} are incompatible",
                primal.shape(),
                tangent.shape()
            );
            tangents.push(tangent);
        }
        let tape = GradientTape::with(true, false);
        primals.iter().for_each(|primal| tape.watch(primal));
        Ok(ForwardAccumulator { tape, primals, tangents })
    }

    /// The change of what was computed, in its structure; `None` for what does not depend on a primal.
    ///
    /// # Errors
    /// `Unimplemented` for an op without a gradient, and one whose gradient has none.
    pub fn jvp<S: Sources + ?Sized>(&self, primals: &S) -> Result<S::Gradients> {
        self.jvp_with(primals, UnconnectedGradients::None)
    }

    /// The same with zeros for what does not depend on a primal, where that is asked for.
    ///
    /// # Errors
    /// As [`ForwardAccumulator::jvp`].
    pub fn jvp_with<S: Sources + ?Sized>(
        &self,
        primals: &S,
        unconnected: UnconnectedGradients,
    ) -> Result<S::Gradients> {
        let products = primals.sources().into_iter().map(|target| match self.product(&target)? {
            None if unconnected == UnconnectedGradients::Zero => zeros_like(&target).map(Some),
            product => Ok(product),
        });
        Ok(S::arrange(products.collect::<Result<_>>()?))
    }

    fn product(&self, target: &Tensor) -> Result<Option<Tensor>> {
        if let Some(own) = self.primals.iter().position(|primal| primal.is_same(target)) {
            return Ok(Some(self.tangents[own].clone()));
        }
        if !target.dtype().base().is_floating() && !target.dtype().base().is_complex() {
            return Ok(None);
        }
        // The way back is linear in what flows into it: its derivative by that, along the tangents, is the way forward.
        let flowing = zeros_like(target)?;
        let backward = GradientTape::new();
        backward.watch(&flowing);
        let gradients = self.tape.gradients_with(
            std::slice::from_ref(target),
            &self.primals,
            &[Some(flowing.clone())],
            UnconnectedGradients::None,
        )?;
        let mut parts = Vec::new();
        for (gradient, tangent) in gradients.into_iter().zip(&self.tangents) {
            if let Some(gradient) = gradient {
                let gradient = dense(gradient)?;
                let tangent = convert_to_tensor(tangent.into_operand()?, Some(gradient.dtype().base()))?;
                parts.push(crate::reduce_sum((gradient * tangent)?, ())?);
            }
        }
        match parts.as_slice() {
            [] => Ok(None),
            parts => backward.gradient(&crate::add_n(parts)?, &flowing),
        }
    }
}
