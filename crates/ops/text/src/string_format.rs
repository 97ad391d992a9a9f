//! StringFormat: tensors within a text.

use ferroflow_core::print::{c_escaped, cpp_elements};
use ferroflow_core::{
    Attrs, DType, Grad, IntoOperands, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, TString,
    Tensor, ensure, options,
};

options! {
    /// Optional arguments of [`format_with`].
    pub struct FormatOptions {
        /// What stands for a tensor in the template.
        placeholder: String = "{}".to_string(),
        /// How many elements are shown at the ends of each dimension; all of them if negative.
        summarize: i64 = 3,
    }
}

/// The template with each `{}` replaced by the elements of a tensor.
///
/// Source: `tf.strings.format` (op `StringFormat`).
///
/// ```
/// let text = ferroflow_ops_text::format("x = {}", [[1, 2, 3]])?;
/// assert_eq!(text.numpy()?.to_string(), "b'x = [1 2 3]'");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` unless there is a placeholder for each input.
pub fn format(template: &str, inputs: impl IntoOperands) -> Result<Tensor> {
    format_with(template, inputs, |options| options)
}

/// [`format()`] with another placeholder, or more elements of each tensor.
///
/// # Errors
/// `InvalidArgument` unless there is a placeholder for each input.
pub fn format_with(
    template: &str,
    inputs: impl IntoOperands,
    options: impl FnOnce(FormatOptions) -> FormatOptions,
) -> Result<Tensor> {
    let FormatOptions { placeholder, summarize } = options(FormatOptions::default());
    Op::new(&STRING_FORMAT)
        .inputs(inputs)
        .attr("template", template)
        .attr("placeholder", placeholder)
        .attr("summarize", summarize)
        .one()
}

/// The template cut at its placeholders; an empty placeholder stands between any two bytes.
fn pieces(attrs: &Attrs, inputs: usize) -> Result<Vec<&[u8]>> {
    let (template, placeholder) = (attrs.bytes("template")?, attrs.bytes("placeholder")?);
    let mut pieces = Vec::new();
    if placeholder.is_empty() {
        pieces.extend(template.chunks(1));
    } else {
        let mut rest = template;
        while let Some(at) = rest.windows(placeholder.len()).position(|window| window == placeholder) {
            pieces.push(&rest[..at]);
            rest = &rest[at + placeholder.len()..];
        }
        pieces.push(rest);
    }
    let found = pieces.len().saturating_sub(1);
    ensure!(
        found == inputs,
        invalid_argument,
        "num placeholders in template and num inputs must match: {found} vs. {inputs}"
    );
    Ok(pieces)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    pieces(cx, cx.num_inputs())?;
    cx.set(0, Shape::scalar());
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let most = cx.int("summarize")?;
    let mut pieces = pieces(attrs, cx.num_inputs())?.into_iter();
    let mut text = pieces.next().unwrap_or_default().to_vec();
    for (input, piece) in cx.inputs().iter().zip(pieces) {
        summarize(input, most, &mut text);
        text.extend_from_slice(piece);
    }
    cx.set(0, NdArray::scalar(TString::from(text)))
}

/// The dtypes whose elements TensorFlow lays out by dimension; of others it shows a row.
fn is_laid_out(dtype: DType) -> bool {
    let small = matches!(dtype, DType::QINT8 | DType::QUINT8 | DType::BOOL | DType::STRING);
    small || dtype.is_integer() || dtype.is_floating()
}

fn summarize(array: &NdArray, most: i64, text: &mut Vec<u8>) {
    let limit = usize::try_from(most).map_or(array.len(), |most| most.min(array.len()));
    let dims = array.shape().dims();
    if is_laid_out(array.dtype()) {
        let elements: Vec<Vec<u8>> = match array.as_slice::<TString>() {
            Ok(strings) => {
                strings.iter().map(|one| [b"\"", &*c_escaped(one, true), b"\""].concat()).collect()
            }
            Err(_) => cpp_elements(array, array.len()).into_iter().map(String::into_bytes).collect(),
        };
        return Layout { dims, elements: &elements, ends: limit }.write(0, 0, text);
    }
    let row = cpp_elements(array, limit).join(" ");
    let cut = if limit < array.len() { "..." } else { "" };
    let (open, close) = if dims.is_empty() { ("", "") } else { ("[", "]") };
    text.extend(format!("{open}{row}{cut}{close}").into_bytes());
}

/// How elements stand in rows, with the middle of long dimensions left out.
struct Layout<'a> {
    dims: &'a [usize],
    elements: &'a [Vec<u8>],
    /// How many are shown at either end of a dimension.
    ends: usize,
}

impl Layout<'_> {
    fn write(&self, axis: usize, offset: usize, text: &mut Vec<u8>) {
        let Some(&count) = self.dims.get(axis) else {
            text.extend_from_slice(self.elements.get(offset).map_or(&[][..], Vec::as_slice));
            return;
        };
        let step: usize = self.dims[axis + 1..].iter().product();
        text.push(b'[');
        for index in 0..self.ends.min(count) {
            if index > 0 {
                self.space(axis, text);
            }
            self.write(axis + 1, offset + index * step, text);
        }
        if count > self.ends.saturating_mul(2) {
            self.space(axis, text);
            text.extend_from_slice(b"...");
        }
        for index in self.ends.max(count.saturating_sub(self.ends))..count {
            self.space(axis, text);
            self.write(axis + 1, offset + index * step, text);
        }
        text.push(b']');
    }

    fn space(&self, axis: usize, text: &mut Vec<u8>) {
        match self.dims.len() - axis - 1 {
            0 => text.push(b' '),
            lines => {
                text.resize(text.len() + lines, b'\n');
                text.resize(text.len() + axis + 1, b' ');
            }
        }
    }
}

pub(crate) static STRING_FORMAT: OpDef =
    OpDef { name: "StringFormat", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
