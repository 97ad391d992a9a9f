//! `split`, `embedding_lookup`, `dropout`, and sparse tensors to dense ones and back.

use ferroflow_core::{
    IntoOperand, NdArray, Op, Operand, Result, SparseTensor, Tensor, bail, constant, context,
    convert_to_tensor, operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_random as random;

/// How [`split`] cuts: into a number of equal pieces, or into pieces of these sizes.
#[derive(Clone)]
pub enum Pieces {
    /// This many of one size.
    Count(usize),
    /// Of these sizes; one may be -1: what is left.
    Sizes(Operand),
}

impl From<usize> for Pieces {
    fn from(count: usize) -> Pieces {
        Pieces::Count(count)
    }
}

impl From<i32> for Pieces {
    fn from(count: i32) -> Pieces {
        Pieces::Count(usize::try_from(count).unwrap_or(0))
    }
}

impl<const N: usize> From<[i32; N]> for Pieces {
    fn from(sizes: [i32; N]) -> Pieces {
        Pieces::Sizes(Operand::Value { array: NdArray::vector(sizes.to_vec()), weak: true })
    }
}

impl From<&Tensor> for Pieces {
    fn from(sizes: &Tensor) -> Pieces {
        Pieces::Sizes(Operand::Tensor(sizes.clone()))
    }
}

/// The tensor cut along an axis: into a number of equal pieces, or into pieces of the sizes given.
///
/// Source: `tf.split`.
///
/// ```
/// use ferroflow_ops::composites::split;
/// ferroflow_ops::install();
/// let pieces = split([1, 2, 3], [1, 2], 0)?;
/// assert_eq!(pieces[1].numpy()?.as_slice::<i32>()?, [2, 3]);
/// assert_eq!(split([1, 2, 3], 3, 0)?.len(), 3);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the sizes do not add up.
pub fn split(
    value: impl IntoOperand,
    num_or_size_splits: impl Into<Pieces>,
    axis: impl IntoOperand,
) -> Result<Vec<Tensor>> {
    match num_or_size_splits.into() {
        Pieces::Count(count) => array::split(value, count, axis),
        Pieces::Sizes(sizes) => array::split_v(value, sizes, axis),
    }
}

/// The rows of a table that `ids` name.
///
/// Source: `tf.nn.embedding_lookup`.
///
/// ```
/// use ferroflow_ops::composites::embedding_lookup;
/// ferroflow_ops::install();
/// let rows = embedding_lookup([[1.0, 2.0], [3.0, 4.0]], [1, 1])?;
/// assert_eq!(rows.numpy()?.as_slice::<f32>()?, [3.0, 4.0, 3.0, 4.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an id past the table's end.
pub fn embedding_lookup(params: impl IntoOperand, ids: impl IntoOperand) -> Result<Tensor> {
    let (params, ids) = (params.into_operand()?, ids.into_operand()?);
    let name = context::take_name().unwrap_or_else(|| "embedding_lookup".to_string());
    context::name_scope_for_op(&name, |name| {
        let ids = context::with_name("ids", || convert_to_tensor(ids, None))?;
        let rows = context::with_name(&name, || array::gather(params, ids))?;
        array::identity(rows)
    })
}

/// The tensor with a share `rate` of its elements set to 0, and the others scaled so that the sum stays the same on
/// average.
///
/// Source: `tf.nn.dropout`.
///
/// # Errors
/// `ValueError` for a rate that is not in [0, 1), or a tensor that is not floating.
pub fn dropout(x: impl IntoOperand, rate: f64, seed: Option<i64>) -> Result<Tensor> {
    let x = x.into_operand()?;
    context::name_scope("dropout", || {
        if !(0.0..1.0).contains(&rate) {
            bail!(
                value,
                "`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}"
            );
        }
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let dtype = x.dtype().base();
        if !dtype.is_floating() {
            bail!(
                value,
                "`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x_dtype={dtype:?}"
            );
        }
        if rate == 0.0 {
            return Ok(x);
        }
        let number = |value: f64| constant(NdArray::scalar(value).cast(dtype)?);
        let scale = number(1.0 / (1.0 - rate))?;
        let scaled = context::with_name("Mul", || operators::multiply(&x, scale))?;
        let drawn = random::uniform_with(array::shape(&x)?, |o| o.seed(seed).dtype(dtype))?;
        let kept = math::greater_equal(drawn, context::with_name("GreaterEqual/y", || number(rate))?)?;
        array::where_select(kept, scaled, number(0.0)?)
    })
}

/// The tensor that a sparse one stands for, with zeros (empty strings) where it has no values.
///
/// Source: `tf.sparse.to_dense`.
///
/// # Errors
/// `InvalidArgument` for indices outside the shape, out of order or repeated.
pub fn to_dense(sp_input: &SparseTensor) -> Result<Tensor> {
    let dtype = sp_input.values.dtype().base();
    let zero = if dtype == ferroflow_core::DType::STRING {
        NdArray::from("")
    } else {
        NdArray::scalar(0i32).cast(dtype)?
    };
    Op::named("SparseToDense")
        .input(&sp_input.indices)
        .input(&sp_input.dense_shape)
        .input(&sp_input.values)
        .input(constant(zero)?)
        .attr("validate_indices", true)
        .one()
}

/// The elements of a tensor that are not 0, as a sparse tensor.
///
/// Source: `tf.sparse.from_dense`.
///
/// # Errors
/// `TypeError` for a dtype that cannot be compared.
pub fn from_dense(tensor: impl IntoOperand) -> Result<SparseTensor> {
    let tensor = tensor.into_operand()?;
    context::name_scope("dense_to_sparse", || {
        let tensor = convert_to_tensor(tensor, None)?;
        let dtype = tensor.dtype().base();
        let zero = if dtype == ferroflow_core::DType::STRING {
            NdArray::from("")
        } else {
            NdArray::scalar(0i32).cast(dtype)?
        };
        let indices = array::where_true(math::not_equal(&tensor, constant(zero)?)?)?;
        let values = array::gather_nd(&tensor, &indices)?;
        let dense_shape = array::shape_with(&tensor, |o| o.out_type(ferroflow_core::DType::INT64))?;
        Ok(SparseTensor { indices, values, dense_shape })
    })
}
