//! DecodeProtoV2: fields of serialized messages as tensors.

use super::message_fields::{Wanted, cpp_name, integer, is_compatible, wanted};
use ferroflow_core::{
    AttrValue, DType, Element, Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    Shape, ShapeCtx, TString, Tensor, bail, ensure, options, reserve,
};
use ferroflow_proto::ByteReader;
use ferroflow_proto::loose_fields::{LooseValue, next_tag, next_value};
use ferroflow_proto::loose_message;
use ferroflow_proto::message_schema::{FieldSchema, FieldType, FieldValue, MessageSchemas};
use ferroflow_proto::text::{TextFault, bytes_of_text};
use std::borrow::Cow;

options! {
    /// Optional arguments of [`decode_proto_with`].
    pub struct DecodeProtoOptions {
        /// Where the message is described: `local://` for TensorFlow's own, `bytes://` and a serialized
        /// `FileDescriptorSet`, or the path of a file that holds one.
        descriptor_source: Vec<u8> = b"local://".to_vec(),
        /// How messages are written.
        message_format: String = "binary".to_string(),
        /// Whether messages are read and written anew before.
        sanitize: bool = false,
    }
}

/// What [`decode_proto`] finds.
#[derive(Clone, Debug)]
pub struct DecodedProto {
    /// How many values each message has of each field: the shape of the messages, and one dimension for the fields.
    pub sizes: Tensor,
    /// The values of each field: the shape of the messages, and one dimension for the values of a message.
    pub values: Vec<Tensor>,
}

/// Fields of serialized messages, a tensor for each. Messages with fewer values than others are filled up with the field's
/// default; a field that is a message gives its bytes.
///
/// Source: `tf.io.decode_proto` (op `DecodeProtoV2`).
///
/// ```
/// use ferroflow_core::DType;
/// use ferroflow_formats::decode_proto;
/// // A tensorflow.Int64List of three numbers.
/// let bytes = "\n\u{3}\u{1}\u{2}\u{5}";
/// let found = decode_proto([bytes], "tensorflow.Int64List", &["value"], &[DType::INT64])?;
/// assert_eq!(found.values[0].numpy()?.as_slice::<i64>()?, [1, 2, 5]);
/// assert_eq!(found.sizes.numpy()?.as_slice::<i32>()?, [3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an unknown message or field, a dtype that a field has not, and no messages at all; `DataLoss` for bytes
/// or text that are no message; `Unimplemented` for text that nests messages more than 100 deep or writes an `Any` as the
/// message of a type that may be one of TensorFlow's, but is not known here.
pub fn decode_proto(
    bytes: impl IntoOperand,
    message_type: &str,
    field_names: &[&str],
    output_types: &[DType],
) -> Result<DecodedProto> {
    decode_proto_with(bytes, message_type, field_names, output_types, |options| options)
}

/// [`decode_proto`] of messages described elsewhere.
///
/// # Errors
/// As [`decode_proto`].
pub fn decode_proto_with(
    bytes: impl IntoOperand,
    message_type: &str,
    field_names: &[&str],
    output_types: &[DType],
    options: impl FnOnce(DecodeProtoOptions) -> DecodeProtoOptions,
) -> Result<DecodedProto> {
    super::install();
    let options = options(DecodeProtoOptions::default());
    let names: Vec<String> = field_names.iter().map(ToString::to_string).collect();
    let mut outputs = Op::new(&DECODE_PROTO_V2)
        .input(bytes)
        .attr("message_type", message_type)
        .attr("field_names", names)
        .attr("output_types", output_types.to_vec())
        .attr("descriptor_source", AttrValue::Str(options.descriptor_source))
        .attr("message_format", options.message_format)
        .attr("sanitize", options.sanitize)
        .all()?
        .into_iter();
    let Some(sizes) = outputs.next() else { bail!(internal, "DecodeProtoV2 gave nothing") };
    Ok(DecodedProto { sizes, values: outputs.collect() })
}

pub(super) static DECODE_PROTO_V2: OpDef =
    OpDef { name: "DecodeProtoV2", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let messages = cx.input(0);
    let count = cx.strs("field_names")?.len();
    cx.set(0, messages.concatenate(&PartialShape::new([Some(count)])));
    for index in 1..cx.num_outputs() {
        cx.set(index, messages.concatenate(&PartialShape::new([None])));
    }
    Ok(())
}

/// A value as it lies in a message.
#[derive(Clone, Copy)]
enum Cell<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> From<&'a FieldValue> for Cell<'a> {
    fn from(value: &'a FieldValue) -> Cell<'a> {
        match value {
            FieldValue::Number(number) => Cell::Number(*number),
            FieldValue::Bytes(bytes) => Cell::Bytes(bytes),
        }
    }
}

/// What a message has of a field.
#[derive(Clone, Default)]
struct Found<'a> {
    /// How many values there are.
    size: usize,
    cells: Vec<Cell<'a>>,
}

impl<'a> Found<'a> {
    /// Takes one value; of a field that has one, the last counts.
    fn push(&mut self, cell: Cell<'a>, is_repeated: bool) {
        if !is_repeated {
            self.cells.clear();
        }
        self.cells.push(cell);
        self.size = self.cells.len();
    }

    /// Takes a run of values. As in TensorFlow 2.21 a field that has one value takes none from a run, but counts it.
    fn push_packed(&mut self, field: &FieldSchema, run: &[u8]) -> Result<()> {
        let numbers = unpacked(field.ty, run)?;
        if field.is_repeated {
            numbers.into_iter().for_each(|number| self.push(Cell::Number(number), true));
        } else if !numbers.is_empty() {
            ensure!(
                self.cells.is_empty(),
                data_loss,
                "ReadPackedValues: Tried to write more entries than allowed.  Field tag: {}, Max entries allowed: 1",
                field.number
            );
            self.size = 1;
        }
        Ok(())
    }
}

/// The numbers in a run.
fn unpacked(ty: FieldType, run: &[u8]) -> Result<Vec<u64>> {
    let mut reader = ByteReader::new(run);
    let width = match ty.wire_type() {
        1 => 8,
        5 => 4,
        _ => {
            let mut numbers = Vec::new();
            while !reader.rest().is_empty() {
                numbers.push(reader.varint().ok_or_else(|| Error::data_loss("Corrupt packed varint"))?);
            }
            return Ok(numbers);
        }
    };
    ensure!(
        run.len().is_multiple_of(width),
        data_loss,
        "Illegal data length for packed fixed-size type: {}",
        run.len()
    );
    let number = |part: &[u8]| part.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    Ok(run.chunks_exact(width).map(number).collect())
}

/// What a message has of each field.
fn read<'a>(message: &'a [u8], fields: &[FieldSchema]) -> Result<Vec<Found<'a>>> {
    let mut found = vec![Found::default(); fields.len()];
    let mut reader = ByteReader::new(message);
    loop {
        let start = reader.rest();
        let Some(tag) = next_tag(&mut reader) else { break };
        let wanted = fields.iter().position(|field| field.number == tag.number);
        let wanted = wanted.map(|at| (at, &fields[at]));
        ensure!(
            tag.wire_type != 2 || wanted.is_none_or(|(_, field)| field.ty != FieldType::Group),
            data_loss,
            "TYPE_GROUP encountered as packed"
        );
        let wanted = wanted.filter(|(_, field)| {
            tag.wire_type == field.ty.wire_type() || (tag.wire_type == 2 && field.ty.is_packable())
        });
        let value = next_value(&mut reader, tag);
        match (wanted, value) {
            (None, Some(_)) => {}
            (None, None) => bail!(data_loss, "Failed skipping unrequested field"),
            (Some((_, field)), None) if tag.wire_type != field.ty.wire_type() => {
                bail!(data_loss, "ReadPackedValues: Skipping packed field failed")
            }
            (Some(_), None) => bail!(data_loss, "ReadValue: Failed skipping field when counting"),
            (Some((at, field)), Some(LooseValue::Number(number))) => {
                found[at].push(Cell::Number(number), field.is_repeated);
            }
            (Some((at, field)), Some(LooseValue::Bytes(bytes))) if field.ty.is_packable() => {
                found[at].push_packed(field, bytes)?;
            }
            (Some((at, field)), Some(LooseValue::Bytes(bytes))) => {
                found[at].push(Cell::Bytes(bytes), field.is_repeated);
            }
            // With the tags around it.
            (Some((at, field)), Some(LooseValue::Group)) => {
                let group = &start[..start.len() - reader.rest().len()];
                found[at].push(Cell::Bytes(group), field.is_repeated);
            }
        }
    }
    ensure!(reader.rest().is_empty(), data_loss, "CountFields: Failed to consume entire buffer");
    Ok(found)
}

/// The values of a field in all messages, filled up to the same number.
fn column<'a, T: Element>(
    messages: &'a [Vec<Found<'a>>],
    at: usize,
    shape: Shape,
    default: Cell<'a>,
    element: impl Fn(Cell<'a>) -> T,
) -> Result<NdArray> {
    let width = shape.dims().last().copied().unwrap_or(0);
    let mut elements = reserve::<T>(shape.num_elements())?;
    for message in messages {
        let cells = message[at].cells.iter().copied();
        elements.extend(cells.chain(std::iter::repeat(default)).take(width).map(&element));
    }
    NdArray::from_shape(shape, elements)
}

fn array<'a>(
    field: &'a FieldSchema,
    dtype: DType,
    messages: &'a [Vec<Found<'a>>],
    at: usize,
    shape: Shape,
) -> Result<NdArray> {
    let (ty, default) = (field.ty, Cell::from(&field.default));
    let number = |cell: Cell<'_>| match cell {
        Cell::Number(number) => number,
        Cell::Bytes(_) => 0,
    };
    let float = move |cell: Cell<'_>| match ty {
        FieldType::Float => f64::from(f32::from_bits(number(cell) as u32)),
        _ => f64::from_bits(number(cell)),
    };
    let whole = move |cell: Cell<'_>| integer(ty, number(cell));
    match dtype {
        DType::FLOAT64 => column(messages, at, shape, default, float),
        DType::FLOAT32 => column(messages, at, shape, default, |cell| f32::from_bits(number(cell) as u32)),
        DType::INT32 => column(messages, at, shape, default, |cell| whole(cell) as i32),
        DType::INT64 => column(messages, at, shape, default, whole),
        DType::UINT32 => column(messages, at, shape, default, |cell| whole(cell) as u32),
        DType::UINT64 => column(messages, at, shape, default, |cell| whole(cell) as u64),
        DType::BOOL => column(messages, at, shape, default, |cell| number(cell) != 0),
        _ => column(messages, at, shape, default, |cell| match cell {
            Cell::Bytes(bytes) => TString::from(bytes),
            Cell::Number(_) => TString::default(),
        }),
    }
}

/// A message read and written anew.
fn rewritten(schemas: &MessageSchemas, buffer: &[u8], is_text: bool) -> Result<TString> {
    let malformed = |format| Error::data_loss(format!("Unable to parse {format} protobuf"));
    let bytes = match is_text {
        true => bytes_of_text(schemas, buffer).map_err(|fault| match fault {
            TextFault::Malformed => malformed("text"),
            TextFault::Unsupported(what) => {
                Error::unimplemented(format!("{what}, in the text of a protobuf"))
            }
        })?,
        false => loose_message::rewritten(schemas, buffer).ok_or_else(|| malformed("binary"))?,
    };
    Ok(TString::from(bytes))
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let types = cx.dtypes("output_types")?.to_vec();
    ensure!(
        cx.attrs().strs("field_names")?.len() == types.len(),
        invalid_argument,
        "field_names and output_types attributes must have the same length"
    );
    let wanted = wanted(cx.attrs())?;
    let Wanted { message, fields, .. } = &wanted;
    for (field, dtype) in fields.iter().zip(&types) {
        ensure!(
            is_compatible(field.ty, *dtype),
            invalid_argument,
            "Unexpected output type for {message}.{}: {} to {}",
            field.name,
            cpp_name(field.ty),
            dtype.proto_name()
        );
    }
    let is_text = match cx.str("message_format")? {
        "binary" => false,
        "text" => true,
        _ => bail!(invalid_argument, "format must be one of binary or text"),
    };
    let input = cx.input(0)?.clone();
    ensure!(!input.is_empty(), invalid_argument, "Bufs argument must contain at least one value");
    let mut buffers = Cow::Borrowed(input.as_slice::<TString>()?);
    if is_text || cx.bool("sanitize")? {
        let schemas = wanted.schemas()?;
        let binary = buffers.iter().map(|buffer| rewritten(&schemas, buffer, is_text));
        buffers = Cow::Owned(binary.collect::<Result<_>>()?);
    }
    let messages: Vec<Vec<Found<'_>>> =
        buffers.iter().map(|buffer| read(buffer, fields)).collect::<Result<_>>()?;
    let all = |last: usize| Shape::new(&[input.shape().dims(), &[last]].concat());
    let sizes =
        messages.iter().flatten().map(|found| i32::try_from(found.size).unwrap_or(i32::MAX)).collect();
    cx.set(0, NdArray::from_shape(all(fields.len())?, sizes)?)?;
    for (at, (field, dtype)) in fields.iter().zip(types).enumerate() {
        let most = messages.iter().map(|message| message[at].size).max().unwrap_or(0);
        let values = array(field, dtype, &messages, at, all(most.max(1))?)?;
        cx.set(at + 1, values)?;
    }
    Ok(())
}
