//! From the losses of samples to that of a batch: weights, masks, reductions.

use crate::math::{divide_no_nan, reduce_sum};
use crate::{cast, expand_dims, size, squeeze_with};
use ferroflow_core::{DType, Error, Result, Tensor};
use ferroflow_ops_array::{size_with, where_select, zeros_like};

/// What becomes of the losses of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Their sum, divided by their number: also where samples have weights.
    #[default]
    SumOverBatchSize,
    /// The same under another name.
    Mean,
    /// Their sum.
    Sum,
    /// Their sum, divided by that of the weights.
    MeanWithSampleWeight,
    /// Nothing: they stay as they are.
    None,
}

impl std::str::FromStr for Reduction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Reduction> {
        Ok(match name {
            "sum_over_batch_size" => Reduction::SumOverBatchSize,
            "mean" => Reduction::Mean,
            "sum" => Reduction::Sum,
            "mean_with_sample_weight" => Reduction::MeanWithSampleWeight,
            "none" => Reduction::None,
            _ => ferroflow_core::bail!(
                value,
                "Invalid value for argument `reduction`. Expected one of {{'sum_over_batch_size', 'sum', None, \
                 'none', 'mean', 'mean_with_sample_weight'}}. Received: reduction={name}"
            ),
        })
    }
}

/// Both tensors with the same rank where one has a last dimension of size 1 more: a column is made of the other one if
/// that is a vector and `columns` allows it, else the dimension goes.
pub(crate) fn same_rank(first: Tensor, second: Tensor, columns: bool) -> Result<(Tensor, Tensor)> {
    let (Some(of_first), Some(of_second)) = (first.rank(), second.rank()) else {
        return Ok((first, second));
    };
    let is_column = |tensor: &Tensor, rank: usize| tensor.shape().dim(rank.saturating_sub(1)) == Some(1);
    let last = |tensor: Tensor| squeeze_with(tensor, |o| o.axis(vec![-1]));
    if of_first == of_second + 1 && is_column(&first, of_first) {
        return match columns && of_second == 1 {
            true => Ok((first, expand_dims(second, -1)?)),
            false => Ok((last(first)?, second)),
        };
    }
    if of_second == of_first + 1 && is_column(&second, of_second) {
        return match columns && of_first == 1 {
            true => Ok((expand_dims(first, -1)?, second)),
            false => Ok((first, last(second)?)),
        };
    }
    Ok((first, second))
}

fn count(values: &Tensor, dtype: DType) -> Result<Tensor> {
    cast(size(values)?, dtype)
}

/// The weights with a mask worked in. Where losses are divided by their number, those that count make up for those that
/// do not.
pub(crate) fn masked_weights(
    weights: Option<Tensor>,
    mask: Tensor,
    dtype: DType,
    reduction: Reduction,
) -> Result<Tensor> {
    let valid = cast(&mask, dtype)?;
    let factors = match reduction {
        Reduction::Mean | Reduction::SumOverBatchSize => {
            let factor = divide_no_nan(count(&mask, dtype)?, reduce_sum(&valid, ())?)?;
            where_select(cast(mask, DType::BOOL)?, factor, zeros_like(&valid)?)?
        }
        _ => valid,
    };
    match weights {
        None => Ok(factors),
        Some(weights) => {
            let (factors, weights) = same_rank(factors, cast(weights, dtype)?, true)?;
            weights * factors
        }
    }
}

/// The loss of a batch.
pub(super) fn reduced(
    values: Tensor,
    sample_weight: Option<Tensor>,
    mask: Option<Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    let dtype = values.dtype();
    let weights = match mask {
        Some(mask) => Some(masked_weights(sample_weight, mask, dtype, reduction)?),
        None => sample_weight,
    };
    let (values, weights) = match weights {
        Some(weights) => {
            let (values, weights) = same_rank(values, cast(weights, dtype)?, true)?;
            ((values * &weights)?, Some(weights))
        }
        None => (values, None),
    };
    if reduction == Reduction::None || values.rank() == Some(0) || values.shape().to_i64() == Some(vec![0]) {
        return Ok(values);
    }
    let sum = reduce_sum(&values, ())?;
    match (reduction, weights) {
        (Reduction::Sum, _) => Ok(sum),
        (Reduction::MeanWithSampleWeight, Some(weights)) => divide_no_nan(sum, reduce_sum(weights, ())?),
        _ => {
            let number = match values.shape().num_elements() {
                Some(number) => cast(crate::constant(number as i64)?, dtype)?,
                None => cast(size_with(&values, |o| o.out_type(DType::INT32))?, dtype)?,
            };
            divide_no_nan(sum, number)
        }
    }
}
