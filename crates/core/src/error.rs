//! `Error`: one type with TensorFlow's status codes and wording.

use std::fmt;

/// What a fallible call of ferroflow gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// TensorFlow's canonical status codes (`absl::StatusCode`), under their wire numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Code {
    /// The operation was cancelled.
    Cancelled = 1,
    /// Nothing better is known.
    Unknown = 2,
    /// An argument is invalid whatever the state of the system.
    InvalidArgument = 3,
    /// A deadline passed first.
    DeadlineExceeded = 4,
    /// Something asked for does not exist.
    NotFound = 5,
    /// Something to be created exists already.
    AlreadyExists = 6,
    /// The caller may not do this.
    PermissionDenied = 7,
    /// Memory, or another resource, has run out.
    ResourceExhausted = 8,
    /// The system is not in the state this needs.
    FailedPrecondition = 9,
    /// The operation was aborted, usually by a conflict.
    Aborted = 10,
    /// Past the valid range, as at the end of a file.
    OutOfRange = 11,
    /// Not implemented here.
    Unimplemented = 12,
    /// An invariant is broken.
    Internal = 13,
    /// The service is not available now.
    Unavailable = 14,
    /// Data is lost or corrupt.
    DataLoss = 15,
    /// The caller is not identified.
    Unauthenticated = 16,
}

impl Code {
    const NAMES: [(Code, &'static str, &'static str); 16] = [
        (Code::Cancelled, "CANCELLED", "CancelledError"),
        (Code::Unknown, "UNKNOWN", "UnknownError"),
        (Code::InvalidArgument, "INVALID_ARGUMENT", "InvalidArgumentError"),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", "DeadlineExceededError"),
        (Code::NotFound, "NOT_FOUND", "NotFoundError"),
        (Code::AlreadyExists, "ALREADY_EXISTS", "AlreadyExistsError"),
        (Code::PermissionDenied, "PERMISSION_DENIED", "PermissionDeniedError"),
        (Code::ResourceExhausted, "RESOURCE_EXHAUSTED", "ResourceExhaustedError"),
        (Code::FailedPrecondition, "FAILED_PRECONDITION", "FailedPreconditionError"),
        (Code::Aborted, "ABORTED", "AbortedError"),
        (Code::OutOfRange, "OUT_OF_RANGE", "OutOfRangeError"),
        (Code::Unimplemented, "UNIMPLEMENTED", "UnimplementedError"),
        (Code::Internal, "INTERNAL", "InternalError"),
        (Code::Unavailable, "UNAVAILABLE", "UnavailableError"),
        (Code::DataLoss, "DATA_LOSS", "DataLossError"),
        (Code::Unauthenticated, "UNAUTHENTICATED", "UnauthenticatedError"),
    ];

    fn row(self) -> &'static (Code, &'static str, &'static str) {
        &Self::NAMES[self as usize - 1]
    }

    /// `INVALID_ARGUMENT`, as `absl::Status` prints it.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// `InvalidArgumentError`, the class in `tf.errors`.
    pub fn class_name(self) -> &'static str {
        self.row().2
    }

    /// The code with this wire number.
    pub fn from_number(number: i32) -> Option<Code> {
        Self::NAMES.iter().find(|row| row.0 as i32 == number).map(|row| row.0)
    }
}

/// The class of exception that TensorFlow's Python API raises where the error is not a status.
///
/// TensorFlow's Python layer checks arguments before its runtime sees them, and raises Python's own
/// exceptions. Their texts are part of what users match on, so the class is kept beside the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exception {
    /// A status of the runtime: a subclass of `tf.errors.OpError`.
    Status,
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `RuntimeError`
    Runtime,
    /// `AttributeError`
    Attribute,
    /// `NotImplementedError`
    NotImplemented,
    /// `KeyError`
    Key,
    /// `IndexError`
    Index,
    /// `AssertionError`
    Assertion,
}

/// An error of ferroflow: TensorFlow's status code, its message, and the node where it happened.
///
/// `{}` prints the message, and the node on a line of its own when there is one; `{:?}` puts the class in front.
///
/// ```
/// use ferroflow_core::{Code, Error};
/// let error = Error::invalid_argument("Incompatible shapes: [2] vs. [3]").at_node("Add", "AddV2");
/// assert_eq!(error.code(), Code::InvalidArgument);
/// assert_eq!(error.message(), "Incompatible shapes: [2] vs. [3]");
/// assert_eq!(error.to_string(), "Incompatible shapes: [2] vs. [3]\n\t [[{{node Add}}]]");
/// ```
#[derive(Clone, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Error(Box<Inner>);

#[derive(Clone, PartialEq)]
struct Inner {
    code: Code,
    exception: Exception,
    message: String,
    node: Option<String>,
    op: Option<String>,
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.node {
            Some(node) => write!(f, "\n\t [[{{{{node {node}}}}}]]"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class_name(), self.0)
    }
}

macro_rules! constructors {
    ($($function:ident $code:ident $exception:ident $doc:literal;)*) => {
        impl Error {
            $(#[doc = $doc]
            pub fn $function(message: impl Into<String>) -> Error {
                Error::with(Code::$code, Exception::$exception, message.into())
            })*
        }
    };
}

constructors! {
    cancelled Cancelled Status "`tf.errors.CancelledError`";
    unknown Unknown Status "`tf.errors.UnknownError`";
    invalid_argument InvalidArgument Status "`tf.errors.InvalidArgumentError`";
    deadline_exceeded DeadlineExceeded Status "`tf.errors.DeadlineExceededError`";
    not_found NotFound Status "`tf.errors.NotFoundError`";
    already_exists AlreadyExists Status "`tf.errors.AlreadyExistsError`";
    permission_denied PermissionDenied Status "`tf.errors.PermissionDeniedError`";
    resource_exhausted ResourceExhausted Status "`tf.errors.ResourceExhaustedError`";
    failed_precondition FailedPrecondition Status "`tf.errors.FailedPreconditionError`";
    aborted Aborted Status "`tf.errors.AbortedError`";
    out_of_range OutOfRange Status "`tf.errors.OutOfRangeError`";
    unimplemented Unimplemented Status "`tf.errors.UnimplementedError`";
    internal Internal Status "`tf.errors.InternalError`";
    unavailable Unavailable Status "`tf.errors.UnavailableError`";
    data_loss DataLoss Status "`tf.errors.DataLossError`";
    unauthenticated Unauthenticated Status "`tf.errors.UnauthenticatedError`";
    value InvalidArgument Value "Python's `ValueError`";
    type_error InvalidArgument Type "Python's `TypeError`";
    runtime FailedPrecondition Runtime "Python's `RuntimeError`";
    attribute Unimplemented Attribute "Python's `AttributeError`";
    not_implemented Unimplemented NotImplemented "Python's `NotImplementedError`";
    key NotFound Key "Python's `KeyError`";
    index OutOfRange Index "Python's `IndexError`";
    assertion FailedPrecondition Assertion "Python's `AssertionError`";
}

impl Error {
    fn with(code: Code, exception: Exception, message: String) -> Error {
        Error(Box::new(Inner { code, exception, message, node: None, op: None }))
    }

    /// A status with this code.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error::with(code, Exception::Status, message.into())
    }

    /// The status code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The class of Python exception TensorFlow raises in this place.
    pub fn exception(&self) -> Exception {
        self.0.exception
    }

    /// The name of that class: `InvalidArgumentError`, `ValueError`.
    pub fn class_name(&self) -> &'static str {
        match self.0.exception {
            Exception::Status => self.0.code.class_name(),
            Exception::Value => "ValueError",
            Exception::Type => "TypeError",
            Exception::Runtime => "RuntimeError",
            Exception::Attribute => "AttributeError",
            Exception::NotImplemented => "NotImplementedError",
            Exception::Key => "KeyError",
            Exception::Index => "IndexError",
            Exception::Assertion => "AssertionError",
        }
    }

    /// The core sentence, without the node.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The name of the node that failed, in a graph.
    pub fn node(&self) -> Option<&str> {
        self.0.node.as_deref()
    }

    /// The type of the op that failed.
    pub fn op(&self) -> Option<&str> {
        self.0.op.as_deref()
    }

    /// The same error with the node it happened at; the innermost node stays.
    #[must_use]
    pub fn at_node(mut self, node: &str, op: &str) -> Error {
        self.0.node.get_or_insert_with(|| node.to_string());
        self.0.op.get_or_insert_with(|| op.to_string());
        self
    }

    /// The same error with the type of the op it happened in.
    #[must_use]
    pub fn in_op(mut self, op: &str) -> Error {
        self.0.op.get_or_insert_with(|| op.to_string());
        self
    }

    /// The same error with `context: ` in front of its message.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Error {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    /// Names the node where a shape function, which does not know it, names the op in its place.
    pub(crate) fn naming_node(self, op: &str, node: &str) -> Error {
        const START: &str = "Inputs to operation ";
        let rest = self.message().strip_prefix(START).and_then(|rest| rest.strip_prefix(op));
        match rest.filter(|rest| node != op && rest.starts_with(" of type ")) {
            Some(rest) => {
                let message = format!("{START}{node}{rest}");
                self.with_message(message)
            }
            None => self,
        }
    }

    /// The same error with another message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Error {
        self.0.message = message.into();
        self
    }
}

/// Returns early with an error: `bail!(invalid_argument, "need {n}")`, the first word a constructor of [`Error`].
#[macro_export]
macro_rules! bail {
    ($constructor:ident, $($format:tt)*) => {
        return Err($crate::Error::$constructor(format!($($format)*)))
    };
}

/// Returns early with an error unless a condition holds: `ensure!(n > 0, invalid_argument, "need n > 0")`.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $constructor:ident, $($format:tt)*) => {
        if !$condition {
            $crate::bail!($constructor, $($format)*);
        }
    };
}
