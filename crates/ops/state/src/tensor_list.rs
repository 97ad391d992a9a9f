//! `TensorList`: a list of tensors as one value, and how ops take it in and give it out.

use crate::joined::joined;
use ferroflow_core::variant_bytes::{push_shape, push_varint, read_shape, take_dtype, take_varint};
use ferroflow_core::{
    AddArrays, DType, EncodedVariant, Error, HandleShapes, KernelCtx, NdArray, PartialShape, Result, Shape,
    ShapeCtx, Variant, VariantData, bail, dispatch, ensure,
};
use std::collections::HashSet;

/// More elements than any list has: a bound on what a bad size makes us set aside.
const LONGEST: usize = 1 << 28;

/// A list of tensors of one dtype; elements that were never set are zeros once their shape is known.
#[derive(Clone)]
pub(crate) struct TensorList {
    pub(crate) dtype: DType,
    pub(crate) element_shape: PartialShape,
    /// The most elements it may have, unless negative.
    pub(crate) most: i64,
    pub(crate) items: Vec<Option<NdArray>>,
}

impl VariantData for TensorList {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }
    fn held(&self) -> Option<HandleShapes> {
        Some(vec![(self.dtype, self.element_shape.clone())])
    }
    fn zeros(&self) -> Result<Variant> {
        let items = self.items.iter().map(|item| match item {
            Some(item) if self.dtype == DType::VARIANT => {
                let zeros = item.as_slice::<Variant>()?.iter().map(Variant::zeros).collect::<Result<_>>()?;
                NdArray::from_shape(item.shape().clone(), zeros).map(Some)
            }
            Some(item) => NdArray::zeros(self.dtype, item.shape().clone()).map(Some),
            None => Ok(None),
        });
        Ok(Variant::new(TensorList { items: items.collect::<Result<_>>()?, ..self.without_items() }))
    }
    fn sum(&self, other: &Variant, add: &AddArrays<'_>) -> Result<Variant> {
        let Some(other) = other.get::<TensorList>() else {
            bail!(invalid_argument, "a list cannot be added to a variant of type {}", other.type_name());
        };
        other.check_dtype(self.dtype)?;
        ensure!(
            self.items.len() == other.items.len(),
            invalid_argument,
            "Trying to add two lists of tensors with different lengths. One is {} and the other is {}",
            self.items.len(),
            other.items.len()
        );
        let items = self.items.iter().zip(&other.items).map(|pair| match pair {
            (Some(a), Some(b)) => add(a, b).map(Some),
            (one, other) => Ok(one.clone().or_else(|| other.clone())),
        });
        let element_shape = merged(&self.element_shape, &other.element_shape)?;
        let items = items.collect::<Result<_>>()?;
        Ok(Variant::new(TensorList { items, element_shape, ..self.without_items() }))
    }
    fn encode(&self) -> Result<EncodedVariant> {
        let missing = || self.items.iter().enumerate().filter(|(_, item)| item.is_none());
        let mut metadata = Vec::new();
        push_varint(&mut metadata, missing().count() as u64);
        missing().for_each(|(place, _)| push_varint(&mut metadata, place as u64));
        push_varint(&mut metadata, self.dtype.number().unsigned_abs().into());
        push_varint(&mut metadata, self.most.cast_unsigned());
        push_shape(&mut metadata, &self.element_shape);
        let tensors = self.items.iter().flatten().cloned().collect();
        Ok(EncodedVariant { type_name: TYPE_NAME.to_string(), metadata, tensors })
    }
    fn debug_string(&self) -> String {
        format!("TensorList({} x {}{})", self.items.len(), self.dtype.name(), self.element_shape.cpp())
    }
}

pub(crate) const TYPE_NAME: &str = "tensorflow::TensorList";

/// The list that was written so.
pub(crate) fn decode(metadata: &[u8], tensors: Vec<NdArray>) -> Result<Variant> {
    let damaged = || Error::invalid_argument("a list within a tensor is damaged");
    let mut bytes = metadata;
    let missing =
        take_varint(&mut bytes).and_then(|count| usize::try_from(count).ok()).ok_or_else(damaged)?;
    // Each of them takes a byte at least.
    ensure!(missing <= bytes.len(), invalid_argument, "a list within a tensor is damaged");
    let mut places = HashSet::with_capacity(missing);
    for _ in 0..missing {
        let place = take_varint(&mut bytes).and_then(|place| usize::try_from(place).ok());
        ensure!(
            places.insert(place.ok_or_else(damaged)?),
            invalid_argument,
            "a list within a tensor is damaged"
        );
    }
    let dtype = take_dtype(&mut bytes).ok_or_else(damaged)?;
    let most = take_varint(&mut bytes).ok_or_else(damaged)?.cast_signed();
    let element_shape = read_shape(bytes)?;
    let count = missing.saturating_add(tensors.len());
    let mut list = TensorList::unset(dtype, element_shape, count)?;
    list.most = most;
    let mut tensors = tensors.into_iter();
    for (place, item) in list.items.iter_mut().enumerate().filter(|(place, _)| !places.contains(place)) {
        let tensor = tensors.next().ok_or_else(damaged)?;
        ensure!(
            tensor.dtype() == dtype,
            invalid_argument,
            "element {place} of a list within a tensor is damaged"
        );
        *item = Some(tensor);
    }
    ensure!(tensors.next().is_none(), invalid_argument, "a list within a tensor is damaged");
    Ok(Variant::new(list))
}

impl TensorList {
    fn without_items(&self) -> TensorList {
        TensorList {
            dtype: self.dtype,
            element_shape: self.element_shape.clone(),
            most: self.most,
            items: Vec::new(),
        }
    }

    /// A list of elements that were never set.
    pub(crate) fn unset(dtype: DType, element_shape: PartialShape, count: usize) -> Result<TensorList> {
        let mut list = TensorList { dtype, element_shape, most: -1, items: Vec::new() };
        list.resize(count)?;
        Ok(list)
    }

    /// Cuts the list, or adds elements that were never set.
    pub(crate) fn resize(&mut self, count: usize) -> Result<()> {
        ensure!(count <= LONGEST, resource_exhausted, "OOM when allocating a list with {count} elements");
        self.items.resize(count, None);
        Ok(())
    }

    /// The list as a scalar of dtype `variant`.
    pub(crate) fn into_array(self) -> NdArray {
        NdArray::scalar(Variant::new(self))
    }

    /// Refuses an op on elements of another dtype.
    pub(crate) fn check_dtype(&self, asked: DType) -> Result<()> {
        ensure!(
            asked == self.dtype,
            invalid_argument,
            "Invalid data types; op elements {} but list elements {}",
            asked.cpp_name(),
            self.dtype.cpp_name()
        );
        Ok(())
    }

    /// What is known of the shape of all elements, from the list, the op and the elements themselves.
    pub(crate) fn known_shape(&self, asked: &PartialShape) -> Result<PartialShape> {
        let mut shape = merged(asked, &self.element_shape)?;
        if !shape.is_fully_defined()
            && let Some(item) = self.items.iter().flatten().next()
        {
            shape = merged(&shape, &item.shape().into())?;
        }
        Ok(shape)
    }

    /// All these elements, stacked along a new first axis.
    pub(crate) fn stack(&self, items: &[Option<NdArray>], shape: &Shape) -> Result<NdArray> {
        let whole = Shape::new(&[&[items.len()], shape.dims()].concat())?;
        if let Some(other) = items.iter().flatten().find(|item| item.shape() != shape) {
            bail!(
                invalid_argument,
                "Tried to stack elements of a list with different shapes: {} vs. {}",
                other.shape(),
                shape
            );
        }
        let zeros = match items.iter().any(Option::is_none) {
            true => NdArray::zeros(self.dtype, shape.clone())?,
            false => NdArray::scalar(0),
        };
        joined(self.dtype, items.iter().map(|item| item.as_ref().unwrap_or(&zeros)), whole)
    }
}

/// Two shapes that must agree, in the words of TensorFlow's kernels.
pub(crate) fn merged(a: &PartialShape, b: &PartialShape) -> Result<PartialShape> {
    a.merge_with(b).map_err(|_| {
        Error::invalid_argument(format!(
            "PartialTensorShape: Incompatible shapes during merge: {} vs. {}",
            a.cpp(),
            b.cpp()
        ))
    })
}

/// The slices of an array along its first axis.
pub(crate) fn unstacked(array: &NdArray) -> Result<Vec<Option<NdArray>>> {
    let Some((&count, inner)) = array.shape().dims().split_first() else {
        bail!(invalid_argument, "Tensor must be at least a vector, but saw shape: {}", array.shape());
    };
    let shape = Shape::new(inner)?;
    let width = shape.num_elements();
    ensure!(count <= LONGEST, resource_exhausted, "OOM when allocating a list with {count} elements");
    dispatch!(array.dtype(), ALL, |T| {
        let elements = array.as_slice::<T>()?;
        (0..count)
            .map(|row| {
                let slice = elements[row * width..(row + 1) * width].to_vec();
                NdArray::from_shape(shape.clone(), slice).map(Some)
            })
            .collect()
    })
}

/// The list at an input.
pub(crate) fn list<'a>(cx: &'a KernelCtx<'_>, index: usize) -> Result<&'a TensorList> {
    let variants = cx.slice::<Variant>(index)?;
    match variants.first().and_then(Variant::get::<TensorList>) {
        Some(list) => Ok(list),
        None => bail!(
            invalid_argument,
            "Input handle is not a list. Saw: '{}'",
            variants.first().map_or("", Variant::type_name)
        ),
    }
}

/// Changes the list at an input, in place where nobody else holds it, and sets it as output 0. A change that fails
/// must come before anything is written.
pub(crate) fn change(
    cx: &mut KernelCtx<'_>,
    index: usize,
    change: impl FnOnce(&mut TensorList) -> Result<()>,
) -> Result<()> {
    list(cx, index)?;
    let mut array = cx.take(index)?;
    if array.is_unique()
        && let Some(list) =
            array.as_mut_slice::<Variant>()?.first_mut().and_then(Variant::get_mut::<TensorList>)
    {
        change(list)?;
        return cx.set(0, array);
    }
    let held = array.as_slice::<Variant>()?.first().and_then(Variant::get::<TensorList>);
    let Some(mut copy) = held.cloned() else { bail!(invalid_argument, "Input handle is not a list.") };
    change(&mut copy)?;
    cx.set(0, copy.into_array())
}

/// The element shape that an input holds: -1 where nothing is known.
pub(crate) fn asked_shape(cx: &KernelCtx<'_>, index: usize) -> Result<PartialShape> {
    let input = cx.input(index)?;
    match (input.rank(), input.to_i64_vec()?.as_slice()) {
        (0, [-1]) => Ok(PartialShape::unknown()),
        (0, _) => bail!(
            invalid_argument,
            "The only valid scalar shape tensor is the fully unknown shape specified as -1."
        ),
        (1, sizes) => PartialShape::from_i64(sizes),
        _ => bail!(invalid_argument, "The element shape must be a vector, got shape {}", input.shape()),
    }
}

/// What is known, while a graph is built, of the elements of the list at input 0, beside what is `asked`.
pub(crate) fn held_shape(cx: &ShapeCtx<'_>, asked: &PartialShape) -> Result<PartialShape> {
    let held = if cx.at_run_time() { None } else { cx.input_handle(0) };
    let Some((held, shape)) = held.and_then(|held| held.into_iter().next()) else {
        return Ok(asked.clone());
    };
    if let Ok(dtype) = cx.dtype("element_dtype") {
        ensure!(
            dtype == held,
            invalid_argument,
            "Expected list with element dtype {} but got list with element dtype {}",
            dtype.cpp_name(),
            held.cpp_name()
        );
    }
    cx.merge(&shape, asked)
}
