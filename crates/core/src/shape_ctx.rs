//! `ShapeCtx`: what a shape function sees and fills in.

use crate::schema::OpSchema;
use crate::{Attrs, DType, Dim, Error, NdArray, PartialShape, Result, Shape, bail};
use smallvec::{SmallVec, smallvec};
use std::ops::{Deref, Range};

/// The dtypes and shapes of the values that a resource or variant holds.
pub type HandleShapes = Vec<(DType, PartialShape)>;

/// What is known of the shapes of an op's outputs.
pub type OutputShapes = SmallVec<[PartialShape; 2]>;
/// What is known of what an op's resource and variant outputs hold.
pub type OutputHandles = SmallVec<[Option<HandleShapes>; 2]>;

/// What is known of one input when shapes are inferred.
#[derive(Clone, Default)]
pub struct InputFacts {
    /// The shape.
    pub shape: PartialShape,
    /// The value, where it is a constant.
    pub value: Option<NdArray>,
    /// The value read as a shape, where a part of it is known (`[batch, 3]` packed from an unknown batch).
    pub value_as_shape: Option<PartialShape>,
    /// What a resource or variant holds.
    pub handle: Option<HandleShapes>,
}

/// Where a shape function finds what is known of the inputs.
pub trait ShapeInputs {
    /// The shape of an input.
    fn shape(&self, index: usize) -> PartialShape;
    /// The value of an input, where it is known before the op runs.
    fn value(&self, index: usize) -> Option<NdArray>;
    /// The value of an input as a shape, where it is known in part.
    fn value_as_shape(&self, index: usize) -> Option<PartialShape>;
    /// What the resource or variant at an input holds.
    fn handle(&self, index: usize) -> Option<HandleShapes>;
}

impl ShapeInputs for &[InputFacts] {
    fn shape(&self, index: usize) -> PartialShape {
        self.get(index).map_or(PartialShape::unknown(), |facts| facts.shape.clone())
    }
    fn value(&self, index: usize) -> Option<NdArray> {
        self.get(index)?.value.clone()
    }
    fn value_as_shape(&self, index: usize) -> Option<PartialShape> {
        self.get(index)?.value_as_shape.clone()
    }
    fn handle(&self, index: usize) -> Option<HandleShapes> {
        self.get(index)?.handle.clone()
    }
}

impl ShapeInputs for &[NdArray] {
    fn shape(&self, index: usize) -> PartialShape {
        self.get(index).map_or(PartialShape::unknown(), |array| array.shape().into())
    }
    fn value(&self, index: usize) -> Option<NdArray> {
        self.get(index).cloned()
    }
    fn value_as_shape(&self, _index: usize) -> Option<PartialShape> {
        None
    }
    fn handle(&self, index: usize) -> Option<HandleShapes> {
        let array = self.get(index)?;
        if let Ok(variants) = array.as_slice::<crate::Variant>() {
            return variants.first()?.held();
        }
        let handles = array.as_slice::<crate::ResourceHandle>().ok()?;
        Some(handles.first()?.data()?.dtypes_and_shapes.clone())
    }
}

/// The context of a shape function: attributes and what is known of the inputs; it sets what is known of the outputs.
///
/// Inputs are numbered flat, with list inputs spread out; [`ShapeCtx::arg`] finds an argument among them. The
/// context derefs to its attributes: `cx.bool("keep_dims")?`.
pub struct ShapeCtx<'a> {
    schema: &'a OpSchema,
    attrs: &'a Attrs,
    inputs: &'a dyn ShapeInputs,
    num_inputs: usize,
    at_run_time: bool,
    read_values: std::cell::Cell<bool>,
    outputs: OutputShapes,
    handles: OutputHandles,
}

impl<'a> ShapeCtx<'a> {
    /// A context for one op with this many flat inputs. At run time every input shape and value is known.
    pub fn new(
        schema: &'a OpSchema,
        attrs: &'a Attrs,
        inputs: &'a dyn ShapeInputs,
        num_inputs: usize,
        at_run_time: bool,
    ) -> Result<ShapeCtx<'a>> {
        let outputs = schema.num_outputs(attrs)?;
        Ok(ShapeCtx {
            schema,
            attrs,
            inputs,
            num_inputs,
            at_run_time,
            read_values: std::cell::Cell::new(false),
            outputs: smallvec![PartialShape::unknown(); outputs],
            handles: smallvec![None; outputs],
        })
    }

    /// The op's name.
    pub fn op(&self) -> &str {
        &self.schema.name
    }

    /// How many flat inputs there are.
    pub fn num_inputs(&self) -> usize {
        self.num_inputs
    }

    /// How many flat outputs there are.
    pub fn num_outputs(&self) -> usize {
        self.outputs.len()
    }

    /// The flat inputs of an argument, by its position in the signature.
    pub fn arg(&self, position: usize) -> Result<Range<usize>> {
        self.schema.input_range(position, self.attrs)
    }

    /// Whether the op is about to run, on known inputs; else a graph is being built. TensorFlow words some errors
    /// differently in the two situations.
    pub fn at_run_time(&self) -> bool {
        self.at_run_time
    }

    /// An error in the words of whichever side of TensorFlow would find it: kernels at run time, shape
    /// functions when a graph is built.
    pub fn mismatch(&self, at_run_time: impl Into<String>, in_graph: impl Into<String>) -> Error {
        Error::invalid_argument(if self.at_run_time { at_run_time.into() } else { in_graph.into() })
    }

    /// What is known of an input's shape.
    pub fn input(&self, index: usize) -> PartialShape {
        self.inputs.shape(index)
    }

    /// The value of an input, if it is known.
    pub fn value(&self, index: usize) -> Option<NdArray> {
        self.read_values.set(true);
        self.inputs.value(index)
    }

    /// The integers of an input, if its value is known.
    pub fn ints(&self, index: usize) -> Result<Option<Vec<i64>>> {
        self.value(index).map(|value| value.to_i64_vec()).transpose()
    }

    /// The only integer of a scalar input, if its value is known.
    pub fn int_value(&self, index: usize) -> Result<Option<i64>> {
        Ok(self.ints(index)?.and_then(|values| values.first().copied()))
    }

    /// An input read as a shape, where -1 is unknown: in full where its value is known, as a rank where only
    /// its own length is.
    ///
    /// # Errors
    /// `InvalidArgument` for a size below -1.
    pub fn input_as_shape(&self, index: usize) -> Result<PartialShape> {
        if let Some(value) = self.value(index) {
            if value.rank() == 0 && value.dtype().is_integer() {
                // A scalar -1 is TensorFlow's way to say that even the rank is unknown.
                return match value.to_i64_vec()?.first() {
                    Some(-1) => Ok(PartialShape::unknown()),
                    _ => bail!(
                        invalid_argument,
                        "Input tensor must be rank 1, or if its rank 0 it must have value -1"
                    ),
                };
            }
            let sizes = value.to_i64_vec()?;
            if let Some(size) = sizes.iter().find(|size| **size < -1) {
                bail!(invalid_argument, "Invalid value in tensor used for shape: {size}");
            }
            return PartialShape::from_i64(&sizes);
        }
        if let Some(shape) = self.inputs.value_as_shape(index) {
            return Ok(shape);
        }
        let own = self.input(index);
        Ok(own.dim(0).map_or(PartialShape::unknown(), PartialShape::of_rank))
    }

    /// What a resource or variant input holds.
    pub fn input_handle(&self, index: usize) -> Option<HandleShapes> {
        self.inputs.handle(index)
    }

    /// The input's shape, after checking its rank.
    ///
    /// # Errors
    /// `InvalidArgument` when the rank is known to be another.
    pub fn with_rank(&self, index: usize, rank: usize) -> Result<PartialShape> {
        let shape = self.input(index);
        match shape.rank() {
            Some(found) if found != rank => {
                bail!(invalid_argument, "Shape must be rank {rank} but is rank {found}")
            }
            Some(_) => Ok(shape),
            None => Ok(PartialShape::of_rank(rank)),
        }
    }

    /// The input's shape, after checking that its rank is at least this.
    ///
    /// # Errors
    /// `InvalidArgument` when the rank is known to be lower.
    pub fn with_rank_at_least(&self, index: usize, rank: usize) -> Result<PartialShape> {
        let shape = self.input(index);
        match shape.rank() {
            Some(found) if found < rank => {
                bail!(invalid_argument, "Shape must be at least rank {rank} but is rank {found}")
            }
            _ => Ok(shape),
        }
    }

    /// Two sizes that must be equal, as far as known.
    ///
    /// # Errors
    /// `InvalidArgument` in TensorFlow's words when they differ.
    pub fn merge_dims(&self, a: Dim, b: Dim) -> Result<Dim> {
        match (a, b) {
            (Some(a), Some(b)) if a != b => {
                bail!(invalid_argument, "Dimensions must be equal, but are {a} and {b}")
            }
            (Some(known), _) | (_, Some(known)) => Ok(Some(known)),
            _ => Ok(None),
        }
    }

    /// Two shapes that must agree, as far as known.
    ///
    /// # Errors
    /// `InvalidArgument` in TensorFlow's words when they do not.
    pub fn merge(&self, a: &PartialShape, b: &PartialShape) -> Result<PartialShape> {
        let (Some(left), Some(right)) = (a.dims(), b.dims()) else {
            return Ok(if a.rank().is_some() { a.clone() } else { b.clone() });
        };
        if left.len() != right.len() {
            bail!(invalid_argument, "Shapes must be equal rank, but are {} and {}", left.len(), right.len());
        }
        let mut dims = SmallVec::<[Dim; 4]>::with_capacity(left.len());
        for (axis, (&left, &right)) in left.iter().zip(right).enumerate() {
            match self.merge_dims(left, right) {
                Ok(dim) => dims.push(dim),
                Err(_) => bail!(
                    invalid_argument,
                    "Dimension {axis} in both shapes must be equal, but are {} and {}. Shapes are {} and {}.",
                    left.unwrap_or(0),
                    right.unwrap_or(0),
                    a.cpp(),
                    b.cpp()
                ),
            }
        }
        Ok(PartialShape::new(dims))
    }

    /// Sets an output's shape.
    pub fn set(&mut self, index: usize, shape: impl Into<PartialShape>) {
        if let Some(output) = self.outputs.get_mut(index) {
            *output = shape.into();
        }
    }

    /// Says that nothing is known of any output.
    pub fn set_all_unknown(&mut self) {
        self.outputs.fill(PartialShape::unknown());
    }

    /// Sets what a resource or variant output holds.
    pub fn set_handle(&mut self, index: usize, holds: HandleShapes) {
        if let Some(handle) = self.handles.get_mut(index) {
            *handle = Some(holds);
        }
    }

    /// Whether the function looked at input values: its result then holds for these values only.
    pub fn has_read_values(&self) -> bool {
        self.read_values.get()
    }

    /// The output shapes.
    pub fn into_outputs(self) -> OutputShapes {
        self.outputs
    }

    /// The output shapes and what resource or variant outputs hold.
    pub fn into_parts(self) -> (OutputShapes, OutputHandles) {
        (self.outputs, self.handles)
    }
}

impl Deref for ShapeCtx<'_> {
    type Target = Attrs;
    fn deref(&self) -> &Attrs {
        self.attrs
    }
}

/// An axis counted from the end when negative.
///
/// # Errors
/// `InvalidArgument` outside `[-rank, rank)`.
pub fn normalize_axis(axis: i64, rank: usize) -> Result<usize> {
    let signed = rank as i64;
    if axis < -signed || axis >= signed {
        bail!(
            invalid_argument,
            "Expected dimension in the range [{}, {}), but got {}",
            -signed,
            signed,
            axis
        );
    }
    Ok(if axis < 0 { axis + signed } else { axis } as usize)
}

/// Shape functions that many ops share.
pub mod shape_fn {
    use super::{PartialShape, Result, Shape, ShapeCtx};

    /// Every output has the shape of the first input.
    pub fn unchanged(cx: &mut ShapeCtx<'_>) -> Result<()> {
        let shape = cx.input(0);
        for index in 0..cx.num_outputs() {
            cx.set(index, shape.clone());
        }
        if let Some(holds) = cx.input_handle(0) {
            cx.set_handle(0, holds);
        }
        Ok(())
    }

    /// The output is a scalar.
    pub fn scalar(cx: &mut ShapeCtx<'_>) -> Result<()> {
        for index in 0..cx.num_outputs() {
            cx.set(index, Shape::scalar());
        }
        Ok(())
    }

    /// Nothing is known of the outputs before the op runs.
    pub fn unknown(cx: &mut ShapeCtx<'_>) -> Result<()> {
        cx.set_all_unknown();
        Ok(())
    }

    /// There are no outputs.
    pub fn no_outputs(_cx: &mut ShapeCtx<'_>) -> Result<()> {
        Ok(())
    }

    /// All inputs have one shape, which is the output's.
    pub fn all_equal(cx: &mut ShapeCtx<'_>) -> Result<()> {
        let mut shape = PartialShape::unknown();
        for index in 0..cx.num_inputs() {
            shape = cx.merge(&shape, &cx.input(index))?;
        }
        cx.set(0, shape);
        Ok(())
    }

    /// The output is what the first two inputs broadcast to.
    pub fn broadcast(cx: &mut ShapeCtx<'_>) -> Result<()> {
        let shape = super::broadcast_shapes(cx, &cx.input(0), &cx.input(1))?;
        cx.set(0, shape);
        Ok(())
    }
}

/// The shape two shapes broadcast to.
///
/// # Errors
/// `InvalidArgument` where they do not, in the words of TensorFlow's kernels or shape functions.
pub fn broadcast_shapes(cx: &ShapeCtx<'_>, a: &PartialShape, b: &PartialShape) -> Result<PartialShape> {
    if let Some(shape) = a.broadcast(b) {
        return Ok(shape);
    }
    let (left, right) = (a.dims().unwrap_or_default(), b.dims().unwrap_or_default());
    let pairs = left.iter().rev().zip(right.iter().rev());
    let clash = pairs.into_iter().find_map(|pair| match pair {
        (Some(a), Some(b)) if a != b && *a != 1 && *b != 1 => Some((*a, *b)),
        _ => None,
    });
    let (x, y) = clash.unwrap_or_default();
    Err(cx.mismatch(
        format!("Incompatible shapes: {} vs. {}", a.cpp(), b.cpp()),
        format!("Dimensions must be equal, but are {x} and {y}"),
    ))
}
