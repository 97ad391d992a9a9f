//! Products of the matrices in two arrays, for every dtype that has one.

use ferroflow_core::gemm::{MatrixRef, Product};
use ferroflow_core::{DType, Element, NdArray, Result, Shape, dispatch, reserve, zeroed};

/// The two last sizes of a shape.
pub(crate) fn matrix_dims(shape: &[usize]) -> (usize, usize) {
    match shape {
        [.., rows, columns] => (*rows, *columns),
        _ => (1, 1),
    }
}

/// How the matrices of an operand are used.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) array: &'a NdArray,
    pub(crate) transpose: bool,
}

/// The products of corresponding matrices; `offsets` gives, for each product, which matrix of either side it takes.
pub(crate) fn products(
    left: Side<'_>,
    right: Side<'_>,
    offsets: &[(usize, usize)],
    shape: Shape,
) -> Result<NdArray> {
    match left.array.dtype() {
        DType::COMPLEX64 => run::<ferroflow_core::Complex<f32>>(left, right, offsets, shape),
        DType::COMPLEX128 => run::<ferroflow_core::Complex<f64>>(left, right, offsets, shape),
        dtype => dispatch!(dtype, REALS, |T| run::<T>(left, right, offsets, shape)),
    }
}

fn run<T: Product>(
    left: Side<'_>,
    right: Side<'_>,
    offsets: &[(usize, usize)],
    shape: Shape,
) -> Result<NdArray> {
    let (rows, columns) = matrix_dims(&shape);
    let mut out = zeroed::<T>(shape.num_elements())?;
    let matrix = |side: Side<'_>, index: usize| -> Result<(usize, usize, usize)> {
        let (rows, columns) = matrix_dims(side.array.shape());
        Ok((index * rows * columns, rows, columns))
    };
    if rows * columns > 0 {
        for (out, &(l, r)) in out.chunks_mut(rows * columns).zip(offsets) {
            let (start, m, n) = matrix(left, l)?;
            let a = MatrixRef::new(&left.array.as_slice::<T>()?[start..start + m * n], m, n)?;
            let (start, m, n) = matrix(right, r)?;
            let b = MatrixRef::new(&right.array.as_slice::<T>()?[start..start + m * n], m, n)?;
            T::product(a.transposed_if(left.transpose), b.transposed_if(right.transpose), out, false)?;
        }
    }
    NdArray::from_shape(shape, out)
}

/// The conjugate of every element, for products of adjoint matrices; real arrays are their own.
pub(crate) fn conjugated(array: &NdArray) -> Result<NdArray> {
    fn map<T: Element + Copy>(array: &NdArray, conj: impl Fn(T) -> T) -> Result<NdArray> {
        let elements = array.as_slice::<T>()?;
        let mut out = reserve(elements.len())?;
        out.extend(elements.iter().map(|value| conj(*value)));
        NdArray::from_shape(array.shape().clone(), out)
    }
    match array.dtype() {
        DType::COMPLEX64 => map::<ferroflow_core::Complex<f32>>(array, |value| value.conj()),
        DType::COMPLEX128 => map::<ferroflow_core::Complex<f64>>(array, |value| value.conj()),
        _ => Ok(array.clone()),
    }
}
