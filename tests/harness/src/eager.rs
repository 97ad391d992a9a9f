//! Cases run eagerly, and what can be checked of a single op without a graph: its shape function, its gradient.

use crate::attrs::complete;
use crate::case::Arg;
use crate::engine::{self, Builder, Engine};
use crate::instance::{Instance, schema_of};
use crate::report::Outcome;
use crate::{gradient, shapes};
use ferroflow_core::schema::OpSchema;
use ferroflow_core::{Attrs, Code, DType, Error, NdArray, Result, Shape, Tensor, context, registry};

/// Ops run as soon as they are applied.
#[derive(Default)]
pub struct Eager;

impl Engine for Eager {
    type Value = Tensor;

    const RUNS_AT_ONCE: bool = true;

    fn constant(&mut self, array: NdArray) -> Result<Tensor> {
        Ok(Tensor::from(array))
    }

    fn call(&mut self, schema: &OpSchema, args: Vec<Vec<Tensor>>, attrs: Attrs) -> Result<Vec<Tensor>> {
        engine::op(schema, args, &attrs).all()
    }

    fn fetch(&mut self, values: &[Tensor]) -> Result<Vec<Option<NdArray>>> {
        values.iter().map(|tensor| tensor.value().cloned().map(Some)).collect()
    }
}

/// An op with the values it ran on, and what came out.
pub struct Ran {
    /// All attributes.
    pub attrs: Attrs,
    /// Flat inputs.
    pub inputs: Vec<Tensor>,
    /// The inputs' names in the case.
    pub names: Vec<String>,
    /// Flat outputs.
    pub outputs: Result<Vec<Tensor>>,
}

/// Forgets variables and generator states, so that each case starts as if it were the first.
pub fn reset() {
    context::update_eager_env(|env| {
        env.resources = Default::default();
        env.reset_states();
    });
}

/// Runs the `let` and `do` steps and the op.
///
/// # Errors
/// What a step gives; the op's own error is in [`Ran::outputs`].
pub fn run(instance: &Instance<'_>) -> Result<Ran> {
    reset();
    let mut eager = Eager;
    let mut builder = Builder::new(&mut eager, instance)?;
    let (args, names) = builder.inputs()?;
    let schema = schema_of(&instance.case.op)?;
    let dtypes: Vec<Vec<DType>> =
        args.iter().map(|members| members.iter().map(|tensor| tensor.dtype().base()).collect()).collect();
    let attrs = complete(schema, &instance.attrs(schema, &instance.case.attrs)?, &dtypes)?;
    let inputs = args.iter().flatten().cloned().collect();
    Ok(Ran { attrs, inputs, names, outputs: builder.apply(args) })
}

/// An op that this build does not hold, other than the one under test.
fn missing_op(error: &Error, tested: &str) -> Option<String> {
    let rest = error.message().strip_prefix("unsupported op: ")?;
    let op = rest.split(' ').next()?;
    let missing = error.code() == Code::Unimplemented && op != tested && registry::lookup(op).is_none();
    missing.then(|| op.to_string())
}

/// What an error of a check means: a failure, or something that this build cannot check.
fn outcome(result: Result<(), String>, missing: Option<String>) -> Outcome {
    match (result, missing) {
        (Ok(()), _) => Outcome::Ok,
        (Err(_), Some(op)) => Outcome::Ignored(format!("needs op {op}")),
        (Err(error), None) => Outcome::Failed(error),
    }
}

/// Runs an instance eagerly and checks its outputs.
pub fn check(instance: &Instance<'_>) -> Outcome {
    reset();
    if instance.is_graph_only() {
        return Outcome::Ignored("graph only".to_string());
    }
    let mut missing = instance.case.before.iter().chain(&instance.case.after).map(|step| &step.op);
    let missing = missing.find(|op| registry::lookup(op).is_none()).cloned();
    let ran = engine::run(&mut Eager, instance);
    outcome(engine::judge(ran, instance, instance.failure()), missing)
}

/// Checks the shape function at all levels of knowledge against the real outputs.
pub fn check_shapes(instance: &Instance<'_>) -> Outcome {
    let Some(def) = registry::lookup(&instance.case.op) else {
        return Outcome::Failed(format!("no op {}", instance.case.op));
    };
    if instance.is_graph_only() {
        return Outcome::Ignored("graph only".to_string());
    }
    let ran = match run(instance) {
        Ok(ran) => ran,
        Err(error) => return outcome(Err(format!("{error:?}")), missing_op(&error, &instance.case.op)),
    };
    let arrays: Result<Vec<NdArray>> = ran.inputs.iter().map(|tensor| tensor.value().cloned()).collect();
    let shape_of = |tensor: &Tensor| tensor.value().map(|value| value.shape().clone());
    let outputs: Option<Vec<Shape>> = ran
        .outputs
        .as_ref()
        .ok()
        .and_then(|outputs| outputs.iter().map(|tensor| shape_of(tensor).ok()).collect());
    let checked = match arrays {
        Ok(arrays) => {
            let is_literal = |name: &String| {
                instance.case.inputs.iter().any(|(of, arg)| of == name && matches!(arg, Arg::Literal(_)))
            };
            let literal: Vec<bool> = ran.names.iter().map(is_literal).collect();
            shapes::check(def, instance, &ran.attrs, &arrays, &literal, outputs.as_deref())
        }
        Err(error) => Err(format!("{error:?}")),
    };
    outcome(checked, None)
}

/// Checks the gradient function against the record, and a `float64` one against differences.
pub fn check_gradient(instance: &Instance<'_>) -> Outcome {
    if instance.is_graph_only() {
        return Outcome::Ignored("graph only".to_string());
    }
    let checked = run(instance).and_then(|ran| gradient::check(instance, &ran));
    match checked {
        Ok(()) => Outcome::Ok,
        Err(error) => {
            let missing = missing_op(&error, &instance.case.op);
            outcome(Err(error.to_string()), missing)
        }
    }
}
