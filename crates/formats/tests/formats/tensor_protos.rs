//! TensorProtos in every form TensorFlow writes, and what its runtime makes of them.

use crate::fixtures::{data, parse_value, unhex};
use ferroflow_core::{Code, DType, NdArray};
use ferroflow_proto::tensor_proto;
use ferroflow_proto::{Message, TensorProto, TensorShapeProto, tensor_shape_proto::Dim};

struct Recorded {
    name: String,
    bytes: Vec<u8>,
    /// Dtype, shape and elements, or the class and message of an error.
    answer: Vec<String>,
}

fn recorded() -> Vec<Recorded> {
    let text = std::fs::read_to_string(data("tensor_protos/protos.values")).unwrap();
    let line = |line: &str| {
        let fields: Vec<String> = line.split('\t').map(str::to_string).collect();
        Recorded { name: fields[0].clone(), bytes: unhex(&fields[1]), answer: fields[2..].to_vec() }
    };
    text.lines().map(line).collect()
}

#[test]
fn read_as_tensorflow_reads_them() {
    for Recorded { name, bytes, answer } in recorded() {
        let array = tensor_proto::to_array(&TensorProto::decode(bytes.as_slice()).unwrap());
        if answer[0] == "error" {
            let error = array.unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument, "{name}");
            // Other messages are of the Const op's shape function, and of Python's import.
            if answer[1] == "InvalidArgumentError" {
                assert!(error.message().starts_with(&answer[2]), "{name}: {error}");
            }
            continue;
        }
        let (array, expected) = (array.unwrap(), parse_value(&answer[0], &answer[1], &answer[2]));
        assert_eq!(array.as_bytes(), expected.as_bytes(), "{name}");
        assert_eq!(array, expected, "{name}");
    }
}

#[test]
fn written_as_python_writes_them() {
    let mut count = 0;
    for Recorded { name, bytes, .. } in recorded() {
        if name.starts_with("python ") {
            let proto = TensorProto::decode(bytes.as_slice()).unwrap();
            let array = tensor_proto::to_array(&proto).unwrap();
            assert_eq!(tensor_proto::from_array(&array).unwrap(), proto, "{name}");
            count += 1;
        }
    }
    assert!(count > 20);
}

#[test]
fn a_single_value_does_not_ask_for_any_amount_of_memory() {
    let dim = Dim { size: 1 << 40, name: String::new() };
    let proto = TensorProto {
        dtype: DType::INT64.number(),
        tensor_shape: Some(TensorShapeProto { dim: vec![dim], unknown_rank: false }),
        int64_val: vec![1],
        ..TensorProto::default()
    };
    assert_eq!(tensor_proto::to_array(&proto).unwrap_err().code(), Code::ResourceExhausted);
    let strings = TensorProto { dtype: DType::STRING.number(), tensor_content: vec![1].into(), ..proto };
    assert_eq!(tensor_proto::to_array(&strings).unwrap_err().code(), Code::InvalidArgument);
}

#[test]
fn damaged_bytes_give_an_error_or_another_tensor() {
    for Recorded { bytes, .. } in recorded() {
        for position in 0..bytes.len().min(64) {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[position] ^= 1 << bit;
                if let Ok(proto) = TensorProto::decode(flipped.as_slice()) {
                    let _ = tensor_proto::to_array(&proto);
                }
            }
            if let Ok(proto) = TensorProto::decode(&bytes[..position]) {
                let _: Result<NdArray, _> = tensor_proto::to_array(&proto);
            }
        }
    }
}
