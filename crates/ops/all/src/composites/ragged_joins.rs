//! `tf.ragged.stack` and `tf.ragged.boolean_mask`: rows that are put together, and rows that are thinned out.

use super::{assert_equal, boolean_mask, row_splits_to_segment_ids};
use ferroflow_core::{
    DType, NdArray, Op, RaggedTensor, Result, Tensor, bail, constant, context, ensure, operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// That the row splits of all are of one dtype, which is given back.
fn splits_dtype<'a>(rows: impl IntoIterator<Item = &'a RaggedTensor>) -> Result<Option<DType>> {
    let mut dtypes = rows.into_iter().flat_map(|rows| rows.nested_row_splits.iter().map(Tensor::dtype));
    let first = dtypes.next();
    ensure!(
        dtypes.all(|dtype| Some(dtype) == first),
        value,
        "Input RaggedTensors have mismatched row_splits dtypes; use RaggedTensor.with_row_splits_dtype() to convert them to \
         compatible dtypes."
    );
    Ok(first)
}

/// Ragged tensors one below the other, along a new first dimension.
///
/// Source: `tf.ragged.stack`.
///
/// # Errors
/// `ValueError` for none, and for row splits of two dtypes; `Unimplemented` for another axis than 0, and for tensors of
/// different numbers of ragged dimensions.
pub fn ragged_stack(values: &[RaggedTensor], axis: i64) -> Result<RaggedTensor> {
    ensure!(axis == 0, unimplemented, "ragged.stack along another axis than 0");
    let Some(first) = values.first() else { bail!(value, "rt_inputs may not be empty.") };
    let rank = first.ragged_rank();
    ensure!(
        values.iter().all(|rows| rows.ragged_rank() == rank),
        unimplemented,
        "ragged.stack of different numbers of ragged dimensions"
    );
    splits_dtype(values)?;
    context::name_scope("RaggedConcat", || {
        let flat = array::concat(values.iter().map(|rows| rows.flat_values.clone()).collect::<Vec<_>>(), 0)?;
        let level = |level: usize| joined(values.iter().filter_map(|rows| rows.nested_row_splits.get(level)));
        let inner = (0..rank).map(level).collect::<Result<Vec<_>>>()?;
        let counts = values.iter().map(RaggedTensor::nrows).collect::<Result<Vec<_>>>()?;
        let outer = ends(&array::stack(counts)?)?;
        Ok(RaggedTensor { flat_values: flat, nested_row_splits: [vec![outer], inner].concat() })
    })
}

/// The row splits of rows below each other: those of each begin where those before it end.
fn joined<'a>(splits: impl Iterator<Item = &'a Tensor>) -> Result<Tensor> {
    let mut pieces: Vec<Tensor> = Vec::new();
    let mut offset: Option<Tensor> = None;
    for splits in splits {
        offset = Some(match offset {
            None => {
                pieces.push(splits.clone());
                array::getitem(splits, -1)?
            }
            Some(offset) => {
                pieces.push((array::getitem(splits, 1..)? + &offset)?);
                (&offset + array::getitem(splits, -1)?)?
            }
        });
    }
    array::concat(pieces, 0)
}

/// Where rows of these lengths begin and end.
fn ends(lengths: &Tensor) -> Result<Tensor> {
    let zero = constant(NdArray::vector(vec![0i64]).cast(lengths.dtype())?)?;
    array::concat([zero, math::cumsum(lengths, 0)?], 0)
}

/// The values of each row where the mask is true: a mask of the same rows.
///
/// Source: `tf.ragged.boolean_mask`.
///
/// ```
/// use ferroflow_ops::composites::{ragged_boolean_mask, ragged_constant};
/// ferroflow_ops::install();
/// let rows = ragged_constant(vec![vec![1, 2], vec![], vec![3, 4]])?;
/// let mask = rows.with_flat_values([true, false, true, true])?;
/// assert_eq!(ragged_boolean_mask(&rows, &mask)?.to_string(), "<tf.RaggedTensor [[1], [], [3, 4]]>");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a mask of other rows; `ValueError` for row splits of two dtypes; `Unimplemented` for a mask of another
/// number of ragged dimensions, or whose flat values are no vector.
pub fn ragged_boolean_mask(data: &RaggedTensor, mask: &RaggedTensor) -> Result<RaggedTensor> {
    ensure!(
        data.ragged_rank() == mask.ragged_rank() && mask.flat_values.rank() == Some(1),
        unimplemented,
        "ragged.boolean_mask with a mask that is in other rows"
    );
    let dtype = splits_dtype([data, mask])?.unwrap_or(DType::INT64);
    context::name_scope("RaggedMask", || {
        let checks = || {
            let mut pairs = mask.nested_row_splits.iter().zip(&data.nested_row_splits);
            pairs.try_for_each(|(ours, theirs)| {
                assert_equal(ours, theirs, "Inputs must have identical ragged splits")
            })
        };
        context::after_checks(checks, || {
            let mut nested = mask.nested_row_splits.clone();
            if let Some(last) = nested.last_mut() {
                let kept = operators::cast(&mask.flat_values, dtype)?;
                *last = ends(&row_sums(&kept, last)?)?;
            }
            let masked = || boolean_mask(&data.flat_values, &mask.flat_values);
            let values = context::name_scope("RaggedMask", masked)?;
            Ok(RaggedTensor { flat_values: values, nested_row_splits: nested })
        })
    })
}

/// The sum of each row of a vector.
fn row_sums(values: &Tensor, splits: &Tensor) -> Result<Tensor> {
    context::name_scope("RaggedReduceSum", || {
        let rows = (array::getitem(array::shape(splits)?, 0)? - 1)?;
        let owners = row_splits_to_segment_ids(splits)?;
        Op::named("UnsortedSegmentSum").input(values).input(owners).input(rows).one()
    })
}
