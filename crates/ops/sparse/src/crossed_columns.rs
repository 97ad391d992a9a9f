//! `tf.sparse.cross` and `cross_hashed`: columns of features crossed within each row.

use crate::set_functions::SetOperand;
use crate::sparse_cross::{SPARSE_CROSS, SPARSE_CROSS_V2};
use ferroflow_core::{
    DType, NdArray, Op, Result, SparseTensor, Tensor, convert_to_tensor, operators, options,
};

options! {
    /// Optional arguments of [`cross_with`].
    pub struct SparseCrossOptions {
        /// What stands between the features of a cross.
        separator: String = "_X_".to_string(),
    }
}

options! {
    /// Optional arguments of [`cross_hashed_with`].
    pub struct SparseCrossHashedOptions {
        /// How many buckets there are; with 0 a hash is any number.
        num_buckets: i64 = 0,
        /// What hashes begin with.
        hash_key: Option<i64> = None,
    }
}

/// What hashes begin with unless told otherwise.
pub(crate) const DEFAULT_HASH_KEY: i64 = 0xDE_CAFC_AFFE;

/// The columns as TensorFlow's op takes them: the sparse ones by their parts, then the dense ones.
#[derive(Default)]
struct Columns {
    indices: Vec<Tensor>,
    values: Vec<Tensor>,
    shapes: Vec<Tensor>,
    dense: Vec<Tensor>,
}

impl Columns {
    fn new(inputs: &[SetOperand]) -> Result<Columns> {
        let mut columns = Columns::default();
        for input in inputs {
            match input {
                SetOperand::Dense(tensor) => columns.dense.push(tensor.clone()),
                SetOperand::Sparse(sparse) => {
                    columns.indices.push(sparse.indices.clone());
                    columns.values.push(sparse.values.clone());
                    columns.shapes.push(sparse.dense_shape.clone());
                }
            }
        }
        for features in columns.values.iter_mut().chain(&mut columns.dense) {
            if features.dtype() != DType::STRING {
                *features = operators::cast(&*features, DType::INT64)?;
            }
        }
        Ok(columns)
    }

    fn are_texts(&self) -> bool {
        self.values.iter().chain(&self.dense).all(|features| features.dtype() == DType::STRING)
    }

    fn into_op(self, op: Op) -> Op {
        op.inputs(self.indices).inputs(self.values).inputs(self.shapes).inputs(self.dense)
    }
}

fn sparse([indices, values, dense_shape]: [Tensor; 3]) -> SparseTensor {
    SparseTensor { indices, values, dense_shape }
}

/// Every way to take one feature of each column within a row, joined with `_X_`.
///
/// Source: `tf.sparse.cross` (op `SparseCrossV2`).
///
/// ```
/// use ferroflow_core::constant;
/// use ferroflow_ops_sparse::{SetOperand, cross};
/// let columns: [SetOperand; 2] = [constant([["a", "b"]])?.into(), constant([["c"]])?.into()];
/// assert_eq!(cross(&columns)?.values.numpy()?.to_string(), "[b'a_X_c' b'b_X_c']");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for columns of different heights.
pub fn cross(inputs: &[SetOperand]) -> Result<SparseTensor> {
    cross_with(inputs, |options| options)
}

/// [`cross`] with another separator.
///
/// # Errors
/// As [`cross`].
pub fn cross_with(
    inputs: &[SetOperand],
    options: impl FnOnce(SparseCrossOptions) -> SparseCrossOptions,
) -> Result<SparseTensor> {
    let separator = NdArray::from(options(SparseCrossOptions::default()).separator.as_str());
    let separator = convert_to_tensor(separator, None)?;
    let op = Columns::new(inputs)?.into_op(Op::new(&SPARSE_CROSS_V2));
    Ok(sparse(op.input(separator).outputs()?))
}

/// [`cross`], with hashes of the crosses in place of their texts.
///
/// Source: `tf.sparse.cross_hashed` (op `SparseCross`).
///
/// # Errors
/// `InvalidArgument` for columns of different heights.
pub fn cross_hashed(inputs: &[SetOperand]) -> Result<SparseTensor> {
    cross_hashed_with(inputs, |options| options)
}

/// [`cross_hashed`] with optional arguments.
///
/// # Errors
/// As [`cross_hashed`].
pub fn cross_hashed_with(
    inputs: &[SetOperand],
    options: impl FnOnce(SparseCrossHashedOptions) -> SparseCrossHashedOptions,
) -> Result<SparseTensor> {
    let options = options(SparseCrossHashedOptions::default());
    let columns = Columns::new(inputs)?;
    let internal_type = if columns.are_texts() { DType::STRING } else { DType::INT64 };
    let op = columns.into_op(Op::new(&SPARSE_CROSS));
    let op = op.attr("hashed_output", true).attr("num_buckets", options.num_buckets);
    let key = options.hash_key.filter(|&key| key != 0).unwrap_or(DEFAULT_HASH_KEY);
    let op = op.attr("hash_key", key).attr("out_type", DType::INT64).attr("internal_type", internal_type);
    Ok(sparse(op.outputs()?))
}
