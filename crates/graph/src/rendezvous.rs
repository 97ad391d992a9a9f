//! Where the tensors of a step change hands that runs on several servers, each with its part of the graph.

use ferroflow_core::hash::hash64;
use ferroflow_core::{Attrs, NdArray, Result};

/// A tensor that was sent, or the word that there will be none: the node that makes it does not run.
pub type Sent = Option<NdArray>;

/// Takes a tensor when it is there, or the reason why it never will be.
pub type OnReceipt = Box<dyn FnOnce(Result<Sent>) + Send>;

/// Where the tensors of one step change hands.
pub trait Rendezvous: Send + Sync {
    /// Gives out a tensor.
    ///
    /// # Errors
    /// `Internal` for a key that something was sent under before; the error that ended the step.
    fn send(&self, key: &str, value: Sent) -> Result<()>;

    /// Asks for a tensor: `receipt` is called once it is there, maybe at once, maybe by another thread.
    fn recv(&self, key: &str, receipt: OnReceipt);
}

/// What the keys of a `_Send` or `_Recv` have in common, whatever frame and iteration it runs in.
///
/// # Errors
/// `NotFound` for an attribute that is missing.
pub(crate) fn key_prefix(attrs: &Attrs) -> Result<String> {
    let incarnation = attrs.int("send_device_incarnation")?.cast_unsigned();
    Ok(format!(
        "{};{incarnation:016x};{};{}",
        attrs.str("send_device")?,
        attrs.str("recv_device")?,
        attrs.str("tensor_name")?
    ))
}

/// The number by which TensorFlow knows the frame of this name that is entered in an iteration of another.
pub(crate) fn frame_id(parent: u64, iteration: u64, name: &str) -> u64 {
    combine(parent, combine(iteration, hash64(name.as_bytes())))
}

fn combine(a: u64, b: u64) -> u64 {
    a ^ b.wrapping_add(0x9e37_79b9_7f4a_7800).wrapping_add(a << 10).wrapping_add(a >> 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a key that a server of TensorFlow 2.21 asked another for.
    #[test]
    fn frames_have_tensorflows_numbers() {
        assert_eq!(frame_id(0, 0, "loop/while_context"), 6339987812709914503);
    }
}
