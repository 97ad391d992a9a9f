//! EmptyTensorMap, TensorMapInsert, TensorMapLookup, ... : tensors under keys that are tensors, as one value.

use crate::op_table::ops;
use ferroflow_core::{
    AddArrays, EncodedVariant, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, Variant, VariantData, bail, dispatch, ensure, reserve, shape_fn,
};

/// Tensors under keys, in the order in which they came.
#[derive(Clone, Default)]
struct TensorMap {
    entries: Vec<(NdArray, NdArray)>,
}

impl VariantData for TensorMap {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }
    fn debug_string(&self) -> String {
        "TensorMap".to_string()
    }
    fn zeros(&self) -> Result<Variant> {
        let zeros = |(key, value): &(NdArray, NdArray)| {
            NdArray::zeros(value.dtype(), value.shape().clone()).map(|value| (key.clone(), value))
        };
        Ok(Variant::new(TensorMap { entries: self.entries.iter().map(zeros).collect::<Result<_>>()? }))
    }
    fn sum(&self, other: &Variant, add: &AddArrays<'_>) -> Result<Variant> {
        let Some(other) = other.get::<TensorMap>() else {
            bail!(invalid_argument, "a map cannot be added to a variant of type {}", other.type_name());
        };
        let mut sum = self.clone();
        for (key, value) in &other.entries {
            let value = match self.find(key) {
                Some(at) => add(&self.entries[at].1, value)?,
                None => value.clone(),
            };
            sum.insert(key.clone(), value);
        }
        Ok(Variant::new(sum))
    }
    fn encode(&self) -> Result<EncodedVariant> {
        let pairs = self.entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]);
        Ok(EncodedVariant {
            type_name: TYPE_NAME.to_string(),
            tensors: pairs.collect(),
            ..EncodedVariant::default()
        })
    }
}

/// The map that was written so: keys and values in turn.
pub(crate) fn decode(metadata: &[u8], tensors: Vec<NdArray>) -> Result<Variant> {
    ensure!(
        metadata.is_empty() && tensors.len().is_multiple_of(2),
        invalid_argument,
        "a map within a tensor is damaged"
    );
    let mut map = TensorMap::default();
    let mut tensors = tensors.into_iter();
    while let (Some(key), Some(value)) = (tensors.next(), tensors.next()) {
        map.insert(key, value);
    }
    Ok(Variant::new(map))
}

pub(crate) const TYPE_NAME: &str = "tensorflow::TensorMap";

impl TensorMap {
    fn find(&self, key: &NdArray) -> Option<usize> {
        self.entries.iter().position(|(held, _)| held == key)
    }

    fn insert(&mut self, key: NdArray, value: NdArray) {
        match self.find(&key) {
            Some(at) => self.entries[at].1 = value,
            None => self.entries.push((key, value)),
        }
    }
}

fn map<'a>(cx: &'a KernelCtx<'_>) -> Result<&'a TensorMap> {
    let input = cx.input(0)?;
    ensure!(input.rank() == 0, invalid_argument, "Input map must be a scalar. Saw: {}", input.shape());
    let variant = input.as_slice::<Variant>()?.first();
    match variant.and_then(Variant::get::<TensorMap>) {
        Some(map) => Ok(map),
        None => {
            let kind = variant.map_or("", Variant::type_name);
            bail!(
                invalid_argument,
                "Input handle is not a map. Saw: 'Variant<type: {kind} value: {}>'",
                kind.rsplit(':').next().unwrap_or_default()
            )
        }
    }
}

/// A key as messages show it.
fn shown(key: &NdArray) -> String {
    ferroflow_core::print::cpp_elements(key, 3).join(" ")
}

fn empty_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.set(0, NdArray::scalar(Variant::new(TensorMap::default())))
}

fn size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = map(cx)?.entries.len() as i32;
    cx.set(0, NdArray::scalar(size))
}

fn insert_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mut changed = map(cx)?.clone();
    changed.insert(cx.input(1)?.clone(), cx.input(2)?.clone());
    cx.set(0, NdArray::scalar(Variant::new(changed)))
}

fn lookup_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (map, key) = (map(cx)?, cx.input(1)?);
    let Some(at) = map.find(key) else {
        bail!(invalid_argument, "Trying to lookup non-existent key. Could not find key \"{}\".", shown(key));
    };
    let (value, wanted) = (map.entries[at].1.clone(), cx.dtype("value_dtype")?);
    ensure!(
        value.dtype() == wanted,
        invalid_argument,
        "Type mismatch: actual {} vs. expect {}",
        value.dtype().cpp_name(),
        wanted.cpp_name()
    );
    cx.set(0, value)
}

fn erase_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (mut changed, key) = (map(cx)?.clone(), cx.input(1)?);
    let Some(at) = changed.find(key) else {
        bail!(invalid_argument, "Trying to erase non-existent item. Could not find key \"{}\".", shown(key));
    };
    changed.entries.remove(at);
    cx.set(0, NdArray::scalar(Variant::new(changed)))
}

fn has_key_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let found = map(cx)?.find(cx.input(1)?).is_some();
    cx.set(0, NdArray::scalar(found))
}

fn stack_keys_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (map, dtype) = (map(cx)?, cx.dtype("key_dtype")?);
    let Some((first, _)) = map.entries.first() else {
        bail!(invalid_argument, "TensorMapStackKeys cannot be called on empty map.");
    };
    let shape = first.shape().clone();
    for (key, _) in &map.entries {
        ensure!(key.dtype() == dtype, invalid_argument, "Key does not match requested dtype.");
        ensure!(
            *key.shape() == shape,
            invalid_argument,
            "Key does not match previous keys' shape {shape}, it is {}",
            key.shape()
        );
    }
    let whole = Shape::new(&[&[map.entries.len()], shape.dims()].concat())?;
    let keys = dispatch!(dtype, ALL, |T| {
        let mut keys = reserve::<T>(whole.num_elements())?;
        for (key, _) in &map.entries {
            keys.extend_from_slice(key.as_slice::<T>()?);
        }
        NdArray::from_shape(whole, keys)
    })?;
    cx.set(0, keys)
}

fn keys_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, PartialShape::unknown());
    Ok(())
}

fn lookup_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let empty = Op::new(&EMPTY_TENSOR_MAP).one()?;
    cx.set(0, Op::new(&TENSOR_MAP_INSERT).input(empty).input(cx.x(1)?).input(cx.dy(0)?).one())
}

/// What flows to a value is what flows to its key in the map, if anything does: with zeros under the key added, there
/// always is something to look up and to take out.
fn insert_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dmap, key, value) = (cx.dy(0)?, cx.x(1)?.clone(), cx.x(2)?.clone());
    let zeros = Op::named("ZerosLike").input(&value).one()?;
    let empty = Op::new(&EMPTY_TENSOR_MAP).one()?;
    let zeros = Op::new(&TENSOR_MAP_INSERT).input(empty).input(&key).input(zeros).one()?;
    let dmap = Op::named("AddN").inputs([zeros, dmap]).one()?;
    let of_key = |op: &'static OpDef| {
        Op::new(op).input(&dmap).input(&key).attr("value_dtype", value.dtype().base()).one()
    };
    cx.set(0, of_key(&TENSOR_MAP_ERASE))?;
    cx.set(2, of_key(&TENSOR_MAP_LOOKUP))
}

fn erase_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    match cx.dy_opt(0) {
        Some(dmap) => cx.set(0, dmap),
        None => Ok(()),
    }
}

ops! {
    EMPTY_TENSOR_MAP "EmptyTensorMap" shape_fn::scalar, empty_kernel, Grad::None;
    TENSOR_MAP_SIZE "TensorMapSize" shape_fn::scalar, size_kernel, Grad::Missing;
    TENSOR_MAP_INSERT "TensorMapInsert" shape_fn::scalar, insert_kernel, Grad::Fn(insert_grad);
    TENSOR_MAP_LOOKUP "TensorMapLookup" keys_shape, lookup_kernel, Grad::Fn(lookup_grad);
    TENSOR_MAP_ERASE "TensorMapErase" shape_fn::scalar, erase_kernel, Grad::Fn(erase_grad);
    TENSOR_MAP_HAS_KEY "TensorMapHasKey" shape_fn::scalar, has_key_kernel, Grad::Missing;
    TENSOR_MAP_STACK_KEYS "TensorMapStackKeys" keys_shape, stack_keys_kernel, Grad::Missing;
}
