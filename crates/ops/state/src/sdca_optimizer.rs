//! SdcaOptimizer, SdcaOptimizerV2: a pass of stochastic dual coordinate ascent over the examples of a linear model.
//!
//! TensorFlow visits examples in an order that nobody can foresee, on many threads. Here the order is as unforeseeable, on one.

use crate::op_table::ops;
use crate::sdca_losses::{Loss, Seen};
use ferroflow_core::philox::unpredictable;
use ferroflow_core::{Grad, KernelCtx, NdArray, PartialShape, Result, Shape, ShapeCtx, bail, ensure};
use std::collections::{HashMap, HashSet};

/// Numbers of an example in a group of features: where they stand among the weights, and their values.
type Row = Vec<(usize, f64)>;

/// A group of features.
struct Group {
    rows: Vec<Row>,
    weights: Vec<f32>,
    deltas: Vec<f32>,
    /// Whether sums are taken in 32 bits.
    is_dense: bool,
}

/// What is known of a model at an example.
struct Prediction {
    /// With the weights as they are by now.
    now: f64,
    /// With the weights as they were given.
    before: f64,
}

struct Model {
    groups: Vec<Group>,
    loss: Loss,
    shrinkage: f64,
    l2: f64,
    partitions: f64,
}

impl Model {
    fn predict(&self, example: usize) -> Prediction {
        let mut found = Prediction { now: 0.0, before: 0.0 };
        for group in &self.groups {
            let Group { weights, deltas, .. } = group;
            if group.is_dense {
                let shrunk = |weight: f32| {
                    let sign = if weight == 0.0 { 0.0 } else { weight.signum() };
                    sign * (weight.abs() - self.shrinkage as f32).max(0.0)
                };
                let (mut now, mut before) = (0.0f32, 0.0f32);
                for &(at, value) in &group.rows[example] {
                    before += value as f32 * shrunk(weights[at]);
                    now += value as f32 * shrunk(weights[at] + deltas[at] * self.partitions as f32);
                }
                found.before += f64::from(before);
                found.now += f64::from(now);
                continue;
            }
            let shrunk = |weight: f64| (weight.abs() - self.shrinkage).max(0.0).copysign(weight);
            for &(at, value) in &group.rows[example] {
                let weight = f64::from(weights[at]);
                found.before += value * shrunk(weight);
                found.now += value * shrunk(weight + f64::from(deltas[at]) * self.partitions);
            }
        }
        found
    }

    fn squared_norm(&self, example: usize) -> f64 {
        let rows = self.groups.iter().flat_map(|group| &group.rows[example]);
        rows.map(|(_, value)| value * value).sum()
    }

    /// Moves the weights by an example's features.
    fn step(&mut self, example: usize, size: f64) {
        for group in &mut self.groups {
            for &(at, value) in &group.rows[example] {
                let delta = &mut group.deltas[at];
                *delta = match group.is_dense {
                    true => *delta + value as f32 * size as f32,
                    false => (f64::from(*delta) + value * size) as f32,
                };
            }
        }
    }
}

/// A number from 0 to 1 that nobody can foresee.
fn chance() -> f64 {
    (unpredictable() >> 11) as f64 / (1u64 << 53) as f64
}

fn shuffled(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        order.swap(at, (unpredictable() % (at as u64 + 1)) as usize);
    }
    order
}

/// As many examples as there are, those drawn more often from which more is to be learnt: each time that one was drawn makes it
/// ten times less likely. Where too many draws were in vain, the others follow, the likeliest first.
fn drawn(chances: &[f64]) -> Vec<usize> {
    let count = chances.len();
    let mut total = 0.0;
    let running = |chance: &f64| {
        total += chance;
        total
    };
    let sums: Vec<f64> = chances.iter().map(running).collect();
    let mut times = vec![0i32; count];
    let (mut order, mut vain) = (Vec::with_capacity(count), 0);
    while order.len() < count && vain < count && total.is_finite() {
        let point = chance() * total;
        let picked = sums.partition_point(|sum| *sum <= point);
        match times.get_mut(picked) {
            Some(times) if chance() <= 0.1f64.powi(*times) => {
                *times += 1;
                order.push(picked);
            }
            _ => vain += 1,
        }
    }
    let mut others: Vec<usize> = (0..count).filter(|example| times[*example] == 0).collect();
    others.sort_by(|a, b| chances[*b].total_cmp(&chances[*a]));
    let missing = count - order.len();
    order.extend(others.into_iter().take(missing));
    order
}

/// The values of sparse features, example by example: those of an example stand together, in the order of examples.
fn sparse_group(
    count: usize,
    [examples, features]: [&NdArray; 2],
    values: Option<&NdArray>,
    [indices, weights]: [&NdArray; 2],
) -> Result<Group> {
    let (examples, features) = (examples.as_slice::<i64>()?, features.as_slice::<i64>()?);
    ensure!(
        examples.len() == features.len(),
        invalid_argument,
        "Found mismatched example_indices and feature_indices [{}] vs [{}]",
        words(examples),
        words(features)
    );
    let values = values.map(|values| values.as_slice::<f32>()).transpose()?;
    ensure!(
        values.is_none_or(|values| values.len() == features.len()),
        invalid_argument,
        "Found {} feature values for {} feature_indices",
        values.map_or(0, <[f32]>::len),
        features.len()
    );
    let weights = weights.as_slice::<f32>()?.to_vec();
    let places: HashMap<i64, usize> =
        indices.as_slice::<i64>()?.iter().copied().zip(0..weights.len()).collect();
    let mut at = 0usize;
    let mut rows = Vec::with_capacity(count);
    for example in 0..count {
        let mut row = Row::new();
        let mut known = HashSet::new();
        while examples.get(at).is_some_and(|found| usize::try_from(*found) == Ok(example)) {
            let feature = features[at];
            let Some(&place) = places.get(&feature) else {
                bail!(invalid_argument, "Found sparse feature indices out of valid range: {feature}");
            };
            ensure!(known.insert(feature), invalid_argument, "Duplicate index in sparse vector.");
            row.push((place, values.map_or(1.0, |values| f64::from(values[at]))));
            at += 1;
        }
        rows.push(row);
    }
    Ok(Group { rows, deltas: vec![0.0; weights.len()], weights, is_dense: false })
}

fn words(numbers: &[i64]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<String>>().join(" ")
}

fn dense_group(count: usize, at: usize, features: &NdArray, weights: &NdArray) -> Result<Group> {
    let &[height, width] = features.shape().dims() else {
        bail!(
            invalid_argument,
            "Dense features at index {at} must be rank 2 but is rank {}",
            features.rank()
        );
    };
    let weights = weights.as_slice::<f32>()?.to_vec();
    ensure!(
        (1..=weights.len()).contains(&width),
        invalid_argument,
        "More dense features than we have parameters for: {width}"
    );
    ensure!(
        height >= count,
        invalid_argument,
        "Dense features at index {at} have {height} rows for {count} examples"
    );
    let rows = features.as_slice::<f32>()?.chunks_exact(width).take(count);
    let rows = rows.map(|row| row.iter().map(|value| f64::from(*value)).enumerate().collect()).collect();
    Ok(Group { rows, deltas: vec![0.0; weights.len()], weights, is_dense: true })
}

fn model(cx: &KernelCtx<'_>, count: usize) -> Result<Model> {
    let list = |position: usize| -> Result<Vec<NdArray>> { Ok(cx.inputs()[cx.arg(position)?].to_vec()) };
    let (examples, features, values, dense) = (list(0)?, list(1)?, list(2)?, list(3)?);
    let (indices, weights, dense_weights) = (list(6)?, list(7)?, list(8)?);
    let mut groups = Vec::with_capacity(examples.len() + dense.len());
    for at in 0..examples.len() {
        let group =
            sparse_group(count, [&examples[at], &features[at]], values.get(at), [&indices[at], &weights[at]]);
        groups.push(group?);
    }
    for (at, (features, weights)) in dense.iter().zip(&dense_weights).enumerate() {
        groups.push(dense_group(count, at, features, weights)?);
    }
    let (l1, l2) = (cx.float("l1")?, cx.float("l2")?);
    Ok(Model {
        groups,
        loss: Loss::named(cx.str("loss_type")?)?,
        shrinkage: f64::from(l1 / l2),
        l2: f64::from(l2),
        partitions: cx.int("num_loss_partitions")? as f64,
    })
}

fn optimize(cx: &mut KernelCtx<'_>, is_adaptive: bool) -> Result<()> {
    let (sparse, dense) = (cx.arg(0)?.len(), cx.arg(3)?.len());
    ensure!(sparse + dense > 0, invalid_argument, "Requires at least one feature to train.");
    let input = |position: usize| -> Result<&NdArray> { cx.input(cx.arg(position)?.start) };
    let (weights, labels, state) = (input(4)?, input(5)?, input(9)?.clone());
    let count = weights.len();
    ensure!(
        labels.len() == count,
        invalid_argument,
        "Expected {count} example labels but got {}",
        labels.len()
    );
    let (weights, labels) = (weights.as_slice::<f32>()?.to_vec(), labels.as_slice::<f32>()?.to_vec());
    let mut model = model(cx, count)?;
    ensure!(
        *state.shape() == Shape::new(&[count, 4])?,
        invalid_argument,
        "Expected shape [{count},4] for example_state_data, got {}",
        state.shape()
    );
    let labels = labels.iter().map(|label| model.loss.label(*label)).collect::<Result<Vec<f64>>>()?;
    let mut states = state.as_slice::<f32>()?.to_vec();
    let order = match is_adaptive {
        false => shuffled(count),
        true => {
            let chance = |example: usize| {
                let slope = model.loss.slope(model.predict(example).now, labels[example]);
                let learnt = f64::from(states[4 * example]) + slope;
                let norm = model.squared_norm(example) + model.l2 * model.loss.smoothness();
                f64::from(weights[example]) * norm.sqrt() * learnt.abs()
            };
            drawn(&(0..count).map(chance).collect::<Vec<f64>>())
        }
    };
    for example in order {
        let (weight, label) = (f64::from(weights[example]), labels[example]);
        let Prediction { now, before } = model.predict(example);
        let dual = f64::from(states[4 * example]);
        let norm = model.squared_norm(example) / model.l2;
        let curvature = model.partitions * norm * weight;
        let best = model.loss.best_dual(&Seen { label, wx: now, dual, curvature });
        model.step(example, (best - dual) * weight / model.l2);
        let lost = model.loss.dual(dual, label);
        // A bound is no cost, so no weight makes it larger.
        let lost = if lost == f64::MAX { lost } else { lost * weight };
        let primal = model.loss.primal(before, label) * weight;
        let new = [best as f32, primal as f32, lost as f32, weights[example]];
        states[4 * example..4 * example + 4].copy_from_slice(&new);
    }
    cx.set(0, NdArray::from_shape(state.shape().clone(), states)?)?;
    let first = cx.arg(7)?.start;
    let shapes: Vec<Shape> =
        cx.inputs()[first..first + sparse + dense].iter().map(|w| w.shape().clone()).collect();
    for (at, (group, shape)) in model.groups.into_iter().zip(shapes).enumerate() {
        cx.set(at + 1, NdArray::from_shape(shape, group.deltas)?)?;
    }
    Ok(())
}

fn first_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    // TensorFlow's spelling.
    let is_adaptive = cx.bool("adaptative")?;
    optimize(cx, is_adaptive)
}

fn second_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let is_adaptive = cx.bool("adaptive")?;
    optimize(cx, is_adaptive)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, PartialShape::new([None, Some(4)]));
    let weights = cx.arg(7)?.chain(cx.arg(8)?);
    for (output, input) in (1..).zip(weights) {
        cx.set(output, cx.input(input));
    }
    Ok(())
}

ops! {
    grad: Grad::None;
    SDCA_OPTIMIZER "SdcaOptimizer" shape, first_kernel;
    SDCA_OPTIMIZER_V2 "SdcaOptimizerV2" shape, second_kernel;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_chance_follows_what_has_one() {
        for _ in 0..100 {
            let order = drawn(&[0.0, 1.0, 0.0, 3.0]);
            assert_eq!(order.len(), 4);
            let hopeless = order.iter().position(|example| matches!(example, 0 | 2)).unwrap_or(4);
            assert!(order[..hopeless].contains(&1) && order[..hopeless].contains(&3), "{order:?}");
        }
    }

    #[test]
    fn many_examples_are_drawn_as_often_as_their_chances_say() {
        let chances: Vec<f64> = (0..300_000).map(|example| f64::from(example % 3)).collect();
        let order = drawn(&chances);
        let firsts = &order[..10_000];
        let twos = firsts.iter().filter(|example| *example % 3 == 2).count();
        assert!(order.len() == 300_000 && (6_300..7_000).contains(&twos), "{twos}");
    }
}
