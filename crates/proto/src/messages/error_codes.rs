//! The numbers of TensorFlow's status codes.

use crate::descriptor::{DescribedEnum, EnumDescriptor};

/// The status codes, as gRPC numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ErrorCode {
    Ok = 0,
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    Unauthenticated = 16,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    DoNotUseReservedForFutureExpansionUseDefaultInSwitchInstead = 20,
}

impl DescribedEnum for ErrorCode {
    fn descriptor() -> &'static EnumDescriptor {
        static IT: EnumDescriptor = EnumDescriptor::new(
            "tensorflow.error.Code",
            &[
                ("OK", 0),
                ("CANCELLED", 1),
                ("UNKNOWN", 2),
                ("INVALID_ARGUMENT", 3),
                ("DEADLINE_EXCEEDED", 4),
                ("NOT_FOUND", 5),
                ("ALREADY_EXISTS", 6),
                ("PERMISSION_DENIED", 7),
                ("UNAUTHENTICATED", 16),
                ("RESOURCE_EXHAUSTED", 8),
                ("FAILED_PRECONDITION", 9),
                ("ABORTED", 10),
                ("OUT_OF_RANGE", 11),
                ("UNIMPLEMENTED", 12),
                ("INTERNAL", 13),
                ("UNAVAILABLE", 14),
                ("DATA_LOSS", 15),
                ("DO_NOT_USE_RESERVED_FOR_FUTURE_EXPANSION_USE_DEFAULT_IN_SWITCH_INSTEAD_", 20),
            ],
        );
        &IT
    }
}
