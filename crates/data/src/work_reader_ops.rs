//! TextLineReaderV2, ReaderReadV2, ReaderResetV2, ... : the ops on v1's readers, which take their work from a queue.

use crate::work_readers::{Kind, Record, WorkReader};
use ferroflow_core::{
    AttrValue, Attrs, DType, Grad, HandleData, KernelCtx, NdArray, OpDef, ResourceHandle, Result, ShapeCtx,
    TString, bail, ensure, registry, run_op, shape_fn,
};
use ferroflow_formats::Compression;
use std::sync::Arc;

fn handle<'a>(cx: &'a KernelCtx<'_>) -> Result<&'a ResourceHandle> {
    match cx.slice::<ResourceHandle>(0)?.first() {
        Some(handle) => Ok(handle),
        None => bail!(invalid_argument, "Trying to access resource using an empty handle"),
    }
}

fn reader(cx: &KernelCtx<'_>) -> Result<Arc<WorkReader>> {
    handle(cx)?.lookup::<WorkReader>(&cx.env().resources)
}

fn create(cx: &mut KernelCtx<'_>, kind: Kind) -> Result<()> {
    let (container, shared) = (cx.str("container")?, cx.str("shared_name")?);
    let name = if shared.is_empty() { cx.node() } else { shared }.to_string();
    let container = cx.env().resources.container(container).to_string();
    let make = || Ok(WorkReader::new(kind, &name));
    cx.env().resources.get_or_create(&container, &name, make)?;
    let data = HandleData { container, name, ..HandleData::default() };
    cx.set(0, NdArray::scalar(ResourceHandle::new(data)))
}

/// A number of bytes or lines among the attributes.
fn count(cx: &KernelCtx<'_>, name: &str) -> Result<usize> {
    let asked = cx.int(name)?;
    // What is added up with others later must not overflow.
    match u32::try_from(asked) {
        Ok(count) => Ok(count as usize),
        Err(_) if asked > 0 => bail!(invalid_argument, "{name} must be < 4294967296, not {asked}"),
        Err(_) => bail!(invalid_argument, "{name} must be >= 0 not {asked}"),
    }
}

/// The compression of this name; others stand for none, as in TensorFlow.
fn compression(cx: &KernelCtx<'_>, name: &str) -> Compression {
    cx.str(name).ok().and_then(|name| name.parse().ok()).unwrap_or(Compression::None)
}

fn text_line_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let skipped = count(cx, "skip_header_lines")?;
    create(cx, Kind::TextLine { skipped })
}

fn tf_record_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let compression = compression(cx, "compression_type");
    create(cx, Kind::TfRecord { compression })
}

fn fixed_length_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let header = count(cx, "header_bytes")?;
    let record = count(cx, "record_bytes")?;
    let footer = count(cx, "footer_bytes")?;
    let hop = count(cx, "hop_bytes")?;
    // The first version of the op knows no encodings.
    let compression = compression(cx, "encoding");
    create(cx, Kind::FixedLength { header, record, footer, hop, compression })
}

/// The next piece of work in the queue at input 1.
fn next_work(cx: &KernelCtx<'_>) -> Result<Vec<u8>> {
    let queue = cx.input(1)?;
    let op = if cx.op().name.ends_with("V2") { "QueueDequeueV2" } else { "QueueDequeue" };
    let Some(dequeue) = registry::lookup(op) else { bail!(unimplemented, "unsupported op: {op}") };
    let attrs =
        Attrs::new().with("component_types", AttrValue::Types(vec![DType::STRING])).with("timeout_ms", -1i64);
    let taken = run_op(dequeue, &attrs, op, &mut [queue.clone()], cx.env(), None)?;
    match taken.first().map(NdArray::as_slice::<TString>).transpose()? {
        Some([work]) => Ok(work.to_vec()),
        _ => bail!(invalid_argument, "Expected to dequeue a one-element string tensor"),
    }
}

fn texts(records: Vec<Record>) -> (Vec<TString>, Vec<TString>) {
    records.into_iter().map(|(key, value)| (TString::from(key), TString::from(value))).unzip()
}

fn read_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let records = reader(cx)?.read(1, &mut || next_work(cx))?;
    let Some((key, value)) = records.into_iter().next() else { bail!(internal, "a reader gave no record") };
    cx.set(0, NdArray::scalar(TString::from(key)))?;
    cx.set(1, NdArray::scalar(TString::from(value)))
}

fn read_up_to_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let asked = cx.int_value(2)?;
    let Ok(most) = usize::try_from(asked) else {
        bail!(invalid_argument, "num_records must be >= 0, not {asked}");
    };
    let (keys, values) = texts(reader(cx)?.read(most, &mut || next_work(cx))?);
    cx.set(0, NdArray::vector(keys))?;
    cx.set(1, NdArray::vector(values))
}

fn read_up_to_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.with_rank(2, 0)?;
    cx.set(0, [None]);
    cx.set(1, [None]);
    Ok(())
}

fn produced_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (produced, _) = reader(cx)?.counts();
    cx.set(0, NdArray::scalar(produced))
}

fn completed_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (_, finished) = reader(cx)?.counts();
    cx.set(0, NdArray::scalar(finished))
}

fn serialize_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let state = reader(cx)?.serialized()?;
    cx.set(0, NdArray::scalar(TString::from(state)))
}

fn restore_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.with_rank(1, 0)?;
    Ok(())
}

fn restore_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let state = cx.input(1)?;
    ensure!(
        state.rank() == 0,
        invalid_argument,
        "Reader state must be scalar, but had shape: {}",
        state.shape()
    );
    match state.as_slice::<TString>()? {
        [state] => reader(cx)?.restore(state),
        _ => bail!(internal, "a scalar has one element"),
    }
}

fn reset_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    reader(cx)?.reset();
    Ok(())
}

/// The first versions of the ops give a reference to two strings.
fn two_strings(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, [2]);
    Ok(())
}

/// A row for each op: the first version's constant and name, the second's, the shape, the kernel.
macro_rules! reader_ops {
    ($($one:ident $name:literal $shape:expr, $two:ident $name_v2:literal $shape_v2:expr, $kernel:expr;)*) => {
        $(reader_ops! { @op $one $name $shape, $kernel }
        reader_ops! { @op $two $name_v2 $shape_v2, $kernel })*
        /// The ops of readers.
        pub static OPS: &[&OpDef] = &[$(&$one, &$two),*];
    };
    (@op $constant:ident $name:literal $shape:expr, $kernel:expr) => {
        static $constant: OpDef =
            OpDef { name: $name, shape: $shape, kernel: Some($kernel), grad: Grad::None, ..OpDef::NEW };
    };
}

reader_ops! {
    IDENTITY "IdentityReader" two_strings,
        IDENTITY_V2 "IdentityReaderV2" shape_fn::scalar, |cx| create(cx, Kind::Identity);
    WHOLE_FILE "WholeFileReader" two_strings,
        WHOLE_FILE_V2 "WholeFileReaderV2" shape_fn::scalar, |cx| create(cx, Kind::WholeFile);
    TEXT_LINE "TextLineReader" two_strings, TEXT_LINE_V2 "TextLineReaderV2" shape_fn::scalar, text_line_kernel;
    TF_RECORD "TFRecordReader" two_strings, TF_RECORD_V2 "TFRecordReaderV2" shape_fn::scalar, tf_record_kernel;
    FIXED_LENGTH "FixedLengthRecordReader" two_strings,
        FIXED_LENGTH_V2 "FixedLengthRecordReaderV2" shape_fn::scalar, fixed_length_kernel;
    READ "ReaderRead" shape_fn::scalar, READ_V2 "ReaderReadV2" shape_fn::scalar, read_kernel;
    READ_UP_TO "ReaderReadUpTo" read_up_to_shape,
        READ_UP_TO_V2 "ReaderReadUpToV2" read_up_to_shape, read_up_to_kernel;
    PRODUCED "ReaderNumRecordsProduced" shape_fn::scalar,
        PRODUCED_V2 "ReaderNumRecordsProducedV2" shape_fn::scalar, produced_kernel;
    COMPLETED "ReaderNumWorkUnitsCompleted" shape_fn::scalar,
        COMPLETED_V2 "ReaderNumWorkUnitsCompletedV2" shape_fn::scalar, completed_kernel;
    SERIALIZE "ReaderSerializeState" shape_fn::scalar,
        SERIALIZE_V2 "ReaderSerializeStateV2" shape_fn::scalar, serialize_kernel;
    RESTORE "ReaderRestoreState" restore_shape, RESTORE_V2 "ReaderRestoreStateV2" restore_shape, restore_kernel;
    RESET "ReaderReset" shape_fn::no_outputs, RESET_V2 "ReaderResetV2" shape_fn::no_outputs, reset_kernel;
}
