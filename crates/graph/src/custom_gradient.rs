//! `custom_gradient`: code that brings its own derivatives.

use crate::backprop::no_gradient;
use crate::registered_gradient::GRADIENT_OP_TYPE;
use crate::{Graph, Node, Port};
use ferroflow_core::context::{self, Backward};
use ferroflow_core::{Op, Result, Tensor, ensure};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Gives the gradients of arguments from those of results. It applies ops, which can be differentiated in turn.
pub type GradientFn = Arc<dyn Fn(&[Tensor]) -> Result<Vec<Option<Tensor>>> + Send + Sync>;

/// A gradient under the name that nodes know it by, and how many results it is for.
struct Registered {
    num_results: usize,
    gradient: GradientFn,
}

fn registry() -> &'static Mutex<HashMap<String, Arc<Registered>>> {
    static REGISTRY: OnceLock<Mutex<HashMap<String, Arc<Registered>>>> = OnceLock::new();
    REGISTRY.get_or_init(Mutex::default)
}

/// What the code computes, with gradients by what it gives besides (`tf.custom_gradient`): eagerly for tapes, in a
/// graph for everything that differentiates the graph.
///
/// ```
/// use ferroflow_core::{Op, Tensor, operators::multiply};
/// use ferroflow_graph::{GradientTape, custom_gradient};
/// use std::sync::Arc;
/// let x = Tensor::from(3.0f32);
/// let tape = GradientTape::new();
/// tape.watch(&x);
/// let y = custom_gradient(&[x.clone()], |args| {
///     let y = multiply(&args[0], &args[0])?;
///     Ok((vec![y], Arc::new(|dys: &[Tensor]| Ok(vec![Some(multiply(&dys[0], 100.0)?)]))))
/// })?;
/// let slope = tape.gradient(&y[0], &x)?.expect("y depends on x");
/// assert_eq!((y[0].numpy()?.item::<f32>()?, slope.numpy()?.item::<f32>()?), (9.0, 100.0));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// What `f` returns; when gradients are taken, `ValueError` for a wrong number of them.
pub fn custom_gradient(
    args: &[Tensor],
    f: impl FnOnce(&[Tensor]) -> Result<(Vec<Tensor>, GradientFn)>,
) -> Result<Vec<Tensor>> {
    crate::install();
    let identity = |tensor: &Tensor| Op::named("Identity").input(tensor).one();
    let in_graph = Graph::current().is_some() || args.iter().any(|arg| !arg.is_eager());
    if !in_graph {
        // The code's ops are recorded, for gradients of what the gradient takes from them; only the way from them to the
        // results is not.
        let (results, gradient) = f(args)?;
        let results =
            context::without_recorders(|| results.iter().map(identity).collect::<Result<Vec<_>>>())?;
        let (count, outputs) = (args.len(), results.clone());
        let backward: Backward =
            Rc::new(move |dys: &[Option<Tensor>]| apply(&gradient, dys, &outputs, count));
        context::record_custom(args, &results, &backward);
        return Ok(results);
    }
    let (results, gradient) = f(args)?;
    // TensorFlow makes these, too, and takes the results themselves.
    for result in &results {
        identity(result)?;
    }
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Graphs of TensorFlow hold names of the form `CustomGradient-7`, which are not ours.
    let name = format!("CustomGradient-ferroflow-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let registered = Registered { num_results: results.len(), gradient };
    registry().lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), Arc::new(registered));
    let all: Vec<Tensor> = results.iter().chain(args).cloned().collect();
    let outputs = Op::named("IdentityN").inputs(all).attr(GRADIENT_OP_TYPE, name).all()?;
    Ok(outputs.into_iter().take(results.len()).collect())
}

/// The gradients of the arguments, zeros flowing in where nothing does.
fn apply(
    gradient: &GradientFn,
    dys: &[Option<Tensor>],
    results: &[Tensor],
    count: usize,
) -> Result<Vec<Option<Tensor>>> {
    let mut complete = Vec::with_capacity(results.len());
    for (index, result) in results.iter().enumerate() {
        complete.push(match dys.get(index).cloned().flatten() {
            Some(dy) => dy,
            None => Op::named("ZerosLike").input(result).one()?,
        });
    }
    let grads = gradient(&complete)?;
    ensure!(
        grads.len() == count,
        value,
        "custom_gradient function expected to return {count} gradients, but returned {} instead.",
        grads.len()
    );
    Ok(grads)
}

/// How a node with a gradient of its own is differentiated; `None` for any other.
pub(crate) fn rule(graph: &Graph, id: usize, node: &Node) -> Option<Backward> {
    let name = node.attrs.str(GRADIENT_OP_TYPE).ok()?;
    if !name.starts_with("CustomGradient-") {
        // One that a program has registered by itself.
        return None;
    }
    let found = registry().lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    let (graph, count) = (graph.clone(), node.inputs.len());
    let (node, op) = (node.name.clone(), node.op.clone());
    Some(Rc::new(move |dys: &[Option<Tensor>]| {
        // A graph that another process wrote names gradients that only that process had.
        let Some(found) = found.as_ref().filter(|found| found.num_results <= count) else {
            return Err(no_gradient(&node, &op));
        };
        // Zeros flow into arguments that the node gives out again, too, as in TensorFlow, which asks for them before it knows.
        let mut complete = Vec::with_capacity(count);
        for index in 0..count {
            let output = graph.tensor(Port { node: id, index });
            complete.push(match dys.get(index).cloned().flatten() {
                None if output.dtype().is_trainable() => {
                    Some(Op::named("ZerosLike").input(output).default_name("zeros_like").one()?)
                }
                dy => dy,
            });
        }
        let first = found.num_results;
        let results: Vec<Tensor> = (0..first).map(|index| graph.tensor(Port { node: id, index })).collect();
        let scope = format!("{node}_grad");
        let grads = context::with_name(&scope, || {
            context::name_scope(&scope, || {
                apply(&found.gradient, &complete, &results, count.saturating_sub(first))
            })
        })?;
        Ok(std::iter::repeat_n(None, first).chain(grads).collect())
    }))
}
