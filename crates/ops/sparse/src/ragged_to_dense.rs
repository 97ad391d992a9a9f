//! RaggedTensorToTensor: rows of different lengths, filled up or cut off to one length.

use ferroflow_core::{
    AttrValue, Attrs, BroadcastPlan, Dim, Element, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef,
    PartialShape, Result, Shape, ShapeCtx, Tensor, bail, dispatch, ensure, reserve, sum_to_shape_of,
};

/// How a tensor says which values belong to which row.
#[derive(Clone, Copy, PartialEq)]
enum Partition {
    /// A number: how many rows there are. The row of each value follows.
    FirstDimSize,
    /// The row of each value.
    ValueRowIds,
    /// Where each row begins, and where the last one ends.
    RowSplits,
}

/// The partitions that the op's attribute names.
///
/// `unsupported` begins the message about a kind that TensorFlow names and does not handle: the shape function and the
/// kernel word it differently.
fn partitions(attrs: &Attrs, unsupported: &str) -> Result<Vec<Partition>> {
    attrs
        .strs("row_partition_types")?
        .into_iter()
        .map(|name| match name {
            "FIRST_DIM_SIZE" => Ok(Partition::FirstDimSize),
            "VALUE_ROWIDS" => Ok(Partition::ValueRowIds),
            "ROW_SPLITS" => Ok(Partition::RowSplits),
            "ROW_LENGTHS" | "ROW_LIMITS" | "ROW_STARTS" => bail!(invalid_argument, "{unsupported} {name}"),
            _ => bail!(invalid_argument, "Unknown string for partition info type: {name}"),
        })
        .collect()
}

/// How many dimensions the partitions stand for, in front of those of the values: the size of the first dimension goes
/// with the partition behind it.
fn ragged_rank(partitions: &[Partition]) -> usize {
    partitions.len() - usize::from(partitions.first() == Some(&Partition::FirstDimSize))
}

/// The result's shape as far as it is known: the requested one, with the values' inner sizes.
fn combined_shape(ragged_rank: usize, asked: &PartialShape, values: &PartialShape) -> Result<PartialShape> {
    let Some(rank) = values.rank() else {
        return Ok(asked.clone());
    };
    let full_rank = ragged_rank + rank;
    let Some(dims) = asked.dims() else {
        return Ok(PartialShape::of_rank(ragged_rank + 1).concatenate(&values.slice(1..rank)));
    };
    ensure!(
        dims.len() == full_rank,
        invalid_argument,
        "rt_input.shape and shape={} are incompatible: rt_input.rank = {full_rank} but shape.rank = {}",
        asked.cpp(),
        dims.len()
    );
    let mut combined: Vec<Dim> = dims.to_vec();
    for axis in 1..rank {
        let (own, place) = (values.dim(axis), axis + ragged_rank);
        if let (Some(own), Some(asked_size)) = (own, dims[place]) {
            ensure!(
                own == asked_size,
                invalid_argument,
                "rt_input.shape and shape={} are incompatible: rt_input.shape[{place}] = {own} but shape[{place}] = \
                 {asked_size}",
                asked.cpp()
            );
        }
        combined[place] = own.or(combined[place]);
    }
    Ok(PartialShape::new(combined))
}

/// Refuses a default that is no element, or part of one, of the values.
fn check_default(default: &PartialShape, values: &PartialShape) -> Result<()> {
    let (Some(default_rank), Some(rank)) = (default.rank(), values.rank()) else {
        return Ok(());
    };
    let beginning = || {
        format!(
            "default_value.shape={} and rt_input.flat_values.shape={} are incompatible: default_value",
            default.cpp(),
            values.cpp()
        )
    };
    ensure!(
        default_rank < rank,
        invalid_argument,
        "{}.rank = {default_rank}  must be less than rt_input.flat_values.rank = {rank}",
        beginning()
    );
    for back in 1..=default_rank {
        if let (Some(own), Some(size)) = (default.dim(default_rank - back), values.dim(rank - back)) {
            ensure!(
                own == 1 || own == size,
                invalid_argument,
                "{}.shape[-{back}] = {own} but rt_input.flat_values.shape[-{back}] = {size}",
                beginning()
            );
        }
    }
    Ok(())
}

/// The requested shape; a scalar has to be -1, and says nothing. (Where its value is not known yet, TensorFlow refuses it;
/// here the kernel looks at it.)
fn asked_shape(cx: &ShapeCtx<'_>) -> Result<PartialShape> {
    let own = cx.input(0);
    if let Some(rank) = own.rank() {
        ensure!(rank <= 1, invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
        if rank == 0 {
            if let Some(value) = cx.int_value(0)?.filter(|value| *value != -1) {
                bail!(
                    invalid_argument,
                    "Received an invalid shape scalar with a static value that is not '-1': Tensor<type: {} shape: [] \
                     values: {value}>",
                    cx.dtype("Tshape")?.name()
                );
            }
            return Ok(PartialShape::unknown());
        }
    }
    cx.input_as_shape(0)
}

fn dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let asked = asked_shape(cx)?;
    let partitions = partitions(cx, "Unsupported partition type:")?;
    let tensors = cx.arg(3)?;
    ensure!(!partitions.is_empty(), invalid_argument, "Partition info types should not be empty");
    ensure!(
        tensors.len() == partitions.len(),
        invalid_argument,
        "Number of row partition tensors ({}) does not equal the number of row partition types({}).",
        tensors.len(),
        partitions.len()
    );
    for (place, (&partition, input)) in partitions.iter().zip(tensors).enumerate() {
        let rank = cx.input(input).rank();
        match partition {
            Partition::FirstDimSize => {
                ensure!(place == 0, invalid_argument, "FIRST_DIM_SIZE must be first");
                ensure!(
                    partitions.get(1) == Some(&Partition::ValueRowIds),
                    invalid_argument,
                    "FIRST_DIM_SIZE must be followed by VALUE_ROWIDS"
                );
                ensure!(
                    rank.is_none_or(|rank| rank == 0),
                    invalid_argument,
                    "FIRST_DIM_SIZE must be a scalar."
                );
            }
            Partition::ValueRowIds | Partition::RowSplits => {
                ensure!(
                    place > 0 || partition != Partition::ValueRowIds,
                    invalid_argument,
                    "VALUE_ROWIDS cannot be first"
                );
                ensure!(
                    rank.is_none_or(|rank| rank == 1),
                    invalid_argument,
                    "Row partition must be a vector."
                );
            }
        }
    }
    let (values, default) = (cx.input(1), cx.input(2));
    check_default(&default, &values)?;
    let ragged_rank = ragged_rank(&partitions);
    // TensorFlow looks at the rank before it knows the sizes, and shows it so.
    let of_rank = asked.rank().map_or(PartialShape::unknown(), PartialShape::of_rank);
    combined_shape(ragged_rank, &of_rank, &values)?;
    let shape = combined_shape(ragged_rank, &asked, &values)?;
    cx.set(0, shape);
    Ok(())
}

/// The length of the longest row.
fn widest(partition: Partition, numbers: &[i64]) -> i64 {
    match partition {
        Partition::RowSplits => {
            numbers.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap_or(0).max(0)
        }
        _ => numbers.chunk_by(|a, b| a == b).map(|run| run.len() as i64).max().unwrap_or(0),
    }
}

/// Where something goes in the result, counted in elements of the values; nowhere where it is cut off.
type Place = Option<usize>;

/// Where the members of rows go: each row begins at its own place, and has room for `room` members, `stride` apart.
fn places_of_members(
    partition: Partition,
    numbers: &[i64],
    rows: &[Place],
    room: usize,
    stride: usize,
) -> Result<Vec<Place>> {
    let member = |row: Place, column: usize| match row {
        Some(start) if column < room => Some(start + column * stride),
        _ => None,
    };
    let mut places = reserve(numbers.len())?;
    if partition == Partition::RowSplits {
        let count = numbers.len().saturating_sub(1);
        ensure!(
            count <= rows.len(),
            invalid_argument,
            "Row partition size is greater than output size: {count} > {}",
            rows.len()
        );
        let end = numbers.last().copied().unwrap_or(0);
        for (pair, &row) in numbers.windows(2).zip(rows) {
            let length = pair[1].saturating_sub(pair[0]);
            // More members than the last split says cannot be right; they are not written down first.
            ensure!(
                (places.len() as i64).saturating_add(length) <= end,
                invalid_argument,
                "Invalid row split size."
            );
            places.extend((0..length.max(0) as usize).map(|column| member(row, column)));
        }
        ensure!(
            places.len() as i64 == end || numbers.is_empty(),
            invalid_argument,
            "Invalid row split size."
        );
        return Ok(places);
    }
    for (turn, run) in numbers.chunk_by(|a, b| a == b).enumerate() {
        let which = if turn == 0 { "current" } else { "next" };
        let Some(&row) = usize::try_from(run[0]).ok().and_then(|id| rows.get(id)) else {
            bail!(
                invalid_argument,
                "Got {which}_value_rowid={} which is not less than {}",
                run[0],
                rows.len()
            );
        };
        places.extend((0..run.len()).map(|column| member(row, column)));
    }
    Ok(places)
}

fn dense_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (asked, values, default) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    let partitions = partitions(cx, "Cannot handle type")?;
    let mut numbers = Vec::new();
    for input in cx.arg(3)? {
        numbers.push(cx.ints(input)?);
    }
    let (Some(&first), Some(first_numbers)) = (partitions.first(), numbers.first()) else {
        bail!(invalid_argument, "No row_partition_types given.");
    };
    ensure!(
        numbers.len() >= partitions.len(),
        invalid_argument,
        "Number of row partition tensors ({}) does not equal the number of row partition types({}).",
        numbers.len(),
        partitions.len()
    );
    ensure!(
        !first_numbers.is_empty(),
        invalid_argument,
        "Invalid first partition input. Tensor requires at least one element."
    );
    let rows = match first {
        Partition::FirstDimSize => first_numbers[0],
        Partition::RowSplits => first_numbers.len() as i64 - 1,
        Partition::ValueRowIds => bail!(invalid_argument, "Cannot handle VALUE_ROWIDS in first dimension."),
    };
    let levels: Vec<(Partition, &[i64])> = partitions
        .iter()
        .zip(&numbers)
        .skip(usize::from(first == Partition::FirstDimSize))
        .map(|(&partition, numbers)| (partition, numbers.as_slice()))
        .collect();
    ensure!(
        levels.iter().all(|(partition, _)| *partition != Partition::FirstDimSize),
        invalid_argument,
        "Cannot handle partition type FIRST_DIM_SIZE"
    );

    let value_shape = PartialShape::from(values.shape());
    check_default(&PartialShape::from(default.shape()), &value_shape)?;
    let asked = requested(asked)?;
    let known = combined_shape(levels.len(), &asked, &value_shape)?;
    let mut sizes = reserve(known.rank().unwrap_or(0))?;
    for (axis, dim) in known.dims().unwrap_or_default().iter().enumerate() {
        sizes.push(match dim {
            Some(size) => *size as i64,
            None if axis == 0 => rows,
            None => levels.get(axis - 1).map_or(0, |(partition, numbers)| widest(*partition, numbers)),
        });
    }
    if let Some(negative) = sizes.iter().find(|size| **size < 0) {
        bail!(invalid_argument, "Dimension {negative} must be >= 0");
    }
    let shape = Shape::from_i64(&sizes)?;
    let element = Shape::new(&values.shape().dims()[1..])?;

    // Strides in elements of the values, which are whole arrays themselves.
    let outer = Shape::new(&shape.dims()[..=levels.len()])?;
    let strides = outer.strides();
    let rows = usize::try_from(rows).unwrap_or(0);
    let mut places: Vec<Place> = reserve(rows)?;
    places.extend((0..rows).map(|row| (row < outer.dims()[0]).then(|| row * strides[0])));
    for (level, (partition, numbers)) in levels.into_iter().enumerate() {
        places = places_of_members(partition, numbers, &places, outer.dims()[level + 1], strides[level + 1])?;
    }
    // TensorFlow reads behind the values here.
    ensure!(
        places.len() <= values.shape()[0] || first == Partition::FirstDimSize && partitions.len() == 1,
        invalid_argument,
        "Row partitions have {} values but rt_input.flat_values.shape={}",
        places.len(),
        values.shape()
    );
    let output = dispatch!(values.dtype(), ALL, |T| filled::<T>(values, default, &element, &places, shape))?;
    cx.set(0, output)
}

/// The shape that the op is asked for; a scalar has to be -1.
fn requested(shape: &NdArray) -> Result<PartialShape> {
    ensure!(shape.rank() <= 1, invalid_argument, "Shape must be at most rank 1 but is rank {}", shape.rank());
    let sizes = shape.to_i64_vec()?;
    if shape.rank() == 0 {
        ensure!(
            sizes == [-1],
            invalid_argument,
            "The only valid scalar shape tensor is the fully unknown shape specified as -1."
        );
        return Ok(PartialShape::unknown());
    }
    if let Some(size) = sizes.iter().find(|size| **size < -1) {
        bail!(invalid_argument, "Dimension {size} must be >= -1");
    }
    PartialShape::from_i64(&sizes)
}

/// The default everywhere, and the values at their places.
fn filled<T: Element>(
    values: &NdArray,
    default: &NdArray,
    element: &Shape,
    places: &[Place],
    shape: Shape,
) -> Result<NdArray> {
    let (elements, width) = (values.as_slice::<T>()?, element.num_elements());
    let mut whole_default: Vec<T> = reserve(width)?;
    let plan = BroadcastPlan::new(default.shape(), default.shape(), element);
    let given = default.as_slice::<T>()?;
    plan.for_runs(0, width / plan.inner.max(1), |start, _| {
        whole_default.extend((0..plan.inner).map(|step| given[start + step * plan.left_step].clone()));
    });
    let mut filled: Vec<T> = reserve(shape.num_elements())?;
    while filled.len() < shape.num_elements() {
        filled.extend_from_slice(&whole_default);
    }
    let width = width.max(1);
    for (value, place) in elements.chunks(width).zip(places) {
        if let Some(slot) = place.and_then(|place| filled.get_mut(place * width..(place + 1) * width)) {
            slot.clone_from_slice(value);
        }
    }
    NdArray::from_shape(shape, filled)
}

/// Each value's gradient is that of the place it went to; the default gets what is left. Where the values went is found
/// as TensorFlow finds it: by converting their numbers in their stead.
fn dense_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (values, default, dy) = (cx.x(1)?, cx.x(2)?, cx.dy(0)?);
    let outer_rank = ragged_rank(&partitions(cx, "Cannot handle type")?) as i32 + 1;
    let sizes = |tensor: &Tensor| Op::named("Shape").input(tensor).one();
    let count = Op::named("GatherV2").input(sizes(values)?).input(0).input(0).one()?;
    let outer =
        Op::named("StridedSlice").input(sizes(&dy)?).input([0]).input([outer_rank]).input([1]).one()?;
    let sources = Op::new(&RAGGED_TENSOR_TO_TENSOR)
        .input(outer)
        .input(Op::named("Range").input(0).input(&count).input(1).one()?)
        .input(-1)
        .inputs(&cx.inputs()[3..])
        .attr("row_partition_types", AttrValue::Strs(cx.byte_strings("row_partition_types")?.to_vec()))
        .one()?;
    cx.set(1, Op::named("UnsortedSegmentSum").input(&dy).input(&sources).input(count).one())?;

    // Every dimension of an element is 1 in the mask, so that it selects whole elements.
    let inner = Op::named("Sub").input(Op::named("Rank").input(&dy).one()?).input(outer_rank).one()?;
    let ones =
        Op::named("Fill").input(Op::named("ExpandDims").input(inner).input(0).one()?).input(1).one()?;
    let shape = Op::named("ConcatV2").inputs([sizes(&sources)?, ones]).input(0).one()?;
    let mask = Op::named("Equal").input(&sources).input(-1).one()?;
    let mask = Op::named("Reshape").input(mask).input(shape).one()?;
    let zero = Op::named("ZerosLike").input(&dy).one()?;
    let filled = Op::named("SelectV2").input(mask).input(&dy).input(zero).one()?;
    let own = sum_to_shape_of(filled, default, &dy)?;
    cx.set(2, own)
}

pub(crate) static RAGGED_TENSOR_TO_TENSOR: OpDef = OpDef {
    name: "RaggedTensorToTensor",
    shape: dense_shape,
    kernel: Some(dense_kernel),
    grad: Grad::Fn(dense_grad),
    ..OpDef::NEW
};
