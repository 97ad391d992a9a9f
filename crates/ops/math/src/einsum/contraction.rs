//! How an equation is computed: each operand's diagonals are taken and its own labels summed, the rest is a batch of
//! matrix products, and the result's axes are put in order.

use super::equation::{Axis, Equation};
use super::transfer::{Step, transfer};
use crate::matmul::{Layout, products};
use ferroflow_core::{BroadcastPlan, NdArray, Result, Shape, dispatch, zeroed};

/// An array with an axis for each entry of `axes`, none of which repeats.
struct Labelled {
    array: NdArray,
    axes: Vec<Axis>,
}

impl Labelled {
    fn size(&self, axis: Axis) -> usize {
        let position = self.axes.iter().position(|own| *own == axis);
        position.and_then(|position| self.array.shape().get(position)).copied().unwrap_or(1)
    }

    fn sizes(&self, axes: &[Axis]) -> Vec<usize> {
        axes.iter().map(|axis| self.size(*axis)).collect()
    }
}

/// Where each of `kept` stands among `axes`, once for each time that it stands there.
fn stride_of(axis: Axis, axes: &[Axis], strides: &[usize]) -> usize {
    axes.iter().zip(strides).filter(|(own, _)| **own == axis).map(|(_, stride)| stride).sum()
}

/// The array with the axes of `target`: those of `source` that are not among them are summed over, labels that repeat in
/// `source` are read, and labels that repeat in `target` written, along the diagonal.
fn rearrange(array: &NdArray, source: &[Axis], target: &[Axis]) -> Result<NdArray> {
    if source == target {
        return Ok(array.clone());
    }
    let size_of = |axis: Axis| {
        let position = source.iter().position(|own| *own == axis);
        position.and_then(|position| array.shape().get(position)).copied().unwrap_or(1)
    };
    let shape = Shape::new(&target.iter().map(|axis| size_of(*axis)).collect::<Vec<_>>())?;
    let (from, to) = (array.shape().strides(), shape.strides());
    let mut distinct: Vec<Axis> = Vec::new();
    for axis in target.iter().chain(source) {
        if !distinct.contains(axis) {
            distinct.push(*axis);
        }
    }
    let steps: Vec<Step> = distinct
        .iter()
        .map(|axis| Step {
            size: size_of(*axis),
            from: stride_of(*axis, source, &from),
            to: stride_of(*axis, target, &to),
        })
        .collect();
    let dtype = array.dtype();
    let count = shape.num_elements();
    if dtype.is_integer() {
        return dispatch!(dtype, INDICES, |T| {
            let mut elements = zeroed::<T>(count)?;
            transfer(array.as_slice::<T>()?, &mut elements, &steps);
            NdArray::from_shape(shape, elements)
        });
    }
    dispatch!(dtype, FLOATS_COMPLEX, |T| {
        let mut elements = zeroed::<T>(count)?;
        transfer(array.as_slice::<T>()?, &mut elements, &steps);
        NdArray::from_shape(shape, elements)
    })
}

/// An operand without repeated labels and without those that only it has.
fn reduced(array: &NdArray, axes: &[Axis], is_needed: impl Fn(Axis) -> bool) -> Result<Labelled> {
    let mut kept: Vec<Axis> = Vec::new();
    for axis in axes {
        if is_needed(*axis) && !kept.contains(axis) {
            kept.push(*axis);
        }
    }
    let array = rearrange(array, axes, &kept)?;
    Ok(Labelled { array, axes: kept })
}

/// An operand of a matrix product: the array as a batch of matrices, and whether they are stored transposed.
fn factor(operand: &Labelled, batch: &[Axis], rows: &[Axis], columns: &[Axis]) -> Result<(NdArray, bool)> {
    let order = |first: &[Axis], second: &[Axis]| [batch, first, second].concat();
    let count = |axes: &[Axis]| operand.sizes(axes).into_iter().product::<usize>();
    let is_transposed = operand.axes == order(columns, rows) && operand.axes != order(rows, columns);
    let array = if is_transposed {
        operand.array.clone()
    } else {
        rearrange(&operand.array, &operand.axes, &order(rows, columns))?
    };
    let sizes = if is_transposed { [count(columns), count(rows)] } else { [count(rows), count(columns)] };
    let shape = Shape::new(&[count(batch), sizes[0], sizes[1]])?;
    Ok((array.into_shape(shape)?, is_transposed))
}

/// The product of two operands: its axes are those of the batch, of the left and of the right operand.
fn product(left: &Labelled, right: &Labelled, output: &[Axis]) -> Result<Labelled> {
    let in_output = |axis: &Axis| output.contains(axis);
    let mut batch: Vec<Axis> = Vec::new();
    let (mut left_free, mut right_free) = (Vec::new(), Vec::new());
    for axis in output {
        let group = match (axis, left.axes.contains(axis), right.axes.contains(axis)) {
            (Axis::Broadcast(_), _, _) | (_, true, true) => &mut batch,
            (_, true, false) => &mut left_free,
            _ => &mut right_free,
        };
        if !group.contains(axis) {
            group.push(*axis);
        }
    }
    // Axes of an ellipsis come first, so that operands that have fewer of them broadcast.
    batch.sort_by_key(|axis| matches!(axis, Axis::Label(_)));
    let contracted: Vec<Axis> = left.axes.iter().copied().filter(|axis| !in_output(axis)).collect();
    let own = |operand: &Labelled| -> Vec<Axis> {
        batch.iter().copied().filter(|axis| operand.axes.contains(axis)).collect()
    };
    let (left_batch, right_batch) = (own(left), own(right));
    let (a, transpose_a) = factor(left, &left_batch, &left_free, &contracted)?;
    let (b, transpose_b) = factor(right, &right_batch, &contracted, &right_free)?;
    let left_sizes = Shape::new(&left.sizes(&left_batch))?;
    let right_sizes = Shape::new(&right.sizes(&right_batch))?;
    let Some(sizes) = left_sizes.broadcast(&right_sizes) else {
        ferroflow_core::bail!(internal, "batches of {left_sizes} and {right_sizes} do not broadcast");
    };
    let mut dims = sizes.dims().to_vec();
    dims.extend(left.sizes(&left_free));
    dims.extend(right.sizes(&right_free));
    let shape = Shape::new(&dims)?;
    let mut pairs = Vec::new();
    if shape.num_elements() > 0 {
        let plan = BroadcastPlan::new(&left_sizes, &right_sizes, &sizes);
        plan.for_runs(0, sizes.num_elements() / plan.inner, |left, right| {
            pairs.extend((0..plan.inner).map(|k| (left + k * plan.left_step, right + k * plan.right_step)));
        });
    }
    let layout = Layout { transpose_a, transpose_b, conjugate: false };
    let array = products(&a, &b, shape, &pairs, layout)?;
    Ok(Labelled { array, axes: [batch, left_free, right_free].concat() })
}

/// The result of an equation on arrays that the shape function found to fit it. Half types are not among the dtypes.
pub(super) fn contract(equation: &Equation, operands: &[NdArray]) -> Result<NdArray> {
    let ranks = equation.inputs.iter().zip(operands);
    let broadcast: Vec<usize> =
        ranks.map(|(input, operand)| operand.rank().saturating_sub(input.named())).collect();
    let output = equation.output.axes(broadcast.iter().copied().max().unwrap_or(0));
    let axes: Vec<Vec<Axis>> =
        equation.inputs.iter().zip(&broadcast).map(|(input, broadcast)| input.axes(*broadcast)).collect();
    let result = match (operands, axes.as_slice()) {
        ([only], [axes]) => return rearrange(only, axes, &output),
        ([left, right], [left_axes, right_axes]) => {
            let is_needed = |axis: Axis, other: &[Axis]| output.contains(&axis) || other.contains(&axis);
            let left = reduced(left, left_axes, |axis| is_needed(axis, right_axes))?;
            let right = reduced(right, right_axes, |axis| is_needed(axis, left_axes))?;
            product(&left, &right, &output)?
        }
        _ => ferroflow_core::bail!(internal, "an equation with another number of operands"),
    };
    rearrange(&result.array, &result.axes, &output)
}
