//! Printing of arrays as NumPy does.

use crate::NdArray;
use std::fmt;

impl fmt::Debug for NdArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NdArray(dtype={}, shape={})", self.dtype().name(), self.shape())
    }
}
