//! RandomIndexShuffle: where an index lands in a permutation that is never laid out, found by a block cipher.

use ferroflow_core::{
    DType, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, bail, ensure,
};

/// The cipher Simon on words of this many bits.
#[derive(Clone, Copy)]
struct Words(u32);

impl Words {
    fn mask(self, word: u64) -> u64 {
        word & ((1 << self.0) - 1)
    }

    fn left(self, word: u64, by: u32) -> u64 {
        self.mask(word << by) | word >> (self.0 - by)
    }

    fn right(self, word: u64, by: u32) -> u64 {
        word >> by | self.mask(word << (self.0 - by))
    }

    fn mix(self, word: u64) -> u64 {
        (self.left(word, 1) & self.left(word, 8)) ^ self.left(word, 2)
    }

    /// A key for each round. The first three are the seed, however few rounds there are.
    fn keys(self, seed: [u32; 3], rounds: usize) -> Vec<u64> {
        const CONSTANT: u64 = 0xffff_fffc;
        let mut sequence = 0x7369_f885_192c_0ef5u64;
        let mut keys: Vec<u64> = seed.iter().map(|&part| self.mask(part.into())).collect();
        // The sequence has no more bits than a word.
        sequence = self.mask(sequence);
        for round in 3..rounds {
            let last = keys[round - 1];
            let key = self.mask(CONSTANT) ^ (sequence & 1) ^ keys[round - 3];
            keys.push(key ^ self.right(last, 3) ^ self.right(last, 4));
            sequence >>= 1;
        }
        keys
    }

    fn encrypt(self, block: u64, keys: &[u64]) -> u64 {
        let (mut left, mut right) = (self.mask(block >> self.0), self.mask(block));
        for pair in keys.chunks_exact(2) {
            left ^= self.mix(right) ^ pair[0];
            right ^= self.mix(left) ^ pair[1];
        }
        left << self.0 | right
    }
}

/// Where `index` lands among 0 to `last`.
fn shuffled(index: u64, seed: [u32; 3], last: u64, rounds: usize) -> u64 {
    if last == 0 {
        return 0;
    }
    // As TensorFlow counts the bits: by a logarithm, which a power of two has one bit less for than it takes.
    let bits = (last as f64).log2().ceil() as u32;
    let words = Words(((bits + bits % 2).clamp(16, 64)) / 2);
    let keys = words.keys(seed, rounds);
    let mut index = index;
    loop {
        index = words.encrypt(index, &keys);
        if index <= last {
            return index;
        }
    }
}

/// The seeds of an input: one for all indices, or one for each.
fn seeds(seed: &NdArray) -> Result<Vec<[u32; 3]>> {
    let parts: Vec<u32> = match seed.dtype() {
        DType::UINT32 => seed.as_slice::<u32>()?.to_vec(),
        DType::UINT64 => seed.as_slice::<u64>()?.iter().map(|&part| part as u32).collect(),
        _ => seed.to_i64_vec()?.into_iter().map(|part| part as u32).collect(),
    };
    Ok(parts.chunks_exact(3).map(|part| [part[0], part[1], part[2]]).collect())
}

fn unsigned(array: &NdArray) -> Result<Vec<u64>> {
    match array.dtype() {
        DType::UINT64 => Ok(array.as_slice::<u64>()?.to_vec()),
        _ => Ok(array.to_i64_vec()?.into_iter().map(|value| value as u64).collect()),
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (index, seed, last) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    let count = index.len().max(last.len()).max(seed.len() / 3);
    let fits = |array: &NdArray| array.rank() == 0 || array.shape().dims() == [count];
    ensure!(fits(index), invalid_argument, "Index bust be a scalar or vector.");
    ensure!(
        seed.shape().dims() == [3] || seed.shape().dims() == [count, 3],
        invalid_argument,
        "Seed must be a vector of size [3] or a matrix of size [{count}, 3] but got {}.",
        seed.shape()
    );
    ensure!(
        fits(last),
        invalid_argument,
        "Maxval must be a scalar or a vector of the same size as index but got {}",
        last.shape()
    );
    let rounds = match usize::try_from(cx.int("rounds")?) {
        // TensorFlow reads past its keys otherwise.
        Ok(rounds) if rounds >= 4 && rounds.is_multiple_of(2) && rounds <= 1 << 16 => rounds,
        _ => bail!(invalid_argument, "rounds must be even and at least 4, got {}", cx.int("rounds")?),
    };
    let is_single = index.rank() == 0 && last.rank() == 0 && seed.rank() == 1;
    let shape = if is_single { Shape::scalar() } else { Shape::new(&[count])? };
    let (indices, seeds, lasts) = (unsigned(index)?, seeds(seed)?, unsigned(last)?);
    let is_signed = matches!(index.dtype(), DType::INT32 | DType::INT64);
    let mut shuffled_indices = Vec::with_capacity(count);
    for position in 0..count {
        // What is there once serves all.
        let at = |len: usize| if len == 1 { 0 } else { position };
        let (index, last) = (indices[at(indices.len())], lasts[at(lasts.len())]);
        if is_signed {
            for (name, value) in [("index", index as i64), ("max_index", last as i64)] {
                ensure!(value >= 0, invalid_argument, "{name} must be >= 0 but was {value}");
            }
        }
        ensure!(last >= index, invalid_argument, "max_index must be >= index, but {last} < {index}");
        shuffled_indices.push(shuffled(index, seeds[at(seeds.len())], last, rounds));
    }
    let output = NdArray::from_shape(shape, shuffled_indices)?.cast(cx.dtype("dtype")?)?;
    cx.set(0, output)
}

/// Sizes as they stand in messages, -1 where unknown.
fn listed(shape: &PartialShape) -> String {
    let sizes = shape.dims().unwrap_or_default().iter();
    let sizes: Vec<String> = sizes.map(|dim| dim.map_or("-1".to_string(), |size| size.to_string())).collect();
    format!("[{}]", sizes.join(", "))
}

/// A vector as long as the inputs that are none but batches; a scalar without batches.
fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let (index, seed, last) = (cx.input(0), cx.with_rank_at_least(1, 1)?, cx.input(2));
    for (shape, most) in [(&index, 1), (&seed, 2), (&last, 1)] {
        if let Some(rank) = shape.rank().filter(|rank| *rank > most) {
            bail!(invalid_argument, "Shape must be at most rank {most} but is rank {rank}");
        }
    }
    let (Some(own), Some(of_seed), Some(of_last)) = (index.rank(), seed.rank(), last.rank()) else {
        cx.set(0, PartialShape::unknown());
        return Ok(());
    };
    ensure!(
        seed.dim(of_seed - 1).is_none_or(|size| size == 3),
        invalid_argument,
        "Seed must have shape [3] or [n, 3] but got {}.",
        listed(&seed)
    );
    if own == 0 && of_seed == 1 && of_last == 0 {
        cx.set(0, PartialShape::scalar());
        return Ok(());
    }
    let mut count = if own == 1 { index.dim(0) } else { None };
    if let Some(size) = seed.dim(0).filter(|_| of_seed == 2) {
        let expected = *count.get_or_insert(size);
        ensure!(
            size == expected,
            invalid_argument,
            "Seed has shape {} but must have shape [{expected}, 3]. since index had shape {}.",
            listed(&seed),
            listed(&index)
        );
    }
    if let Some(size) = last.dim(0).filter(|_| of_last == 1) {
        let expected = *count.get_or_insert(size);
        ensure!(
            size == expected,
            invalid_argument,
            "Max index has shape [{size}] but must have shape [{expected}]."
        );
    }
    cx.set(0, PartialShape::new([count]));
    Ok(())
}

pub(crate) static RANDOM_INDEX_SHUFFLE: OpDef =
    OpDef { name: "RandomIndexShuffle", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
