//! Tables of JPEG files: quantization, the order of coefficients, and codes of varying lengths.

/// Where the coefficients of a block stand in a file.
pub(crate) const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Steps of the coefficients of brightness, and of colour (ITU-T T.81, K.1).
const STEPS: [[u32; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14,
        17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49,
        64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47,
        66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// Steps for a quality from 1 to 100, in rows.
pub(crate) fn steps(table: usize, quality: i64) -> [u32; 64] {
    let quality = quality.clamp(1, 100) as u32;
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    STEPS[table].map(|step| ((step * scale + 50) / 100).clamp(1, 255))
}

/// How many codes there are of each length from 1 to 16, and what they stand for.
#[derive(Clone)]
pub(crate) struct CodeTable {
    pub(crate) counts: [u8; 16],
    pub(crate) values: Vec<u8>,
}

/// The codes of a file: those of first coefficients and of the others, of brightness and of colour (K.3).
pub(crate) fn common_codes() -> [[CodeTable; 2]; 2] {
    let table = |counts: [u8; 16], values: &[u8]| CodeTable { counts, values: values.to_vec() };
    let first: Vec<u8> = (0..12).collect();
    [
        [
            table([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], &first),
            table([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], &other_values(BRIGHTNESS_HEAD)),
        ],
        [
            table([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], &first),
            table([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119], &other_values(COLOR_HEAD)),
        ],
    ]
}

/// The values of the codes that are not the longest; the rest follows in rising order.
const BRIGHTNESS_HEAD: &[u8] = &[
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22,
    0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33,
    0x62, 0x72, 0x82,
];
const COLOR_HEAD: &[u8] = &[
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13,
    0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62,
    0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1,
];

fn other_values(head: &[u8]) -> Vec<u8> {
    // A run of up to 15 zeros in the upper half, the size of what follows in the lower; (0, 0) is the end of a block and
    // (15, 0) sixteen zeros.
    let all = (0..=255u8).filter(|value| (1..=10).contains(&(value & 15)) || [0x00, 0xf0].contains(value));
    let rest = all.filter(|value| !head.contains(value));
    head.iter().copied().chain(rest).collect()
}

/// Codes and their lengths, by value.
pub(crate) struct Codes([(u16, u8); 256]);

impl Codes {
    pub(crate) fn new(table: &CodeTable) -> Codes {
        let mut codes = [(0, 0); 256];
        let (mut code, mut values) = (0u32, table.values.iter());
        for (length, &count) in (1u8..).zip(&table.counts) {
            for value in values.by_ref().take(count.into()) {
                codes[usize::from(*value)] = (code as u16, length);
                code += 1;
            }
            code <<= 1;
        }
        Codes(codes)
    }

    pub(crate) fn of(&self, value: u8) -> (u16, u8) {
        self.0[usize::from(value)]
    }
}

/// The shortest codes for values that occur this often, of 16 bits at most (K.2), none of them all ones.
pub(crate) fn shortest_codes(occurrences: &[u64; 256]) -> CodeTable {
    let mut weights = [0u64; 257];
    weights[..256].copy_from_slice(occurrences);
    // Takes the code of all ones.
    weights[256] = 1;
    let mut lengths = [0usize; 257];
    let mut next: [Option<usize>; 257] = [None; 257];
    // Of equal weights, the last one.
    let least = |weights: &[u64; 257], but: Option<usize>| {
        (0..257).filter(|at| weights[*at] > 0 && Some(*at) != but).min_by_key(|at| (weights[*at], 256 - at))
    };
    while let Some(first) = least(&weights, None) {
        let Some(second) = least(&weights, Some(first)) else { break };
        weights[first] += weights[second];
        weights[second] = 0;
        let deepen = |mut at: usize, lengths: &mut [usize; 257]| {
            loop {
                lengths[at] += 1;
                match next[at] {
                    Some(after) => at = after,
                    None => return at,
                }
            }
        };
        let end = deepen(first, &mut lengths);
        deepen(second, &mut lengths);
        next[end] = Some(second);
    }
    // A tree of 257 leaves is never deeper than this.
    let mut counts = [0usize; 258];
    lengths.iter().for_each(|length| counts[*length] += 1);
    counts[0] = 0;
    for length in (17..counts.len()).rev() {
        while counts[length] > 0 {
            let Some(shorter) = (1..length - 1).rev().find(|shorter| counts[*shorter] > 0) else { break };
            counts[length] -= 2;
            counts[length - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] -= 1;
        }
    }
    if let Some(longest) = (1..=16).rev().find(|length| counts[*length] > 0) {
        counts[longest] -= 1;
    }
    let mut values: Vec<usize> = (0..256).filter(|value| lengths[*value] > 0).collect();
    values.sort_by_key(|value| lengths[*value]);
    let mut short = [0u8; 16];
    short.iter_mut().zip(&counts[1..]).for_each(|(short, count)| *short = *count as u8);
    CodeTable { counts: short, values: values.into_iter().map(|value| value as u8).collect() }
}
