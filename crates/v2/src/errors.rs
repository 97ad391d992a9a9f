//! `tf.errors`: the status codes and, under the names of TensorFlow's classes, functions that make errors of them.
#![allow(non_snake_case, reason = "the names of TensorFlow's classes")]

use ferroflow_core::{Code, Error};

/// The error that all of these are.
pub type OpError = Error;

/// The status of what went well.
pub const OK: i32 = 0;

macro_rules! errors {
    ($($class:ident $constant:ident $code:ident $what:literal;)*) => { $(
        #[doc = concat!("The code of [`", stringify!($class), "`]: ", $what, ".")]
        pub const $constant: Code = Code::$code;

        #[doc = concat!("An error with the code [`", stringify!($constant), "`]: ", $what, ".")]
        pub fn $class(message: impl Into<String>) -> Error {
            Error::new(Code::$code, message)
        }
    )* };
}

errors! {
    CancelledError CANCELLED Cancelled "the operation was cancelled";
    UnknownError UNKNOWN Unknown "nothing better is known";
    InvalidArgumentError INVALID_ARGUMENT InvalidArgument "an argument is invalid whatever the state of the system";
    DeadlineExceededError DEADLINE_EXCEEDED DeadlineExceeded "a deadline passed first";
    NotFoundError NOT_FOUND NotFound "something asked for does not exist";
    AlreadyExistsError ALREADY_EXISTS AlreadyExists "something to be created exists already";
    PermissionDeniedError PERMISSION_DENIED PermissionDenied "the caller may not do this";
    ResourceExhaustedError RESOURCE_EXHAUSTED ResourceExhausted "memory, or another resource, has run out";
    FailedPreconditionError FAILED_PRECONDITION FailedPrecondition "the system is not in the state this needs";
    AbortedError ABORTED Aborted "the operation was aborted, usually by a conflict";
    OutOfRangeError OUT_OF_RANGE OutOfRange "past the valid range, as at the end of a dataset";
    UnimplementedError UNIMPLEMENTED Unimplemented "not implemented here";
    InternalError INTERNAL Internal "an invariant is broken";
    UnavailableError UNAVAILABLE Unavailable "the service is not available now";
    DataLossError DATA_LOSS DataLoss "data is lost or corrupt";
    UnauthenticatedError UNAUTHENTICATED Unauthenticated "the caller is not identified";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_gives_errors_of_its_code() {
        let error = OutOfRangeError("End of sequence");
        assert_eq!((error.code(), error.class_name()), (OUT_OF_RANGE, "OutOfRangeError"));
        assert_eq!(error.message(), "End of sequence");
    }
}
