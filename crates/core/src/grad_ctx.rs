//! `GradCtx`: what a gradient function sees and fills in.

use crate::{Attrs, Error, IndexedSlices, IntoOperand, OpDef, Result, Tensor, bail};
use std::ops::Deref;

/// The gradient that flows into a tensor: dense, or slices of one that is zero elsewhere.
#[derive(Clone)]
pub enum Gradient {
    /// A tensor of the same shape.
    Dense(Tensor),
    /// Slices along the first axis.
    Slices(IndexedSlices),
}

/// The context of a gradient function: the op's inputs, outputs and attributes, and the gradients of its outputs; it
/// sets gradients of the inputs.
///
/// The function applies ops; it never sees values, so it works eagerly, in graphs and while tracing, and its result
/// can be differentiated again. The context derefs to the attributes: `cx.bool("transpose_a")?`.
pub struct GradCtx<'a> {
    def: &'static OpDef,
    attrs: &'a Attrs,
    inputs: &'a [Tensor],
    outputs: &'a [Tensor],
    output_grads: &'a [Option<Tensor>],
    input_grads: Vec<Option<Gradient>>,
}

impl<'a> GradCtx<'a> {
    /// A context for one op.
    pub fn new(
        def: &'static OpDef,
        attrs: &'a Attrs,
        inputs: &'a [Tensor],
        outputs: &'a [Tensor],
        output_grads: &'a [Option<Tensor>],
    ) -> GradCtx<'a> {
        GradCtx { def, attrs, inputs, outputs, output_grads, input_grads: vec![None; inputs.len()] }
    }

    /// The op.
    pub fn op(&self) -> &'static OpDef {
        self.def
    }

    /// The attributes, at the lifetime of the walk.
    pub fn attrs(&self) -> &'a Attrs {
        self.attrs
    }

    /// All flat inputs.
    pub fn inputs(&self) -> &'a [Tensor] {
        self.inputs
    }

    /// All flat outputs.
    pub fn outputs(&self) -> &'a [Tensor] {
        self.outputs
    }

    /// A flat input.
    ///
    /// # Errors
    /// `Internal` when there is no such input.
    pub fn x(&self, index: usize) -> Result<&'a Tensor> {
        self.inputs
            .get(index)
            .ok_or_else(|| Error::internal(format!("{} has no input {index}", self.def.name)))
    }

    /// A flat output.
    ///
    /// # Errors
    /// `Internal` when there is no such output.
    pub fn y(&self, index: usize) -> Result<&'a Tensor> {
        self.outputs
            .get(index)
            .ok_or_else(|| Error::internal(format!("{} has no output {index}", self.def.name)))
    }

    /// The gradient of an output; zeros where none flows.
    ///
    /// # Errors
    /// What making the zeros returns.
    pub fn dy(&self, index: usize) -> Result<Tensor> {
        match self.dy_opt(index) {
            Some(grad) => Ok(grad.clone()),
            None => crate::Op::named("ZerosLike").input(self.y(index)?).one(),
        }
    }

    /// The gradient of an output, `None` where none flows.
    pub fn dy_opt(&self, index: usize) -> Option<&'a Tensor> {
        self.output_grads.get(index).and_then(Option::as_ref)
    }

    /// Sets the gradient of an input. Inputs that are never set get none.
    ///
    /// # Errors
    /// The error of the result that is passed in.
    pub fn set(&mut self, index: usize, gradient: impl IntoOperand) -> Result<()> {
        let gradient = crate::convert_to_tensor(gradient, None)?;
        self.put(index, Gradient::Dense(gradient))
    }

    /// Sets the gradient of an input as slices.
    ///
    /// # Errors
    /// `Internal` when there is no such input.
    pub fn set_slices(&mut self, index: usize, slices: IndexedSlices) -> Result<()> {
        self.put(index, Gradient::Slices(slices))
    }

    fn put(&mut self, index: usize, gradient: Gradient) -> Result<()> {
        match self.input_grads.get_mut(index) {
            Some(slot) => {
                *slot = Some(gradient);
                Ok(())
            }
            None => bail!(internal, "{} has no input {index}", self.def.name),
        }
    }

    /// The gradients of the flat inputs.
    pub fn into_input_grads(self) -> Vec<Option<Gradient>> {
        self.input_grads
    }
}

impl Deref for GradCtx<'_> {
    type Target = Attrs;
    fn deref(&self) -> &Attrs {
        self.attrs
    }
}

/// Sums a gradient over the axes along which an operand was broadcast, back to the operand's shape: the end of
/// every gradient of a broadcasting op. Costs nothing where both shapes are known to be equal.
///
/// # Errors
/// What the ops return.
pub fn sum_to_shape_of(gradient: Tensor, operand: &Tensor, other: &Tensor) -> Result<Tensor> {
    let (shape, other_shape) = (operand.shape(), other.shape());
    if shape.is_fully_defined() && (shape == other_shape || shape == gradient.shape()) {
        return Ok(gradient);
    }
    let shape_of = |tensor: &Tensor| crate::Op::named("Shape").input(tensor).one();
    let own = shape_of(operand)?;
    let [axes, _] =
        crate::Op::named("BroadcastGradientArgs").input(&own).input(shape_of(other)?).outputs()?;
    let summed = crate::Op::named("Sum").input(gradient).input(axes).attr("keep_dims", false).one()?;
    crate::Op::named("Reshape").input(summed).input(own).one()
}
