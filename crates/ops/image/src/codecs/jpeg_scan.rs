//! Scans of JPEG files: what they hold, with codes for it, as bits.

use super::jpeg_tables::{CodeTable, Codes, shortest_codes};

/// Codes of first coefficients and of others, of brightness and of colour.
pub(super) type CodeTables = [[CodeTable; 2]; 2];

/// Something that a scan writes: a code of one of the tables, if any, then bits as they are.
pub(super) struct Symbol {
    code: Option<Code>,
    bits: u16,
    /// How many bits follow.
    length: u8,
}

struct Code {
    table: u8,
    /// 0 for first coefficients, 1 for others.
    kind: u8,
    value: u8,
}

impl Symbol {
    pub(super) fn coded(table: usize, kind: u8, value: u8, bits: u16, length: u8) -> Symbol {
        Symbol { code: Some(Code { table: table as u8, kind, value }), bits, length }
    }

    /// A bit as it is.
    pub(super) fn bit(is_set: bool) -> Symbol {
        Symbol { code: None, bits: is_set.into(), length: 1 }
    }
}

/// A number as its size in bits, and those bits.
pub(super) fn sized(value: i16) -> (u8, u16) {
    let size = 16 - value.unsigned_abs().leading_zeros();
    let bits = if value < 0 { value - 1 } else { value };
    (size as u8, bits as u16 & ((1 << size) - 1))
}

/// Codes made for these symbols.
pub(super) fn fitting_codes(symbols: &[Symbol]) -> CodeTables {
    let mut occurrences = [[[0u64; 256]; 2]; 2];
    for code in symbols.iter().filter_map(|symbol| symbol.code.as_ref()) {
        occurrences[usize::from(code.table)][usize::from(code.kind)][usize::from(code.value)] += 1;
    }
    occurrences.map(|kinds| kinds.map(|kind| shortest_codes(&kind)))
}

pub(super) fn write_scan(file: &mut Vec<u8>, symbols: &[Symbol], tables: &CodeTables) {
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
        if let Some(code) = &symbol.code {
            let (bits, length) = codes[usize::from(code.table)][usize::from(code.kind)].of(code.value);
            put(file, bits, length);
        }
        left = put(file, symbol.bits, symbol.length);
    }
    if left > 0 {
        // The last byte is filled with ones.
        put(file, (1 << (8 - left)) - 1, (8 - left) as u8);
    }
}
