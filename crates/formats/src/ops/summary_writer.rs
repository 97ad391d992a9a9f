//! SummaryWriter, CreateSummaryFileWriter, WriteScalarSummary, WriteSummary, FlushSummaryWriter, CloseSummaryWriter: event
//! files that a graph writes. What else is written into them stands in `write_summaries.rs`.

use crate::EventFileWriter;
use crate::event_file::now;
use ferroflow_core::{
    DType, Error, Grad, HandleData, KernelCtx, NdArray, OpDef, Resource, ResourceHandle, Result, TString,
    bail, ensure, shape_fn,
};
use ferroflow_proto::event::What;
use ferroflow_proto::summary::{Value, value};
use ferroflow_proto::{Event, Message, Summary, SummaryMetadata, TensorProto, shape_proto, tensor_proto};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(super) static SUMMARY_WRITER: OpDef = OpDef {
    name: "SummaryWriter",
    shape: shape_fn::scalar,
    kernel: Some(handle_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(super) static CREATE_SUMMARY_FILE_WRITER: OpDef =
    without_outputs("CreateSummaryFileWriter", create_kernel);
pub(super) static WRITE_SCALAR_SUMMARY: OpDef = without_outputs("WriteScalarSummary", scalar_kernel);
pub(super) static WRITE_SUMMARY: OpDef = without_outputs("WriteSummary", tensor_kernel);
pub(super) static FLUSH_SUMMARY_WRITER: OpDef = without_outputs("FlushSummaryWriter", flush_kernel);
pub(super) static CLOSE_SUMMARY_WRITER: OpDef = without_outputs("CloseSummaryWriter", close_kernel);

pub(super) const fn without_outputs(
    name: &'static str,
    kernel: fn(&mut KernelCtx<'_>) -> Result<()>,
) -> OpDef {
    OpDef { name, shape: shape_fn::no_outputs, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW }
}

/// An event file that handles point to. It is flushed when more events wait than it was made for, or they wait for longer.
pub(super) struct Writer(Mutex<State>);

struct State {
    file: EventFileWriter,
    waiting: usize,
    flushed: Instant,
    most_waiting: usize,
    longest_wait: Duration,
}

impl Resource for Writer {
    fn type_name(&self) -> &'static str {
        "tensorflow::SummaryWriterInterface"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow22SummaryWriterInterfaceE"
    }
    fn debug_string(&self) -> String {
        "SummaryFileWriter".to_string()
    }
}

impl Writer {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, step: i64, value: Value) -> Result<()> {
        self.write_event(step, Some(What::Summary(Summary { value: vec![value] })))
    }

    pub(super) fn write_event(&self, step: i64, what: Option<What>) -> Result<()> {
        let event = Event { wall_time: now().as_secs_f64(), step, what, ..Event::default() };
        let mut state = self.state();
        state.file.write(&event)?;
        state.waiting += 1;
        if state.waiting > state.most_waiting || state.flushed.elapsed() > state.longest_wait {
            state.flush()?;
        }
        Ok(())
    }
}

impl State {
    fn flush(&mut self) -> Result<()> {
        self.waiting = 0;
        self.flushed = Instant::now();
        self.file.flush()
    }
}

fn handle_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (container, shared) = (cx.str("container")?, cx.str("shared_name")?);
    let name = if shared.is_empty() { cx.node() } else { shared }.to_string();
    let container = cx.env().resources.container(container).to_string();
    let type_name = "tensorflow::SummaryWriterInterface".to_string();
    let data = HandleData { container, name, type_name, ..HandleData::default() };
    cx.set(0, NdArray::scalar(ResourceHandle::new(data)))
}

fn handle<'a>(cx: &'a KernelCtx<'_>) -> Result<&'a ResourceHandle> {
    match cx.slice::<ResourceHandle>(0)?.first() {
        Some(handle) => Ok(handle),
        None => bail!(invalid_argument, "Trying to access resource using an empty handle"),
    }
}

pub(super) fn writer(cx: &KernelCtx<'_>) -> Result<Arc<Writer>> {
    handle(cx)?.lookup::<Writer>(&cx.env().resources)
}

/// The text of an input of one element.
fn text(cx: &KernelCtx<'_>, index: usize) -> Result<String> {
    let text = cx.input(index)?.item::<TString>()?;
    text.to_str()
        .map(str::to_string)
        .map_err(|_| Error::invalid_argument("the text of a summary is not UTF-8"))
}

/// Makes the file at once; a handle that has a writer keeps it.
fn create_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    for (index, name) in ["logdir", "max_queue", "flush_millis", "filename_suffix"].into_iter().enumerate() {
        ensure!(cx.input(index + 1)?.rank() == 0, invalid_argument, "{name} must be a scalar");
    }
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (directory, suffix) = (text(cx, 1)?, text(cx, 4)?);
    let (most_waiting, longest_wait) = (cx.int_value(2)?, cx.int_value(3)?);
    let Some(data) = handle(cx)?.data() else {
        bail!(invalid_argument, "Trying to access resource using an empty handle")
    };
    cx.env().resources.get_or_create(&data.container, &data.name, || {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let suffix = format!(".{}.{count}{suffix}", std::process::id());
        let mut file = EventFileWriter::new(directory, &suffix);
        file.open()?.flush()?;
        Ok(Writer(Mutex::new(State {
            file,
            waiting: 0,
            flushed: Instant::now(),
            most_waiting: usize::try_from(most_waiting).unwrap_or(0),
            longest_wait: Duration::from_millis(u64::try_from(longest_wait).unwrap_or(0)),
        })))
    })?;
    Ok(())
}

/// The first of the values, as TensorFlow takes it.
fn scalar_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (writer, step, tag) = (writer(cx)?, cx.input(1)?.item::<i64>()?, text(cx, 2)?);
    let value = cx.input(3)?;
    if value.dtype() == DType::BFLOAT16 {
        bail!(unimplemented, "SummaryFileWriter bfloat16 not supported.")
    }
    let values = value.cast(DType::FLOAT32)?;
    let Some(&first) = values.as_slice::<f32>()?.first() else {
        bail!(invalid_argument, "a scalar summary of no values")
    };
    writer.write(step, Value { tag, value: Some(value::Value::SimpleValue(first)), ..Value::default() })
}

fn tensor_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (writer, step, tag) = (writer(cx)?, cx.input(1)?.item::<i64>()?, text(cx, 3)?);
    let tensor = cx.input(2)?;
    let metadata = cx.input(4)?.item::<TString>()?;
    // What cannot be read is left out, but for the message itself.
    let metadata = (!metadata.as_bytes().is_empty())
        .then(|| SummaryMetadata::decode(metadata.as_bytes()).unwrap_or_default());
    let tensor = match tensor.as_bytes() {
        Some(bytes) => TensorProto {
            dtype: tensor.dtype().number(),
            tensor_shape: Some(shape_proto::from_shape(tensor.shape())),
            tensor_content: bytes.to_vec().into(),
            ..TensorProto::default()
        },
        None => tensor_proto::from_array(tensor)?,
    };
    writer.write(
        step,
        Value { tag, metadata, value: Some(value::Value::Tensor(Box::new(tensor))), ..Value::default() },
    )
}

fn flush_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    writer(cx)?.state().flush()
}

fn close_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    // Without its container, what is removed is not named.
    let writer = writer(cx).map_err(|error| match error.message().split_once(" (Could not find") {
        Some((container, _)) => Error::new(error.code(), container),
        None => error,
    })?;
    if let Some(data) = handle(cx)?.data() {
        cx.env().resources.remove(&data.container, &data.name);
    }
    writer.state().file.close()
}
