//! Event files, whole and damaged.

use crate::fixtures::{Scratch, data};
use ferroflow_core::{Code, DType, NdArray, Op, Result, Shape, TString, Tensor};
use ferroflow_formats::{EventFileWriter, read_events};
use ferroflow_proto::event::What;
use ferroflow_proto::{Event, text};
use std::path::Path;

const FILE: &str = "event_file/events.out.tfevents.1700000000.host";

fn recorded() -> Vec<Event> {
    read_events(data(FILE)).unwrap().collect::<Result<_>>().unwrap()
}

#[test]
fn events_are_read() {
    let text: Vec<String> = recorded().iter().map(text::to_text).collect();
    assert_eq!(text.join("---\n"), std::fs::read_to_string(data("event_file/events.txt")).unwrap());
}

#[test]
fn events_are_written_byte_for_byte() {
    let scratch = Scratch::new();
    let mut writer = EventFileWriter::new(scratch.path("logs/run"), ".suffix");
    assert_eq!(writer.path(), None);
    for event in &recorded()[1..] {
        writer.write(event).unwrap();
    }
    let path = writer.path().unwrap().to_path_buf();
    writer.close().unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("events.out.tfevents.") && name.ends_with(".suffix"), "{name}");
    // Up to the time in the first event, which tells the version.
    let (ours, theirs) = (std::fs::read(&path).unwrap(), std::fs::read(data(FILE)).unwrap());
    assert_eq!(ours.len(), theirs.len());
    let first = 12 + u64::from_le_bytes(theirs[..8].try_into().unwrap()) as usize + 4;
    assert_eq!(ours[first..], theirs[first..]);
    let version = read_events(&path).unwrap().next().unwrap().unwrap();
    assert!(version.wall_time > 1.7e9);
    assert_eq!(Event { wall_time: recorded()[0].wall_time, ..version }, recorded()[0]);
    // A closed writer begins another file, though the second be the same.
    writer.write(&recorded()[1]).unwrap();
    assert_ne!(writer.path(), Some(path.as_path()));
}

#[test]
fn damage_is_told_with_its_place() {
    let scratch = Scratch::new();
    let bytes = std::fs::read(data(FILE)).unwrap();
    for size in 0..bytes.len() {
        scratch.write("cut", &bytes[..size]);
        for event in read_events(scratch.path("cut")).unwrap() {
            if let Err(error) = event {
                assert_eq!(error.code(), Code::DataLoss);
                let message = error.message();
                assert!(message.contains("cut: truncated record at "), "{message}");
            }
        }
    }
    let error = read_events(scratch.path("none")).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    let mut writer = EventFileWriter::new(scratch.path("bad"), "");
    writer.write_bytes(b"\xff\xff").unwrap();
    let path = writer.path().unwrap().to_path_buf();
    writer.flush().unwrap();
    let events: Vec<_> = read_events(&path).unwrap().collect();
    assert!(matches!(events[0].as_ref().unwrap().what, Some(What::FileVersion(_))));
    assert_eq!(events.len(), 2);
    let error = events[1].as_ref().unwrap_err();
    assert!(error.message().contains("is no event"), "{error:?}");
}

#[test]
fn ops_write_what_tensorflow_writes() {
    ferroflow_formats::install();
    let scratch = Scratch::new();
    let op = |name: &str, handle: &Tensor| Op::named(name).input(handle);
    let handle = Op::named("SummaryWriter").attr("shared_name", "recorded").one().unwrap();
    let create = op("CreateSummaryFileWriter", &handle).input(scratch.path("logs").to_str().unwrap());
    create.input(10).input(120_000).input(".ops").run().unwrap();
    let scalar = |step: i64, tag: &str, value: NdArray| {
        let op = op("WriteScalarSummary", &handle).input(NdArray::scalar(step)).input(tag);
        op.input(value).run().unwrap();
    };
    for dtype in [DType::FLOAT32, DType::FLOAT64, DType::HALF, DType::INT8, DType::UINT16, DType::UINT64] {
        scalar(1, dtype.name(), NdArray::scalar(3).cast(dtype).unwrap());
    }
    scalar(2, "several", NdArray::vector(vec![0.25f32, 4.0]));
    let tensor = |step: i64, tag: &str, value: NdArray, metadata: &[u8]| {
        let op = op("WriteSummary", &handle).input(NdArray::scalar(step)).input(value).input(tag);
        op.input(NdArray::scalar(TString::from(metadata))).run().unwrap();
    };
    tensor(3, "one", NdArray::scalar(1.5f32), b"");
    tensor(3, "two", NdArray::vector(vec![1f32, 2.0]), b"");
    tensor(3, "true", NdArray::vector(vec![true, false]), b"");
    tensor(3, "text", NdArray::vector(vec![TString::from("a"), TString::from("b")]), b"");
    tensor(4, "named", NdArray::scalar(1f32), b"\x12\x01n");
    tensor(5, "damaged", NdArray::scalar(1f32), b"\xff\xff");
    let write = |name: &str, step: i64| op(name, &handle).input(NdArray::scalar(step));
    let spread = NdArray::vector(vec![1f32, 2.0, 2.5, 10.0]);
    write("WriteHistogramSummary", 6).input("spread").input(spread).run().unwrap();
    let truths = NdArray::vector(vec![true, false]);
    write("WriteHistogramSummary", 6).input("truths").input(truths).run().unwrap();
    let sound = NdArray::from_shape(Shape::new(&[1, 2, 2]).unwrap(), vec![0.5f32, -0.5, 1.0, 0.0]).unwrap();
    let audio = write("WriteAudioSummary", 7).input("sound").input(sound).input(NdArray::scalar(8000.5f32));
    audio.attr("max_outputs", 1).run().unwrap();
    let summaries: [&[u8]; 2] = [b"\x0a\x08\x0a\x01a\x15\0\0\0@", b""];
    let summaries = NdArray::vector(summaries.map(TString::from).to_vec());
    write("WriteRawProtoSummary", 8).input(summaries).run().unwrap();
    write("WriteRawProtoSummary", 8).input(NdArray::vector(Vec::<TString>::new())).run().unwrap();
    let graph = NdArray::scalar(TString::from(b"\x0a\x09\x0a\x01n\x12\x04NoOp".as_slice()));
    write("WriteGraphSummary", 9).input(graph).run().unwrap();
    op("FlushSummaryWriter", &handle).run().unwrap();
    let files: Vec<_> =
        std::fs::read_dir(scratch.path("logs")).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert!(file.to_str().unwrap().ends_with(".ops"), "{file:?}");
    let events = |path: &Path| -> Vec<Event> { read_events(path).unwrap().collect::<Result<_>>().unwrap() };
    let written: Vec<Event> =
        events(file).into_iter().map(|event| Event { wall_time: 0.0, ..event }).collect();
    assert_eq!(written, events(&data("event_file/written_by_ops")));
    op("CloseSummaryWriter", &handle).run().unwrap();
    let error = op("FlushSummaryWriter", &handle).run().unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}
