//! The 128-bit fingerprint of FarmHash.

use crate::hash::{K0, K1, Long, add, fetch64, mix, mul, shift_mix, up_to_16, weak};

/// The factor by which two numbers become one.
const PAIR: u64 = 0x9ddf_ea08_eb38_2d69;

/// The fingerprint of a string: its lower and its upper half.
pub fn fingerprint128(text: &[u8]) -> (u64, u64) {
    match text.get(16..) {
        Some(rest) => seeded(rest, fetch64(text, 0), add(fetch64(text, 8), K0)),
        None => seeded(text, K0, K1),
    }
}

fn seeded(text: &[u8], low: u64, high: u64) -> (u64, u64) {
    if text.len() < 128 {
        return murmur(text, low, high);
    }
    let len = text.len() as u64;
    let v0 = add(mul((high ^ K1).rotate_right(49), K1), fetch64(text, 0));
    let v1 = add(mul(v0.rotate_right(42), K1), fetch64(text, 8));
    let z = mul(len, K1);
    let w0 = add(mul(add(high, z).rotate_right(35), K1), low);
    let w1 = mul(add(low, fetch64(text, 88)).rotate_right(53), K1);
    let mut state = Long { x: low, y: high, z, v: (v0, v1), w: (w0, w1) };
    let whole = text.len() / 128 * 128;
    for at in (0..whole).step_by(64) {
        state.take(text, at, K1, 1);
    }
    let Long { mut x, mut y, mut z, mut v, mut w } = state;
    x = add(x, mul(add(v.0, z).rotate_right(49), K0));
    y = add(mul(y, K0), w.1.rotate_right(37));
    z = add(mul(z, K0), w.0.rotate_right(27));
    w.0 = mul(w.0, 9);
    v.0 = mul(v.0, K0);
    // What is left is taken from the end, 32 bytes at a time; the last of them may have been taken before.
    let mut done = 0;
    while done < text.len() - whole {
        done += 32;
        let at = text.len() - done;
        y = add(mul(add(x, y).rotate_right(42), K0), v.1);
        w.0 = add(w.0, fetch64(text, at + 16));
        x = add(mul(x, K0), w.0);
        z = add(z, add(w.1, fetch64(text, at)));
        w.1 = add(w.1, v.0);
        v = weak(text, at, add(v.0, z), v.1);
        v.0 = mul(v.0, K0);
    }
    x = mix(x, v.0, PAIR);
    y = mix(add(y, z), w.0, PAIR);
    (add(mix(add(x, v.1), w.1, PAIR), y), mix(add(x, w.1), add(y, v.1), PAIR))
}

/// The fingerprint of up to 127 bytes.
fn murmur(text: &[u8], low: u64, high: u64) -> (u64, u64) {
    let (len, end) = (text.len() as u64, text.len());
    let (mut a, mut b) = (low, high);
    let (mut c, mut d);
    if end <= 16 {
        a = mul(shift_mix(mul(a, K1)), K1);
        c = add(mul(b, K1), up_to_16(text));
        d = shift_mix(add(a, if end >= 8 { fetch64(text, 0) } else { c }));
    } else {
        c = mix(add(fetch64(text, end - 8), K1), a, PAIR);
        d = mix(add(b, len), add(c, fetch64(text, end - 16)), PAIR);
        a = add(a, d);
        let mut at = 0;
        while at + 16 < end {
            a = mul(a ^ mul(shift_mix(mul(fetch64(text, at), K1)), K1), K1);
            b ^= a;
            c = mul(c ^ mul(shift_mix(mul(fetch64(text, at + 8), K1)), K1), K1);
            d ^= c;
            at += 16;
        }
    }
    let (a, b) = (mix(a, c, PAIR), mix(d, b, PAIR));
    (a ^ b, mix(b, a, PAIR))
}
