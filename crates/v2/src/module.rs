//! `Module`: the variables of objects that name their parts.

use crate::trackable::Held;
use crate::{Children, Trackable, TrackableKind, Variable};

/// The variables of an object made of variables and other such objects (`tf.Module`): every [`Trackable`] one is a module.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::{Children, Module, Trackable};
/// struct Linear {
///     w: tf::Variable,
///     steps: tf::Variable,
/// }
/// impl Trackable for Linear {
///     fn children<'a>(&'a self, children: &mut Children<'a>) {
///         children.add("w", &self.w).add("steps", &self.steps);
///     }
/// }
/// let steps = tf::Variable::new_with(0, |o| o.name("steps").trainable(false))?;
/// let linear = Linear { w: tf::Variable::new_with([1.0], |o| o.name("w"))?, steps };
/// let names = |variables: Vec<tf::Variable>| variables.iter().map(tf::Variable::name).collect::<Vec<_>>();
/// assert_eq!(names(linear.variables()), ["steps:0", "w:0"]);
/// assert_eq!(names(linear.trainable_variables()), ["w:0"]);
/// # Ok::<(), tf::Error>(())
/// ```
pub trait Module {
    /// All variables, in TensorFlow's order: the object's own, in lists too, by the names of its parts, then those of the
    /// objects in it. Each comes once.
    ///
    /// Differs from TensorFlow, where layers of Keras are no modules: theirs are among them.
    fn variables(&self) -> Vec<Variable>;

    /// The variables that optimizers change.
    fn trainable_variables(&self) -> Vec<Variable> {
        self.variables().into_iter().filter(Variable::trainable).collect()
    }
}

impl<T: Trackable + ?Sized> Module for T {
    fn variables(&self) -> Vec<Variable> {
        let mut found = Vec::new();
        if let Some(variable) = self.as_variable() {
            found.push(variable.clone());
        }
        let mut children = Children::default();
        self.children(&mut children);
        collect(children, self.kind(), &mut found);
        found
    }
}

/// Adds the variables of one object, then those of the objects in it.
fn collect(children: Children<'_>, kind: TrackableKind, found: &mut Vec<Variable>) {
    let mut later = Vec::new();
    own(children, kind, found, &mut later);
    for object in later {
        let mut children = Children::default();
        object.children(&mut children);
        collect(children, object.kind(), found);
    }
}

fn own<'a>(
    children: Children<'a>,
    kind: TrackableKind,
    found: &mut Vec<Variable>,
    later: &mut Vec<&'a dyn Trackable>,
) {
    let mut entries = children.into_entries();
    if kind == TrackableKind::Object {
        entries.sort_by(|(first, _), (second, _)| first.cmp(second));
    }
    for (_, part) in entries {
        match part {
            Held::Variable(variable) => add(found, &variable),
            Held::List(variables) => variables.iter().for_each(|variable| add(found, variable)),
            Held::Object(object) => match object.as_variable() {
                Some(variable) => add(found, variable),
                None if object.kind() == TrackableKind::Object => later.push(object),
                None => {
                    let mut children = Children::default();
                    object.children(&mut children);
                    own(children, object.kind(), found, later);
                }
            },
            // What was loaded keeps its variables apart.
            Held::Loaded(_) => {}
        }
    }
}

fn add(found: &mut Vec<Variable>, variable: &Variable) {
    if !found.iter().any(|earlier| earlier.is_same(variable)) {
        found.push(variable.clone());
    }
}
