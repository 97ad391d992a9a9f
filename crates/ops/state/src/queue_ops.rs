//! FIFOQueueV2, QueueEnqueueV2, QueueDequeueManyV2, ... : the ops on queues.

use crate::op_table::ops;
use crate::queue::{Queue, QueueOptions, Row, listed, listed_shapes};
use crate::queue_order::Order;
use crate::target::{handle, handle_dtype, named_resource, two_strings};
use crate::tensor_list::unstacked;
use ferroflow_core::{
    DType, KernelCtx, NdArray, PartialShape, Result, Shape, ShapeCtx, bail, dispatch, ensure, shape_fn,
    zeroed,
};
use std::sync::Arc;

fn queue(cx: &KernelCtx<'_>) -> Result<Arc<Queue>> {
    handle(cx, 0)?.lookup::<Queue>(&cx.env().resources)
}

/// Refuses what an existing queue of this name does not offer.
fn check_same(held: &Queue, op: &str, asked: &QueueOptions) -> Result<()> {
    let (name, held) = (&held.name, &held.options);
    let kind = held.order.queue_name();
    ensure!(kind == asked.order.queue_name(), invalid_argument, "Expected {kind}, found {op}");
    ensure!(
        held.capacity == asked.capacity,
        invalid_argument,
        "Shared queue '{name}' has capacity {} but requested capacity was {}",
        held.capacity,
        asked.capacity
    );
    if let (
        Order::Shuffle { least_left: left, seeds: (a, b) },
        Order::Shuffle { least_left: asked_left, seeds: (c, d) },
    ) = (&held.order, &asked.order)
    {
        ensure!(
            left == asked_left,
            invalid_argument,
            "Shared queue '{name}' has min_after_dequeue {left} but requested min_after_dequeue was {asked_left}."
        );
        ensure!(
            (a, b) == (c, d) || (*c == 0 && *d == 0),
            invalid_argument,
            "Shared queue '{name}' has random seeds ({a}, {b}) but requested seeds are ({c}, {d})."
        );
    }
    ensure!(
        held.dtypes == asked.dtypes,
        invalid_argument,
        "Shared queue '{name}' has component types {} but requested component types were {}",
        listed(&held.dtypes),
        listed(&asked.dtypes)
    );
    ensure!(
        held.shapes == asked.shapes,
        invalid_argument,
        "Shared queue '{name}' has component shapes {} but requested component shapes were {}",
        listed_shapes(&held.shapes),
        listed_shapes(&asked.shapes)
    );
    Ok(())
}

fn create(cx: &mut KernelCtx<'_>, order: Order) -> Result<()> {
    /// What TensorFlow takes no limit for.
    const UNBOUNDED: usize = i32::MAX as usize;
    let mut dtypes = cx.dtypes("component_types")?.to_vec();
    let mut shapes = cx.shapes("shapes")?.to_vec();
    let capacity = match cx.int("capacity")? {
        0 => bail!(invalid_argument, "Queue capacity must not be zero"),
        capacity => usize::try_from(capacity).unwrap_or(UNBOUNDED),
    };
    let shared = cx.str("shared_name")?.to_string();
    let name = if shared.is_empty() { cx.node().to_string() } else { shared };
    if order == Order::Priority {
        // The priority comes first.
        dtypes.insert(0, DType::INT64);
        ensure!(
            !shapes.is_empty() || dtypes.len() == 1,
            invalid_argument,
            "Shared queue '{name}' has component shapes [] but requested component shapes were [[]]"
        );
        shapes.insert(0, PartialShape::scalar());
    }
    ensure!(
        shapes.is_empty() || shapes.len() == dtypes.len(),
        invalid_argument,
        "Different number of component types.  Types: {}, Shapes: {}",
        listed(&dtypes),
        listed_shapes(&shapes)
    );
    if order == Order::Padding {
        ensure!(
            shapes.len() == dtypes.len(),
            invalid_argument,
            "Shapes must be provided for all components, but received {} dtypes and {} shapes.",
            dtypes.len(),
            shapes.len()
        );
        if let Some(unknown) = shapes.iter().find(|shape| shape.rank().is_none()) {
            bail!(invalid_argument, "shape {} must have known rank.", unknown.cpp());
        }
    }
    let options = QueueOptions { dtypes, shapes, capacity, order };
    let held = named_resource(cx, |name| Ok(Queue::new(name.to_string(), options.clone())))?;
    check_same(&held, cx.op().name, &options)
}

fn shuffle_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (least, capacity) = (cx.int("min_after_dequeue")?, cx.int("capacity")?);
    let Ok(least_left) = usize::try_from(least) else {
        bail!(invalid_argument, "min_after_dequeue {least} must be >= 0");
    };
    ensure!(
        capacity < 0 || least < capacity,
        invalid_argument,
        "min_after_dequeue {least} must be < capacity {capacity}"
    );
    let seeds = (cx.int("seed")?, cx.int("seed2")?);
    create(cx, Order::Shuffle { least_left, seeds })
}

fn check_timeout(cx: &KernelCtx<'_>) -> Result<()> {
    ensure!(cx.int("timeout_ms")? == -1, invalid_argument, "Timeout not supported yet.");
    Ok(())
}

/// Refuses an op whose inputs or outputs are not the components of the queue.
fn check_types(cx: &KernelCtx<'_>, queue: &Queue, have: &[DType], inputs: bool) -> Result<()> {
    let handle = handle_dtype(cx);
    let shown = |dtypes: &[DType]| {
        if inputs {
            format!("{handle}, {}->", listed(dtypes))
        } else {
            format!("{handle}->{}", listed(dtypes))
        }
    };
    ensure!(
        have == queue.options.dtypes,
        invalid_argument,
        "Signature mismatch, have: {} expected: {}",
        shown(have),
        shown(&queue.options.dtypes)
    );
    Ok(())
}

/// The components an op puts in.
fn components(cx: &KernelCtx<'_>, queue: &Queue) -> Result<Row> {
    let row: Row = cx.inputs().get(1..).unwrap_or_default().to_vec();
    let dtypes: Vec<DType> = row.iter().map(NdArray::dtype).collect();
    check_types(cx, queue, &dtypes, true)?;
    check_timeout(cx)?;
    Ok(row)
}

fn enqueue_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let queue = queue(cx)?;
    let row = components(cx, &queue)?;
    for (component, value) in row.iter().enumerate() {
        queue.check_shape(component, value.shape(), None)?;
    }
    queue.enqueue(vec![row], cx.env())
}

fn enqueue_many_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let queue = queue(cx)?;
    let components = components(cx, &queue)?;
    let count = components.first().and_then(|first| first.shape().dims().first().copied()).unwrap_or(0);
    for (component, value) in components.iter().enumerate() {
        queue.check_shape(component, value.shape(), Some(count))?;
    }
    let mut rows: Vec<Row> = vec![Vec::with_capacity(components.len()); count];
    for component in &components {
        for (row, value) in rows.iter_mut().zip(unstacked(component)?) {
            row.extend(value);
        }
    }
    queue.enqueue(rows, cx.env())
}

fn dequeue_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let queue = queue(cx)?;
    check_types(cx, &queue, cx.dtypes("component_types")?, false)?;
    check_timeout(cx)?;
    for (index, value) in queue.dequeue(cx.env())?.into_iter().enumerate() {
        cx.set(index, value)?;
    }
    Ok(())
}

fn dequeue_many(cx: &mut KernelCtx<'_>, fewer_do: bool) -> Result<()> {
    let queue = queue(cx)?;
    let what = if fewer_do { "DequeueUpToOp" } else { "DequeueManyOp" };
    let asked = cx.int_value(1)?;
    let Ok(count) = usize::try_from(asked) else {
        bail!(invalid_argument, "{what} requested {asked} < 0 elements");
    };
    check_types(cx, &queue, cx.dtypes("component_types")?, false)?;
    check_timeout(cx)?;
    let options = &queue.options;
    ensure!(
        options.shapes.len() == options.dtypes.len(),
        invalid_argument,
        "{}'s DequeueMany and DequeueUpTo require the components to have specified shapes.",
        options.order.queue_name()
    );
    let rows = queue.dequeue_many(count, fewer_do, cx.env())?;
    for (component, (&dtype, shape)) in options.dtypes.iter().zip(&options.shapes).enumerate() {
        let values: Vec<&NdArray> = rows.iter().filter_map(|row| row.get(component)).collect();
        let stacked = stacked(&values, dtype, shape)?;
        cx.set(component, stacked)?;
    }
    Ok(())
}

/// Values stacked along a new axis; where the shape leaves a size open, all are padded to the largest.
pub(crate) fn stacked(values: &[&NdArray], dtype: DType, shape: &PartialShape) -> Result<NdArray> {
    let mut sizes: Vec<usize> = Vec::new();
    for (axis, dim) in shape.dims().unwrap_or_default().iter().enumerate() {
        let largest = values.iter().map(|value| value.shape().dims()[axis]).max();
        sizes.push(dim.or(largest).unwrap_or(0));
    }
    let whole = Shape::new(&[&[values.len()], sizes.as_slice()].concat())?;
    let element = Shape::new(&sizes)?;
    let (width, strides) = (element.num_elements(), element.strides());
    dispatch!(dtype, ALL, |T| {
        let mut elements = zeroed::<T>(whole.num_elements())?;
        for (row, value) in values.iter().enumerate() {
            let (from, to) = (value.as_slice::<T>()?, &mut elements[row * width..(row + 1) * width]);
            if *value.shape() == element {
                to.clone_from_slice(from);
                continue;
            }
            let line = value.shape().dims().last().copied().unwrap_or(1).max(1);
            let outer = value.shape().dims().split_last().map_or(&[][..], |(_, outer)| outer);
            for (number, part) in from.chunks(line).enumerate() {
                let (mut rest, mut at) = (number, 0);
                for (axis, &size) in outer.iter().enumerate().rev() {
                    at += (rest % size) * strides[axis];
                    rest /= size;
                }
                to[at..at + line].clone_from_slice(part);
            }
        }
        NdArray::from_shape(whole, elements)
    })
}

/// The handle of a queue as the first versions of other ops take it.
fn fake_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let handle = cx.take(0)?;
    cx.set(0, handle)
}

fn size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = queue(cx)?.size() as i32;
    cx.set(0, NdArray::scalar(size))
}

fn is_closed_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let closed = queue(cx)?.is_closed();
    cx.set(0, NdArray::scalar(closed))
}

fn close_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    queue(cx)?.close(cx.bool("cancel_pending_enqueues")?)
}

fn many_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if let (false, Some(count)) = (cx.at_run_time(), cx.int_value(1)?) {
        ensure!(count >= 0, invalid_argument, "Input 'n' must be >= 0, but is {count}");
    }
    nothing_known(cx)
}

fn nothing_known(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set_all_unknown();
    Ok(())
}

ops! {
    FIFO_QUEUE_V2 "FIFOQueueV2" shape_fn::scalar, |cx| create(cx, Order::Fifo);
    PADDING_FIFO_QUEUE_V2 "PaddingFIFOQueueV2"
        shape_fn::scalar, |cx| create(cx, Order::Padding);
    PRIORITY_QUEUE_V2 "PriorityQueueV2"
        shape_fn::scalar, |cx| create(cx, Order::Priority);
    RANDOM_SHUFFLE_QUEUE_V2 "RandomShuffleQueueV2"
        shape_fn::scalar, shuffle_kernel;
    QUEUE_ENQUEUE_V2 "QueueEnqueueV2" shape_fn::no_outputs, enqueue_kernel;
    QUEUE_ENQUEUE_MANY_V2 "QueueEnqueueManyV2"
        shape_fn::no_outputs, enqueue_many_kernel;
    QUEUE_DEQUEUE_V2 "QueueDequeueV2" nothing_known, dequeue_kernel;
    QUEUE_DEQUEUE_MANY_V2 "QueueDequeueManyV2"
        many_shape, |cx| dequeue_many(cx, false);
    QUEUE_DEQUEUE_UP_TO_V2 "QueueDequeueUpToV2"
        many_shape, |cx| dequeue_many(cx, true);
    QUEUE_SIZE_V2 "QueueSizeV2" shape_fn::scalar, size_kernel;
    QUEUE_IS_CLOSED_V2 "QueueIsClosedV2" shape_fn::scalar, is_closed_kernel;
    QUEUE_CLOSE_V2 "QueueCloseV2" shape_fn::no_outputs, close_kernel;
    FAKE_QUEUE "FakeQueue" two_strings, fake_kernel;
    FIFO_QUEUE "FIFOQueue" two_strings, |cx| create(cx, Order::Fifo);
    PADDING_FIFO_QUEUE "PaddingFIFOQueue" two_strings, |cx| create(cx, Order::Padding);
    PRIORITY_QUEUE "PriorityQueue" two_strings, |cx| create(cx, Order::Priority);
    RANDOM_SHUFFLE_QUEUE "RandomShuffleQueue" two_strings, shuffle_kernel;
    QUEUE_ENQUEUE "QueueEnqueue" shape_fn::no_outputs, enqueue_kernel;
    QUEUE_ENQUEUE_MANY "QueueEnqueueMany" shape_fn::no_outputs, enqueue_many_kernel;
    QUEUE_DEQUEUE "QueueDequeue" nothing_known, dequeue_kernel;
    QUEUE_DEQUEUE_MANY "QueueDequeueMany" nothing_known, |cx| dequeue_many(cx, false);
    QUEUE_DEQUEUE_UP_TO "QueueDequeueUpTo" nothing_known, |cx| dequeue_many(cx, true);
    QUEUE_SIZE "QueueSize" shape_fn::scalar, size_kernel;
    QUEUE_IS_CLOSED "QueueIsClosed" shape_fn::scalar, is_closed_kernel;
    QUEUE_CLOSE "QueueClose" shape_fn::no_outputs, close_kernel;
}
