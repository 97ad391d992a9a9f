//! `sparse_bincount`: how often each number occurs, where most do not.

use super::assertions::assert_equal;
use ferroflow_core::{
    NdArray, Op, RaggedTensor, Result, SparseTensor, Tensor, bail, constant, context, ensure, options,
};
use ferroflow_ops_array as array;

/// What numbers are counted in, or weights are given as.
#[derive(Clone, Debug)]
pub enum CountedValues {
    /// Rows of one length, or a vector.
    Dense(Tensor),
    /// Rows of any length.
    Ragged(RaggedTensor),
    /// Rows in which most places are empty.
    Sparse(SparseTensor),
}

impl From<Tensor> for CountedValues {
    fn from(values: Tensor) -> CountedValues {
        CountedValues::Dense(values)
    }
}

impl From<RaggedTensor> for CountedValues {
    fn from(values: RaggedTensor) -> CountedValues {
        CountedValues::Ragged(values)
    }
}

impl From<SparseTensor> for CountedValues {
    fn from(values: SparseTensor) -> CountedValues {
        CountedValues::Sparse(values)
    }
}

options! {
    /// Optional arguments of [`sparse_bincount_with`].
    pub struct SparseBincountOptions {
        /// What each occurrence counts, in the form of the numbers; 1 without it.
        weights: Option<CountedValues> = None,
        /// 0 counts all numbers together, -1 those of each row.
        axis: i64 = 0,
        /// How many counts there are at least: the last size of the result.
        minlength: Option<i64> = None,
        /// How many counts there are at most: numbers from there on are not counted.
        maxlength: Option<i64> = None,
        /// Whether a count says only that there is one.
        binary_output: bool = false,
    }
}

/// How often each number occurs, as a sparse tensor of the numbers that do.
///
/// Source: `tf.sparse.bincount` (ops `DenseCountSparseOutput`, `RaggedCountSparseOutput`, `SparseCountSparseOutput`).
///
/// ```
/// use ferroflow_core::constant;
/// use ferroflow_ops::composites::sparse_bincount;
/// ferroflow_ops::install();
/// let counts = sparse_bincount(constant([7, 2, 7])?)?;
/// assert_eq!(counts.indices.numpy()?.as_slice::<i64>()?, [2, 7]);
/// assert_eq!(counts.values.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for negative numbers.
pub fn sparse_bincount(values: impl Into<CountedValues>) -> Result<SparseTensor> {
    sparse_bincount_with(values, |options| options)
}

/// [`sparse_bincount`] with optional arguments.
///
/// # Errors
/// As [`sparse_bincount`]; `ValueError` for another axis, for weights in another form than the numbers, and for weights
/// together with binary output; `InvalidArgument` for weights in other places.
pub fn sparse_bincount_with(
    values: impl Into<CountedValues>,
    options: impl FnOnce(SparseBincountOptions) -> SparseBincountOptions,
) -> Result<SparseTensor> {
    let (values, options) = (values.into(), options(SparseBincountOptions::default()));
    context::name_scope("count", || {
        ensure!(
            options.weights.is_none() || !options.binary_output,
            value,
            "Arguments `binary_output` and `weights` are mutually exclusive. Please specify only one."
        );
        let flat = match options.axis {
            0 => true,
            -1 => false,
            axis => {
                bail!(
                    value,
                    "Unsupported value for argument axis={axis}. Only 0 and -1 are currently supported."
                )
            }
        };
        let op = match (values, options.weights) {
            (CountedValues::Dense(values), weights) => {
                let flattened = |x: Tensor| if flat { array::reshape(x, [-1]) } else { Ok(x) };
                let weights = match weights {
                    Some(CountedValues::Dense(weights)) => Some(flattened(weights)?),
                    None => None,
                    Some(_) => {
                        bail!(value, "Argument `weights` must be a tf.Tensor if `values` is a tf.Tensor.")
                    }
                };
                let values = flattened(values)?;
                let weights = weights.map_or_else(|| none_like(&values), Ok)?;
                Op::named("DenseCountSparseOutput").input(values).input(weights)
            }
            (CountedValues::Ragged(values), weights) => {
                let weights = ragged_weights(&values, weights)?;
                let RaggedTensor { flat_values, nested_row_splits } = values;
                match (flat, &nested_row_splits[..]) {
                    (true, _) => Op::named("DenseCountSparseOutput").input(flat_values).input(weights),
                    (false, [splits]) => {
                        Op::named("RaggedCountSparseOutput").input(splits).input(flat_values).input(weights)
                    }
                    (false, _) => bail!(value, "rows of rows cannot be counted along axis -1"),
                }
            }
            (CountedValues::Sparse(values), weights) => {
                let weights = sparse_weights(&values, weights)?;
                if flat {
                    Op::named("DenseCountSparseOutput").input(values.values).input(weights)
                } else {
                    Op::named("SparseCountSparseOutput")
                        .input(values.indices)
                        .input(values.values)
                        .input(values.dense_shape)
                        .input(weights)
                }
            }
        };
        let [indices, values, dense_shape] = op
            .attr("minlength", options.minlength.unwrap_or(-1))
            .attr("maxlength", options.maxlength.unwrap_or(-1))
            .attr("binary_output", options.binary_output)
            .outputs()?;
        Ok(SparseTensor { indices, values, dense_shape })
    })
}

/// No weights: each occurrence counts 1 in the dtype of the numbers.
fn none_like(values: &Tensor) -> Result<Tensor> {
    let none = NdArray::vector(Vec::<i32>::new()).cast(values.dtype())?;
    constant(none)
}

fn ragged_weights(values: &RaggedTensor, weights: Option<CountedValues>) -> Result<Tensor> {
    match weights {
        None => none_like(&values.flat_values),
        Some(CountedValues::Ragged(weights)) => {
            ensure!(
                weights.nested_row_splits.len() == values.nested_row_splits.len(),
                value,
                "'weights' and 'values' must have the same row splits."
            );
            for (own, other) in weights.nested_row_splits.iter().zip(&values.nested_row_splits) {
                assert_equal(own, other, "'weights' and 'values' must have the same row splits.")?;
            }
            Ok(weights.flat_values)
        }
        Some(_) => bail!(value, "`weights` must be a RaggedTensor if `values` is a RaggedTensor."),
    }
}

fn sparse_weights(values: &SparseTensor, weights: Option<CountedValues>) -> Result<Tensor> {
    match weights {
        None => none_like(&values.values),
        Some(CountedValues::Sparse(weights)) => {
            let places = "'weights' and 'values' must have the same indices.";
            let sizes = "'weights' and 'values' must have the same dense shape.";
            assert_equal(&weights.dense_shape, &values.dense_shape, sizes)?;
            assert_equal(&weights.indices, &values.indices, places)?;
            Ok(weights.values)
        }
        Some(_) => bail!(value, "Argument `weights` must be a SparseTensor if `values` is a SparseTensor."),
    }
}
