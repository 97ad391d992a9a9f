//! Matrix products of the element types that convolutions take.

use crate::patches::Windows;
use crate::pool_kernels::Number;
use crate::{gathered_conv, winograd};
use bytemuck::Pod;
use ferroflow_core::{Epilogue, Error, NdArray, Result, ndarray};
use ferroflow_gemm::{Gathered, Piece};
use ndarray::{ArrayView2, ArrayViewMut2};

/// A row-major matrix over elements.
pub(crate) fn matrix<T>(elements: &[T], rows: usize, columns: usize) -> Result<ArrayView2<'_, T>> {
    ArrayView2::from_shape((rows, columns), elements).map_err(misfit)
}

fn misfit(error: ndarray::ShapeError) -> Error {
    Error::internal(format!("a matrix does not fit its elements: {error}"))
}

/// Runs a product into row-major elements.
fn checked<T>(
    left: ArrayView2<'_, T>,
    right: ArrayView2<'_, T>,
    output: &mut [T],
    multiply: impl FnOnce(ArrayViewMut2<'_, T>) -> Result<()>,
) -> Result<()> {
    multiply(ArrayViewMut2::from_shape((left.nrows(), right.ncols()), output).map_err(misfit)?)
}

/// An element type of convolutions.
pub(crate) trait Product: Number + Pod {
    /// The product with `factor`, and `sum`; floats are rounded once, integers wrap around.
    fn times_plus(self, factor: Self, sum: Self) -> Self;

    /// Sets `output`, row-major, to `left * right`, or adds the product to it.
    ///
    /// # Errors
    /// `Internal` when the sizes do not fit together.
    fn product(
        left: ArrayView2<'_, Self>,
        right: ArrayView2<'_, Self>,
        output: &mut [Self],
        add: bool,
    ) -> Result<()> {
        checked(left, right, output, |output| Self::multiply(left, right, output, add, true))
    }

    /// Sets `output` to `left * right` on this thread alone.
    ///
    /// # Errors
    /// `Internal` when the sizes do not fit together.
    fn product_here(
        left: ArrayView2<'_, Self>,
        right: ArrayView2<'_, Self>,
        output: &mut [Self],
    ) -> Result<()> {
        checked(left, right, output, |output| Self::multiply(left, right, output, false, false))
    }

    /// Sets the output to the convolution of an input with a filter, nothing of them empty, as a product of gathered rows;
    /// `false` where neither type nor processor has one: nothing is done then.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    fn gathered(
        windows: &Windows,
        filters: usize,
        input: &[Self],
        filter: &NdArray,
        output: &mut [Self],
        epilogue: Option<Epilogue<'_>>,
    ) -> Result<bool> {
        let _ = (windows, filters, input, filter, output, epilogue);
        Ok(false)
    }

    /// Computes a product, on all threads or on this one.
    ///
    /// # Errors
    /// `Internal` when the sizes do not fit together.
    fn multiply(
        left: ArrayView2<'_, Self>,
        right: ArrayView2<'_, Self>,
        output: ArrayViewMut2<'_, Self>,
        add: bool,
        parallel: bool,
    ) -> Result<()>;
}

macro_rules! floats {
    ($($ty:ty $({ $gathered:item })?),*) => {
        $(impl Product for $ty {
            $($gathered)?

            #[inline(always)]
            fn times_plus(self, factor: $ty, sum: $ty) -> $ty {
                self.mul_add(factor, sum)
            }

            fn multiply(
                left: ArrayView2<'_, $ty>,
                right: ArrayView2<'_, $ty>,
                output: ArrayViewMut2<'_, $ty>,
                add: bool,
                parallel: bool,
            ) -> Result<()> {
                let product = ferroflow_gemm::Product { accumulate: add, parallel, ..Default::default() };
                product.run(left, right, output)
            }
        })*
    };
}

floats!(
    f32 {
        fn gathered(
            windows: &Windows,
            filters: usize,
            input: &[f32],
            filter: &NdArray,
            output: &mut [f32],
            epilogue: Option<Epilogue<'_>>,
        ) -> Result<bool> {
            if !Gathered::is_fast() || input.len() > Piece::MOST {
                return Ok(false);
            }
            match winograd::suiting(windows, filters) {
                Some(scheme) => {
                    winograd::forward(scheme, windows, filters, input, filter, output, epilogue)?;
                }
                None => gathered_conv::forward(windows, filters, input, filter, output, epilogue)?,
            }
            Ok(true)
        }
    },
    f64
);

impl Product for i32 {
    #[inline(always)]
    fn times_plus(self, factor: i32, sum: i32) -> i32 {
        self.wrapping_mul(factor).wrapping_add(sum)
    }

    fn multiply(
        left: ArrayView2<'_, i32>,
        right: ArrayView2<'_, i32>,
        mut output: ArrayViewMut2<'_, i32>,
        add: bool,
        _parallel: bool,
    ) -> Result<()> {
        if left.ncols() != right.nrows() {
            return Err(Error::internal("the factors of a product do not fit together"));
        }
        if !add {
            output.fill(0);
        }
        for (factors, mut sums) in left.outer_iter().zip(output.outer_iter_mut()) {
            for (&factor, right) in factors.iter().zip(right.outer_iter()) {
                sums.zip_mut_with(&right, |sum, &value| *sum = sum.wrapping_add(factor.wrapping_mul(value)));
            }
        }
        Ok(())
    }
}
