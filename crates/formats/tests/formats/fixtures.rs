//! Where the recorded files are, and how to read the exact values beside them.

use ferroflow_core::{DType, NdArray, Shape, TString};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A recorded file or directory.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// A file of the examples at the root of the repository.
pub(crate) fn examples(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// The bytes written in hexadecimal.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0, "{text}");
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// A tensor from dtype, shape and elements in the notation of `*.values` files.
pub(crate) fn parse_value(dtype: &str, dims: &str, elements: &str) -> NdArray {
    let dtype = DType::from_name(dtype).unwrap();
    let dims = dims.trim_matches(['[', ']']).split(',').filter(|dim| !dim.is_empty());
    let dims: Vec<usize> = dims.map(|dim| dim.parse().unwrap()).collect();
    if dtype != DType::STRING {
        return NdArray::from_bytes(dtype, Shape::new(&dims).unwrap(), &unhex(elements)).unwrap();
    }
    let items = elements.split(',').filter(|item| !item.is_empty());
    let strings = items.map(|item| TString::from(unhex(item.trim_matches(['[', ']'])))).collect();
    NdArray::from_vec::<TString>(&dims, strings).unwrap()
}

/// The recorded tensors of a `*.values` file, by name.
pub(crate) fn values(name: &str) -> Vec<(String, NdArray)> {
    let text = std::fs::read_to_string(data(name)).unwrap();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        (fields[0].to_string(), parse_value(fields[1], fields[2], fields[3]))
    };
    text.lines().map(line).collect()
}

/// A directory for one test, removed at its end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("ferroflow-formats-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    /// A copy of a recorded directory, without its subdirectories.
    pub(crate) fn copy_of(name: &str) -> Scratch {
        let scratch = Scratch::new();
        for file in std::fs::read_dir(data(name)).unwrap() {
            let file = file.unwrap();
            if file.file_type().unwrap().is_file() {
                std::fs::copy(file.path(), scratch.path(file.file_name().to_str().unwrap())).unwrap();
            }
        }
        scratch
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over lies in the system's directory for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
