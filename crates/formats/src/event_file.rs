//! Event files: what TensorBoard shows.

use crate::files;
use crate::tf_record::{Compression, TfRecordReader};
use crate::tf_record_writer::TfRecordWriter;
use ferroflow_core::{Error, Result};
use ferroflow_proto::event::What;
use ferroflow_proto::{Event, Message, SourceMetadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The version of the format that is written.
const FILE_VERSION: &str = "brain.Event:2";
/// Who writes, as TensorBoard knows it.
const WRITER: &str = "tensorflow.core.util.events_writer";

/// Writes an event file, `events.out.tfevents.SECONDS.HOST`.
///
/// The file is made when the first event is written. Events reach it when the writer is flushed, closed or dropped, and
/// now and then before: a process that is killed leaves a file whose whole records can be read.
///
/// ```no_run
/// use ferroflow_formats::EventFileWriter;
/// use ferroflow_proto::{Event, Summary, event::What, summary::{Value, value}};
/// let loss = Value { tag: "loss".into(), value: Some(value::Value::SimpleValue(0.5)), ..Value::default() };
/// let mut writer = EventFileWriter::new("logs", "");
/// writer.write(&Event { step: 1, what: Some(What::Summary(Summary { value: vec![loss] })), ..Event::default() })?;
/// writer.close()?;
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct EventFileWriter {
    directory: PathBuf,
    suffix: String,
    open: Option<(PathBuf, TfRecordWriter)>,
}

impl EventFileWriter {
    /// A writer into a directory, which is made if need be; the file's name ends in `suffix`.
    pub fn new(directory: impl AsRef<Path>, suffix: &str) -> EventFileWriter {
        EventFileWriter {
            directory: directory.as_ref().to_path_buf(),
            suffix: suffix.to_string(),
            open: None,
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The file, once there is one.
    pub fn path(&self) -> Option<&Path> {
        self.open.as_ref().map(|(path, _)| path.as_path())
    }

    /// Makes the file, unless that has been done, and begins it with its version.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(&mut self) -> Result<&mut TfRecordWriter> {
        if self.open.is_none() {
            files::create_directory(&self.directory)?;
            let seconds = now().as_secs();
            let path = self.free_name(seconds);
            let mut writer = TfRecordWriter::create(&path, Compression::None)?;
            let version = Event {
                wall_time: seconds as f64,
                what: Some(What::FileVersion(FILE_VERSION.to_string())),
                source_metadata: Some(SourceMetadata { writer: WRITER.to_string() }),
                ..Event::default()
            };
            writer.write(&version.encode_to_vec())?;
            self.open = Some((path, writer));
        }
        match &mut self.open {
            Some((_, writer)) => Ok(writer),
            None => Err(Error::internal("the event file is not open")),
        }
    }

    /// A name that no file has: two writers may begin within a second. (TensorFlow overwrites the file of the first.)
    fn free_name(&self, seconds: u64) -> PathBuf {
        let name = format!("events.out.tfevents.{seconds:010}.{}", host_name());
        let first = self.directory.join(format!("{name}{}", self.suffix));
        let others = (1u32..).map(|count| self.directory.join(format!("{name}.{count}{}", self.suffix)));
        std::iter::once(first.clone()).chain(others).find(|path| !path.exists()).unwrap_or(first)
    }

    /// Appends an event as it is.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&mut self, event: &Event) -> Result<()> {
        self.write_bytes(&event.encode_to_vec())
    }

    /// Appends the bytes of an event.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write_bytes(&mut self, event: &[u8]) -> Result<()> {
        self.open()?.write(event)
    }

    /// Hands what was written on to the system, so that TensorBoard sees it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn flush(&mut self) -> Result<()> {
        self.open()?.flush()
    }

    /// Completes the file; an event that is written later begins another one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn close(&mut self) -> Result<()> {
        self.open.take().map_or(Ok(()), |(_, mut writer)| writer.close())
    }
}

/// The events in a file, in order.
///
/// ```no_run
/// for event in ferroflow_formats::read_events("logs/events.out.tfevents.1700000000.host")? {
///     println!("step {}", event?.step);
/// }
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `NotFound` and others of the file system; the items are errors for a damaged record, or one that is no event:
/// `DataLoss` with the file and where it happens.
pub fn read_events(path: impl AsRef<Path>) -> Result<impl Iterator<Item = Result<Event>>> {
    let path = path.as_ref().to_path_buf();
    let mut records = TfRecordReader::open(&path, Compression::None)?;
    let mut failed = false;
    Ok(std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let start = records.offset();
        let event = records.next()?.and_then(|record| {
            Event::decode(record.as_slice())
                .map_err(|error| Error::data_loss(format!("record at {start} is no event: {error}")))
        });
        failed = event.is_err();
        Some(event.map_err(|error| error.context(path.display())))
    }))
}

/// The time since 1970.
pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The name of this machine, `localhost` where it does not tell.
fn host_name() -> String {
    let file = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"));
    let name =
        file.ok().or_else(|| std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME")).ok());
    let name = name.unwrap_or_default();
    let name = name.trim();
    if name.is_empty() || name.contains('/') { "localhost".to_string() } else { name.to_string() }
}
