//! What counts as true: the conditions of branches and loops, and ToBool.

use ferroflow_core::{DType, KernelCtx, NdArray, OpDef, Result, TString, dispatch, shape_fn};

/// Whether a value is true: a scalar that is not zero or empty, or any other tensor with elements.
///
/// # Errors
/// `Unimplemented` for a scalar of a dtype that is neither a number nor a string.
pub(crate) fn is_true(value: &NdArray) -> Result<bool> {
    if value.rank() > 0 {
        return Ok(!value.is_empty());
    }
    match value.dtype() {
        DType::BOOL => value.item::<bool>(),
        DType::STRING => Ok(!value.item::<TString>()?.is_empty()),
        dtype @ (DType::HALF | DType::BFLOAT16) => {
            dispatch!(dtype, HALVES, |T| Ok(value.item::<T>()?.to_f32() != 0.0))
        }
        dtype => dispatch!(dtype, NUMBERS, |T| Ok(value.item::<T>()? != T::default())),
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let truth = is_true(cx.input(0)?)?;
    cx.set(0, NdArray::scalar(truth))
}

pub(crate) static TO_BOOL: OpDef =
    OpDef { name: "ToBool", shape: shape_fn::scalar, kernel: Some(kernel), ..OpDef::NEW };
