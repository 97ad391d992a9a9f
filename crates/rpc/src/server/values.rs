//! The values that a step is fed and gives, from messages and to messages.

use super::placement::Device;
use ferroflow_core::{Code, NdArray, Result, ensure};
use ferroflow_graph::{Graph, Port};
use ferroflow_proto::{TensorProto, tensor_proto};

/// Reads and writes the values of a session's steps.
pub(super) struct Exchanged<'a> {
    pub(super) graph: &'a Graph,
    /// Where errors are said to be from.
    pub(super) task: &'a Device,
    /// How many bytes the values of one step may take.
    pub(super) limit: usize,
}

impl Exchanged<'_> {
    /// The values of feeds, each of its tensor's dtype.
    pub(super) fn values<'a>(
        &self,
        ports: &[Port],
        protos: impl Iterator<Item = Option<&'a TensorProto>>,
    ) -> Result<Vec<NdArray>> {
        let empty = TensorProto::default();
        let mut bytes = 0;
        let read = |(position, (port, proto)): (usize, (&Port, Option<&TensorProto>))| {
            let value =
                tensor_proto::to_array(proto.unwrap_or(&empty)).map_err(|error| match error.code() {
                    Code::InvalidArgument => {
                        error.with_message(format!("Invalid TensorProto for feed value {position}"))
                    }
                    _ => error,
                })?;
            self.count(&value, &mut bytes)?;
            let node = self.graph.node(port.node);
            let wanted = node.output_types[port.index].base();
            ensure!(
                value.dtype() == wanted,
                internal,
                "From {}:\nOutput 0 of type {} does not match declared output type {} for node {{{{node _recv_{}_{}}}}}",
                self.task.task_name(),
                value.dtype().cpp_name(),
                wanted.cpp_name(),
                node.name,
                port.index
            );
            Ok(value)
        };
        ports.iter().zip(protos).enumerate().map(read).collect()
    }

    /// The messages of fetches.
    pub(super) fn protos(&self, values: &[NdArray]) -> Result<Vec<TensorProto>> {
        let mut bytes = 0;
        let write = |value| {
            self.count(value, &mut bytes)?;
            tensor_proto::from_array(value)
        };
        values.iter().map(write).collect()
    }

    /// Adds the size of a value to what a step has taken.
    fn count(&self, value: &NdArray, bytes: &mut usize) -> Result<()> {
        *bytes = bytes.saturating_add(value.len().saturating_mul(value.dtype().size().max(1)));
        let limit = self.limit;
        ensure!(
            *bytes <= limit,
            resource_exhausted,
            "the values of a step take more than the server's limit of {limit} bytes (--max-step-bytes)"
        );
        Ok(())
    }
}
