//! The mode of the v1 API: graph or eager, and the switches of `enable_v2_behavior`.

use ferroflow_core::{Result, context, ensure};
use ferroflow_graph::Graph;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// A switch of the process.
struct Switch(AtomicBool);

impl Switch {
    const fn off() -> Switch {
        Switch(AtomicBool::new(false))
    }

    fn set(&self, on: bool) {
        self.0.store(on, Ordering::SeqCst);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

static EAGER: Switch = Switch::off();
static RESOURCE_VARIABLES: Switch = Switch::off();
static CONTROL_FLOW_V2: Switch = Switch::off();
static TENSOR_EQUALITY: Switch = Switch::off();
static V2_TENSORSHAPE: Switch = Switch::off();

/// The graph that ops join where no other is open. It is made when it is first needed: `enable_eager_execution`
/// depends on whether that has happened.
static DEFAULT_GRAPH: Mutex<Option<Graph>> = Mutex::new(None);

fn global_default_graph() -> Graph {
    let mut graph = DEFAULT_GRAPH.lock().unwrap_or_else(PoisonError::into_inner);
    graph.get_or_insert_with(Graph::new).clone()
}

/// Runs `f` in the mode of the v1 API: with no scope open on the thread, ops join the default graph, unless eager
/// execution is enabled. Every function of this crate runs so.
///
/// ```
/// use ferroflow_compat_v1::facade;
/// use ferroflow_core::constant;
/// assert!(constant(1)?.is_eager());
/// assert!(!facade(|| constant(1))?.is_eager());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub fn facade<R>(f: impl FnOnce() -> R) -> R {
    context::with_switches(!CONTROL_FLOW_V2.get(), || match context::has_scope() || EAGER.get() {
        true => f(),
        false => global_default_graph().as_default_scope(f),
    })
}

/// Whether v1 functions compute at once.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// assert!(!tf::executing_eagerly());
/// ```
pub fn executing_eagerly() -> bool {
    if context::has_scope() { context::executing_eagerly() } else { EAGER.get() }
}

/// The graph that v1 ops join: the innermost open one, or the default graph of the process.
pub fn get_default_graph() -> Graph {
    Graph::current().unwrap_or_else(global_default_graph)
}

/// Puts a fresh graph in the place of the process's default one.
///
/// # Errors
/// `AssertionError` where a graph is open on this thread.
pub fn reset_default_graph() -> Result<()> {
    ensure!(
        context::open_graphs().is_empty(),
        assertion,
        "Do not use tf.reset_default_graph() to clear nested graphs. If you need a cleared graph, exit the nesting \
         and create a new graph."
    );
    *DEFAULT_GRAPH.lock().unwrap_or_else(PoisonError::into_inner) = None;
    Ok(())
}

/// Makes v1 functions compute at once, for the rest of the program.
///
/// # Errors
/// `ValueError` once the default graph of the process exists: after an op in it, a session for it, or
/// [`get_default_graph`].
pub fn enable_eager_execution() -> Result<()> {
    let graph = DEFAULT_GRAPH.lock().unwrap_or_else(PoisonError::into_inner);
    ensure!(
        EAGER.get() || graph.is_none(),
        value,
        "tf.enable_eager_execution must be called at program startup."
    );
    EAGER.set(true);
    Ok(())
}

/// Makes v1 functions build graphs, which they do from the start.
pub fn disable_eager_execution() {
    EAGER.set(false);
}

/// Makes variables resource variables by default.
pub fn enable_resource_variables() {
    RESOURCE_VARIABLES.set(true);
}

/// Makes variables reference variables by default, which they are from the start.
pub fn disable_resource_variables() {
    RESOURCE_VARIABLES.set(false);
}

/// Whether variables are resource variables by default.
pub fn resource_variables_enabled() -> bool {
    RESOURCE_VARIABLES.get()
}

/// Makes conditionals and loops functional.
pub fn enable_control_flow_v2() {
    CONTROL_FLOW_V2.set(true);
}

/// Makes conditionals and loops v1 control flow, which they are from the start.
pub fn disable_control_flow_v2() {
    CONTROL_FLOW_V2.set(false);
}

/// Whether conditionals and loops are functional.
pub fn control_flow_v2_enabled() -> bool {
    CONTROL_FLOW_V2.get()
}

/// Makes [`tensor_equals`](crate::tensor_equals) compare values.
pub fn enable_tensor_equality() {
    TENSOR_EQUALITY.set(true);
}

/// Makes [`tensor_equals`](crate::tensor_equals) compare identity, which it does from the start.
pub fn disable_tensor_equality() {
    TENSOR_EQUALITY.set(false);
}

pub(crate) fn tensor_equality_enabled() -> bool {
    TENSOR_EQUALITY.get()
}

/// Makes the dimensions of shapes plain numbers.
///
/// Dimensions are `Option<usize>` in ferroflow either way: the switch is kept for programs that ask for its state.
pub fn enable_v2_tensorshape() {
    V2_TENSORSHAPE.set(true);
}

/// Undoes [`enable_v2_tensorshape`].
pub fn disable_v2_tensorshape() {
    V2_TENSORSHAPE.set(false);
}

/// Whether [`enable_v2_tensorshape`] is in force.
pub fn v2_tensorshape_enabled() -> bool {
    V2_TENSORSHAPE.get()
}

/// Turns on eager execution, plain shapes, resource variables, value equality and functional control flow.
///
/// # Errors
/// As [`enable_eager_execution`]; nothing is turned on then.
pub fn enable_v2_behavior() -> Result<()> {
    enable_eager_execution()?;
    for switch in [&V2_TENSORSHAPE, &RESOURCE_VARIABLES, &TENSOR_EQUALITY, &CONTROL_FLOW_V2] {
        switch.set(true);
    }
    Ok(())
}

/// Turns off what [`enable_v2_behavior`] turns on.
pub fn disable_v2_behavior() {
    for switch in [&EAGER, &V2_TENSORSHAPE, &RESOURCE_VARIABLES, &TENSOR_EQUALITY, &CONTROL_FLOW_V2] {
        switch.set(false);
    }
}
