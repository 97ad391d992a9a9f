//! SerializeSparse, SerializeManySparse, DeserializeSparse, DeserializeManySparse: sparse tensors as three messages, or as
//! three variants.

use crate::parts::{Parts, check_columns, check_counts, check_dtype, check_ranks, read, stack};
use ferroflow_core::{
    DType, Element, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, TString,
    TensorMessage, Variant, VariantData, bail, ensure, packed_tensor_message, reserve,
};

/// A tensor in a variant.
struct Held(NdArray);

impl VariantData for Held {
    fn type_name(&self) -> &'static str {
        "tensorflow::Tensor"
    }
    fn debug_string(&self) -> String {
        format!("Tensor<type: {} shape: {}>", self.0.dtype().cpp_name(), self.0.shape())
    }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_ranks(cx)?;
    cx.set(0, PartialShape::new([Some(3)]));
    Ok(())
}

fn many_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_ranks(cx)?;
    cx.set(0, PartialShape::new([None, Some(3)]));
    Ok(())
}

/// The three parts of each sparse tensor, each part as `form` makes it.
fn formed<T: Element>(parts: &[Parts], form: impl Fn(&NdArray) -> Result<T>) -> Result<Vec<T>> {
    let mut elements = reserve(parts.len().saturating_mul(3))?;
    for part in parts {
        elements.push(form(&part.indices)?);
        elements.push(form(&part.values)?);
        elements.push(form(&part.sizes)?);
    }
    Ok(elements)
}

fn give(cx: &mut KernelCtx<'_>, parts: &[Parts], shape: Shape) -> Result<()> {
    let output = if cx.dtype("out_type")? == DType::VARIANT {
        NdArray::from_shape(shape, formed(parts, |array| Ok(Variant::new(Held(array.clone()))))?)?
    } else {
        NdArray::from_shape(shape, formed(parts, |array| Ok(TString::from(packed_tensor_message(array)?)))?)?
    };
    cx.set(0, output)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let parts = read(cx)?;
    give(cx, &[parts], Shape::new(&[3])?)
}

fn many_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let parts = read(cx)?;
    ensure!(
        parts.sizes.len() > 1,
        invalid_argument,
        "Rank of input SparseTensor should be > 1, but saw rank: {}",
        parts.sizes.len()
    );
    let (rows, empty) = (parts.rows()?, parts.empty_row()?);
    let rows: Vec<Parts> = rows.into_iter().map(|row| row.unwrap_or_else(|| empty.clone())).collect();
    let shape = Shape::new(&[rows.len(), 3])?;
    give(cx, &rows, shape)
}

fn back_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let input =
            if cx.op() == "DeserializeSparse" { cx.with_rank_at_least(0, 1)? } else { cx.with_rank(0, 2)? };
        let last = input.rank().and_then(|rank| input.dim(rank - 1));
        if let Some(last) = last
            && last != 3
        {
            bail!(invalid_argument, "Dimension must be 3 but is {last}");
        }
        cx.set(0, PartialShape::of_rank(2));
        cx.set(1, PartialShape::of_rank(1));
        cx.set(2, PartialShape::of_rank(1));
    }
    Ok(())
}

fn back_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = cx.input(0)?;
    let dims = input.shape().dims().to_vec();
    let Some((&last, outer)) = dims.split_last() else {
        bail!(invalid_argument, "Serialized sparse should have non-zero rank {}", input.shape());
    };
    ensure!(
        last == 3,
        invalid_argument,
        "Serialized sparse should have 3 as the last dimension {}",
        input.shape()
    );
    ensure!(
        !input.is_empty(),
        invalid_argument,
        "Serialized sparse should have at least 1 serialized tensor, but has a zero dimension {}",
        input.shape()
    );
    let dtype = cx.dtype("dtype")?;
    let parts = match input.as_slice::<TString>() {
        Ok(messages) => from_messages(messages, dtype)?,
        Err(_) => from_variants(input.as_slice::<Variant>()?, dtype)?,
    };
    match parts.as_slice() {
        [only] if outer.is_empty() => {
            cx.set(0, only.indices.clone())?;
            cx.set(1, only.values.clone())?;
            cx.set(2, only.sizes.clone())
        }
        parts => stack(cx, parts, outer),
    }
}

fn check_same_rank(sizes: &NdArray, rank: usize, number: usize) -> Result<()> {
    ensure!(
        sizes.len() == rank,
        invalid_argument,
        "Inconsistent shape across SparseTensors: rank prior to SparseTensor[{number}] was: {rank} but rank of \
         SparseTensor[{number}] is: {}",
        sizes.len()
    );
    Ok(())
}

fn check_int64(array: &NdArray, number: usize, part: usize, kind: &str) -> Result<()> {
    ensure!(
        array.dtype() == DType::INT64,
        invalid_argument,
        "Expected serialized_sparse[{number}, {part}] to be a {kind} of DT_INT64 but received dtype {}",
        array.dtype().cpp_name()
    );
    Ok(())
}

fn check_matrix(indices: &NdArray, number: usize) -> Result<()> {
    ensure!(
        indices.rank() == 2,
        invalid_argument,
        "Expected serialized_sparse[{number}, 0] to represent an index matrix but received shape {}",
        indices.shape()
    );
    Ok(())
}

fn check_values(values: &NdArray, indices: &NdArray, dtype: DType, number: usize) -> Result<()> {
    ensure!(
        values.rank() == 1,
        invalid_argument,
        "Expected serialized_sparse[{number}, 1] to represent a values vector but received shape {}",
        values.shape()
    );
    check_dtype(values, dtype, number)?;
    check_counts(indices, values, number)
}

fn parsed(message: &TString) -> Result<NdArray> {
    let Ok(message) = TensorMessage::read(message) else {
        bail!(invalid_argument, "Could not parse serialized proto");
    };
    match message.dtype().map(|dtype| message.tensor(dtype)) {
        Some(Ok(tensor)) => Ok(tensor),
        _ => bail!(invalid_argument, "Could not construct tensor from proto"),
    }
}

fn from_messages(messages: &[TString], dtype: DType) -> Result<Vec<Parts>> {
    let mut parts: Vec<Parts> = Vec::new();
    for (number, messages) in messages.as_chunks::<3>().0.iter().enumerate() {
        let indices = parsed(&messages[0])?;
        check_matrix(&indices, number)?;
        // TensorFlow (2.21) ends the process where it finds another dtype.
        check_int64(&indices, number, 0, "matrix")?;
        let values = parsed(&messages[1])?;
        check_values(&values, &indices, dtype, number)?;
        let sizes = parsed(&messages[2])?;
        ensure!(
            sizes.rank() == 1,
            invalid_argument,
            "Expected serialized_sparse[{number}, 1] to be a shape vector but its shape is {}",
            sizes.shape()
        );
        check_int64(&sizes, number, 2, "vector")?;
        check_columns(&indices, sizes.len(), number)?;
        if let Some(first) = parts.first() {
            check_same_rank(&sizes, first.sizes.len(), number)?;
        }
        parts.push(Parts { indices, values, sizes });
    }
    Ok(parts)
}

fn from_variants(variants: &[Variant], dtype: DType) -> Result<Vec<Parts>> {
    let held = |number: usize, part: usize| match variants[number * 3 + part].get::<Held>() {
        Some(held) => Ok(&held.0),
        None => bail!(invalid_argument, "Could not get a tensor from serialized_sparse[{number}, {part}]"),
    };
    let count = variants.len() / 3;
    let rank = held(0, 2)?.len();
    for number in 0..count {
        let sizes = held(number, 2)?;
        check_int64(sizes, number, 2, "vector")?;
        ensure!(
            sizes.rank() == 1,
            invalid_argument,
            "Expected serialized_sparse[{number}, 2] to be a shape vector but its shape is {}",
            sizes.shape()
        );
        check_same_rank(sizes, rank, number)?;
    }
    let mut parts = Vec::new();
    for number in 0..count {
        let indices = held(number, 0)?;
        check_int64(indices, number, 0, "matrix")?;
        check_matrix(indices, number)?;
        check_columns(indices, rank, number)?;
        let values = held(number, 1)?;
        check_values(values, indices, dtype, number)?;
        let sizes = held(number, 2)?;
        parts.push(Parts { indices: indices.clone(), values: values.clone(), sizes: sizes.clone() });
    }
    Ok(parts)
}

pub(crate) static SERIALIZE_SPARSE: OpDef =
    OpDef { name: "SerializeSparse", shape, kernel: Some(kernel), grad: Grad::Missing, ..OpDef::NEW };

pub(crate) static SERIALIZE_MANY_SPARSE: OpDef = OpDef {
    name: "SerializeManySparse",
    shape: many_shape,
    kernel: Some(many_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static DESERIALIZE_SPARSE: OpDef = OpDef {
    name: "DeserializeSparse",
    shape: back_shape,
    kernel: Some(back_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static DESERIALIZE_MANY_SPARSE: OpDef = OpDef {
    name: "DeserializeManySparse",
    shape: back_shape,
    kernel: Some(back_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
