//! Tensors, shapes, dtypes, arrays and op definitions: what every other crate of ferroflow stands on.

mod array;
mod array_convert;
mod attr;
mod dispatch;
mod dtype;
mod element;
mod error;
pub mod literal;
pub mod print;
mod resource;
pub mod schema;
mod shape;

pub use array::{NdArray, reserve, zeroed};
pub use array_convert::NdArrayRows;
pub use attr::{AttrValue, Attrs, FuncRef};
pub use dtype::DType;
pub use element::{Element, QInt8, QInt16, QInt32, QUInt8, QUInt16, TString};
pub use error::{Code, Error, Exception, Result};
pub use half::{bf16, f16};
pub use ndarray;
pub use num_complex::Complex;
pub use resource::{HandleData, Resource, ResourceHandle, ResourceManager, Variant, VariantData};
pub use shape::{Dim, MAX_RANK, PartialShape, Shape};
