//! `Module`: objects that name the variables they are made of.

use crate::Variable;
use crate::layers::Layer;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The parts of an object, by name: what [`Module::children`] fills in.
#[derive(Default)]
pub struct Parts<'a>(Vec<(String, &'a dyn Module)>);

impl<'a> Parts<'a> {
    /// Adds a part.
    pub fn add(&mut self, name: impl Into<String>, part: &'a dyn Module) -> &mut Parts<'a> {
        self.0.push((name.into(), part));
        self
    }
}

/// An object made of variables and other such objects (`tf.Module`), which names them once:
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::{Module, Parts};
/// struct Linear {
///     w: tf::Variable,
///     steps: tf::Variable,
/// }
/// impl Module for Linear {
///     fn children<'a>(&'a self, parts: &mut Parts<'a>) {
///         parts.add("w", &self.w).add("steps", &self.steps);
///     }
/// }
/// let steps = tf::Variable::new_with(0, |o| o.name("steps").trainable(false))?;
/// let linear = Linear { w: tf::Variable::new_with([1.0], |o| o.name("w"))?, steps };
/// let names = |variables: Vec<tf::Variable>| variables.iter().map(tf::Variable::name).collect::<Vec<_>>();
/// assert_eq!(names(linear.variables()), ["steps:0", "w:0"]);
/// assert_eq!(names(linear.trainable_variables()), ["w:0"]);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// Variables, layers, models, vectors, arrays, options and maps of modules are modules, as are references, `Box`es and
/// `Arc`s of them.
pub trait Module {
    /// Names the parts that the object is made of.
    fn children<'a>(&'a self, parts: &mut Parts<'a>);

    /// The variable that the object is, if it is one.
    fn as_variable(&self) -> Option<&Variable> {
        None
    }

    /// Whether the object is a list or a map, whose parts belong to the object that holds it.
    fn is_container(&self) -> bool {
        false
    }

    /// All variables, in TensorFlow's order: an object's own by the names of its parts, then those of the objects in it. Each
    /// comes once. Those of layers come in the order in which the layer made them.
    fn variables(&self) -> Vec<Variable> {
        let mut found = Vec::new();
        collect(&|parts| self.children(parts), !self.is_container(), &mut found);
        found
    }

    /// The variables that optimizers change.
    fn trainable_variables(&self) -> Vec<Variable> {
        self.variables().into_iter().filter(Variable::trainable).collect()
    }
}

type Children<'a, 'b> = &'b dyn Fn(&mut Parts<'a>);

/// Adds the variables of one object, then those of the objects in it.
fn collect<'a>(children: Children<'a, '_>, sorted: bool, found: &mut Vec<Variable>) {
    let mut later = Vec::new();
    own(children, sorted, found, &mut later);
    for object in later {
        for variable in object.variables() {
            add(found, &variable);
        }
    }
}

fn own<'a>(
    children: Children<'a, '_>,
    sorted: bool,
    found: &mut Vec<Variable>,
    later: &mut Vec<&'a dyn Module>,
) {
    let mut parts = Parts::default();
    children(&mut parts);
    if sorted {
        parts.0.sort_by(|(first, _), (second, _)| first.cmp(second));
    }
    for (_, part) in parts.0 {
        match part.as_variable() {
            Some(variable) => add(found, variable),
            None if part.is_container() => own(&|parts| part.children(parts), false, found, later),
            None => later.push(part),
        }
    }
}

fn add(found: &mut Vec<Variable>, variable: &Variable) {
    if !found.iter().any(|earlier| earlier.is_same(variable)) {
        found.push(variable.clone());
    }
}

impl Module for Variable {
    fn children<'a>(&'a self, _parts: &mut Parts<'a>) {}

    fn as_variable(&self) -> Option<&Variable> {
        Some(self)
    }

    fn variables(&self) -> Vec<Variable> {
        vec![self.clone()]
    }
}

/// The weights under the names that the layer has for them.
impl Module for dyn Layer {
    fn children<'a>(&'a self, parts: &mut Parts<'a>) {
        for (name, variable) in self.state().weights() {
            parts.add(*name, variable);
        }
    }

    fn variables(&self) -> Vec<Variable> {
        Layer::variables(self)
    }

    fn trainable_variables(&self) -> Vec<Variable> {
        Layer::trainable_variables(self)
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => {
        $(impl<M: Module + ?Sized> Module for $pointer {
            fn children<'a>(&'a self, parts: &mut Parts<'a>) {
                (**self).children(parts);
            }

            fn as_variable(&self) -> Option<&Variable> {
                (**self).as_variable()
            }

            fn is_container(&self) -> bool {
                (**self).is_container()
            }

            fn variables(&self) -> Vec<Variable> {
                (**self).variables()
            }

            fn trainable_variables(&self) -> Vec<Variable> {
                (**self).trainable_variables()
            }
        })*
    };
}

pointers!(&M, Box<M>, Arc<M>);

macro_rules! sequences {
    ($($(#[$generics:meta])* [$($parameters:tt)*] $sequence:ty;)*) => {
        $(impl<$($parameters)*> Module for $sequence {
            fn children<'a>(&'a self, parts: &mut Parts<'a>) {
                for (position, item) in self.iter().enumerate() {
                    parts.add(position.to_string(), item);
                }
            }

            fn is_container(&self) -> bool {
                true
            }
        })*
    };
}

sequences! {
    [M: Module] Vec<M>;
    [M: Module, const COUNT: usize] [M; COUNT];
    [M: Module] Option<M>;
}

impl<M: Module> Module for BTreeMap<String, M> {
    fn children<'a>(&'a self, parts: &mut Parts<'a>) {
        for (name, item) in self {
            parts.add(name.clone(), item);
        }
    }

    fn is_container(&self) -> bool {
        true
    }
}
