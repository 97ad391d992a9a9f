//! Distributions given by a weight for each class: one that learns its weights, and one that has them fixed.

use super::draws::Draws;
use ferroflow_core::{Attrs, Error, Result, bail, ensure, reserve, zeroed};

/// Whole weights that can grow, 1 at first; partial sums in a tree make both growing and picking quick.
pub(crate) struct Learned {
    weights: Vec<i32>,
    /// At `i`, one based, the sum of the weights that end there and are as many as the lowest bit of `i`.
    sums: Vec<i32>,
    total: i32,
}

impl Learned {
    /// # Errors
    /// `InvalidArgument` for more classes than weights can be counted, `ResourceExhausted` without the memory.
    pub(crate) fn new(range: i64) -> Result<Learned> {
        let total = i32::try_from(range).ok().filter(|&total| total > 0 && total < i32::MAX);
        let Some(total) = total else {
            bail!(
                invalid_argument,
                "range_max must be less than {} for unigram samplers, got {range}",
                i32::MAX
            );
        };
        let count = total as usize;
        let (mut weights, mut sums) = (zeroed::<i32>(count)?, zeroed::<i32>(count + 1)?);
        weights.fill(1);
        for (at, sum) in sums.iter_mut().enumerate().skip(1) {
            *sum = 1 << at.trailing_zeros();
        }
        Ok(Learned { weights, sums, total })
    }

    pub(crate) fn sample(&self, draws: &mut Draws) -> i64 {
        let mut left = draws.below_u32(self.total.unsigned_abs()) as i32;
        let mut at = 0;
        let mut step = self.weights.len().next_power_of_two();
        while step > 0 {
            if let Some(&sum) = self.sums.get(at + step)
                && sum <= left
            {
                at += step;
                left -= sum;
            }
            step /= 2;
        }
        at as i64
    }

    pub(crate) fn probability(&self, class: usize) -> f32 {
        self.weights.get(class).map_or(0.0, |&weight| weight as f32 / self.total as f32)
    }

    /// Adds one to the weight of each of these classes.
    pub(crate) fn learn(&mut self, classes: &[i64]) {
        for &class in classes {
            let Some(weight) = usize::try_from(class).ok().and_then(|class| self.weights.get_mut(class))
            else {
                continue;
            };
            // As many as there is room for in the total.
            if self.total == i32::MAX {
                return;
            }
            *weight += 1;
            self.total += 1;
            let mut at = class as usize + 1;
            while let Some(sum) = self.sums.get_mut(at) {
                *sum += 1;
                at += 1 << at.trailing_zeros();
            }
        }
    }
}

/// Weights that stay as they are, with an alias table: each class shares its place with at most one other.
pub(crate) struct Fixed {
    weights: Vec<f32>,
    total: f32,
    /// For each place, how much of it is the class' own, and who has the rest.
    places: Vec<(f32, usize)>,
}

impl Fixed {
    /// The distribution of the attributes, which name a file or list the weights.
    ///
    /// # Errors
    /// `InvalidArgument` for weights that are not as many as the classes, `NotFound` for a missing file.
    pub(crate) fn new(attrs: &Attrs, range: i64) -> Result<Fixed> {
        let (file, unigrams) = (attrs.str("vocab_file")?, attrs.floats("unigrams")?);
        ensure!(
            !file.is_empty() || !unigrams.is_empty(),
            invalid_argument,
            "Must provide either vocab_file or unigrams."
        );
        ensure!(
            file.is_empty() || unigrams.is_empty(),
            invalid_argument,
            "Must only provide one of vocab_file and unigrams."
        );
        let unigrams = if file.is_empty() { unigrams.to_vec() } else { read(file)? };
        let (shards, shard) = (attrs.int("num_shards")?.max(1), attrs.int("shard")?);
        let reserved = attrs.int("num_reserved_ids")?.max(0);
        let distortion = attrs.float("distortion")?;
        // Ids that begin with the reserved ones, of which every `shards`th is this sampler's.
        let left = (reserved - shard).max(0);
        let own_reserved = if shard < shards { left / shards + i64::from(left % shards != 0) } else { 0 };
        let own = |id: &i64| id % shards == shard;
        // TensorFlow goes on counting from the number of its own reserved ids, not from that of all.
        let ids = (own_reserved..).take(unigrams.len());
        let count = own_reserved.saturating_add(ids.clone().filter(own).count() as i64);
        ensure!(count == range, invalid_argument, "range is {range} must be equal to weights size  {count}");
        let mut weights = reserve::<f32>(count as usize)?;
        weights.resize(own_reserved as usize, 0.0);
        let mut total = 0.0;
        for (_, weight) in ids.zip(unigrams).filter(|(id, _)| own(id)) {
            let weight = weight.powf(distortion);
            total += weight;
            weights.push(weight);
        }
        let places = alias_table(&weights)?;
        Ok(Fixed { weights, total, places })
    }

    pub(crate) fn sample(&self, draws: &mut Draws) -> i64 {
        let part = draws.float();
        let place = draws.below_u32(self.places.len() as u32) as usize;
        match self.places.get(place) {
            Some(&(own, other)) if part >= own => other as i64,
            _ => place as i64,
        }
    }

    pub(crate) fn probability(&self, class: usize) -> f32 {
        self.weights.get(class).map_or(0.0, |weight| weight / self.total)
    }
}

/// The last field of each line of a file of comma separated values.
fn read(file: &str) -> Result<Vec<f32>> {
    let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::not_found(format!("{file}; No such file or directory")),
        _ => Error::unknown(format!("{file}; {error}")),
    })?;
    let weight = |line: &str| {
        let last = line.rsplit(',').next().unwrap_or_default().trim();
        last.parse().map_err(|_| Error::invalid_argument(format!("Wrong vocabulary format at line: {line}")))
    };
    text.lines().map(weight).collect()
}

/// Pairs classes that have less than their share with those that have more, the last ones first, as TensorFlow does.
fn alias_table(weights: &[f32]) -> Result<Vec<(f32, usize)>> {
    let count = weights.len();
    let sum: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
    let mut shares = reserve::<f64>(count)?;
    let mut places = reserve::<(f32, usize)>(count)?;
    let (mut high, mut low) = (Vec::new(), Vec::new());
    for (class, &weight) in weights.iter().enumerate() {
        let share = f64::from(weight * count as f32) / sum;
        shares.push(share);
        places.push((0.0, class));
        if share < 1.0 { low.push(class) } else { high.push(class) }
    }
    while let (Some(&poor), Some(&rich)) = (low.last(), high.last()) {
        low.pop();
        high.pop();
        places[poor].1 = rich;
        shares[rich] -= 1.0 - shares[poor];
        if shares[rich] < 1.0 { low.push(rich) } else { high.push(rich) }
    }
    for (place, &share) in places.iter_mut().zip(&shares) {
        place.0 = share as f32;
    }
    // What is left differs from a whole share by rounding alone.
    for class in high.into_iter().chain(low) {
        places[class] = (1.0, class);
    }
    Ok(places)
}
