//! `VariableResource`: the storage behind a variable, whether handles or references point to it.

use crate::{DType, Env, Error, NdArray, PartialShape, Resource, ResourceHandle, Result, TString};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

/// The value of a variable, shared by all handles to it.
///
/// Reading shares the memory; writing copies it only while a reader still holds it.
pub struct VariableResource {
    dtype: DType,
    shape: PartialShape,
    value: RwLock<Option<NdArray>>,
    trainable: AtomicBool,
}

impl VariableResource {
    /// A variable without a value.
    pub fn new(dtype: DType, shape: PartialShape) -> VariableResource {
        VariableResource { dtype, shape, value: RwLock::new(None), trainable: AtomicBool::new(true) }
    }

    /// The dtype of every value.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The shape it was declared with.
    pub fn shape(&self) -> &PartialShape {
        &self.shape
    }

    /// Whether gradient tapes watch it when it is read.
    pub fn is_trainable(&self) -> bool {
        self.trainable.load(Ordering::Relaxed)
    }

    /// Says whether gradient tapes watch it when it is read.
    pub fn set_trainable(&self, trainable: bool) {
        self.trainable.store(trainable, Ordering::Relaxed);
    }

    /// The value; `None` before the first assignment.
    pub fn value(&self) -> Option<NdArray> {
        self.value.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a value was assigned.
    pub fn is_initialized(&self) -> bool {
        self.value.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Replaces the value, or takes it away.
    pub fn set(&self, value: Option<NdArray>) {
        *self.lock() = value;
    }

    /// Keeps everybody else away from the value, for a read-modify-write as one step. Writing happens in place
    /// where no reader holds the memory.
    pub fn lock(&self) -> RwLockWriteGuard<'_, Option<NdArray>> {
        self.value.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resource for VariableResource {
    fn type_name(&self) -> &'static str {
        "tensorflow::Var"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow3VarE"
    }
    fn debug_string(&self) -> String {
        let value = self.value();
        let shape = value.map_or(PartialShape::scalar(), |value| value.shape().into());
        format!("{}/{}", self.dtype.cpp_name(), shape.cpp())
    }
}

/// The variable a reference points to. An output of a reference type is carried at run time as a resource handle.
///
/// # Errors
/// `Internal` when the array is not a handle to a variable.
pub fn referenced_variable(reference: &NdArray, env: &Env) -> Result<Arc<VariableResource>> {
    handle_of(reference)?.lookup::<VariableResource>(&env.resources)
}

/// The value a reference points to, for an op that takes values.
///
/// # Errors
/// `FailedPrecondition` before the first assignment, `Internal` when the array is not a handle to a variable.
pub fn deref(reference: &NdArray, env: &Env) -> Result<NdArray> {
    let handle = handle_of(reference)?;
    // What is no variable shows where it is found: that is what the two strings hold that such ops refer to.
    if let Some(data) = handle.data() {
        let found = data.resource.clone().or_else(|| env.resources.get(&data.container, &data.name));
        if let Some(found) = found.filter(|found| found.type_name() != "tensorflow::Var") {
            let name = TString::from_owner(KeptName { name: data.name.clone(), _resource: found });
            return Ok(NdArray::vector(vec![TString::from(data.container.as_str()), name]));
        }
    }
    let value = handle.lookup::<VariableResource>(&env.resources)?.value();
    value.ok_or_else(|| {
        let name = handle.data().map_or("", |data| data.name.as_str());
        Error::failed_precondition(format!("Attempting to use uninitialized value {name}"))
    })
}

/// The name of a resource that is there as long as the name is.
struct KeptName {
    name: String,
    _resource: Arc<dyn Resource>,
}

impl AsRef<[u8]> for KeptName {
    fn as_ref(&self) -> &[u8] {
        self.name.as_bytes()
    }
}

fn handle_of(reference: &NdArray) -> Result<&ResourceHandle> {
    let handles = reference.as_slice::<ResourceHandle>();
    let handle = handles.ok().and_then(|handles| handles.first());
    handle.ok_or_else(|| Error::internal("a reference is carried as a resource handle"))
}
