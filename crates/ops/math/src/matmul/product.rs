//! The one driver of matrix products: a batch of them, each of a left and a right factor.

use crate::dtypes::is_half;
use ferroflow_core::{
    DType, Element, Error, NdArray, Result, Shape, dispatch, ndarray, parallel, recycled, zeroed,
};
use ferroflow_gemm::{Factor, Gathered, Piece, Product, Scalar, multiply_rows};
use ndarray::{ArrayView2, ArrayViewMut2};

/// Factors that are stored transposed, and whether that means conjugated, too.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) transpose_a: bool,
    pub(crate) transpose_b: bool,
    pub(crate) conjugate: bool,
}

impl Layout {
    /// Rows, depth and columns of the product of matrices of these stored sizes.
    pub(crate) fn sizes(self, a: [usize; 2], b: [usize; 2]) -> (usize, usize, usize) {
        let [rows, depth] = if self.transpose_a { [a[1], a[0]] } else { a };
        let columns = if self.transpose_b { b[0] } else { b[1] };
        (rows, depth, columns)
    }
}

/// The products of pairs of matrices, `pairs` giving the positions of both factors among the matrices of `a` and `b`,
/// whose last two axes hold matrices of sizes that fit. Half types are not among the dtypes.
pub(crate) fn products(
    a: &NdArray,
    b: &NdArray,
    output: Shape,
    pairs: &[(usize, usize)],
    layout: Layout,
) -> Result<NdArray> {
    debug_assert!(!is_half(a.dtype()));
    if pairs == [(0, 0)]
        && let Some(elements) = few_rows(a, b, layout)?
    {
        return NdArray::from_shape(output, elements);
    }
    match a.dtype() {
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| {
            run::<T>(a, b, output, pairs, layout, |a, b, mut c, _| {
                for (row, mut sums) in a.outer_iter().zip(c.outer_iter_mut()) {
                    for (&factor, b) in row.iter().zip(b.outer_iter()) {
                        sums.zip_mut_with(&b, |sum, &b| *sum = sum.wrapping_add(factor.wrapping_mul(b)));
                    }
                }
                Ok(())
            })
        }),
        DType::FLOAT32 => run::<f32>(a, b, output, pairs, layout, float),
        DType::FLOAT64 => run::<f64>(a, b, output, pairs, layout, float),
        dtype => dispatch!(dtype, COMPLEX, |T| run::<T>(a, b, output, pairs, layout, float)),
    }
}

/// Rows of `float32` below which a product reads a factor as fast as it lies: larger ones bring it into order first.
const FEW_ROWS: usize = 256;
/// Columns that fill a register: panels of fewer would be mostly zeros.
const FEWEST_COLUMNS: usize = 16;

/// The product of a matrix of few rows and one that may have taken part in many such: the weights of a layer, or of the cell of
/// a loop, are then kept in panels. `None` for other products.
fn few_rows(a: &NdArray, b: &NdArray, layout: Layout) -> Result<Option<Vec<f32>>> {
    let as_stored = !layout.transpose_a && !layout.transpose_b;
    let (&[rows, depth], &[_, columns]) = (a.shape().dims(), b.shape().dims()) else { return Ok(None) };
    let few = (1..=FEW_ROWS).contains(&rows) && depth > 0 && columns >= FEWEST_COLUMNS;
    if !few || !as_stored || a.dtype() != DType::FLOAT32 || !Gathered::is_fast() || a.len() > Piece::MOST {
        return Ok(None);
    }
    let right = Factor::of(b, columns)?;
    let mut output = recycled::<f32>(rows * columns)?;
    let parallel = (rows * columns).saturating_mul(depth) >= SHARED;
    multiply_rows(a.as_slice::<f32>()?, right, &mut output, parallel);
    Ok(Some(output))
}

fn float<T: Scalar>(
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
    c: ArrayViewMut2<'_, T>,
    product: Product,
) -> Result<()> {
    product.run(a, b, c)
}

/// Below this many multiplications a product stays on one thread.
const SHARED: usize = 1 << 20;

fn run<T: Element + Copy>(
    a: &NdArray,
    b: &NdArray,
    output: Shape,
    pairs: &[(usize, usize)],
    layout: Layout,
    one: impl Fn(ArrayView2<'_, T>, ArrayView2<'_, T>, ArrayViewMut2<'_, T>, Product) -> Result<()> + Sync,
) -> Result<NdArray> {
    let last_two = |array: &NdArray| match array.shape().dims() {
        [.., rows, columns] => Ok([*rows, *columns]),
        _ => Err(misfit()),
    };
    let (a_sizes, b_sizes) = (last_two(a)?, last_two(b)?);
    let (rows, depth, columns) = layout.sizes(a_sizes, b_sizes);
    let (a_elements, b_elements) = (a.as_slice::<T>()?, b.as_slice::<T>()?);
    // Floats are replaced, others are added up.
    let is_replaced = depth > 0 && !T::DTYPE.is_integer();
    let room = if is_replaced { recycled::<T> } else { zeroed::<T> };
    let mut elements = room(output.num_elements())?;
    let size = rows * columns;
    let work = size.saturating_mul(depth);
    let product = Product {
        conjugate_a: layout.conjugate && layout.transpose_a,
        conjugate_b: layout.conjugate && layout.transpose_b,
        // Many products are shared out whole, few ones are cut up.
        parallel: work >= SHARED && pairs.len() < parallel::threads(),
        accumulate: false,
    };
    let multiply = |index: usize, output: &mut [T]| -> Option<Result<()>> {
        let &(left, right) = pairs.get(index)?;
        let view = |elements, position: usize, sizes: [usize; 2], transpose| {
            let count = sizes[0] * sizes[1];
            let matrix = <[T]>::get(elements, position * count..(position + 1) * count)?;
            let view = ArrayView2::from_shape((sizes[0], sizes[1]), matrix).ok()?;
            Some(if transpose { view.reversed_axes() } else { view })
        };
        let a = view(a_elements, left, a_sizes, layout.transpose_a)?;
        let b = view(b_elements, right, b_sizes, layout.transpose_b)?;
        let c = ArrayViewMut2::from_shape((rows, columns), output).ok()?;
        Some(one(a, b, c, product))
    };
    if size > 0 && depth > 0 {
        let work_of = |start: usize, chunk: &mut [T]| {
            for (offset, output) in chunk.chunks_mut(size).enumerate() {
                multiply(start / size + offset, output).ok_or_else(misfit)??;
            }
            Ok(())
        };
        if product.parallel {
            work_of(0, &mut elements)?;
        } else {
            parallel::try_chunks(&mut elements, size, depth, work_of)?;
        }
    }
    NdArray::from_shape(output, elements)
}

fn misfit() -> Error {
    Error::internal("the factors of a matrix product do not fit together")
}
