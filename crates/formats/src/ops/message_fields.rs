//! What DecodeProtoV2 and EncodeProto share: the message they are about, and its fields as elements of tensors.

use ferroflow_core::{Attrs, DType, Error, Result};
use ferroflow_proto::descriptor::Descriptor;
use ferroflow_proto::message_schema::{DescriptorSet, FieldSchema, FieldType, MessageSchema, MessageSchemas};
use ferroflow_proto::registry;

/// Where a message is described.
enum Source {
    Own(&'static Descriptor),
    Set(DescriptorSet),
}

impl Source {
    /// That of the op's attributes, which has to know the message.
    fn read(attrs: &Attrs, message: &str) -> Result<Source> {
        let source = match attrs.bytes("descriptor_source")? {
            b"" | b"local://" => {
                return registry::find(message).map(Source::Own).ok_or_else(|| unknown(message));
            }
            source => source,
        };
        let file;
        let bytes = match source.strip_prefix(b"bytes://") {
            Some(bytes) => Some(bytes),
            None => {
                file = std::str::from_utf8(source).ok().and_then(|path| std::fs::read(path).ok());
                file.as_deref()
            }
        };
        let set = bytes.and_then(|bytes| DescriptorSet::read(bytes).ok());
        set.map(Source::Set).ok_or_else(|| {
            Error::invalid_argument(format!(
                "Source does not represent serialized file descriptor set proto. This may be due to a missing \
                 dependency on the file containing REGISTER_DESCRIPTOR_POOL(\"{}\", ...);",
                String::from_utf8_lossy(source)
            ))
        })
    }
}

fn unknown(message: &str) -> Error {
    Error::invalid_argument(format!("No descriptor found for message type {message}"))
}

/// What an op's attributes name.
pub(super) struct Wanted {
    source: Source,
    /// The message's full name.
    pub(super) message: String,
    /// Its fields, in the order of the attribute.
    pub(super) fields: Vec<FieldSchema>,
}

impl Wanted {
    /// The message, and all that are found within it.
    pub(super) fn schemas(&self) -> Result<MessageSchemas> {
        let schemas = match &self.source {
            Source::Own(descriptor) => MessageSchemas::of(descriptor),
            Source::Set(set) => set.messages(&self.message),
        };
        schemas.ok_or_else(|| unknown(&self.message))
    }
}

/// The message and the fields that the op's attributes name.
pub(super) fn wanted(attrs: &Attrs) -> Result<Wanted> {
    let message = attrs.str("message_type")?.to_string();
    let source = Source::read(attrs, &message)?;
    let schema = match &source {
        Source::Own(descriptor) => MessageSchema::of(descriptor),
        Source::Set(set) => set.message(&message).ok_or_else(|| unknown(&message))?,
    };
    let mut fields = Vec::new();
    for name in attrs.strs("field_names")? {
        let field = schema.field(name);
        let unknown = || format!("Unknown field: {name} in message type {message}");
        fields.push(field.ok_or_else(|| Error::invalid_argument(unknown()))?.clone());
    }
    Ok(Wanted { source, message, fields })
}

/// Whether values of a field are elements of this dtype.
pub(super) fn is_compatible(ty: FieldType, dtype: DType) -> bool {
    let dtypes: &[DType] = match ty {
        FieldType::Double => &[DType::FLOAT64],
        FieldType::Float => &[DType::FLOAT32, DType::FLOAT64],
        FieldType::Int64 | FieldType::Sfixed64 | FieldType::Sint64 => &[DType::INT64],
        FieldType::Uint64 | FieldType::Fixed64 => &[DType::UINT64],
        FieldType::Int32 | FieldType::Sfixed32 | FieldType::Sint32 => &[DType::INT32, DType::INT64],
        FieldType::Uint32 | FieldType::Fixed32 => &[DType::UINT32, DType::UINT64],
        FieldType::Bool => &[DType::BOOL],
        FieldType::Enum => &[DType::INT32],
        FieldType::String | FieldType::Bytes | FieldType::Message | FieldType::Group => &[DType::STRING],
    };
    dtypes.contains(&dtype)
}

/// The type's name as messages show it: that of the C++ type, or that of the notation.
pub(super) fn cpp_name(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Sint32 | FieldType::Sfixed32 => "int32",
        FieldType::Sint64 | FieldType::Sfixed64 => "int64",
        FieldType::Fixed32 => "uint32",
        FieldType::Fixed64 => "uint64",
        FieldType::Bytes => "string",
        ty => ty.name(),
    }
}

/// The whole number that a field's bits stand for.
pub(super) fn integer(ty: FieldType, bits: u64) -> i64 {
    let unfolded = |folded: u64| (folded >> 1) as i64 ^ -((folded & 1) as i64);
    match ty {
        FieldType::Int32 | FieldType::Enum | FieldType::Sfixed32 => i64::from(bits as u32 as i32),
        FieldType::Sint32 => unfolded(u64::from(bits as u32)),
        FieldType::Sint64 => unfolded(bits),
        FieldType::Uint32 | FieldType::Fixed32 => i64::from(bits as u32),
        FieldType::Bool => i64::from(bits != 0),
        _ => bits as i64,
    }
}

/// The bits that stand for a whole number in a field.
pub(super) fn bits(ty: FieldType, number: i64) -> u64 {
    match ty {
        FieldType::Int32 | FieldType::Enum => i64::from(number as i32) as u64,
        FieldType::Sfixed32 | FieldType::Uint32 | FieldType::Fixed32 => u64::from(number as u32),
        FieldType::Sint32 => u64::from(((number as i32) << 1 ^ (number as i32) >> 31) as u32),
        FieldType::Sint64 => (number << 1 ^ number >> 63) as u64,
        _ => number as u64,
    }
}
