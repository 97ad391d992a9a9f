//! Between errors and the statuses of gRPC, which have the same numbers.

use ferroflow_core::{Code, Error};
use tonic::Status;

/// Clients take no longer status: it travels in a header.
const MAX_MESSAGE: usize = 3072;
const CUT: &str = "...[truncated]";

/// What stands around the name of the failing node at the end of a message.
const NODE: (&str, &str) = ("\n\t [[{{node ", "}}]]");

/// The status for an error, its node named behind the message.
pub(crate) fn to_status(error: &Error) -> Status {
    let mut message = error.to_string();
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE - CUT.len()));
        message.push_str(CUT);
    }
    Status::new(tonic::Code::from_i32(error.code() as i32), message)
}

/// The error for a status.
pub(crate) fn from_status(status: &Status) -> Error {
    error(status.code() as i32, status.message())
}

/// The error of this number and message; a node named behind the message is taken from there.
pub(crate) fn error(code: i32, message: &str) -> Error {
    let code = Code::from_number(code).unwrap_or(Code::Unknown);
    let named = message.strip_suffix(NODE.1).and_then(|rest| rest.rsplit_once(NODE.0));
    match named {
        Some((message, node)) if !node.contains('\n') => Error::new(code, message).at_node(node, ""),
        _ => Error::new(code, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_back_with_their_node() {
        let sent = Error::invalid_argument("Incompatible shapes").at_node("scope/Add", "");
        let status = to_status(&sent);
        assert_eq!(status.message(), "Incompatible shapes\n\t [[{{node scope/Add}}]]");
        assert_eq!(from_status(&status), sent);
        assert_eq!(from_status(&Status::aborted("gone")), Error::aborted("gone"));
    }

    #[test]
    fn long_messages_fit_into_a_header() {
        let status = to_status(&Error::internal("é".repeat(MAX_MESSAGE)));
        assert!(status.message().len() <= MAX_MESSAGE && status.message().ends_with(CUT));
    }
}
