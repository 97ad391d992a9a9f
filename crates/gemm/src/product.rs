//! The one entry to matrix products.

use crate::dots;
use ferroflow_core::{Error, Result, parallel};
use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};
use num_complex::Complex;
use std::ops::Range;

/// An element type with fast matrix products: `f32`, `f64` and complex numbers of them.
///
/// The trait is sealed: the kernels know these four types.
pub trait Scalar: Copy + Send + Sync + sealed::Sealed + 'static {
    #[doc(hidden)]
    const ZERO: Self;
    #[doc(hidden)]
    const ONE: Self;

    /// Computes products that are best taken as they are: rows times columns, both stored without gaps.
    #[doc(hidden)]
    fn by_dots(a: ArrayView2<'_, Self>, b: ArrayView2<'_, Self>, c: &mut ArrayViewMut2<'_, Self>) -> bool {
        let _ = (a, b, c);
        false
    }
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! scalars {
    ($($ty:ty: $zero:expr, $one:expr $(, $by_dots:item)?;)*) => {
        $(impl sealed::Sealed for $ty {}
        impl Scalar for $ty {
            const ZERO: $ty = $zero;
            const ONE: $ty = $one;
            $($by_dots)?
        })*
    };
}

scalars! {
    f32: 0.0, 1.0, fn by_dots(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>, c: &mut ArrayViewMut2<'_, f32>) -> bool {
        dots::suit(a, b) && dots::run(a, b.reversed_axes(), c)
    };
    f64: 0.0, 1.0;
    Complex<f32>: Complex::new(0.0, 0.0), Complex::new(1.0, 0.0);
    Complex<f64>: Complex::new(0.0, 0.0), Complex::new(1.0, 0.0);
}

/// Threads share so many columns at a time, or multiples: what fills the registers of a tile.
const COLUMNS: usize = 32;
/// The same for rows.
const ROWS: usize = 12;

/// A part of a product.
pub(crate) struct Part {
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
}

/// Shares a product of this depth over the threads of the `rayon` pool, if there is enough of it: `multiply(part, c)` sets each
/// part. Threads that share columns each bring their own columns of the right factor into order, those that share rows all of it.
pub(crate) fn share<T: Send>(
    mut c: ArrayViewMut2<'_, T>,
    depth: usize,
    multiply: impl Fn(Part, ArrayViewMut2<'_, T>) + Sync,
) {
    let ((rows, columns), threads) = (c.dim(), parallel::threads());
    let (axis, unit) = if rows <= columns { (Axis(1), COLUMNS) } else { (Axis(0), ROWS) };
    let size = c.len_of(axis).div_ceil(threads).next_multiple_of(unit);
    if threads == 1 || size >= c.len_of(axis) {
        return multiply(Part { rows: 0..rows, columns: 0..columns }, c);
    }
    let mut parts: Vec<_> = c.axis_chunks_iter_mut(axis, size).collect();
    parallel::chunks(&mut parts, 1, rows * columns * depth / threads, |start, parts| {
        for (offset, c) in parts.iter_mut().enumerate() {
            let first = (start + offset) * size;
            let part = first..first + c.len_of(axis);
            let part = match axis {
                Axis(0) => Part { rows: part, columns: 0..columns },
                _ => Part { rows: 0..rows, columns: part },
            };
            multiply(part, c.view_mut());
        }
    });
}

/// How a product is computed. The default replaces the output, conjugates nothing and stays on one thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Product {
    /// Adds to what the output holds, instead of replacing it.
    pub accumulate: bool,
    /// Uses the conjugate of the left factor.
    pub conjugate_a: bool,
    /// Uses the conjugate of the right factor.
    pub conjugate_b: bool,
    /// Shares the work over the threads of the `rayon` pool, if there is enough of it.
    pub parallel: bool,
}

impl Product {
    /// Computes `a * b` into `c`, whose size must be that of the product. Views may have any strides: a transposed
    /// factor is a transposed view.
    ///
    /// # Errors
    /// `Internal` when the sizes do not fit: `c` stays as it is then.
    ///
    /// ```
    /// use ferroflow_gemm::Product;
    /// use ndarray::{array, Array2};
    /// let (a, b) = (array![[1.0f32, 2.0], [3.0, 4.0]], array![[1.0f32, 0.0], [0.0, 2.0]]);
    /// let mut c = Array2::zeros((2, 2));
    /// Product::default().run(a.t(), b.view(), c.view_mut())?;
    /// assert_eq!(c, array![[1.0, 6.0], [2.0, 8.0]]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn run<T: Scalar>(
        self,
        a: ArrayView2<'_, T>,
        b: ArrayView2<'_, T>,
        mut c: ArrayViewMut2<'_, T>,
    ) -> Result<()> {
        let ((rows, depth), columns) = (a.dim(), b.ncols());
        if b.nrows() != depth || c.dim() != (rows, columns) {
            let message = format!("no product of {:?} and {:?} is {:?}", a.dim(), b.dim(), c.dim());
            return Err(Error::internal(message));
        }
        if depth == 0 {
            if !self.accumulate {
                c.fill(T::ZERO);
            }
            return Ok(());
        }
        if self.parallel {
            share(c, depth, |part, c| {
                self.here(a.slice(s![part.rows, ..]), b.slice(s![.., part.columns]), c)
            });
        } else {
            self.here(a, b, c);
        }
        Ok(())
    }

    /// The product of matrices whose sizes fit.
    fn here<T: Scalar>(self, a: ArrayView2<'_, T>, b: ArrayView2<'_, T>, mut c: ArrayViewMut2<'_, T>) {
        let ((rows, depth), columns) = (a.dim(), b.ncols());
        // What is unsafe below relies on it.
        assert!(b.nrows() == depth && c.dim() == (rows, columns), "the parts of factors fit together");
        if rows == 0 || columns == 0 {
            return;
        }
        if !self.accumulate && T::by_dots(a, b, &mut c) {
            return;
        }
        let [c_row_stride, c_column_stride] = [c.strides()[0], c.strides()[1]];
        let (a_strides, b_strides) = (a.strides(), b.strides());
        // Benefit: kernels several times faster than what the compiler makes of safe loops. Soundness:
        #[allow(unsafe_code)]
        // SAFETY: each view guarantees that its pointer, offset by any index below its sizes times its strides, is
        // within one live allocation; the sizes were checked to agree; `c` is borrowed uniquely, so it overlaps
        // neither factor; `T` is one of the four types that the callee supports.
        unsafe {
            gemm::gemm(
                rows,
                columns,
                depth,
                c.as_mut_ptr(),
                c_column_stride,
                c_row_stride,
                self.accumulate,
                a.as_ptr(),
                a_strides[1],
                a_strides[0],
                b.as_ptr(),
                b_strides[1],
                b_strides[0],
                T::ONE,
                T::ONE,
                false,
                self.conjugate_a,
                self.conjugate_b,
                gemm::Parallelism::None,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};

    fn numbers(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |(i, j)| ((i * 7 + j * 13 + seed) % 11) as f64 - 5.0)
    }

    #[test]
    fn products_of_any_layout_agree_with_sums() {
        for (rows, depth, columns) in [(1, 1, 1), (3, 5, 4), (17, 33, 9), (64, 70, 65), (5, 3, 200)] {
            let (a, b) = (numbers(depth, rows, 1), numbers(columns * 2, depth, 2));
            let (a, b) = (a.t(), b.slice(s![..;2, ..]));
            let mut c = Array2::from_elem((rows, columns), f64::NAN);
            Product { parallel: true, ..Product::default() }.run(a, b.t(), c.view_mut()).expect("fits");
            for ((i, j), &found) in c.indexed_iter() {
                let expected: f64 = (0..depth).map(|k| a[[i, k]] * b[[j, k]]).sum();
                assert_eq!(found, expected, "{rows}x{depth}x{columns} at {i},{j}");
            }
        }
    }

    #[test]
    fn rows_times_columns_agree_with_sums() {
        for (rows, depth, columns) in [(1, 64, 1), (2, 100, 7), (4, 128, 4), (7, 130, 9), (16, 512, 193)] {
            let a = numbers(rows, depth, 3).mapv(|value| value as f32);
            let b = numbers(columns, depth, 4).mapv(|value| value as f32);
            let mut c = Array2::from_elem((rows, columns), f32::NAN);
            Product::default().run(a.view(), b.t(), c.view_mut()).expect("fits");
            for ((i, j), &found) in c.indexed_iter() {
                let expected: f32 = (0..depth).map(|k| a[[i, k]] * b[[j, k]]).sum();
                assert_eq!(found, expected, "{rows}x{depth}x{columns} at {i},{j}");
            }
        }
    }

    #[test]
    fn conjugates_and_sums_are_asked_for() {
        let a = Array2::from_elem((1, 1), Complex::new(1.0f32, 2.0));
        let b = Array2::from_elem((1, 1), Complex::new(3.0f32, -1.0));
        let mut c = Array2::from_elem((1, 1), Complex::new(100.0f32, 0.0));
        let product = Product { accumulate: true, conjugate_a: true, ..Product::default() };
        product.run(a.view(), b.view(), c.view_mut()).expect("fits");
        assert_eq!(c[[0, 0]], Complex::new(101.0, -7.0));
        assert!(product.run(a.view(), numbers_of(2).view(), c.view_mut()).is_err());
    }

    fn numbers_of(rows: usize) -> Array2<Complex<f32>> {
        Array2::from_elem((rows, 1), Complex::new(1.0, 1.0))
    }
}
