//! OneHot: indices as vectors with one place marked.

use crate::mover::{self, Item, Moves};
use ferroflow_core::{
    DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    constant_of, context, options, parallel,
};

options! {
    /// Optional arguments of [`one_hot_with`].
    pub struct OneHotOptions {
        /// What marks the place; 1 if it is not given.
        on_value: Option<Tensor> = None,
        /// What stands everywhere else; 0 if it is not given.
        off_value: Option<Tensor> = None,
        /// Where the new dimension stands; -1 puts it last.
        axis: i64 = -1,
        /// The dtype, if neither value is given; `float32` by default.
        dtype: Option<DType> = None,
    }
}

/// For each index a vector of `depth` zeros but for a one at the index.
///
/// Source: `tf.one_hot` (op `OneHot`).
///
/// ```
/// use ferroflow_ops_array::one_hot;
/// assert_eq!(one_hot([1], 3)?.numpy()?.as_slice::<f32>()?, [0.0, 1.0, 0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `depth` is no scalar or negative.
pub fn one_hot(indices: impl IntoOperand, depth: impl IntoOperand) -> Result<Tensor> {
    one_hot_with(indices, depth, |o| o)
}

/// [`one_hot`] with options.
///
/// # Errors
/// As [`one_hot`], and when the axis is out of range or the values' dtypes differ.
pub fn one_hot_with(
    indices: impl IntoOperand,
    depth: impl IntoOperand,
    options: impl FnOnce(OneHotOptions) -> OneHotOptions,
) -> Result<Tensor> {
    let options = options(OneHotOptions::default());
    let (indices, depth) = (indices.into_operand()?, depth.into_operand()?);
    let given = options.on_value.as_ref().or(options.off_value.as_ref()).map(|value| value.dtype().base());
    let dtype = options.dtype.or(given).unwrap_or(DType::FLOAT32);
    context::name_scope_for_op("one_hot", |op_name| {
        let value = |given: Option<Tensor>, default: i32, name: &str| match given {
            Some(value) => Ok(value),
            None => context::with_name(name, || constant_of(NdArray::scalar(default), Some(dtype), None)),
        };
        let on = value(options.on_value, 1, "on_value")?;
        let off = value(options.off_value, 0, "off_value")?;
        let op = Op::new(&ONE_HOT).input(indices).input(depth).input(on).input(off);
        op.attr("axis", options.axis).name(op_name).one()
    })
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let axis = cx.int("axis")?;
    let indices = cx.input(0);
    if axis < -1 {
        return Err(cx.mismatch(
            format!(
                "Expected axis to be -1 or between [0, {}).  But received: {axis}",
                indices.rank().unwrap_or(0) + 1
            ),
            "axis must be >= -1",
        ));
    }
    if let Some(rank) = indices.rank().filter(|&rank| axis > rank as i64) {
        bail!(invalid_argument, "Expected axis to be -1 or between [0, {}).  But received: {axis}", rank + 1);
    }
    for (index, name) in [(1, "depth"), (2, "on_value"), (3, "off_value")] {
        let shape = cx.input(index);
        if let Some(rank) = shape.rank().filter(|&rank| rank != 0) {
            if index == 1 && !cx.at_run_time() {
                bail!(invalid_argument, "Input must be scalar but has rank {rank}");
            }
            bail!(invalid_argument, "{name} must be a scalar, but got: {}", shape.cpp());
        }
    }
    let depth = cx.int_value(1)?;
    if let Some(depth) = depth.filter(|depth| *depth < 0) {
        return Err(cx.mismatch(
            format!("depth must be non-negative, got: {depth}"),
            format!("Dimension size, given by scalar input 1, must be non-negative but is {depth}"),
        ));
    }
    let Some(dims) = indices.dims() else { return Ok(()) };
    let at = usize::try_from(axis).unwrap_or(dims.len());
    let (before, after) = dims.split_at(at.min(dims.len()));
    let depth = depth.and_then(|depth| usize::try_from(depth).ok());
    let shape = PartialShape::new(before.iter().chain([&depth]).chain(after).copied());
    cx.set(0, shape);
    Ok(())
}

/// Marks one place of each row of `depth` blocks of `suffix` elements.
struct Mark {
    indices: Vec<i64>,
    depth: usize,
    suffix: usize,
}

impl Moves for Mark {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let [[on], [off]] = inputs else { return };
        let (depth, suffix) = (self.depth, self.suffix);
        let block = depth * suffix;
        parallel::chunks(output, block, 1, |start, chunk| {
            chunk.fill(off.clone());
            for (index, part) in chunk.chunks_mut(block).enumerate() {
                let row = (start / block + index) * suffix;
                for (place, &at) in self.indices[row..row + suffix].iter().enumerate() {
                    if let Some(at) = usize::try_from(at).ok().filter(|&at| at < depth) {
                        part[at * suffix + place] = on.clone();
                    }
                }
            }
        });
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let axis = usize::try_from(cx.int("axis")?).unwrap_or(shape.rank() - 1);
    let (depth, suffix) = (shape[axis], shape.dims()[axis + 1..].iter().product());
    let mark = Mark { indices: cx.ints(0)?, depth, suffix };
    let (on, off) = (cx.input(2)?, cx.input(3)?);
    let marked = match shape.num_elements() {
        0 => NdArray::zeros(on.dtype(), shape)?,
        _ => mover::run(&[on, off], shape, &mark)?,
    };
    cx.set(0, marked)
}

pub(crate) static ONE_HOT: OpDef =
    OpDef { name: "OneHot", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
