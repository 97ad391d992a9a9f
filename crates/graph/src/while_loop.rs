//! `While` in graphs: condition and body are traced, and one op calls them in turn.

use crate::branch::{add_to_library, distinct, func, function_name};
use crate::trace::OpenTrace;
use crate::{ArgSpec, ConcreteFunction};
use ferroflow_core::{
    AttrValue, DType, Error, Op, Operand, PartialShape, Result, Tensor, bail, context, convert_to_tensor,
    ensure, options,
};

options! {
    /// Optional arguments of [`call_while`].
    pub struct WhileOptions {
        /// The shapes that variables keep, where they do not keep the ones they begin with.
        shape_invariants: Option<Vec<PartialShape>> = None,
        /// After how many iterations the loop ends at the latest.
        maximum_iterations: Option<Operand> = None,
        /// How many iterations may run at once; carried along in the graph.
        parallel_iterations: i64 = 10,
        /// Whether gradients flow through the loop.
        back_prop: bool = true,
    }
}

/// Adds a loop to the graph in force: `variables` after `body` has been applied to them as long as `cond` holds.
///
/// # Errors
/// `ValueError` when the body gives another number of variables or other shapes, `TypeError` when it gives other
/// dtypes; what `cond` and `body` return.
pub fn call_while(
    variables: &[Tensor],
    cond: impl FnOnce(&[Tensor]) -> Result<Tensor>,
    body: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
    options: &WhileOptions,
) -> Result<Vec<Tensor>> {
    let results: Vec<Tensor> = context::name_scope_for_op("while", |scope| {
        let limit = context::with_name("maximum_iterations", || match &options.maximum_iterations {
            Some(limit) => convert_to_tensor(limit.clone(), Some(DType::INT32)),
            None => convert_in_graph(-1),
        })?;
        let counter = context::with_name("loop_counter", || convert_in_graph(0))?;
        let specs = argument_specs(variables, options)?;
        let traces = trace_both(&scope, &specs, cond, body, options.maximum_iterations.is_some())?;
        check_variables(variables, &specs, traces.1.outputs())?;
        let (condition, body, captures) = finish(&scope, traces)?;
        let mut inputs = vec![counter, limit];
        inputs.extend(variables.iter().chain(&captures).cloned());
        let mut shapes: Vec<PartialShape> = specs.iter().map(|spec| spec.shape.clone()).collect();
        shapes.extend(captures.iter().map(Tensor::shape));
        let stateful = condition.is_stateful() || body.is_stateful();
        let outputs = Op::named(if stateful { "While" } else { "StatelessWhile" })
            .inputs(&inputs)
            .attr("cond", func(&condition))
            .attr("body", func(&body))
            .attr("output_shapes", AttrValue::Shapes(shapes))
            .attr("parallel_iterations", options.parallel_iterations)
            .attr("_lower_using_switch_merge", true)
            .attr("_num_original_outputs", inputs.len())
            .attr("_read_only_resource_inputs", AttrValue::Ints(Vec::new()))
            .name(scope)
            .all()?;
        // In a graph that sessions run each output stands behind an `Identity`: so it can be fetched when the loop is taken
        // apart into v1's ops.
        let traced = context::current_graph().is_some_and(|graph| graph.builds_function());
        let shown =
            |output: Tensor| if traced { Ok(output) } else { Op::named("Identity").input(output).one() };
        let outputs = outputs.into_iter().map(shown).collect::<Result<Vec<_>>>()?;
        Ok(outputs.into_iter().skip(2).take(variables.len()).collect())
    })?;
    let stopped = |result: Tensor| Op::named("StopGradient").input(result).one();
    if options.back_prop { Ok(results) } else { results.into_iter().map(stopped).collect() }
}

fn convert_in_graph(value: i32) -> Result<Tensor> {
    convert_to_tensor(value, Some(DType::INT32))
}

/// The arguments of condition and body: the counter, its limit and the variables.
fn argument_specs(variables: &[Tensor], options: &WhileOptions) -> Result<Vec<ArgSpec>> {
    if let Some(invariants) = &options.shape_invariants {
        ensure!(
            invariants.len() == variables.len(),
            value,
            "The two structures don't have the same number of elements: {} shape invariants for {} loop variables",
            invariants.len(),
            variables.len()
        );
    }
    let scalar =
        |name: &str| ArgSpec { name: name.to_string(), dtype: DType::INT32, shape: PartialShape::scalar() };
    let mut specs = vec![scalar("while_loop_counter"), scalar("while_maximum_iterations")];
    for (index, variable) in variables.iter().enumerate() {
        let invariant = options.shape_invariants.as_ref().and_then(|invariants| invariants.get(index));
        let shape = invariant.cloned().unwrap_or_else(|| variable.shape());
        if !shape.is_compatible_with(&variable.shape()) {
            bail!(
                value,
                "The shape invariant specified for {} is not compatible with the initial shape of the loop variable. \
                 It enters the loop with shape {}, but the specified shape invariant is {shape}.",
                name_of(variable),
                variable.shape()
            );
        }
        let name =
            if index == 0 { "while_placeholder".to_string() } else { format!("while_placeholder_{index}") };
        specs.push(ArgSpec { name, dtype: variable.dtype().base(), shape });
    }
    Ok(specs)
}

fn name_of(variable: &Tensor) -> String {
    variable.name().unwrap_or_else(|_| format!("{variable:?}"))
}

fn trace_both(
    scope: &str,
    specs: &[ArgSpec],
    cond: impl FnOnce(&[Tensor]) -> Result<Tensor>,
    body: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
    limited: bool,
) -> Result<(OpenTrace, OpenTrace)> {
    let scope = scope.trim_end_matches('/');
    let split = |args: &[Tensor]| match args {
        [counter, limit, variables @ ..] => Ok((counter.clone(), limit.clone(), variables.to_vec())),
        _ => Err(Error::internal("a loop has lost its counter")),
    };
    let condition = OpenTrace::new(scope, specs, |args| {
        let (counter, limit, variables) = split(args)?;
        let holds = cond(&variables)?;
        if !limited {
            return Ok(vec![holds]);
        }
        let within = Op::named("Less").input(counter).input(limit).one()?;
        Ok(vec![Op::named("LogicalAnd").input(within).input(holds).one()?])
    })?;
    let body = OpenTrace::new(scope, specs, |args| {
        let (counter, limit, variables) = split(args)?;
        let results = body(&variables)?;
        let next = Op::named("AddV2").input(counter).input(1).default_name("add").one()?;
        Ok([next, limit].into_iter().chain(results).collect())
    })?;
    Ok((condition, body))
}

/// Whether what one iteration gives may enter the next.
fn check_variables(variables: &[Tensor], specs: &[ArgSpec], outputs: &[Tensor]) -> Result<()> {
    let (specs, outputs) = (specs.get(2..).unwrap_or_default(), outputs.get(2..).unwrap_or_default());
    ensure!(
        outputs.len() == specs.len(),
        value,
        "The two structures don't have the same nested structure: the loop has {} variables, and its body returns {}",
        specs.len(),
        outputs.len()
    );
    for ((variable, spec), output) in variables.iter().zip(specs).zip(outputs) {
        let name = name_of(variable);
        if output.dtype().base() != spec.dtype {
            bail!(
                type_error,
                "Loop var {name} enters the loop with type <dtype: '{}'> but has type <dtype: '{}'> after 1 \
                 iteration. {name} type should remain constant.",
                spec.dtype.name(),
                output.dtype().base().name()
            );
        }
        let found = output.shape();
        if spec.shape.most_specific_compatible(&found) != spec.shape {
            bail!(
                value,
                "Input tensor `{name}` enters the loop with shape {}, but has shape {found} after one iteration. To \
                 allow the shape to vary across iterations, use the `shape_invariants` argument of tf.while_loop to \
                 specify a less-specific shape.",
                spec.shape
            );
        }
    }
    Ok(())
}

/// The functions, which both take everything that one of them takes from outside; the body hands it on.
fn finish(
    scope: &str,
    (condition, mut body): (OpenTrace, OpenTrace),
) -> Result<(ConcreteFunction, ConcreteFunction, Vec<Tensor>)> {
    let captures = distinct(body.captures().into_iter().chain(condition.captures()));
    body.pass_through(&captures)?;
    let condition = condition.finish(&function_name(scope, "cond"), &captures)?;
    let body = body.finish(&function_name(scope, "body"), &captures)?;
    add_to_library(&[condition.clone(), body.clone()])?;
    Ok((condition, body, captures))
}
