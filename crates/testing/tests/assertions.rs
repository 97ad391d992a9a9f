//! The assertions say what NumPy's say: messages recorded by `tools/record_assertions.py`.

#![allow(clippy::unwrap_used, reason = "a test may")]

use ferroflow_core::{DType, NdArray, Shape, constant};
use ferroflow_testing::{Tolerance, all_close, all_equal, assert_all_close, assert_all_equal};

/// The array of a recorded line: dtype, shape and elements.
fn array(fields: &[&str]) -> NdArray {
    let [_, dtype, dims, elements] = fields else { panic!("{fields:?}") };
    let dims = dims.trim_matches(['[', ']']).split(',').filter(|dim| !dim.is_empty());
    let dims: Vec<usize> = dims.map(|dim| dim.parse().unwrap()).collect();
    let byte = |at: usize| u8::from_str_radix(&elements[2 * at..2 * at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..elements.len() / 2).map(byte).collect();
    NdArray::from_bytes(DType::from_name(dtype).unwrap(), Shape::new(&dims).unwrap(), &bytes).unwrap()
}

#[test]
fn messages_are_numpys() {
    let text = include_str!("data/assertions.txt");
    let mut cases = 0;
    let mut lines = text.lines().peekable();
    while let Some(actual) = lines.next() {
        let fields = |line: &'static str| -> Vec<&'static str> { line.split('\t').collect() };
        let actual = array(&fields(actual));
        let desired = array(&fields(lines.next().unwrap()));
        let call = fields(lines.next().unwrap());
        let mut message = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("  ")) {
            message.push(&line[2..]);
        }
        let difference = match call.as_slice() {
            ["call", "close", relative, absolute] => {
                let (relative, absolute) = (relative.parse().unwrap(), absolute.parse().unwrap());
                all_close(&actual, &desired, Tolerance { relative, absolute, ulp: 0 }).unwrap_err()
            }
            ["call", "equal"] => all_equal(&actual, &desired).unwrap_err(),
            other => panic!("{other:?}"),
        };
        assert_eq!(difference.to_string(), message.join("\n"));
        cases += 1;
    }
    assert!(cases >= 16, "{cases}");
}

/// What NumPy has no words for.
#[test]
fn other_differences() {
    let error = all_equal(constant([1.0]).unwrap(), constant([1]).unwrap()).unwrap_err().to_string();
    assert!(error.contains("\n(dtypes float32, int32 mismatch)\n"), "{error}");
    let error =
        all_close([1.0f32], [1.0f32 + 3.0 * f32::EPSILON], Tolerance::ulp(2)).unwrap_err().to_string();
    assert!(error.starts_with("Not equal to tolerance rtol=0, atol=0, ulp=2\n"), "{error}");
    let error = all_equal(["a", "b"], ["a", "c"]).unwrap_err().to_string();
    assert!(error.contains(" [1]: b'b' (ACTUAL), b'c' (DESIRED)\n ACTUAL: "), "{error}");
    let error = all_close([1.0, f32::NAN as f64], [1.0, 2.0], Tolerance::default()).unwrap_err().to_string();
    assert!(error.contains(" [1]: nan (ACTUAL), 2.0 (DESIRED)\n"), "{error}");
}

#[test]
fn what_is_close_or_equal_passes() {
    assert_all_close!([1.0, f64::INFINITY, f64::NAN], [1.000_000_5, f64::INFINITY, f64::NAN]);
    assert_all_close!([1, 2], [1.0, 2.0]);
    assert_all_equal!([f32::NAN], [f32::NAN]);
    assert_all_equal!(NdArray::from([[0.5f32]; 0]), NdArray::from([[0.5f32]; 0]));
    assert_all_close!([1.0f32 + f32::EPSILON], [1.0f32], Tolerance::ulp(1));
}

#[test]
#[should_panic(
    expected = "Mismatched elements: 1 / 2 (50%)\nMismatch at index:\n [1]: 2.5 (ACTUAL), 2.0 (DESIRED)"
)]
fn an_assertion_panics() {
    assert_all_close!([1.0, 2.5], [1.0, 2.0]);
}
