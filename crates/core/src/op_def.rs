//! `OpDef`: what ferroflow knows of an op beyond its signature, as plain data and function pointers.

use crate::schema::{self, OpSchema};
use crate::{Attrs, DType, Error, GradCtx, KernelCtx, NdArray, Result, ScalarFn, ShapeCtx, vectorized};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Infers output shapes and validates input shapes, in TensorFlow's words.
pub type ShapeFn = fn(&mut ShapeCtx<'_>) -> Result<()>;
/// Computes outputs; their shapes, as far as they can be inferred, are given.
pub type KernelFn = fn(&mut KernelCtx<'_>) -> Result<()>;
/// Applies the ops that compute gradients for the inputs from gradients of the outputs.
pub type GradFn = fn(&mut GradCtx<'_>) -> Result<()>;

/// An op of the engine. The signature stands in the recorded schema under the same name.
///
/// ```
/// use ferroflow_core::{OpDef, shape_fn};
/// static SNAPSHOT: OpDef = OpDef {
///     name: "Snapshot",
///     shape: shape_fn::unchanged,
///     kernel: Some(|cx| { let x = cx.take(0)?; cx.set(0, x) }),
///     ..OpDef::NEW
/// };
/// assert_eq!(SNAPSHOT.schema().inputs[0].name, "input");
/// ```
pub struct OpDef {
    /// The op's name in TensorFlow.
    pub name: &'static str,
    /// The shape function.
    pub shape: ShapeFn,
    /// The kernel; `None` for ops that the executor itself carries out (`Placeholder`, `Switch`).
    pub kernel: Option<KernelFn>,
    /// The gradient.
    pub grad: Grad,
    /// Where the kernel takes fewer dtypes than the schema allows: attribute and the dtypes it takes.
    pub types: &'static [(&'static str, &'static [DType])],
    /// How the op joins a fused elementwise chain of `float32`.
    pub fusion: Option<Fusion>,
    /// What it does there to a value, where a kernel that holds values in registers can do it to them.
    pub pass: Option<ValuePass>,
    /// Whether the kernel passes each part of its `float32` output, once finished, to [`KernelCtx::epilogue`], where it is
    /// called with one.
    pub finishes_parts: bool,
    /// How the op computes on single values of a dtype, all inputs being of it.
    pub scalar: fn(DType) -> Option<ScalarFn>,
    /// One more than the signature's position in the schema, once it was looked up.
    #[doc(hidden)]
    pub schema_position: AtomicUsize,
}

/// What is known of an op's gradient.
#[derive(Clone, Copy)]
pub enum Grad {
    /// Not written here.
    Missing,
    /// The op is not differentiable, as TensorFlow declares it (`NotDifferentiable`): gradients stop.
    None,
    /// Computed by this function.
    Fn(GradFn),
}

/// What an elementwise op does to a chunk of `float32` values within a fused chain.
#[derive(Clone, Copy)]
pub enum Fusion {
    /// Replaces each value.
    Unary(fn(&mut [f32])),
    /// Replaces each left value by a function of it and its right value.
    Binary(fn(&mut [f32], &[f32])),
    /// The same with the left operand as the second slice, for a chain that arrives on the right.
    BinaryReversible(fn(&mut [f32], &[f32]), fn(&mut [f32], &[f32])),
    /// Replaces each value by a function of it and the value for its channel: the second input is a vector of those. Channels
    /// are the last dimension, unless the attribute `data_format` says otherwise.
    Rows(fn(&mut [f32], &[f32])),
    /// Does the same to all values of a channel, the last dimension of the first input; told from the attributes and the
    /// other inputs. `None` where they ask for something else.
    Channels(fn(&Attrs, &[NdArray]) -> Option<ChannelMap>),
}

/// What an elementwise op does to each value, of which the second operand has another, or one for each channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValuePass {
    /// Adds the other.
    Plus,
    /// Subtracts the other.
    Minus,
    /// Multiplies by the other.
    Times,
    /// Replaces less than this by this.
    AtLeast(f32),
    /// Replaces less than the first by the first, and more than the second by the second.
    Within(f32, f32),
}

/// `(x - shift) * factor + offset`, with numbers for each channel.
#[derive(Clone, Debug)]
pub struct ChannelMap {
    /// The rank that values must have.
    pub rank: usize,
    /// What is subtracted.
    pub shift: Vec<f32>,
    /// What the difference is multiplied by.
    pub factor: Vec<f32>,
    /// What is added in the end.
    pub offset: Vec<f32>,
}

impl ChannelMap {
    /// Maps consecutive rows of channels.
    pub fn apply(&self, rows: &mut [f32]) {
        map_rows(rows, &self.shift, &self.factor, &self.offset);
    }
}

vectorized! {
    fn map_rows(rows: &mut [f32], shift: &[f32], factor: &[f32], offset: &[f32]) {
        for row in rows.chunks_exact_mut(shift.len().max(1)) {
            for (((x, shift), factor), offset) in row.iter_mut().zip(shift).zip(factor).zip(offset) {
                *x = (*x - shift) * factor + offset;
            }
        }
    }
}

fn no_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set_all_unknown();
    Ok(())
}

impl OpDef {
    /// The base of every definition: unknown output shapes, no kernel, no gradient.
    #[allow(clippy::declare_interior_mutable_const)]
    pub const NEW: OpDef = OpDef {
        name: "",
        shape: no_shape,
        kernel: None,
        grad: Grad::Missing,
        types: &[],
        fusion: None,
        pass: None,
        finishes_parts: false,
        scalar: |_| None,
        schema_position: AtomicUsize::new(0),
    };

    /// The op's signature.
    ///
    /// # Panics
    /// Never for an op of this crate's families: a test looks every one of them up.
    #[allow(clippy::panic)]
    pub fn schema(&self) -> &'static OpSchema {
        let known = self.schema_position.load(Ordering::Relaxed).checked_sub(1);
        let position = known.or_else(|| schema::position(self.name));
        match position.and_then(schema::at) {
            Some(found) => {
                self.schema_position.store(position.map_or(0, |position| position + 1), Ordering::Relaxed);
                found
            }
            None => panic!("op {} has no signature", self.name),
        }
    }

    /// The dtypes that the kernel takes for an attribute; `None` for all that the schema allows.
    pub fn kernel_types(&self, attr: &str) -> Option<&'static [DType]> {
        self.types.iter().find(|(name, _)| *name == attr).map(|(_, dtypes)| *dtypes)
    }

    /// Whether a kernel exists for these attributes.
    ///
    /// # Errors
    /// `Unimplemented`, naming op, node and dtype, where there is none.
    pub fn check_kernel(&self, attrs: &crate::Attrs, node: &str) -> Result<()> {
        if self.kernel.is_none() {
            return Err(unsupported(self.name, node, None));
        }
        match self.refused_dtype(attrs) {
            Some(dtype) => Err(unsupported(self.name, node, Some(dtype))),
            None => Ok(()),
        }
    }

    /// The first dtype among these attributes that the kernel does not take.
    pub fn refused_dtype(&self, attrs: &crate::Attrs) -> Option<DType> {
        let refused = |(attr, dtypes): &(&str, &[DType])| {
            attrs.dtype(attr).ok().filter(|dtype| !dtypes.contains(dtype))
        };
        self.types.iter().find_map(refused)
    }
}

/// The error for an op without a kernel.
pub fn unsupported(op: &str, node: &str, dtype: Option<DType>) -> Error {
    let dtype = dtype.map_or(String::new(), |dtype| format!(", dtype {}", dtype.name()));
    Error::unimplemented(format!("unsupported op: {op} (node '{node}'{dtype})"))
}

impl std::fmt::Debug for OpDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for OpDef {
    fn eq(&self, other: &OpDef) -> bool {
        std::ptr::eq(self, other)
    }
}
