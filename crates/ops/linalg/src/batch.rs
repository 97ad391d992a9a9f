//! Tensors as batches of matrices, and the checks that many ops of this family share.

use crate::matrix::{Field, Matrix};
use ferroflow_core::{
    Complex, DType, Dim, Element, KernelCtx, NdArray, PartialShape, Result, Shape, ShapeCtx, bail, ensure,
};

/// The dtypes that TensorFlow's kernels take.
pub(crate) const TYPES: &[DType] = &[DType::FLOAT32, DType::FLOAT64, DType::COMPLEX64, DType::COMPLEX128];

/// The type that numbers are computed in.
pub(crate) trait Wide: Field + Element {
    const WIDE: DType;
}

impl Wide for f64 {
    const WIDE: DType = DType::FLOAT64;
}

impl Wide for Complex<f64> {
    const WIDE: DType = DType::COMPLEX128;
}

/// Runs code with `$T` standing for the type that the dtype of attribute `T` is computed in.
macro_rules! with_wide {
    ($cx:ident, |$T:ident| $body:expr) => {
        if $cx.dtype("T")?.is_complex() {
            type $T = ferroflow_core::Complex<f64>;
            $body
        } else {
            type $T = f64;
            $body
        }
    };
}
pub(crate) use with_wide;

/// The matrices of an input.
pub(crate) struct Batch<T> {
    array: NdArray,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) count: usize,
    /// The sizes before those of the matrices.
    pub(crate) outer: Vec<usize>,
    kind: std::marker::PhantomData<T>,
}

impl<T: Wide> Batch<T> {
    pub(crate) fn read(cx: &KernelCtx<'_>, index: usize) -> Result<Batch<T>> {
        let array = cx.input(index)?.cast(T::WIDE)?;
        let [outer @ .., rows, columns] = array.shape().dims() else {
            bail!(invalid_argument, "Input tensor {index} must have rank >= 2, got {}", array.rank());
        };
        let (rows, columns, outer) = (*rows, *columns, outer.to_vec());
        let count = outer.iter().product();
        Ok(Batch { array, rows, columns, count, outer, kind: std::marker::PhantomData })
    }

    pub(crate) fn matrix(&self, index: usize) -> Result<Matrix<T>> {
        let size = self.rows * self.columns;
        let elements = self.array.as_slice::<T>()?.get(index * size..(index + 1) * size);
        match elements {
            Some(elements) => {
                Ok(Matrix { rows: self.rows, columns: self.columns, elements: elements.to_vec() })
            }
            None => bail!(internal, "a batch has no matrix {index}"),
        }
    }
}

/// Sets an output from elements in the inferred shape, rounded to a dtype.
pub(crate) fn write<T: Element>(
    cx: &mut KernelCtx<'_>,
    index: usize,
    elements: Vec<T>,
    dtype: DType,
) -> Result<()> {
    let shape = cx.output_shape(index)?;
    let array = NdArray::from_shape(shape, elements)?.cast(dtype)?;
    cx.set(index, array)
}

/// The kernel of an op that makes one matrix, or one number, of each matrix of its input.
pub(crate) fn map<T: Wide>(cx: &mut KernelCtx<'_>, f: impl Fn(Matrix<T>) -> Result<Vec<T>>) -> Result<()> {
    let size = cx.output_shape(0)?.num_elements();
    let batch = Batch::<T>::read(cx, 0)?;
    let mut elements = ferroflow_core::reserve::<T>(size)?;
    for index in 0..batch.count {
        elements.extend(f(batch.matrix(index)?)?);
    }
    write(cx, 0, elements, cx.dtype("T")?)
}

/// The outer sizes and the last two of a shape, as far as known.
pub(crate) fn split(shape: &PartialShape) -> Option<(PartialShape, Dim, Dim)> {
    match shape.dims()? {
        [outer @ .., rows, columns] => Some((PartialShape::new(outer.iter().copied()), *rows, *columns)),
        _ => None,
    }
}

/// The outer sizes followed by these; unknown where the outer ones are.
pub(crate) fn with_inner(outer: &PartialShape, inner: &[Dim]) -> PartialShape {
    outer.concatenate(&PartialShape::new(inner.iter().copied()))
}

/// Checks that an input has at least two axes, in the words of kernel or shape function.
pub(crate) fn at_least_matrix(cx: &ShapeCtx<'_>, index: usize) -> Result<PartialShape> {
    if cx.at_run_time()
        && let Some(rank @ ..2) = cx.input(index).rank()
    {
        let which = if cx.op() == "Lu" { String::new() } else { format!(" {index}") };
        bail!(invalid_argument, "Input tensor{which} must have rank >= 2, got {rank}");
    }
    cx.with_rank_at_least(index, 2)
}

/// Checks that an input is square matrices; gives the outer sizes and the size of a matrix.
pub(crate) fn square(cx: &ShapeCtx<'_>, index: usize) -> Result<(PartialShape, Dim)> {
    let shape = at_least_matrix(cx, index)?;
    let Some((outer, rows, columns)) = split(&shape) else { return Ok((PartialShape::unknown(), None)) };
    if cx.at_run_time() {
        ensure!(rows == columns, invalid_argument, "Input matrix must be square.");
    }
    Ok((outer, cx.merge_dims(rows, columns)?))
}

/// The shape function of ops that turn square matrices into others of their size.
pub(crate) fn square_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (outer, size) = square(cx, 0)?;
    let shape = with_inner(&outer, &[size, size]);
    cx.set(0, shape);
    Ok(())
}

/// The shape with these outer sizes.
pub(crate) fn shape_of(outer: &[usize], inner: &[usize]) -> Result<Shape> {
    Shape::new(&[outer, inner].concat())
}

/// The shape of vectors that are not asked for. TensorFlow (2.21) gives one element of no meaning, in a graph of whose
/// shape it says that there is none; so that both agree, nothing is said here.
pub(crate) fn absent_shape(cx: &ShapeCtx<'_>) -> PartialShape {
    if cx.at_run_time() { PartialShape::scalar() } else { PartialShape::unknown() }
}

/// The distance of 1 to the next number of a dtype, to which iterations converge.
pub(crate) fn precision(dtype: DType) -> f64 {
    match dtype {
        DType::FLOAT64 | DType::COMPLEX128 => f64::EPSILON,
        _ => f64::from(f32::EPSILON),
    }
}
