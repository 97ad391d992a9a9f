//! Conditionals in the form of v1 graphs: `Switch` and `Merge` nodes.

use super::branches::{BranchResults, build_branch};
use crate::Graph;
use crate::branch::Branch;
use ferroflow_core::{Error, Op, Result, Tensor, bail, context};

/// Adds a conditional of v1 form to the graph in force: the results of `then_branch` where `pred` is true, else those
/// of `else_branch`.
///
/// # Errors
/// `ValueError` when the branches return nothing, or when their results differ in number or dtype; what the branches
/// return.
pub fn call_switch(pred: &Tensor, then_branch: Branch<'_>, else_branch: Branch<'_>) -> Result<Vec<Tensor>> {
    let Some(graph) = Graph::current() else { bail!(internal, "no graph is open") };
    context::name_scope("cond", || {
        let [unless, when] = Op::named("Switch").input(pred).input(pred).outputs()?;
        let identity = |tensor: &Tensor, name: &str| {
            context::with_name(name, || Op::named("Identity").input(tensor).one())
        };
        let (pivot_true, pivot_false) = (identity(&when, "switch_t")?, identity(&unless, "switch_f")?);
        let pred = identity(pred, "pred_id")?;
        for tensor in [&unless, &when, &pivot_true, &pivot_false, &pred] {
            graph.prevent_fetching(&crate::Operation::of(tensor)?);
        }
        let port = |tensor: &Tensor| {
            graph.port(tensor).ok_or_else(|| Error::internal("a new node is of another graph"))
        };
        let pred = port(&pred)?;
        graph.unique_name("cond_text", true);
        let when = build_branch(&graph, pred, port(&pivot_true)?, 1, then_branch)?;
        graph.unique_name("cond_text", true);
        let unless = build_branch(&graph, pred, port(&pivot_false)?, 0, else_branch)?;
        check_results(&when, &unless)?;
        let merge = |(unless, when): (&Tensor, &Tensor)| {
            let references = unless.dtype().is_ref() && when.dtype().is_ref();
            let merged = Op::named(if references { "RefMerge" } else { "Merge" })
                .inputs([unless, when])
                .default_name("Merge")
                .outputs::<2>();
            merged.map(|[value, _]| value)
        };
        unless.inside.iter().zip(&when.inside).map(merge).collect()
    })
}

impl Graph {
    /// The tensor that lives where the innermost open branch is taken; `None` outside of branches made of switches.
    pub(crate) fn branch_pivot(&self) -> Option<Tensor> {
        let node = {
            let state = self.lock();
            state.flow.branch(state.flow.current?)?.pivot
        };
        Some(self.tensor(crate::Port { node, index: 0 }))
    }
}

fn check_results(when: &BranchResults, unless: &BranchResults) -> Result<()> {
    if when.returned.len() != unless.returned.len() {
        bail!(
            value,
            "Incompatible return values of 'true_fn' and 'false_fn': The two structures don't have the same number of \
             elements: {} and {}",
            when.returned.len(),
            unless.returned.len()
        );
    }
    if when.returned.is_empty() {
        bail!(value, "'true_fn' and 'false_fn' must return at least one result.");
    }
    for (when, unless) in when.inside.iter().zip(&unless.inside) {
        if when.dtype().base() != unless.dtype().base() {
            bail!(
                value,
                "Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received {} from 'true_fn' and {} \
                 from 'false_fn'.",
                when.dtype().name(),
                unless.dtype().name()
            );
        }
    }
    Ok(())
}
