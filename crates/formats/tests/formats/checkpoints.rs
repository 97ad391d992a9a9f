//! V2 checkpoints: what TensorFlow wrote is read as TensorFlow reads it.

use crate::fixtures::{Scratch, data, values};
use ferroflow_core::{Code, DType, NdArray};
use ferroflow_formats::{CheckpointReader, CheckpointState, latest_checkpoint};
use std::io::Read;

fn open(name: &str) -> CheckpointReader {
    CheckpointReader::open(data(name)).unwrap()
}

fn assert_values(checkpoint: &CheckpointReader, recorded: &str) {
    let values = values(recorded);
    let mut names: Vec<&str> = values.iter().map(|value| value.0.as_str()).collect();
    names.sort_unstable();
    assert_eq!(checkpoint.tensors().map(|tensor| tensor.0).collect::<Vec<_>>(), names);
    for (name, value) in &values {
        let read = checkpoint.read(name).unwrap();
        assert_eq!(
            (checkpoint.dtype(name).unwrap(), checkpoint.shape(name).unwrap()),
            (value.dtype(), value.shape())
        );
        assert_eq!(read.as_bytes(), value.as_bytes(), "{name}");
        assert_eq!(&read, value, "{name}");
    }
}

#[test]
fn every_dtype() {
    assert_values(&open("ckpt_all_types/model"), "ckpt_all_types/model.values");
}

#[test]
fn several_data_files() {
    assert_values(&open("ckpt_sharded/model"), "ckpt_sharded/model.values");
}

#[test]
fn the_format_before_v2() {
    let names = ["model", "sharded-?????-of-00002"];
    for name in names {
        let checkpoint = CheckpointReader::open(data("ckpt_v1").join(name)).unwrap();
        assert_values(&checkpoint, "ckpt_v1/model.values");
        let table = checkpoint.read("parts/table").unwrap().to_array::<f32>().unwrap();
        let rows = checkpoint.restore("parts/table", "5 2 2,2:-", DType::FLOAT32).unwrap();
        assert_eq!(rows, NdArray::from_array(table.slice(ferroflow_core::ndarray::s![2..4, ..]).to_owned()));
    }
    assert_eq!(latest_checkpoint(data("ckpt_v1")).unwrap(), Some(data("ckpt_v1/model")));
}

#[test]
fn the_format_before_v2_damaged() {
    let scratch = Scratch::copy_of("ckpt_v1");
    let whole = scratch.read("model");
    for size in (0..whole.len()).step_by(7) {
        scratch.write("model", &whole[..size]);
        let error = CheckpointReader::open(scratch.path("model")).unwrap_err();
        assert!(matches!(error.code(), Code::DataLoss | Code::OutOfRange), "{size}: {error:?}");
        assert!(error.message().contains(scratch.path("model").to_str().unwrap()), "{error:?}");
    }
    for at in (0..whole.len()).step_by(5) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        scratch.write("model", &damaged);
        // Padding of the footer may be changed; all else is found by a checksum.
        if let Ok(checkpoint) = CheckpointReader::open(scratch.path("model")) {
            assert_values(&checkpoint, "ckpt_v1/model.values");
        }
    }
}

#[test]
fn object_based() {
    let checkpoint = open("ckpt_objects/ckpt-3");
    assert_values(&checkpoint, "ckpt_objects/ckpt-3.values");
    let graph = checkpoint.object_graph().unwrap().unwrap();
    let children: Vec<_> = graph.nodes[0].children.iter().map(|child| child.local_name.as_str()).collect();
    assert_eq!(children, ["layers", "names", "step", "save_counter"]);
    assert!(open("ckpt_sharded/model").object_graph().unwrap().is_none());
}

#[test]
fn partitioned_variables_are_joined() {
    assert_values(&open("ckpt_partitioned/model"), "ckpt_partitioned/model.values");
}

#[test]
fn slices_across_partitions() {
    let checkpoint = open("ckpt_partitioned/model");
    let whole = checkpoint.read("embedding/table").unwrap().to_array::<f32>().unwrap();
    let rows = checkpoint.restore("embedding/table", "7 2 2,3:1,1", DType::FLOAT32).unwrap();
    let expected = whole.slice(ferroflow_core::ndarray::s![2..5, 1..2]).to_owned();
    assert_eq!(rows, NdArray::from_array(expected));
    let all = checkpoint.restore("embedding/table", "7 2 -:0,2", DType::FLOAT32).unwrap();
    assert_eq!(all, checkpoint.read("embedding/table").unwrap());
}

#[test]
fn an_index_of_several_blocks() {
    let scratch = Scratch::new();
    let gunzip = |name: &str| {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(data(name)).unwrap();
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        bytes
    };
    scratch.write("model.index", &gunzip("ckpt_many/model.index.gz"));
    let names = String::from_utf8(gunzip("ckpt_many/names.txt.gz")).unwrap();
    let checkpoint = CheckpointReader::open(scratch.path("model")).unwrap();
    assert!(checkpoint.tensors().map(|tensor| tensor.0).eq(names.lines()));
}

/// Code and message of what a checkpoint answers, `DIR` standing for the directory it lies in.
fn error<T: std::fmt::Debug>(scratch: &Scratch, result: ferroflow_core::Result<T>) -> (Code, String) {
    let error = result.unwrap_err();
    let directory = scratch.path("").display().to_string();
    (error.code(), error.message().replace(directory.trim_end_matches('/'), "DIR"))
}

#[test]
fn restore_checks_what_is_asked_for() {
    let checkpoint = open("ckpt_all_types/model");
    let restore = |name: &str, spec: &str, dtype| {
        let error = checkpoint.restore(name, spec, dtype).unwrap_err();
        (error.code(), error.message().to_string())
    };
    let recorded = [
        ("nokey", "", DType::FLOAT32, Code::NotFound, "Key nokey not found in checkpoint"),
        (
            "scalar",
            "",
            DType::FLOAT32,
            Code::InvalidArgument,
            "tensor_name = scalar; expected dtype float does not equal original dtype int64",
        ),
        (
            "scalar",
            "2 0,1",
            DType::INT64,
            Code::InvalidArgument,
            "tensor_name = scalar; shape in shape_and_slice spec [2] does not match the shape stored in checkpoint: []",
        ),
        (
            "rank5",
            "1 2 3 4 1 -:-:2,2:-:-",
            DType::FLOAT32,
            Code::Internal,
            "Extent in dimension 2 out of bounds: shape = [1,2,3,4,1], slice = -:-:2,2:-:-",
        ),
        (
            "scalar",
            "xx",
            DType::INT64,
            Code::InvalidArgument,
            "Need least two elements in shape_and_slice specification: xx",
        ),
        (
            "float/float32",
            "2 3 0,1",
            DType::FLOAT32,
            Code::Internal,
            "Mismatching ranks: shape = [2,3], slice = 0,1",
        ),
        (
            "float/float32",
            "2 3 -:1",
            DType::FLOAT32,
            Code::InvalidArgument,
            "Expected a pair of numbers or '-' but got '1': string = -:1",
        ),
        (
            "float/float32",
            "2 3 -:1,0",
            DType::FLOAT32,
            Code::InvalidArgument,
            "Expected non-negative start and positive length but got start = 1, length = 0: string = -:1,0",
        ),
        (
            "float/float32",
            "2  3 -:-",
            DType::FLOAT32,
            Code::InvalidArgument,
            "Non numerical dimension in shape_and_slice: 2  3 -:-",
        ),
    ];
    for (name, spec, dtype, code, message) in recorded {
        assert_eq!(restore(name, spec, dtype), (code, message.to_string()), "{name} {spec}");
    }
}

#[test]
fn missing_files() {
    let scratch = Scratch::copy_of("ckpt_sharded");
    let message =
        "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for DIR/nothing";
    assert_eq!(
        error(&scratch, CheckpointReader::open(scratch.path("nothing"))),
        (Code::NotFound, message.to_string())
    );
    scratch.remove("model.data-00001-of-00002");
    let checkpoint = CheckpointReader::open(scratch.path("model")).unwrap();
    assert!(checkpoint.read("a").is_ok());
    let message = "DIR/model.data-00001-of-00002; No such file or directory";
    assert_eq!(error(&scratch, checkpoint.read("b")), (Code::NotFound, message.to_string()));
}

#[test]
fn damaged_index() {
    let scratch = Scratch::copy_of("ckpt_all_types");
    let index = scratch.read("model.index");
    let length = index.len();
    let open = |bytes: &[u8]| {
        scratch.write("model.index", bytes);
        error(&scratch, CheckpointReader::open(scratch.path("model")))
    };
    for size in [0, 1, 47] {
        assert_eq!(open(&index[..size]), (Code::DataLoss, "file is too short to be an sstable".to_string()));
    }
    for size in [48, 60, length - 1] {
        assert_eq!(open(&index[..size]), (Code::DataLoss, "not an sstable (bad magic number)".to_string()));
    }
    let flipped = |position: usize| {
        let mut bytes = index.clone();
        bytes[position] ^= 0x55;
        bytes
    };
    let message = "Unable to read file (DIR/model.index). Perhaps the file is corrupt or was produced by a newer \
                   version of TensorFlow with format changes (failed to seek to header entry): block checksum \
                   mismatch";
    for position in [0, 5, 20, 100, 300] {
        assert_eq!(open(&flipped(position)), (Code::DataLoss, message.to_string()));
    }
    assert_eq!(open(&flipped(639)), (Code::DataLoss, "block checksum mismatch".to_string()));
    assert_eq!(open(&flipped(655)), (Code::OutOfRange, "Read less bytes than requested".to_string()));
}

#[test]
fn damaged_data() {
    let scratch = Scratch::copy_of("ckpt_all_types");
    let data = scratch.read("model.data-00000-of-00001");
    let read = |name: &str, position: usize| {
        let mut bytes = data.clone();
        bytes[position] ^= 0x10;
        scratch.write("model.data-00000-of-00001", &bytes);
        error(&scratch, CheckpointReader::open(scratch.path("model")).unwrap().read(name))
    };
    let mismatch = |size: u32, stored: u32, calculated: u32| {
        let message = format!(
            "TensorBundle at DIR/model shard 0 ({size} bytes): Checksum does not match: stored {stored} vs. \
             calculated on the restored bytes {calculated}"
        );
        (Code::DataLoss, message)
    };
    // The numbers are TensorFlow's.
    assert_eq!(read("float/float32", 0), mismatch(24, 2727549539, 657989144));
    assert_eq!(read("complex128", 230), mismatch(16, 2473531344, 1399007214));
    assert_eq!(read("string", 437), mismatch(214, 1171366075, 1187429880));
    let message = "The length checksum does not match: expected 4294475775 but actual is 00000000";
    assert_eq!(read("string_empty", 460), (Code::DataLoss, message.to_string()));
    scratch.write("model.data-00000-of-00001", &data[..data.len() - 3]);
    let checkpoint = CheckpointReader::open(scratch.path("model")).unwrap();
    let message = "Read less bytes than requested";
    assert_eq!(error(&scratch, checkpoint.read("rank5")), (Code::OutOfRange, message.to_string()));
    assert!(checkpoint.read("scalar").is_ok());
}

#[test]
fn the_latest_of_a_directory() {
    let directory = data("ckpt_objects");
    assert_eq!(latest_checkpoint(&directory).unwrap(), Some(directory.join("ckpt-3")));
    let state = CheckpointState::read(&directory).unwrap().unwrap();
    assert_eq!(state.all, [directory.join("ckpt-2"), directory.join("ckpt-3")]);
    assert_eq!(state.timestamps.len(), 2);
    assert_eq!(latest_checkpoint(data("frozen")).unwrap(), None);
    // What TensorFlow answers for state files that say something wrong, or nothing.
    let scratch = Scratch::copy_of("ckpt_sharded");
    assert_eq!(latest_checkpoint(scratch.path("")).unwrap(), Some(scratch.path("model")));
    scratch.write("checkpoint", b"garbage");
    assert_eq!(latest_checkpoint(scratch.path("")).unwrap(), None);
    scratch.write("checkpoint", b"model_checkpoint_path: \"zz\"");
    assert_eq!(latest_checkpoint(scratch.path("")).unwrap(), None);
    scratch.write("checkpoint", b"");
    let message = "Invalid checkpoint state loaded from DIR/";
    assert_eq!(
        error(&scratch, latest_checkpoint(scratch.path(""))),
        (Code::InvalidArgument, message.to_string())
    );
}
