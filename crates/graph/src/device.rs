//! `DeviceSpec`: device strings such as `/job:worker/task:1/device:CPU:0`, read, merged and written as TensorFlow does.

use ferroflow_core::{Error, Result, bail, ensure};
use std::fmt;

/// A device, or what is known of one.
///
/// Source: `tf.DeviceSpec`.
///
/// ```
/// use ferroflow_graph::DeviceSpec;
/// let worker = DeviceSpec::from_string("/job:worker/task:1")?;
/// let cpu = DeviceSpec { device_type: Some("CPU".into()), device_index: Some(0), ..DeviceSpec::default() };
/// assert_eq!(worker.make_merged_spec(&cpu).to_string(), "/job:worker/task:1/device:CPU:0");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeviceSpec {
    /// The job of a cluster.
    pub job: Option<String>,
    /// The number of a replica.
    pub replica: Option<i64>,
    /// The number of a task of the job.
    pub task: Option<i64>,
    /// The kind of device, such as `CPU`.
    pub device_type: Option<String>,
    /// The number of the device among those of its kind.
    pub device_index: Option<i64>,
}

/// Kinds of devices that may be named without the word `device` before them.
const KINDS: [&str; 5] = ["CPU", "GPU", "TPU", "CUSTOM", "EPU"];

impl DeviceSpec {
    /// The device that a string names.
    ///
    /// # Errors
    /// `ValueError` for a string TensorFlow does not read.
    pub fn from_string(spec: &str) -> Result<DeviceSpec> {
        let mut read = DeviceSpec::default();
        for piece in spec.split('/') {
            let fields: Vec<&str> = piece.split(':').collect();
            match fields.as_slice() {
                ["job", job] => read.job = Some((*job).to_string()),
                ["replica", number] => read.replica = Some(integer(number)?),
                ["task", number] => read.task = Some(integer(number)?),
                [kind] if is_kind(kind) => read.set_device(spec, kind.to_uppercase(), "*")?,
                [kind, number] if is_kind(kind) => read.set_device(spec, kind.to_uppercase(), number)?,
                ["device", kind @ ("cpu" | "gpu"), number] => {
                    read.set_device(spec, kind.to_uppercase(), number)?;
                }
                ["device", kind, number] => read.set_device(spec, (*kind).to_string(), number)?,
                ["", ..] => {}
                [first, ..] => bail!(
                    value,
                    "Unknown attribute '{first}' is encountered while parsing the device spec: '{spec}'."
                ),
                [] => {}
            }
        }
        Ok(read)
    }

    fn set_device(&mut self, spec: &str, kind: String, number: &str) -> Result<()> {
        ensure!(
            self.device_type.is_none(),
            value,
            "Multiple device types are not allowed while parsing the device spec: {spec}."
        );
        self.device_type = Some(kind);
        if number != "*" {
            self.device_index = Some(integer(number)?);
        }
        Ok(())
    }

    /// This device with what another one says put over it.
    #[must_use]
    pub fn make_merged_spec(&self, dev: &DeviceSpec) -> DeviceSpec {
        let (outer, inner) = (self, dev.clone());
        DeviceSpec {
            job: inner.job.or_else(|| outer.job.clone()),
            replica: inner.replica.or(outer.replica),
            task: inner.task.or(outer.task),
            device_type: inner.device_type.or_else(|| outer.device_type.clone()),
            device_index: inner.device_index.or(outer.device_index),
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(job) = &self.job {
            write!(f, "/job:{job}")?;
        }
        if let Some(replica) = self.replica {
            write!(f, "/replica:{replica}")?;
        }
        if let Some(task) = self.task {
            write!(f, "/task:{task}")?;
        }
        match (&self.device_type, self.device_index) {
            (Some(kind), Some(index)) => write!(f, "/device:{kind}:{index}"),
            (Some(kind), None) => write!(f, "/device:{kind}:*"),
            (None, _) => Ok(()),
        }
    }
}

fn is_kind(text: &str) -> bool {
    KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(text))
}

fn integer(text: &str) -> Result<i64> {
    let read = text.trim().parse();
    read.map_err(|_| Error::value(format!("invalid literal for int() with base 10: '{text}'")))
}
