//! Resources: what handles point to, the manager that owns it by name, and variants.

use crate::{Error, Result};
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Something that a resource handle can point to: a variable, a table, a queue.
pub trait Resource: Any + Send + Sync {
    /// The C++ type's name as it appears in TensorFlow's messages and handles.
    fn type_name(&self) -> &'static str;
    /// The type's mangled C++ name, which errors about missing resources show.
    fn mangled_name() -> &'static str
    where
        Self: Sized,
    {
        "<unknown>"
    }
    /// One line on what it is, for inspection.
    fn debug_string(&self) -> String;
}

/// An element of dtype `resource`: the address of a [`Resource`].
#[derive(Clone, Default)]
pub struct ResourceHandle(Option<Arc<HandleData>>);

/// What a handle says of its resource.
#[derive(Clone, Default)]
pub struct HandleData {
    /// The device it lives on.
    pub device: String,
    /// The container that owns it.
    pub container: String,
    /// Its name within the container.
    pub name: String,
    /// The dtypes and shapes of the values it holds, where they are known.
    pub dtypes_and_shapes: crate::HandleShapes,
    /// The hash of the resource's type, in a handle that came from another process.
    pub hash_code: u64,
    /// The name of the resource's type, in a handle that came from another process.
    pub type_name: String,
    /// The resource itself, for a handle that keeps it alive.
    pub resource: Option<Arc<dyn Resource>>,
}

impl HandleData {
    /// The name of the resource's type, where it is known.
    pub fn resource_type(&self) -> &str {
        self.resource.as_ref().map_or(&self.type_name, |resource| resource.type_name())
    }
}

impl ResourceHandle {
    /// A handle with this content.
    pub fn new(data: HandleData) -> ResourceHandle {
        ResourceHandle(Some(Arc::new(data)))
    }

    /// What the handle says; `None` for one that was never set.
    pub fn data(&self) -> Option<&HandleData> {
        self.0.as_deref()
    }

    /// The resource, found through the handle or by its name in the manager.
    ///
    /// # Errors
    /// `NotFound` when there is none, `InvalidArgument` when it is of another type.
    pub fn lookup<R: Resource>(&self, manager: &ResourceManager) -> Result<Arc<R>> {
        let Some(data) = self.data() else {
            return Err(Error::invalid_argument("Trying to access resource using an empty handle"));
        };
        let resource = match &data.resource {
            Some(resource) => resource.clone(),
            None => manager
                .get(&data.container, &data.name)
                .ok_or_else(|| manager.missing(&data.container, &data.name, R::mangled_name()))?,
        };
        let found = resource.type_name();
        let any: Arc<dyn Any + Send + Sync> = resource;
        any.downcast::<R>().map_err(|_| {
            Error::invalid_argument(format!(
                "Trying to access resource '{}' located in device {} as a resource of another type than {found}",
                data.name, data.device
            ))
        })
    }
}

impl PartialEq for ResourceHandle {
    fn eq(&self, other: &ResourceHandle) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                Arc::ptr_eq(a, b) || (a.container == b.container && a.name == b.name && same_resource(a, b))
            }
            _ => false,
        }
    }
}

fn same_resource(a: &HandleData, b: &HandleData) -> bool {
    match (&a.resource, &b.resource) {
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

impl fmt::Debug for ResourceHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.data() {
            None => f.write_str("<ResourceHandle()>"),
            Some(data) => {
                let kind = data.resource_type();
                let values: Vec<String> = data
                    .dtypes_and_shapes
                    .iter()
                    .map(|(dtype, shape)| format!("DType enum: {}, Shape: {}", dtype.number(), shape.cpp()))
                    .collect();
                write!(
                    f,
                    "<ResourceHandle(name=\"{}\", device=\"{}\", container=\"{}\", type=\"{kind}\", \
                     dtype and shapes : \"[ {} ]\")>",
                    data.name,
                    data.device,
                    data.container,
                    values.join(",")
                )
            }
        }
    }
}

/// Resources by container and name.
type Containers = BTreeMap<String, BTreeMap<String, Arc<dyn Resource>>>;

/// The owner of resources, by container and name.
pub struct ResourceManager {
    containers: Mutex<Containers>,
    default_container: String,
}

impl Default for ResourceManager {
    fn default() -> ResourceManager {
        ResourceManager::with_default_container("localhost")
    }
}

impl ResourceManager {
    /// A manager that owns nothing yet.
    pub fn new() -> ResourceManager {
        ResourceManager::default()
    }

    /// One whose container without a name is called so; TensorFlow's servers call it as their job.
    pub fn with_default_container(name: &str) -> ResourceManager {
        ResourceManager { containers: Mutex::default(), default_container: name.to_string() }
    }

    /// The container that is meant by a name, which may be empty.
    pub fn container<'a>(&'a self, name: &'a str) -> &'a str {
        if name.is_empty() { &self.default_container } else { name }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Containers> {
        // A thread that panicked while holding the lock left the map itself whole.
        self.containers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The resource of this name.
    pub fn get(&self, container: &str, name: &str) -> Option<Arc<dyn Resource>> {
        self.lock().get(self.container(container))?.get(name).cloned()
    }

    /// The error for a resource that is not there, in TensorFlow's words: its type is a mangled C++ name.
    pub fn missing(&self, container: &str, name: &str, mangled: &str) -> Error {
        let container = self.container(container);
        Error::not_found(if self.lock().contains_key(container) {
            format!("Resource {container}/{name}/{mangled} does not exist.")
        } else {
            format!("Container {container} does not exist. (Could not find resource: {container}/{name})")
        })
    }

    /// The resource of this name, made by `create` if there is none.
    ///
    /// # Errors
    /// `InvalidArgument` when one of another type has the name, and whatever `create` returns.
    pub fn get_or_create<R: Resource>(
        &self,
        container: &str,
        name: &str,
        create: impl FnOnce() -> Result<R>,
    ) -> Result<Arc<R>> {
        let mut containers = self.lock();
        let resources = containers.entry(self.container(container).to_string()).or_default();
        if let Some(found) = resources.get(name) {
            let any: Arc<dyn Any + Send + Sync> = found.clone();
            return any.downcast::<R>().map_err(|_| {
                Error::invalid_argument(format!(
                    "Resource {}/{name} exists as another type, {}",
                    self.container(container),
                    found.type_name()
                ))
            });
        }
        let resource = Arc::new(create()?);
        resources.insert(name.to_string(), resource.clone());
        Ok(resource)
    }

    /// Forgets a resource; `false` when there was none.
    pub fn remove(&self, container: &str, name: &str) -> bool {
        let mut containers = self.lock();
        containers.get_mut(self.container(container)).is_some_and(|held| held.remove(name).is_some())
    }

    /// Forgets everything in a container.
    pub fn clear(&self, container: &str) {
        self.lock().remove(self.container(container));
    }
}

/// What an element of dtype `variant` can hold.
pub trait VariantData: Any + Send + Sync {
    /// The C++ type's name in TensorFlow's encoding.
    fn type_name(&self) -> &'static str;
    /// One line on what it is.
    fn debug_string(&self) -> String;
    /// The dtypes and shapes of the values within, for a container of tensors.
    fn held(&self) -> Option<crate::HandleShapes> {
        None
    }
    /// The same with zeros for all numbers: what no gradient is for a container of tensors.
    ///
    /// # Errors
    /// `Unimplemented` where there is no such thing.
    fn zeros(&self) -> Result<Variant> {
        Err(Error::unimplemented(format!("zeros like a variant of type {}", self.type_name())))
    }
    /// The sum with another value of the type, `add` adding the tensors within.
    ///
    /// # Errors
    /// `Unimplemented` where there is no such thing; what `add` returns.
    fn sum(&self, other: &Variant, add: &AddArrays<'_>) -> Result<Variant> {
        let _ = (other, add);
        Err(Error::unimplemented(format!("the sum of variants of type {}", self.type_name())))
    }
    /// The value as it goes to another process.
    ///
    /// # Errors
    /// `Unimplemented` for what stays in its process.
    fn encode(&self) -> Result<crate::EncodedVariant> {
        Err(Error::unimplemented(format!("unsupported variant of type {}", self.type_name())))
    }
}

/// Adds two arrays of one shape.
pub type AddArrays<'a> = dyn Fn(&crate::NdArray, &crate::NdArray) -> Result<crate::NdArray> + 'a;

/// An element of dtype `variant`: any value, shared.
#[derive(Clone, Default)]
pub struct Variant(Option<Arc<dyn VariantData>>);

impl Variant {
    /// Holds this value.
    pub fn new<V: VariantData>(value: V) -> Variant {
        Variant(Some(Arc::new(value)))
    }

    /// The value, if it is of this type.
    pub fn get<V: VariantData>(&self) -> Option<&V> {
        let data: &dyn Any = self.0.as_deref()?;
        data.downcast_ref::<V>()
    }

    /// The value for writing, if it is of this type and no other handle shares it.
    pub fn get_mut<V: VariantData>(&mut self) -> Option<&mut V> {
        let data: &mut dyn Any = Arc::get_mut(self.0.as_mut()?)?;
        data.downcast_mut::<V>()
    }

    /// The dtypes and shapes of the values within, where the value is a container of tensors.
    pub fn held(&self) -> Option<crate::HandleShapes> {
        self.0.as_ref()?.held()
    }

    /// The value with zeros for all numbers; one that was never set stays so.
    ///
    /// # Errors
    /// `Unimplemented` for a value that has no zeros.
    pub fn zeros(&self) -> Result<Variant> {
        self.0.as_ref().map_or(Ok(Variant::default()), |data| data.zeros())
    }

    /// The sum of two values, `add` adding the tensors within; one that was never set adds nothing.
    ///
    /// # Errors
    /// `Unimplemented` for values that have no sum; what `add` returns.
    pub fn sum(&self, other: &Variant, add: &AddArrays<'_>) -> Result<Variant> {
        match (&self.0, &other.0) {
            (Some(data), Some(_)) => data.sum(other, add),
            (Some(_), None) => Ok(self.clone()),
            (None, _) => Ok(other.clone()),
        }
    }

    /// The value as it goes to another process; [`decode_variant`](crate::decode_variant) reads it.
    ///
    /// # Errors
    /// `Unimplemented` for what stays in its process.
    pub fn encode(&self) -> Result<crate::EncodedVariant> {
        self.0.as_ref().map_or_else(|| Ok(crate::EncodedVariant::default()), |data| data.encode())
    }

    /// The name of the held type; empty for a variant never set.
    pub fn type_name(&self) -> &'static str {
        self.0.as_ref().map_or("", |data| data.type_name())
    }
}

impl PartialEq for Variant {
    fn eq(&self, other: &Variant) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0.as_ref().map_or("empty variant".to_string(), |data| data.debug_string()))
    }
}
