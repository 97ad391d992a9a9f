//! Every printed form that NumPy and TensorFlow were seen to print, compared with ours.
//!
//! The record and its notation come from `tools/record_prints.py`.

#![allow(clippy::print_stdout, reason = "the test says how many forms it compared")]

use ferroflow_core::print::{PrintOptions, array_repr, array_str};
use ferroflow_core::{Complex, DType, Element, NdArray, PartialShape, Shape, TString, bf16, dispatch, f16};
use std::str::SplitWhitespace;

/// The input of a record: what the forms after it are forms of.
#[derive(Default)]
struct Record {
    arrays: Vec<NdArray>,
    options: PrintOptions,
    splits: Vec<Vec<i64>>,
    symbols: Vec<(String, PartialShape, DType)>,
}

impl Record {
    fn print(&self, form: &str) -> String {
        match form {
            "str" => array_str(&self.arrays[0], &self.options),
            "repr" => array_repr(&self.arrays[0], &self.options),
            other => panic!("no such form: {other}"),
        }
    }
}

#[test]
fn all_recorded_forms_are_equal() {
    let text = include_str!("data/printed_forms.txt");
    let mut lines = text.lines();
    let mut record = Record::default();
    let (mut compared, mut different, mut complete) = (0, Vec::new(), false);
    while let Some(line) = lines.next() {
        let mut words = line.split_whitespace();
        let kind = words.next().expect("a kind of line");
        if kind != "form" && std::mem::take(&mut complete) {
            record = Record::default();
        }
        match kind {
            "array" => record.arrays.push(array(&mut words)),
            "options" => words.for_each(|word| set(&mut record.options, word)),
            "splits" => record.splits.push(words.map(parse::<i64>).collect()),
            "symbol" => record.symbols.push(symbol(&mut words)),
            "form" => {
                complete = true;
                let form = words.next().expect("a form");
                let count = words.next().map(parse::<usize>).expect("a number of lines");
                let expected: Vec<&str> = lines.by_ref().take(count).collect();
                let (expected, got) = (expected.join("\n"), record.print(form));
                compared += 1;
                if expected != got {
                    different.push(format!("{form} should be\n{expected}\nand is\n{got}"));
                }
            }
            other => panic!("unknown line: {other}"),
        }
    }
    println!("compared {compared} printed forms");
    assert!(compared >= 450, "only {compared} forms were compared");
    let shown = different.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n\n");
    assert!(different.is_empty(), "{} of {compared} forms differ:\n\n{shown}", different.len());
}

fn parse<T: std::str::FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("not a number: {word}"))
}

fn array(words: &mut SplitWhitespace<'_>) -> NdArray {
    let dtype = words.next().and_then(DType::from_name).expect("a dtype");
    let dims = words.next().expect("a shape").trim_matches(['[', ']']);
    let dims: Vec<usize> = dims.split(',').filter(|dim| !dim.is_empty()).map(parse).collect();
    let shape = Shape::new(&dims).expect("a shape");
    match words.next().unwrap_or("bits") {
        "bytes" => {
            let strings = words.map(|word| TString::from(bytes(word.trim_matches('-'), 1))).collect();
            NdArray::from_shape(shape, strings).expect("as many strings as the shape says")
        }
        "affine" => {
            let constants: Vec<i64> = words.map(parse).collect();
            affine(dtype, shape, &constants)
        }
        _ => {
            let stored: Vec<u8> = words.flat_map(|word| bytes(word, word.len() / 2)).collect();
            NdArray::from_bytes(dtype, shape, &stored).expect("as many bits as the shape says")
        }
    }
}

/// Bytes of hexadecimal digits, each group of `size` turned into the machine's order.
fn bytes(digits: &str, size: usize) -> Vec<u8> {
    let pair = |start| u8::from_str_radix(&digits[start..start + 2], 16).expect("hexadecimal digits");
    let mut bytes: Vec<u8> = (0..digits.len()).step_by(2).map(pair).collect();
    if cfg!(target_endian = "little") {
        bytes.chunks_mut(size.max(1)).for_each(<[u8]>::reverse);
    }
    bytes
}

fn affine(dtype: DType, shape: Shape, constants: &[i64]) -> NdArray {
    let [a, b, modulus, divisor] = *constants else { panic!("four constants") };
    let integers = (0..shape.num_elements() as i64).map(|i| (a + b * i).rem_euclid(modulus));
    let floats = integers.clone().map(|value| value as f64 / divisor.max(1) as f64);
    fn build<T: Element>(shape: Shape, values: impl Iterator<Item = T>) -> NdArray {
        NdArray::from_shape(shape, values.collect()).expect("as many values as the shape says")
    }
    match dtype {
        DType::BOOL => build(shape, integers.map(|value| value != 0)),
        DType::HALF => build(shape, floats.map(f16::from_f64)),
        DType::BFLOAT16 => build(shape, floats.map(|value| bf16::from_f32(value as f32))),
        DType::FLOAT32 => build(shape, floats.map(|value| value as f32)),
        DType::FLOAT64 => build(shape, floats),
        DType::COMPLEX64 => build(shape, floats.map(|value| Complex::new(value as f32, 0.0))),
        DType::COMPLEX128 => build(shape, floats.map(|value| Complex::new(value, 0.0))),
        _ => dispatch!(dtype, INTEGERS, |T| Ok(build(shape, integers.map(|value| value as T))))
            .expect("an integer dtype"),
    }
}

fn set(options: &mut PrintOptions, assignment: &str) {
    let (key, value) = assignment.split_once('=').expect("KEY=VALUE");
    let value: usize = parse(value);
    match key {
        "threshold" => options.threshold = value,
        "edgeitems" => options.edgeitems = value,
        "linewidth" => options.linewidth = value,
        "precision" => options.precision = value,
        "suppress" => options.suppress = value != 0,
        other => panic!("unknown option: {other}"),
    }
}

fn symbol(words: &mut SplitWhitespace<'_>) -> (String, PartialShape, DType) {
    let name = words.next().expect("a name").to_string();
    let shape = match words.next().expect("a shape") {
        "?" => PartialShape::unknown(),
        dims => {
            let dims = dims.trim_matches(['[', ']']).split(',').filter(|dim| !dim.is_empty());
            PartialShape::new(dims.map(|dim| dim.parse().ok()))
        }
    };
    let dtype = words.next().and_then(DType::from_name).expect("a dtype");
    (name, shape, dtype)
}
