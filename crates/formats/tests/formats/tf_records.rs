//! TFRecord files, whole and damaged.

use crate::fixtures::{Scratch, data, unhex};
use ferroflow_core::{Code, Result};
use ferroflow_formats::{Compression, TfRecordReader, TfRecordWriter};
use std::io::Cursor;

fn expected() -> Vec<Vec<u8>> {
    std::fs::read_to_string(data("tf_records/records.values")).unwrap().lines().map(unhex).collect()
}

#[test]
fn plain_and_compressed() {
    for (file, compression) in [("records.tfrecord", ""), ("records.gzip", "GZIP"), ("records.zlib", "ZLIB")]
    {
        let reader =
            TfRecordReader::open(data("tf_records").join(file), compression.parse().unwrap()).unwrap();
        assert_eq!(reader.collect::<Result<Vec<_>>>().unwrap(), expected(), "{file}");
    }
    assert!("LZ4".parse::<Compression>().is_err());
}

/// How many records come before the end or an error, and the error.
fn read(bytes: &[u8], compression: Compression) -> (usize, Option<String>) {
    let mut count = 0;
    for record in TfRecordReader::new(Cursor::new(bytes.to_vec()), compression) {
        match record {
            Ok(_) => count += 1,
            Err(error) => {
                assert_eq!(error.code(), Code::DataLoss);
                return (count, Some(error.message().to_string()));
            }
        }
    }
    (count, None)
}

#[test]
fn cut_like_tensorflow() {
    let bytes = std::fs::read(data("tf_records/records.tfrecord")).unwrap();
    // Numbers of records and messages of tf.data.TFRecordDataset on the same bytes.
    for (size, count, offset) in [
        (0, 0, None),
        (11, 0, None),
        (12, 0, Some(0)),
        (15, 0, Some(0)),
        (17, 1, None),
        (30, 1, Some(16)),
        (40, 2, None),
    ] {
        let message =
            offset.map(|at| format!("truncated record at {at}' failed with Read less bytes than requested"));
        assert_eq!(read(&bytes[..size], Compression::None), (count, message), "{size} bytes");
    }
    for (file, compression) in [("records.gzip", Compression::Gzip), ("records.zlib", Compression::Zlib)] {
        let bytes = std::fs::read(data("tf_records").join(file)).unwrap();
        let message = "truncated record at 309' failed with EOF reached";
        assert_eq!(read(&bytes[..bytes.len() - 20], compression), (3, Some(message.to_string())), "{file}");
        for size in 0..bytes.len() {
            assert!(read(&bytes[..size], compression).0 <= 4);
        }
    }
}

#[test]
fn damaged_like_tensorflow() {
    let bytes = std::fs::read(data("tf_records/records.tfrecord")).unwrap();
    for (position, count, message) in [
        (0, 0, "corrupted record at 0 (Is this even a TFRecord file?)"),
        (9, 0, "corrupted record at 0 (Is this even a TFRecord file?)"),
        (19, 1, "corrupted record at 16"),
        (29, 1, "corrupted record at 28"),
        (45, 2, "corrupted record at 37"),
    ] {
        let mut flipped = bytes.clone();
        flipped[position] ^= 1;
        assert_eq!(read(&flipped, Compression::None), (count, Some(message.to_string())), "byte {position}");
    }
    for position in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[position] ^= 0x80;
        assert!(read(&flipped, Compression::None).1.is_some(), "byte {position}");
    }
}

#[test]
fn compressed_files_joined_end_to_end() {
    let gzip = std::fs::read(data("tf_records/records.gzip")).unwrap();
    assert_eq!(read(&[gzip.clone(), gzip.clone()].concat(), Compression::Gzip), (8, None));
    let zlib = std::fs::read(data("tf_records/records.zlib")).unwrap();
    assert_eq!(read(&[zlib.clone(), zlib].concat(), Compression::Zlib), (4, None));
    assert_eq!(read(&[], Compression::Gzip), (0, None));
    assert!(read(b"no gzip at all", Compression::Gzip).1.is_some());
    assert!(read(&gzip, Compression::None).1.is_some());
}

#[test]
fn what_is_written_is_read() {
    let scratch = Scratch::new();
    for (file, name) in [("records.tfrecord", ""), ("records.gzip", "GZIP"), ("records.zlib", "ZLIB")] {
        let compression: Compression = name.parse().unwrap();
        let mut writer = TfRecordWriter::create(scratch.path(file), compression).unwrap();
        for record in expected() {
            writer.write(&record).unwrap();
            writer.flush().unwrap();
        }
        writer.close().unwrap();
        writer.close().unwrap();
        assert_eq!(writer.write(b"").unwrap_err().code(), Code::FailedPrecondition);
        let reader = TfRecordReader::open(scratch.path(file), compression).unwrap();
        assert_eq!(reader.collect::<Result<Vec<_>>>().unwrap(), expected(), "{file}");
    }
    let recorded = std::fs::read(data("tf_records/records.tfrecord")).unwrap();
    assert_eq!(scratch.read("records.tfrecord"), recorded);
    let error = TfRecordWriter::create(scratch.path("no/file"), Compression::None).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}
