//! Embeddings of sparse ids, and their sums: `embedding_lookup_sparse` and its safe form.

use ferroflow_core::{
    DType, IntoOperand, Op, Result, SparseTensor, Tensor, bail, context, convert_to_tensor, operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_sparse as sparse;

/// How the embeddings of a row become one.
#[derive(Clone, Copy, PartialEq)]
enum Combiner {
    /// Their (weighted) sum.
    Sum,
    /// Their sum over the sum of the weights.
    Mean,
    /// Their sum over the root of the sum of the squares of the weights.
    SqrtN,
}

impl Combiner {
    fn named(name: &str) -> Result<Combiner> {
        match name {
            "sum" => Ok(Combiner::Sum),
            "mean" => Ok(Combiner::Mean),
            "sqrtn" => Ok(Combiner::SqrtN),
            _ => bail!(value, "combiner must be one of 'mean', 'sqrtn' or 'sum', got {name}"),
        }
    }
}

/// For each row of ids the combination of the embeddings that they name.
///
/// `params` is `[ids, ...]`, `sp_ids` a `[rows, any]` sparse tensor of integers, `sp_weights` one of the same places; without
/// weights each id counts 1. The result is `[rows, ...]`, where rows end with the last one that has ids. `combiner` is
/// `"sum"`, `"mean"` (the sum over the sum of the weights) or `"sqrtn"` (over the root of the sum of their squares).
///
/// Source: `tf.nn.embedding_lookup_sparse`.
///
/// ```
/// use ferroflow_core::{SparseTensor, constant};
/// use ferroflow_ops::composites::embedding_lookup_sparse;
/// ferroflow_ops::install();
/// let ids = SparseTensor {
///     indices: constant([[0i64, 0], [0, 1], [1, 0]])?,
///     values: constant([1i64, 0, 1])?,
///     dense_shape: constant([2i64, 2])?,
/// };
/// let rows = embedding_lookup_sparse([[1.0], [3.0]], &ids, None, "mean")?;
/// assert_eq!(rows.numpy()?.as_slice::<f32>()?, [2.0, 3.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an id past the table's end, `ValueError` for another combiner.
pub fn embedding_lookup_sparse(
    params: impl IntoOperand,
    sp_ids: &SparseTensor,
    sp_weights: Option<&SparseTensor>,
    combiner: &str,
) -> Result<Tensor> {
    let (params, combiner) = (params.into_operand()?, Combiner::named(combiner)?);
    let name = context::take_name().unwrap_or_else(|| "embedding_lookup_sparse".to_string());
    context::name_scope_for_op(&name, |name| {
        let segments = array::getitem(&sp_ids.indices, (.., 0))?;
        let params = context::with_name("params", || convert_to_tensor(params, None))?;
        let Some(weights) = sp_weights else {
            let op = match combiner {
                Combiner::Sum => "SparseSegmentSum",
                Combiner::Mean => "SparseSegmentMean",
                Combiner::SqrtN => "SparseSegmentSqrtN",
            };
            let op = Op::named(op).input(params).input(&sp_ids.values).input(segments);
            return op.attr("sparse_gradient", true).name(name).one();
        };
        let [ids, places] = array::unique(&sp_ids.values)?;
        let embeddings = super::embedding_lookup(params, ids)?;
        let segments = operators::cast(segments, DType::INT32)?;
        let embeddings = array::gather(embeddings, places)?;
        let dtype = embeddings.dtype();
        // Half-precision sums are made in single precision.
        let half = dtype == DType::HALF || dtype == DType::BFLOAT16;
        let embeddings = if half { operators::cast(embeddings, DType::FLOAT32)? } else { embeddings };
        let weights = operators::cast(&weights.values, embeddings.dtype())?;
        let inner = array::expand_dims((array::rank(&embeddings)? - 1)?, 0)?;
        let sizes = array::concat([array::shape(&weights)?, array::ones(inner, DType::INT32)?], 0)?;
        let weights = array::reshape(weights, sizes)?;
        let sum = |tensor: Tensor| math::segment_sum(tensor, &segments);
        let named = |build: &dyn Fn() -> Result<Tensor>| context::with_name(&name, build);
        let weighted = (embeddings * &weights)?;
        let combined = match combiner {
            Combiner::Sum => named(&|| sum(weighted.clone()))?,
            Combiner::Mean => {
                let (total, count) = (sum(weighted)?, sum(weights)?);
                named(&|| math::divide_no_nan(&total, &count))?
            }
            Combiner::SqrtN => {
                let total = sum(weighted)?;
                let root = math::sqrt(sum(math::pow(weights, 2)?)?)?;
                named(&|| math::divide_no_nan(&total, &root))?
            }
        };
        if half { operators::cast(combined, dtype) } else { Ok(combined) }
    })
}

/// [`embedding_lookup_sparse`] for ids that may be missing: negative ids and weights that are not positive are left out, and
/// rows without ids get the embedding `default_id`, or zeros.
///
/// `sp_ids` may have more than one dimension of rows; the result has them all.
///
/// Source: `tf.nn.safe_embedding_lookup_sparse`.
///
/// # Errors
/// As [`embedding_lookup_sparse`]; `Unimplemented` for ids of unknown rank.
pub fn safe_embedding_lookup_sparse(
    embedding_weights: impl IntoOperand,
    sparse_ids: &SparseTensor,
    sparse_weights: Option<&SparseTensor>,
    combiner: &str,
    default_id: Option<i64>,
) -> Result<Tensor> {
    let (table, kind) = (embedding_weights.into_operand()?, Combiner::named(combiner)?);
    context::name_scope_for_op("embedding_lookup", |scope| {
        let table = convert_to_tensor(table, None)?;
        let Some(rank) = sparse_ids.dense_shape.shape().dim(0) else {
            bail!(unimplemented, "a lookup of sparse ids of unknown rank");
        };
        let outer = rank.saturating_sub(1) as i32;
        let sizes = array::slice(&sparse_ids.dense_shape, [0], [outer])?;
        let rows = math::reduce_prod(sizes, ())?;
        let columns = array::gather(&sparse_ids.dense_shape, outer)?;
        // TensorFlow casts the list, which is `int64` once it is a tensor.
        let flat = context::name_scope("Cast", || {
            context::with_name("x", || Op::named("Pack").inputs([rows, columns]).one())
        })?;
        let ids = sparse::reshape(sparse_ids, &flat)?;
        let weights = sparse_weights.map(|weights| SparseTensor {
            indices: ids.indices.clone(),
            values: weights.values.clone(),
            dense_shape: ids.dense_shape.clone(),
        });
        let (ids, weights) = pruned(&ids, weights, kind)?;
        let (ids, empty) = sparse::fill_empty_rows(&ids, default_id.unwrap_or(0))?;
        let weights = match weights {
            Some(weights) => Some(sparse::fill_empty_rows(&weights, 1.0)?.0),
            None => None,
        };
        let lookup = || embedding_lookup_sparse(&table, &ids, weights.as_ref(), combiner);
        let mut result = match default_id {
            Some(_) => context::with_name(&scope, lookup)?,
            None => lookup()?,
        };
        if default_id.is_none() {
            // Rows that got an id only so that there is a row are zeros.
            let column = array::reshape(empty, [-1, 1])?;
            let repeats = array::stack([
                1.into_operand()?,
                array::getitem(array::shape(&result)?, 1)?.into_operand()?,
            ])?;
            let mask = array::tile(column, repeats)?;
            let zeros = array::zeros_like(&result)?;
            result = context::with_name(&scope, || array::select(mask, zeros, &result))?;
        }
        let whole = operators::cast(&sparse_ids.dense_shape, DType::INT32)?;
        let (front, inner) =
            (array::slice(whole, [0], [outer])?, array::slice(array::shape(&result)?, [1], [-1])?);
        array::reshape(result, array::concat([front, inner], 0)?)
    })
}

/// The ids that are not negative and, unless embeddings are just added, whose weights are positive.
fn pruned(
    ids: &SparseTensor,
    weights: Option<SparseTensor>,
    combiner: Combiner,
) -> Result<(SparseTensor, Option<SparseTensor>)> {
    let mut kept = math::greater_equal(&ids.values, 0)?;
    if let Some(weights) = &weights {
        let all = array::ones_like_by_filling(&weights.values, Some(DType::BOOL))?;
        kept = operators::logical_and(kept, all)?;
    }
    let mut ids = super::retain(ids, &kept)?;
    let mut weights = weights.map(|weights| super::retain(&weights, &kept)).transpose()?;
    if let (Some(with), true) = (&weights, combiner != Combiner::Sum) {
        let kept = math::greater(&with.values, 0)?;
        ids = super::retain(&ids, &kept)?;
        weights = Some(super::retain(with, &kept)?);
    }
    Ok((ids, weights))
}
