//! `TensorArray`: a row of tensors written once and read back, and the rules of writing and reading.

use crate::tensor_list::merged;
use ferroflow_core::{
    Attrs, DType, Env, Error, NdArray, PartialShape, Resource, Result, Shape, TString, bail, ensure,
    registry, run_op,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// More elements than any array has: a bound on what a bad size makes us set aside.
const LONGEST: usize = 1 << 28;

/// What the names of arrays begin with.
pub(crate) const ARRAYS: &str = "_tensor_arrays";
/// What the names of gradients of arrays begin with.
pub(crate) const GRADIENTS: &str = "_tensor_array_grads";

/// The arrays that strings name, by both strings. A name is used once in a process, and each string that names an array
/// keeps it: it goes with the last of them, as a handle's does.
static NAMED: Mutex<BTreeMap<String, Weak<TensorArray>>> = Mutex::new(BTreeMap::new());

/// The bytes of a string that keeps the array it names.
struct Named(Arc<TensorArray>);

impl AsRef<[u8]> for Named {
    fn as_ref(&self) -> &[u8] {
        self.0.name.as_bytes()
    }
}

/// One place of an array.
#[derive(Clone, Default)]
struct Place {
    value: Option<NdArray>,
    /// Known from the moment something was written here, or to the same place of the array this is a gradient of.
    shape: Option<Shape>,
    read: bool,
    cleared: bool,
}

/// What changes in an array.
struct Places {
    places: Vec<Place>,
    element_shape: PartialShape,
    dynamic_size: bool,
    closed: bool,
    /// Gradients of this array, by the name of the pass they belong to.
    gradients: BTreeMap<String, Arc<TensorArray>>,
}

/// How an array behaves.
pub(crate) struct ArrayOptions {
    pub(crate) element_shape: PartialShape,
    pub(crate) dynamic_size: bool,
    pub(crate) clear_after_read: bool,
    pub(crate) identical_element_shapes: bool,
}

/// A row of tensors of one dtype.
pub(crate) struct TensorArray {
    pub(crate) name: String,
    pub(crate) dtype: DType,
    clear_after_read: bool,
    identical_element_shapes: bool,
    /// A gradient adds up what is written to the same place.
    pub(crate) is_gradient: bool,
    /// Whether strings name it.
    is_named: AtomicBool,
    inner: Mutex<Places>,
}

impl Resource for TensorArray {
    fn type_name(&self) -> &'static str {
        "tensorflow::TensorArray"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow11TensorArrayE"
    }
    fn debug_string(&self) -> String {
        format!("TensorArray[{}]", self.lock().places.len())
    }
}

impl TensorArray {
    pub(crate) fn new(name: String, dtype: DType, size: usize, options: ArrayOptions) -> Result<TensorArray> {
        ensure!(
            size <= LONGEST,
            resource_exhausted,
            "OOM when allocating a TensorArray with {size} elements"
        );
        Ok(TensorArray {
            name,
            dtype,
            clear_after_read: options.clear_after_read,
            identical_element_shapes: options.identical_element_shapes,
            is_gradient: false,
            is_named: AtomicBool::new(false),
            inner: Mutex::new(Places {
                places: vec![Place::default(); size],
                element_shape: options.element_shape,
                dynamic_size: options.dynamic_size,
                closed: false,
                gradients: BTreeMap::new(),
            }),
        })
    }

    /// The array of this name.
    ///
    /// # Errors
    /// `NotFound` when nothing keeps one.
    pub(crate) fn find(kind: &str, name: &str) -> Result<Arc<TensorArray>> {
        let found = names().get(&format!("{kind}{name}")).and_then(Weak::upgrade);
        found.ok_or_else(|| {
            let what = format!("__per_step_0/{kind}{name}");
            Error::not_found(format!("Resource {what}/{} does not exist.", TensorArray::mangled_name()))
        })
    }

    /// Lets the array be found by two strings, what it is and its name, as long as something keeps it.
    pub(crate) fn make_known(self: &Arc<TensorArray>, kind: &str) {
        names().insert(format!("{kind}{}", self.name), Arc::downgrade(self));
        self.is_named.store(true, Ordering::Relaxed);
    }

    /// The second of the strings; it keeps the array.
    pub(crate) fn name_for(array: Arc<TensorArray>, kind: &str) -> TString {
        array.make_known(kind);
        TString::from_owner(Named(array))
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The places, unless the array was closed.
    fn open(&self) -> Result<MutexGuard<'_, Places>> {
        let inner = self.lock();
        ensure!(!inner.closed, invalid_argument, "TensorArray {} has already been closed.", self.name);
        Ok(inner)
    }

    /// Frees what the array holds; every later use of it fails.
    pub(crate) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.places.clear();
    }

    pub(crate) fn size(&self) -> Result<usize> {
        Ok(self.open()?.places.len())
    }

    pub(crate) fn has_dynamic_size(&self) -> bool {
        self.lock().dynamic_size
    }

    /// Narrows what is known of the elements' shape.
    pub(crate) fn narrow_element_shape(&self, shape: &PartialShape) -> Result<PartialShape> {
        let mut inner = self.open()?;
        inner.element_shape = merged(&inner.element_shape, shape)?;
        Ok(inner.element_shape.clone())
    }

    fn refuse(&self, what: impl std::fmt::Display) -> Error {
        Error::invalid_argument(format!("TensorArray {}: {what}", self.name))
    }

    /// Puts values in their places; a gradient adds to what is there.
    pub(crate) fn write(&self, places: &[i64], values: Vec<NdArray>, env: &Env) -> Result<()> {
        let mut inner = self.open()?;
        for (&index, value) in places.iter().zip(values) {
            self.write_one(&mut inner, index, value, env)?;
        }
        Ok(())
    }

    fn write_one(&self, inner: &mut Places, index: i64, value: NdArray, env: &Env) -> Result<()> {
        let size = inner.places.len();
        let at = usize::try_from(index).ok().filter(|at| *at < size || inner.dynamic_size);
        let Some(at) = at else {
            return Err(self.refuse(format!(
                "Tried to write to index {index} but array is not resizeable and size is: {size}"
            )));
        };
        if at >= size {
            ensure!(
                at < LONGEST,
                resource_exhausted,
                "OOM when allocating a TensorArray with {index} elements"
            );
            inner.places.resize(at + 1, Place::default());
        }
        let (place, could_not) =
            (&mut inner.places[at], format!("Could not write to TensorArray index {index}"));
        if !inner.element_shape.admits(value.shape()) {
            return Err(self.refuse(format!(
                "{could_not} because the value shape is {} which is incompatible with the TensorArray's inferred \
                 element shape: {} (consider setting infer_shape=False).",
                value.shape(),
                inner.element_shape.cpp()
            )));
        }
        if self.identical_element_shapes && !inner.element_shape.is_fully_defined() {
            inner.element_shape = value.shape().into();
        }
        if place.read {
            return Err(self.refuse(format!("{could_not} because it has already been read.")));
        }
        match &place.shape {
            None => {
                place.shape = Some(value.shape().clone());
                place.value = Some(value);
            }
            Some(_) if !self.is_gradient => {
                return Err(self.refuse(format!("{could_not} because it has already been written to.")));
            }
            Some(shape) if shape != value.shape() => {
                return Err(self.refuse(format!(
                    "Could not aggregate to TensorArray index {index} because the existing shape is {shape} but the \
                     new input shape is {}.",
                    value.shape()
                )));
            }
            Some(_) => {
                place.value = Some(match place.value.take() {
                    Some(held) => sum(held, value, env)?,
                    None => value,
                });
            }
        }
        Ok(())
    }

    /// The values in these places, which are then cleared where the array does so.
    pub(crate) fn read(&self, places: &[i64]) -> Result<Vec<NdArray>> {
        let mut inner = self.open()?;
        places.iter().map(|&index| self.read_one(&mut inner, index)).collect()
    }

    fn read_one(&self, inner: &mut Places, index: i64) -> Result<NdArray> {
        let size = inner.places.len();
        let found = usize::try_from(index).ok().and_then(|at| inner.places.get_mut(at));
        let Some(place) = found else {
            bail!(invalid_argument, "Tried to read from index {index} but array size is: {size}");
        };
        if place.cleared {
            return Err(self.refuse(format!(
                "Could not read index {index} twice because it was cleared after a previous read (perhaps try setting \
                 clear_after_read = false?)."
            )));
        }
        let value = match (&place.value, place.shape.clone().or_else(|| inner.element_shape.to_shape())) {
            (Some(value), _) => value.clone(),
            (None, Some(shape)) => NdArray::zeros(self.dtype, shape)?,
            (None, None) => {
                return Err(self.refuse(format!(
                    "Could not read from TensorArray index {index}.  Furthermore, the element shape is not fully \
                     defined: {}.  It is possible you are working with a resizeable TensorArray and stop_gradients is \
                     not allowing the gradients to be written.  If you set the full element_shape property on the \
                     forward TensorArray, the proper all-zeros tensor will be returned instead of incurring this error.",
                    inner.element_shape.cpp()
                )));
            }
        };
        place.read = true;
        place.shape = Some(value.shape().clone());
        place.value = Some(value.clone());
        if self.clear_after_read {
            place.cleared = true;
            place.value = None;
        }
        Ok(value)
    }

    /// The gradient of this array in a pass, made when it is first asked for: as many places, the shapes that were
    /// written, with `prefix` before each. From then on this array does not grow.
    pub(crate) fn gradient(&self, pass: &str, prefix: &[usize]) -> Result<Arc<TensorArray>> {
        ensure!(
            !self.is_gradient,
            invalid_argument,
            "Wrong input container. _tensor_array_grads{}",
            self.name
        );
        let mut inner = self.open()?;
        inner.dynamic_size = false;
        if let Some(gradient) = inner.gradients.get(pass) {
            return Ok(gradient.clone());
        }
        let mut places = Vec::with_capacity(inner.places.len());
        for place in &inner.places {
            let shape = place.shape.as_ref();
            let shape = shape.map(|shape| Shape::new(&[prefix, shape.dims()].concat())).transpose()?;
            places.push(Place { shape, ..Place::default() });
        }
        let gradient = Arc::new(TensorArray {
            name: format!("{}@{pass}", self.name),
            dtype: self.dtype,
            clear_after_read: true,
            identical_element_shapes: self.identical_element_shapes,
            is_gradient: true,
            is_named: AtomicBool::new(false),
            inner: Mutex::new(Places {
                places,
                element_shape: PartialShape::from(prefix).concatenate(&inner.element_shape),
                dynamic_size: false,
                closed: false,
                gradients: BTreeMap::new(),
            }),
        });
        inner.gradients.insert(pass.to_string(), gradient.clone());
        Ok(gradient)
    }
}

fn names() -> MutexGuard<'static, BTreeMap<String, Weak<TensorArray>>> {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for TensorArray {
    fn drop(&mut self) {
        if *self.is_named.get_mut() {
            let kind = if self.is_gradient { GRADIENTS } else { ARRAYS };
            names().remove(&format!("{kind}{}", self.name));
        }
    }
}

fn sum(held: NdArray, value: NdArray, env: &Env) -> Result<NdArray> {
    let Some(add) = registry::lookup("AddV2") else { bail!(unimplemented, "unsupported op: AddV2") };
    let attrs = Attrs::new().with("T", held.dtype());
    let outputs = run_op(add, &attrs, "AddV2", &mut [held, value], env, None)?;
    outputs.into_iter().next().ok_or_else(|| Error::internal("AddV2 gave nothing"))
}
