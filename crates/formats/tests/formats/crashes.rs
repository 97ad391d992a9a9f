//! Writers that are killed: what was there before is still whole.

use crate::fixtures::Scratch;
use ferroflow_core::{Code, NdArray, TString};
use ferroflow_formats::{
    CheckpointReader, CheckpointState, CheckpointWriter, Compression, EventFileWriter, SavedModel,
    SavedModelWriter, TfRecordReader, TfRecordWriter, latest_checkpoint, merge_checkpoints, read_events,
};
use ferroflow_proto::{Event, MetaGraphDef};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the child process is to do, and where.
const TASK: &str = "FERROFLOW_CRASH_TASK";
const DIRECTORY: &str = "FERROFLOW_CRASH_DIRECTORY";

/// The tensors of a checkpoint of this number: about 60 kB.
fn tensors(number: i64) -> Vec<(String, NdArray)> {
    let numbers = |size: usize| (0..size).map(|at| at as f32 + number as f32).collect::<Vec<f32>>();
    let words = (0..500).map(|at| TString::from(format!("word {at} of {number}"))).collect();
    vec![
        ("number".to_string(), NdArray::scalar(number)),
        ("table".to_string(), NdArray::vector(numbers(10_000))),
        ("words".to_string(), NdArray::vector::<TString>(words)),
    ]
}

fn write(prefix: &Path, number: i64) {
    let mut writer = CheckpointWriter::create(prefix).unwrap();
    for (name, value) in tensors(number) {
        writer.add(&name, &value).unwrap();
    }
    writer.finish().unwrap();
}

/// The number of a checkpoint, all of whose values are those that were written.
fn whole(prefix: &Path) -> i64 {
    let checkpoint = CheckpointReader::open(prefix).unwrap();
    let number = checkpoint.read("number").unwrap().item::<i64>().unwrap();
    for (name, value) in tensors(number) {
        assert_eq!(checkpoint.read(&name).unwrap(), value, "{name}");
    }
    number
}

fn state(directory: &Path, number: i64) {
    CheckpointState::new(directory.join(format!("m-{number}"))).write(directory, "checkpoint").unwrap();
}

/// What runs in the child; by itself it does nothing.
#[test]
fn child() {
    let (Ok(task), Ok(directory)) = (std::env::var(TASK), std::env::var(DIRECTORY)) else { return };
    let directory = Path::new(&directory);
    match task.as_str() {
        "checkpoint" => {
            write(&directory.join("m-2"), 2);
            state(directory, 2);
        }
        "same name" => write(&directory.join("m"), 2),
        "parts" => {
            write(&directory.join("parts/0"), 2);
            merge_checkpoints(&[directory.join("parts/0")], directory.join("m-2")).unwrap();
            state(directory, 2);
        }
        "model" => {
            let mut model = SavedModelWriter::replace(directory.join("model")).unwrap();
            write(&model.variables_prefix().unwrap(), 2);
            model.add_meta_graph(MetaGraphDef::default());
            model.add_meta_graph(MetaGraphDef::default());
            model.save(false).unwrap();
        }
        "records" => {
            let mut records = TfRecordWriter::create(directory.join("records"), Compression::None).unwrap();
            let mut events = EventFileWriter::new(directory.join("logs"), "");
            for step in 0..2000 {
                records.write(format!("record {step}").as_bytes()).unwrap();
                records.flush().unwrap();
                events.write(&Event { step, ..Event::default() }).unwrap();
                events.flush().unwrap();
            }
        }
        "for ever" => {
            for number in 2.. {
                write(&directory.join(format!("m-{number}")), number);
                state(directory, number);
                ferroflow_formats::remove_checkpoint(directory.join(format!("m-{}", number - 1)), "meta")
                    .unwrap();
            }
        }
        other => panic!("no task {other}"),
    }
}

/// The child, which the system kills when a file grows beyond so many blocks of 512 bytes.
fn run_within(task: &str, directory: &Path, blocks: usize) -> bool {
    let program = std::env::current_exe().unwrap();
    let script = format!("ulimit -c 0; ulimit -f {blocks}; exec \"$0\" --exact crashes::child");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(program).env(TASK, task).env(DIRECTORY, directory);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

/// Kills the task at many sizes of its files, from none to all; `check` looks at what each leaves behind.
fn kill_at_many_points(task: &str, prepare: impl Fn(&Path), check: impl Fn(&Path, bool)) {
    let (mut killed, mut finished) = (0, 0);
    for blocks in (0..12).chain((12..150).step_by(7)) {
        let scratch = Scratch::new();
        let directory = scratch.path("");
        prepare(&directory);
        let done = run_within(task, &directory, blocks);
        check(&directory, done);
        if done { finished += 1 } else { killed += 1 }
    }
    assert!(killed > 10 && finished > 0, "{task}: {killed} killed, {finished} finished");
}

fn first(directory: &Path) {
    write(&directory.join("m-1"), 1);
    state(directory, 1);
    std::fs::create_dir_all(directory.join("parts")).unwrap();
}

#[test]
fn checkpoints() {
    for task in ["checkpoint", "parts"] {
        kill_at_many_points(task, first, |directory, done| {
            let latest = latest_checkpoint(directory).unwrap().unwrap();
            let number = whole(&latest);
            assert!(number == 2 || (number == 1 && !done), "{number}");
            assert_eq!(whole(&directory.join("m-1")), 1);
        });
    }
}

#[test]
fn a_checkpoint_under_the_same_name() {
    kill_at_many_points(
        "same name",
        |directory| write(&directory.join("m"), 1),
        |directory, done| assert_eq!(whole(&directory.join("m")), if done { 2 } else { 1 }),
    );
}

#[test]
fn saved_models() {
    let prepare = |directory: &Path| {
        let mut model = SavedModelWriter::create(directory.join("model")).unwrap();
        write(&model.variables_prefix().unwrap(), 1);
        model.add_meta_graph(MetaGraphDef::default());
        model.save(false).unwrap();
    };
    kill_at_many_points("model", prepare, |directory, done| {
        let model = SavedModel::load(directory.join("model")).unwrap();
        let number = whole(&directory.join("model/variables/variables"));
        assert_eq!(model.meta_graphs().len() == 2, done);
        assert!(number == 2 || !done);
    });
}

#[test]
fn records_and_events() {
    kill_at_many_points(
        "records",
        |_| {},
        |directory, done| {
            let mut count = 0;
            if let Ok(records) = TfRecordReader::open(directory.join("records"), Compression::None) {
                for record in records {
                    match record {
                        Ok(record) => assert_eq!(record, format!("record {count}").as_bytes()),
                        Err(error) => {
                            assert_eq!(error.code(), Code::DataLoss);
                            break;
                        }
                    }
                    count += 1;
                }
            }
            assert!(!done || count == 2000);
            for file in std::fs::read_dir(directory.join("logs")).into_iter().flatten() {
                let events = read_events(file.unwrap().path()).unwrap().skip(1);
                for (step, event) in events.map_while(Result::ok).enumerate() {
                    assert_eq!(event.step, step as i64);
                }
            }
        },
    );
}

#[test]
fn at_any_moment() {
    let scratch = Scratch::new();
    let directory = scratch.path("");
    first(&directory);
    let mut last = 1;
    for milliseconds in [3u64, 7, 11, 19, 26, 31, 38, 44, 57, 63, 71, 85] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crashes::child"]).env(TASK, "for ever").env(DIRECTORY, &directory);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        last = last.max(whole(&latest_checkpoint(&directory).unwrap().unwrap()));
    }
    assert!(last > 1);
}
