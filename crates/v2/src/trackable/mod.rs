//! Trackable objects: variables, and what is made of them, as checkpoints and SavedModels see them.
//!
//! An object names its parts; a file holds the objects under these names, so that a program finds its variables again
//! whatever they are called and in whatever order they are made.

mod containers;
mod object_graph;
mod restoration;

pub(crate) use object_graph::{Held, Node, ObjectGraph, references};
pub use restoration::Deferred;
pub(crate) use restoration::{Matches, NamedRestoration, Restoration};

use crate::Variable;
use crate::models::SavedFunction;
use ferroflow_core::{DType, NdArray};

/// An object whose state checkpoints save and restore: a [`Variable`], or something that names its parts.
///
/// Variables, optimizers, vectors, arrays, slices and maps of trackable objects are trackable, as are references,
/// `Box`es and `Arc`s of them. A struct of one's own names its fields:
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::{Children, Trackable};
/// struct Linear {
///     w: tf::Variable,
///     b: tf::Variable,
/// }
/// impl Trackable for Linear {
///     fn children<'a>(&'a self, children: &mut Children<'a>) {
///         children.add("w", &self.w).add("b", &self.b);
///     }
/// }
/// let model = Linear { w: tf::Variable::new([[1.0, 2.0]])?, b: tf::Variable::new(0.5)? };
/// let directory = std::env::temp_dir().join(format!("trackable-{}", std::process::id()));
/// let path = tf::train::Checkpoint::new().track("model", &model).save(directory.join("ckpt"))?;
/// let names: Vec<String> = tf::train::list_variables(&path)?.into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names[1], "model/b/.ATTRIBUTES/VARIABLE_VALUE");
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
pub trait Trackable {
    /// Names the parts that the object is made of. The names stand in files, so they are not to change.
    fn children<'a>(&'a self, children: &mut Children<'a>);

    /// The variable that the object is, if it is one.
    fn as_variable(&self) -> Option<&Variable> {
        None
    }

    /// What the object keeps outside of variables, if it does.
    fn as_state(&self) -> Option<&dyn ObjectState> {
        None
    }

    /// The function that the object is, if its kind is [`TrackableKind::Function`]. Checkpoints pass over functions;
    /// SavedModels hold them.
    ///
    /// # Errors
    /// What is wrong with its traces.
    fn as_function(&self) -> ferroflow_core::Result<Option<SavedFunction>> {
        Ok(None)
    }

    /// What a program that loads a SavedModel is to make of the object.
    fn kind(&self) -> TrackableKind {
        TrackableKind::Object
    }

    /// Called when a checkpoint is restored that has values for the object. One that makes variables later keeps
    /// the values and applies them when it has made them.
    fn restore_later(&self, _values: &Deferred) {}

    /// What tells the object from others, so that one that is reached in two ways is saved once.
    fn identity(&self) -> Identity {
        Identity::of(self)
    }
}

/// What an object keeps outside of variables, such as the entries of a table: tensors under one attribute.
pub trait ObjectState {
    /// The name of the attribute, which stands in files.
    fn attribute(&self) -> &'static str;

    /// The object as errors show it.
    fn describe(&self) -> String;

    /// The tensors, by what their keys end in.
    ///
    /// # Errors
    /// `Unimplemented` for objects of a graph.
    fn save(&self) -> ferroflow_core::Result<Vec<(&'static str, NdArray)>>;

    /// Takes tensors that `read` gives by the ends of their keys and their dtypes, and checks them; what is returned puts
    /// them into the object. So nothing changes where another object's do not fit.
    ///
    /// # Errors
    /// `InvalidArgument` for tensors of other dtypes or shapes, and those of `read`.
    fn restore<'a>(&'a self, read: &ReadState<'_>) -> ferroflow_core::Result<Prepared<'a>>;
}

/// Reads a tensor of an object, by what its key ends in and its dtype.
pub type ReadState<'a> = dyn Fn(&str, DType) -> ferroflow_core::Result<NdArray> + 'a;

/// Puts what was read into an object.
pub type Prepared<'a> = Box<dyn FnOnce() -> ferroflow_core::Result<()> + 'a>;

/// What a program that loads a SavedModel makes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackableKind {
    /// An object with attributes.
    Object,
    /// A list, whose parts are named by their positions.
    List,
    /// A dictionary.
    Dict,
    /// A tuple, whose parts are named by their positions.
    Tuple,
    /// A function.
    Function,
}

/// What tells one object from others: where it lies, and its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    address: usize,
    type_name: &'static str,
}

impl Identity {
    /// That of the object behind a reference.
    pub fn of<T: ?Sized>(object: &T) -> Identity {
        // A struct and its first field share an address, but not a type.
        Identity {
            address: std::ptr::from_ref(object).cast::<()>().addr(),
            type_name: std::any::type_name::<T>(),
        }
    }
}

/// The parts of an object, by name: what [`Trackable::children`] fills in.
#[derive(Default)]
pub struct Children<'a> {
    entries: Vec<(String, Held<'a>)>,
}

impl<'a> Children<'a> {
    /// Adds a part.
    pub fn add(&mut self, name: impl Into<String>, child: &'a dyn Trackable) -> &mut Children<'a> {
        self.entries.push((name.into(), Held::Object(child)));
        self
    }

    /// Adds a variable that cannot be borrowed for as long as the object, such as one behind a lock.
    pub fn add_variable(&mut self, name: impl Into<String>, variable: Variable) -> &mut Children<'a> {
        self.entries.push((name.into(), Held::Variable(variable)));
        self
    }

    /// Adds a list of such variables.
    pub fn add_variables(
        &mut self,
        name: impl Into<String>,
        variables: impl IntoIterator<Item = Variable>,
    ) -> &mut Children<'a> {
        self.entries.push((name.into(), Held::List(variables.into_iter().collect())));
        self
    }

    /// Adds parts as graphs of objects hold them.
    pub(crate) fn extend(&mut self, entries: impl IntoIterator<Item = (String, Held<'a>)>) {
        self.entries.extend(entries);
    }

    pub(crate) fn into_entries(self) -> Vec<(String, Held<'a>)> {
        self.entries
    }
}
