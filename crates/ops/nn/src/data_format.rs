//! DataFormatDimMap, DataFormatVecPermute: axes, and lists with an entry for each axis, in another data format.

use ferroflow_core::{Attrs, DType, Element, KernelCtx, OpDef, Result, ShapeCtx, bail, dispatch, ensure};

const TYPES: &[(&str, &[DType])] = &[("T", &[DType::INT32, DType::INT64])];

pub(crate) static DATA_FORMAT_DIM_MAP: OpDef = OpDef {
    name: "DataFormatDimMap",
    shape: |cx| {
        if cx.at_run_time() {
            places(cx)?;
        }
        let shape = cx.input(0);
        cx.set(0, shape);
        Ok(())
    },
    kernel: Some(map_kernel),
    types: TYPES,
    ..OpDef::NEW
};

pub(crate) static DATA_FORMAT_VEC_PERMUTE: OpDef = OpDef {
    name: "DataFormatVecPermute",
    shape: permute_shape,
    kernel: Some(permute_kernel),
    types: TYPES,
    ..OpDef::NEW
};

/// For each axis of the source format, its place in the destination format.
fn places(attrs: &Attrs) -> Result<Vec<usize>> {
    let (source, target) = (attrs.str("src_format")?, attrs.str("dst_format")?);
    for (title, name, format) in [("Source", "src_format", source), ("Destination", "dst_format", target)] {
        ensure!(
            format.len() == 4 || format.len() == 5,
            invalid_argument,
            "{title} format must be of length 4 or 5, received {name} = {format}"
        );
    }
    let places: Option<Vec<usize>> =
        source.bytes().map(|axis| target.bytes().position(|other| other == axis)).collect();
    let is_permutation = |places: &Vec<usize>| (0..target.len()).all(|place| places.contains(&place));
    match places.filter(|places| source.len() == target.len() && is_permutation(places)) {
        Some(places) => Ok(places),
        None => bail!(
            invalid_argument,
            "Destination and source format must determine a permutation, got {source} and {target}"
        ),
    }
}

fn map_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let places = places(cx)?;
    let count = places.len() as i64;
    // What is no axis counts on, round and round, as in TensorFlow.
    let place = |axis: i64| places[axis.rem_euclid(count) as usize];
    let mapped: Vec<i64> = cx.ints(0)?.into_iter().map(|axis| place(axis) as i64).collect();
    let shape = cx.input(0)?.shape().clone();
    let output = ferroflow_core::NdArray::from_shape(shape, mapped)?.cast(cx.dtype("T")?)?;
    cx.set(0, output)
}

fn permute_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let x = cx.input(0);
    if cx.at_run_time() {
        places(cx)?;
        let rank = x.rank().unwrap_or(0);
        ensure!(
            rank == 1 || rank == 2,
            invalid_argument,
            "input must be a vector or 2D tensor, but got shape {}",
            x.cpp()
        );
        let axes = cx.str("src_format")?.len();
        let size = x.dim(0).unwrap_or(0);
        let words = if rank == 1 { "1D input" } else { "First dimension of 2D input" };
        ensure!(
            size == axes || size + 2 == axes,
            invalid_argument,
            "{words} must be of size {} or {axes}, but got shape {}",
            axes - 2,
            x.cpp()
        );
        ensure!(
            rank == 1 || x.dim(1) == Some(2),
            invalid_argument,
            "Second dimension of 2D input must be of size 2, but got shape {}",
            x.cpp()
        );
    }
    cx.set(0, x);
    Ok(())
}

fn permute_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    dispatch!(cx.dtype("T")?, INDICES, |T| permute::<T>(cx))
}

fn permute<T: Element + Copy>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (source, target) = (cx.str("src_format")?, cx.str("dst_format")?);
    let shape = cx.input(0)?.shape().clone();
    // Lists of the spatial dimensions alone leave batch and channels out.
    let spatial = |format: &str| -> Vec<u8> {
        let all = shape[0] == source.len();
        format.bytes().filter(|axis| all || !matches!(axis, b'N' | b'C')).collect()
    };
    let (source, target) = (spatial(source), spatial(target));
    let (x, row) = (cx.slice::<T>(0)?, shape.num_elements() / shape[0].max(1));
    let mut output = Vec::with_capacity(x.len());
    for axis in target {
        let Some(from) = source.iter().position(|&other| other == axis) else {
            bail!(invalid_argument, "the formats do not have the same axes");
        };
        output.extend_from_slice(x.get(from * row..(from + 1) * row).unwrap_or_default());
    }
    cx.set_elements(0, output)
}
