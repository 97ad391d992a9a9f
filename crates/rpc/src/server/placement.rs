//! The one device of a server, and whether nodes can be placed on it.

use ferroflow_core::{Error, Result};
use ferroflow_proto::{DeviceAttributes, DeviceLocality, NodeDef};
use std::hash::{BuildHasher, RandomState};

/// The device of a server.
#[derive(Clone)]
pub(crate) struct Device {
    job: String,
    task: u32,
    incarnation: u64,
}

/// What TensorFlow reports for every CPU: it does not limit their memory.
const MEMORY_LIMIT: i64 = 256 << 20;

impl Device {
    pub(crate) fn new(job: &str, task: u32) -> Device {
        // The standard library's hash keys are the process's source of a number nobody had before.
        Device { job: job.to_string(), task, incarnation: RandomState::new().hash_one(job) }
    }

    /// The same device under the name that it has in another cluster.
    pub(crate) fn renamed(&self, job: &str, task: u32) -> Device {
        Device { job: job.to_string(), task, incarnation: self.incarnation }
    }

    /// The same device of the server that is there now.
    pub(crate) fn with_incarnation(&self, incarnation: u64) -> Device {
        Device { incarnation, ..self.clone() }
    }

    pub(crate) fn job(&self) -> &str {
        &self.job
    }

    pub(crate) fn task(&self) -> u32 {
        self.task
    }

    /// The name of the server in its cluster.
    pub(crate) fn task_name(&self) -> String {
        format!("/job:{}/replica:0/task:{}", self.job, self.task)
    }

    pub(crate) fn name(&self) -> String {
        format!("{}/device:CPU:0", self.task_name())
    }

    /// What tells this device from the one that had its name before.
    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnation
    }

    pub(crate) fn attributes(&self) -> DeviceAttributes {
        DeviceAttributes {
            name: self.name(),
            device_type: "CPU".to_string(),
            memory_limit: MEMORY_LIMIT,
            locality: Some(DeviceLocality::default()),
            incarnation: self.incarnation,
            xla_global_id: -1,
            ..DeviceAttributes::default()
        }
    }

    /// Whether the device is the one, or among those, that a device string names. With `soft` another kind of
    /// device will do.
    pub(crate) fn fits(&self, spec: &str, soft: bool) -> bool {
        spec.split('/').filter(|piece| !piece.is_empty()).all(|piece| {
            let mut fields = piece.split(':');
            match (fields.next().unwrap_or(""), fields.next(), fields.next()) {
                ("job", Some(job), None) => job == self.job,
                ("replica", Some(replica), None) => replica == "0",
                ("task", Some(task), None) => task.parse() == Ok(self.task),
                ("device", Some(kind), number) => soft || is_cpu(kind, number),
                (kind, number, None) => soft || is_cpu(kind, number),
                _ => false,
            }
        })
    }
}

/// Checks that nodes can be placed on one of these devices.
///
/// # Errors
/// `InvalidArgument` for a node that asks for another one.
pub(crate) fn check(nodes: &[NodeDef], devices: &[Device], soft: bool) -> Result<()> {
    let stray = |node: &&NodeDef| !devices.iter().any(|device| device.fits(&node.device, soft));
    nodes.iter().find(stray).map_or(Ok(()), |node| Err(cannot_assign(&node.name, &node.device, devices)))
}

/// The error for a node that asks for a device which is none of these.
pub(crate) fn cannot_assign(node: &str, asked: &str, devices: &[Device]) -> Error {
    let mut names: Vec<String> = devices.iter().map(Device::name).collect();
    names.sort();
    Error::invalid_argument(format!(
        "Cannot assign a device for operation {node}: {{{{node {node}}}}} was explicitly assigned to {asked} but \
         available devices are [ {} ]. Make sure the device specification refers to a valid device.",
        names.join(", ")
    ))
}

fn is_cpu(kind: &str, number: Option<&str>) -> bool {
    kind.eq_ignore_ascii_case("cpu") && matches!(number, None | Some("0" | "*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_fit_their_own_names() {
        let device = Device::new("worker", 1);
        for spec in
            ["", "/job:worker", "/job:worker/task:1/device:CPU:*", "/cpu:0", "/replica:0/device:cpu:0"]
        {
            assert!(device.fits(spec, false), "{spec}");
        }
        for spec in
            ["/job:ps", "/job:worker/task:0", "/device:GPU:0", "/gpu:0", "/device:CPU:1", "/nonsense:1:2:3"]
        {
            assert!(!device.fits(spec, false), "{spec}");
        }
        assert!(device.fits("/device:GPU:0", true) && !device.fits("/job:ps/device:GPU:0", true));
    }
}
