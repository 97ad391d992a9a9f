//! Matrix products of the element types that convolutions take.

use ferroflow_core::{Element, Error, Result, ndarray};
use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};

/// A row-major matrix over elements.
pub(crate) fn matrix<T>(elements: &[T], rows: usize, columns: usize) -> Result<ArrayView2<'_, T>> {
    ArrayView2::from_shape((rows, columns), elements).map_err(misfit)
}

/// The same for writing.
pub(crate) fn matrix_mut<T>(elements: &mut [T], rows: usize, columns: usize) -> Result<ArrayViewMut2<'_, T>> {
    ArrayViewMut2::from_shape((rows, columns), elements).map_err(misfit)
}

fn misfit(error: ndarray::ShapeError) -> Error {
    Error::internal(format!("a matrix does not fit its elements: {error}"))
}

/// An element type with a matrix product.
pub(crate) trait Product: Element + Copy {
    /// `a * b`, added to `c` or in its place.
    fn product(
        a: &ArrayView2<'_, Self>,
        b: &ArrayView2<'_, Self>,
        c: &mut ArrayViewMut2<'_, Self>,
        add: bool,
    );

    /// `a * b + c`; integers wrap around.
    fn multiply_add(a: Self, b: Self, c: Self) -> Self;

    /// `a + b`; integers wrap around.
    fn sum(a: Self, b: Self) -> Self;
}

macro_rules! float_products {
    ($($ty:ty),*) => {
        $(impl Product for $ty {
            fn product(a: &ArrayView2<'_, $ty>, b: &ArrayView2<'_, $ty>, c: &mut ArrayViewMut2<'_, $ty>, add: bool) {
                general_mat_mul(1.0, a, b, if add { 1.0 } else { 0.0 }, c);
            }

            #[inline(always)]
            fn multiply_add(a: $ty, b: $ty, c: $ty) -> $ty {
                a * b + c
            }

            #[inline(always)]
            fn sum(a: $ty, b: $ty) -> $ty {
                a + b
            }
        })*
    };
}

float_products!(f32, f64);

impl Product for i32 {
    fn product(a: &ArrayView2<'_, i32>, b: &ArrayView2<'_, i32>, c: &mut ArrayViewMut2<'_, i32>, add: bool) {
        if !add {
            c.fill(0);
        }
        for (row, mut out) in a.outer_iter().zip(c.outer_iter_mut()) {
            for (&factor, b) in row.iter().zip(b.outer_iter()) {
                out.zip_mut_with(&b, |c, &b| *c = i32::multiply_add(factor, b, *c));
            }
        }
    }

    #[inline(always)]
    fn multiply_add(a: i32, b: i32, c: i32) -> i32 {
        a.wrapping_mul(b).wrapping_add(c)
    }

    #[inline(always)]
    fn sum(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
}
