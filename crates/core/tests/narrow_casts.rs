//! Conversions from and to narrow dtypes, as TensorFlow does them.
//!
//! The record comes from `tools/record_narrow.py`.

use ferroflow_core::{Code, DType, NdArray, Shape};

const RECORD: &str = include_str!("data/narrow_casts.txt");

/// An array of elements that are written as hexadecimal numbers of their bytes.
fn array(dtype: DType, elements: &str) -> NdArray {
    let elements: Vec<&str> = elements.split(' ').collect();
    let digits = elements.concat();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
    let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    NdArray::from_bytes(dtype, Shape::new(&[elements.len()]).expect("a shape"), &bytes).expect("an array")
}

/// NaN has more than one form, of which each side has its own for `complex64`.
fn same(one: &NdArray, other: &NdArray) -> bool {
    let text = |array: &NdArray| array.cast(DType::FLOAT64).map(|wide| wide.to_string()).unwrap_or_default();
    one.as_bytes() == other.as_bytes() || (!one.dtype().is_narrow() && text(one) == text(other))
}

#[test]
fn narrow_numbers_are_converted_as_in_tensorflow() {
    let dtype = |name: &str| DType::from_name(name).expect("a dtype");
    for line in RECORD.lines() {
        let mut words = line.splitn(3, ' ');
        let mut next = || words.next().expect("three parts");
        let (from, to, rest) = (dtype(next()), dtype(next()), next());
        if rest == "unsupported" {
            let error = NdArray::zeros(from, Shape::scalar()).and_then(|zero| zero.cast(to)).expect_err(line);
            assert_eq!(error.code(), Code::Unimplemented);
            let told = format!("Cast {} to {} is not supported", from.cpp_name(), to.cpp_name());
            assert_eq!(error.message(), told);
            continue;
        }
        let (before, after) = rest.split_once(" : ").expect("two arrays");
        let found = array(from, before).cast(to).expect(line);
        assert!(same(&found, &array(to, after)), "{line}\n{:02x?}", found.as_bytes());
    }
}
