//! `Operand`: what ops take as inputs, tensors and everything that converts to them.

use crate::{DType, Element, NdArray, Result, TString, Tensor};
use ndarray::{ArcArray, Array, ArrayView, Dimension};

/// An input of an op before it is made a tensor.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A tensor.
    Tensor(Tensor),
    /// A value that becomes a constant.
    Value {
        /// The value.
        array: NdArray,
        /// Whether the dtype gives way to that of the op's other inputs, as a Python number's does.
        weak: bool,
    },
}

impl Operand {
    /// The dtype, where it does not give way.
    pub fn fixed_dtype(&self) -> Option<DType> {
        match self {
            Operand::Tensor(tensor) => Some(tensor.dtype().base()),
            Operand::Value { array, weak: false } => Some(array.dtype()),
            Operand::Value { .. } => None,
        }
    }

    /// The dtype it has if nothing else decides.
    pub fn natural_dtype(&self) -> DType {
        match self {
            Operand::Tensor(tensor) => tensor.dtype().base(),
            Operand::Value { array, weak: true } if array.dtype() == DType::FLOAT64 => DType::FLOAT32,
            Operand::Value { array, .. } => array.dtype(),
        }
    }

    /// The value, where it is at hand.
    pub fn value(&self) -> Option<&NdArray> {
        match self {
            Operand::Tensor(Tensor::Eager(tensor)) => Some(tensor.value()),
            Operand::Tensor(Tensor::Symbolic(_)) => None,
            Operand::Value { array, .. } => Some(array),
        }
    }
}

/// What converts to an input of an op.
///
/// Rust's numbers and nested arrays of `i32` and `f64`, the types of bare literals, are *weak*: like Python's
/// numbers and lists they take the dtype of the tensor beside them, and `int32` and `float32` where nothing else
/// decides. Every other type, and every array of the `ndarray` crate, keeps its dtype, like a NumPy array.
pub trait IntoOperand {
    /// Converts.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on as an operand.
    fn into_operand(self) -> Result<Operand>;
}

impl IntoOperand for Operand {
    fn into_operand(self) -> Result<Operand> {
        Ok(self)
    }
}

impl IntoOperand for Tensor {
    fn into_operand(self) -> Result<Operand> {
        Ok(Operand::Tensor(self))
    }
}

impl IntoOperand for &Tensor {
    fn into_operand(self) -> Result<Operand> {
        Ok(Operand::Tensor(self.clone()))
    }
}

impl<O: IntoOperand> IntoOperand for Result<O> {
    fn into_operand(self) -> Result<Operand> {
        self?.into_operand()
    }
}

impl IntoOperand for NdArray {
    fn into_operand(self) -> Result<Operand> {
        Ok(Operand::Value { array: self, weak: false })
    }
}

impl IntoOperand for &NdArray {
    fn into_operand(self) -> Result<Operand> {
        self.clone().into_operand()
    }
}

impl<T: Element, D: Dimension> IntoOperand for Array<T, D> {
    fn into_operand(self) -> Result<Operand> {
        NdArray::from(self).into_operand()
    }
}

impl<T: Element, D: Dimension> IntoOperand for &Array<T, D> {
    fn into_operand(self) -> Result<Operand> {
        NdArray::from(self).into_operand()
    }
}

impl<T: Element, D: Dimension> IntoOperand for ArcArray<T, D> {
    fn into_operand(self) -> Result<Operand> {
        NdArray::from(self).into_operand()
    }
}

impl<T: Element, D: Dimension> IntoOperand for ArrayView<'_, T, D> {
    fn into_operand(self) -> Result<Operand> {
        NdArray::from(self).into_operand()
    }
}

macro_rules! literals {
    ($weak:literal: $($ty:ty),*) => {
        $(impl IntoOperand for $ty {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: $weak })
            }
        }
        impl<const A: usize> IntoOperand for [$ty; A] {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: $weak })
            }
        }
        impl<const A: usize, const B: usize> IntoOperand for [[$ty; B]; A] {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: $weak })
            }
        }
        impl<const A: usize, const B: usize, const C: usize> IntoOperand for [[[$ty; C]; B]; A] {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: $weak })
            }
        }
        impl<const A: usize, const B: usize, const C: usize, const D: usize> IntoOperand for [[[[$ty; D]; C]; B]; A] {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: $weak })
            }
        }
        impl IntoOperand for Vec<$ty> {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: $weak })
            }
        }
        impl IntoOperand for &[$ty] {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: $weak })
            }
        }
        impl<const A: usize> IntoOperand for &[$ty; A] {
            fn into_operand(self) -> Result<Operand> {
                self.as_slice().into_operand()
            }
        })*
    };
}

literals!(true: i32, f64);
literals!(false: bool, i8, i16, i64, u8, u16, u32, u64, f32, crate::f16, crate::bf16, crate::Complex<f32>, crate::Complex<f64>, TString);

macro_rules! texts {
    ($($ty:ty),*) => {
        $(impl IntoOperand for $ty {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: false })
            }
        }
        impl<const A: usize> IntoOperand for [$ty; A] {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: false })
            }
        }
        impl<const A: usize, const B: usize> IntoOperand for [[$ty; B]; A] {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: false })
            }
        }
        impl IntoOperand for Vec<$ty> {
            fn into_operand(self) -> Result<Operand> {
                Ok(Operand::Value { array: NdArray::from(self), weak: false })
            }
        })*
    };
}

texts!(&str, String);

/// Several inputs of one op: anything that iterates over operands.
pub trait IntoOperands {
    /// Converts all of them.
    ///
    /// # Errors
    /// The first error among the operands.
    fn into_operands(self) -> Result<Vec<Operand>>;
}

impl<I: IntoIterator> IntoOperands for I
where
    I::Item: IntoOperand,
{
    fn into_operands(self) -> Result<Vec<Operand>> {
        self.into_iter().map(IntoOperand::into_operand).collect()
    }
}
