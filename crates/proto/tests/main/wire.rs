//! Bytes decoded and encoded again, and bytes that are no messages.

use ferroflow_proto::deterministic::{self, MapOrder};
use ferroflow_proto::{Message, SignatureDef, registry};

use crate::cases::{read_cases, to_hex};
use crate::codecs::codecs;

#[test]
fn bytes_come_back_as_they_were() {
    let codecs = codecs();
    let mut seen = std::collections::BTreeSet::new();
    for file in ["data/fields.cases", "data/text.cases"] {
        for case in read_cases(file) {
            let bytes = case.bytes().unwrap();
            let again = (codecs[case.message.as_str()].reencode)(&bytes).unwrap();
            assert_eq!(to_hex(&again), to_hex(&bytes), "{}", case.message);
            seen.insert(case.message);
        }
    }
    assert!(seen.iter().map(String::as_str).eq(registry::all().keys().copied()));
}

#[test]
fn maps_can_be_written_in_the_order_of_cpp() {
    for case in read_cases("data/cpp.cases") {
        let signature = SignatureDef::decode(&*case.bytes().unwrap()).unwrap();
        let bytes = deterministic::to_bytes(&signature, MapOrder::Ascending);
        assert_eq!(to_hex(&bytes), case.block("cpp").unwrap());
        assert_ne!(case.block("cpp"), case.block("bytes"));
    }
}

/// Every way to cut a message short or to change a byte of it gives an error or a message, and never a panic.
#[test]
fn broken_bytes_are_errors() {
    let codecs = codecs();
    for case in read_cases("data/text.cases") {
        let codec = &codecs[case.message.as_str()];
        let bytes = case.bytes().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            for value in [0, 0x7f, 0x80, 0xff, bytes[at] ^ 1, bytes[at] ^ 8] {
                changed[at] = value;
                if let Ok(text) = (codec.to_text)(&changed) {
                    let _ = (codec.parse)(&text);
                }
            }
            let _ = (codec.reencode)(&bytes[..at]);
        }
    }
}

#[test]
fn endless_nesting_is_an_error() {
    // list_value { values { list_value { ...
    let mut bytes = Vec::new();
    for _ in 0..100_000 {
        let mut outer = vec![0x0a];
        prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
        if outer.len() + bytes.len() > 4096 {
            break;
        }
        outer.extend(&bytes);
        bytes = vec![0x9a, 0x03];
        prost::encoding::encode_varint(outer.len() as u64, &mut bytes);
        bytes.extend(outer);
    }
    let codec = &codecs()["tensorflow.StructuredValue"];
    assert!((codec.reencode)(&bytes).unwrap_err().to_string().contains("recursion limit"));
}
