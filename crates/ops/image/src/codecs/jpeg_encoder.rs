//! JPEG files: the same bytes that libjpeg writes.

use super::jpeg_tables::{CodeTable, Codes, ZIGZAG, common_codes, shortest_codes, steps};
use super::jpeg_transform::{luma_and_chroma, quantized};

/// What a file is to be like.
pub(crate) struct JpegStyle<'a> {
    pub(crate) quality: i64,
    /// Whether codes are made for the image, which takes longer.
    pub(crate) is_optimized: bool,
    /// Whether colours have half the resolution.
    pub(crate) halves_colors: bool,
    /// Whether densities count in centimetres, else inches.
    pub(crate) in_centimetres: bool,
    pub(crate) density: [u16; 2],
    pub(crate) metadata: &'a [u8],
}

/// A plane of blocks.
struct Plane {
    /// Samples, of a whole number of blocks.
    samples: Vec<u8>,
    /// Blocks in a row, and rows of them.
    across: usize,
    down: usize,
    /// Blocks of the plane in a unit of the scan, in each direction.
    factor: usize,
    /// Which tables are used.
    table: usize,
}

/// Something that a scan writes: a code of one of the tables, then bits as they are.
struct Symbol {
    table: usize,
    /// 0 for first coefficients, 1 for others.
    kind: usize,
    value: u8,
    bits: u16,
}

/// The file of an image of 8 bits a sample in 1 or 3 channels; `None` where it is too large for one.
pub(crate) fn jpeg_of(
    pixels: &[u8],
    [height, width, channels]: [usize; 3],
    style: &JpegStyle<'_>,
) -> Option<Vec<u8>> {
    const NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    // What libjpeg takes.
    let is_side = |size: usize| (1..=65500).contains(&size);
    if !is_side(height) || !is_side(width) || style.metadata.len() + NAME.len() > 65533 {
        return None;
    }
    let planes = planes(pixels, height, width, channels, style.halves_colors);
    let tables = if channels == 1 { 1 } else { 2 };
    let all_steps: Vec<[u32; 64]> = (0..tables).map(|table| steps(table, style.quality)).collect();
    let symbols = symbols(&planes, &all_steps);
    let codes = if style.is_optimized { fitting_codes(&symbols) } else { common_codes() };

    let mut file = vec![0xff, 0xd8];
    let mut head = b"JFIF\0\x01\x01".to_vec();
    head.push(if style.in_centimetres { 2 } else { 1 });
    style.density.iter().for_each(|density| head.extend(density.to_be_bytes()));
    head.extend([0, 0]);
    segment(&mut file, 0xe0, &head);
    if !style.metadata.is_empty() {
        segment(&mut file, 0xe1, &[NAME, style.metadata].concat());
    }
    for (table, steps) in all_steps.iter().enumerate() {
        let mut content = vec![table as u8];
        content.extend(ZIGZAG.iter().map(|&at| steps[at] as u8));
        segment(&mut file, 0xdb, &content);
    }
    let mut frame = vec![8];
    frame.extend((height as u16).to_be_bytes());
    frame.extend((width as u16).to_be_bytes());
    frame.push(channels as u8);
    let mut scan = vec![channels as u8];
    for (number, plane) in (1u8..).zip(&planes) {
        let factor = plane.factor as u8;
        frame.extend([number, factor << 4 | factor, plane.table as u8]);
        scan.extend([number, (plane.table as u8) << 4 | plane.table as u8]);
    }
    scan.extend([0, 63, 0]);
    segment(&mut file, 0xc0, &frame);
    for (table, codes) in codes.iter().take(tables).enumerate() {
        for (kind, codes) in codes.iter().enumerate() {
            let mut content = vec![(kind as u8) << 4 | table as u8];
            content.extend(codes.counts);
            content.extend(&codes.values);
            segment(&mut file, 0xc4, &content);
        }
    }
    segment(&mut file, 0xda, &scan);
    write_scan(&mut file, &symbols, &codes);
    file.extend([0xff, 0xd9]);
    Some(file)
}

fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    file.extend([0xff, marker]);
    file.extend((content.len() as u16 + 2).to_be_bytes());
    file.extend(content);
}

/// The planes of an image: its only channel, or brightness and colours.
fn planes(pixels: &[u8], height: usize, width: usize, channels: usize, halves: bool) -> Vec<Plane> {
    let factor = if channels == 3 && halves { 2 } else { 1 };
    let plane = |channel: usize| {
        let is_color = channel > 0;
        let step = if is_color { factor } else { 1 };
        let (columns, rows) = (width.div_ceil(step), height.div_ceil(step));
        let (across, down) = (columns.div_ceil(8), rows.div_ceil(8));
        // The last pixels go on to the right and below.
        let at = |row: usize, column: usize| {
            let pixel = (row.min(height - 1) * width + column.min(width - 1)) * channels;
            match channels {
                1 => pixels[pixel],
                _ => luma_and_chroma([pixels[pixel], pixels[pixel + 1], pixels[pixel + 2]])[channel],
            }
        };
        let mut samples = Vec::with_capacity(across * down * 64);
        for row in 0..down * 8 {
            let row = row.min(rows - 1) * step;
            for column in 0..across * 8 {
                samples.push(if step == 1 {
                    at(row, column)
                } else {
                    let four = [
                        at(row, 2 * column),
                        at(row, 2 * column + 1),
                        at(row + 1, 2 * column),
                        at(row + 1, 2 * column + 1),
                    ];
                    let sum: u16 = four.iter().map(|sample| u16::from(*sample)).sum();
                    // Rounded down and up in turns.
                    ((sum + 1 + (column as u16 & 1)) / 4) as u8
                });
            }
        }
        Plane {
            samples,
            across,
            down,
            factor: if is_color { 1 } else { factor },
            table: usize::from(is_color),
        }
    };
    (0..channels).map(plane).collect()
}

impl Plane {
    fn block(&self, row: usize, column: usize) -> [u8; 64] {
        let width = self.across * 8;
        std::array::from_fn(|at| self.samples[(row * 8 + at / 8) * width + column * 8 + at % 8])
    }
}

/// All blocks of all planes, unit after unit, as symbols.
fn symbols(planes: &[Plane], steps: &[[u32; 64]]) -> Vec<Symbol> {
    let units =
        |blocks: fn(&Plane) -> usize| planes.iter().map(|plane| blocks(plane).div_ceil(plane.factor)).max();
    let (across, down) = (units(|plane| plane.across).unwrap_or(0), units(|plane| plane.down).unwrap_or(0));
    let mut symbols = Vec::new();
    let mut before = vec![0; planes.len()];
    for unit in 0..across * down {
        for (plane, before) in planes.iter().zip(&mut before) {
            for place in 0..plane.factor * plane.factor {
                let row = unit / across * plane.factor + place / plane.factor;
                let column = unit % across * plane.factor + place % plane.factor;
                // Beyond the image stand blocks of one colour, that of the block before.
                let values = if row < plane.down && column < plane.across {
                    quantized(&plane.block(row, column), &steps[plane.table])
                } else {
                    let mut flat = [0; 64];
                    flat[0] = *before;
                    flat
                };
                push_block(&mut symbols, plane.table, &values, values[0] - *before);
                *before = values[0];
            }
        }
    }
    symbols
}

/// A number as its size in bits, and those bits.
fn sized(value: i32) -> (u8, u16) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = if value < 0 { value - 1 } else { value };
    (size as u8, (bits & ((1 << size) - 1)) as u16)
}

fn push_block(symbols: &mut Vec<Symbol>, table: usize, values: &[i32; 64], first: i32) {
    let (size, bits) = sized(first);
    symbols.push(Symbol { table, kind: 0, value: size, bits });
    let mut zeros = 0u8;
    for &at in &ZIGZAG[1..] {
        if values[at] == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 {
            symbols.push(Symbol { table, kind: 1, value: 0xf0, bits: 0 });
            zeros -= 16;
        }
        let (size, bits) = sized(values[at]);
        symbols.push(Symbol { table, kind: 1, value: zeros << 4 | size, bits });
        zeros = 0;
    }
    if zeros > 0 {
        symbols.push(Symbol { table, kind: 1, value: 0, bits: 0 });
    }
}

/// Codes made for these symbols.
fn fitting_codes(symbols: &[Symbol]) -> [[CodeTable; 2]; 2] {
    let mut occurrences = [[[0u64; 256]; 2]; 2];
    for symbol in symbols {
        occurrences[symbol.table][symbol.kind][usize::from(symbol.value)] += 1;
    }
    occurrences.map(|kinds| kinds.map(|kind| shortest_codes(&kind)))
}

fn write_scan(file: &mut Vec<u8>, symbols: &[Symbol], tables: &[[CodeTable; 2]; 2]) {
    let codes: Vec<Vec<Codes>> = tables.iter().map(|kinds| kinds.iter().map(Codes::new).collect()).collect();
    let (mut pending, mut count) = (0u64, 0u32);
    let mut put = |file: &mut Vec<u8>, bits: u16, length: u8| {
        pending = pending << length | u64::from(bits);
        count += u32::from(length);
        while count >= 8 {
            let byte = (pending >> (count - 8)) as u8;
            file.push(byte);
            if byte == 0xff {
                file.push(0);
            }
            count -= 8;
        }
        count
    };
    let mut left = 0;
    for symbol in symbols {
        let (code, length) = codes[symbol.table][symbol.kind].of(symbol.value);
        put(file, code, length);
        left = put(file, symbol.bits, symbol.value & 15);
    }
    if left > 0 {
        // The last byte is filled with ones.
        put(file, (1 << (8 - left)) - 1, (8 - left) as u8);
    }
}
