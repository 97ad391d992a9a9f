//! Barrier, BarrierInsertMany, BarrierTakeMany, ... : the ops on barriers.

use crate::barrier::Barrier;
use crate::op_table::ops;
use crate::queue::{Row, listed, listed_shapes};
use crate::queue_ops::stacked;
use crate::target::{handle, named_resource, two_strings};
use crate::tensor_list::unstacked;
use ferroflow_core::{
    DType, Grad, KernelCtx, NdArray, PartialShape, Result, Shape, ShapeCtx, TString, bail, ensure, shape_fn,
};
use std::sync::Arc;

fn barrier(cx: &KernelCtx<'_>) -> Result<Arc<Barrier>> {
    handle(cx, 0)?.lookup::<Barrier>(&cx.env().resources)
}

fn create_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (dtypes, shapes) = (cx.dtypes("component_types")?.to_vec(), cx.shapes("shapes")?.to_vec());
    ensure!(shapes.len() == dtypes.len(), invalid_argument, "All of the component shapes must be specified");
    if let Some(open) = shapes.iter().find(|shape| !shape.is_fully_defined()) {
        bail!(invalid_argument, "Shape {} is not fully defined", open.cpp());
    }
    ensure!(
        cx.int("capacity")? == -1,
        invalid_argument,
        "Barrier only accepts capacity=-1.  Feed the inputs to your Barrier through a queue to enforce a limited capacity."
    );
    let make = |name: &str| Ok(Barrier::new(name.to_string(), dtypes.clone(), shapes.clone()));
    let held = named_resource(cx, make)?;
    ensure!(
        held.dtypes == dtypes,
        invalid_argument,
        "Shared barrier '{}' has component types {} but requested component types were {}",
        held.name,
        listed(&held.dtypes),
        listed(&dtypes)
    );
    ensure!(
        held.shapes == shapes,
        invalid_argument,
        "Shared barrier '{}' has component shapes {} but requested component shapes were {}",
        held.name,
        listed_shapes(&held.shapes),
        listed_shapes(&shapes)
    );
    Ok(())
}

fn insert_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let keys = cx.with_rank(1, 1)?;
        let values = cx.with_rank_at_least(2, 1)?;
        cx.merge(&keys, &PartialShape::new([values.dim(0)]))?;
    }
    Ok(())
}

fn insert_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let barrier = barrier(cx)?;
    let (asked, width) = (cx.int("component_index")?, barrier.dtypes.len());
    let component = usize::try_from(asked).ok().filter(|component| *component < width);
    let Some(component) = component else {
        bail!(invalid_argument, "The component ID is out of range {asked} > num_components (= {width})");
    };
    let (keys, values) = (cx.slice::<TString>(1)?, cx.input(2)?);
    let signature = |dtype: DType| format!("string_ref, string, {}->", dtype.cpp_name());
    ensure!(
        values.dtype() == barrier.dtypes[component],
        invalid_argument,
        "Signature mismatch, have: {} expected: {}",
        signature(values.dtype()),
        signature(barrier.dtypes[component])
    );
    ensure!(
        keys.is_empty() || !values.is_empty(),
        invalid_argument,
        "Tensors with no elements are not supported {}: received shape {}",
        barrier.name,
        values.shape()
    );
    let parts = match values.rank() {
        0 => vec![values.clone()],
        _ => unstacked(values)?.into_iter().flatten().collect(),
    };
    ensure!(
        parts.len() == keys.len(),
        invalid_argument,
        "Expected a value for each of {} keys, got {}",
        keys.len(),
        parts.len()
    );
    barrier.insert(component, keys, parts)
}

fn take_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let barrier = barrier(cx)?;
    let asked = cx.dtypes("component_types")?;
    let signature = |dtypes: &[DType]| format!("string_ref, int32->int64, string, {}", listed(dtypes));
    ensure!(
        *asked == *barrier.dtypes,
        invalid_argument,
        "Signature mismatch, have: {} expected: {}",
        signature(asked),
        signature(&barrier.dtypes)
    );
    ensure!(cx.input(1)?.rank() == 0, invalid_argument, "num_elements must be a scalar.");
    ensure!(cx.int("timeout_ms")? == -1, invalid_argument, "Timeout not supported yet.");
    let count = cx.int_value(1)?;
    let Ok(count) = usize::try_from(count) else {
        bail!(invalid_argument, "BarrierTakeMany requested {count} < 0 elements");
    };
    let rows = barrier.take(count, cx.bool("allow_small_batch")?, cx.env())?;
    let component = |at: usize, dtype: DType, shape: Shape| {
        let values: Vec<&NdArray> = rows.iter().filter_map(|row: &Row| row.get(at)).collect();
        stacked(&values, dtype, &PartialShape::from(&shape))
    };
    cx.set(0, component(0, DType::INT64, Shape::scalar())?)?;
    cx.set(1, component(1, DType::STRING, Shape::scalar())?)?;
    for (at, &dtype) in barrier.dtypes.iter().enumerate() {
        cx.set(2 + at, component(2 + at, dtype, barrier.element_shape(at))?)?;
    }
    Ok(())
}

fn close_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    barrier(cx)?.close(cx.bool("cancel_pending_enqueues")?)
}

fn ready_size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (ready, _) = barrier(cx)?.sizes();
    cx.set(0, NdArray::scalar(ready as i32))
}

fn incomplete_size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (_, incomplete) = barrier(cx)?.sizes();
    cx.set(0, NdArray::scalar(incomplete as i32))
}

fn take_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    shape_fn::unknown(cx)
}

ops! {
    grad: Grad::Missing;
    BARRIER "Barrier" two_strings, create_kernel;
    BARRIER_INSERT_MANY "BarrierInsertMany" insert_shape, insert_kernel;
    BARRIER_TAKE_MANY "BarrierTakeMany" take_shape, take_kernel;
    BARRIER_CLOSE "BarrierClose" shape_fn::no_outputs, close_kernel;
    BARRIER_READY_SIZE "BarrierReadySize" shape_fn::scalar, ready_size_kernel;
    BARRIER_INCOMPLETE_SIZE "BarrierIncompleteSize" shape_fn::scalar, incomplete_size_kernel;
}
