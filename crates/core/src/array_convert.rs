//! Between `NdArray` and the `ndarray` crate, scalars, vectors and nested arrays.

use crate::{Element, Error, NdArray, Result, Shape, bail};
use ndarray::{ArcArray, Array, ArrayD, ArrayView, ArrayViewD, Dimension, IxDyn};

impl NdArray {
    /// Takes over an `ndarray` array; copies nothing when it is in standard (row-major) layout.
    ///
    /// ```
    /// use ferroflow_core::NdArray;
    /// let owned = ndarray::array![[1.0f32, 2.0], [3.0, 4.0]];
    /// let address = owned.as_ptr();
    /// let array = NdArray::from_array(owned);
    /// assert_eq!(array.as_slice::<f32>()?.as_ptr(), address);
    /// assert_eq!(array.into_array::<f32>()?.as_ptr(), address);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn from_array<T: Element, D: Dimension>(array: Array<T, D>) -> NdArray {
        let dims = array.shape().to_vec();
        let count = array.len();
        let elements = if array.is_standard_layout() {
            let (mut elements, offset) = array.into_raw_vec_and_offset();
            let start = offset.unwrap_or(0);
            if start != 0 {
                elements.drain(..start);
            }
            elements.truncate(count);
            elements
        } else {
            array.iter().cloned().collect()
        };
        // An `ndarray` shape has passed the same overflow check, so this cannot fail.
        Shape::new(&dims)
            .and_then(|shape| NdArray::from_shape(shape, elements))
            .unwrap_or_else(|_| NdArray::vector(Vec::<T>::new()))
    }

    /// The elements as a read-only `ndarray` view, without a copy.
    ///
    /// # Errors
    /// `TypeError` when the array is of another dtype.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        ArrayView::from_shape(IxDyn(self.shape().dims()), self.as_slice::<T>()?).map_err(shape_error)
    }

    /// A copy of the elements as an `ndarray` array.
    ///
    /// # Errors
    /// `TypeError` when the array is of another dtype.
    pub fn to_array<T: Element>(&self) -> Result<ArrayD<T>> {
        self.view::<T>().map(|view| view.to_owned())
    }

    /// The elements as an `ndarray` array: moved when this is the only holder, else copied.
    ///
    /// # Errors
    /// `TypeError` when the array is of another dtype.
    pub fn into_array<T: Element>(self) -> Result<ArrayD<T>> {
        let shape = self.shape().clone();
        Array::from_shape_vec(IxDyn(shape.dims()), self.into_vec::<T>()?).map_err(shape_error)
    }
}

fn shape_error(error: ndarray::ShapeError) -> Error {
    Error::internal(error.to_string())
}

/// Rank of a dimension type, or the array's own for `IxDyn`.
fn into_dimension<T: Element, D: Dimension>(array: ArrayD<T>) -> Result<Array<T, D>> {
    let rank = array.ndim();
    match array.into_dimensionality::<D>() {
        Ok(array) => Ok(array),
        Err(_) => bail!(
            value,
            "the array has {rank} dimensions, not {}",
            D::NDIM.map_or("that many".to_string(), |asked| asked.to_string())
        ),
    }
}

impl<T: Element, D: Dimension> TryFrom<NdArray> for Array<T, D> {
    type Error = Error;
    /// Moves the elements when nobody else holds them.
    fn try_from(array: NdArray) -> Result<Array<T, D>> {
        into_dimension(array.into_array::<T>()?)
    }
}

impl<T: Element, D: Dimension> TryFrom<&NdArray> for Array<T, D> {
    type Error = Error;
    fn try_from(array: &NdArray) -> Result<Array<T, D>> {
        into_dimension(array.to_array::<T>()?)
    }
}

impl<T: Element> TryFrom<NdArray> for Vec<T> {
    type Error = Error;
    /// The elements of a 1-d array.
    fn try_from(array: NdArray) -> Result<Vec<T>> {
        if array.rank() != 1 {
            bail!(value, "the array has {} dimensions, not 1", array.rank());
        }
        array.into_vec()
    }
}

impl<T: Element, D: Dimension> From<Array<T, D>> for NdArray {
    fn from(array: Array<T, D>) -> NdArray {
        NdArray::from_array(array)
    }
}

impl<T: Element, D: Dimension> From<&Array<T, D>> for NdArray {
    fn from(array: &Array<T, D>) -> NdArray {
        NdArray::from_array(array.to_owned())
    }
}

impl<T: Element, D: Dimension> From<ArcArray<T, D>> for NdArray {
    /// Moves the elements when the shared array has no other holder.
    fn from(array: ArcArray<T, D>) -> NdArray {
        NdArray::from_array(array.into_owned())
    }
}

impl<T: Element, D: Dimension> From<ArrayView<'_, T, D>> for NdArray {
    fn from(array: ArrayView<'_, T, D>) -> NdArray {
        NdArray::from_array(array.to_owned())
    }
}

impl<T: Element> From<Vec<T>> for NdArray {
    fn from(elements: Vec<T>) -> NdArray {
        NdArray::vector(elements)
    }
}

impl<T: Element> From<&[T]> for NdArray {
    fn from(elements: &[T]) -> NdArray {
        NdArray::vector(elements.to_vec())
    }
}

macro_rules! scalars_and_nested {
    ($($ty:ty),*) => {
        $(impl From<$ty> for NdArray {
            fn from(value: $ty) -> NdArray {
                NdArray::scalar(value)
            }
        }
        impl TryFrom<NdArray> for $ty {
            type Error = Error;
            /// The only element.
            fn try_from(array: NdArray) -> Result<$ty> {
                array.item::<$ty>()
            }
        }
        impl<const A: usize> From<[$ty; A]> for NdArray {
            fn from(elements: [$ty; A]) -> NdArray {
                NdArray::vector(elements.to_vec())
            }
        }
        impl<const A: usize, const B: usize> From<[[$ty; B]; A]> for NdArray {
            fn from(rows: [[$ty; B]; A]) -> NdArray {
                NdArray::nested([A, B], rows.into_iter().flatten())
            }
        }
        impl<const A: usize, const B: usize, const C: usize> From<[[[$ty; C]; B]; A]> for NdArray {
            fn from(rows: [[[$ty; C]; B]; A]) -> NdArray {
                NdArray::nested([A, B, C], rows.into_iter().flatten().flatten())
            }
        }
        impl<const A: usize, const B: usize, const C: usize, const D: usize> From<[[[[$ty; D]; C]; B]; A]>
            for NdArray
        {
            fn from(rows: [[[[$ty; D]; C]; B]; A]) -> NdArray {
                NdArray::nested([A, B, C, D], rows.into_iter().flatten().flatten().flatten())
            }
        })*
    };
}

scalars_and_nested!(
    bool,
    i8,
    i16,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    crate::f16,
    crate::bf16,
    f32,
    f64,
    crate::Complex<f32>,
    crate::Complex<f64>,
    crate::TString
);

impl NdArray {
    /// From the elements of a nested Rust array, whose sizes always fit together.
    fn nested<T: Element, const R: usize>(dims: [usize; R], elements: impl Iterator<Item = T>) -> NdArray {
        let elements: Vec<T> = elements.collect();
        Shape::new(&dims)
            .and_then(|shape| NdArray::from_shape(shape, elements))
            .unwrap_or_else(|_| NdArray::vector(Vec::<T>::new()))
    }
}

macro_rules! text {
    ($($ty:ty),*) => {
        $(impl From<$ty> for NdArray {
            fn from(text: $ty) -> NdArray {
                NdArray::scalar(crate::TString::from(text))
            }
        }
        impl<const A: usize> From<[$ty; A]> for NdArray {
            fn from(elements: [$ty; A]) -> NdArray {
                NdArray::vector(elements.into_iter().map(crate::TString::from).collect())
            }
        }
        impl<const A: usize, const B: usize> From<[[$ty; B]; A]> for NdArray {
            fn from(rows: [[$ty; B]; A]) -> NdArray {
                NdArray::nested([A, B], rows.into_iter().flatten().map(crate::TString::from))
            }
        }
        impl From<Vec<$ty>> for NdArray {
            fn from(elements: Vec<$ty>) -> NdArray {
                NdArray::vector(elements.into_iter().map(crate::TString::from).collect())
            }
        })*
    };
}

text!(&str, String);

impl<T: Element> From<Vec<Vec<T>>> for NdArrayRows<T> {
    fn from(rows: Vec<Vec<T>>) -> NdArrayRows<T> {
        NdArrayRows(rows)
    }
}

/// Rows of possibly different lengths, which become a matrix only if they agree.
pub struct NdArrayRows<T>(Vec<Vec<T>>);

impl<T: Element> TryFrom<NdArrayRows<T>> for NdArray {
    type Error = Error;
    /// A matrix of the rows.
    ///
    /// # Errors
    /// `ValueError` when the rows differ in length.
    fn try_from(rows: NdArrayRows<T>) -> Result<NdArray> {
        let width = rows.0.first().map_or(0, Vec::len);
        if rows.0.iter().any(|row| row.len() != width) {
            bail!(value, "Can't convert non-rectangular Python sequence to Tensor.");
        }
        NdArray::from_vec(&[rows.0.len(), width], rows.0.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, array};

    #[test]
    fn transposed_arrays_are_laid_out_anew() {
        let matrix = array![[1, 2, 3], [4, 5, 6]];
        let array = NdArray::from_array(matrix.reversed_axes());
        assert_eq!(array.shape().dims(), [3, 2]);
        assert_eq!(array.as_slice::<i32>().expect("int32"), [1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn wrong_rank_and_dtype_name_both() {
        let array = NdArray::from([1i32, 2, 3]);
        let error = Array2::<i32>::try_from(&array).expect_err("rank 1");
        assert_eq!(error.message(), "the array has 1 dimensions, not 2");
        let error = Array1::<f32>::try_from(&array).expect_err("int32");
        assert!(error.message().contains("int32") && error.message().contains("float32"));
    }

    #[test]
    fn writing_never_reaches_another_holder() {
        let mut array = NdArray::from([1i32, 2]);
        let shared = array.clone();
        array.as_mut_slice::<i32>().expect("int32")[0] = 9;
        assert_eq!(shared.as_slice::<i32>().expect("int32"), [1, 2]);
        assert_eq!(array.as_slice::<i32>().expect("int32"), [9, 2]);
    }
}
