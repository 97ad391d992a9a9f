//! Which slice of a whole a variable is: what savers and messages say of the parts of partitioned variables.

use super::Variable;
use ferroflow_core::{Result, bail};
use ferroflow_proto::SaveSliceInfoDef;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The place of a variable in the whole that it is a slice of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SliceInfo {
    /// The name of the whole.
    pub(crate) full_name: String,
    /// The shape of the whole.
    pub(crate) full_shape: Vec<usize>,
    /// Where the slice begins.
    pub(crate) offset: Vec<usize>,
    /// The shape of the slice.
    pub(crate) shape: Vec<usize>,
}

impl SliceInfo {
    /// The slice as ops that save and restore take it: `"5 2 0,3:0,2"`.
    pub(crate) fn spec(&self) -> String {
        let whole = self.full_shape.iter().map(|size| format!("{size} ")).collect::<String>();
        let slice = self.offset.iter().zip(&self.shape).map(|(offset, size)| format!("{offset},{size}"));
        whole + &slice.collect::<Vec<_>>().join(":")
    }

    /// The message; the name without the scope.
    pub(super) fn to_proto(&self, full_name: String) -> SaveSliceInfoDef {
        let wide =
            |sizes: &[usize]| sizes.iter().map(|size| i64::try_from(*size).unwrap_or(i64::MAX)).collect();
        SaveSliceInfoDef {
            full_name,
            full_shape: wide(&self.full_shape),
            var_offset: wide(&self.offset),
            var_shape: wide(&self.shape),
        }
    }

    /// The slice that a message describes.
    pub(super) fn from_proto(proto: &SaveSliceInfoDef, full_name: String) -> Result<SliceInfo> {
        let sizes =
            |wide: &[i64]| wide.iter().map(|size| usize::try_from(*size)).collect::<Result<Vec<_>, _>>();
        let (Ok(full_shape), Ok(offset), Ok(shape)) =
            (sizes(&proto.full_shape), sizes(&proto.var_offset), sizes(&proto.var_shape))
        else {
            bail!(invalid_argument, "a slice of '{full_name}' has sizes that are negative");
        };
        Ok(SliceInfo { full_name, full_shape, offset, shape })
    }
}

/// By the node of the variable.
#[derive(Default)]
struct Slices(Mutex<HashMap<usize, SliceInfo>>);

impl Variable {
    /// The place in the whole, of a variable that is a part of one.
    pub(crate) fn slice_info(&self) -> Option<SliceInfo> {
        let node = self.op().ok()?;
        let slices = node.graph().extension::<Slices>();
        slices.0.lock().unwrap_or_else(PoisonError::into_inner).get(&node.id()).cloned()
    }

    /// Says that the variable is a slice of a whole. An eager variable, which v1 does not save, does not know.
    pub(crate) fn set_slice_info(&self, info: SliceInfo) {
        let Ok(node) = self.op() else { return };
        let slices = node.graph().extension::<Slices>();
        slices.0.lock().unwrap_or_else(PoisonError::into_inner).insert(node.id(), info);
    }
}
