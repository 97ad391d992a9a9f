//! The shells of unary kernels: what differs from op to op is a function of a slice.

use crate::dtypes::is_half;
use ferroflow_core::{Complex, DType, Element, KernelCtx, Result, dispatch, elementwise};

pub(crate) use ferroflow_core::elementwise::each;

/// What an op does to the elements of a slice, for each type it is computed in.
pub(crate) struct Leaves {
    pub(crate) f32: fn(&mut [f32]),
    pub(crate) f64: fn(&mut [f64]),
    pub(crate) complex: Option<ComplexLeaves>,
}

/// The same for complex numbers.
pub(crate) type ComplexLeaves = (fn(&mut [Complex<f32>]), fn(&mut [Complex<f64>]));

/// About how many additions a function such as `exp` costs.
const COST: usize = 10;

/// Runs a leaf over input 0, in place where nobody else needs it.
pub(crate) fn in_place<T: Element + Copy>(cx: &mut KernelCtx<'_>, leaf: fn(&mut [T])) -> Result<()> {
    elementwise::in_pieces::<T>(cx, COST, &leaf)
}

/// The kernel of an op with these leaves, which half types reach through `float32`.
pub(crate) fn run(cx: &mut KernelCtx<'_>, leaves: &Leaves) -> Result<()> {
    match cx.input(0)?.dtype() {
        DType::FLOAT32 => in_place(cx, leaves.f32),
        DType::FLOAT64 => in_place(cx, leaves.f64),
        dtype if is_half(dtype) => match cx.op().kernel {
            Some(kernel) => cx.through_f32(kernel),
            None => Ok(()),
        },
        dtype => match (dtype, leaves.complex) {
            (DType::COMPLEX64, Some((leaf, _))) => in_place(cx, leaf),
            (DType::COMPLEX128, Some((_, leaf))) => in_place(cx, leaf),
            // Gives the error for a dtype without a kernel.
            _ => dispatch!(dtype, FLOATS, |_T| Ok(())),
        },
    }
}
