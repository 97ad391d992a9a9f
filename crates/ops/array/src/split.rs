//! Split, SplitV: a tensor cut into pieces along a dimension.

use crate::blocks::Cut;
use crate::mover;
use crate::sizes::joined;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    convert_to_tensor, ensure,
};

/// The tensor cut along dimension `axis` into `num_splits` pieces of one size.
///
/// Source: `tf.split` with a number (op `Split`).
///
/// ```
/// use ferroflow_ops_array::split;
/// let halves = split([1, 2, 3, 4], 2, 0)?;
/// assert_eq!(halves[1].numpy()?.as_slice::<i32>()?, [3, 4]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the dimension's size is no multiple of `num_splits`.
pub fn split(value: impl IntoOperand, num_splits: usize, axis: impl IntoOperand) -> Result<Vec<Tensor>> {
    Op::new(&SPLIT).input(axis).input(value).attr("num_split", num_splits).default_name("split").all()
}

/// The tensor cut along dimension `axis` into pieces of these sizes, one of which may be -1: whatever is left.
///
/// Source: `tf.split` with a list of sizes (op `SplitV`).
///
/// # Errors
/// `ValueError` when it is not known how many sizes there are; `InvalidArgument` when they do not add up to the
/// dimension's size.
pub fn split_v(
    value: impl IntoOperand,
    size_splits: impl IntoOperand,
    axis: impl IntoOperand,
) -> Result<Vec<Tensor>> {
    let sizes = convert_to_tensor(size_splits, None)?;
    let Some(num) = sizes.shape().dim(0) else {
        bail!(value, "Cannot infer argument `num` from shape {}", sizes.shape())
    };
    Op::new(&SPLIT_V).input(value).input(sizes).input(axis).attr("num_split", num).default_name("split").all()
}

fn split_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (axis_shape, input) = (cx.input(0), cx.input(1));
    let num = cx.num_outputs();
    if axis_shape.rank().is_some_and(|rank| rank != 0) {
        return Err(cx.mismatch(
            format!("split_dim must be a scalar but has rank {}", axis_shape.rank().unwrap_or(0)),
            format!("Input must be scalar but has rank {}", axis_shape.rank().unwrap_or(0)),
        ));
    }
    let Some(dims) = input.dims() else { return Ok(()) };
    let Some(axis) = cx.int_value(0)? else {
        for index in 0..num {
            cx.set(index, PartialShape::of_rank(dims.len()));
        }
        return Ok(());
    };
    let at = axis_of(cx, axis, dims.len())?;
    if let Some(size) = dims[at]
        && size % num.max(1) != 0
    {
        return Err(cx.mismatch(
            format!(
                "Number of ways to split should evenly divide the split dimension, but got split_dim {at} (size = \
                 {size}) and num_split {num}"
            ),
            format!(
                "Dimension size must be evenly divisible by {num} but is {size}\n\tNumber of ways to split should \
                 evenly divide the split dimension"
            ),
        ));
    }
    let piece = PartialShape::new(
        dims.iter()
            .enumerate()
            .map(|(dim, size)| if dim == at { size.map(|size| size / num) } else { *size }),
    );
    for index in 0..num {
        cx.set(index, piece.clone());
    }
    Ok(())
}

fn axis_of(cx: &ShapeCtx<'_>, axis: i64, rank: usize) -> Result<usize> {
    let signed = rank as i64;
    if axis < -signed || axis >= signed {
        return Err(cx.mismatch(
            format!("-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {axis}"),
            format!("Dimension size, given by scalar input {axis} must be in range [-{rank}, {rank})"),
        ));
    }
    Ok(if axis < 0 { axis + signed } else { axis } as usize)
}

fn split_v_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let num = cx.num_outputs();
    let Some(dims) = input.dims() else { return Ok(()) };
    ensure!(cx.at_run_time() || !dims.is_empty(), invalid_argument, "Can't split scalars");
    let (Some(axis), sizes) = (cx.int_value(2)?, cx.ints(1)?) else {
        for index in 0..num {
            cx.set(index, PartialShape::of_rank(dims.len()));
        }
        return Ok(());
    };
    let at = axis_of(cx, axis, dims.len())?;
    let sizes = match sizes {
        Some(sizes) => {
            if sizes.len() != num {
                return Err(cx.mismatch(
                    format!(
                        "size of the split_tensor must be 1-D and have the same elements as outputs got 1 -D and \
                         {} elements",
                        sizes.len()
                    ),
                    "Length of size_splits should be equal to num_outputs",
                ));
            }
            complete_sizes(cx, &sizes, dims[at])?
        }
        None => vec![None; num],
    };
    for (index, size) in sizes.into_iter().enumerate() {
        let piece =
            PartialShape::new(dims.iter().enumerate().map(|(dim, own)| if dim == at { size } else { *own }));
        cx.set(index, piece);
    }
    Ok(())
}

/// The pieces' sizes with -1 replaced by what is left.
fn complete_sizes(cx: &ShapeCtx<'_>, sizes: &[i64], whole: Option<usize>) -> Result<Vec<Option<usize>>> {
    let mut missing = None;
    let mut total = 0i64;
    for (index, &size) in sizes.iter().enumerate() {
        if size == -1 {
            if missing.replace(index).is_some() {
                return Err(
                    cx.mismatch("There can only be one -1 in the input.", "size_splits can only have one -1")
                );
            }
        } else if size < 0 {
            bail!(invalid_argument, "Split size at index {index} must be >= 0. Got: {size}");
        } else {
            total = match total.checked_add(size) {
                Some(total) => total,
                None => bail!(
                    invalid_argument,
                    "Determined shape must either match input shape along split_dim exactly"
                ),
            };
        }
    }
    let rest = whole.map(|whole| whole as i64 - total);
    let wrong = rest.is_some_and(|rest| if missing.is_some() { rest < 0 } else { rest != 0 });
    if wrong {
        let (whole, rest) = (whole.unwrap_or(0), rest.unwrap_or(0));
        return Err(cx.mismatch(
            format!(
                "Determined shape must either match input shape along split_dim exactly if fully specified, or be \
                 less than the size of the input along split_dim if not fully specified.  Got: {total}"
            ),
            match missing {
                Some(index) => format!("Split size at index {index} must be >= 0. Got: {rest}"),
                None => format!(
                    "can't split axis of size {whole} into pieces of size [{}]",
                    joined(sizes, ",")
                ),
            },
        ));
    }
    Ok(sizes
        .iter()
        .map(|&size| usize::try_from(size).ok().or(rest.and_then(|rest| usize::try_from(rest).ok())))
        .collect())
}

fn cut_all(cx: &mut KernelCtx<'_>, value_input: usize, axis: i64) -> Result<()> {
    cx.infer_shapes()?;
    let value = cx.take(value_input)?;
    let axis = ferroflow_core::normalize_axis(axis, value.rank())?;
    let inner: usize = value.shape().dims().iter().skip(axis + 1).product();
    let row = inner * value.shape()[axis];
    let mut start = 0;
    for index in 0..cx.num_outputs() {
        let shape = cx.output_shape(index)?;
        let block = inner * shape[axis];
        let piece = if block == row { value.clone() } else { cut(&value, shape, row, start, block)? };
        cx.set(index, piece)?;
        start += block;
    }
    Ok(())
}

fn cut(
    value: &NdArray,
    shape: ferroflow_core::Shape,
    row: usize,
    start: usize,
    block: usize,
) -> Result<NdArray> {
    mover::run(&[value], shape, &Cut { row, start, block })
}

fn split_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let axis = cx.int_value(0)?;
    cut_all(cx, 1, axis)
}

fn split_v_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let axis = cx.int_value(2)?;
    cut_all(cx, 0, axis)
}

fn joined_grads(cx: &GradCtx<'_>, axis: &Tensor) -> Result<Tensor> {
    let grads = (0..cx.outputs().len()).map(|index| cx.dy(index)).collect::<Result<Vec<_>>>()?;
    crate::concat(grads, axis)
}

fn split_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let joined = joined_grads(cx, cx.x(0)?);
    cx.set(1, joined)
}

fn split_v_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let joined = joined_grads(cx, cx.x(2)?);
    cx.set(0, joined)
}

pub(crate) static SPLIT: OpDef = OpDef {
    name: "Split",
    shape: split_shape,
    kernel: Some(split_kernel),
    grad: Grad::Fn(split_grad),
    ..OpDef::NEW
};
pub(crate) static SPLIT_V: OpDef = OpDef {
    name: "SplitV",
    shape: split_v_shape,
    kernel: Some(split_v_kernel),
    grad: Grad::Fn(split_v_grad),
    ..OpDef::NEW
};
