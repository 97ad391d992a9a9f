//! Matrix products, on a packed kernel chosen for the processor at run time.

use crate::{Complex, Element, Result, ensure, parallel};

/// A matrix laid over a slice: element `(i, j)` stands at `i * row_stride + j * column_stride`.
#[derive(Clone, Copy)]
pub struct MatrixRef<'a, T> {
    elements: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> MatrixRef<'a, T> {
    /// A row-major matrix over all of a slice.
    ///
    /// # Errors
    /// `Internal` when the slice is too short.
    pub fn new(elements: &'a [T], rows: usize, columns: usize) -> Result<MatrixRef<'a, T>> {
        let fits = rows.checked_mul(columns).is_some_and(|count| count <= elements.len());
        ensure!(fits, internal, "a {rows} x {columns} matrix over {} elements", elements.len());
        Ok(MatrixRef { elements, rows, columns, row_stride: columns, column_stride: 1 })
    }

    /// The transposed matrix, without a copy.
    #[must_use]
    pub fn transposed(self) -> MatrixRef<'a, T> {
        MatrixRef {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// The transposed matrix where asked for.
    #[must_use]
    pub fn transposed_if(self, transpose: bool) -> MatrixRef<'a, T> {
        if transpose { self.transposed() } else { self }
    }
}

/// An element type with a matrix product.
pub trait Product: Element + Copy {
    /// Sets `out`, row-major, to `left * right`, or adds the product to it.
    ///
    /// # Errors
    /// `Internal` when the sizes do not fit together.
    fn product(
        left: MatrixRef<'_, Self>,
        right: MatrixRef<'_, Self>,
        out: &mut [Self],
        add: bool,
    ) -> Result<()>;
}

fn check_sizes<T>(left: &MatrixRef<'_, T>, right: &MatrixRef<'_, T>, out: &[T]) -> Result<()> {
    let fits = left.columns == right.rows && left.rows.checked_mul(right.columns) == Some(out.len());
    ensure!(
        fits,
        internal,
        "a product of {} x {} and {} x {} into {} elements",
        left.rows,
        left.columns,
        right.rows,
        right.columns,
        out.len()
    );
    Ok(())
}

/// Multiplications below which one thread is quicker than many.
const SHARED_WORK: usize = 1 << 17;

macro_rules! packed {
    ($($ty:ty: $zero:expr, $one:expr;)*) => {
        $(impl Product for $ty {
            #[allow(unsafe_code)]
            fn product(left: MatrixRef<'_, $ty>, right: MatrixRef<'_, $ty>, out: &mut [$ty], add: bool) -> Result<()> {
                check_sizes(&left, &right, out)?;
                let (m, k, n) = (left.rows, left.columns, right.columns);
                if m == 0 || n == 0 {
                    return Ok(());
                }
                let work = m.saturating_mul(k).saturating_mul(n);
                let threads = if work > SHARED_WORK { parallel::threads() } else { 1 };
                let parallelism = if threads > 1 { gemm::Parallelism::Rayon(threads) } else { gemm::Parallelism::None };
                // SAFETY: `MatrixRef` covers `rows * columns` elements of its slice in either order, and
                // `check_sizes` has found that the three matrices fit together and that `out` holds `m * n`
                // elements, which the strides below cover exactly once. Benefit: packed kernels for the
                // processor's widest vectors, which safe code does not reach.
                unsafe {
                    gemm::gemm(
                        m,
                        n,
                        k,
                        out.as_mut_ptr(),
                        1,
                        n as isize,
                        add,
                        left.elements.as_ptr(),
                        left.column_stride as isize,
                        left.row_stride as isize,
                        right.elements.as_ptr(),
                        right.column_stride as isize,
                        right.row_stride as isize,
                        $one,
                        $one,
                        false,
                        false,
                        false,
                        parallelism,
                    );
                }
                if k == 0 && !add {
                    out.fill($zero);
                }
                Ok(())
            }
        })*
    };
}

packed! {
    f32: 0.0, 1.0;
    f64: 0.0, 1.0;
    Complex<f32>: Complex::new(0.0, 0.0), Complex::new(1.0, 0.0);
    Complex<f64>: Complex::new(0.0, 0.0), Complex::new(1.0, 0.0);
}

macro_rules! integers {
    ($($ty:ty),*) => {
        $(impl Product for $ty {
            fn product(left: MatrixRef<'_, $ty>, right: MatrixRef<'_, $ty>, out: &mut [$ty], add: bool) -> Result<()> {
                check_sizes(&left, &right, out)?;
                let columns = right.columns;
                parallel::chunks(out, columns, left.columns, |start, rows| {
                    for (position, row) in rows.chunks_mut(columns.max(1)).enumerate() {
                        let i = start / columns.max(1) + position;
                        if !add {
                            row.fill(0);
                        }
                        for p in 0..left.columns {
                            let factor = left.elements[i * left.row_stride + p * left.column_stride];
                            for (j, out) in row.iter_mut().enumerate() {
                                let other = right.elements[p * right.row_stride + j * right.column_stride];
                                *out = out.wrapping_add(factor.wrapping_mul(other));
                            }
                        }
                    }
                });
                Ok(())
            }
        })*
    };
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposes_and_sums_are_those_of_the_definition() {
        let a: Vec<f32> = (0..6).map(|value| value as f32).collect();
        let b: Vec<f32> = (0..6).map(|value| value as f32 - 2.0).collect();
        let left = MatrixRef::new(&a, 2, 3).expect("six elements");
        let right = MatrixRef::new(&b, 2, 3).expect("six elements").transposed();
        let expected: Vec<f32> = (0..4)
            .map(|position| (0..3).map(|p| a[position / 2 * 3 + p] * b[position % 2 * 3 + p]).sum())
            .collect();
        let mut out = vec![100.0; 4];
        f32::product(left, right, &mut out, false).expect("sizes fit");
        assert_eq!(out, expected);
        f32::product(left, right, &mut out, true).expect("sizes fit");
        assert_eq!(out, expected.iter().map(|value| 2.0 * value).collect::<Vec<_>>());
        assert!(f32::product(left, left, &mut out, false).is_err());
    }
}
