//! Conditionals for the effects of one branch, which give a node that others wait for.

use crate::{Graph, Operation};
use ferroflow_core::{Op, Result, Tensor, bail, context};

/// Adds a conditional that runs `code` where `pred` is false; gives the node to wait for.
///
/// As in TensorFlow, a branch that does no more than run operations gives what is known to be there: the predicate in a
/// function, and among switches the pivot, which lives where the branch is taken.
pub(crate) fn unless(pred: &Tensor, code: &mut dyn FnMut() -> Result<()>) -> Result<usize> {
    let done = cond_of_effects(pred, &mut || Op::named("NoOp").run(), code)?;
    match done.as_symbolic() {
        Some(result) => Ok(result.node()),
        None => bail!(internal, "a conditional gives nothing"),
    }
}

/// Runs one of two pieces of code that are there for what they do: a tensor that is there once it is done.
///
/// # Errors
/// `Internal` without an open graph, and for code that adds no operation; what the code returns.
pub fn cond_of_effects(
    pred: &Tensor,
    then_code: &mut dyn FnMut() -> Result<()>,
    else_code: &mut dyn FnMut() -> Result<()>,
) -> Result<Tensor> {
    let Some(graph) = context::current_graph() else { bail!(internal, "no graph is open") };
    let results = graph.cond(pred, &mut || after(pred, then_code), &mut || after(pred, else_code))?;
    match results.into_iter().next() {
        Some(result) => Ok(result),
        None => bail!(internal, "a conditional gives nothing"),
    }
}

/// Runs `code`; gives a tensor that waits for the last operation that it adds.
fn after(pred: &Tensor, code: &mut dyn FnMut() -> Result<()>) -> Result<Vec<Tensor>> {
    let Some(graph) = Graph::current() else { bail!(internal, "no graph is open") };
    let before = graph.num_nodes();
    code()?;
    // In a branch made of switches, those of the inputs follow the operation.
    let mut added = (before..graph.num_nodes()).rev().map(|id| graph.operation(id));
    let Some(operation) = added.find(|operation| !SIDES.contains(&operation.op_type().as_str())) else {
        bail!(internal, "a branch adds nothing")
    };
    let identity =
        |of: &Tensor| context::with_name("control_dependency", || Op::named("Identity").input(of).one());
    let pivot = graph.branch_pivot();
    let waiting = graph.control_dependencies(Some(&[operation]), || match &pivot {
        Some(pivot) => graph.colocate_with(&Operation::of(pivot)?, || identity(pivot)),
        None => Op::named("Identity").input(pred).one(),
    })?;
    Ok(vec![waiting])
}

/// What a branch's inputs pass through.
const SIDES: [&str; 2] = ["Switch", "RefSwitch"];
