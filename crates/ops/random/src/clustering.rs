//! KmeansPlusPlusInitialization, KMC2ChainInitialization: points that make good first centres of clusters.

use crate::distribution::unit_f32;
use crate::philox::{Philox, Singles};
use ferroflow_core::{Grad, KernelCtx, NdArray, OpDef, Result, Shape, ShapeCtx, ensure, reserve, shape_fn};
use std::collections::BTreeSet;

/// Single numbers as TensorFlow's simple generator gives them.
struct Simple(Singles);

impl Simple {
    fn new(seed: i64) -> Simple {
        Simple(Singles::new(Philox::new(seed as u64, 0)))
    }

    fn unit(&mut self) -> f32 {
        unit_f32(self.0.next())
    }

    fn word(&mut self) -> u64 {
        let low = u64::from(self.0.next());
        low | u64::from(self.0.next()) << 32
    }

    /// A number below `count`, which is not 0.
    fn below(&mut self, count: u64) -> u64 {
        if count.is_power_of_two() {
            return self.word() & (count - 1);
        }
        // Words below the remainder would make some numbers more likely.
        let rest = u64::MAX % count + 1;
        loop {
            let word = self.word();
            if word >= rest {
                return word % count;
            }
        }
    }
}

fn scalar(cx: &KernelCtx<'_>, index: usize, name: &str) -> Result<i64> {
    let input = cx.input(index)?;
    ensure!(input.rank() == 0, invalid_argument, "Input {name} should be a scalar.");
    cx.int_value(index)
}

fn half_square(point: &[f32]) -> f32 {
    0.5 * point.iter().map(|x| x * x).sum::<f32>()
}

/// Points, and for each how far the nearest chosen one is.
struct Points<'a> {
    rows: Vec<&'a [f32]>,
    half_squares: Vec<f32>,
    distances: Vec<f32>,
    chosen: BTreeSet<usize>,
}

impl Points<'_> {
    /// A point that was not chosen yet: near ones are less likely by the square of their distance.
    fn draw(&self, sums: &[f32], random: &mut Simple) -> usize {
        let count = self.rows.len();
        if self.chosen.is_empty() {
            return random.below(count as u64) as usize;
        }
        let total = sums.last().copied().unwrap_or(0.0);
        // Sums that rounding alone keeps from 0 would have TensorFlow try for ever.
        for _ in 0..1 << 16 {
            let index = if total > 0.0 {
                let bound = random.unit() * total;
                sums.partition_point(|sum| *sum <= bound).min(count - 1)
            } else {
                random.below(count as u64) as usize
            };
            if !self.chosen.contains(&index) {
                return index;
            }
        }
        (0..count).find(|index| !self.chosen.contains(index)).unwrap_or(0)
    }

    /// The distances once this point is chosen, too.
    fn with(&self, index: usize) -> Vec<f32> {
        let (point, own) = (self.rows[index], self.half_squares[index]);
        let places = self.rows.iter().zip(&self.half_squares).zip(&self.distances);
        places
            .map(|((row, half_square), distance)| {
                let product: f32 = row.iter().zip(point).map(|(x, y)| x * y).sum();
                distance.min((half_square - product) + own)
            })
            .collect()
    }
}

fn plus_plus_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let points = cx.input(0)?;
    ensure!(points.rank() == 2, invalid_argument, "Input points should be a matrix.");
    let wanted = scalar(cx, 1, "num_to_sample")?;
    let mut random = Simple::new(scalar(cx, 2, "seed")?);
    let retries = scalar(cx, 3, "num_retries_per_sample")?;
    let (count, width) = (points.shape()[0], points.shape()[1]);
    ensure!(count > 0, invalid_argument, "Expected points.rows() > 0.");
    ensure!(wanted > 0, invalid_argument, "Expected num_to_sample > 0.");
    ensure!(
        wanted <= count as i64,
        invalid_argument,
        "Expected num_to_sample <= points.rows(). {wanted} vs {count}."
    );
    let retries = if retries >= 0 { retries } else { 2 + (wanted as f64).ln() as i64 };
    let elements = points.as_slice::<f32>()?;
    let rows: Vec<&[f32]> = (0..count).map(|row| &elements[row * width..][..width]).collect();
    let half_squares = rows.iter().map(|row| half_square(row)).collect();
    let mut points =
        Points { rows, half_squares, distances: vec![f32::INFINITY; count], chosen: BTreeSet::new() };
    let wanted = wanted as usize;
    let mut sampled = reserve::<f32>(wanted.saturating_mul(width))?;
    for _ in 0..wanted {
        let mut sum = 0.0;
        let sums: Vec<f32> = points
            .distances
            .iter()
            .map(|distance| {
                sum += distance;
                sum
            })
            .collect();
        // Of several candidates the one that leaves all points nearest is taken.
        let (mut best, mut least) = ((0, Vec::new()), f32::INFINITY);
        for _ in 0..=retries {
            cx.env().check()?;
            let index = points.draw(&sums, &mut random);
            let distances = points.with(index);
            let potential = distances.iter().sum::<f32>();
            if potential < least || best.1.is_empty() {
                least = least.min(potential);
                best = (index, distances);
            }
        }
        let (index, distances) = best;
        sampled.extend_from_slice(points.rows[index]);
        points.chosen.insert(index);
        points.distances = distances;
    }
    let shape = Shape::new(&[wanted, width])?;
    let sampled = NdArray::from_shape(shape, sampled)?;
    cx.set(0, sampled)
}

fn chain_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let distances = cx.input(0)?;
    ensure!(distances.rank() == 1, invalid_argument, "Input distances should be a vector.");
    let mut random = Simple::new(scalar(cx, 1, "seed")?);
    let distances = distances.as_slice::<f32>()?;
    let Some(&(mut current)) = distances.first() else {
        ferroflow_core::bail!(invalid_argument, "Expected distances_tensor.size() > 0.")
    };
    let mut selected = 0i64;
    for (index, &candidate) in (0..).zip(distances).skip(1) {
        if candidate > random.unit() * current {
            (selected, current) = (index, candidate);
        }
    }
    cx.set(0, NdArray::scalar(selected))
}

pub(crate) static KMEANS_PLUS_PLUS_INITIALIZATION: OpDef = OpDef {
    name: "KmeansPlusPlusInitialization",
    shape: shape_fn::unknown,
    kernel: Some(plus_plus_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

fn chain_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, Shape::scalar());
    Ok(())
}

pub(crate) static KMC2_CHAIN_INITIALIZATION: OpDef = OpDef {
    name: "KMC2ChainInitialization",
    shape: chain_shape,
    kernel: Some(chain_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
