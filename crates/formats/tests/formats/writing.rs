//! Checkpoints as they are written: byte for byte TensorFlow's.

use crate::fixtures::{Scratch, data, values};
use ferroflow_core::{Code, DType, NdArray, Result, Shape};
use ferroflow_formats::{CheckpointReader, CheckpointWriter, TensorSlice, merge_checkpoints};
use std::io::Read;

fn gunzip(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(data(name)).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn every_dtype_byte_for_byte() {
    let scratch = Scratch::new();
    let mut writer = CheckpointWriter::create(scratch.path("model")).unwrap();
    for (name, value) in values("ckpt_all_types/model.values") {
        writer.add(&name, &value).unwrap();
    }
    writer.finish().unwrap();
    for file in ["model.index", "model.data-00000-of-00001"] {
        assert_eq!(scratch.read(file), std::fs::read(data("ckpt_all_types").join(file)).unwrap(), "{file}");
    }
    assert_eq!(std::fs::read_dir(scratch.path("")).unwrap().count(), 2);
}

#[test]
fn an_index_of_several_blocks_byte_for_byte() {
    let scratch = Scratch::new();
    let names = String::from_utf8(gunzip("ckpt_many/names.txt.gz")).unwrap();
    // TensorFlow was given the names by their numbers, which stand at their ends.
    let mut names: Vec<&str> = names.lines().collect();
    names.sort_by_key(|name| name.rsplit('/').next().unwrap().parse::<u32>().unwrap());
    let mut writer = CheckpointWriter::create(scratch.path("model")).unwrap();
    for name in names {
        writer.add(name, &NdArray::scalar(7i32)).unwrap();
    }
    writer.finish().unwrap();
    assert!(scratch.read("model.index") == gunzip("ckpt_many/model.index.gz"));
}

#[test]
fn slices_byte_for_byte() {
    let scratch = Scratch::new();
    let original = CheckpointReader::open(data("ckpt_partitioned/model")).unwrap();
    let mut writer = CheckpointWriter::create(scratch.path("model")).unwrap();
    for (name, spec) in [
        ("columns/w", "2 5 0,2:0,3"),
        ("columns/w", "2 5 0,2:3,2"),
        ("embedding/table", "7 2 0,3:0,2"),
        ("embedding/table", "7 2 3,2:0,2"),
        ("embedding/table", "7 2 5,2:0,2"),
        ("plain", ""),
    ] {
        let value = original.restore(name, spec, original.dtype(name).unwrap()).unwrap();
        writer.save(name, spec, &value).unwrap();
    }
    writer.finish().unwrap();
    for file in ["model.index", "model.data-00000-of-00001"] {
        assert_eq!(scratch.read(file), std::fs::read(data("ckpt_partitioned").join(file)).unwrap(), "{file}");
    }
}

fn write(scratch: &Scratch, prefix: &str, name: &str, spec: &str, value: &NdArray) {
    let mut writer = CheckpointWriter::create(scratch.path(prefix)).unwrap();
    writer.save(name, spec, value).unwrap();
    writer.finish().unwrap();
}

#[test]
fn parts_are_merged_byte_for_byte() {
    let scratch = Scratch::new();
    let recorded: Vec<_> = values("ckpt_sharded/model.values");
    write(&scratch, "part_0", &recorded[0].0, "", &recorded[0].1);
    let mut writer = CheckpointWriter::create(scratch.path("part_1")).unwrap();
    for (name, value) in &recorded[1..] {
        writer.add(name, value).unwrap();
    }
    writer.finish().unwrap();
    merge_checkpoints(&[scratch.path("part_0"), scratch.path("part_1")], scratch.path("model")).unwrap();
    let files = ["model.index", "model.data-00000-of-00002", "model.data-00001-of-00002"];
    for file in files {
        assert_eq!(scratch.read(file), std::fs::read(data("ckpt_sharded").join(file)).unwrap(), "{file}");
    }
    assert_eq!(std::fs::read_dir(scratch.path("")).unwrap().count(), files.len());
}

#[test]
fn slices_from_several_parts() {
    let scratch = Scratch::new();
    let half = |values: [f32; 2]| NdArray::vector(values.to_vec());
    write(&scratch, "p0", "c", "4 0,2", &half([0.0, 1.0]));
    write(&scratch, "p1", "c", "4 2,2", &half([2.0, 3.0]));
    merge_checkpoints(&[scratch.path("p0"), scratch.path("p1")], scratch.path("m")).unwrap();
    let merged = CheckpointReader::open(scratch.path("m")).unwrap();
    assert_eq!(merged.read("c").unwrap(), NdArray::vector(vec![0f32, 1.0, 2.0, 3.0]));
    assert_eq!(merged.restore("c", "4 1,2", DType::FLOAT32).unwrap(), half([1.0, 2.0]));
}

fn answer<T: std::fmt::Debug>(scratch: &Scratch, result: Result<T>) -> (Code, String) {
    let error = result.unwrap_err();
    let directory = scratch.path("").display().to_string();
    (error.code(), error.message().replace(directory.trim_end_matches('/'), "DIR"))
}

#[test]
fn what_tensorflow_refuses() {
    let scratch = Scratch::new();
    let value = NdArray::vector(vec![1f32, 2.0]);
    let mut writer = CheckpointWriter::create(scratch.path("w")).unwrap();
    let mut save = |name: &str, spec: &str| answer(&scratch, writer.save(name, spec, &value));
    let is = |code: Code, message: &str| (code, message.to_string());
    assert_eq!(
        save("s", "3 0,1"),
        is(
            Code::InvalidArgument,
            "Slice in shape_and_slice specification does not match the shape of the tensor to  save: 3 0,1, \
             tensor: [2]"
        )
    );
    assert_eq!(
        save("s", "3 2,2"),
        is(Code::Internal, "Extent in dimension 0 out of bounds: shape = [3], slice = 2,2")
    );
    assert_eq!(save("", "").0, Code::InvalidArgument);
    writer.add("a", &value).unwrap();
    assert_eq!(
        answer(&scratch, writer.add("a", &value)),
        is(Code::InvalidArgument, "Adding duplicate key: a")
    );
    let whole = Shape::new(&[4]).unwrap();
    let slice: TensorSlice = "0,2".parse().unwrap();
    writer.add_slice("p", &whole, &slice, &value).unwrap();
    // TensorFlow aborts the process on these two.
    let other = writer.add_slice("p", &Shape::new(&[5]).unwrap(), &"2,2".parse().unwrap(), &value);
    assert_eq!(answer(&scratch, other).0, Code::InvalidArgument);
    let other = writer.add_slice("p", &whole, &"2,2".parse().unwrap(), &NdArray::vector(vec![1i32, 2]));
    assert_eq!(answer(&scratch, other).0, Code::InvalidArgument);
    drop(writer);
    assert_eq!(std::fs::read_dir(scratch.path("")).unwrap().count(), 0);
    assert_eq!(
        answer(&scratch, CheckpointWriter::create(scratch.path("no/x/w")).map(|_| ())),
        is(Code::NotFound, "DIR/no/x; No such file or directory")
    );
}

#[test]
fn what_cannot_be_merged() {
    let scratch = Scratch::new();
    let merge = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|part| scratch.path(part)).collect();
        answer(&scratch, merge_checkpoints(&parts, scratch.path("m")))
    };
    let is = |message: &str| (Code::InvalidArgument, message.to_string());
    assert_eq!(merge(&[]), is("At least one prefix checkpoint file must exist, but none existed."));
    assert_eq!(
        merge(&["zz"]),
        is("allow_missing_files was set to false and DIR/zz did not exist.NOT_FOUND: DIR/zz not found")
    );
    for part in ["p0", "p2"] {
        write(&scratch, part, "a", "", &NdArray::scalar(1f32));
    }
    assert_eq!(
        merge(&["p0", "p2"]),
        is("Duplicate tensor keyed by a encountered, when merging prefix: DIR/p2")
    );
}
