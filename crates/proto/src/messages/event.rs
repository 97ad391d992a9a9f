//! Records of an event file.

use crate::Summary;
use crate::descriptor::notation::{BYTES, DOUBLE, INT64, STRING, enumeration, member, message, one};
use crate::descriptor::{Described, DescribedEnum, Descriptor, EnumDescriptor};

/// A record of an event file.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Event {
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    #[prost(int64, tag = "2")]
    pub step: i64,
    #[prost(oneof = "What", tags = "3, 4, 5, 6, 7, 8, 9")]
    pub what: Option<What>,
    #[prost(message, optional, tag = "10")]
    pub source_metadata: Option<SourceMetadata>,
}

impl Described for Event {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.Event",
            &[
                one(1, "wall_time", DOUBLE),
                one(2, "step", INT64),
                member("what", 3, "file_version", STRING),
                member("what", 4, "graph_def", BYTES),
                member("what", 5, "summary", message::<Summary>()),
                member("what", 6, "log_message", message::<LogMessage>()),
                member("what", 7, "session_log", message::<SessionLog>()),
                member("what", 8, "tagged_run_metadata", message::<TaggedRunMetadata>()),
                member("what", 9, "meta_graph_def", BYTES),
                one(10, "source_metadata", message::<SourceMetadata>()),
            ],
        );
        &IT
    }
}

/// Which of the alternatives is set.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(bytes = "vec", tag = "4")]
    GraphDef(Vec<u8>),
    #[prost(message, tag = "5")]
    Summary(Summary),
    #[prost(message, tag = "6")]
    LogMessage(LogMessage),
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
    #[prost(message, tag = "8")]
    TaggedRunMetadata(TaggedRunMetadata),
    #[prost(bytes = "vec", tag = "9")]
    MetaGraphDef(Vec<u8>),
}

/// Who wrote an event file.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SourceMetadata {
    #[prost(string, tag = "1")]
    pub writer: String,
}

impl Described for SourceMetadata {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new("tensorflow.SourceMetadata", &[one(1, "writer", STRING)]);
        &IT
    }
}

/// A line of a log.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LogMessage {
    #[prost(enumeration = "log_message::Level", tag = "1")]
    pub level: i32,
    #[prost(string, tag = "2")]
    pub message: String,
}

impl Described for LogMessage {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.LogMessage",
            &[one(1, "level", enumeration::<log_message::Level>()), one(2, "message", STRING)],
        );
        &IT
    }
}

/// What belongs to [`LogMessage`] alone.
pub mod log_message {
    use super::*;

    /// The levels of a log.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum Level {
        Unknown = 0,
        Debugging = 10,
        Info = 20,
        Warn = 30,
        Error = 40,
        Fatal = 50,
    }

    impl DescribedEnum for Level {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor = EnumDescriptor::new(
                "tensorflow.LogMessage.Level",
                &[
                    ("UNKNOWN", 0),
                    ("DEBUGGING", 10),
                    ("INFO", 20),
                    ("WARN", 30),
                    ("ERROR", 40),
                    ("FATAL", 50),
                ],
            );
            &IT
        }
    }
}

/// A change of a session's state.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SessionLog {
    #[prost(enumeration = "session_log::SessionStatus", tag = "1")]
    pub status: i32,
    #[prost(string, tag = "2")]
    pub checkpoint_path: String,
    #[prost(string, tag = "3")]
    pub msg: String,
}

impl Described for SessionLog {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.SessionLog",
            &[
                one(1, "status", enumeration::<session_log::SessionStatus>()),
                one(2, "checkpoint_path", STRING),
                one(3, "msg", STRING),
            ],
        );
        &IT
    }
}

/// What belongs to [`SessionLog`] alone.
pub mod session_log {
    use super::*;

    /// The states of a session.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
    #[repr(i32)]
    pub enum SessionStatus {
        StatusUnspecified = 0,
        Start = 1,
        Stop = 2,
        Checkpoint = 3,
    }

    impl DescribedEnum for SessionStatus {
        fn descriptor() -> &'static EnumDescriptor {
            static IT: EnumDescriptor = EnumDescriptor::new(
                "tensorflow.SessionLog.SessionStatus",
                &[("STATUS_UNSPECIFIED", 0), ("START", 1), ("STOP", 2), ("CHECKPOINT", 3)],
            );
            &IT
        }
    }
}

/// A serialised [`RunMetadata`](crate::RunMetadata) and its tag.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TaggedRunMetadata {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(bytes = "vec", tag = "2")]
    pub run_metadata: Vec<u8>,
}

impl Described for TaggedRunMetadata {
    fn descriptor() -> &'static Descriptor {
        static IT: Descriptor = Descriptor::new(
            "tensorflow.TaggedRunMetadata",
            &[one(1, "tag", STRING), one(2, "run_metadata", BYTES)],
        );
        &IT
    }
}
