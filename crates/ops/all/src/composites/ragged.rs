//! `tf.ragged`: rows of different lengths.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, RaggedTensor, Result, SparseTensor, Tensor, bail, constant,
    context, convert_to_tensor, ensure, operators, options,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// Nested lists whose innermost ones differ in length: what [`ragged_constant`] takes.
pub trait RaggedRows {
    /// The values of all rows, and the lengths of the lists of each level, the outermost first.
    ///
    /// # Errors
    /// Those of the conversion of the values.
    fn into_parts(self) -> Result<(Operand, Vec<Vec<i64>>)>;
}

macro_rules! rows {
    ($($element:ty)*) => {
        $(impl RaggedRows for Vec<Vec<$element>> {
            fn into_parts(self) -> Result<(Operand, Vec<Vec<i64>>)> {
                let lengths = self.iter().map(|row| row.len() as i64).collect();
                Ok((self.concat().into_operand()?, vec![lengths]))
            }
        }

        impl RaggedRows for Vec<Vec<Vec<$element>>> {
            fn into_parts(self) -> Result<(Operand, Vec<Vec<i64>>)> {
                let lengths = self.iter().map(|rows| rows.len() as i64).collect();
                let (values, inner) = RaggedRows::into_parts(self.concat())?;
                Ok((values, [vec![lengths], inner].concat()))
            }
        })*
    };
}

rows! { i32 i64 f32 f64 bool u8 &str }

options! {
    /// Optional arguments of [`ragged_constant_with`].
    pub struct RaggedConstantOptions {
        /// The dtype of the values; by default that of the lists.
        dtype: Option<DType> = None,
        /// The dtype of the row splits.
        row_splits_dtype: DType = DType::INT64,
    }
}

/// A ragged tensor of nested lists.
///
/// Source: `tf.ragged.constant`.
///
/// ```
/// use ferroflow_ops::composites::ragged_constant;
/// ferroflow_ops::install();
/// let rows = ragged_constant(vec![vec![1, 2], vec![], vec![3]])?;
/// assert_eq!(rows.to_string(), "<tf.RaggedTensor [[1, 2], [], [3]]>");
/// assert_eq!(rows.to_tensor(None)?.numpy()?.to_string(), "[[1 2]\n [0 0]\n [3 0]]");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn ragged_constant(pylist: impl RaggedRows) -> Result<RaggedTensor> {
    ragged_constant_with(pylist, |options| options)
}

/// [`ragged_constant`] of other dtypes.
///
/// # Errors
/// `TypeError` for values that are none of the dtype, or splits that are not to be `int32` or `int64`.
pub fn ragged_constant_with(
    pylist: impl RaggedRows,
    options: impl FnOnce(RaggedConstantOptions) -> RaggedConstantOptions,
) -> Result<RaggedTensor> {
    let options = options(RaggedConstantOptions::default());
    let (values, lengths) = pylist.into_parts()?;
    let dtype = options.row_splits_dtype;
    ensure!(matches!(dtype, DType::INT32 | DType::INT64), value, "row_splits must have dtype int32 or int64");
    context::name_scope("RaggedConstant", || {
        let flat_values = context::with_name("values", || convert_to_tensor(values, options.dtype))?;
        let splits = |lengths: &Vec<i64>| {
            let mut ends = vec![0];
            ends.extend(lengths.iter().scan(0, |sum, length| {
                *sum += length;
                Some(*sum)
            }));
            constant(NdArray::vector(ends).cast(dtype)?)
        };
        let nested_row_splits = lengths.iter().map(splits).collect::<Result<_>>()?;
        Ok(RaggedTensor { flat_values, nested_row_splits })
    })
}

/// A row of numbers for each start: up to its limit, with a step of its delta; scalars stand for all rows.
///
/// Source: `tf.ragged.range` (op `RaggedRange`).
///
/// ```
/// use ferroflow_ops::composites::ragged_range;
/// ferroflow_ops::install();
/// assert_eq!(ragged_range(0, [3, 0, 2], 1)?.to_string(), "<tf.RaggedTensor [[0, 1, 2], [], [0, 1]]>");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a delta of 0, and vectors of different lengths.
pub fn ragged_range(
    starts: impl IntoOperand,
    limits: impl IntoOperand,
    deltas: impl IntoOperand,
) -> Result<RaggedTensor> {
    let given = [starts.into_operand()?, limits.into_operand()?, deltas.into_operand()?];
    context::name_scope_for_op("RaggedRange", |name| {
        let dtype = given.iter().find_map(Operand::fixed_dtype);
        let [starts, limits, deltas] = given;
        let named =
            |operand: Operand, name: &str| context::with_name(name, || convert_to_tensor(operand, dtype));
        let (starts, limits, deltas) =
            (named(starts, "starts")?, named(limits, "limits")?, named(deltas, "deltas")?);
        let op = Op::named("RaggedRange").input(starts).input(limits).input(deltas).name(name);
        let [splits, values] = op.attr("Tsplits", DType::INT64).outputs()?;
        Ok(RaggedTensor { flat_values: values, nested_row_splits: vec![splits] })
    })
}

/// The row of each value, from where rows begin and end.
///
/// Source: `tf.ragged.row_splits_to_segment_ids`.
///
/// ```
/// use ferroflow_ops::composites::{row_splits_to_segment_ids, segment_ids_to_row_splits};
/// ferroflow_ops::install();
/// let ids = row_splits_to_segment_ids([0i64, 3, 3, 5])?;
/// assert_eq!(ids.numpy()?.as_slice::<i64>()?, [0, 0, 0, 2, 2]);
/// assert_eq!(segment_ids_to_row_splits(ids, None)?.numpy()?.as_slice::<i64>()?, [0, 3, 3, 5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for splits that are no vector, or none at all.
pub fn row_splits_to_segment_ids(splits: impl IntoOperand) -> Result<Tensor> {
    let splits = splits.into_operand()?;
    context::name_scope("RaggedSplitsToSegmentIds", || {
        let dtype = splits.fixed_dtype().unwrap_or(DType::INT64);
        let splits = context::with_name("splits", || convert_to_tensor(splits, Some(dtype)))?;
        ensure!(
            matches!(splits.dtype(), DType::INT32 | DType::INT64),
            value,
            "splits must have dtype int32 or int64"
        );
        let shape = splits.shape();
        ensure!(splits.rank().is_none_or(|rank| rank == 1), value, "Shape {shape} must have rank 1");
        ensure!(shape.dim(0) != Some(0), value, "Invalid row_splits: []");
        let lengths = (array::getitem(&splits, 1..)? - array::getitem(&splits, ..-1)?)?;
        let count = array::getitem(array::shape_with(&splits, |o| o.out_type(splits.dtype()))?, -1)?;
        super::repeat(rows_below((count - 1)?)?, lengths, Some(0))
    })
}

/// The numbers below `count`. As in TensorFlow the bounds begin as `int32`, and are cast where `count` is of another dtype.
fn rows_below(count: Tensor) -> Result<Tensor> {
    context::name_scope_for_op("range", |name| {
        let dtype = count.dtype();
        let bound = |bound: i32| operators::cast(convert_to_tensor(bound.into_operand()?, None)?, dtype);
        let (start, delta) = (bound(0)?, bound(1)?);
        Op::named("Range").input(start).input(count).input(delta).name(name).one()
    })
}

/// Where rows begin and end, from the row of each value; `num_segments` is by default one more than the last.
///
/// Source: `tf.ragged.segment_ids_to_row_splits`.
///
/// # Errors
/// `InvalidArgument` for negative rows.
pub fn segment_ids_to_row_splits(
    segment_ids: impl IntoOperand,
    num_segments: Option<Tensor>,
) -> Result<Tensor> {
    let segment_ids = segment_ids.into_operand()?;
    let given = match &segment_ids {
        Operand::Tensor(ids) => Some(ids.dtype()),
        Operand::Value { .. } => num_segments.as_ref().map(Tensor::dtype),
    };
    context::name_scope("SegmentIdsToRaggedSplits", || {
        let ids = context::with_name("segment_ids", || convert_to_tensor(segment_ids, None))?;
        // TensorFlow casts, needed or not.
        let short = |x: Tensor| Op::named("Cast").input(x).attr("DstT", DType::INT32).one();
        let ids = short(ids)?;
        let count = num_segments.map(short).transpose()?;
        let out_type = given.unwrap_or(DType::INT64);
        let lengths =
            super::bincount_with(ids, |o| o.minlength(count.clone()).maxlength(count).dtype(out_type))?;
        let zero = constant(NdArray::vector(vec![0i64]).cast(out_type)?)?;
        array::concat([zero, math::cumsum(lengths, 0)?], 0)
    })
}

/// What `op` makes of the values of all rows, in the same rows.
///
/// Source: `tf.ragged.map_flat_values`.
///
/// # Errors
/// What `op` returns; `ValueError` where it gives another number of values.
pub fn map_flat_values(
    op: impl FnOnce(&Tensor) -> Result<Tensor>,
    rows: &RaggedTensor,
) -> Result<RaggedTensor> {
    let values = op(&rows.flat_values)?;
    let (found, wanted) = (values.shape().dim(0), rows.flat_values.shape().dim(0));
    if let (Some(found), Some(wanted)) = (found, wanted) {
        ensure!(
            found == wanted && values.rank() != Some(0),
            value,
            "tf.ragged.map_flat_values requires that the output of `op` have the same outer-dimension size as flat_values of \
             any ragged inputs. (output shape: {}; expected outer dimension size: {wanted})",
            values.shape()
        );
    }
    rows.with_flat_values(values)
}

/// A matrix of features by rows, given in one of three ways.
#[derive(Clone, Debug)]
pub enum CrossColumn {
    /// Every row has as many features.
    Dense(Tensor),
    /// The features of a row are those that are given.
    Sparse(SparseTensor),
    /// Rows of any number of features.
    Ragged(RaggedTensor),
}

macro_rules! columns {
    ($($from:ty, $variant:ident;)*) => {
        $(impl From<$from> for CrossColumn {
            fn from(column: $from) -> CrossColumn {
                CrossColumn::$variant(column)
            }
        }

        impl From<&$from> for CrossColumn {
            fn from(column: &$from) -> CrossColumn {
                CrossColumn::$variant(column.clone())
            }
        })*
    };
}

columns! {
    Tensor, Dense;
    SparseTensor, Sparse;
    RaggedTensor, Ragged;
}

options! {
    /// Optional arguments of [`ragged_cross_hashed_with`].
    pub struct RaggedCrossOptions {
        /// How many buckets there are; with 0 a hash is any number.
        num_buckets: i64 = 0,
        /// What hashes begin with.
        hash_key: i64 = 0xDE_CAFC_AFFE,
    }
}

/// Every way to take one feature of each column within a row, joined with `_X_`.
///
/// Source: `tf.ragged.cross` (op `RaggedCross`).
///
/// ```
/// use ferroflow_ops::composites::{CrossColumn, ragged_constant, ragged_cross};
/// ferroflow_ops::install();
/// let a = ragged_constant(vec![vec!["a"], vec!["b", "c"]])?;
/// let b = ragged_constant(vec![vec!["d"], vec!["e"]])?;
/// let crosses = ragged_cross(&[a.into(), b.into()])?;
/// assert_eq!(crosses.to_string(), "<tf.RaggedTensor [[b'a_X_d'], [b'b_X_e', b'c_X_e']]>");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for features that are neither texts nor whole numbers, and columns with more than one ragged dimension.
pub fn ragged_cross(inputs: &[CrossColumn]) -> Result<RaggedTensor> {
    crossed(inputs, false, RaggedCrossOptions::default())
}

/// [`ragged_cross`], with hashes of the crosses in place of their texts.
///
/// Source: `tf.ragged.cross_hashed` (op `RaggedCross`).
///
/// # Errors
/// As [`ragged_cross`].
pub fn ragged_cross_hashed(inputs: &[CrossColumn]) -> Result<RaggedTensor> {
    ragged_cross_hashed_with(inputs, |options| options)
}

/// [`ragged_cross_hashed`] with optional arguments.
///
/// # Errors
/// As [`ragged_cross`].
pub fn ragged_cross_hashed_with(
    inputs: &[CrossColumn],
    options: impl FnOnce(RaggedCrossOptions) -> RaggedCrossOptions,
) -> Result<RaggedTensor> {
    crossed(inputs, true, options(RaggedCrossOptions::default()))
}

fn crossed(inputs: &[CrossColumn], hashed: bool, options: RaggedCrossOptions) -> Result<RaggedTensor> {
    context::name_scope("RaggedCross", || {
        let (mut ragged, mut splits, mut dense) = (Vec::new(), Vec::new(), Vec::new());
        let (mut indices, mut values, mut shapes) = (Vec::new(), Vec::new(), Vec::new());
        let mut order = String::new();
        for (at, input) in inputs.iter().enumerate() {
            let features = match input {
                CrossColumn::Dense(tensor) => tensor,
                CrossColumn::Sparse(sparse) => &sparse.values,
                CrossColumn::Ragged(rows) => &rows.flat_values,
            };
            let features = match features.dtype() {
                DType::STRING | DType::INT64 => features.clone(),
                dtype if dtype.is_integer() => operators::cast(features, DType::INT64)?,
                dtype => bail!(value, "Unexpected dtype for inputs[{at}]: {dtype}"),
            };
            match input {
                CrossColumn::Dense(_) => {
                    dense.push(features);
                    order.push('D');
                }
                CrossColumn::Sparse(sparse) => {
                    indices.push(sparse.indices.clone());
                    values.push(features);
                    shapes.push(sparse.dense_shape.clone());
                    order.push('S');
                }
                CrossColumn::Ragged(rows) => {
                    let [only] = rows.nested_row_splits.as_slice() else {
                        bail!(value, "tf.ragged.cross only supports inputs with rank=2");
                    };
                    ragged.push(features);
                    splits.push(only.clone());
                    order.push('R');
                }
            }
        }
        let is_short = !splits.is_empty() && splits.iter().all(|splits| splits.dtype() == DType::INT32);
        let op = Op::named("RaggedCross").inputs(ragged).inputs(splits).inputs(indices).inputs(values);
        let op = op.inputs(shapes).inputs(dense).attr("input_order", order);
        let op = op.attr("hashed_output", hashed).attr("num_buckets", options.num_buckets);
        let op = op.attr("hash_key", options.hash_key);
        let op = op.attr("out_values_type", if hashed { DType::INT64 } else { DType::STRING });
        let op = op.attr("out_row_splits_type", if is_short { DType::INT32 } else { DType::INT64 });
        let [values, splits] = op.outputs()?;
        Ok(RaggedTensor { flat_values: values, nested_row_splits: vec![splits] })
    })
}

/// The elements of a vector, or slices of a tensor, in a row for each partition: row `i` has those whose partition is `i`.
///
/// Source: `tf.ragged.stack_dynamic_partitions`.
///
/// # Errors
/// `InvalidArgument` for a partition that there is not; `Unimplemented` for partitions that are no vector.
pub fn stack_dynamic_partitions(
    data: impl IntoOperand,
    partitions: impl IntoOperand,
    num_partitions: impl IntoOperand,
) -> Result<RaggedTensor> {
    let (data, partitions, num_partitions) =
        (data.into_operand()?, partitions.into_operand()?, num_partitions.into_operand()?);
    context::name_scope("SegmentStack", || {
        let data = context::with_name("data", || convert_to_tensor(data, None))?;
        let partitions = context::with_name("partitions", || convert_to_tensor(partitions, None))?;
        let count = context::with_name("num_partitions", || {
            convert_to_tensor(num_partitions, Some(partitions.dtype()))
        })?;
        ensure!(
            partitions.rank() == Some(1),
            unimplemented,
            "stack_dynamic_partitions of other than a vector"
        );
        let order = array::argsort(&partitions, false)?;
        let rowids = array::gather(&partitions, &order)?;
        let values = array::gather(data, order)?;
        super::assert_less(
            array::getitem(&rowids, -1..)?,
            &count,
            "partitions must be less than num_partitions",
        )?;
        super::assert_non_negative(&partitions, "partitions must be non-negative.")?;
        RaggedTensor::from_value_rowids(values, rowids, Some(count))
    })
}
