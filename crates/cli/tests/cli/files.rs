//! `convert` and `records`: files of tensors and of records that TensorFlow wrote.

use crate::process::{Scratch, ferroflow, recorded};
use ferroflow_core::npz;
use ferroflow_formats::{CheckpointReader, Compression, TfRecordWriter};
use ferroflow_proto::{BytesList, Example, Feature, Features, Int64List, Message, feature};

/// The names of a checkpoint's tensors, as TensorFlow lists them.
fn names(recorded_values: &str) -> Vec<String> {
    let lines = std::fs::read_to_string(recorded(recorded_values)).unwrap();
    let mut names: Vec<String> =
        lines.lines().filter_map(|line| line.split('\t').next()).map(String::from).collect();
    names.sort();
    names
}

/// That each tensor of one checkpoint has, under the name that `renamed` gives, the same value in the other.
fn assert_same(from: &str, to: &str, names: &[String], renamed: impl Fn(&str) -> String) {
    let (from, to) = (CheckpointReader::open(from).unwrap(), CheckpointReader::open(to).unwrap());
    assert_eq!(to.tensors().count(), names.len());
    for name in names {
        assert_eq!(to.read(&renamed(name)).unwrap(), from.read(name).unwrap(), "{name}");
    }
}

#[test]
fn checkpoints_of_all_forms_become_new_ones() {
    let scratch = Scratch::new();
    for (from, values) in [
        ("ckpt_v1/model", "ckpt_v1/model.values"),
        ("ckpt_all_types/model", "ckpt_all_types/model.values"),
        ("ckpt_partitioned/model", "ckpt_partitioned/model.values"),
        ("ckpt_objects", "ckpt_objects/ckpt-3.values"),
    ] {
        let to = scratch.path(&format!("{}/model.ckpt", from.replace('/', "_")));
        let names = names(values);
        let said = ferroflow(&["convert", &recorded(from), &to]).output();
        assert!(said.starts_with(&format!("{to}: {} tensors, ", names.len())), "{said}");
        let from = if from == "ckpt_objects" { "ckpt_objects/ckpt-3" } else { from };
        assert_same(&recorded(from), &to, &names, str::to_string);
    }
}

#[test]
fn tensors_and_scopes_are_renamed() {
    let scratch = Scratch::new();
    let (from, to) = (recorded("ckpt_v1/model"), scratch.path("model.ckpt"));
    let rules = ["--rename", "float32=new/float", "--rename", "complex64=c"];
    ferroflow(&[&["convert", from.as_str(), to.as_str()][..], &rules].concat()).output();
    assert_same(&from, &to, &names("ckpt_v1/model.values"), |name| match name {
        "float32" => "new/float".to_string(),
        "complex64" => "c".to_string(),
        name => name.to_string(),
    });
    let refused =
        |rules: &[&str]| ferroflow(&[&["convert", from.as_str(), to.as_str()], rules].concat()).error();
    assert_eq!(refused(&["--rename", "a=b"]), "NOT_FOUND: there is no tensor and no scope 'a' to rename");
    assert_eq!(refused(&["--rename", "a"]), "INVALID_ARGUMENT: 'a' is not OLD=NEW");
    let twice = refused(&["--rename", "float32=x", "--rename", "float64=x"]);
    assert!(twice.starts_with("INVALID_ARGUMENT: ") && twice.contains("'x'"), "{twice}");
    // What was refused has changed nothing.
    assert!(CheckpointReader::open(&to).unwrap().contains("new/float"));
    let objects = ferroflow(&["convert", &recorded("ckpt_objects"), &to, "--rename", "a=b"]).error();
    assert!(
        objects.starts_with("FAILED_PRECONDITION: ") && objects.contains("graph of objects"),
        "{objects}"
    );
}

#[test]
fn arrays_and_checkpoints_become_each_other() {
    let scratch = Scratch::new();
    let (arrays, back) = (scratch.path("model.npz"), scratch.path("back"));
    let from = recorded("ckpt_partitioned/model");
    ferroflow(&["convert", &from, &arrays]).output();
    let reader = CheckpointReader::open(&from).unwrap();
    let held = npz::read(&arrays).unwrap();
    assert_eq!(held.len(), reader.tensors().count());
    for (name, array) in held.iter() {
        assert_eq!(*array, reader.read(name).unwrap(), "{name}");
    }
    ferroflow(&["convert", &arrays, &back]).output();
    assert_same(&from, &back, &names("ckpt_partitioned/model.values"), str::to_string);
    // Arrays have no graph of objects.
    ferroflow(&["convert", &recorded("ckpt_objects"), &arrays]).output();
    assert!(npz::read(&arrays).unwrap().names().all(|name| !name.contains("OBJECT_GRAPH")));
}

#[test]
fn what_cannot_be_converted_is_named() {
    let scratch = Scratch::new();
    let missing = ferroflow(&["convert", &scratch.path("none"), &scratch.path("to")]).error();
    assert!(missing.starts_with("NOT_FOUND: ") && missing.contains("none"), "{missing}");
    let broken = scratch.file("broken.npz", "no archive");
    let broken = ferroflow(&["convert", &broken, &scratch.path("to")]).error();
    assert!(broken.contains("broken.npz"), "{broken}");
    let nowhere = ferroflow(&["convert", &recorded("ckpt_v1/model"), &scratch.path("a/b/c.npz")]).error();
    assert!(nowhere.starts_with("NOT_FOUND: "), "{nowhere}");
}

#[test]
fn records_are_counted_and_checked() {
    let lines = std::fs::read_to_string(recorded("tf_records/records.values")).unwrap();
    let sizes: Vec<u64> = lines.lines().map(|line| line.len() as u64 / 2).collect();
    for (file, compression) in [("records.tfrecord", ""), ("records.gzip", "GZIP"), ("records.zlib", "ZLIB")]
    {
        let path = recorded(&format!("tf_records/{file}"));
        let said = ferroflow(&["records", &path, "--compression", compression, "--json"]).output();
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        let expected = serde_json::json!({
            "files": [{
                "path": path, "records": sizes.len(), "bytes": sizes.iter().sum::<u64>(),
                "min_bytes": sizes.iter().min(), "max_bytes": sizes.iter().max(),
            }],
            "features": [],
        });
        assert_eq!(said, expected);
    }
}

#[test]
fn features_of_examples_are_listed() {
    let scratch = Scratch::new();
    let path = scratch.path("train.tfrecord");
    let mut writer = TfRecordWriter::create(&path, Compression::None).unwrap();
    for values in [vec![1], vec![2, 3]] {
        let label = feature::Kind::Int64List(Int64List { value: values });
        let name = feature::Kind::BytesList(BytesList { value: vec![b"cat".to_vec()] });
        let held = [("label", label), ("name", name)];
        let feature = held.map(|(name, kind)| (name.to_string(), Feature { kind: Some(kind) })).into();
        writer.write(&Example { features: Some(Features { feature }) }.encode_to_vec()).unwrap();
    }
    writer.close().unwrap();
    let said = ferroflow(&["records", &path]).output();
    let said = said.strip_prefix(&format!("{path}: records 2, bytes ")).unwrap();
    let (_, features) = said.split_once("\n\n").unwrap();
    let expected = "features of the examples:\n  label: int64_list in 2, values 1 to 2\n  name: bytes_list in 2, values 1\n";
    assert_eq!(features, expected);
}

#[test]
fn damaged_records_are_named() {
    let scratch = Scratch::new();
    let mut bytes = std::fs::read(recorded("tf_records/records.tfrecord")).unwrap();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    let damaged = scratch.file("damaged.tfrecord", &bytes);
    let whole = recorded("tf_records/records.tfrecord");
    let error = ferroflow(&["records", &whole, &damaged]).error();
    assert!(error.starts_with("DATA_LOSS: ") && error.contains("damaged.tfrecord"), "{error}");
    let missing = ferroflow(&["records", &scratch.path("none")]).error();
    assert!(missing.starts_with("NOT_FOUND: ") && missing.contains("none"), "{missing}");
}
