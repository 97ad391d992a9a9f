//! Damaged messages give tensors or an error, never a panic.

use ferroflow_core::{DType, NdArray, TString};
use ferroflow_ops_io::{FeatureSpec, decode_compressed, decode_csv, parse_example, parse_tensor};
use std::collections::BTreeSet;

/// The messages of the recorded cases.
fn messages() -> BTreeSet<Vec<u8>> {
    let cases = [include_str!("../src/tensor_wire.cases"), include_str!("../src/parse_example.cases")];
    let lines = cases.iter().flat_map(|cases| cases.lines());
    lines
        .filter(|line| line.trim().starts_with("in serialized: string["))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .filter(|text| text.starts_with("\\x"))
        .map(|text| {
            let codes = text.split("\\x").skip(1);
            codes.map(|code| u8::from_str_radix(code, 16).expect("two digits")).collect()
        })
        .collect()
}

/// A generator of the numbers that damage messages (Marsaglia, 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn features() -> Vec<(&'static str, FeatureSpec)> {
    let padded = FeatureSpec::FixedLenSequence {
        shape: vec![2],
        dtype: DType::INT64,
        default_value: None,
        allow_missing: true,
    };
    let ragged = FeatureSpec::Ragged { dtype: DType::STRING, row_splits_dtype: DType::INT32 };
    vec![("a", padded), ("b", FeatureSpec::VarLen { dtype: DType::FLOAT32 }), ("c", ragged)]
}

#[test]
fn damaged_messages_are_refused_or_read() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut refused) = (0, 0);
    for message in messages() {
        for round in 0..200 {
            let mut damaged = message.clone();
            for _ in 0..numbers.below(4) {
                let at = numbers.below(damaged.len());
                if let Some(byte) = damaged.get_mut(at) {
                    // Values that end or lengthen numbers, and sizes that are not too large to be had.
                    *byte = [0, 1, 0x0f, 0x7f, 0x80, numbers.below(256) as u8][numbers.below(6)];
                }
            }
            if round % 5 == 0 {
                damaged.truncate(numbers.below(damaged.len()));
            }
            let text = NdArray::scalar(TString::from(damaged));
            let column = [NdArray::from([0.5f32])];
            let results = [
                parse_tensor(&text, DType::FLOAT32).is_ok(),
                parse_tensor(&text, DType::STRING).is_ok(),
                parse_example(&text, &features()).is_ok(),
                decode_csv(&text, &column).is_ok(),
                decode_compressed(&text, "ZLIB").is_ok(),
            ];
            read += results.iter().filter(|ok| **ok).count();
            refused += results.iter().filter(|ok| !**ok).count();
        }
    }
    assert!(read > 500 && refused > 500, "{read} messages read, {refused} refused");
}
