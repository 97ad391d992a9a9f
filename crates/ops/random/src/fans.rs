//! How widely the initial numbers of a layer's weights spread: what both facades' `VarianceScaling` goes by.

/// What the variance is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanMode {
    /// The number of inputs of each output.
    FanIn,
    /// The number of outputs of each input.
    FanOut,
    /// The mean of both.
    FanAvg,
}

/// What the numbers are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// A normal distribution cut off at two standard deviations; v1 also calls it `normal`.
    TruncatedNormal,
    /// A normal distribution.
    UntruncatedNormal,
    /// A uniform distribution around zero.
    Uniform,
}

/// The standard deviation of the standard normal distribution cut off at -2 and 2.
const DEVIATION_OF_TRUNCATED: f64 = 0.879_625_661_034_239_8;

impl FanMode {
    /// The scale over the number of inputs and outputs that weights of this shape connect.
    fn variance(self, scale: f64, shape: &[usize]) -> f64 {
        let (fan_in, fan_out) = fans(shape);
        let fan = match self {
            FanMode::FanIn => fan_in,
            FanMode::FanOut => fan_out,
            FanMode::FanAvg => (fan_in + fan_out) / 2.0,
        };
        scale / fan.max(1.0)
    }
}

impl Distribution {
    /// What to draw weights of this shape with so that their variance is the scale over the fan: a standard deviation, or the
    /// limit of uniform numbers.
    ///
    /// Source: `tf.compat.v1.variance_scaling_initializer`, `tf.keras.initializers.VarianceScaling`.
    pub fn spread(self, scale: f64, mode: FanMode, shape: &[usize]) -> f64 {
        let variance = mode.variance(scale, shape);
        match self {
            Distribution::TruncatedNormal => variance.sqrt() / DEVIATION_OF_TRUNCATED,
            Distribution::UntruncatedNormal => variance.sqrt(),
            Distribution::Uniform => (3.0 * variance).sqrt(),
        }
    }
}

/// How many inputs each output has, and how many outputs each input, for weights of this shape.
fn fans(shape: &[usize]) -> (f64, f64) {
    match shape {
        [] => (1.0, 1.0),
        [size] => (*size as f64, *size as f64),
        [window @ .., inputs, outputs] => {
            let window: f64 = window.iter().map(|&size| size as f64).product();
            (*inputs as f64 * window, *outputs as f64 * window)
        }
    }
}
