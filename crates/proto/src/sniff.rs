//! What a model file is, told from its first bytes, so that an error can name it.

use std::fmt;

use crate::descriptor::{Described, Descriptor, Kind, Label};
use crate::wire::{Raw, Reader, WireType};
use crate::{CheckpointState, GraphDef, MetaGraphDef, SavedModel};

/// What a file is.
///
/// `Display` completes "this is ...":
///
/// ```
/// use ferroflow_proto::sniff::FileKind;
///
/// let kind = FileKind::detect(b"saved_model_schema_version: 1\n");
/// assert_eq!(format!("this is {kind}, not a GraphDef"), "this is a SavedModel in text format, not a GraphDef");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A [`GraphDef`], such as a frozen graph's `.pb`.
    GraphDef,
    /// A [`MetaGraphDef`], such as a checkpoint's `.meta`.
    MetaGraph,
    /// A [`SavedModel`], as in `saved_model.pb`.
    SavedModel,
    /// Text.
    Text(TextKind),
    /// A format that has nothing to do with these messages; the words say which.
    Foreign(&'static str),
    /// Nothing, which every message decodes from.
    Empty,
    /// None of these.
    Unknown,
}

/// The message that text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// A [`GraphDef`], as in `.pbtxt` files.
    GraphDef,
    /// A [`MetaGraphDef`].
    MetaGraph,
    /// A [`SavedModel`], as in `saved_model.pbtxt`.
    SavedModel,
    /// A [`CheckpointState`]: the file `checkpoint` of a directory.
    CheckpointState,
    /// None of these.
    Unknown,
}

/// Bytes at an offset that mark a format.
const MAGIC: &[(usize, &[u8], &str)] = &[
    (0, b"PK\x03\x04", "a zip archive (a .keras or .npz file?)"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras weights or model?)"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (4, b"TFL3", "a TensorFlow Lite model"),
];

/// What the last bytes of a sorted table are.
const TABLE_END: &[u8] = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb";

/// How many fields of a file are looked at, and how deeply.
const FIELDS: usize = 16;
const DEPTH: usize = 5;

/// How many bytes of a text are looked at.
const TEXT: usize = 4096;

impl FileKind {
    /// What a file of these bytes is. Only the beginning is looked at, so a damaged file is still recognised.
    pub fn detect(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        let foreign =
            MAGIC.iter().find(|(at, magic, _)| bytes.get(*at..).is_some_and(|tail| tail.starts_with(magic)));
        if let Some((_, _, words)) = foreign {
            return Self::Foreign(words);
        }
        if bytes.ends_with(TABLE_END) {
            return Self::Foreign("a checkpoint (its index or a V1 file)");
        }
        let binary: [(Self, &Descriptor); 3] = [
            (Self::SavedModel, SavedModel::descriptor()),
            (Self::GraphDef, GraphDef::descriptor()),
            (Self::MetaGraph, MetaGraphDef::descriptor()),
        ];
        if let Some((kind, _)) = binary.iter().find(|(_, descriptor)| starts_as(bytes, descriptor)) {
            return *kind;
        }
        text_kind(bytes).map_or(Self::Unknown, Self::Text)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GraphDef => "a GraphDef",
            Self::MetaGraph => "a MetaGraphDef",
            Self::SavedModel => "a SavedModel",
            Self::Text(TextKind::GraphDef) => "a GraphDef in text format",
            Self::Text(TextKind::MetaGraph) => "a MetaGraphDef in text format",
            Self::Text(TextKind::SavedModel) => "a SavedModel in text format",
            Self::Text(TextKind::CheckpointState) => "the list of a directory's checkpoints",
            Self::Text(TextKind::Unknown) => "a text",
            Self::Foreign(words) => words,
            Self::Empty => "an empty file",
            Self::Unknown => "a file of unknown format",
        })
    }
}

/// Whether the first fields are that message's own, one at least.
fn starts_as(bytes: &[u8], descriptor: &Descriptor) -> bool {
    let mut reader = Reader::new(bytes);
    let mut fields = 0;
    while fields < FIELDS
        && let Some((number, wire_type, raw)) = reader.field()
    {
        let known = descriptor.field(number).is_some();
        if !known || !fits(descriptor, number, wire_type, raw, DEPTH) {
            return false;
        }
        fields += 1;
    }
    fields > 0
}

/// Whether a field has the layout that the message gives it; unknown fields may be of later versions.
fn fits(descriptor: &Descriptor, number: u32, wire_type: WireType, raw: Raw<'_>, depth: usize) -> bool {
    let Some(field) = descriptor.field(number) else { return true };
    match (field.label, raw) {
        (Label::Map(key) | Label::ExplicitMap(key), Raw::Delimited(entry)) => {
            all_fields(entry, |number, wire_type, raw| match number {
                1 => fits_kind(key, wire_type, raw, depth),
                2 => fits_kind(field.kind, wire_type, raw, depth),
                _ => false,
            })
        }
        // Numbers are packed or not.
        (Label::Many, Raw::Delimited(_)) if WireType::of(field.kind) != WireType::Delimited => true,
        _ => fits_kind(field.kind, wire_type, raw, depth),
    }
}

fn fits_kind(kind: Kind, wire_type: WireType, raw: Raw<'_>, depth: usize) -> bool {
    match (kind, raw) {
        _ if wire_type != WireType::of(kind) => false,
        (Kind::String, Raw::Delimited(text)) => {
            str::from_utf8(text).is_ok_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()))
                // Text of this kind begins with no line end, a message's bytes often do.
                && !text.starts_with(b"\n")
        }
        (Kind::Message(descriptor), Raw::Delimited(message)) => match depth.checked_sub(1) {
            Some(depth) => {
                let descriptor = descriptor();
                let mut has_op = descriptor.name != "tensorflow.NodeDef";
                let fits = all_fields(message, |number, wire_type, raw| {
                    // A node without an op is none, while a MetaInfoDef may look like one.
                    has_op |= number == 2;
                    fits(descriptor, number, wire_type, raw, depth)
                });
                fits && has_op
            }
            None => true,
        },
        _ => true,
    }
}

/// Whether the bytes are fields, all of which pass.
fn all_fields(bytes: &[u8], mut passes: impl FnMut(u32, WireType, Raw<'_>) -> bool) -> bool {
    let mut reader = Reader::new(bytes);
    while !reader.at_end() {
        match reader.field() {
            Some((number, wire_type, raw)) if passes(number, wire_type, raw) => {}
            _ => return false,
        }
    }
    true
}

/// What text the bytes are, if they are text at all.
fn text_kind(bytes: &[u8]) -> Option<TextKind> {
    let head = bytes.get(..TEXT).unwrap_or(bytes);
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        // The cut may have gone through a character.
        Err(error) if error.error_len().is_none() => str::from_utf8(head.get(..error.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    if text.contains(|c: char| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let field = text.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#'));
    let name = field.and_then(|line| line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next());
    let kinds: [(TextKind, &Descriptor); 4] = [
        (TextKind::SavedModel, SavedModel::descriptor()),
        (TextKind::GraphDef, GraphDef::descriptor()),
        (TextKind::MetaGraph, MetaGraphDef::descriptor()),
        (TextKind::CheckpointState, CheckpointState::descriptor()),
    ];
    let found =
        name.and_then(|name| kinds.iter().find(|(_, descriptor)| descriptor.field_named(name).is_some()));
    Some(found.map_or(TextKind::Unknown, |(kind, _)| *kind))
}
