//! Print, PrintV2: messages from within a run.

use crate::summary::summarize;
use ferroflow_core::{
    Error, Grad, GradCtx, IntoOperand, IntoOperands, KernelCtx, Op, OpDef, Result, ShapeCtx, TString, Tensor,
    bail, options, shape_fn,
};
use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering};

options! {
    /// Optional arguments of [`print_with`].
    pub struct PrintOptions {
        /// What the line begins with.
        message: String = String::new(),
        /// How many times the node prints; always when negative.
        first_n: i64 = -1,
        /// How many elements of each tensor are shown; all when negative.
        summarize: i64 = 3,
    }
}

/// The tensor itself; when it is computed, a line on standard error shows `data`.
///
/// Source: `tf.compat.v1.Print` (op `Print`).
///
/// # Errors
/// Those of the graph in force.
pub fn print(input: impl IntoOperand, data: impl IntoOperands) -> Result<Tensor> {
    print_with(input, data, |o| o)
}

/// [`print()`] with options.
///
/// # Errors
/// As [`print()`].
pub fn print_with(
    input: impl IntoOperand,
    data: impl IntoOperands,
    options: impl FnOnce(PrintOptions) -> PrintOptions,
) -> Result<Tensor> {
    let PrintOptions { message, first_n, summarize } = options(PrintOptions::default());
    Op::new(&PRINT)
        .input(input)
        .inputs(data)
        .attr("message", message)
        .attr("first_n", first_n)
        .attr("summarize", summarize)
        .one()
}

options! {
    /// Optional arguments of [`print_v2_with`].
    pub struct PrintV2Options {
        /// `stderr`, `stdout`, `log(info)`, `log(warning)`, `log(error)`, or `file://` and a path to add to.
        output_stream: String = "stderr".to_string(),
        /// What follows the text.
        end: String = "\n".to_string(),
    }
}

/// Prints a text on standard error.
///
/// Source: `tf.raw_ops.PrintV2` (op `PrintV2`).
///
/// # Errors
/// `InvalidArgument` when the text is no scalar.
pub fn print_v2(input: impl IntoOperand) -> Result<()> {
    print_v2_with(input, |o| o)
}

/// [`print_v2`] with options.
///
/// # Errors
/// As [`print_v2`], and for an unknown stream.
pub fn print_v2_with(
    input: impl IntoOperand,
    options: impl FnOnce(PrintV2Options) -> PrintV2Options,
) -> Result<()> {
    let PrintV2Options { output_stream, end } = options(PrintV2Options::default());
    Op::new(&PRINT_V2).input(input).attr("output_stream", output_stream).attr("end", end).run()
}

fn print_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let first_n = cx.int("first_n")?;
    let printed = cx.state(|| AtomicI64::new(0))?;
    if first_n < 0 || printed.fetch_add(1, Ordering::Relaxed) < first_n {
        let most = cx.int("summarize")?;
        let mut line = cx.bytes("message")?.to_vec();
        for array in cx.inputs().iter().skip(1) {
            line.extend_from_slice(format!("[{}]", summarize(array, most)).as_bytes());
        }
        line.push(b'\n');
        write_to(&mut std::io::stderr().lock(), &line)?;
    }
    let input = cx.take(0)?;
    cx.set(0, input)
}

fn write_to(stream: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    stream
        .write_all(bytes)
        .and_then(|()| stream.flush())
        .map_err(|error| Error::unknown(format!("cannot print: {error}")))
}

fn print_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, dy)
}

fn print_v2_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if let Some(rank) = cx.input(0).rank().filter(|&rank| rank != 0 && !cx.at_run_time()) {
        bail!(invalid_argument, "input must be a scalar, but has rank: {rank}");
    }
    Ok(())
}

fn print_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = cx.input(0)?;
    if input.rank() != 0 {
        bail!(invalid_argument, "Input is expected to be scalar, but got {}", input.shape());
    }
    let text = input.item::<TString>()?;
    let line = [text.as_bytes(), cx.bytes("end")?].concat();
    let stream = cx.str("output_stream")?;
    if let Some(path) = stream.strip_prefix("file://") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let mut file = file.map_err(|error| Error::unknown(format!("cannot open {path}: {error}")))?;
        return write_to(&mut file, &line);
    }
    match stream {
        "stdout" => write_to(&mut std::io::stdout().lock(), &line),
        "stderr" => write_to(&mut std::io::stderr().lock(), &line),
        "log(info)" | "log(warning)" | "log(error)" => {
            // Log lines begin with the level's letter and always end.
            let level = stream.as_bytes().get(4).map_or(b'I', u8::to_ascii_uppercase);
            write_to(&mut std::io::stderr().lock(), &[&[level, b' '], text.as_bytes(), b"\n"].concat())
        }
        other => bail!(
            invalid_argument,
            "Unknown output stream: {other}, Valid streams are: stdout stderr log(info) log(warning) log(error)"
        ),
    }
}

pub(crate) static PRINT: OpDef = OpDef {
    name: "Print",
    shape: shape_fn::unchanged,
    kernel: Some(print_kernel),
    grad: Grad::Fn(print_grad),
    ..OpDef::NEW
};
pub(crate) static PRINT_V2: OpDef =
    OpDef { name: "PrintV2", shape: print_v2_shape, kernel: Some(print_v2_kernel), ..OpDef::NEW };
