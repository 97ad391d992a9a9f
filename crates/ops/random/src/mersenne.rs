//! `PythonRandom`: Python's generator (Mersenne Twister 19937), from which TensorFlow draws the seeds of eager ops.

const SIZE: usize = 624;
const MIDDLE: usize = 397;

/// The generator behind Python's `random.Random(seed)`.
pub struct PythonRandom {
    state: Box<[u32; SIZE]>,
    position: usize,
}

impl PythonRandom {
    /// The generator of an integer seed, whose sign Python ignores.
    pub fn new(seed: i64) -> PythonRandom {
        let seed = seed.unsigned_abs();
        let key = [seed as u32, (seed >> 32) as u32];
        let key = if key[1] == 0 { &key[..1] } else { &key[..] };
        let mut state = Box::new([0u32; SIZE]);
        state[0] = 19_650_218;
        for i in 1..SIZE {
            let last = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(last ^ last >> 30).wrapping_add(i as u32);
        }
        let mut i = 1;
        let wrap = |state: &mut [u32; SIZE], i: usize| {
            if i < SIZE {
                return i;
            }
            state[0] = state[SIZE - 1];
            1
        };
        for step in 0..SIZE {
            let last = state[i - 1];
            let j = step % key.len();
            state[i] = (state[i] ^ (last ^ last >> 30).wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(j as u32);
            i = wrap(&mut state, i + 1);
        }
        for _ in 1..SIZE {
            let last = state[i - 1];
            state[i] = (state[i] ^ (last ^ last >> 30).wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            i = wrap(&mut state, i + 1);
        }
        state[0] = 0x8000_0000;
        PythonRandom { state, position: SIZE }
    }

    fn next(&mut self) -> u32 {
        if self.position == SIZE {
            for i in 0..SIZE {
                let joined = self.state[i] & 0x8000_0000 | self.state[(i + 1) % SIZE] & 0x7fff_ffff;
                let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[i] = self.state[(i + MIDDLE) % SIZE] ^ joined >> 1 ^ odd;
            }
            self.position = 0;
        }
        let mut y = self.state[self.position];
        self.position += 1;
        y ^= y >> 11;
        y ^= y << 7 & 0x9d2c_5680;
        y ^= y << 15 & 0xefc6_0000;
        y ^ y >> 18
    }

    /// `randint(low, high)`, both ends included, for ranges of less than 2^32 numbers; `low` where the range is empty.
    ///
    /// ```
    /// use ferroflow_ops_random::PythonRandom;
    /// assert_eq!(PythonRandom::new(7).randint(1, 1_000_000_000), 347_712_783);
    /// ```
    pub fn randint(&mut self, low: i64, high: i64) -> i64 {
        let count = u32::try_from(high.saturating_sub(low).saturating_add(1)).unwrap_or(u32::MAX);
        if count == 0 || high < low {
            return low;
        }
        // Python takes as many of the highest bits as the number of values has, until they are small enough.
        let bits = u32::BITS - count.leading_zeros();
        loop {
            let drawn = self.next() >> (u32::BITS - bits);
            if drawn < count {
                return low + i64::from(drawn);
            }
        }
    }

    /// `randint(0, 2**31 - 1)`: Python draws 32 bits until they are small enough.
    pub(crate) fn next_31_bits(&mut self) -> i64 {
        loop {
            let drawn = self.next();
            if drawn < 1 << 31 {
                return i64::from(drawn);
            }
        }
    }
}
