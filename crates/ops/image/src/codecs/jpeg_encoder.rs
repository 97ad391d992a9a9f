//! JPEG files: the same bytes that libjpeg writes.

use super::jpeg_progressive::progressive_scans;
use super::jpeg_scan::{CodeTables, Symbol, fitting_codes, sized, write_scan};
use super::jpeg_tables::{ZIGZAG, common_codes, steps};
use super::jpeg_transform::{luma_and_chroma, quantized};

/// What a file is to be like.
pub(crate) struct JpegStyle<'a> {
    pub(crate) quality: i64,
    /// Whether the file shows a coarse image first; codes are always made for such an image.
    pub(crate) is_progressive: bool,
    /// Whether codes are made for the image, which takes longer.
    pub(crate) is_optimized: bool,
    /// Whether colours have half the resolution.
    pub(crate) halves_colors: bool,
    /// Whether densities count in centimetres, else inches.
    pub(crate) in_centimetres: bool,
    pub(crate) density: [u16; 2],
    pub(crate) metadata: &'a [u8],
}

/// A block of coefficients in the order of files.
pub(super) type Block = [i16; 64];

/// A plane of blocks.
pub(super) struct Plane {
    /// In rows.
    pub(super) blocks: Vec<Block>,
    /// Blocks in a row, and rows of them.
    across: usize,
    down: usize,
    /// Blocks of the plane in a unit of the scan, in each direction.
    factor: usize,
    /// Which tables are used.
    pub(super) table: usize,
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
    let tables = if channels == 1 { 1 } else { 2 };
    let all_steps: Vec<[u32; 64]> = (0..tables).map(|table| steps(table, style.quality)).collect();
    let planes = planes(pixels, height, width, channels, style.halves_colors, &all_steps);

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
    for (number, plane) in (1u8..).zip(&planes) {
        let factor = plane.factor as u8;
        frame.extend([number, factor << 4 | factor, plane.table as u8]);
    }
    segment(&mut file, if style.is_progressive { 0xc2 } else { 0xc0 }, &frame);
    if style.is_progressive {
        progressive_scans(&mut file, &planes);
    } else {
        let symbols = symbols(&planes);
        let codes = if style.is_optimized { fitting_codes(&symbols) } else { common_codes() };
        for table in 0..tables {
            code_segment(&mut file, &codes, table, 0);
            code_segment(&mut file, &codes, table, 1);
        }
        let mut scan = vec![channels as u8];
        for (number, plane) in (1u8..).zip(&planes) {
            scan.extend([number, (plane.table as u8) << 4 | plane.table as u8]);
        }
        scan.extend([0, 63, 0]);
        segment(&mut file, 0xda, &scan);
        write_scan(&mut file, &symbols, &codes);
    }
    file.extend([0xff, 0xd9]);
    Some(file)
}

pub(super) fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    file.extend([0xff, marker]);
    file.extend((content.len() as u16 + 2).to_be_bytes());
    file.extend(content);
}

/// The segment of one table of codes.
pub(super) fn code_segment(file: &mut Vec<u8>, codes: &CodeTables, table: usize, kind: usize) {
    let codes = &codes[table][kind];
    let mut content = vec![(kind as u8) << 4 | table as u8];
    content.extend(codes.counts);
    content.extend(&codes.values);
    segment(file, 0xc4, &content);
}

/// The planes of an image: its only channel, or brightness and colours.
fn planes(
    pixels: &[u8],
    height: usize,
    width: usize,
    channels: usize,
    halves: bool,
    steps: &[[u32; 64]],
) -> Vec<Plane> {
    let factor = if channels == 3 && halves { 2 } else { 1 };
    let plane = |channel: usize| {
        let is_color = channel > 0;
        let table = usize::from(is_color);
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
        let blocks = (0..across * down)
            .map(|block| {
                let corner = block / across * across * 64 + block % across * 8;
                let samples = std::array::from_fn(|at| samples[corner + at / 8 * across * 8 + at % 8]);
                let values = quantized(&samples, &steps[table]);
                ZIGZAG.map(|at| values[at] as i16)
            })
            .collect();
        Plane { blocks, across, down, factor: if is_color { 1 } else { factor }, table }
    };
    (0..channels).map(plane).collect()
}

/// All blocks of all planes, unit after unit, with the number of their plane.
pub(super) fn interleaved(planes: &[Plane]) -> impl Iterator<Item = (usize, Block)> {
    let units =
        |blocks: fn(&Plane) -> usize| planes.iter().map(|plane| blocks(plane).div_ceil(plane.factor)).max();
    let (across, down) = (units(|plane| plane.across).unwrap_or(0), units(|plane| plane.down).unwrap_or(0));
    let mut before = vec![0; planes.len()];
    let places = planes.iter().enumerate().flat_map(|(number, plane)| {
        (0..plane.factor * plane.factor).map(move |place| (number, plane, place))
    });
    (0..across * down).flat_map(move |unit| places.clone().map(move |place| (unit, place))).map(
        move |(unit, (number, plane, place))| {
            let row = unit / across * plane.factor + place / plane.factor;
            let column = unit % across * plane.factor + place % plane.factor;
            // Beyond the image stand blocks of one colour, that of the block before.
            let block = if row < plane.down && column < plane.across {
                plane.blocks[row * plane.across + column]
            } else {
                let mut flat = [0; 64];
                flat[0] = before[number];
                flat
            };
            before[number] = block[0];
            (number, block)
        },
    )
}

/// The only scan of a file that is not progressive.
fn symbols(planes: &[Plane]) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut before = vec![0; planes.len()];
    for (number, block) in interleaved(planes) {
        let first = block[0] - std::mem::replace(&mut before[number], block[0]);
        push_block(&mut symbols, planes[number].table, &block, first);
    }
    symbols
}

fn push_block(symbols: &mut Vec<Symbol>, table: usize, block: &Block, first: i16) {
    let (size, bits) = sized(first);
    symbols.push(Symbol::coded(table, 0, size, bits, size));
    let mut zeros = 0u8;
    for &value in &block[1..] {
        if value == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 {
            symbols.push(Symbol::coded(table, 1, 0xf0, 0, 0));
            zeros -= 16;
        }
        let (size, bits) = sized(value);
        symbols.push(Symbol::coded(table, 1, zeros << 4 | size, bits, size));
        zeros = 0;
    }
    if zeros > 0 {
        symbols.push(Symbol::coded(table, 1, 0, 0, 0));
    }
}
