//! MatrixDiag, MatrixDiagPart, MatrixSetDiag in their three versions: diagonals of the innermost matrices.

use crate::band::{Align, Band, bounds};
use crate::mover::{self, Item, Moves};
use ferroflow_core::{
    Dim, Error, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, Tensor, bail, options, parallel,
};

options! {
    /// Optional arguments of [`diag_with`], [`diag_part_with`] and [`set_diag_with`].
    pub struct DiagOptions {
        /// The first and the last diagonal: 0 is the main one, positive ones stand above it.
        k: (i32, i32) = (0, 0),
        /// Rows of the matrix, -1 for as few as are needed.
        num_rows: i32 = -1,
        /// Columns of the matrix, -1 for as few as are needed.
        num_cols: i32 = -1,
        /// What stands outside the diagonals; 0 if it is not given.
        padding_value: Option<Tensor> = None,
        /// On which sides diagonals above and below the main one begin.
        align: String = "RIGHT_LEFT".to_string(),
    }
}

/// Matrices with the last dimension of `diagonal` on their main diagonals.
///
/// Source: `tf.linalg.diag` (op `MatrixDiagV3`).
///
/// ```
/// use ferroflow_ops_array::diag;
/// assert_eq!(diag([1, 2])?.numpy()?.as_slice::<i32>()?, [1, 0, 0, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a scalar.
pub fn diag(diagonal: impl IntoOperand) -> Result<Tensor> {
    diag_with(diagonal, |o| o)
}

/// [`diag`] with options.
///
/// # Errors
/// `InvalidArgument` when the diagonals do not fit the matrix.
pub fn diag_with(
    diagonal: impl IntoOperand,
    options: impl FnOnce(DiagOptions) -> DiagOptions,
) -> Result<Tensor> {
    let options = options(DiagOptions::default());
    let op = Op::new(&MATRIX_DIAG_V3).input(diagonal).input(k_operand(options.k)?);
    let op = op.input(options.num_rows).input(options.num_cols);
    with_padding(op, options.padding_value).attr("align", options.align).default_name("diag").one()
}

/// The main diagonals of the innermost matrices.
///
/// Source: `tf.linalg.diag_part` (op `MatrixDiagPartV3`).
///
/// # Errors
/// `InvalidArgument` when there are fewer than two dimensions.
pub fn diag_part(input: impl IntoOperand) -> Result<Tensor> {
    diag_part_with(input, |o| o)
}

/// [`diag_part`] with options.
///
/// # Errors
/// `InvalidArgument` when the matrix does not have such diagonals.
pub fn diag_part_with(
    input: impl IntoOperand,
    options: impl FnOnce(DiagOptions) -> DiagOptions,
) -> Result<Tensor> {
    let options = options(DiagOptions::default());
    let op = Op::new(&MATRIX_DIAG_PART_V3).input(input).input(k_operand(options.k)?);
    with_padding(op, options.padding_value).attr("align", options.align).default_name("diag_part").one()
}

/// The innermost matrices with their main diagonals replaced.
///
/// Source: `tf.linalg.set_diag` (op `MatrixSetDiagV3`).
///
/// # Errors
/// `InvalidArgument` when the diagonals do not fit the matrix.
pub fn set_diag(input: impl IntoOperand, diagonal: impl IntoOperand) -> Result<Tensor> {
    set_diag_with(input, diagonal, |o| o)
}

/// [`set_diag`] with options.
///
/// # Errors
/// As [`set_diag`].
pub fn set_diag_with(
    input: impl IntoOperand,
    diagonal: impl IntoOperand,
    options: impl FnOnce(DiagOptions) -> DiagOptions,
) -> Result<Tensor> {
    let options = options(DiagOptions::default());
    let op = Op::new(&MATRIX_SET_DIAG_V3).input(input).input(diagonal).input(k_operand(options.k)?);
    op.attr("align", options.align).default_name("set_diag").one()
}

fn k_operand((lower, upper): (i32, i32)) -> Result<ferroflow_core::Operand> {
    if lower == upper { lower.into_operand() } else { [lower, upper].into_operand() }
}

fn with_padding(op: Op, padding: Option<Tensor>) -> Op {
    match padding {
        Some(value) => op.input(value),
        None => op.input(0),
    }
}

/// Whether the op is of the first version, which knows the main diagonal alone.
fn is_first(op: &str) -> bool {
    !op.ends_with("V2") && !op.ends_with("V3")
}

fn align_of(cx: &ferroflow_core::Attrs, op: &str) -> Result<Align> {
    Ok(Align::named(if op.ends_with("V3") { cx.str("align")? } else { "LEFT_LEFT" }))
}

/// The diagonals asked for; `None` where that is not known yet.
fn k_of(cx: &ShapeCtx<'_>, index: usize) -> Result<Option<(i64, i64)>> {
    if is_first(cx.op()) {
        return Ok(Some((0, 0)));
    }
    if cx.input(index).rank().is_some_and(|rank| rank > 1) {
        bail!(
            invalid_argument,
            "diag_index must be a scalar or vector, received shape: {}",
            cx.input(index).cpp()
        );
    }
    cx.ints(index)?.map(|k| bounds(&k, !cx.at_run_time())).transpose()
}

/// The last dimensions of a shape and those before them.
fn split_last(shape: &PartialShape, count: usize) -> Option<(&[Dim], &[Dim])> {
    let dims = shape.dims()?;
    Some(dims.split_at(dims.len().checked_sub(count)?))
}

fn check_rank(cx: &ShapeCtx<'_>, index: usize, name: &str, least: usize) -> Result<()> {
    match cx.input(index).rank() {
        Some(rank) if rank < least => Err(cx.mismatch(
            if least == 1 {
                format!("{name} must be at least 1-dim, received shape: {}", cx.input(index).cpp())
            } else {
                format!("{name} must be at least {least}-dim, received shape: {}", cx.input(index).cpp())
            },
            format!("Shape must be at least rank {least} but is rank {rank}"),
        )),
        _ => Ok(()),
    }
}

fn diag_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_rank(cx, 0, "diagonal", 1)?;
    let diagonal = cx.input(0);
    let k = k_of(cx, 1)?;
    let sizes = if is_first(cx.op()) { (Some(-1), Some(-1)) } else { (cx.int_value(2)?, cx.int_value(3)?) };
    let (Some((lower, upper)), Some(dims)) = (k, diagonal.dims()) else { return Ok(()) };
    let packed = if lower < upper { 2 } else { 1 };
    let Some((outer, inner)) = split_last(&diagonal, packed) else {
        bail!(invalid_argument, "Shape must be at least rank {packed} but is rank {}", dims.len())
    };
    if let (2, Some(count)) = (packed, inner[0])
        && count as i64 != upper - lower + 1
    {
        if !cx.at_run_time() {
            bail!(
                invalid_argument,
                "The number of rows of `diagonal` doesn't match the number of diagonals implied from `d_lower` and \
                 `d_upper`.\nnum_diags = {count}, d_lower = {lower}, d_upper = {upper} {} {count}",
                dims.len()
            );
        }
        bail!(
            invalid_argument,
            "The number of diagonals provided in the input does not match the lower_diag_index and upper_diag_index \
             range."
        );
    }
    let matrix = match (inner.last().copied().flatten(), sizes) {
        (Some(longest), (Some(rows), Some(columns))) => {
            let (rows, columns) = matrix_size(cx, longest as i64, (lower, upper), (rows, columns))?;
            [Some(rows), Some(columns)]
        }
        _ => [None, None],
    };
    let shape = PartialShape::new(outer.iter().copied().chain(matrix));
    cx.set(0, shape);
    Ok(())
}

/// The size of the matrix that holds diagonals of this length; -1 asks for as little as possible.
fn matrix_size(
    cx: &ShapeCtx<'_>,
    longest: i64,
    (lower, upper): (i64, i64),
    (rows, columns): (i64, i64),
) -> Result<(usize, usize)> {
    let (least_rows, least_columns) = (longest - upper.min(0), longest + lower.max(0));
    if rows != -1 && rows < least_rows {
        return Err(cx.mismatch("The number of rows is too small.", "num_rows is too small"));
    }
    if columns != -1 && columns < least_columns {
        return Err(cx.mismatch("The number of columns is too small.", "num_cols is too small."));
    }
    let (rows, columns) = match (rows, columns) {
        (-1, -1) => (least_rows.max(least_columns), least_rows.max(least_columns)),
        (-1, columns) => (least_rows, columns),
        (rows, -1) => (rows, least_columns),
        both => both,
    };
    if rows != least_rows && columns != least_columns {
        return Err(cx.mismatch(
            "The number of rows or columns is not consistent with the specified d_lower, d_upper, and diagonal.",
            format!(
                "num_rows and num_cols are not consistent with lower_diag_index, upper_diag_index, and the length of \
                 the given diagonals.\nnum_rows = {rows} != min_num_rows = {least_rows}, num_cols = {columns} != \
                 min_num_cols = {least_columns}"
            ),
        ));
    }
    let size = |size: i64| {
        usize::try_from(size).map_err(|_| Error::invalid_argument(format!("Dimension {size} must be >= 0")))
    };
    Ok((size(rows)?, size(columns)?))
}

fn part_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_rank(cx, 0, "input", 2)?;
    let input = cx.input(0);
    let k = k_of(cx, 1)?;
    let (Some((lower, upper)), Some((outer, matrix))) = (k, split_last(&input, 2)) else { return Ok(()) };
    let packed: Vec<Dim> = match (matrix[0], matrix[1]) {
        (Some(rows), Some(columns)) => {
            let band = Band { lower, upper, rows, columns, align: Align::named("LEFT_LEFT") };
            band.check(!cx.at_run_time(), ".")?;
            if lower < upper {
                vec![Some(band.count()), Some(band.longest())]
            } else {
                vec![Some(band.longest())]
            }
        }
        _ if lower < upper => vec![usize::try_from(upper - lower + 1).ok(), None],
        _ => vec![None],
    };
    let shape = PartialShape::new(outer.iter().copied().chain(packed));
    cx.set(0, shape);
    Ok(())
}

fn set_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_rank(cx, 0, "input", 2)?;
    check_rank(cx, 1, "diagonal", 1)?;
    let (input, diagonal) = (cx.input(0), cx.input(1));
    if let (Some((lower, upper)), Some((outer, [Some(rows), Some(columns)]))) =
        (k_of(cx, 2)?, split_last(&input, 2))
    {
        let band = Band { lower, upper, rows: *rows, columns: *columns, align: Align::named("LEFT_LEFT") };
        band.check(!cx.at_run_time(), "")?;
        let mut expected: Vec<Dim> = outer.to_vec();
        if lower < upper {
            expected.push(Some(band.count()));
        }
        expected.push(Some(band.longest()));
        let expected = PartialShape::new(expected);
        if let (true, false, Some(rank), Some(found)) =
            (is_first(cx.op()), cx.at_run_time(), expected.rank(), diagonal.rank())
        {
            if rank != found {
                bail!(invalid_argument, "Shape must be rank {rank} but is rank {found}");
            }
            for axis in 0..rank {
                cx.merge_dims(expected.dim(axis), diagonal.dim(axis))?;
            }
        }
        if cx.at_run_time() && !expected.is_compatible_with(&diagonal) {
            bail!(
                invalid_argument,
                "Either first dimensions of diagonal don't match input.shape[:-2], or diagonal.shape[:-1] is not \
                 equal to the longests diagonal in range [lower_diag_index:upper_diag_index].\nInput shape: {}\n\
                 Diagonal shape: {}\nExpected diagonal shape: {}",
                input.cpp(),
                diagonal.cpp(),
                expected.cpp()
            );
        }
    }
    cx.set(0, input);
    Ok(())
}

/// Fills matrices with packed diagonals and, outside them, with one value or with other matrices.
struct Unpack {
    band: Band,
    keeps_matrix: bool,
}

impl Moves for Unpack {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let [diagonals, outside] = inputs else { return };
        let (matrix, columns) = (self.band.rows * self.band.columns, self.band.columns);
        let packed = self.band.count() * self.band.longest();
        parallel::chunks(output, columns, 2, |start, chunk| {
            for (index, row_out) in chunk.chunks_mut(columns).enumerate() {
                let position = start + index * columns;
                let (batch, row) = (position / matrix, position % matrix / columns);
                for (column, element) in row_out.iter_mut().enumerate() {
                    *element = match self.band.place(row, column) {
                        Some(place) => diagonals[batch * packed + place].clone(),
                        None if self.keeps_matrix => outside[position + column].clone(),
                        None => outside[0].clone(),
                    };
                }
            }
        });
    }
}

/// Fills packed diagonals from matrices; the rest of `output` holds the padding.
struct Pack {
    band: Band,
}

impl Moves for Pack {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let [input, padding] = inputs else { return };
        output.fill(padding[0].clone());
        let (rows, columns) = (self.band.rows, self.band.columns);
        let packed = self.band.count() * self.band.longest();
        for (matrix, diagonals) in input.chunks(rows * columns).zip(output.chunks_mut(packed)) {
            for row in 0..rows {
                let from = (row as i64 + self.band.lower).clamp(0, columns as i64) as usize;
                let to = (row as i64 + self.band.upper + 1).clamp(0, columns as i64) as usize;
                for column in from..to {
                    if let Some(place) = self.band.place(row, column) {
                        diagonals[place] = matrix[row * columns + column].clone();
                    }
                }
            }
        }
    }
}

/// The band of matrices of this shape.
fn band_of(cx: &KernelCtx<'_>, shape: &Shape, k: usize) -> Result<Band> {
    let name = cx.op().name;
    let (lower, upper) = if is_first(name) { (0, 0) } else { bounds(&cx.ints(k)?, false)? };
    let [rows, columns] = shape.dims()[shape.rank().saturating_sub(2)..] else {
        bail!(invalid_argument, "input must be at least 2-dim, received shape: {shape}")
    };
    Ok(Band { lower, upper, rows, columns, align: align_of(cx, name)? })
}

fn padding(cx: &KernelCtx<'_>, index: usize) -> Result<NdArray> {
    match cx.inputs().get(index) {
        Some(value) if value.len() == 1 => Ok(value.clone()),
        Some(value) => {
            bail!(invalid_argument, "padding_value must be a scalar, received shape: {}", value.shape())
        }
        None => NdArray::zeros(cx.input(0)?.dtype(), Shape::scalar()),
    }
}

fn diag_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (diagonal, outside) = (cx.input(0)?, padding(cx, 4)?);
    let unpack = Unpack { band: band_of(cx, &shape, 1)?, keeps_matrix: false };
    let made = match shape.num_elements() {
        0 => NdArray::zeros(diagonal.dtype(), shape)?,
        _ => mover::run(&[diagonal, &outside], shape, &unpack)?,
    };
    cx.set(0, made)
}

fn part_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (input, outside) = (cx.input(0)?, padding(cx, 2)?);
    let pack = Pack { band: band_of(cx, input.shape(), 1)? };
    let made = if shape.num_elements() == 0 || input.is_empty() {
        NdArray::zeros(input.dtype(), shape)?
    } else {
        mover::run(&[input, &outside], shape, &pack)?
    };
    cx.set(0, made)
}

fn set_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (input, diagonal) = (cx.input(0)?, cx.input(1)?);
    let unpack = Unpack { band: band_of(cx, &shape, 2)?, keeps_matrix: true };
    let made = match shape.num_elements() {
        0 => NdArray::zeros(input.dtype(), shape)?,
        _ => mover::run(&[diagonal, input], shape, &unpack)?,
    };
    cx.set(0, made)
}

/// An op of this family with the same version, alignment and diagonals as the one being differentiated.
fn sibling(cx: &GradCtx<'_>, base: &str, inputs: &[&Tensor], k: usize, padded: bool) -> Result<Tensor> {
    let name = cx.op().name;
    let version = if is_first(name) { "" } else { &name[name.len() - 2..] };
    let mut op = Op::named(&format!("{base}{version}"));
    for input in inputs {
        op = op.input(*input);
    }
    if !version.is_empty() {
        op = op.input(cx.x(k)?);
        if padded {
            op = op.input(0);
        }
        if version == "V3" {
            op = op.attr("align", cx.str("align")?);
        }
    }
    op.one()
}

fn diag_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let grad = sibling(cx, "MatrixDiagPart", &[&dy], 1, true);
    cx.set(0, grad)
}

fn part_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let zeros = Op::named("ZerosLike").input(cx.x(0)?).one()?;
    let grad = sibling(cx, "MatrixSetDiag", &[&zeros, &dy], 1, false);
    cx.set(0, grad)
}

fn set_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let zeros = Op::named("ZerosLike").input(cx.x(1)?).one()?;
    let for_input = sibling(cx, "MatrixSetDiag", &[&dy, &zeros], 2, false);
    let for_diagonal = sibling(cx, "MatrixDiagPart", &[&dy], 2, true);
    cx.set(0, for_input)?;
    cx.set(1, for_diagonal)
}

const fn diag_op(name: &'static str) -> OpDef {
    OpDef { name, shape: diag_shape, kernel: Some(diag_kernel), grad: Grad::Fn(diag_grad), ..OpDef::NEW }
}

const fn part_op(name: &'static str) -> OpDef {
    OpDef { name, shape: part_shape, kernel: Some(part_kernel), grad: Grad::Fn(part_grad), ..OpDef::NEW }
}

const fn set_op(name: &'static str) -> OpDef {
    OpDef { name, shape: set_shape, kernel: Some(set_kernel), grad: Grad::Fn(set_grad), ..OpDef::NEW }
}

pub(crate) static MATRIX_DIAG: OpDef = diag_op("MatrixDiag");
pub(crate) static MATRIX_DIAG_V2: OpDef = diag_op("MatrixDiagV2");
pub(crate) static MATRIX_DIAG_V3: OpDef = diag_op("MatrixDiagV3");
pub(crate) static MATRIX_DIAG_PART: OpDef = part_op("MatrixDiagPart");
pub(crate) static MATRIX_DIAG_PART_V2: OpDef = part_op("MatrixDiagPartV2");
pub(crate) static MATRIX_DIAG_PART_V3: OpDef = part_op("MatrixDiagPartV3");
pub(crate) static MATRIX_SET_DIAG: OpDef = set_op("MatrixSetDiag");
pub(crate) static MATRIX_SET_DIAG_V2: OpDef = set_op("MatrixSetDiagV2");
pub(crate) static MATRIX_SET_DIAG_V3: OpDef = set_op("MatrixSetDiagV3");

/// The op under the name of graphs of the first years, in which TensorFlow knows no shapes for it.
const fn older(name: &'static str, shape: ferroflow_core::ShapeFn, op: OpDef) -> OpDef {
    OpDef { name, shape, kernel: op.kernel, ..OpDef::NEW }
}

fn when_run(cx: &mut ShapeCtx<'_>, shape: ferroflow_core::ShapeFn) -> Result<()> {
    if cx.at_run_time() {
        return shape(cx);
    }
    cx.set_all_unknown();
    Ok(())
}

pub(crate) static BATCH_MATRIX_DIAG: OpDef =
    older("BatchMatrixDiag", |cx| when_run(cx, diag_shape), diag_op(""));
pub(crate) static BATCH_MATRIX_DIAG_PART: OpDef =
    older("BatchMatrixDiagPart", |cx| when_run(cx, part_shape), part_op(""));
pub(crate) static BATCH_MATRIX_SET_DIAG: OpDef =
    older("BatchMatrixSetDiag", |cx| when_run(cx, set_shape), set_op(""));
