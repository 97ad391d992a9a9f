//! The hashes by which TensorFlow puts strings into buckets: the 64-bit fingerprint of FarmHash, and SipHash.

pub(crate) const K0: u64 = 0xc3a5_c85c_97cb_3127;
pub(crate) const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;

pub(crate) fn mul(a: u64, b: u64) -> u64 {
    a.wrapping_mul(b)
}

pub(crate) fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

pub(crate) fn fetch64(text: &[u8], at: usize) -> u64 {
    let bytes = text.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

fn fetch32(text: &[u8], at: usize) -> u64 {
    let bytes = text.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, |bytes| u64::from(u32::from_le_bytes(bytes)))
}

pub(crate) fn shift_mix(value: u64) -> u64 {
    value ^ value >> 47
}

pub(crate) fn mix(u: u64, v: u64, factor: u64) -> u64 {
    let a = shift_mix(mul(u ^ v, factor));
    mul(shift_mix(mul(v ^ a, factor)), factor)
}

pub(crate) fn up_to_16(text: &[u8]) -> u64 {
    let len = text.len() as u64;
    let factor = add(K2, len * 2);
    match text.len() {
        8.. => {
            let a = add(fetch64(text, 0), K2);
            let b = fetch64(text, text.len() - 8);
            let c = add(mul(b.rotate_right(37), factor), a);
            let d = mul(add(a.rotate_right(25), b), factor);
            mix(c, d, factor)
        }
        4.. => mix(add(len, fetch32(text, 0) << 3), fetch32(text, text.len() - 4), factor),
        1.. => {
            let [a, b, c] = [text[0], text[text.len() / 2], text[text.len() - 1]].map(u64::from);
            mul(shift_mix(mul(a + (b << 8), K2) ^ mul(len + (c << 2), K0)), K2)
        }
        0 => K2,
    }
}

/// What the strings of 17 to 64 bytes have in common: `a`, and the two halves of the mix.
fn outer(text: &[u8], first: u64, factor: u64) -> (u64, u64, u64) {
    let end = text.len();
    let (a, b) = (mul(fetch64(text, 0), first), fetch64(text, 8));
    let (c, d) = (mul(fetch64(text, end - 8), factor), mul(fetch64(text, end - 16), K2));
    let y = add(add(add(a, b).rotate_right(43), c.rotate_right(30)), d);
    (a, y, add(add(a, add(b, K2).rotate_right(18)), c))
}

fn from_17_to_32(text: &[u8]) -> u64 {
    let factor = add(K2, text.len() as u64 * 2);
    let (_, y, z) = outer(text, K1, factor);
    mix(y, z, factor)
}

fn from_33_to_64(text: &[u8]) -> u64 {
    let (end, factor) = (text.len(), add(K2, text.len() as u64 * 2));
    let (a, y, rest) = outer(text, K2, factor);
    let z = mix(y, rest, factor);
    let (e, f) = (mul(fetch64(text, 16), factor), fetch64(text, 24));
    let g = mul(add(y, fetch64(text, end - 32)), factor);
    let h = mul(add(z, fetch64(text, end - 24)), factor);
    mix(
        add(add(add(e, f).rotate_right(43), g.rotate_right(30)), h),
        add(add(e, add(f, a).rotate_right(18)), g),
        factor,
    )
}

pub(crate) fn weak(text: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let [w, x, y, z] = [0, 8, 16, 24].map(|offset| fetch64(text, at + offset));
    let a = add(a, w);
    let b = add(add(b, a), z).rotate_right(21);
    let whole = add(add(a, x), y);
    (add(whole, z), add(add(b, whole.rotate_right(44)), a))
}

/// The state that goes over a long string, 64 bytes at a time.
pub(crate) struct Long {
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) z: u64,
    pub(crate) v: (u64, u64),
    pub(crate) w: (u64, u64),
}

impl Long {
    /// Takes in 64 bytes; the last of them weigh 9 times as much.
    pub(crate) fn take(&mut self, text: &[u8], at: usize, factor: u64, weight: u64) {
        let Long { x, y, z, v, w } = self;
        *x = mul(add(add(add(*x, *y), v.0), fetch64(text, at + 8)).rotate_right(37), factor);
        *y = mul(add(add(*y, v.1), fetch64(text, at + 48)).rotate_right(42), factor);
        *x ^= mul(w.1, weight);
        *y = add(*y, add(mul(v.0, weight), fetch64(text, at + 40)));
        *z = mul(add(*z, w.0).rotate_right(33), factor);
        *v = weak(text, at, mul(v.1, factor), add(*x, w.0));
        *w = weak(text, at + 32, add(*z, w.1), add(*y, fetch64(text, at + 16)));
        std::mem::swap(z, x);
    }
}

/// The fingerprint of a string.
pub fn fingerprint64(text: &[u8]) -> u64 {
    match text.len() {
        0..=16 => return up_to_16(text),
        17..=32 => return from_17_to_32(text),
        33..=64 => return from_33_to_64(text),
        _ => {}
    }
    const SEED: u64 = 81;
    let y = add(mul(SEED, K1), 113);
    let mut state = Long {
        x: add(mul(SEED, K2), fetch64(text, 0)),
        y,
        z: mul(shift_mix(add(mul(y, K2), 113)), K2),
        v: (0, 0),
        w: (0, 0),
    };
    let blocks = (text.len() - 1) / 64;
    for block in 0..blocks {
        state.take(text, block * 64, K1, 1);
    }
    let factor = add(K1, (state.z & 0xff) << 1);
    state.w.0 = add(state.w.0, (text.len() as u64 - 1) & 63);
    state.v.0 = add(state.v.0, state.w.0);
    state.w.0 = add(state.w.0, state.v.0);
    state.take(text, text.len() - 64, factor, 9);
    let Long { x, y, z, v, w } = state;
    mix(add(add(mix(v.0, w.0, factor), mul(shift_mix(y), K0)), z), add(mix(v.1, w.1, factor), x), factor)
}

/// The fingerprint of two values, from theirs.
pub fn fingerprint_cat64(first: u64, second: u64) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    let mixed = mul(shift_mix(mul(second, FACTOR)), FACTOR);
    let hash = mul(first ^ FACTOR ^ mixed, FACTOR);
    shift_mix(mul(shift_mix(hash), FACTOR))
}

/// The whole words of eight bytes of a text, and what is left as a word.
pub fn words(text: &[u8]) -> (impl Iterator<Item = u64>, u64) {
    let (whole, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    (whole.iter().map(|word| u64::from_le_bytes(*word)), u64::from_le_bytes(last))
}

/// MurmurHash64A of a text under the seed that TensorFlow gives it.
pub fn hash64(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    let mut hash = 0x00de_cafc_affe ^ (text.len() as u64).wrapping_mul(FACTOR);
    let (words, last) = words(text);
    for word in words {
        let word = word.wrapping_mul(FACTOR);
        hash = (hash ^ (word ^ word >> 47).wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
    }
    if !text.len().is_multiple_of(8) {
        hash = (hash ^ last).wrapping_mul(FACTOR);
    }
    hash = (hash ^ hash >> 47).wrapping_mul(FACTOR);
    hash ^ hash >> 47
}

/// SipHash-2-4 (Aumasson and Bernstein, 2012) of a text under a key.
pub fn sip(text: &[u8], key: [u64; 2]) -> u64 {
    let [a, b] = key;
    let mut state = [
        a ^ 0x736f_6d65_7073_6575,
        b ^ 0x646f_7261_6e64_6f6d,
        a ^ 0x6c79_6765_6e65_7261,
        b ^ 0x7465_6462_7974_6573,
    ];
    let (words, last) = words(text);
    for word in words.chain([last | (text.len() as u64) << 56]) {
        state[3] ^= word;
        sip_rounds(&mut state, 2);
        state[0] ^= word;
    }
    state[2] ^= 0xff;
    sip_rounds(&mut state, 4);
    state.into_iter().fold(0, |hash, word| hash ^ word)
}

fn sip_rounds(state: &mut [u64; 4], rounds: usize) {
    let [a, b, c, d] = state;
    for _ in 0..rounds {
        *a = a.wrapping_add(*b);
        *c = c.wrapping_add(*d);
        *b = b.rotate_left(13) ^ *a;
        *d = d.rotate_left(16) ^ *c;
        *a = a.rotate_left(32).wrapping_add(*d);
        *c = c.wrapping_add(*b);
        *d = d.rotate_left(21) ^ *a;
        *b = b.rotate_left(17) ^ *c;
        *c = c.rotate_left(32);
    }
}
