//! The backward walk that tapes and graph gradients share: ops in order, gradients from their ends to their starts.

use crate::Operation;
use ferroflow_core::context::Backward;
use ferroflow_core::{
    Attrs, DType, Error, Grad, GradCtx, Gradient, IndexedSlices, NdArray, Op, OpDef, Result, Tensor, bail,
    context,
};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What tells a tensor from all others while it lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TensorKey {
    Eager(usize),
    Symbolic { graph: usize, node: usize, index: usize },
}

impl TensorKey {
    pub(crate) fn of(tensor: &Tensor) -> TensorKey {
        match tensor {
            Tensor::Eager(tensor) => TensorKey::Eager(tensor.id()),
            Tensor::Symbolic(tensor) => TensorKey::Symbolic {
                graph: Arc::as_ptr(tensor.graph()).cast::<()>() as usize,
                node: tensor.node(),
                index: tensor.index(),
            },
        }
    }
}

/// How one record is differentiated.
#[derive(Clone)]
pub(crate) enum Rule {
    /// By the gradient of its op.
    Op(&'static OpDef),
    /// As a whole.
    Custom(Backward),
}

/// An op that ran, or a node.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) rule: Rule,
    pub(crate) name: String,
    pub(crate) attrs: Attrs,
    pub(crate) inputs: Vec<Tensor>,
    pub(crate) outputs: Vec<Tensor>,
}

/// What to return for a source that no target depends on (`tf.UnconnectedGradients`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnconnectedGradients {
    /// Nothing.
    #[default]
    None,
    /// Zeros of the source's shape.
    Zero,
}

/// How the walk is done.
#[derive(Clone, Copy, Default)]
pub(crate) struct WalkRules {
    pub(crate) unconnected: UnconnectedGradients,
    /// Whether the scope of an op's gradient bears the op's full name.
    pub(crate) full_names: bool,
    /// Whether the nodes of an op's gradient are placed with the op.
    pub(crate) colocate: bool,
    /// Whether the gradients of an op's inputs wait for each other.
    pub(crate) gate: bool,
}

/// Whether gradients flow through a tensor of this dtype.
pub(crate) fn flows(dtype: DType) -> bool {
    dtype.base().is_trainable()
}

/// Walks the records backwards. Each target brings its own gradient.
pub(crate) fn backprop(
    records: &[Record],
    targets: Vec<(Tensor, Gradient)>,
    sources: &[Tensor],
    stops: &[Tensor],
    rules: WalkRules,
) -> Result<Vec<Option<Gradient>>> {
    let needed = reachable(records, sources);
    let stops: HashSet<TensorKey> = stops.iter().map(TensorKey::of).collect();
    let wanted: HashSet<TensorKey> = sources.iter().map(TensorKey::of).collect();
    let mut grads: HashMap<TensorKey, Vec<Gradient>> = HashMap::new();
    for (target, gradient) in targets {
        grads.entry(TensorKey::of(&target)).or_default().push(gradient);
    }
    for record in records.iter().rev() {
        let keys: Vec<TensorKey> = record.outputs.iter().map(TensorKey::of).collect();
        let arrived = |key: &&TensorKey| grads.contains_key(key);
        let flows_on = keys.iter().any(|key| arrived(&key) && !stops.contains(key))
            && record.inputs.iter().any(|x| needed.contains(&TensorKey::of(x)));
        let is_source = keys.iter().filter(arrived).any(|key| wanted.contains(key));
        if !(flows_on || is_source) {
            continue;
        }
        let mut slices = None;
        let mut input_grads = placed(record, rules, || {
            let mut output_grads = Vec::with_capacity(keys.len());
            for key in &keys {
                let stopped = stops.contains(key);
                // A source that is computed from others keeps its own gradient.
                let held = match (wanted.contains(key), stopped) {
                    (true, _) => grads.get(key).cloned(),
                    (false, true) => None,
                    (false, false) => grads.remove(key),
                };
                output_grads.push(match held.filter(|held| !held.is_empty()) {
                    Some(held) => {
                        let sum = aggregate(held, rules.full_names)?;
                        if wanted.contains(key) {
                            grads.insert(*key, vec![sum.clone()]);
                        }
                        match sum {
                            _ if !flows_on || stopped => None,
                            sum @ Gradient::Slices(_) if rules.full_names && passes_slices(record) => {
                                slices = Some(sum);
                                None
                            }
                            sum => Some(dense(sum)?),
                        }
                    }
                    None => None,
                });
            }
            if flows_on && slices.is_none() {
                differentiate(record, &output_grads, rules)
            } else {
                Ok(Vec::new())
            }
        })?;
        if slices.is_some() {
            input_grads.push(slices);
        }
        for (input, gradient) in record.inputs.iter().zip(input_grads) {
            let key = TensorKey::of(input);
            // What stops a gradient keeps what arrives, should it be asked for.
            let arrives = needed.contains(&key) && (!stops.contains(&key) || wanted.contains(&key));
            if let (Some(gradient), true) = (gradient, arrives) {
                grads.entry(key).or_default().push(gradient);
            }
        }
    }
    sources
        .iter()
        .map(|source| match grads.get(&TensorKey::of(source)) {
            Some(held) => aggregate(held.clone(), rules.full_names).map(Some),
            None => match rules.unconnected {
                UnconnectedGradients::None => Ok(None),
                UnconnectedGradients::Zero => {
                    Ok(Some(Gradient::Dense(Op::named("ZerosLike").input(source).one()?)))
                }
            },
        })
        .collect()
}

/// Whether the gradient of an op's input is that of its output as it is, be it slices: so variables that are read and
/// then looked up in keep a sparse gradient.
fn passes_slices(record: &Record) -> bool {
    matches!(&record.rule, Rule::Op(def) if ["Identity", "ReadVariableOp"].contains(&def.name))
}

/// Runs `f` where the nodes of an op's gradient are to stand.
fn placed<R>(record: &Record, rules: WalkRules, f: impl FnOnce() -> Result<R>) -> Result<R> {
    match record.outputs.first().map(Operation::of) {
        Some(Ok(operation)) if rules.colocate => operation.graph().colocate_with(&operation, f),
        _ => f(),
    }
}

/// The tensors that depend on a source.
fn reachable(records: &[Record], sources: &[Tensor]) -> HashSet<TensorKey> {
    let mut reached: HashSet<TensorKey> = sources.iter().map(TensorKey::of).collect();
    for record in records {
        let stops = matches!(&record.rule, Rule::Op(def) if matches!(def.grad, Grad::None));
        if !stops && record.inputs.iter().any(|input| reached.contains(&TensorKey::of(input))) {
            reached.extend(record.outputs.iter().filter(|output| flows(output.dtype())).map(TensorKey::of));
        }
    }
    reached
}

/// Whether, in graphs, all that an op's gradient computes waits for the gradient that flows in, as TensorFlow has it: so
/// what only depends on the op's inputs is not computed, and kept, early.
fn waits_for_gradient(op: &str) -> bool {
    const OPS: &[&str] = &[
        "Acos",
        "Acosh",
        "Asin",
        "Asinh",
        "Atan",
        "Atanh",
        "BesselI0",
        "BesselI0e",
        "BesselI1",
        "BesselI1e",
        "BesselJ0",
        "BesselJ1",
        "BesselK0",
        "BesselK0e",
        "BesselK1",
        "BesselK1e",
        "BesselY0",
        "BesselY1",
        "Cos",
        "Cosh",
        "Dawsn",
        "Digamma",
        "Erf",
        "Erfc",
        "Erfinv",
        "Exp",
        "Expint",
        "Expm1",
        "FresnelCos",
        "FresnelSin",
        "InvGrad",
        "Lgamma",
        "Log",
        "Log1p",
        "Ndtri",
        "ReciprocalGrad",
        "Sigmoid",
        "SigmoidGrad",
        "Sin",
        "Sinh",
        "Spence",
        "Square",
        "Tan",
        "Tanh",
        "TanhGrad",
    ];
    OPS.binary_search(&op).is_ok()
}

pub(crate) fn differentiate(
    record: &Record,
    output_grads: &[Option<Tensor>],
    rules: WalkRules,
) -> Result<Vec<Option<Gradient>>> {
    let def = match &record.rule {
        Rule::Custom(backward) => {
            let grads = backward(output_grads)?;
            return Ok(grads.into_iter().map(|grad| grad.map(Gradient::Dense)).collect());
        }
        Rule::Op(def) => def,
    };
    match def.grad {
        Grad::Fn(function) => {
            let last = record.name.rsplit('/').next().unwrap_or(&record.name);
            let scope = format!("{}_grad", if rules.full_names { &record.name } else { last });
            let mut cx = GradCtx::new(def, &record.attrs, &record.inputs, &record.outputs, output_grads);
            let differentiated = || {
                match output_grads.iter().flatten().next().map(Operation::of) {
                    Some(Ok(gradient)) if rules.full_names && waits_for_gradient(def.name) => {
                        gradient
                            .graph()
                            .control_dependencies(Some(std::slice::from_ref(&gradient)), || {
                                function(&mut cx)
                            })?;
                    }
                    _ => function(&mut cx)?,
                }
                let grads = cx.into_input_grads();
                if rules.gate { gated(grads) } else { Ok(grads) }
            };
            context::with_name(&scope, || context::name_scope(&scope, differentiated))
                .map_err(|error| error.in_op(def.name))
        }
        Grad::None => Ok(vec![None; record.inputs.len()]),
        Grad::Missing => Err(no_gradient(&record.name, def.name)),
    }
}

/// These gradients, none of which is there before all of them are (`tf.tuple`).
///
/// # Errors
/// Those of the graph in force.
pub fn gated(grads: Vec<Option<Gradient>>) -> Result<Vec<Option<Gradient>>> {
    if grads.iter().flatten().count() < 2 {
        return Ok(grads);
    }
    let mut operations: BTreeMap<usize, Operation> = BTreeMap::new();
    for grad in grads.iter().flatten() {
        let operation = Operation::of(match grad {
            Gradient::Dense(tensor) => tensor,
            Gradient::Slices(slices) => &slices.values,
        })?;
        operations.insert(operation.id(), operation);
    }
    let Some(graph) = operations.values().next().map(|operation| operation.graph().clone()) else {
        return Ok(grads);
    };
    let operations: Vec<Operation> = operations.into_values().collect();
    graph.colocate_with_only(None, || {
        context::name_scope("tuple", || {
            let before = graph.num_nodes();
            let device = operations.first().map(Operation::device).unwrap_or_default();
            graph.control_dependencies(Some(&operations), || {
                graph.device(&device, || context::with_name("group_deps", || Op::named("NoOp").all()))
            })?;
            let gate = [graph.operation(before)];
            let wait = |tensor: &Tensor| {
                graph.colocate_with(&Operation::of(tensor)?, || {
                    graph.control_dependencies(Some(&gate), || {
                        context::with_name("control_dependency", || Op::named("Identity").input(tensor).one())
                    })
                })
            };
            let waiting = |grad: Gradient| match grad {
                Gradient::Dense(tensor) => wait(&tensor).map(Gradient::Dense),
                Gradient::Slices(slices) => {
                    let values = wait(&slices.values)?;
                    Ok(Gradient::Slices(IndexedSlices { values, ..slices }))
                }
            };
            grads.into_iter().map(|grad| grad.map(waiting).transpose()).collect()
        })
    })
}

/// TensorFlow raises a `LookupError`.
pub(crate) fn no_gradient(name: &str, op: &str) -> Error {
    Error::unimplemented(format!("No gradient defined for operation '{name}' (op type: {op})")).in_op(op)
}

/// The sum of what flows into a tensor from several places.
pub(crate) fn aggregate(mut held: Vec<Gradient>, in_graph: bool) -> Result<Gradient> {
    if held.len() == 1
        && let Some(only) = held.pop()
    {
        return Ok(only);
    }
    let slices: Option<Vec<IndexedSlices>> = held
        .iter()
        .map(|gradient| match gradient {
            Gradient::Slices(slices) => Some(slices.clone()),
            Gradient::Dense(_) => None,
        })
        .collect();
    if let Some(slices) = slices {
        let concat = |tensors: Vec<Tensor>| Op::named("ConcatV2").inputs(tensors).input(0).one();
        return Ok(Gradient::Slices(IndexedSlices {
            values: concat(slices.iter().map(|slices| slices.values.clone()).collect())?,
            indices: concat(slices.iter().map(|slices| slices.indices.clone()).collect())?,
            dense_shape: slices.into_iter().find_map(|slices| slices.dense_shape),
        }));
    }
    let tensors = held.into_iter().map(dense).collect::<Result<Vec<_>>>()?;
    if !in_graph {
        return Op::named("AddN").inputs(tensors).one().map(Gradient::Dense);
    }
    // As in TensorFlow, what is on one device is added there first.
    let mut by_device: BTreeMap<String, Vec<Tensor>> = BTreeMap::new();
    for tensor in tensors {
        let device = Operation::of(&tensor).map_or_else(|_| String::new(), |operation| operation.device());
        by_device.entry(device).or_default().push(tensor);
    }
    let mut sums = Vec::with_capacity(by_device.len());
    for tensors in by_device.into_values() {
        sums.push(match tensors.as_slice() {
            [only] => only.clone(),
            several => {
                let add = || Op::named("AddN").inputs(several).one();
                match several.first().map(Operation::of) {
                    Some(Ok(first)) => first.graph().colocate_with_only(Some(&first), add)?,
                    _ => add()?,
                }
            }
        });
    }
    match sums.as_slice() {
        [only] => Ok(Gradient::Dense(only.clone())),
        several => Op::named("AddN").inputs(several).one().map(Gradient::Dense),
    }
}

/// A gradient as one tensor.
///
/// # Errors
/// `ValueError` for slices whose whole shape is unknown.
pub fn dense(gradient: Gradient) -> Result<Tensor> {
    match gradient {
        Gradient::Dense(tensor) => Ok(tensor),
        Gradient::Slices(slices) => {
            let Some(shape) = slices.dense_shape else {
                bail!(
                    value,
                    "Tensor conversion requested for IndexedSlices without dense_shape: {:?}",
                    slices.values
                );
            };
            let rows = Op::named("StridedSlice")
                .input(shape)
                .input(NdArray::vector(vec![0i32]))
                .input(NdArray::vector(vec![1i32]))
                .input(NdArray::vector(vec![1i32]))
                .attr("shrink_axis_mask", 1i64)
                .one()?;
            Op::named("UnsortedSegmentSum").input(slices.values).input(slices.indices).input(rows).one()
        }
    }
}
