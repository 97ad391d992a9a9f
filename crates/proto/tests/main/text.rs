//! Text printed and parsed as protobuf does.

use ferroflow_proto::attr_value::Value;
use ferroflow_proto::meta_graph_def::MetaInfoDef;
use ferroflow_proto::{Any, AttrValue, Message, TensorProto, text};

use crate::cases::{read_cases, read_text, to_hex};
use crate::codecs::codecs;

#[test]
fn messages_print_as_in_python() {
    let codecs = codecs();
    for file in ["data/fields.cases", "data/text.cases"] {
        for case in read_cases(file) {
            let codec = &codecs[case.message.as_str()];
            let bytes = case.bytes().unwrap();
            assert_eq!((codec.to_text)(&bytes).unwrap(), case.block("text").unwrap(), "{}", case.message);
            if let Some(shown) = case.block("str") {
                assert_eq!((codec.to_str)(&bytes).unwrap(), shown, "{}", case.message);
            }
        }
    }
}

#[test]
fn printed_messages_parse_to_the_same_bytes() {
    let codecs = codecs();
    for file in ["data/fields.cases", "data/text.cases"] {
        for case in read_cases(file) {
            let parsed = (codecs[case.message.as_str()].parse)(case.block("text").unwrap());
            assert_eq!(to_hex(&parsed.unwrap()), case.block("bytes").unwrap(), "{}", case.message);
        }
    }
}

#[test]
fn texts_parse_as_in_python() {
    let codecs = codecs();
    let mut wrong = Vec::new();
    for case in read_cases("data/parse.cases") {
        let input = case.block("input").unwrap();
        let parsed = (codecs[case.message.as_str()].parse)(input);
        let (ours, theirs) = match case.block("error") {
            Some(error) => {
                (parsed.map(|bytes| to_hex(&bytes)).map_err(|error| error.to_string()), Err(error.to_owned()))
            }
            None => (
                parsed.map(|bytes| to_hex(&bytes)).map_err(|error| error.to_string()),
                Ok(case.block("bytes").unwrap().to_owned()),
            ),
        };
        if ours != theirs {
            wrong.push(format!("{input:?}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Messages packed into one another print as bytes beyond the depth that a message may have.
#[test]
fn endless_packing_ends() {
    let mut packed = Any::default();
    for _ in 0..2_000 {
        let info = MetaInfoDef { any_info: Some(packed), ..MetaInfoDef::default() };
        packed =
            Any { type_url: "a/tensorflow.MetaGraphDef.MetaInfoDef".into(), value: info.encode_to_vec() };
    }
    let printed = text::to_text(&MetaInfoDef { any_info: Some(packed), ..MetaInfoDef::default() });
    assert_eq!(printed.matches("[a/tensorflow.MetaGraphDef.MetaInfoDef]").count(), 49);
    assert!(text::from_text::<MetaInfoDef>(&printed).is_ok());
}

#[test]
fn floats_print_as_in_python() {
    for line in read_text("data/floats.cases").lines() {
        let words: Vec<_> = line.split(' ').collect();
        let [kind, bits, file, shown] = words[..] else { panic!("{line}") };
        let (ours, ours_shown) = if kind == "f32" {
            let value = f32::from_bits(u32::from_str_radix(bits, 16).unwrap());
            let message = AttrValue { value: Some(Value::F(value)) };
            (text::to_text(&message), text::to_str(&message))
        } else {
            let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
            let message = TensorProto { double_val: vec![value], ..TensorProto::default() };
            (text::to_text(&message), text::to_str(&message))
        };
        assert_eq!(ours.trim_end().rsplit(' ').next(), Some(file), "{line}");
        assert_eq!(ours_shown.trim_end().rsplit(' ').next(), Some(shown), "{line}");
    }
}
