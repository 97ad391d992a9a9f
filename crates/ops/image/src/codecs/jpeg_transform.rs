//! Blocks of pixels as coefficients of cosines, in the integers of libjpeg, so that files are the same to the bit.

/// Bits behind the point of the factors.
const BITS: u32 = 13;
/// Bits that the first pass keeps.
const KEPT: u32 = 2;

fn rounded(value: i32, bits: u32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}

/// Eight numbers transformed; `even` and `odd` tell how many bits are dropped (or added, below 0) of the first and fourth,
/// and of the others.
fn transform(d: [i32; 8], is_first: bool) -> [i32; 8] {
    let bits = if is_first { BITS - KEPT } else { BITS + KEPT };
    let whole = |value: i32| if is_first { value << KEPT } else { rounded(value, KEPT) };
    let sums = [d[0] + d[7], d[1] + d[6], d[2] + d[5], d[3] + d[4]];
    let gaps = [d[3] - d[4], d[2] - d[5], d[1] - d[6], d[0] - d[7]];
    let (outer, inner) = (sums[0] + sums[3], sums[1] + sums[2]);
    let (outer_gap, inner_gap) = (sums[0] - sums[3], sums[1] - sums[2]);
    let turned = (inner_gap + outer_gap) * 4433;
    let [a, b, c, e] = gaps;
    let both = (a + c + b + e) * 9633;
    let first = (a + e) * -7373;
    let second = (b + c) * -20995;
    let third = (a + c) * -16069 + both;
    let fourth = (b + e) * -3196 + both;
    [
        whole(outer + inner),
        rounded(e * 12299 + first + fourth, bits),
        rounded(turned + outer_gap * 6270, bits),
        rounded(c * 25172 + second + third, bits),
        whole(outer - inner),
        rounded(b * 16819 + second + fourth, bits),
        rounded(turned - inner_gap * 15137, bits),
        rounded(a * 2446 + first + third, bits),
    ]
}

/// The coefficients of a block of samples, eight times as large as they are, in rows.
fn coefficients(samples: &[u8; 64]) -> [i32; 64] {
    let mut values = samples.map(|sample| i32::from(sample) - 128);
    for row in values.chunks_exact_mut(8) {
        let line = transform(std::array::from_fn(|at| row[at]), true);
        row.copy_from_slice(&line);
    }
    for column in 0..8 {
        let line = transform(std::array::from_fn(|at| values[at * 8 + column]), false);
        line.iter().enumerate().for_each(|(at, value)| values[at * 8 + column] = *value);
    }
    values
}

/// The coefficients of a block of samples in these steps, in rows.
pub(crate) fn quantized(samples: &[u8; 64], steps: &[u32; 64]) -> [i32; 64] {
    let mut values = coefficients(samples);
    for (value, step) in values.iter_mut().zip(steps) {
        let step = *step as i32 * 8;
        let count = (value.abs() + step / 2) / step;
        *value = if *value < 0 { -count } else { count };
    }
    values
}

/// Brightness and both colours of a pixel.
pub(crate) fn luma_and_chroma([red, green, blue]: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = [red, green, blue].map(i32::from);
    let half = 1 << 15;
    let middle = (128 << 16) + half - 1;
    [
        ((19595 * r + 38470 * g + 7471 * b + half) >> 16) as u8,
        ((-11059 * r - 21709 * g + 32768 * b + middle) >> 16) as u8,
        ((32768 * r - 27439 * g - 5329 * b + middle) >> 16) as u8,
    ]
}
