//! `Philox`: the counter-based generator Philox 4x32-10, as TensorFlow seeds and advances it.

use crate::{KernelCtx, Result};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// A position in a stream of random numbers: each step gives four.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Philox {
    counter: [u32; 4],
    key: [u32; 2],
}

const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];

fn low(value: u64) -> u32 {
    value as u32
}

fn high(value: u64) -> u32 {
    (value >> 32) as u32
}

fn joined(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

impl Philox {
    /// The stream of a pair of seeds.
    pub fn new(seed: u64, seed2: u64) -> Philox {
        Philox { counter: [0, 0, low(seed2), high(seed2)], key: [low(seed), high(seed)] }
    }

    /// The stream that begins at a counter under a key.
    pub fn at(key: u64, counter: [u64; 2]) -> Philox {
        Philox {
            counter: [low(counter[0]), high(counter[0]), low(counter[1]), high(counter[1])],
            key: [low(key), high(key)],
        }
    }

    /// The stream of a stateless op's seed, which is scrambled so that any two seeds give unlike streams.
    pub fn scrambled(seed: [u64; 2]) -> Philox {
        let mix = Philox::at(joined(0x3ec8_f720, 0x0246_1e29), seed).next();
        Philox { counter: [0, 0, mix[2], mix[3]], key: [mix[0], mix[1]] }
    }

    /// The key and the counter as the stateless ops pass them on.
    pub fn key_and_counter(&self) -> (u64, [u64; 2]) {
        let [a, b, c, d] = self.counter;
        (joined(self.key[0], self.key[1]), [joined(a, b), joined(c, d)])
    }

    /// Passes over `steps` steps.
    pub fn skip(&mut self, steps: u64) {
        let position = joined(self.counter[0], self.counter[1]);
        let (position, carried) = position.overflowing_add(steps);
        self.counter[0] = low(position);
        self.counter[1] = high(position);
        if carried {
            let upper = joined(self.counter[2], self.counter[3]).wrapping_add(1);
            self.counter[2] = low(upper);
            self.counter[3] = high(upper);
        }
    }

    /// The numbers at this position, and one step on.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> [u32; 4] {
        let (mut counter, mut key) = (self.counter, self.key);
        for _ in 0..10 {
            let first = u64::from(MULTIPLIERS[0]) * u64::from(counter[0]);
            let second = u64::from(MULTIPLIERS[1]) * u64::from(counter[2]);
            counter = [
                high(second) ^ counter[1] ^ key[0],
                low(second),
                high(first) ^ counter[3] ^ key[1],
                low(first),
            ];
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        self.skip(1);
        counter
    }
}

/// Single numbers of a stream, one after the other.
pub struct Singles {
    stream: Philox,
    numbers: [u32; 4],
    used: usize,
}

impl Singles {
    /// The numbers from the stream's position on.
    pub fn new(stream: Philox) -> Singles {
        Singles { stream, numbers: [0; 4], used: 4 }
    }

    /// The next number.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> u32 {
        if self.used == 4 {
            self.numbers = self.stream.next();
            self.used = 0;
        }
        let number = self.numbers[self.used % 4];
        self.used += 1;
        number
    }
}

/// A number that nobody can foresee.
pub fn unpredictable() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The op's stream at its present position, which then moves on by `steps`.
///
/// # Errors
/// `InvalidArgument` for an op without the attributes `seed` and `seed2`.
pub fn reserve(cx: &KernelCtx<'_>, steps: u64) -> Result<Philox> {
    let (seed, seed2) = (cx.int("seed")?, cx.int("seed2")?);
    let state = cx.state(|| {
        Mutex::new(match (seed, seed2) {
            // No seed at all: another stream every time.
            (0, 0) => Philox::new(unpredictable(), unpredictable()),
            _ => Philox::new(seed as u64, seed2 as u64),
        })
    })?;
    let mut stream = state.lock().unwrap_or_else(PoisonError::into_inner);
    let here = *stream;
    stream.skip(steps);
    Ok(here)
}
