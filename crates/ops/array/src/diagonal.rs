//! MatrixBandPart, Diag, DiagPart: what stands near the diagonal.

use crate::mover::{self, Item, Moves};
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor, bail,
    parallel,
};

/// The innermost matrices with everything set to zero but `num_lower` diagonals below the main one and `num_upper`
/// above it; negative numbers keep all.
///
/// Source: `tf.linalg.band_part` (op `MatrixBandPart`).
///
/// ```
/// use ferroflow_ops_array::band_part;
/// let triangle = band_part([[1, 2], [3, 4]], 0, -1)?;
/// assert_eq!(triangle.numpy()?.as_slice::<i32>()?, [1, 2, 0, 4]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when there are fewer than two dimensions or the numbers exceed the matrix.
pub fn band_part(
    input: impl IntoOperand,
    num_lower: impl IntoOperand,
    num_upper: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&MATRIX_BAND_PART).input(input).input(num_lower).input(num_upper).one()
}

/// A tensor of twice the rank with `diagonal` where both halves of the coordinates are equal.
///
/// Source: `tf.linalg.tensor_diag` (op `Diag`).
///
/// # Errors
/// `InvalidArgument` for a scalar.
pub fn tensor_diag(diagonal: impl IntoOperand) -> Result<Tensor> {
    Op::new(&DIAG).input(diagonal).one()
}

/// The elements where both halves of the coordinates are equal.
///
/// Source: `tf.linalg.tensor_diag_part` (op `DiagPart`).
///
/// # Errors
/// `InvalidArgument` when the rank is odd or the halves of the shape differ.
pub fn tensor_diag_part(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&DIAG_PART).input(input).one()
}

fn band_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if input.rank().is_some_and(|rank| rank < 2) {
        bail!(invalid_argument, "input must be at least 2-dim, received shape: {}", input.cpp());
    }
    for (index, name) in [(1, "num_lower"), (2, "num_upper")] {
        let shape = cx.input(index);
        if shape.rank().is_some_and(|rank| rank != 0) {
            bail!(invalid_argument, "{name} must be scalar, got shape {}", shape.cpp());
        }
        let size = input.rank().and_then(|rank| input.dim((rank + index).saturating_sub(3)));
        if let (Some(size), Some(number)) = (size, cx.int_value(index)?)
            && number > size as i64
        {
            bail!(
                invalid_argument,
                "{name} must be negative or less or equal to number of {} ({size}) got: {number}",
                if index == 1 { "rows" } else { "columns" }
            );
        }
    }
    cx.set(0, input);
    Ok(())
}

/// Copies a band of each matrix.
struct KeepBand {
    lower: i64,
    upper: i64,
    rows: usize,
    columns: usize,
}

impl Moves for KeepBand {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        let columns = self.columns;
        parallel::chunks(output, columns, 1, |start, chunk| {
            for (index, row_out) in chunk.chunks_mut(columns).enumerate() {
                let at = start + index * columns;
                let row = (at / columns % self.rows) as i64;
                let from =
                    if self.lower < 0 { 0 } else { (row - self.lower).clamp(0, columns as i64) as usize };
                let to = match self.upper {
                    upper if upper < 0 => columns,
                    upper => row.saturating_add(upper).saturating_add(1).clamp(0, columns as i64) as usize,
                };
                if from < to {
                    row_out[from..to].clone_from_slice(&input[at + from..at + to]);
                }
            }
        });
    }
}

fn band_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (lower, upper) = (cx.int_value(1)?, cx.int_value(2)?);
    let input = cx.take(0)?;
    if shape.num_elements() == 0 {
        return cx.set(0, input);
    }
    let [rows, columns] = shape.dims()[shape.rank() - 2..] else {
        bail!(internal, "a matrix has two dimensions")
    };
    let kept = mover::run(&[&input], shape.clone(), &KeepBand { lower, upper, rows, columns })?;
    cx.set(0, kept)
}

fn band_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let grad = Op::new(&MATRIX_BAND_PART).input(cx.dy(0)?).input(cx.x(1)?).input(cx.x(2)?).one();
    cx.set(0, grad)
}

fn diag_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if input.rank() == Some(0) {
        return Err(cx.mismatch(
            "Input must be at least rank 1, got 0",
            "Shape must be at least rank 1 but is rank 0",
        ));
    }
    let shape = input.concatenate(&input);
    cx.set(0, shape);
    Ok(())
}

/// Spreads elements over the diagonal of a matrix.
struct OnDiagonal;

impl Moves for OnDiagonal {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        let step = input.len() + 1;
        for (element, place) in input.iter().zip(output.iter_mut().step_by(step)) {
            *place = element.clone();
        }
    }
}

fn diag_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let input = cx.take(0)?;
    let made = mover::run(&[&input], shape, &OnDiagonal)?;
    cx.set(0, made)
}

fn part_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let Some(rank) = input.rank() else { return Ok(()) };
    if rank == 0 || rank % 2 != 0 {
        return Err(cx.mismatch(
            // The gap is TensorFlow's own.
            format!("The rank of the tensor should be{:42}even and positive, got shape {}", "", input.cpp()),
            format!("Input must have even and non-zero rank, input rank is {rank}"),
        ));
    }
    let (first, second) = (input.slice(0..rank / 2), input.slice(rank / 2..rank));
    if cx.at_run_time()
        && let Some(axis) = (0..rank / 2).find(|&axis| first.dim(axis) != second.dim(axis))
    {
        bail!(
            invalid_argument,
            "Invalid shape {}: dimensions {axis} and {} do not match.",
            input.cpp(),
            axis + rank / 2
        );
    }
    let mut dims = Vec::with_capacity(rank / 2);
    for axis in 0..rank / 2 {
        dims.push(cx.merge_dims(first.dim(axis), second.dim(axis))?);
    }
    cx.set(0, dims);
    Ok(())
}

/// Takes the elements on the diagonal of a matrix.
struct FromDiagonal;

impl Moves for FromDiagonal {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        let step = output.len() + 1;
        for (element, place) in input.iter().step_by(step).zip(output.iter_mut()) {
            *place = element.clone();
        }
    }
}

fn part_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let input: NdArray = cx.take(0)?;
    let made = mover::run(&[&input], shape, &FromDiagonal)?;
    cx.set(0, made)
}

fn diag_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, tensor_diag_part(dy))
}

fn part_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, tensor_diag(dy))
}

/// What the kernels take; the schema allows no more.
const TYPES: &[DType] = &[
    DType::BFLOAT16,
    DType::HALF,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT32,
    DType::INT64,
    DType::COMPLEX64,
    DType::COMPLEX128,
];

pub(crate) static MATRIX_BAND_PART: OpDef = OpDef {
    name: "MatrixBandPart",
    shape: band_shape,
    kernel: Some(band_kernel),
    grad: Grad::Fn(band_grad),
    ..OpDef::NEW
};
/// [`MATRIX_BAND_PART`] in graphs of the first years, in which TensorFlow knows no shapes for it.
pub(crate) static BATCH_MATRIX_BAND_PART: OpDef = OpDef {
    name: "BatchMatrixBandPart",
    shape: |cx| {
        if cx.at_run_time() {
            return band_shape(cx);
        }
        cx.set_all_unknown();
        Ok(())
    },
    kernel: Some(band_kernel),
    ..OpDef::NEW
};
pub(crate) static DIAG: OpDef = OpDef {
    name: "Diag",
    shape: diag_shape,
    kernel: Some(diag_kernel),
    grad: Grad::Fn(diag_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
pub(crate) static DIAG_PART: OpDef = OpDef {
    name: "DiagPart",
    shape: part_shape,
    kernel: Some(part_kernel),
    grad: Grad::Fn(part_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
