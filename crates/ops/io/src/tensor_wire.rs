//! SerializeTensor, ParseTensor: tensors as messages (`TensorProto`) and back.

use ferroflow_core::{
    DType, Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, TString, Tensor, TensorMessage,
    bail, ensure, shape_fn, tensor_message,
};

/// The tensor as the bytes of a message.
///
/// Source: `tf.io.serialize_tensor` (op `SerializeTensor`).
///
/// ```
/// use ferroflow_core::DType;
/// use ferroflow_ops_io::{parse_tensor, serialize_tensor};
/// let message = serialize_tensor([1, 2])?;
/// assert_eq!(parse_tensor(message, DType::INT32)?.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `Unimplemented` for resources and variants.
pub fn serialize_tensor(tensor: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SERIALIZE_TENSOR).input(tensor).one()
}

/// The tensor that a message holds.
///
/// Source: `tf.io.parse_tensor` (op `ParseTensor`).
///
/// # Errors
/// `InvalidArgument` when the bytes are no message, or the tensor is of another dtype.
pub fn parse_tensor(serialized: impl IntoOperand, out_type: DType) -> Result<Tensor> {
    Op::new(&PARSE_TENSOR).input(serialized).attr("out_type", out_type).one()
}

pub(crate) static SERIALIZE_TENSOR: OpDef = OpDef {
    name: "SerializeTensor",
    shape: shape_fn::scalar,
    kernel: Some(serialize_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static PARSE_TENSOR: OpDef = OpDef {
    name: "ParseTensor",
    shape: shape_fn::unknown,
    kernel: Some(parse_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn serialize_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let message = tensor_message(cx.input(0)?)?;
    cx.set(0, NdArray::scalar(TString::from(message)))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits =
            group.iter().enumerate().fold(0u32, |bits, (at, &byte)| bits | u32::from(byte) << (16 - 8 * at));
        for at in 0..=group.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]));
        }
    }
    text
}

fn parse_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let serialized = cx.input(0)?;
    ensure!(
        serialized.rank() == 0,
        invalid_argument,
        "Expected `serialized` to be a scalar, got shape: {}",
        serialized.shape()
    );
    let bytes = serialized.item::<TString>()?;
    let Ok(message) = TensorMessage::read(&bytes) else {
        let shown = base64(&bytes[..bytes.len().min(1 << 10)]);
        bail!(invalid_argument, "Could not parse `serialized` as TensorProto, base64: {shown}");
    };
    let wanted = cx.dtype("out_type")?;
    let unreadable = || Error::invalid_argument("Cannot parse tensor from proto");
    let dtype = message.dtype().ok_or_else(unreadable)?;
    let tensor = match message.tensor(dtype) {
        Err(error) if matches!(error.code(), ferroflow_core::Code::InvalidArgument) => {
            return Err(unreadable());
        }
        other => other?,
    };
    ensure!(
        dtype == wanted,
        invalid_argument,
        "Type mismatch between parsed tensor ({}) and dtype ({})",
        dtype.cpp_name(),
        wanted.cpp_name()
    );
    cx.set(0, tensor)
}
