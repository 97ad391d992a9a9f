//! OptionalNone, OptionalFromValue, OptionalHasValue, OptionalGetValue: tensors that may be there or not, as one value.

use crate::op_table::ops;
use ferroflow_core::{
    AddArrays, AttrValue, EncodedVariant, Error, Grad, GradCtx, KernelCtx, NdArray, Op, PartialShape, Result,
    ShapeCtx, Variant, VariantData, bail, ensure, shape_fn,
};

/// Tensors, or none.
#[derive(Clone)]
struct Optional(Option<Vec<NdArray>>);

pub(crate) const TYPE_NAME: &str = "tensorflow::data::Optional";

impl VariantData for Optional {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }
    fn debug_string(&self) -> String {
        "Optional".to_string()
    }
    fn zeros(&self) -> Result<Variant> {
        let zeros = |value: &NdArray| NdArray::zeros(value.dtype(), value.shape().clone());
        let values = self.0.as_ref().map(|values| values.iter().map(zeros).collect::<Result<_>>());
        Ok(Variant::new(Optional(values.transpose()?)))
    }
    fn sum(&self, other: &Variant, add: &AddArrays<'_>) -> Result<Variant> {
        let Some(Optional(other)) = other.get::<Optional>() else {
            bail!(invalid_argument, "an optional cannot be added to a variant of type {}", other.type_name());
        };
        let sum = match (&self.0, other) {
            (Some(a), Some(b)) if a.len() == b.len() => {
                Some(a.iter().zip(b).map(|(a, b)| add(a, b)).collect::<Result<_>>()?)
            }
            (None, None) => None,
            (a, b) => {
                let size = |values: &Option<Vec<NdArray>>| values.as_ref().map_or(0, Vec::len);
                bail!(invalid_argument, "Cannot add optionals of {} and {} components.", size(a), size(b))
            }
        };
        Ok(Variant::new(Optional(sum)))
    }
    fn encode(&self) -> Result<EncodedVariant> {
        Ok(EncodedVariant {
            type_name: TYPE_NAME.to_string(),
            metadata: vec![u8::from(self.0.is_some())],
            tensors: self.0.clone().unwrap_or_default(),
        })
    }
}

/// The optional that was written so.
pub(crate) fn decode(metadata: &[u8], tensors: Vec<NdArray>) -> Result<Variant> {
    match metadata {
        [0] if tensors.is_empty() => Ok(Variant::new(Optional(None))),
        [1] => Ok(Variant::new(Optional(Some(tensors)))),
        _ => Err(Error::invalid_argument("an optional within a tensor is damaged")),
    }
}

fn optional<'a>(cx: &'a KernelCtx<'_>, op: &str) -> Result<&'a Optional> {
    let input = cx.input(0)?;
    ensure!(
        input.rank() == 0,
        invalid_argument,
        "Input to {op} must be a scalar tensor containing an OptionalVariant object."
    );
    let found = input.as_slice::<Variant>()?.first().and_then(Variant::get::<Optional>);
    found.ok_or_else(|| Error::invalid_argument(format!("Input to {op} must be an OptionalVariant object.")))
}

fn none_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.set(0, NdArray::scalar(Variant::new(Optional(None))))
}

fn from_value_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let values = cx.inputs().to_vec();
    cx.set(0, NdArray::scalar(Variant::new(Optional(Some(values)))))
}

fn has_value_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let has = optional(cx, "OptionalHasValue")?.0.is_some();
    cx.set(0, NdArray::scalar(has))
}

fn get_value_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (types, shapes) = (cx.dtypes("output_types")?.to_vec(), cx.shapes("output_shapes")?.to_vec());
    let Some(values) = optional(cx, "OptionalGetValue")?.0.clone() else {
        bail!(invalid_argument, "The given optional does not have a value.");
    };
    ensure!(
        values.len() == types.len(),
        invalid_argument,
        "The given optional has {} components, expected {}",
        values.len(),
        types.len()
    );
    for (index, value) in values.into_iter().enumerate() {
        ensure!(
            value.dtype() == types[index],
            invalid_argument,
            "The given optional does not match the expected type for component {index}. Expected: {}. Actual: {}.",
            types[index].cpp_name(),
            value.dtype().cpp_name()
        );
        ensure!(
            shapes[index].admits(value.shape()),
            invalid_argument,
            "The given optional does not match the expected shape for component {index}. Expected: {}. Actual: {}.",
            shapes[index].cpp(),
            PartialShape::from(value.shape()).cpp()
        );
        cx.set(index, value)?;
    }
    Ok(())
}

fn get_value_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if let Some(rank) = cx.input(0).rank().filter(|rank| *rank > 0) {
        return Err(cx.mismatch(
            "Input to OptionalGetValue must be a scalar tensor containing an OptionalVariant object.",
            format!("Shape must be rank 0 but is rank {rank}"),
        ));
    }
    let (types, shapes) = (cx.dtypes("output_types")?.len(), cx.shapes("output_shapes")?.to_vec());
    if shapes.len() != types {
        let count = shapes.len();
        return Err(cx.mismatch(
            format!(
                "output_types and output_shapes must be same length, got:\noutput_types: {types}\noutput_shapes: \
                 {count}"
            ),
            format!("`output_shapes` must be the same length as `output_types` ({count} vs. {types}"),
        ));
    }
    for (index, shape) in shapes.into_iter().enumerate() {
        cx.set(index, shape);
    }
    Ok(())
}

fn from_value_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let inputs = cx.inputs();
    let types: Vec<_> = inputs.iter().map(|input| input.dtype().base()).collect();
    let shapes: Vec<PartialShape> = inputs.iter().map(|input| input.shape()).collect();
    let values = Op::new(&OPTIONAL_GET_VALUE)
        .input(cx.dy(0)?)
        .attr("output_types", types)
        .attr("output_shapes", AttrValue::Shapes(shapes))
        .all()?;
    for (index, value) in values.into_iter().enumerate() {
        cx.set(index, value)?;
    }
    Ok(())
}

fn get_value_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let count = cx.outputs().len();
    let grads = (0..count).map(|index| cx.dy(index)).collect::<Result<Vec<_>>>()?;
    cx.set(0, Op::new(&OPTIONAL_FROM_VALUE).inputs(grads).one()?)
}

ops! {
    OPTIONAL_NONE "OptionalNone" shape_fn::scalar, none_kernel, Grad::Missing;
    OPTIONAL_FROM_VALUE "OptionalFromValue" shape_fn::scalar, from_value_kernel, Grad::Fn(from_value_grad);
    OPTIONAL_HAS_VALUE "OptionalHasValue" shape_fn::scalar, has_value_kernel, Grad::Missing;
    OPTIONAL_GET_VALUE "OptionalGetValue" get_value_shape, get_value_kernel, Grad::Fn(get_value_grad);
}
