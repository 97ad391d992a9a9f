//! Pipelines: datasets, the streams of elements they give, and the variant tensors that carry them between ops.

use crate::position::Draws;
use ferroflow_core::{
    DType, Env, Error, FunctionInstance, KernelCtx, NdArray, PartialShape, Result, Variant, VariantData,
    bail, ensure,
};
use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// One element of a dataset: its components.
pub type Element = Vec<NdArray>;

/// The number of elements of a dataset that has no end.
pub const INFINITE: i64 = -1;
/// The number of elements of a dataset where only iterating tells it.
pub const UNKNOWN: i64 = -2;

/// What is known of each component of a dataset's elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Specs {
    /// The dtypes.
    pub types: Vec<DType>,
    /// The shapes, as far as they are the same in all elements.
    pub shapes: Vec<PartialShape>,
}

impl Specs {
    /// Those that an op's attributes `output_types` and `output_shapes` name.
    pub(crate) fn from_attrs(cx: &KernelCtx<'_>) -> Result<Specs> {
        Specs::from_named(cx, "output_types")
    }

    /// The same where the dtypes stand in another attribute.
    pub(crate) fn from_named(cx: &KernelCtx<'_>, types: &str) -> Result<Specs> {
        let (types, shapes) = (cx.dtypes(types)?.to_vec(), cx.shapes("output_shapes")?.to_vec());
        ensure!(
            types.len() == shapes.len(),
            invalid_argument,
            "`output_types` and `output_shapes` must be the same length; got `output_types` = {} and \
             `output_shapes` = {}",
            types.len(),
            shapes.len()
        );
        Ok(Specs { types, shapes })
    }

    /// Scalars of one dtype.
    pub(crate) fn scalar(dtype: DType) -> Specs {
        Specs { types: vec![dtype], shapes: vec![PartialShape::scalar()] }
    }
}

/// The functions that the parts of an iterator call, by name: what their random ops keep lasts as long as the iterator,
/// however often it goes through a part of it. The seeds that its parts drew stand beside them.
#[derive(Clone, Default)]
pub struct Functions {
    instances: Arc<Mutex<HashMap<String, Arc<dyn FunctionInstance>>>>,
    draws: Draws,
}

impl Functions {
    /// The function of this name, made ready by `make` the first time.
    pub(crate) fn get_or_init(
        &self,
        name: String,
        make: impl FnOnce() -> Result<Arc<dyn FunctionInstance>>,
    ) -> Result<Arc<dyn FunctionInstance>> {
        let mut functions = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = functions.get(&name) {
            return Ok(known.clone());
        }
        let made = make()?;
        functions.insert(name, made.clone());
        Ok(made)
    }

    /// The seeds that parts of the iterator drew.
    pub(crate) fn draws(&self) -> &Draws {
        &self.draws
    }
}

/// What the parts of an iterator run in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The environment of the present run.
    pub env: &'a Env,
    /// The iterator's functions.
    pub functions: &'a Functions,
}

/// Where an iterator stands: what the names of its parts begin with, and what it runs in.
pub struct Place<'a> {
    /// The names of the iterators that take from this one, as TensorFlow's messages show them.
    pub prefix: &'a str,
    /// What it runs in.
    pub cx: Context<'a>,
}

impl Place<'_> {
    /// The name of an iterator of this kind, standing here.
    pub(crate) fn name(&self, kind: &str) -> String {
        format!("{}::{kind}", self.prefix)
    }

    /// A stream of another dataset, which the iterator of this name takes elements from.
    pub(crate) fn input(&self, dataset: &dyn Dataset, name: &str) -> Result<Box<dyn Stream>> {
        dataset.stream(&Place { prefix: name, cx: self.cx })
    }
}

/// A description of elements, which can be gone through any number of times.
pub trait Dataset: Send + Sync + 'static {
    /// What it does, as it stands in the names of TensorFlow's iterators: `Map`, `BatchV2`.
    fn kind(&self) -> &'static str;
    /// What is known of the elements.
    fn specs(&self) -> &Specs;
    /// How many elements there are; [`INFINITE`] or [`UNKNOWN`].
    fn cardinality(&self) -> i64;
    /// Begins to go through the elements.
    ///
    /// # Errors
    /// Those of functions and files that are needed before the first element.
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>>;
    /// The dataset as itself, for transformations that know of each other.
    fn as_any(&self) -> &dyn Any;
}

/// The elements of a dataset, one after the other.
pub trait Stream: Send {
    /// The next element; `None` at the end, and from then on.
    ///
    /// # Errors
    /// What keeps this element from being made. The elements behind it can still be asked for.
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>>;
}

/// A dataset in a variant tensor.
struct Wrapper(Arc<dyn Dataset>);

impl VariantData for Wrapper {
    fn type_name(&self) -> &'static str {
        "tensorflow::DatasetVariantWrapper"
    }

    fn debug_string(&self) -> String {
        format!("{}Dataset", self.0.kind())
    }
}

/// A scalar variant tensor that holds a dataset.
pub fn to_variant(dataset: Arc<dyn Dataset>) -> NdArray {
    NdArray::scalar(Variant::new(Wrapper(dataset)))
}

/// The dataset that a variant tensor holds.
///
/// # Errors
/// `InvalidArgument` for any other tensor.
pub fn from_variant(tensor: &NdArray) -> Result<Arc<dyn Dataset>> {
    if tensor.dtype() != DType::VARIANT || tensor.rank() != 0 {
        bail!(invalid_argument, "Dataset tensor must be a scalar of dtype DT_VARIANT.");
    }
    match tensor.as_slice::<Variant>()?.first().and_then(Variant::get::<Wrapper>) {
        Some(wrapper) => Ok(wrapper.0.clone()),
        None => bail!(invalid_argument, "Tensor must be a Dataset object."),
    }
}

/// The dataset at an input of an op.
pub(crate) fn input_dataset(cx: &KernelCtx<'_>, index: usize) -> Result<Arc<dyn Dataset>> {
    from_variant(cx.input(index)?)
}

/// Gives out a dataset.
pub(crate) fn publish(cx: &mut KernelCtx<'_>, dataset: impl Dataset) -> Result<()> {
    cx.set(0, to_variant(Arc::new(dataset)))
}

/// The only element of a scalar input, which messages call `name`.
pub(crate) fn scalar<T: ferroflow_core::Element>(cx: &KernelCtx<'_>, index: usize, name: &str) -> Result<T> {
    ensure!(cx.input(index)?.rank() == 0, invalid_argument, "{name} must be a scalar");
    cx.input(index)?.item::<T>()
}

/// The elements of an input that is a scalar or a vector.
pub(crate) fn vector<T: ferroflow_core::Element>(
    cx: &KernelCtx<'_>,
    index: usize,
    name: &str,
) -> Result<Vec<T>> {
    ensure!(cx.input(index)?.rank() <= 1, invalid_argument, "`{name}` must be a scalar or a vector.");
    Ok(cx.slice::<T>(index)?.to_vec())
}

/// The shape that an input tells, with -1 for what is not known. It has to be a vector, which `not_a_vector` says.
pub(crate) fn partial_shape(cx: &KernelCtx<'_>, index: usize, not_a_vector: &str) -> Result<PartialShape> {
    ensure!(cx.input(index)?.rank() == 1, invalid_argument, "{not_a_vector}");
    let dims = cx.ints(index)?;
    let shape = PartialShape::from_i64(&dims)?;
    let known = dims.iter().take_while(|dim| **dim >= 0);
    ensure!(
        known
            .map(|dim| i128::from(*dim))
            .try_fold(1, |size: i128, dim| { Some(size * dim).filter(|size| *size <= i128::from(i64::MAX)) })
            .is_some(),
        invalid_argument,
        "Shape {} would have more than 2**63 - 1 elements",
        shape.cpp()
    );
    Ok(shape)
}

/// The values of a list argument.
pub(crate) fn list(cx: &KernelCtx<'_>, position: usize) -> Result<Vec<NdArray>> {
    let range = cx.arg(position)?;
    cx.inputs()
        .get(range)
        .map(<[NdArray]>::to_vec)
        .ok_or_else(|| Error::internal("an argument of an op is missing"))
}

/// A number that datasets bear in messages, in the order they are made.
pub(crate) fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A stream without elements.
pub(crate) struct Nothing;

impl Stream for Nothing {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        Ok(None)
    }
}

/// The environment for code that outlives the run it was begun in.
pub(crate) fn lasting(env: &Env) -> Env {
    let mut lasting = env.clone();
    lasting.deadline = None;
    lasting.cancellation = ferroflow_core::Cancellation::default();
    lasting
}
