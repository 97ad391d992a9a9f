//! Clipping gradients before they are applied.

use crate::math::{maximum, minimum, reduce_sum, reduce_sum_with, sqrt, square};
use ferroflow_core::{DType, Result, Tensor};
use ferroflow_ops_array::{ones_like, where_select};

/// How gradients are clipped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clip {
    /// Each to this norm.
    Norm(f64),
    /// All together to this norm.
    GlobalNorm(f64),
    /// Each element to this absolute value.
    Value(f64),
}

impl Clip {
    pub(super) fn apply(self, gradients: Vec<Tensor>) -> Result<Vec<Tensor>> {
        match self {
            Clip::Norm(limit) => gradients.iter().map(|gradient| to_norm(gradient, limit)).collect(),
            Clip::GlobalNorm(limit) => to_global_norm(&gradients, limit),
            Clip::Value(limit) => {
                gradients.into_iter().map(|gradient| minimum(maximum(gradient, -limit)?, limit)).collect()
            }
        }
    }
}

fn to_norm(gradient: &Tensor, limit: f64) -> Result<Tensor> {
    let sum = reduce_sum_with(square(gradient)?, (), |o| o.keepdims(true))?;
    // The root of zero has no derivative.
    let positive = crate::greater(&sum, 0.0)?;
    let safe = where_select(&positive, &sum, ones_like(&sum)?)?;
    let norm = where_select(positive, sqrt(safe)?, sum)?;
    (gradient * limit)? / maximum(norm, limit)?
}

fn to_global_norm(gradients: &[Tensor], limit: f64) -> Result<Vec<Tensor>> {
    let mut squares = Vec::new();
    for gradient in gradients {
        let gradient = match gradient.dtype() {
            DType::FLOAT32 => gradient.clone(),
            _ => crate::cast(gradient, DType::FLOAT32)?,
        };
        squares.push(reduce_sum(square(gradient)?, ())?);
    }
    let norm = sqrt(reduce_sum(crate::stack(squares)?, ())?)?;
    let scale = (minimum((1.0 / &norm)?, 1.0 / limit)? * limit)?;
    // A norm that is not finite makes every gradient NaN.
    let finite = crate::math::is_finite(&norm)?;
    let scale = where_select(finite, scale, f64::NAN)?;
    gradients.iter().map(|gradient| gradient * crate::cast(&scale, gradient.dtype())?).collect()
}
