//! The `checkpoint` file, as TensorFlow writes it.

use crate::fixtures::Scratch;
use ferroflow_core::Code;
use ferroflow_formats::{
    CheckpointState, checkpoint_exists, checkpoint_mtimes, latest_checkpoint, latest_checkpoint_named,
    remove_checkpoint,
};
use ferroflow_proto::text;
use std::path::PathBuf;

fn state(latest: &str, all: &[&str]) -> CheckpointState {
    CheckpointState { all: all.iter().map(PathBuf::from).collect(), ..CheckpointState::new(latest) }
}

/// The texts are those of TensorFlow's `generate_checkpoint_state_proto`.
#[test]
fn prefixes_are_relative_to_a_relative_directory() {
    for (directory, state, expected) in [
        (
            "d",
            state("d/m-2", &["d/m-1", "d/m-2"]),
            "model_checkpoint_path: \"m-2\"\nall_model_checkpoint_paths: \"m-1\"\nall_model_checkpoint_paths: \"m-2\"\n",
        ),
        (
            "/abs",
            state("/abs/m", &[]),
            "model_checkpoint_path: \"/abs/m\"\nall_model_checkpoint_paths: \"/abs/m\"\n",
        ),
        (
            "d",
            state("/abs/m", &[]),
            "model_checkpoint_path: \"/abs/m\"\nall_model_checkpoint_paths: \"/abs/m\"\n",
        ),
        (
            "d",
            state("e/m", &[]),
            "model_checkpoint_path: \"../e/m\"\nall_model_checkpoint_paths: \"../e/m\"\n",
        ),
    ] {
        assert_eq!(text::to_text(&state.to_proto(directory).unwrap()), expected);
    }
}

#[test]
fn states_are_written_and_read() {
    let scratch = Scratch::new();
    let directory = scratch.path("");
    let paths = [scratch.path("m-1"), scratch.path("m-2")];
    let mut written = CheckpointState {
        latest: paths[1].clone(),
        all: paths.to_vec(),
        timestamps: vec![1.5, 2.25],
        last_preserved: Some(0.1),
    };
    written.write(&directory, "checkpoint").unwrap();
    let text = String::from_utf8(scratch.read("checkpoint")).unwrap();
    let (one, two) = (paths[0].display(), paths[1].display());
    let expected = format!(
        "model_checkpoint_path: \"{two}\"\nall_model_checkpoint_paths: \"{one}\"\nall_model_checkpoint_paths: \"{two}\"\n\
         all_model_checkpoint_timestamps: 1.5\nall_model_checkpoint_timestamps: 2.25\nlast_preserved_timestamp: 0.1\n"
    );
    assert_eq!(text, expected);
    assert_eq!(CheckpointState::read(&directory).unwrap(), Some(written.clone()));
    let relative = written.clone().relative_to(&directory);
    assert_eq!((relative.latest.clone(), relative.all.len()), (PathBuf::from("m-2"), 2));
    relative.write(&directory, "moved").unwrap();
    assert_eq!(CheckpointState::read_named(&directory, "moved").unwrap(), Some(written.clone()));

    written.timestamps.pop();
    let mismatch = written.write(&directory, "checkpoint").unwrap_err();
    assert!(mismatch.message().starts_with("Checkpoint timestamps, if provided, must match"), "{mismatch:?}");
    let conflict =
        CheckpointState::new(scratch.path("checkpoint")).write(&directory, "checkpoint").unwrap_err();
    assert!(conflict.message().contains("conflicts with path used for checkpoint state"), "{conflict:?}");
    let missing = CheckpointState::new("m").write(scratch.path("none"), "checkpoint").unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
}

#[test]
fn checkpoints_are_found_and_removed() {
    let scratch = Scratch::new();
    for name in [
        "m-1.index",
        "m-1.data-00000-of-00002",
        "m-1.data-00001-of-00002",
        "m-1.meta",
        "m-1.data-x",
        "m-10.index",
        "m-10.meta",
        "old",
    ] {
        scratch.write(name, b"");
    }
    let prefix = scratch.path("m-1");
    assert!(checkpoint_exists(&prefix) && checkpoint_exists(scratch.path("old")));
    assert!(!checkpoint_exists(scratch.path("m-2")));
    assert_eq!(checkpoint_mtimes(&[&prefix, &scratch.path("m-2"), &scratch.path("old")]).len(), 2);
    CheckpointState::new(&prefix).write(scratch.path(""), "other").unwrap();
    assert_eq!(latest_checkpoint_named(scratch.path(""), "other").unwrap(), Some(prefix.clone()));
    assert_eq!(latest_checkpoint(scratch.path("")).unwrap(), None);
    remove_checkpoint(&prefix, "meta").unwrap();
    assert_eq!(latest_checkpoint_named(scratch.path(""), "other").unwrap(), None);
    let mut left: Vec<String> = std::fs::read_dir(scratch.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["m-1.data-x", "m-10.index", "m-10.meta", "old", "other"]);
}
