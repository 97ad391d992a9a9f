//! EncodeProto: serialized messages from tensors of their fields.

use super::message_fields::{bits, is_compatible, wanted};
use crate::varint::push_varint;
use ferroflow_core::{
    AttrValue, DType, Grad, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    Shape, ShapeCtx, TString, Tensor, ensure, options,
};
use ferroflow_proto::message_schema::{FieldSchema, FieldType};

options! {
    /// Optional arguments of [`encode_proto_with`].
    pub struct EncodeProtoOptions {
        /// Where the message is described: `local://` for TensorFlow's own, `bytes://` and a serialized
        /// `FileDescriptorSet`, or the path of a file that holds one.
        descriptor_source: Vec<u8> = b"local://".to_vec(),
    }
}

/// Serialized messages: `sizes` says how many of its `values` each message takes for each field.
///
/// Source: `tf.io.encode_proto` (op `EncodeProto`).
///
/// ```
/// use ferroflow_core::{TString, Tensor};
/// use ferroflow_formats::encode_proto;
/// let numbers = Tensor::from([[1i64, 2, 5]]);
/// let bytes = encode_proto([[3]], [numbers], &["value"], "tensorflow.Int64List")?;
/// assert_eq!(bytes.numpy()?.as_slice::<TString>()?, [TString::from("\n\u{3}\u{1}\u{2}\u{5}")]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an unknown message or field, a dtype that a field has not, and shapes that do not fit each other.
pub fn encode_proto(
    sizes: impl IntoOperand,
    values: impl IntoOperands,
    field_names: &[&str],
    message_type: &str,
) -> Result<Tensor> {
    encode_proto_with(sizes, values, field_names, message_type, |options| options)
}

/// [`encode_proto`] of messages described elsewhere.
///
/// # Errors
/// As [`encode_proto`].
pub fn encode_proto_with(
    sizes: impl IntoOperand,
    values: impl IntoOperands,
    field_names: &[&str],
    message_type: &str,
    options: impl FnOnce(EncodeProtoOptions) -> EncodeProtoOptions,
) -> Result<Tensor> {
    super::install();
    let options = options(EncodeProtoOptions::default());
    let names: Vec<String> = field_names.iter().map(ToString::to_string).collect();
    Op::new(&ENCODE_PROTO)
        .input(sizes)
        .inputs(values.into_operands()?)
        .attr("field_names", names)
        .attr("message_type", message_type)
        .attr("descriptor_source", AttrValue::Str(options.descriptor_source))
        .one()
}

pub(super) static ENCODE_PROTO: OpDef =
    OpDef { name: "EncodeProto", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let mut messages = PartialShape::unknown();
    for index in cx.arg(1)? {
        let value = cx.with_rank_at_least(index, 2)?;
        if let Some(rank) = value.rank() {
            messages = cx.merge(&messages, &value.slice(0..rank - 1))?;
        }
    }
    cx.set(0, messages);
    Ok(())
}

/// Checks shapes and dtypes, and returns the shape of the messages.
fn check(cx: &KernelCtx<'_>, fields: &[FieldSchema]) -> Result<Shape> {
    let (sizes, values) = (cx.input(0)?, &cx.inputs()[1..]);
    ensure!(values.len() == fields.len(), invalid_argument, "Length of inputs list must match field_names");
    let mut messages: Option<&[usize]> = None;
    for (field, value) in fields.iter().zip(values) {
        let dims = value.shape().dims();
        ensure!(
            dims.len() >= 2,
            invalid_argument,
            "Invalid shape for field {}.  Saw shape {} but it should be at least a matrix.",
            field.name,
            value.shape()
        );
        let own = &dims[..dims.len() - 1];
        ensure!(
            *messages.get_or_insert(own) == own,
            invalid_argument,
            "Values must match up to the last dimension"
        );
    }
    let messages = Shape::new(messages.unwrap_or_default())?;
    let expected = Shape::new(&[messages.dims(), &[fields.len()]].concat())?;
    ensure!(
        *sizes.shape() == expected,
        invalid_argument,
        "sizes should be batch_size + [len(field_names)].  Saw: {} but expected: {expected}",
        sizes.shape()
    );
    for (field, value) in fields.iter().zip(values) {
        ensure!(
            is_compatible(field.ty, value.dtype()),
            invalid_argument,
            "Incompatible type for field {}.  Saw dtype: {} but field type is: {}",
            field.name,
            value.dtype().cpp_name(),
            field.ty.name()
        );
    }
    Ok(messages)
}

/// The values of a field as they lie in messages.
enum Column {
    Numbers(Vec<u64>),
    Texts(Vec<TString>),
}

impl Column {
    fn of(ty: FieldType, value: &NdArray) -> Result<Column> {
        if !ty.is_packable() {
            return Ok(Column::Texts(value.as_slice::<TString>()?.to_vec()));
        }
        Ok(Column::Numbers(match ty {
            FieldType::Double => value.as_slice::<f64>()?.iter().map(|number| number.to_bits()).collect(),
            FieldType::Float => {
                let value = value.cast(DType::FLOAT32)?;
                value.as_slice::<f32>()?.iter().map(|number| u64::from(number.to_bits())).collect()
            }
            FieldType::Bool => value.as_slice::<bool>()?.iter().map(|is| u64::from(*is)).collect(),
            ty if value.dtype() == DType::UINT64 => {
                value.as_slice::<u64>()?.iter().map(|number| bits(ty, *number as i64)).collect()
            }
            ty => value.to_i64_vec()?.into_iter().map(|number| bits(ty, number)).collect(),
        }))
    }
}

/// Appends some values of a field.
fn push_field(out: &mut Vec<u8>, field: &FieldSchema, column: &Column, range: std::ops::Range<usize>) {
    let tag = |wire_type: u32| u64::from(field.number) << 3 | u64::from(wire_type);
    match column {
        Column::Texts(texts) if field.ty == FieldType::Group => {
            for text in &texts[range] {
                push_varint(out, tag(3));
                out.extend_from_slice(text);
                push_varint(out, tag(4));
            }
        }
        Column::Texts(texts) => {
            for text in &texts[range] {
                push_varint(out, tag(2));
                push_varint(out, text.len() as u64);
                out.extend_from_slice(text);
            }
        }
        Column::Numbers(numbers) if field.is_packed => {
            let mut run = Vec::new();
            numbers[range].iter().for_each(|number| field.ty.push_number(&mut run, *number));
            push_varint(out, tag(2));
            push_varint(out, run.len() as u64);
            out.extend_from_slice(&run);
        }
        Column::Numbers(numbers) => {
            for number in &numbers[range] {
                push_varint(out, tag(field.ty.wire_type()));
                field.ty.push_number(out, *number);
            }
        }
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let fields = wanted(cx.attrs())?.fields;
    let messages = check(cx, &fields)?;
    let (sizes, values) = (cx.slice::<i32>(0)?, &cx.inputs()[1..]);
    let mut columns = Vec::with_capacity(fields.len());
    for (field, value) in fields.iter().zip(values) {
        columns.push((Column::of(field.ty, value)?, value.shape().dims().last().copied().unwrap_or(0)));
    }
    // Fields are written in the order of their numbers.
    let mut order: Vec<usize> = (0..fields.len()).collect();
    order.sort_by_key(|at| fields[*at].number);
    let mut output = Vec::with_capacity(messages.num_elements());
    for message in 0..messages.num_elements() {
        let mut bytes = Vec::new();
        for &at in &order {
            let (column, width) = &columns[at];
            let asked = sizes[message * fields.len() + at];
            // Less than nothing is written like nothing, but it is written: a run has a tag.
            let size = usize::try_from(asked).unwrap_or(0);
            ensure!(
                size <= *width,
                invalid_argument,
                "Size to write must not be larger than value tensor; but saw: {size} > {width} at message {message} \
                 field {at}"
            );
            if asked != 0 {
                push_field(&mut bytes, &fields[at], column, message * width..message * width + size);
            }
        }
        output.push(TString::from(bytes));
    }
    cx.set(0, NdArray::from_shape(messages, output)?)
}
