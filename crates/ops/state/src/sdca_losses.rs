//! The losses that SdcaOptimizer knows: the best dual variable of an example, and what an example costs.

use ferroflow_core::{Result, bail, ensure};

/// Steps of Newton's method; it converges quadratically.
const NEWTON_STEPS: usize = 10;

#[derive(Clone, Copy)]
pub(crate) enum Loss {
    Logistic,
    Squared,
    Hinge,
    SmoothHinge,
    Poisson,
}

/// An example as a loss sees it.
pub(crate) struct Seen {
    pub(crate) label: f64,
    /// What the model says of it.
    pub(crate) wx: f64,
    pub(crate) dual: f64,
    /// How much of a change of the dual variable comes back: partitions times weight times squared norm over l2.
    pub(crate) curvature: f64,
}

impl Loss {
    pub(crate) fn named(name: &str) -> Result<Loss> {
        Ok(match name {
            "logistic_loss" => Loss::Logistic,
            "squared_loss" => Loss::Squared,
            "hinge_loss" => Loss::Hinge,
            "smooth_hinge_loss" => Loss::SmoothHinge,
            "poisson_loss" => Loss::Poisson,
            _ => bail!(invalid_argument, "Unsupported loss type: {name}"),
        })
    }

    /// The label as the formulas want it: classes are -1 and 1.
    pub(crate) fn label(self, label: f32) -> Result<f64> {
        match self {
            Loss::Squared => {}
            Loss::Poisson => ensure!(
                // TensorFlow goes on with what is no number.
                label.is_nan() || label >= 0.0,
                invalid_argument,
                "Only non-negative labels can be used with the Poisson log loss. Found example with label: {}",
                cpp(label)
            ),
            Loss::Logistic | Loss::Hinge | Loss::SmoothHinge => {
                ensure!(
                    label == 0.0 || label == 1.0,
                    invalid_argument,
                    "Only labels of 0.0 or 1.0 are supported right now. Found example with label: {}",
                    cpp(label)
                );
                return Ok(if label == 0.0 { -1.0 } else { 1.0 });
            }
        }
        Ok(label.into())
    }

    /// The dual variable that is best while all others stay.
    pub(crate) fn best_dual(self, seen: &Seen) -> f64 {
        let &Seen { label, wx, dual, curvature } = seen;
        match self {
            Loss::Logistic => {
                let mut x = 0.0f64;
                for _ in 0..NEWTON_STEPS {
                    let tanh = x.tanh();
                    let above = -2.0 * label * x - wx - curvature * (0.5 * (1.0 + tanh) / label - dual);
                    let below = -2.0 * label - curvature * (1.0 - tanh * tanh) * 0.5 / label;
                    x -= above / below;
                }
                0.5 * (1.0 + x.tanh()) / label
            }
            Loss::Squared => dual + (label - dual - wx) / (1.0 + curvature),
            Loss::Hinge => bounded(dual + (label - wx) / curvature, label),
            Loss::SmoothHinge => bounded(dual + (label - wx - dual) / (curvature + 1.0), label),
            Loss::Poisson => {
                let rest = label - dual;
                let mut x = if rest > 0.0 { rest.ln() } else { 0.0 };
                for _ in 0..NEWTON_STEPS {
                    let exp = x.exp();
                    x -= (x - wx - curvature * (rest - exp)) / (1.0 + curvature * exp);
                }
                label - x.exp()
            }
        }
    }

    /// What an example costs by what the model says of it.
    pub(crate) fn primal(self, wx: f64, label: f64) -> f64 {
        let ywx = label * wx;
        match self {
            Loss::Logistic if ywx > 0.0 => (-ywx).exp().ln_1p(),
            Loss::Logistic => ywx.exp().ln_1p() - ywx,
            Loss::Squared => (wx - label) * (wx - label) * 0.5,
            Loss::Hinge => (1.0 - ywx).max(0.0),
            Loss::SmoothHinge if ywx >= 1.0 => 0.0,
            Loss::SmoothHinge if ywx <= 0.0 => 0.5 - ywx,
            Loss::SmoothHinge => (1.0 - ywx) * (1.0 - ywx) * 0.5,
            Loss::Poisson => wx.exp() - wx * label,
        }
    }

    /// What an example costs by its dual variable.
    pub(crate) fn dual(self, dual: f64, label: f64) -> f64 {
        let (part, rest) = (dual * label, label - dual);
        let log = |value: f64| if value > 0.0 { value.ln() } else { 0.0 };
        match self {
            Loss::Logistic => part * log(part) + (1.0 - part) * log(1.0 - part),
            Loss::Squared => dual * (0.5 * dual - label),
            Loss::Hinge | Loss::SmoothHinge if !(0.0..=1.0).contains(&part) => f64::MAX,
            Loss::Hinge => -part,
            Loss::SmoothHinge => -part + 0.5 * dual * dual,
            Loss::Poisson if rest == 0.0 => 0.0,
            Loss::Poisson if rest < 0.0 => f64::MAX,
            Loss::Poisson => rest * (rest.ln() - 1.0),
        }
    }

    /// How fast the cost falls as the model says more.
    pub(crate) fn slope(self, wx: f64, label: f64) -> f64 {
        let ywx = label * wx;
        match self {
            Loss::Logistic if ywx > 0.0 => (-ywx).exp() / (1.0 + (-ywx).exp()) * label,
            Loss::Logistic => label / (1.0 + ywx.exp()),
            Loss::Squared => label - wx,
            Loss::Hinge => {
                if ywx < 1.0 {
                    label
                } else {
                    0.0
                }
            }
            Loss::SmoothHinge if ywx >= 1.0 => 0.0,
            Loss::SmoothHinge if ywx <= 0.0 => label,
            Loss::SmoothHinge => label - wx,
            Loss::Poisson => wx.exp() - label,
        }
    }

    /// How smooth the loss is; the smoother, the less examples of small norm are left out.
    pub(crate) fn smoothness(self) -> f64 {
        match self {
            Loss::Logistic => 4.0,
            Loss::Hinge => 0.0,
            Loss::Squared | Loss::SmoothHinge | Loss::Poisson => 1.0,
        }
    }
}

/// A number in six digits, as C++ prints it.
fn cpp(number: f32) -> String {
    let text = format!("{number:.5e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text.to_lowercase() };
    match exponent.parse::<i32>() {
        Ok(-4..=5) | Err(_) => text.parse::<f64>().map_or(text, |rounded| rounded.to_string()),
        Ok(exponent) => {
            let digits = digits.trim_end_matches('0').trim_end_matches('.');
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
    }
}

/// A dual variable between zero and the label.
fn bounded(dual: f64, label: f64) -> f64 {
    match label * dual {
        part if part < 0.0 => 0.0,
        part if part > 1.0 => label,
        _ => dual,
    }
}
