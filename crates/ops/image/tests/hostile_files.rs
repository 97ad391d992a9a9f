//! Damaged image files give an image or an error, never a panic.

use ferroflow_core::{NdArray, TString};
use ferroflow_ops_image::{
    decode_bmp, decode_gif, decode_image, decode_jpeg, decode_png, decode_webp, extract_jpeg_shape,
};
use std::collections::BTreeSet;

/// The files of the recorded cases.
fn files() -> BTreeSet<Vec<u8>> {
    let cases = [include_str!("../src/codecs/decode.cases"), include_str!("../src/codecs/webp.cases")];
    let texts = cases
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.trim().strip_prefix("in contents: string[] = \"\\x"));
    texts
        .map(|text| {
            let codes = text.trim_end_matches('"').split("\\x");
            codes.map(|code| u8::from_str_radix(code, 16).expect("two digits")).collect()
        })
        .collect()
}

/// A generator of the numbers that damage files (Marsaglia, 2003).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

#[test]
fn damaged_files_are_refused_or_read() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut read, mut refused) = (0, 0);
    for file in files() {
        for round in 0..40 {
            let mut damaged = file.clone();
            for _ in 0..=numbers.below(4) {
                let at = numbers.below(damaged.len());
                if let Some(byte) = damaged.get_mut(at) {
                    *byte = [0, 1, 0x7f, 0xff, numbers.below(256) as u8][numbers.below(5)];
                }
            }
            if round % 5 == 0 {
                damaged.truncate(numbers.below(damaged.len()));
            }
            let contents = NdArray::scalar(TString::from(damaged));
            let results = [
                decode_image(&contents),
                decode_png(&contents, 3),
                decode_jpeg(&contents),
                decode_gif(&contents),
                decode_bmp(&contents, 4),
                decode_webp(&contents, 0),
                extract_jpeg_shape(&contents, ferroflow_core::DType::INT32),
            ];
            for result in results {
                *(if result.is_ok() { &mut read } else { &mut refused }) += 1;
            }
        }
    }
    assert!(read > 500 && refused > 500, "{read} files read, {refused} refused");
}
