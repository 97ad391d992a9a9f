//! Damaged files of every format: an error, never a panic. Each format is tried for a moment; `FERROFLOW_FUZZ_SECONDS`
//! says for how long, and a failure names the seed that `FERROFLOW_FUZZ_SEED` begins with again.

use crate::fixtures::{Scratch, data};
use crate::mutate::fuzz;
use ferroflow_core::{Attrs, DType, NdArray, Op, PartialShape, Result, TString, npy, npz};
use ferroflow_formats::{
    CheckpointReader, Compression, EventFileWriter, SavedModel, SavedModelBundle, TfRecordReader,
    read_events, read_graph_def,
};
use ferroflow_graph::Graph;
use std::io::Cursor;

fn recorded(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| std::fs::read(data(name)).unwrap()).collect()
}

#[test]
fn graphs() {
    let scratch = Scratch::new();
    fuzz(
        "GraphDef",
        &recorded(&["frozen/graph.pb", "v1_control_flow/graph.pb", "frozen/graph.pbtxt"]),
        |bytes| {
            scratch.write("graph.pb", bytes);
            Graph::from_graph_def(&read_graph_def(scratch.path("graph.pb"))?).map(|_| ())
        },
    );
}

#[test]
fn saved_models() {
    let scratch = Scratch::new();
    for part in ["index", "data-00000-of-00001"] {
        let name = format!("variables/variables.{part}");
        std::fs::create_dir_all(scratch.path("variables")).unwrap();
        std::fs::copy(data("v2_module").join(&name), scratch.path(&name)).unwrap();
    }
    let assets = data("v2_module").join("assets");
    if assets.is_dir() {
        std::fs::create_dir_all(scratch.path("assets")).unwrap();
        for asset in std::fs::read_dir(assets).unwrap() {
            let asset = asset.unwrap();
            std::fs::copy(asset.path(), scratch.path("assets").join(asset.file_name())).unwrap();
        }
    }
    fuzz("SavedModel", &recorded(&["v2_module/saved_model.pb"]), |bytes| {
        scratch.write("saved_model.pb", bytes);
        let model = SavedModel::load(scratch.path(""))?;
        for graph in model.meta_graphs() {
            graph.signatures()?;
            graph.assets()?;
            graph.variable_sources()?;
        }
        SavedModelBundle::load(scratch.path(""), &["serve"]).map(|_| ())
    });
}

fn read_all(scratch: &Scratch) -> Result<()> {
    let checkpoint = CheckpointReader::open(scratch.path("model"))?;
    checkpoint.tensors().try_for_each(|(name, _, _)| checkpoint.read(name).map(|_| ()))
}

#[test]
fn checkpoint_indexes() {
    let scratch = Scratch::copy_of("ckpt_partitioned");
    fuzz("checkpoint index", &recorded(&["ckpt_partitioned/model.index"]), |bytes| {
        scratch.write("model.index", bytes);
        read_all(&scratch)
    });
}

#[test]
fn checkpoint_data() {
    let scratch = Scratch::copy_of("ckpt_all_types");
    fuzz("checkpoint data", &recorded(&["ckpt_all_types/model.data-00000-of-00001"]), |bytes| {
        scratch.write("model.data-00000-of-00001", bytes);
        read_all(&scratch)
    });
}

#[test]
fn checkpoints_before_v2() {
    let scratch = Scratch::new();
    fuzz("V1 checkpoint", &recorded(&["ckpt_v1/model", "ckpt_v1/sharded-00001-of-00002"]), |bytes| {
        scratch.write("model", bytes);
        match read_all(&scratch) {
            // One shard holds some slices of a tensor.
            Err(error) if error.message().contains("sufficient slices") => Ok(()),
            result => result,
        }
    });
}

#[test]
fn records() {
    for (name, compression) in [
        ("records.tfrecord", Compression::None),
        ("records.gzip", Compression::Gzip),
        ("records.zlib", Compression::Zlib),
    ] {
        fuzz(name, &recorded(&[&format!("tf_records/{name}")]), |bytes| {
            TfRecordReader::new(Cursor::new(bytes.to_vec()), compression)
                .try_for_each(|record| record.map(|_| ()))
        });
    }
}

#[test]
fn event_files() {
    let scratch = Scratch::new();
    fuzz("event file", &recorded(&["event_file/events.out.tfevents.1700000000.host"]), |bytes| {
        scratch.write("events", bytes);
        read_events(scratch.path("events"))?.try_for_each(|event| event.map(|_| ()))
    });
    // Records whose checksums are right, of events that are not.
    let event =
        read_events(data("event_file/events.out.tfevents.1700000000.host")).unwrap().nth(3).unwrap().unwrap();
    let bytes = ferroflow_proto::Message::encode_to_vec(&event);
    fuzz("event", &[bytes], |bytes| {
        let scratch = Scratch::new();
        let mut writer = EventFileWriter::new(scratch.path(""), "");
        writer.write_bytes(bytes)?;
        writer.flush()?;
        read_events(writer.path().unwrap())?.try_for_each(|event| event.map(|_| ()))
    });
}

#[test]
fn examples() {
    use ferroflow_proto::{
        BytesList, Example, Feature, Features, FloatList, Int64List, Message, feature::Kind,
    };
    ferroflow_graph::install();
    let feature = |kind: Kind| Feature { kind: Some(kind) };
    let example = Example {
        features: Some(Features {
            feature: [
                ("a".to_string(), feature(Kind::FloatList(FloatList { value: vec![1.0, 2.0] }))),
                ("b".to_string(), feature(Kind::Int64List(Int64List { value: vec![7, -1, 300] }))),
                ("c".to_string(), feature(Kind::BytesList(BytesList { value: vec![b"text".to_vec()] }))),
            ]
            .into(),
        }),
    };
    let strings = |items: &[&str]| NdArray::vector(items.iter().map(|item| TString::from(*item)).collect());
    fuzz("Example", &[example.encode_to_vec()], |bytes| {
        let attrs = Attrs::new()
            .with("Tdense", vec![DType::FLOAT32])
            .with("dense_shapes", vec![PartialShape::from([2])])
            .with("sparse_types", vec![DType::INT64, DType::STRING])
            .with("ragged_value_types", Vec::<DType>::new())
            .with("ragged_split_types", Vec::<DType>::new())
            .with("num_sparse", 2i64);
        Op::named("ParseExampleV2")
            .input(NdArray::vector(vec![TString::from(bytes)]))
            .input(strings(&[]))
            .input(strings(&["b", "c"]))
            .input(strings(&["a"]))
            .input(strings(&[]))
            .inputs(vec![NdArray::vector(Vec::<f32>::new())])
            .attrs(&attrs)
            .all()
            .map(|_| ())
    });
}

#[test]
fn arrays() {
    let array = NdArray::from_vec(&[2, 3], vec![1.5f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    let words = NdArray::vector(vec![TString::from("a"), TString::from("word")]);
    let corpus = [&array, &words].map(|array| {
        let mut bytes = Vec::new();
        npy::write(&mut bytes, array).unwrap();
        bytes
    });
    fuzz("npy", &corpus, |bytes| npy::read(&mut &bytes[..]).map(|_| ()));
    let mut archive = Cursor::new(Vec::new());
    npz::write_to(&mut archive, [("a", &array), ("words", &words)]).unwrap();
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/data/npz");
    let deflated = std::fs::read(directory.join("deflated.npz")).unwrap();
    fuzz("npz", &[archive.into_inner(), deflated], |bytes| {
        npz::read_from(Cursor::new(bytes.to_vec())).map(|_| ())
    });
}

#[test]
fn described_messages() {
    use ferroflow_proto::loose_message::rewritten;
    use ferroflow_proto::message_schema::DescriptorSet;
    use ferroflow_proto::text::bytes_of_text;
    // `p.M`: a group, a message of its own type, a run of numbers, an enum, a map of messages.
    const DESCRIPTOR: &[u8] = b"\
        \x0a\xbe\x01\x0a\x01t\x12\x01p\"\xad\x01\x0a\x01M\x12\x11\x0a\x01g\x18\x01 \x03(\x0a2\x06.p.M.G\x12\
        \x0f\x0a\x01m\x18\x02 \x01(\x0b2\x04.p.M\x12\x0d\x0a\x01i\x18\x03 \x03(\x11B\x02\x10\x01\x12\x14\x0a\
        \x01e\x18\x04 \x01(\x0e2\x06.p.M.E:\x01Y\x12\x11\x0a\x01k\x18\x05 \x03(\x0b2\x06.p.M.K\x1a\x0e\x0a\
        \x01G\x12\x09\x0a\x01a\x18\x01 \x01(\x05\x1a)\x0a\x01K\x12\x0b\x0a\x03key\x18\x01 \x01(\x09\x12\x13\
        \x0a\x05value\x18\x02 \x01(\x0b2\x04.p.M:\x028\x01\"\x11\x0a\x01E\x12\x05\x0a\x01X\x10\x00\x12\x05\
        \x0a\x01Y\x10\x03b\x06proto2";
    const TEXT: &str = "g { a: 5 } m { i: [1, -2] e: X } k { key: \"a\\x41\" value { i: 0x10 } }";
    const NAME: &str = "p.M";
    let schemas = DescriptorSet::read(DESCRIPTOR).unwrap().messages(NAME).unwrap();
    let message = bytes_of_text(&schemas, TEXT).unwrap();
    assert_eq!(rewritten(&schemas, &message).as_ref(), Some(&message));
    let unread = || ferroflow_core::Error::data_loss("no message");
    fuzz("descriptor", &[DESCRIPTOR.to_vec()], |bytes| {
        let schemas =
            DescriptorSet::read(bytes).ok().and_then(|set| set.messages(NAME)).ok_or_else(unread)?;
        rewritten(&schemas, &message).and(bytes_of_text(&schemas, TEXT).ok()).map(|_| ()).ok_or_else(unread)
    });
    fuzz("message", std::slice::from_ref(&message), |bytes| {
        rewritten(&schemas, bytes).map(|_| ()).ok_or_else(unread)
    });
    fuzz("message in text", &[TEXT.as_bytes().to_vec()], |bytes| {
        bytes_of_text(&schemas, bytes).map(|_| ()).map_err(|_| unread())
    });
}
