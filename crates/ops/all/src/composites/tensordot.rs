//! `tensordot`: sums of products over pairs of axes.

use ferroflow_core::{IntoOperand, NdArray, Result, Shape, Tensor, bail, context, convert_to_tensor};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// The axes that [`tensordot`] sums over.
#[derive(Clone, Debug)]
pub enum ContractedAxes {
    /// The last ones of `a` with the first ones of `b`, this many.
    Count(usize),
    /// These of `a` with those of `b`, in pairs.
    Pairs(Vec<i64>, Vec<i64>),
}

impl From<i32> for ContractedAxes {
    fn from(count: i32) -> ContractedAxes {
        ContractedAxes::Count(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

impl From<usize> for ContractedAxes {
    fn from(count: usize) -> ContractedAxes {
        ContractedAxes::Count(count)
    }
}

impl<const N: usize> From<[[i64; N]; 2]> for ContractedAxes {
    fn from([a, b]: [[i64; N]; 2]) -> ContractedAxes {
        ContractedAxes::Pairs(a.to_vec(), b.to_vec())
    }
}

/// The product of two tensors, summed over pairs of axes: the axes left of `a`, then those left of `b`.
///
/// Source: `tf.tensordot`.
///
/// ```
/// use ferroflow_ops::composites::tensordot;
/// ferroflow_ops::install();
/// let dot = tensordot([[1.0, 2.0], [3.0, 4.0]], [10.0, 100.0], 1)?;
/// assert_eq!(dot.numpy()?.as_slice::<f32>()?, [210.0, 430.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for axes that are not there, `InvalidArgument` when paired sizes differ, `Unimplemented` when a shape
/// is not known.
pub fn tensordot(
    a: impl IntoOperand,
    b: impl IntoOperand,
    axes: impl Into<ContractedAxes>,
) -> Result<Tensor> {
    let (a, b, axes) = (a.into_operand()?, b.into_operand()?, axes.into());
    let name = context::take_name().unwrap_or_else(|| "Tensordot".to_string());
    context::name_scope_for_op(&name, |name| {
        let a = context::with_name("a", || convert_to_tensor(a, None))?;
        let b = context::with_name("b", || convert_to_tensor(b, Some(a.dtype().base())))?;
        let (Some(a_shape), Some(b_shape)) = (a.shape().to_shape(), b.shape().to_shape()) else {
            return open_ended(&a, &b, axes, &name);
        };
        let (a_axes, b_axes) = match axes {
            ContractedAxes::Count(count) => {
                if count > a_shape.rank() || count > b_shape.rank() {
                    bail!(
                        value,
                        "`axes` must not be larger than the number of dimensions of tensor {a:?}. Received: axes={count}."
                    );
                }
                ((a_shape.rank() - count..a_shape.rank()).collect(), (0..count).collect())
            }
            ContractedAxes::Pairs(a_axes, b_axes) => {
                if a_axes.len() != b_axes.len() {
                    bail!(
                        value,
                        "Different number of contraction axes `a` and `b`, {} != {}.",
                        a_axes.len(),
                        b_axes.len()
                    );
                }
                (normalize(&a_axes, &a_shape)?, normalize(&b_axes, &b_shape)?)
            }
        };
        let (left, a_free) = matrix(&a, &a_shape, &a_axes, false)?;
        let (right, b_free) = matrix(&b, &b_shape, &b_axes, true)?;
        let product = math::matmul(left, right)?;
        let output: Vec<i32> = a_free.iter().chain(&b_free).map(|&dim| dim as i32).collect();
        context::with_name(&name, || reshape_to(product, output))
    })
}

/// [`tensordot`] of a tensor some of whose sizes are only known when the graph runs, in TensorFlow's nodes.
fn open_ended(a: &Tensor, b: &Tensor, axes: ContractedAxes, name: &str) -> Result<Tensor> {
    let (Some(a_rank), Some(b_shape)) = (a.rank(), b.shape().to_shape()) else {
        bail!(unimplemented, "tensordot of tensors of which more than sizes of the first are not known");
    };
    let (a_axes, b_axes): (Vec<i64>, Vec<i64>) = match axes {
        ContractedAxes::Count(count) => {
            let (rank, count) = (a_rank as i64, count as i64);
            ((rank - count..rank).collect(), (0..count).collect())
        }
        ContractedAxes::Pairs(a_axes, b_axes) => (a_axes, b_axes),
    };
    let a_axes: Vec<usize> =
        a_axes.iter().map(|&axis| ferroflow_core::normalize_axis(axis, a_rank)).collect::<Result<_>>()?;
    let b_axes = normalize(&b_axes, &b_shape)?;
    let free: Vec<usize> = (0..a_rank).filter(|axis| !a_axes.contains(axis)).collect();
    let vector = |sizes: &[usize], name: &str| {
        let sizes: Vec<i32> = sizes.iter().map(|&size| size as i32).collect();
        context::with_name(name, || ferroflow_core::constant_node(NdArray::vector(sizes)))
    };
    let op = ferroflow_core::Op::named;
    let contracted = vector(&a_axes, "axes")?;
    let free_axes = vector(&free, "free")?;
    let sizes = op("Shape").input(a).one()?;
    let gather = |axes: &Tensor| op("GatherV2").input(&sizes).input(axes).input(0).one();
    let (free_sizes, contracted_sizes) = (gather(&free_axes)?, gather(&contracted)?);
    let product = |sizes: &Tensor| {
        let all = vector(&[0], "Const")?;
        op("Prod").input(sizes).input(all).one()
    };
    let rows = [product(&free_sizes)?, product(&contracted_sizes)?];
    let order = op("ConcatV2").inputs([&free_axes, &contracted]).input(0).default_name("concat").one()?;
    let matrix_sizes = op("Pack").inputs(rows).default_name("stack").one()?;
    let turned = op("Transpose").input(a).input(order).default_name("transpose").one()?;
    let left = array::reshape(turned, matrix_sizes)?;
    let (right, b_free) = matrix(b, &b_shape, &b_axes, true)?;
    let product = math::matmul(left, right)?;
    let b_sizes = vector(&b_free, "Const")?;
    let all_sizes = op("ConcatV2").inputs([&free_sizes, &b_sizes]).input(0).default_name("concat").one()?;
    context::with_name(name, || array::reshape(product, all_sizes))
}

fn normalize(axes: &[i64], shape: &Shape) -> Result<Vec<usize>> {
    let axes: Vec<usize> =
        axes.iter().map(|&axis| ferroflow_core::normalize_axis(axis, shape.rank())).collect::<Result<_>>()?;
    match (1..axes.len()).find(|&position| axes[..position].contains(&axes[position])) {
        Some(position) => bail!(value, "axis {} is contracted twice", axes[position]),
        None => Ok(axes),
    }
}

/// A tensor as a matrix with the contracted axes as its columns, or its rows; and the sizes of the free axes.
fn matrix(
    tensor: &Tensor,
    shape: &Shape,
    contracted: &[usize],
    contracted_first: bool,
) -> Result<(Tensor, Vec<usize>)> {
    let free: Vec<usize> = (0..shape.rank()).filter(|axis| !contracted.contains(axis)).collect();
    let order: Vec<usize> = if contracted_first {
        contracted.iter().chain(&free).copied().collect()
    } else {
        free.iter().chain(contracted).copied().collect()
    };
    let sizes = |axes: &[usize]| axes.iter().map(|&axis| shape[axis]).collect::<Vec<_>>();
    let (rows, columns) = (sizes(&free).iter().product::<usize>(), sizes(contracted).iter().product());
    let dims = if contracted_first { [columns, rows] } else { [rows, columns] };
    let ordered = if order.is_sorted() {
        tensor.clone()
    } else {
        let order: Vec<i32> = order.iter().map(|&axis| axis as i32).collect();
        let order = convert_to_tensor(NdArray::vector(order), None)?;
        ferroflow_core::Op::named("Transpose").input(tensor).input(order).default_name("transpose").one()?
    };
    Ok((reshape_to(ordered, dims.map(|dim| dim as i32).to_vec())?, sizes(&free)))
}

/// A reshape that leaves out what changes nothing, as TensorFlow does here.
fn reshape_to(tensor: Tensor, dims: Vec<i32>) -> Result<Tensor> {
    let wanted: Vec<usize> = dims.iter().map(|&dim| dim as usize).collect();
    if tensor.shape() == wanted.into() { Ok(tensor) } else { array::reshape(tensor, NdArray::vector(dims)) }
}
