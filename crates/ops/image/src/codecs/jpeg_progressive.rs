//! Progressive JPEG files: scans of a part of the coefficients and of their bits, in the order in which libjpeg writes them
//! (ITU-T T.81, G.1.2).

use super::jpeg_encoder::{Block, Plane, code_segment, interleaved, segment};
use super::jpeg_scan::{Symbol, fitting_codes, sized, write_scan};

/// What a scan tells.
struct Scan {
    /// The only plane, or all of them.
    plane: Option<usize>,
    /// The first and the last coefficient.
    band: [usize; 2],
    /// How many low bits were left out by the scan of the same coefficients before; 0 for the first.
    before: u8,
    /// How many low bits are left out.
    left_out: u8,
}

fn scan(plane: impl Into<Option<usize>>, band: [usize; 2], before: u8, left_out: u8) -> Scan {
    Scan { plane: plane.into(), band, before, left_out }
}

/// All scans of a file.
fn script(planes: usize) -> Vec<Scan> {
    if planes == 1 {
        return vec![
            scan(None, [0, 0], 0, 1),
            scan(0, [1, 5], 0, 2),
            scan(0, [6, 63], 0, 2),
            scan(0, [1, 63], 2, 1),
            scan(None, [0, 0], 1, 0),
            scan(0, [1, 63], 1, 0),
        ];
    }
    vec![
        scan(None, [0, 0], 0, 1),
        scan(0, [1, 5], 0, 2),
        scan(2, [1, 63], 0, 1),
        scan(1, [1, 63], 0, 1),
        scan(0, [6, 63], 0, 2),
        scan(0, [1, 63], 2, 1),
        scan(None, [0, 0], 1, 0),
        scan(2, [1, 63], 1, 0),
        scan(1, [1, 63], 1, 0),
        scan(0, [1, 63], 1, 0),
    ]
}

/// Writes the scans of an image, each with codes made for it.
pub(super) fn progressive_scans(file: &mut Vec<u8>, planes: &[Plane]) {
    for scan in script(planes.len()) {
        let symbols = match scan.plane {
            None => first_symbols(planes, &scan),
            Some(plane) => other_symbols(&planes[plane], &scan),
        };
        let codes = fitting_codes(&symbols);
        let numbers = scan.plane.map_or(0..planes.len(), |plane| plane..plane + 1);
        let mut head = vec![numbers.len() as u8];
        for number in numbers {
            // Low bits of first coefficients stand in the file as they are.
            let table = planes[number].table;
            let (first, other) = match scan.plane {
                None if scan.before > 0 => (0, 0),
                None => (table, 0),
                Some(_) => (0, table),
            };
            head.extend([number as u8 + 1, (first << 4 | other) as u8]);
        }
        head.extend([scan.band[0] as u8, scan.band[1] as u8, scan.before << 4 | scan.left_out]);
        for (table, kinds) in codes.iter().enumerate() {
            for (kind, _) in kinds.iter().enumerate().filter(|(_, codes)| !codes.values.is_empty()) {
                code_segment(file, &codes, table, kind);
            }
        }
        segment(file, 0xda, &head);
        write_scan(file, &symbols, &codes);
    }
}

/// A scan of the first coefficients of all planes.
fn first_symbols(planes: &[Plane], scan: &Scan) -> Vec<Symbol> {
    let mut before = vec![0; planes.len()];
    let symbol = |(number, block): (usize, Block)| {
        let value = block[0] >> scan.left_out;
        if scan.before > 0 {
            return Symbol::bit(value & 1 == 1);
        }
        let (size, bits) = sized(value - std::mem::replace(&mut before[number], value));
        Symbol::coded(planes[number].table, 0, size, bits, size)
    };
    interleaved(planes).map(symbol).collect()
}

/// A scan of other coefficients of a plane.
fn other_symbols(plane: &Plane, scan: &Scan) -> Vec<Symbol> {
    let mut writer =
        BandWriter { table: plane.table, symbols: Vec::new(), ended: 0, corrections: Vec::new() };
    for block in &plane.blocks {
        let band = &block[scan.band[0]..=scan.band[1]];
        match scan.before {
            0 => writer.begin(band, scan.left_out),
            _ => writer.refine(band, scan.left_out),
        }
    }
    writer.end_blocks();
    writer.symbols
}

struct BandWriter {
    table: usize,
    symbols: Vec<Symbol>,
    /// How many blocks have nothing more to come, and were not written yet.
    ended: u16,
    /// Bits of coefficients known before, of those blocks.
    corrections: Vec<bool>,
}

impl BandWriter {
    fn code(&mut self, value: u8, bits: u16, length: u8) {
        self.symbols.push(Symbol::coded(self.table, 1, value, bits, length));
    }

    /// Writes the number of blocks that ended.
    fn end_blocks(&mut self) {
        if self.ended > 0 {
            let size = self.ended.ilog2() as u8;
            self.code(size << 4, self.ended & ((1 << size) - 1), size);
            self.ended = 0;
            self.symbols.extend(self.corrections.drain(..).map(Symbol::bit));
        }
    }

    /// The first scan of a band.
    fn begin(&mut self, band: &[i16], left_out: u8) {
        let mut zeros = 0u8;
        for &value in band {
            // Rounded towards zero.
            let value = value / (1 << left_out);
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.end_blocks();
            while zeros > 15 {
                self.code(0xf0, 0, 0);
                zeros -= 16;
            }
            let (size, bits) = sized(value);
            self.code(zeros << 4 | size, bits, size);
            zeros = 0;
        }
        if zeros > 0 {
            self.ended += 1;
            if self.ended == 0x7fff {
                self.end_blocks();
            }
        }
    }

    /// A scan of one more bit of a band.
    fn refine(&mut self, band: &[i16], left_out: u8) {
        let sizes = band.iter().map(|value| value.unsigned_abs() >> left_out);
        // One coefficient after the last that begins with this bit; no zeros are written beyond.
        let end = sizes.clone().rposition(|size| size == 1).map_or(0, |last| last + 1);
        let (mut zeros, mut corrections) = (0u8, Vec::new());
        for (at, (size, value)) in sizes.zip(band).enumerate() {
            if size == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 && at < end {
                self.end_blocks();
                self.code(0xf0, 0, 0);
                zeros -= 16;
                self.symbols.extend(corrections.drain(..).map(Symbol::bit));
            }
            if size > 1 {
                corrections.push(size & 1 == 1);
                continue;
            }
            self.end_blocks();
            self.code(zeros << 4 | 1, u16::from(*value > 0), 1);
            self.symbols.extend(corrections.drain(..).map(Symbol::bit));
            zeros = 0;
        }
        if zeros > 0 || !corrections.is_empty() {
            self.ended += 1;
            self.corrections.append(&mut corrections);
            // libjpeg's bound: its buffer of 1000 bits takes those of one more block.
            if self.ended == 0x7fff || self.corrections.len() > 937 {
                self.end_blocks();
            }
        }
    }
}
