//! The code of a conditional's branches.

use super::{BranchContext, Kind, inputs, lost};
use crate::{Graph, Port};
use ferroflow_core::{Result, Tensor};

/// What a branch gave: its results as they are within the branch, and as its code returned them.
pub(super) struct BranchResults {
    pub(super) inside: Vec<Tensor>,
    pub(super) returned: Vec<Tensor>,
}

/// Runs the code of one branch.
pub(super) fn build_branch(
    graph: &Graph,
    pred: Port,
    pivot: Port,
    side: usize,
    code: &mut dyn FnMut() -> Result<Vec<Tensor>>,
) -> Result<BranchResults> {
    let (branch, outer) = {
        let mut state = graph.lock();
        let outer = state.flow.current;
        let branch = state.flow.open(Kind::Branch(BranchContext { pred, pivot: pivot.node, side }));
        state.flow.add_value(branch, pred);
        state.flow.add_value(branch, pivot);
        state.flow.set_external(branch, pred, pred);
        state.flow.of_node.insert(pivot.node, branch);
        (branch, outer)
    };
    let built = graph.in_context(Some(branch), || {
        let returned = code()?;
        let inside = returned.iter().map(|result| output_of_branch(graph, branch, result));
        Ok(BranchResults { inside: inside.collect::<Result<_>>()?, returned })
    });
    if let (Ok(results), Some(outer)) = (&built, outer) {
        for port in results.inside.iter().filter_map(|result| graph.port(result)) {
            graph.add_flow_value(outer, port);
        }
    }
    built
}

/// A result of a branch: what comes from outside passes through a switch.
fn output_of_branch(graph: &Graph, branch: usize, result: &Tensor) -> Result<Tensor> {
    let port = graph.port_of(result)?;
    let (known, outer, context) = {
        let state = graph.lock();
        (state.flow.known(branch, port), state.flow.outer(branch), state.flow.branch(branch))
    };
    let Some(context) = context else { return lost() };
    if let Some(known) = known {
        return Ok(graph.tensor(known));
    }
    let mut real = port;
    if let Some(outer) = outer {
        real = inputs::value_within(graph, outer, port)?;
    }
    // The switch itself joins the branch, and takes its input as it is.
    {
        let mut state = graph.lock();
        state.flow.add_value(branch, port);
        state.flow.add_value(branch, real);
        state.flow.set_external(branch, real, real);
    }
    let sides = inputs::switch(graph, real, context.pred, "Switch")?;
    let switched = sides[context.side.min(1)];
    graph.lock().flow.set_external(branch, port, switched);
    Ok(graph.tensor(switched))
}
