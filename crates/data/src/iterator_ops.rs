//! IteratorV2, OneShotIterator, MakeIterator, IteratorGetNext and their kin: iterators that live between runs.

use crate::map::check_count;
use crate::pipeline::{Element, Specs, from_variant, input_dataset, lasting};
use crate::position::Running;
use crate::reduce::declared_shapes;
use ferroflow_core::{
    Attrs, Env, Error, Grad, HandleData, KernelCtx, NdArray, OpDef, PartialShape, Resource, ResourceHandle,
    Result, ShapeCtx, TString, bail, ensure, registry, run_op, shape_fn,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const DEVICE: &str = "/job:localhost/replica:0/task:0/device:CPU:0";

/// The place of an iterator, filled when it is initialized.
struct IteratorResource {
    specs: Specs,
    stream: Mutex<Option<Running>>,
}

impl Resource for IteratorResource {
    fn type_name(&self) -> &'static str {
        "tensorflow::data::IteratorResource"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow4data16IteratorResourceE"
    }
    fn debug_string(&self) -> String {
        "Iterator resource".to_string()
    }
}

impl IteratorResource {
    fn new(specs: Specs) -> IteratorResource {
        IteratorResource { specs, stream: Mutex::new(None) }
    }

    fn stream(&self) -> MutexGuard<'_, Option<Running>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew with a dataset, whose elements must be as announced.
    fn begin(&self, dataset: &NdArray, env: &Env) -> Result<()> {
        let dataset = from_variant(dataset)?;
        check_specs(dataset.specs(), &self.specs)?;
        *self.stream() = Some(Running::begin(dataset, env)?);
        Ok(())
    }

    /// The next element; `None` at the end.
    fn next(&self, env: &Env) -> Result<Option<Element>> {
        let mut stream = self.stream();
        let Some(running) = &mut *stream else {
            bail!(
                failed_precondition,
                "GetNext() failed because the iterator has not been initialized. Ensure that you have run the \
                 initializer operation for this iterator before getting the next element."
            )
        };
        running.next(env)
    }
}

/// Whether elements are what an iterator was made for.
fn check_specs(found: &Specs, wanted: &Specs) -> Result<()> {
    check_count(found.types.len(), wanted.types.len())?;
    for (index, (found, wanted)) in found.types.iter().zip(&wanted.types).enumerate() {
        ensure!(
            found == wanted,
            invalid_argument,
            "Data type mismatch at component {index}: expected {} but got {}.",
            wanted.cpp_name(),
            found.cpp_name()
        );
    }
    ensure!(
        found.shapes.len() == wanted.shapes.len(),
        invalid_argument,
        "Number of components does not match: expected {} shapes but got {}.",
        wanted.shapes.len(),
        found.shapes.len()
    );
    for (index, (found, wanted)) in found.shapes.iter().zip(&wanted.shapes).enumerate() {
        ensure!(
            found.is_compatible_with(wanted),
            invalid_argument,
            "Incompatible shapes at component {index}: expected {} but got {}.",
            wanted.cpp(),
            found.cpp()
        );
    }
    Ok(())
}

fn handle(data: HandleData) -> NdArray {
    NdArray::scalar(ResourceHandle::new(HandleData { device: DEVICE.to_string(), ..data }))
}

/// The container and the name of a node's resource: the node's own name where it is given none.
fn place_of(cx: &KernelCtx<'_>) -> Result<(String, String)> {
    let (container, name) = (cx.str("container")?, cx.str("shared_name")?);
    let name = if name.is_empty() { cx.node() } else { name };
    let container = cx.env().resources.container(container);
    Ok((container.to_string(), name.to_string()))
}

fn iterator_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (container, name) = place_of(cx)?;
    let specs = Specs::from_attrs(cx)?;
    let resource =
        cx.env().resources.get_or_create(&container, &name, || Ok(IteratorResource::new(specs.clone())))?;
    check_specs(&resource.specs, &specs)?;
    cx.set(0, handle(HandleData { container, name, ..HandleData::default() }))
}

fn one_shot_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (container, name) = place_of(cx)?;
    let specs = Specs::from_attrs(cx)?;
    let function = cx.func("dataset_factory")?.clone();
    let env = cx.env();
    env.resources.get_or_create(&container, &name, || {
        let resource = IteratorResource::new(specs);
        let Some(runner) = &env.functions else {
            bail!(not_found, "Function {} is not defined", function.name)
        };
        match runner.call(&function, Vec::new(), env)?.as_slice() {
            [dataset] => resource.begin(dataset, env)?,
            _ => bail!(
                invalid_argument,
                "The `dataset_factory` function must return a single scalar of dtype DT_VARIANT."
            ),
        }
        Ok(resource)
    })?;
    cx.set(0, handle(HandleData { container, name, ..HandleData::default() }))
}

fn anonymous_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let specs = Specs::from_attrs(cx)?;
    let data = HandleData {
        container: "Anonymous".to_string(),
        name: format!("AnonymousIterator{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        resource: Some(Arc::new(IteratorResource::new(specs))),
        ..HandleData::default()
    };
    cx.set(0, handle(data))?;
    if cx.num_outputs() > 1 {
        // The handle itself keeps the iterator alive; there is nothing that a deleter would delete.
        cx.set(1, NdArray::scalar(ferroflow_core::Variant::default()))?;
    }
    Ok(())
}

fn resource(cx: &KernelCtx<'_>, index: usize) -> Result<Arc<IteratorResource>> {
    match cx.slice::<ResourceHandle>(index)?.first() {
        Some(handle) => handle.lookup(&cx.env().resources),
        None => bail!(invalid_argument, "the handle of an iterator must be a scalar"),
    }
}

fn make_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    input_dataset(cx, 0)?;
    resource(cx, 1)?.begin(cx.input(0)?, &lasting(cx.env()))
}

/// Whether an element is what the op's attributes say; the messages are those for a dtype and for a shape.
fn check_element(
    cx: &KernelCtx<'_>,
    element: &Element,
    of_dtype: impl Fn(usize, &str, &str) -> String,
    of_shape: impl Fn(usize, String, String) -> String,
) -> Result<()> {
    let (types, shapes) = (cx.dtypes("output_types")?, cx.shapes("output_shapes")?);
    for (index, (value, (dtype, shape))) in element.iter().zip(types.iter().zip(shapes)).enumerate() {
        let found = value.dtype();
        ensure!(
            found == *dtype,
            invalid_argument,
            "{}",
            of_dtype(index, &dtype.cpp_name(), &found.cpp_name())
        );
        let found = PartialShape::from(value.shape());
        ensure!(
            shape.admits(value.shape()),
            invalid_argument,
            "{}",
            of_shape(index, shape.cpp(), found.cpp())
        );
    }
    Ok(())
}

fn get_next_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let element = resource(cx, 0)?.next(cx.env())?;
    let element = element.ok_or_else(|| Error::out_of_range("End of sequence"))?;
    give(cx, element)
}

/// Gives out the components of an element, which must be what the op's attributes say.
pub(crate) fn give(cx: &mut KernelCtx<'_>, element: Element) -> Result<()> {
    check_count(element.len(), cx.num_outputs())?;
    check_element(
        cx,
        &element,
        |at, wanted, found| {
            format!("Data type mismatch at component {at}: expected {wanted} but got {found}.")
        },
        |at, wanted, found| {
            format!("Incompatible shapes at component {at}: expected {wanted} but got {found}.")
        },
    )?;
    element.into_iter().enumerate().try_for_each(|(index, value)| cx.set(index, value))
}

fn get_next_as_optional_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let element = resource(cx, 0)?.next(cx.env())?;
    let mut types = cx.dtypes("output_types")?.to_vec();
    if let Some(element) = &element {
        // What the attributes tell beyond the element's components is passed over, as in TensorFlow 2.21.
        let count = element.len().max(types.len());
        check_count(count, types.len())?;
        types.truncate(element.len());
        let message = |what: &str, at: usize, wanted: &str, found: &str| {
            format!(
                "The given optional does not match the expected {what} for component {at}. Expected: {wanted}. Actual: \
                 {found}."
            )
        };
        check_element(
            cx,
            element,
            |at, wanted, found| message("type", at, wanted, found),
            |at, wanted, found| message("shape", at, &wanted, &found),
        )?;
    }
    // Optionals are made by ops of another family.
    let (op, attrs, mut values) = match element {
        Some(values) => ("OptionalFromValue", Attrs::new().with("Toutput_types", types), values),
        None => ("OptionalNone", Attrs::new(), Element::default()),
    };
    let Some(def) = registry::lookup(op) else {
        bail!(unimplemented, "unsupported op: {op} (node '{}')", cx.node())
    };
    let optional = run_op(def, &attrs, cx.node(), &mut values, cx.env(), None)?;
    optional.into_iter().try_for_each(|optional| cx.set(0, optional))
}

fn to_string_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    resource(cx, 0)?;
    let data =
        cx.slice::<ResourceHandle>(0)?.first().and_then(ResourceHandle::data).cloned().unwrap_or_default();
    cx.set(0, NdArray::scalar(TString::from(format!("{}\n{}", data.container, data.name))))
}

fn from_string_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    ensure!(cx.input(0)?.rank() == 0, invalid_argument, "string_handle must be a scalar");
    let text: TString = cx.input(0)?.item()?;
    let text = text.to_str().unwrap_or_default();
    let Some((container, name)) = text.split_once('\n') else {
        bail!(invalid_argument, "Could not parse string_handle as a valid ResourceHandle")
    };
    let array = handle(HandleData {
        container: container.to_string(),
        name: name.to_string(),
        ..HandleData::default()
    });
    let found: Arc<IteratorResource> = match array.as_slice::<ResourceHandle>()?.first() {
        Some(handle) => handle.lookup(&cx.env().resources)?,
        None => bail!(internal, "a scalar has no element"),
    };
    let types = cx.dtypes("output_types")?.to_vec();
    if !types.is_empty() {
        check_specs(&found.specs, &Specs { types, shapes: cx.shapes("output_shapes")?.to_vec() })?;
    }
    cx.set(0, array)
}

/// All outputs are scalars.
pub(crate) fn handle_shapes(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for index in 0..cx.num_outputs() {
        cx.set(index, PartialShape::scalar());
    }
    Ok(())
}

dataset_op!(ITERATOR_GET_NEXT_AS_OPTIONAL "IteratorGetNextAsOptional" get_next_as_optional_kernel);
dataset_op!(ITERATOR "Iterator" iterator_kernel);
dataset_op!(ITERATOR_V2 "IteratorV2" iterator_kernel);
dataset_op!(ONE_SHOT_ITERATOR "OneShotIterator" one_shot_kernel);
dataset_op!(ANONYMOUS_ITERATOR_V3 "AnonymousIteratorV3" anonymous_kernel);
dataset_op!(ITERATOR_TO_STRING_HANDLE "IteratorToStringHandle" to_string_kernel);
dataset_op!(ITERATOR_FROM_STRING_HANDLE "IteratorFromStringHandle" from_string_kernel);
dataset_op!(ITERATOR_FROM_STRING_HANDLE_V2 "IteratorFromStringHandleV2" from_string_kernel);

pub(crate) static ANONYMOUS_ITERATOR_V2: OpDef = OpDef {
    name: "AnonymousIteratorV2",
    shape: handle_shapes,
    kernel: Some(anonymous_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(crate) static MAKE_ITERATOR: OpDef = OpDef {
    name: "MakeIterator",
    shape: shape_fn::no_outputs,
    kernel: Some(make_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(crate) static ITERATOR_GET_NEXT: OpDef = OpDef {
    name: "IteratorGetNext",
    shape: declared_shapes,
    kernel: Some(get_next_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(crate) static ITERATOR_GET_NEXT_SYNC: OpDef = OpDef {
    name: "IteratorGetNextSync",
    shape: declared_shapes,
    kernel: Some(get_next_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
