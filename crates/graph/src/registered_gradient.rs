//! Gradients that programs register under names, for types of ops and for nodes that ask for them by name.

use crate::backprop::no_gradient as missing;
use crate::{Graph, Node, Operation};
use ferroflow_core::context::{self, Backward};
use ferroflow_core::{Error, Grad, Op, OpDef, Result, Tensor, bail, ensure, registry};
use ferroflow_proto::text;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The attribute by which a node asks for another gradient than that of its op.
pub(crate) const GRADIENT_OP_TYPE: &str = "_gradient_op_type";

type GradientOf = Arc<dyn Fn(&Operation, &[Tensor]) -> Result<Vec<Option<Tensor>>> + Send + Sync>;

#[derive(Clone)]
enum Entry {
    Gradient(GradientOf),
    Constant,
}

/// What a name of [`GRADIENT_OP_TYPE`] stands for.
pub(crate) enum Named {
    /// What a program has registered.
    Rule(Backward),
    /// The gradient of an op.
    Op(&'static OpDef),
}

fn entries() -> MutexGuard<'static, HashMap<String, Entry>> {
    static ENTRIES: OnceLock<Mutex<HashMap<String, Entry>>> = OnceLock::new();
    ENTRIES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

fn add(op_type: &str, entry: Entry) -> Result<()> {
    crate::install();
    let mut entries = entries();
    let known = registry::lookup(op_type).is_some_and(|def| !matches!(def.grad, Grad::Missing));
    ensure!(!known && !entries.contains_key(op_type), key, "Registering two gradient with name '{op_type}'!");
    entries.insert(op_type.to_string(), entry);
    Ok(())
}

/// Registers a gradient under a name: for the ops of this type, which have none so far, or for nodes that ask for it by
/// [`Graph::gradient_override_map`]. `gradient` is given the node and the gradients of its outputs, zeros where nothing flows
/// in, and gives those of its inputs. Gradients of graphs and of traced functions see it; tapes over single eager ops do not.
///
/// Source: `tf.RegisterGradient`.
///
/// ```
/// use ferroflow_core::{NdArray, Op, constant, operators::multiply};
/// use ferroflow_graph::{Graph, Operation, RegisterGradient, dense, gradients};
/// RegisterGradient("Steep", |_operation, grads| Ok(vec![Some(multiply(&grads[0], 100.0)?)]))?;
/// let graph = Graph::new();
/// let slope = graph.as_default_scope(|| {
///     let x = constant(NdArray::scalar(3.0f32))?;
///     let square = || Op::named("Square").input(&x).one();
///     let y = graph.gradient_override_map(&[("Square", "Steep")], square)?;
///     dense(gradients(&[y], &[x.clone()])?.remove(0).expect("y depends on x"))
/// })?;
/// assert_eq!(Operation::of(&slope)?.name(), "gradients/Square_grad/Mul");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `KeyError` for a name that has a gradient already.
#[allow(non_snake_case, reason = "TensorFlow's name")]
pub fn RegisterGradient(
    op_type: &str,
    gradient: impl Fn(&Operation, &[Tensor]) -> Result<Vec<Option<Tensor>>> + Send + Sync + 'static,
) -> Result<()> {
    add(op_type, Entry::Gradient(Arc::new(gradient)))
}

/// Registers that nothing flows back through nodes of this type, or through those that ask for this name.
///
/// Source: `tf.no_gradient`.
///
/// # Errors
/// As [`RegisterGradient`].
pub fn no_gradient(op_type: &str) -> Result<()> {
    add(op_type, Entry::Constant)
}

impl Graph {
    /// Runs `f` while new nodes of some ops ask for another gradient than that of their op: one that was registered, or that
    /// of another op.
    ///
    /// Source: `tf.Graph.gradient_override_map`.
    ///
    /// # Errors
    /// What `f` returns. A name that nothing has is an error where gradients are taken.
    pub fn gradient_override_map<R>(
        &self,
        op_type_map: &[(&str, &str)],
        f: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let outer = {
            let mut state = self.lock();
            let mut inner = state.gradient_overrides.clone();
            inner.extend(op_type_map.iter().map(|(op, name)| (op.to_string(), name.to_string())));
            std::mem::replace(&mut state.gradient_overrides, inner)
        };
        let _restore = Restore(self, outer);
        self.as_default_scope(f)
    }
}

struct Restore<'a>(&'a Graph, HashMap<String, String>);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.0.lock().gradient_overrides = std::mem::take(&mut self.1);
    }
}

/// How a node is differentiated that asks for a gradient by name, or whose op has one by registration alone; `None` for
/// any other.
pub(crate) fn rule(graph: &Graph, id: usize, node: &Node) -> Option<Named> {
    let asked = node.attrs.str(GRADIENT_OP_TYPE).ok();
    if asked.is_none() && node.def.is_some_and(|def| !matches!(def.grad, Grad::Missing)) {
        return None;
    }
    let entry = entries().get(asked.unwrap_or(&node.op)).cloned();
    let entry = match (entry, asked) {
        (Some(entry), _) => entry,
        (None, None) => return None,
        (None, Some(name)) => match registry::lookup(name) {
            Some(def) if !matches!(def.grad, Grad::Missing) => return Some(Named::Op(def)),
            // An error only where something flows into the node.
            _ => {
                let (name, op) = (node.name.clone(), node.op.clone());
                return Some(Named::Rule(Rc::new(move |_| Err(missing(&name, &op)))));
            }
        },
    };
    let count = node.inputs.len();
    let Entry::Gradient(gradient) = entry else {
        return Some(Named::Rule(Rc::new(move |_| Ok(vec![None; count]))));
    };
    let operation = graph.operation(id);
    let rule = move |dys: &[Option<Tensor>]| {
        let scope = format!("{}_grad", operation.name());
        context::with_name(&scope, || context::name_scope(&scope, || called(&gradient, &operation, dys)))
    };
    Some(Named::Rule(Rc::new(rule)))
}

fn called(
    gradient: &GradientOf,
    operation: &Operation,
    dys: &[Option<Tensor>],
) -> Result<Vec<Option<Tensor>>> {
    let (inputs, outputs) = (operation.inputs(), operation.outputs());
    let mut complete = Vec::with_capacity(outputs.len());
    for (index, output) in outputs.iter().enumerate() {
        complete.push(match dys.get(index).cloned().flatten() {
            Some(dy) => dy,
            None => Op::named("ZerosLike").input(output).one()?,
        });
    }
    let grads = gradient(operation, &complete)?;
    if grads.len() != inputs.len() {
        bail!(
            value,
            "Num gradients {} generated for op {} do not match num inputs {}",
            grads.len(),
            text::to_text(&operation.node_def()?),
            inputs.len()
        );
    }
    for (index, (grad, input)) in grads.iter().zip(&inputs).enumerate() {
        let Some(grad) = grad else { continue };
        if !grad.shape().is_compatible_with(&input.shape()) {
            return Err(Error::value(format!(
                "Incompatible shapes between op input and calculated input gradient. Forward operation: {}. Input index: \
                 {index}. Original input shape: {}. Calculated input gradient shape: {}",
                operation.name(),
                input.shape(),
                grad.shape()
            )));
        }
    }
    Ok(grads)
}
