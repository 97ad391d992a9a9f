//! `tf.print`: texts and tensors on a line.

use ferroflow_core::{DType, NdArray, Result, SparseTensor, Tensor, options};
use ferroflow_ops_control::print_v2_with;
use ferroflow_ops_text as text;

/// What [`print()`] shows: a text as it is, or the elements of a tensor.
#[derive(Clone, Debug)]
pub enum Printed {
    /// A text, or the text of a number.
    Text(String),
    /// The elements of a tensor.
    Tensor(Tensor),
    /// The parts of a sparse tensor.
    Sparse(SparseTensor),
}

macro_rules! printed {
    ($($from:ty, $value:ident => $printed:expr;)*) => {
        $(impl From<$from> for Printed {
            fn from($value: $from) -> Printed {
                $printed
            }
        })*
    };
}

printed! {
    &str, value => Printed::Text(value.to_string());
    String, value => Printed::Text(value);
    Tensor, value => Printed::Tensor(value);
    &Tensor, value => Printed::Tensor(value.clone());
    SparseTensor, value => Printed::Sparse(value);
    &SparseTensor, value => Printed::Sparse(value.clone());
    i32, value => Printed::Text(value.to_string());
    i64, value => Printed::Text(value.to_string());
    f64, value => Printed::Text(NdArray::scalar(value).to_string());
    bool, value => Printed::Text(NdArray::scalar(value).to_string());
}

options! {
    /// Optional arguments of [`print_with`].
    pub struct PrintLineOptions {
        /// `stderr`, `stdout`, `log(info)`, `log(warning)`, `log(error)`, or `file://` and a path to add to.
        output_stream: String = "stderr".to_string(),
        /// How many elements at each end of a dimension are shown; all of them for -1.
        summarize: i64 = 3,
        /// What stands between two inputs.
        sep: String = " ".to_string(),
        /// What follows the last.
        end: String = "\n".to_string(),
    }
}

/// Prints the inputs, with spaces between, on standard error.
///
/// In a graph this is a node, which the function that is traced runs.
///
/// Source: `tf.print` (ops `StringFormat`, `PrintV2`).
///
/// ```
/// use ferroflow_ops::composites::print;
/// ferroflow_ops::install();
/// let x = ferroflow_core::constant([1, 2])?;
/// print(&["x:".into(), x.into()])?; // x: [1 2]
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn print(inputs: &[Printed]) -> Result<()> {
    print_with(inputs, |options| options)
}

/// [`print()`] with optional arguments.
///
/// # Errors
/// `InvalidArgument` for a stream that there is not.
pub fn print_with(
    inputs: &[Printed],
    options: impl FnOnce(PrintLineOptions) -> PrintLineOptions,
) -> Result<()> {
    let options = options(PrintLineOptions::default());
    let line = match inputs {
        [Printed::Tensor(line)] if line.dtype() == DType::STRING && line.rank() == Some(0) => line.clone(),
        _ => line(inputs, &options)?,
    };
    print_v2_with(line, |o| o.output_stream(options.output_stream).end(options.end))
}

/// The inputs as one text.
fn line(inputs: &[Printed], options: &PrintLineOptions) -> Result<Tensor> {
    // A placeholder that no text has: TensorFlow adds random digits to its own until that is so.
    let has = |placeholder: &str| {
        inputs.iter().any(|input| matches!(input, Printed::Text(text) if text.contains(placeholder)))
    };
    let mut placeholder = "{}".to_string();
    while has(&placeholder) {
        placeholder.push('}');
    }
    let (mut parts, mut tensors) = (Vec::new(), Vec::new());
    for input in inputs {
        match input {
            Printed::Text(text) => parts.push(text.clone()),
            Printed::Tensor(tensor) => {
                parts.push(placeholder.clone());
                tensors.push(tensor.clone());
            }
            Printed::Sparse(SparseTensor { indices, values, dense_shape }) => {
                // The quotes are TensorFlow's: it formats what stands for the tensor as Python shows a text.
                parts.push(format!(
                    "'SparseTensor(indices={placeholder}, values={placeholder}, shape={placeholder})'"
                ));
                tensors.extend([indices, values, dense_shape].map(Tensor::clone));
            }
        }
    }
    let template = parts.join(&options.sep);
    text::format_with(&template, tensors, |o| o.placeholder(placeholder).summarize(options.summarize))
}
