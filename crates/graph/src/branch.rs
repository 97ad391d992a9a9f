//! `If` and `Case` in graphs: each branch is traced, and one op calls the one that is asked for.

use crate::trace::OpenTrace;
use crate::{ConcreteFunction, Graph};
use ferroflow_core::{AttrValue, Error, FuncRef, Op, PartialShape, Result, Tensor, bail, context, ensure};

pub use ferroflow_core::context::Branch;

/// Adds a conditional to the graph in force: the results of `then_branch` where `pred` is true, else those of
/// `else_branch`.
///
/// # Errors
/// `TypeError` when the branches' results differ in number or dtype; what the branches return.
pub fn call_if(pred: &Tensor, then_branch: Branch<'_>, else_branch: Branch<'_>) -> Result<Vec<Tensor>> {
    context::name_scope_for_op("cond", |scope| {
        let (branches, captures) =
            trace_branches(&scope, &["true", "false"], vec![then_branch, else_branch])?;
        let [then_branch, else_branch] = branches.as_slice() else { bail!(internal, "a branch is lost") };
        let op = if branches.iter().any(ConcreteFunction::is_stateful) { "If" } else { "StatelessIf" };
        let call = Op::named(op)
            .input(pred)
            .inputs(&captures)
            .attr("then_branch", func(then_branch))
            .attr("else_branch", func(else_branch));
        add_call(call, &scope, &branches)
    })
}

/// Adds a choice to the graph in force: the results of the branch at `index`, and of the last one where there is none.
///
/// # Errors
/// `TypeError` when the branches' results differ in number or dtype; what the branches return.
pub fn call_case(index: &Tensor, branches: Vec<Branch<'_>>) -> Result<Vec<Tensor>> {
    ensure!(!branches.is_empty(), value, "branch_fns must have at least one callable");
    context::name_scope_for_op("indexed_case", |scope| {
        let names: Vec<String> = (0..branches.len()).map(|index| format!("branch{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (branches, captures) = trace_branches(&scope, &names, branches)?;
        let op = if branches.iter().any(ConcreteFunction::is_stateful) { "Case" } else { "StatelessCase" };
        let functions: Vec<FuncRef> =
            branches.iter().map(|branch| FuncRef::new(branch.function().name())).collect();
        let call = Op::named(op).input(index).inputs(&captures).attr("branches", AttrValue::Funcs(functions));
        add_call(call, &scope, &branches)
    })
}

pub(crate) fn func(function: &ConcreteFunction) -> AttrValue {
    AttrValue::Func(FuncRef::new(function.function().name()))
}

/// What a function is called that belongs to an op of this scope: `cond/` and `true` give `cond_true`.
pub(crate) fn function_name(scope: &str, role: &str) -> String {
    format!("{}{role}", scope.replace('/', "_"))
}

/// Traces all branches, and gives them the same inputs: what any of them takes from outside.
fn trace_branches(
    scope: &str,
    names: &[&str],
    branches: Vec<Branch<'_>>,
) -> Result<(Vec<ConcreteFunction>, Vec<Tensor>)> {
    let mut traces = Vec::with_capacity(branches.len());
    for branch in branches {
        traces.push(OpenTrace::new(scope.trim_end_matches('/'), &[], |_| branch())?);
    }
    if let Some((first, others)) = traces.split_first() {
        others.iter().try_for_each(|other| check_same(first.outputs(), other.outputs()))?;
    }
    let captures = distinct(traces.iter().flat_map(OpenTrace::captures));
    let functions =
        names.iter().zip(traces).map(|(name, trace)| trace.finish(&function_name(scope, name), &captures));
    let functions: Vec<ConcreteFunction> = functions.collect::<Result<_>>()?;
    add_to_library(&functions)?;
    Ok((functions, captures))
}

/// The tensors that are not the same as an earlier one.
pub(crate) fn distinct(tensors: impl IntoIterator<Item = Tensor>) -> Vec<Tensor> {
    let mut distinct: Vec<Tensor> = Vec::new();
    for tensor in tensors {
        if !distinct.iter().any(|known| known.is_same(&tensor)) {
            distinct.push(tensor);
        }
    }
    distinct
}

pub(crate) fn add_to_library(functions: &[ConcreteFunction]) -> Result<()> {
    let Some(graph) = Graph::current() else { bail!(internal, "no graph is open") };
    functions.iter().for_each(|function| graph.add_function(function.function().clone()));
    Ok(())
}

fn check_same(first: &[Tensor], other: &[Tensor]) -> Result<()> {
    let differs = first.len() != other.len()
        || first.iter().zip(other).any(|(first, other)| first.dtype() != other.dtype());
    if !differs {
        return Ok(());
    }
    let shown = |tensors: &[Tensor]| match tensors {
        [only] => only.to_string(),
        several => format!("{several:?}"),
    };
    Err(Error::type_error(format!(
        "true_fn and false_fn arguments to tf.cond must have the same number, type, and overall structure of return \
         values.\n\ntrue_fn output: {}\nfalse_fn output: {}\n\nError details:\n{} and {} have different types",
        shown(first),
        shown(other),
        shown(first),
        shown(other)
    )))
}

/// Adds the op of a conditional; its results pass through identities, as in TensorFlow.
pub(crate) fn add_call(call: Op, scope: &str, branches: &[ConcreteFunction]) -> Result<Vec<Tensor>> {
    let mut shapes: Option<Vec<PartialShape>> = None;
    for branch in branches {
        let found = branch.function().output_shapes()?;
        shapes = Some(match shapes {
            None => found,
            Some(shapes) => shapes.iter().zip(&found).map(|(a, b)| a.most_specific_compatible(b)).collect(),
        });
    }
    let types = match branches.first() {
        Some(branch) => branch.function().output_types()?,
        None => Vec::new(),
    };
    let outputs = call
        .attr("Tout", types)
        .attr("output_shapes", AttrValue::Shapes(shapes.unwrap_or_default()))
        .attr("_lower_using_switch_merge", true)
        .attr("_read_only_resource_inputs", AttrValue::Ints(Vec::new()))
        .name(scope)
        .all()?;
    outputs.iter().map(|output| Op::named("Identity").input(output).one()).collect()
}
