//! The variable that counts training steps.

use crate::initializers::zeros_initializer;
use crate::mode::{executing_eagerly, get_default_graph};
use crate::scopes::get_variable_with;
use crate::session::Session;
use crate::variables::Variable;
use ferroflow_core::{DType, PartialShape, Result, bail, ensure};
use std::sync::{Mutex, PoisonError};

/// The number of steps, in this session.
///
/// Source: `tf.compat.v1.train.global_step`.
///
/// # Errors
/// As [`Session::run`]; `TypeError` for a variable that is no integer.
pub fn global_step(sess: &Session, global_step_tensor: &Variable) -> Result<i64> {
    assert_global_step(global_step_tensor)?;
    sess.run(global_step_tensor)?.cast(DType::INT64)?.item::<i64>()
}

/// The variable that counts steps in eager mode, where nothing is in collections.
#[derive(Default)]
struct EagerStep(Mutex<Option<Variable>>);

impl EagerStep {
    fn with<R>(f: impl FnOnce(&mut Option<Variable>) -> R) -> R {
        let kept = get_default_graph().extension::<EagerStep>();
        f(&mut kept.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The variable that counts steps in the default graph, or in eager mode, if there is one.
///
/// Source: `tf.compat.v1.train.get_global_step`.
///
/// # Errors
/// `TypeError` for a variable that is no single integer.
pub fn get_global_step() -> Result<Option<Variable>> {
    if executing_eagerly() {
        return Ok(EagerStep::with(|step| step.clone()));
    }
    let graph = get_default_graph();
    let items = graph.get_collection("global_step");
    let found = match items.as_slice() {
        [only] => Variable::of_item(&graph, only),
        [] => {
            let all = ["variables", "local_variables"].map(|collection| graph.get_collection(collection));
            let mut variables = all.iter().flatten().filter_map(|item| Variable::of_item(&graph, item));
            variables.find(|variable| variable.name() == "global_step:0")
        }
        _ => None,
    };
    if let Some(variable) = &found {
        assert_global_step(variable)?;
    }
    Ok(found)
}

/// A new variable that counts steps.
///
/// Source: `tf.compat.v1.train.create_global_step`.
///
/// # Errors
/// `ValueError` when there is one.
pub fn create_global_step() -> Result<Variable> {
    ensure!(get_global_step()?.is_none(), value, "\"global_step\" already exists.");
    let collections = ["variables", "global_step"].map(str::to_string).to_vec();
    let step = get_variable_with("global_step", |o| {
        o.shape(PartialShape::scalar())
            .dtype(DType::INT64)
            .initializer(zeros_initializer())
            .trainable(false)
            .collections(collections)
    })?;
    if executing_eagerly() {
        EagerStep::with(|kept| *kept = Some(step.clone()));
    }
    Ok(step)
}

/// The variable that counts steps; a new one where there is none.
///
/// Source: `tf.compat.v1.train.get_or_create_global_step`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let step = tf::train::get_or_create_global_step()?;
/// assert!(step.is_same(&tf::train::get_or_create_global_step()?));
/// assert_eq!(step.name(), "global_step:0");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`get_global_step`].
pub fn get_or_create_global_step() -> Result<Variable> {
    match get_global_step()? {
        Some(step) => Ok(step),
        None => create_global_step(),
    }
}

/// Checks that the variable is a single integer.
///
/// Source: `tf.compat.v1.train.assert_global_step`.
///
/// # Errors
/// `TypeError` when it is not.
pub fn assert_global_step(global_step_tensor: &Variable) -> Result<()> {
    let (dtype, shape) = (global_step_tensor.dtype().base(), global_step_tensor.shape());
    if !dtype.is_integer() {
        bail!(
            type_error,
            "Existing \"global_step\" does not have integer type: <dtype: '{}'>",
            global_step_tensor.dtype().name()
        );
    }
    if shape.rank() != Some(0) && shape.is_fully_defined() {
        bail!(type_error, "Existing \"global_step\" is not scalar: {shape}");
    }
    Ok(())
}
