//! UniformCandidateSampler, LogUniformCandidateSampler, LearnedUnigramCandidateSampler,
//! ThreadUnsafeUnigramCandidateSampler, FixedUnigramCandidateSampler, AllCandidateSampler: random classes, and how often
//! the true ones and these would be expected among them.

use super::draws::Draws;
use super::unigrams::{Fixed, Learned};
use ferroflow_core::philox::{Philox, Singles, unpredictable};
use ferroflow_core::{
    Attrs, Env, Grad, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, bail, ensure, reserve,
};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

macro_rules! samplers {
    ($($constant:ident $name:literal;)*) => {
        $(pub(crate) static $constant: OpDef =
            OpDef { name: $name, shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };)*
    };
}

samplers! {
    ALL_CANDIDATE_SAMPLER "AllCandidateSampler";
    FIXED_UNIGRAM_CANDIDATE_SAMPLER "FixedUnigramCandidateSampler";
    LEARNED_UNIGRAM_CANDIDATE_SAMPLER "LearnedUnigramCandidateSampler";
    LOG_UNIFORM_CANDIDATE_SAMPLER "LogUniformCandidateSampler";
    THREAD_UNSAFE_UNIGRAM_CANDIDATE_SAMPLER "ThreadUnsafeUnigramCandidateSampler";
    UNIFORM_CANDIDATE_SAMPLER "UniformCandidateSampler";
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (sampled, columns) = (cx.int("num_sampled")?, cx.int("num_true")?);
    let classes = cx.input(0);
    if let Some(rank) = classes.rank()
        && rank != 2
    {
        return Err(
            cx.mismatch("true_classes must be a matrix", format!("Shape must be rank 2 but is rank {rank}"))
        );
    }
    if cx.at_run_time() {
        let found = classes.dim(1).unwrap_or(0);
        ensure!(
            found as i64 == columns,
            invalid_argument,
            "true_classes must have num_true columns, expected: {found} was: {columns}"
        );
    }
    let sampled = PartialShape::from_i64(&[sampled])?;
    cx.set(0, sampled.clone());
    cx.set(1, PartialShape::new([classes.dim(0), usize::try_from(columns).ok()]));
    cx.set(2, sampled);
    Ok(())
}

/// How classes are distributed.
enum Distribution {
    /// Every class is given out.
    All,
    Uniform,
    /// Class `n` as likely as `ln((n + 2) / (n + 1))`.
    LogUniform,
    Learned(Learned),
    Fixed(Fixed),
}

/// What the op keeps from run to run.
struct Sampler {
    stream: Philox,
    distribution: Distribution,
}

impl Distribution {
    fn of(op: &str, attrs: &Attrs, range: i64) -> Result<Distribution> {
        Ok(match op {
            "AllCandidateSampler" => Distribution::All,
            "UniformCandidateSampler" => Distribution::Uniform,
            "LogUniformCandidateSampler" => Distribution::LogUniform,
            "FixedUnigramCandidateSampler" => Distribution::Fixed(Fixed::new(attrs, range)?),
            _ => Distribution::Learned(Learned::new(range)?),
        })
    }

    fn sample(&self, draws: &mut Draws, range: i64) -> i64 {
        match self {
            Distribution::All => 0,
            Distribution::Uniform => draws.below(range.unsigned_abs()) as i64,
            Distribution::LogUniform => {
                let value = (draws.double() * (range as f64).ln_1p()).exp() as i64 - 1;
                value.max(0) % range
            }
            Distribution::Learned(learned) => learned.sample(draws),
            Distribution::Fixed(fixed) => fixed.sample(draws),
        }
    }

    fn probability(&self, class: i64, range: i64) -> f32 {
        let position = usize::try_from(class).unwrap_or(usize::MAX);
        match self {
            Distribution::All => 1.0,
            Distribution::Uniform => (1.0 / range as f64) as f32,
            Distribution::LogUniform => {
                let class = class as f64;
                (((class + 2.0) / (class + 1.0)).ln() / (range as f64).ln_1p()) as f32
            }
            Distribution::Learned(learned) => learned.probability(position),
            Distribution::Fixed(fixed) => fixed.probability(position),
        }
    }

    /// Draws until there are enough classes, each a new one if `unique`; also returns the number of draws.
    fn draw(
        &self,
        draws: &mut Draws,
        env: &Env,
        (count, range, unique): (usize, i64, bool),
    ) -> Result<(Vec<i64>, i32)> {
        let mut classes = reserve::<i64>(count)?;
        let (mut used, mut tries) = (HashSet::new(), 0i32);
        while classes.len() < count {
            let Some(next) = tries.checked_add(1).filter(|&tries| tries < i32::MAX) else {
                bail!(internal, "{count} classes could not be drawn in {tries} tries");
            };
            tries = next;
            if tries % 4096 == 0 {
                env.check()?;
            }
            let class = self.sample(draws, range);
            if !unique || used.insert(class) {
                classes.push(class);
            }
        }
        Ok((classes, tries))
    }
}

/// How often a class of this probability is expected in a batch that took so many tries.
fn expected(probability: f32, batch: usize, tries: i32) -> f32 {
    if usize::try_from(tries) == Ok(batch) {
        return probability * batch as f32;
    }
    // 1 - (1 - p) ** tries, without cancellation.
    -(tries as f32 * (-probability).ln_1p()).exp_m1()
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let op = cx.op().name;
    let (sampled, unique) = (cx.int("num_sampled")?, cx.bool("unique")?);
    let range = if op == "AllCandidateSampler" { sampled } else { cx.int("range_max")? };
    ensure!(range > 0, invalid_argument, "range_max must be positive");
    let (seed, seed2) = (cx.int("seed")?, cx.int("seed2")?);
    // What cannot be made is not kept either: the next run fails in the same way.
    let attrs = cx.attrs();
    let cell = cx.state(|| Mutex::new(None::<Sampler>))?;
    let mut cell = cell.lock().unwrap_or_else(PoisonError::into_inner);
    let sampler = match &mut *cell {
        Some(sampler) => sampler,
        empty => {
            let stream = match (seed, seed2) {
                (0, 0) => Philox::new(unpredictable(), unpredictable()),
                _ => Philox::new(seed as u64, seed2 as u64),
            };
            empty.insert(Sampler { stream, distribution: Distribution::of(op, attrs, range)? })
        }
    };
    ensure!(!unique || sampled <= range, invalid_argument, "Sampler's range is too small.");
    let truth = cx.slice::<i64>(0)?;
    if let Some(class) = truth.iter().find(|class| !(0..range).contains(*class)) {
        bail!(invalid_argument, "`true_candidate` out of range [0, {range}), received {class}");
    }
    let count = usize::try_from(sampled).unwrap_or(0);
    let mut draws = Draws(Singles::new(sampler.stream));
    sampler.stream.skip((2048 * count as u64).div_ceil(4));
    let distribution = &sampler.distribution;
    let (classes, expected_truth, expected_sampled) = if let Distribution::All = distribution {
        ((0..sampled).collect(), vec![1.0; truth.len()], vec![1.0; count])
    } else {
        let (classes, tries) = distribution.draw(&mut draws, cx.env(), (count, range, unique))?;
        let counts = |classes: &[i64]| -> Vec<f32> {
            let probability = |&class: &i64| distribution.probability(class, range);
            classes.iter().map(|class| expected(probability(class), count, tries)).collect()
        };
        let counted = (counts(truth), counts(&classes));
        (classes, counted.0, counted.1)
    };
    if let Distribution::Learned(learned) = &mut sampler.distribution {
        learned.learn(truth);
    }
    drop(cell);
    cx.set_elements(0, classes)?;
    cx.set_elements(1, expected_truth)?;
    cx.set_elements(2, expected_sampled)
}
