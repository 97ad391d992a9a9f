//! Learning rates that change with the number of the step (`tf.keras.optimizers.schedules`).

use crate::math::{ceil, cos, divide, floor, log, minimum, pow};
use crate::{cast, cond, equal, less};
use ferroflow_core::{DType, Result, Tensor, bail, convert_to_tensor, ensure};
use ferroflow_ops_array::where_select;
use std::f64::consts::PI;
use std::sync::Arc;

/// A learning rate: fixed, or a function of the number of steps taken.
#[derive(Clone)]
pub enum LearningRate {
    /// The same in every step, until it is set.
    Fixed(f64),
    /// One that changes.
    Schedule(Arc<dyn LearningRateSchedule>),
}

impl LearningRate {
    /// The rate after this many steps.
    pub(super) fn at(&self, step: Tensor) -> Result<Tensor> {
        match self {
            LearningRate::Fixed(rate) => float(*rate),
            LearningRate::Schedule(schedule) => schedule.at(&step),
        }
    }
}

impl From<f64> for LearningRate {
    fn from(rate: f64) -> LearningRate {
        LearningRate::Fixed(rate)
    }
}

impl<S: LearningRateSchedule + 'static> From<S> for LearningRate {
    fn from(schedule: S) -> LearningRate {
        LearningRate::Schedule(Arc::new(schedule))
    }
}

/// A learning rate that changes with the number of steps taken.
pub trait LearningRateSchedule: Send + Sync {
    /// The rate after this many steps, as `float32`.
    ///
    /// # Errors
    /// Those of the graph in force.
    fn at(&self, step: &Tensor) -> Result<Tensor>;
}

fn float(value: f64) -> Result<Tensor> {
    convert_to_tensor(value, Some(DType::FLOAT32))
}

fn step_of(step: &Tensor) -> Result<Tensor> {
    cast(step, DType::FLOAT32)
}

fn check_steps(name: &str, steps: i64) -> Result<()> {
    ensure!(steps > 0, value, "Argument `{name}` must be > 0. Received: {name}={steps}");
    Ok(())
}

/// `initial_learning_rate * decay_rate ^ (step / decay_steps)`.
#[derive(Clone, Debug)]
pub struct ExponentialDecay {
    initial_learning_rate: f64,
    decay_steps: i64,
    decay_rate: f64,
    staircase: bool,
}

impl ExponentialDecay {
    /// A rate that is multiplied by `decay_rate` every `decay_steps` steps, smoothly.
    ///
    /// # Errors
    /// `ValueError` for a number of steps that is not positive.
    pub fn new(initial_learning_rate: f64, decay_steps: i64, decay_rate: f64) -> Result<ExponentialDecay> {
        check_steps("decay_steps", decay_steps)?;
        Ok(ExponentialDecay { initial_learning_rate, decay_steps, decay_rate, staircase: false })
    }

    /// Whether the rate falls at once after `decay_steps` steps, not smoothly.
    pub fn staircase(mut self, staircase: bool) -> ExponentialDecay {
        self.staircase = staircase;
        self
    }
}

/// How many times `decay_steps` have passed.
fn periods(step: &Tensor, decay_steps: i64, staircase: bool) -> Result<Tensor> {
    let passed = (step_of(step)? / decay_steps as f64)?;
    if staircase { floor(passed) } else { Ok(passed) }
}

impl LearningRateSchedule for ExponentialDecay {
    fn at(&self, step: &Tensor) -> Result<Tensor> {
        let passed = periods(step, self.decay_steps, self.staircase)?;
        float(self.initial_learning_rate)? * pow(float(self.decay_rate)?, passed)?
    }
}

/// `initial_learning_rate / (1 + decay_rate * step / decay_steps)`.
#[derive(Clone, Debug)]
pub struct InverseTimeDecay {
    initial_learning_rate: f64,
    decay_steps: i64,
    decay_rate: f64,
    staircase: bool,
}

impl InverseTimeDecay {
    /// A rate that falls with the inverse of the steps.
    ///
    /// # Errors
    /// `ValueError` for a number of steps that is not positive.
    pub fn new(initial_learning_rate: f64, decay_steps: i64, decay_rate: f64) -> Result<InverseTimeDecay> {
        check_steps("decay_steps", decay_steps)?;
        Ok(InverseTimeDecay { initial_learning_rate, decay_steps, decay_rate, staircase: false })
    }

    /// Whether the rate falls at once after `decay_steps` steps, not smoothly.
    pub fn staircase(mut self, staircase: bool) -> InverseTimeDecay {
        self.staircase = staircase;
        self
    }
}

impl LearningRateSchedule for InverseTimeDecay {
    fn at(&self, step: &Tensor) -> Result<Tensor> {
        let passed = periods(step, self.decay_steps, self.staircase)?;
        divide(float(self.initial_learning_rate)?, ((passed * self.decay_rate)? + 1.0)?)
    }
}

/// One rate up to each boundary, and one after the last.
#[derive(Clone, Debug)]
pub struct PiecewiseConstantDecay {
    boundaries: Vec<i64>,
    values: Vec<f64>,
}

impl PiecewiseConstantDecay {
    /// `values[i]` up to and with step `boundaries[i]`; the last value after the last boundary.
    ///
    /// # Errors
    /// `ValueError` unless there is one value more than there are boundaries, and a boundary.
    pub fn new(boundaries: Vec<i64>, values: Vec<f64>) -> Result<PiecewiseConstantDecay> {
        if boundaries.is_empty() || boundaries.len() + 1 != values.len() {
            bail!(
                value,
                "The length of boundaries should be 1 less than the length of values. Received: \
                 boundaries={boundaries:?} of length {}, and values={values:?} of length {}.",
                boundaries.len(),
                values.len()
            );
        }
        Ok(PiecewiseConstantDecay { boundaries, values })
    }
}

impl LearningRateSchedule for PiecewiseConstantDecay {
    fn at(&self, step: &Tensor) -> Result<Tensor> {
        let step = cast(step, DType::INT64)?;
        let mut rate = float(self.values.last().copied().unwrap_or(0.0))?;
        for (boundary, value) in self.boundaries.iter().zip(&self.values).rev() {
            rate = where_select(crate::less_equal(&step, *boundary)?, float(*value)?, rate)?;
        }
        Ok(rate)
    }
}

/// A polynomial from one rate to another.
#[derive(Clone, Debug)]
pub struct PolynomialDecay {
    initial_learning_rate: f64,
    decay_steps: i64,
    end_learning_rate: f64,
    power: f64,
    cycle: bool,
}

impl PolynomialDecay {
    /// A rate that falls on a line to 0.0001 in `decay_steps` steps.
    ///
    /// # Errors
    /// `ValueError` for a number of steps that is not positive.
    pub fn new(initial_learning_rate: f64, decay_steps: i64) -> Result<PolynomialDecay> {
        check_steps("decay_steps", decay_steps)?;
        let (end_learning_rate, power, cycle) = (0.0001, 1.0, false);
        Ok(PolynomialDecay { initial_learning_rate, decay_steps, end_learning_rate, power, cycle })
    }

    /// The rate at the end.
    pub fn end_learning_rate(mut self, rate: f64) -> PolynomialDecay {
        self.end_learning_rate = rate;
        self
    }

    /// The power of the polynomial.
    pub fn power(mut self, power: f64) -> PolynomialDecay {
        self.power = power;
        self
    }

    /// Whether the rate rises again after the end.
    pub fn cycle(mut self, cycle: bool) -> PolynomialDecay {
        self.cycle = cycle;
        self
    }
}

impl LearningRateSchedule for PolynomialDecay {
    fn at(&self, step: &Tensor) -> Result<Tensor> {
        let (mut step, mut steps) = (step_of(step)?, float(self.decay_steps as f64)?);
        if self.cycle {
            let cycles = ceil((&step / self.decay_steps as f64)?)?;
            steps = (steps * where_select(equal(&step, 0.0)?, 1.0, cycles)?)?;
        } else {
            step = minimum(step, &steps)?;
        }
        let left = (1.0 - divide(step, steps)?)?;
        let (initial, end) = (float(self.initial_learning_rate)?, float(self.end_learning_rate)?);
        ((initial - &end)? * pow(left, float(self.power)?)?)? + end
    }
}

/// Half a cosine, after a linear warm-up where one is asked for (Loshchilov and Hutter 2016).
#[derive(Clone, Debug)]
pub struct CosineDecay {
    initial_learning_rate: f64,
    decay_steps: i64,
    alpha: f64,
    warmup: Option<(f64, i64)>,
}

impl CosineDecay {
    /// A rate that falls to 0 in `decay_steps` steps.
    ///
    /// # Errors
    /// `ValueError` for a number of steps that is not positive.
    pub fn new(initial_learning_rate: f64, decay_steps: i64) -> Result<CosineDecay> {
        check_steps("decay_steps", decay_steps)?;
        Ok(CosineDecay { initial_learning_rate, decay_steps, alpha: 0.0, warmup: None })
    }

    /// The least rate, as a share of the first.
    pub fn alpha(mut self, alpha: f64) -> CosineDecay {
        self.alpha = alpha;
        self
    }

    /// Rises to `target` in `steps` steps first.
    pub fn warmup(mut self, target: f64, steps: i64) -> CosineDecay {
        self.warmup = Some((target, steps));
        self
    }

    fn decay(&self, step: &Tensor, from: f64) -> Result<Tensor> {
        let fraction = divide(step, float(self.decay_steps as f64)?)?;
        let cosine = ((cos((fraction * PI)?)? + 1.0)? * 0.5)?;
        float(from)? * ((cosine * (1.0 - self.alpha))? + self.alpha)?
    }
}

impl LearningRateSchedule for CosineDecay {
    fn at(&self, step: &Tensor) -> Result<Tensor> {
        let (step, initial) = (step_of(step)?, self.initial_learning_rate);
        let Some((target, warmup_steps)) = self.warmup else {
            return self.decay(&minimum(step, self.decay_steps as f64)?, initial);
        };
        let step = minimum(step, (self.decay_steps + warmup_steps) as f64)?;
        let rise = (float(target)? - float(initial)?)?;
        cond(
            less(&step, warmup_steps as f64),
            || (&rise * (&step / warmup_steps as f64)?)? + initial,
            || self.decay(&(&step - warmup_steps as f64)?, target),
        )
    }
}

/// Half cosines one after the other, each longer and lower than the last (SGDR; Loshchilov and Hutter 2016).
#[derive(Clone, Debug)]
pub struct CosineDecayRestarts {
    initial_learning_rate: f64,
    first_decay_steps: i64,
    t_mul: f64,
    m_mul: f64,
    alpha: f64,
}

impl CosineDecayRestarts {
    /// Restarts of twice the length each, at the same rate.
    ///
    /// # Errors
    /// `ValueError` for a number of steps that is not positive.
    pub fn new(initial_learning_rate: f64, first_decay_steps: i64) -> Result<CosineDecayRestarts> {
        check_steps("first_decay_steps", first_decay_steps)?;
        let (t_mul, m_mul, alpha) = (2.0, 1.0, 0.0);
        Ok(CosineDecayRestarts { initial_learning_rate, first_decay_steps, t_mul, m_mul, alpha })
    }

    /// By what each restart is longer than the one before.
    pub fn t_mul(mut self, t_mul: f64) -> CosineDecayRestarts {
        self.t_mul = t_mul;
        self
    }

    /// By what each restart begins at another rate than the one before.
    pub fn m_mul(mut self, m_mul: f64) -> CosineDecayRestarts {
        self.m_mul = m_mul;
        self
    }

    /// The least rate, as a share of the first.
    pub fn alpha(mut self, alpha: f64) -> CosineDecayRestarts {
        self.alpha = alpha;
        self
    }

    /// Which restart it is, and what share of it has passed.
    fn place(&self, passed: Tensor) -> Result<(Tensor, Tensor)> {
        if self.t_mul == 1.0 {
            let restart = floor(&passed)?;
            let fraction = (passed - &restart)?;
            return Ok((restart, fraction));
        }
        let t_mul = float(self.t_mul)?;
        // Lengths are a geometric series: its sum so far tells the restart.
        let grown = (1.0 - (&passed * (1.0 - &t_mul)?)?)?;
        let restart = floor((log(grown)? / log(&t_mul)?)?)?;
        let length = pow(&t_mul, &restart)?;
        let before = divide((1.0 - &length)?, (1.0 - t_mul)?)?;
        Ok((restart, divide((passed - before)?, length)?))
    }
}

impl LearningRateSchedule for CosineDecayRestarts {
    fn at(&self, step: &Tensor) -> Result<Tensor> {
        let passed = (step_of(step)? / self.first_decay_steps as f64)?;
        let (restart, fraction) = self.place(passed)?;
        let height = (pow(float(self.m_mul)?, restart)? * 0.5)?;
        let cosine = (height * (cos((fraction * PI)?)? + 1.0)?)?;
        let alpha = float(self.alpha)?;
        let decayed = (((1.0 - &alpha)? * cosine)? + alpha)?;
        float(self.initial_learning_rate)? * decayed
    }
}
