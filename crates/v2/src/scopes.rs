//! Where ops go and what they are called: eager or not, name scopes, devices, control dependencies.

use crate::Variable;
use ferroflow_core::{Result, Tensor, context};
use ferroflow_graph::{Graph, Operation, Placement};
use std::cell::RefCell;

/// Whether ops run at once here: `true` unless a graph is open or a function is under a trace.
pub fn executing_eagerly() -> bool {
    context::executing_eagerly()
}

/// Runs `f` outside of all functions under a trace: eagerly, or in the graph that they are traced for.
///
/// ```
/// use ferroflow_v2 as tf;
/// let traced = tf::function(|| tf::constant(tf::init_scope(tf::executing_eagerly)));
/// assert_eq!(format!("{}", traced.call(())?), "True");
/// # Ok::<(), tf::Error>(())
/// ```
pub fn init_scope<R>(f: impl FnOnce() -> R) -> R {
    ferroflow_graph::install();
    context::init_scope(f)
}

thread_local! {
    /// The open name scope of eager code: it names variables, which is all that has a name there.
    static EAGER_SCOPE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `f` while ops and variables get names that start with `name/`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let weight = tf::name_scope("layer", || tf::Variable::new_with(1.0, |o| o.name("w")))?;
/// assert_eq!(weight.name(), "layer/w:0");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` in a graph for a name TensorFlow does not allow; what `f` returns.
pub fn name_scope<R>(name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    if !executing_eagerly() {
        return context::with_name(name, || context::name_scope(name, f));
    }
    let inner = match name.strip_suffix('/') {
        Some(absolute) => absolute.to_string(),
        None if name.is_empty() => String::new(),
        None => in_eager_scope(name),
    };
    let previous = EAGER_SCOPE.replace(inner);
    struct Restore(String);
    impl Drop for Restore {
        fn drop(&mut self) {
            EAGER_SCOPE.replace(std::mem::take(&mut self.0));
        }
    }
    let _restore = Restore(previous);
    f()
}

/// A name within the open scope of eager code.
pub(crate) fn in_eager_scope(name: &str) -> String {
    EAGER_SCOPE
        .with_borrow(|scope| if scope.is_empty() { name.to_string() } else { format!("{scope}/{name}") })
}

/// Runs `f` while new nodes of the graph in force ask for a device. Eager ops run on the one device there is.
///
/// # Errors
/// `ValueError` in a graph for a device string TensorFlow does not read; what `f` returns.
pub fn device<R>(device_name: impl Into<Placement>, f: impl FnOnce() -> Result<R>) -> Result<R> {
    match Graph::current() {
        Some(graph) => graph.device(device_name, f),
        None => f(),
    }
}

/// What new nodes can be told to wait for.
pub trait AsOperation {
    /// The operation; `None` for what has a value already.
    ///
    /// # Errors
    /// `Internal` for a tensor of an unknown kind of graph.
    fn as_operation(&self) -> Result<Option<Operation>>;
}

impl AsOperation for Operation {
    fn as_operation(&self) -> Result<Option<Operation>> {
        Ok(Some(self.clone()))
    }
}

impl AsOperation for Tensor {
    fn as_operation(&self) -> Result<Option<Operation>> {
        if self.is_eager() { Ok(None) } else { Operation::of(self).map(Some) }
    }
}

impl AsOperation for Variable {
    fn as_operation(&self) -> Result<Option<Operation>> {
        match self.op() {
            Ok(op) => Ok(Some(op)),
            Err(_) => Ok(None),
        }
    }
}

impl<T: AsOperation + ?Sized> AsOperation for &T {
    fn as_operation(&self) -> Result<Option<Operation>> {
        (**self).as_operation()
    }
}

/// Runs `f` while new nodes of the graph in force wait for these operations. Eager ops have run by then.
///
/// # Errors
/// `ValueError` for an operation of another graph; what `f` returns.
pub fn control_dependencies<R>(controls: &[&dyn AsOperation], f: impl FnOnce() -> Result<R>) -> Result<R> {
    let Some(graph) = Graph::current() else {
        return f();
    };
    let mut operations = Vec::with_capacity(controls.len());
    for control in controls {
        operations.extend(control.as_operation()?);
    }
    graph.control_dependencies(Some(&operations), f)
}
