//! Running the binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A file or directory of the repository.
pub(crate) fn repository(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join(path).to_str().unwrap().to_string()
}

/// A model that the tests of `ferroflow-formats` are about.
pub(crate) fn recorded(name: &str) -> String {
    repository(&format!("crates/formats/tests/data/{name}"))
}

/// What became of a call.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn ferroflow(args: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_ferroflow")).args(args).output().unwrap();
    let Output { status, stdout, stderr } = output;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

impl Ended {
    /// The output of a call that did what was asked.
    pub(crate) fn output(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self.stdout
    }

    /// Success or a proper error, whichever: for damaged models that may still run.
    pub(crate) fn ended(self) -> Option<String> {
        match self.code {
            Some(0) => {
                assert_eq!(self.stderr, "");
                None
            }
            _ => Some(self.error()),
        }
    }

    /// What follows `error: ` on the one line that a call that failed must leave.
    pub(crate) fn error(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{}", self.stderr);
        let line = self.stderr.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {:?}", self.stderr));
        assert!(!line.contains('\n'), "more than one line: {line}");
        let error = line.strip_prefix("error: ").unwrap_or_else(|| panic!("not an error: {line}"));
        assert!(error.starts_with(|c: char| c.is_ascii_uppercase()), "no code: {line}");
        assert!(!error.contains("a defect in ferroflow"), "{line}");
        error.to_string()
    }
}

/// A directory for one test, removed at its end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ferroflow-cli-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_string()
    }

    /// A file with this content, by its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over lies in the system's directory for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
