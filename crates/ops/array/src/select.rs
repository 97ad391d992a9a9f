//! Where, Select, SelectV2: by a condition.

use crate::mover::{Item, Moves};
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor,
    context, convert_to_tensor, dispatch, parallel, sum_to_shape_of,
};

/// The coordinates of the elements that are true, or not zero, as an `int64` matrix.
///
/// Source: `tf.where` with one argument (op `Where`).
///
/// ```
/// use ferroflow_ops_array::where_true;
/// assert_eq!(where_true([true, false, true])?.numpy()?.as_slice::<i64>()?, [0, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn where_true(condition: impl IntoOperand) -> Result<Tensor> {
    let condition = condition.into_operand()?;
    context::name_scope_for_op("Where", |name| {
        let condition = context::with_name("condition", || convert_to_tensor(condition, None))?;
        Op::new(&WHERE).input(condition).name(name).one()
    })
}

/// `x` where the condition is true, else `y`; all three broadcast.
///
/// Source: `tf.where` (op `SelectV2`), of three arguments.
///
/// ```
/// use ferroflow_ops_array::where_select;
/// let chosen = where_select([true, false], [1, 2], 0)?;
/// assert_eq!(chosen.numpy()?.as_slice::<i32>()?, [1, 0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast.
pub fn where_select(condition: impl IntoOperand, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SELECT_V2).input(condition).input(x).input(y).one()
}

/// The same without broadcasting, but for a condition that is a vector of rows.
///
/// Source: `tf.compat.v1.where` (op `Select`), of three arguments.
///
/// # Errors
/// `InvalidArgument` when the shapes differ.
pub fn select(condition: impl IntoOperand, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SELECT).input(condition).input(x).input(y).one()
}

fn where_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let rank = cx.input(0).rank();
        cx.set(0, [None, rank]);
    }
    Ok(())
}

fn where_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = cx.input(0)?;
    let dims = input.shape().dims().to_vec();
    let places: Vec<usize> = dispatch!(input.dtype(), FIXED, |T| {
        let elements = input.as_slice::<T>()?.iter().enumerate();
        Ok(elements.filter(|(_, element)| **element != T::default()).map(|(place, _)| place).collect())
    })?;
    let shape = Shape::new(&[places.len(), dims.len()])?;
    let mut coordinates = ferroflow_core::zeroed::<i64>(shape.num_elements())?;
    if !dims.is_empty() {
        for (row, &place) in coordinates.chunks_mut(dims.len()).zip(&places) {
            let mut rest = place;
            for (coordinate, &size) in row.iter_mut().zip(&dims).rev() {
                *coordinate = (rest % size) as i64;
                rest /= size;
            }
        }
    }
    cx.set(0, NdArray::from_shape(shape, coordinates)?)
}

fn select_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (cond, then, other) = (cx.input(0), cx.input(1), cx.input(2));
    if cx.at_run_time() {
        if then != other {
            return Err(ferroflow_core::Error::invalid_argument(format!(
                "'then' and 'else' must have the same size.  but received: {} vs. {}",
                then.cpp(),
                other.cpp()
            )));
        }
        if cond != then && cond.rank() != Some(0) {
            if cond.rank() != Some(1) {
                return Err(ferroflow_core::Error::invalid_argument(format!(
                    "Inputs to operation Select of type Select must have the same size and shape.  Input 0: {} != \
                     input 1: {}",
                    cond.cpp(),
                    then.cpp()
                )));
            }
            if then.rank() == Some(0) {
                return Err(ferroflow_core::Error::invalid_argument(format!(
                    "'then' must be at least a vector, but saw shape: {}",
                    then.cpp()
                )));
            }
            if cond.dim(0) != then.dim(0) {
                return Err(ferroflow_core::Error::invalid_argument(format!(
                    "Number of batches of 'then' must match size of 'cond', but saw: {} vs. {}",
                    then.dim(0).unwrap_or(0),
                    cond.dim(0).unwrap_or(0)
                )));
            }
        }
        cx.set(0, then);
        return Ok(());
    }
    let merged = cx.merge(&then, &other)?;
    match (cond.rank(), merged.rank()) {
        (Some(1), Some(rank)) if rank != 1 => {
            if rank == 0 {
                cx.merge(&merged, &cond)?;
            }
            cx.merge(&cond, &merged.slice(0..1))?;
            cx.set(0, merged);
        }
        (Some(0) | None, _) | (Some(_), None) => cx.set(0, merged),
        _ => {
            let all = cx.merge(&merged, &cond)?;
            cx.set(0, all);
        }
    }
    Ok(())
}

fn select_v2_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (cond, then, other) = (cx.input(0), cx.input(1), cx.input(2));
    let all = then.broadcast(&other).and_then(|values| cond.broadcast(&values));
    match all {
        Some(shape) => cx.set(0, shape),
        None if cx.at_run_time() => {
            return Err(ferroflow_core::Error::invalid_argument(format!(
                "condition {}, then {}, and else {} must be broadcastable",
                cond.cpp(),
                then.cpp(),
                other.cpp()
            )));
        }
        None => {
            let values = ferroflow_core::broadcast_shapes(cx, &then, &other)?;
            ferroflow_core::broadcast_shapes(cx, &cond, &values)?;
        }
    }
    Ok(())
}

/// Chooses elements, or whole rows, by a condition.
struct Choose<'a> {
    condition: &'a [bool],
    /// Elements that one condition decides about.
    row: usize,
}

impl Moves for Choose<'_> {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let [then, other] = inputs else { return };
        // A single value stands for all.
        let (then_step, other_step) = (usize::from(then.len() > 1), usize::from(other.len() > 1));
        let decided = usize::from(self.condition.len() > 1);
        parallel::chunks(output, self.row, 2, |start, chunk| {
            for (index, part) in chunk.chunks_mut(self.row).enumerate() {
                let place = start + index * self.row;
                let condition = self.condition[place / self.row * decided];
                let (from, step) = if condition { (then, then_step) } else { (other, other_step) };
                match part {
                    [only] => *only = from[place * step].clone(),
                    part if step == 1 => part.clone_from_slice(&from[place..place + part.len()]),
                    part => part.fill(from[0].clone()),
                }
            }
        });
    }
}

fn select_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (condition, then, other) = (cx.take(0)?, cx.take(1)?, cx.take(2)?);
    let condition = condition.as_slice::<bool>()?;
    let row = match condition.len() {
        0 | 1 => shape.num_elements(),
        rows => shape.num_elements() / rows,
    };
    let chosen = choose(condition, row, &then, &other, shape)?;
    cx.set(0, chosen)
}

fn choose(condition: &[bool], row: usize, then: &NdArray, other: &NdArray, shape: Shape) -> Result<NdArray> {
    if shape.num_elements() == 0 {
        return NdArray::zeros(then.dtype(), shape);
    }
    crate::mover::run(&[then, other], shape, &Choose { condition, row: row.max(1) })
}

fn select_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    // A single value is read as it is; what needs more repetition is written out.
    let full = |array: NdArray| -> Result<NdArray> {
        if array.len() == 1 || *array.shape() == shape {
            Ok(array)
        } else {
            crate::broadcast_to::spread(&array, &shape)
        }
    };
    let (condition, then, other) = (full(cx.take(0)?)?, full(cx.take(1)?)?, full(cx.take(2)?)?);
    let chosen = choose(condition.as_slice::<bool>()?, 1, &then, &other, shape)?;
    cx.set(0, chosen)
}

fn select_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (condition, x, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let zeros = Op::named("ZerosLike").input(x).one()?;
    cx.set(1, Op::new(&SELECT).input(condition).input(&dy).input(&zeros).one())?;
    cx.set(2, Op::new(&SELECT).input(condition).input(&zeros).input(&dy).one())
}

fn select_v2_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (condition, x, y, z, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.y(0)?, cx.dy(0)?);
    let zero = ferroflow_core::convert_to_tensor(
        NdArray::zeros(dy.dtype().base(), Shape::scalar())?,
        None::<DType>,
    )?;
    let for_x = Op::new(&SELECT_V2).input(condition).input(&dy).input(&zero).one()?;
    let for_y = Op::new(&SELECT_V2).input(condition).input(&zero).input(&dy).one()?;
    cx.set(1, sum_to_shape_of(for_x, x, z))?;
    cx.set(2, sum_to_shape_of(for_y, y, z))
}

pub(crate) static WHERE: OpDef =
    OpDef { name: "Where", shape: where_shape, kernel: Some(where_kernel), ..OpDef::NEW };
pub(crate) static SELECT: OpDef = OpDef {
    name: "Select",
    shape: select_shape,
    kernel: Some(select_kernel),
    grad: Grad::Fn(select_grad),
    ..OpDef::NEW
};
pub(crate) static SELECT_V2: OpDef = OpDef {
    name: "SelectV2",
    shape: select_v2_shape,
    kernel: Some(select_v2_kernel),
    grad: Grad::Fn(select_v2_grad),
    ..OpDef::NEW
};
