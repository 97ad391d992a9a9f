//! `tf.io.gfile.GFile`: a file that is read or written step by step.

use ferroflow_core::{Error, Result, ensure};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};

/// A file that is read or written, opened when it is first used.
///
/// Source: `tf.io.gfile.GFile`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let path = std::env::temp_dir().join(format!("ferroflow_gfile_{}", std::process::id()));
/// let path = path.display().to_string();
/// tf::io::gfile::GFile::new(&path, "w")?.write("one\ntwo\n")?;
/// let mut file = tf::io::gfile::GFile::new(&path, "r")?;
/// assert_eq!((file.readline()?, file.tell()?, file.read()?), ("one\n".to_string(), 4, "two\n".to_string()));
/// tf::io::gfile::remove(&path)?;
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Debug)]
pub struct GFile {
    name: String,
    mode: String,
    file: Option<File>,
}

impl GFile {
    /// The file of this name; `mode` is `r`, `w`, `a` or one of these with `+`, and with `b` or not.
    ///
    /// # Errors
    /// `InvalidArgument` for another mode.
    pub fn new(name: &str, mode: &str) -> Result<GFile> {
        let plain = mode.replace('b', "");
        ensure!(
            ["r", "w", "a", "r+", "w+", "a+"].contains(&plain.as_str()),
            invalid_argument,
            "mode is not 'r' or 'w' or 'a' or 'r+' or 'w+' or 'a+'"
        );
        let name = name.strip_prefix("file://").unwrap_or(name).to_string();
        Ok(GFile { name, mode: mode.to_string(), file: None })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The mode.
    pub fn mode(&self) -> &str {
        &self.mode
    }

    fn failed(&self, error: &std::io::Error) -> Error {
        let name = &self.name;
        match error.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(format!("{name}; No such file or directory")),
            std::io::ErrorKind::PermissionDenied => {
                Error::permission_denied(format!("{name}; Permission denied"))
            }
            std::io::ErrorKind::IsADirectory => Error::failed_precondition(format!("{name}; Is a directory")),
            _ => Error::unknown(format!("{name}; {error}")),
        }
    }

    /// The open file.
    fn open(&mut self) -> Result<&mut File> {
        if self.file.is_none() {
            let (both, first) = (self.mode.contains('+'), self.mode.chars().next());
            let mut options = OpenOptions::new();
            options.read(both || first == Some('r')).write(both || first != Some('r'));
            options.create(first != Some('r')).truncate(first == Some('w')).append(first == Some('a'));
            let file = options.open(&self.name).map_err(|error| self.failed(&error))?;
            self.file = Some(file);
        }
        self.file.as_mut().ok_or_else(|| Error::internal("a file that was opened is closed"))
    }

    fn check(&self, allowed: bool, what: &str) -> Result<()> {
        ensure!(allowed, permission_denied, "File isn't open for {what}");
        Ok(())
    }

    fn readable(&self) -> Result<()> {
        self.check(self.mode.contains('+') || self.mode.starts_with('r'), "reading")
    }

    fn io<T>(&mut self, work: impl FnOnce(&mut File) -> std::io::Result<T>) -> Result<T> {
        let result = work(self.open()?);
        result.map_err(|error| self.failed(&error))
    }

    /// The bytes up to the end.
    ///
    /// # Errors
    /// `PermissionDenied` for a file that is written; what the file system finds wrong.
    pub fn read_bytes(&mut self) -> Result<Vec<u8>> {
        self.readable()?;
        self.io(|file| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        })
    }

    /// The text up to the end.
    ///
    /// # Errors
    /// As [`GFile::read_bytes`]; `ValueError` for bytes that are no UTF-8.
    pub fn read(&mut self) -> Result<String> {
        crate::compat::as_text(self.read_bytes()?)
    }

    /// The text up to the end of the line, which it includes; nothing at the end of the file.
    ///
    /// # Errors
    /// As [`GFile::read`].
    pub fn readline(&mut self) -> Result<String> {
        self.readable()?;
        let line = self.io(|file| {
            let start = file.stream_position()?;
            let mut line = Vec::new();
            let mut part = [0; 4096];
            loop {
                let count = file.read(&mut part)?;
                let end = part[..count].iter().position(|byte| *byte == b'\n');
                line.extend_from_slice(&part[..end.map_or(count, |end| end + 1)]);
                if end.is_some() || count == 0 {
                    break;
                }
            }
            file.seek(SeekFrom::Start(start + line.len() as u64))?;
            Ok(line)
        })?;
        crate::compat::as_text(line)
    }

    /// The lines up to the end.
    ///
    /// # Errors
    /// As [`GFile::read`].
    pub fn readlines(&mut self) -> Result<Vec<String>> {
        Ok(self.read()?.split_inclusive('\n').map(String::from).collect())
    }

    /// Adds a text, or bytes.
    ///
    /// # Errors
    /// `PermissionDenied` for a file that is read; what the file system finds wrong.
    pub fn write(&mut self, file_content: impl AsRef<[u8]>) -> Result<()> {
        let writes = self.mode.contains('+') || !self.mode.starts_with('r');
        self.check(writes, "writing")?;
        self.io(|file| file.write_all(file_content.as_ref()))
    }

    /// Goes on from this byte.
    ///
    /// # Errors
    /// What the file system finds wrong.
    pub fn seek(&mut self, offset: u64) -> Result<()> {
        self.readable()?;
        self.io(|file| file.seek(SeekFrom::Start(offset))).map(|_| ())
    }

    /// The byte that is next.
    ///
    /// # Errors
    /// What the file system finds wrong.
    pub fn tell(&mut self) -> Result<u64> {
        self.io(|file| file.stream_position())
    }

    /// How many bytes the file has.
    ///
    /// # Errors
    /// `NotFound` for a file that does not exist.
    pub fn size(&self) -> Result<u64> {
        std::fs::metadata(&self.name).map(|metadata| metadata.len()).map_err(|error| self.failed(&error))
    }

    /// Hands what was written to the file system.
    ///
    /// # Errors
    /// What the file system finds wrong.
    pub fn flush(&mut self) -> Result<()> {
        self.io(Write::flush)
    }

    /// Closes the file; it opens again when it is used.
    pub fn close(&mut self) {
        self.file = None;
    }
}
