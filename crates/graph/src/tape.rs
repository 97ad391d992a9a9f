//! `GradientTape`: derivatives of eager code (`tf.GradientTape`).

use crate::Graph;
use crate::backprop::{Record, Rule, TensorKey, UnconnectedGradients, WalkRules, backprop, flows};
use crate::function_gradient::dense_gradients;
use crate::gradients::{GradientOptions, gradients_with, seeds};
use ferroflow_core::context::Backward;
use ferroflow_core::{
    Attrs, DType, Gradient, OpCall, OpRecorder, ResourceHandle, Result, Tensor, VariableResource, bail,
    context, ensure,
};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

/// Notes eager ops while it lives, to differentiate them.
///
/// Recording begins with [`GradientTape::new`] and ends with the first [`GradientTape::gradient`], unless the tape is
/// persistent. Variables that are read are watched; other tensors where [`GradientTape::watch`] asks for it.
///
/// ```
/// use ferroflow_core::{Tensor, operators::multiply};
/// use ferroflow_graph::GradientTape;
/// let x = Tensor::from(3.0f32);
/// let tape = GradientTape::new();
/// tape.watch(&x);
/// let y = multiply(&x, &x)?;
/// let slope = tape.gradient(&y, &x)?;
/// assert_eq!(slope.map(|slope| slope.numpy()).transpose()?.map(|slope| slope.item::<f32>()).transpose()?, Some(6.0));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct GradientTape {
    recorder: Rc<Recorder>,
    persistent: bool,
    used: Cell<bool>,
    recording: Cell<bool>,
    /// The graph in force when the tape was made, and how many nodes it had: ops of graphs are not recorded.
    graph: Option<(Graph, usize)>,
}

struct Recorder {
    records: RefCell<Vec<Record>>,
    watched: RefCell<HashSet<TensorKey>>,
    /// Watched tensors, kept alive so that no other takes their identity.
    kept: RefCell<Vec<Tensor>>,
    watch_variables: bool,
}

impl Recorder {
    fn is_watched(&self, tensor: &Tensor) -> bool {
        self.watched.borrow().contains(&TensorKey::of(tensor))
    }

    fn watch(&self, tensor: &Tensor) {
        if self.watched.borrow_mut().insert(TensorKey::of(tensor)) {
            self.kept.borrow_mut().push(tensor.clone());
        }
    }

    fn note(&self, rule: Rule, name: &str, attrs: &Attrs, inputs: &[Tensor], outputs: &[Tensor]) {
        if !inputs.iter().any(|input| flows(input.dtype()) && self.is_watched(input)) {
            return;
        }
        let mut watched = self.watched.borrow_mut();
        watched.extend(outputs.iter().filter(|output| flows(output.dtype())).map(TensorKey::of));
        drop(watched);
        self.records.borrow_mut().push(Record {
            rule,
            name: name.to_string(),
            attrs: attrs.clone(),
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
        });
    }
}

impl OpRecorder for Recorder {
    fn record(&self, call: &OpCall, inputs: &[Tensor], outputs: &[Tensor]) {
        if let (true, true, Some(handle)) = (reads(call.def.name), self.watch_variables, inputs.first())
            && is_trainable(handle)
        {
            self.watch(handle);
        }
        self.note(Rule::Op(call.def), call.def.name, &call.attrs, inputs, outputs);
    }

    fn record_custom(&self, inputs: &[Tensor], outputs: &[Tensor], backward: Backward) {
        if self.watch_variables {
            inputs
                .iter()
                .filter(|input| input.dtype() == DType::RESOURCE && is_trainable(input))
                .for_each(|x| self.watch(x));
        }
        self.note(Rule::Custom(backward), "function", &Attrs::new(), inputs, outputs);
    }
}

/// What stands for a tensor in the graph in force.
pub(crate) fn in_graph(tensor: &Tensor) -> Result<Tensor> {
    let inner = match (tensor, Graph::current()) {
        (Tensor::Eager(_), Some(graph)) => crate::trace::capture(&graph, tensor)?,
        _ => None,
    };
    Ok(inner.unwrap_or_else(|| tensor.clone()))
}

/// The handles of variables that nodes from this one on read, or pass to functions.
fn handles_read(graph: &Graph, from: usize) -> Vec<Tensor> {
    let nodes = (from..graph.num_nodes()).map(|id| graph.operation(id));
    let reading = nodes.filter(|node| reads(&node.op_type()) || is_call(&node.op_type()));
    let inputs = reading.flat_map(|node| node.inputs());
    inputs.filter(|input| input.dtype() == DType::RESOURCE).collect()
}

fn reads(op: &str) -> bool {
    matches!(op, "ReadVariableOp" | "ResourceGather" | "ResourceGatherNd")
}

fn is_call(op: &str) -> bool {
    matches!(
        op,
        "PartitionedCall"
            | "StatefulPartitionedCall"
            | "While"
            | "StatelessWhile"
            | "If"
            | "StatelessIf"
            | "Case"
            | "StatelessCase"
    )
}

/// Whether a handle is to a variable that asks to be watched.
fn is_trainable(handle: &Tensor) -> bool {
    let handle = crate::trace::outermost(handle);
    let Tensor::Eager(handle) = &handle else { return true };
    let handles = handle.value().as_slice::<ResourceHandle>();
    let handle = handles.ok().and_then(|handles| handles.first());
    let variable = handle.map(|handle| handle.lookup::<VariableResource>(&context::eager_env().resources));
    variable.is_none_or(|variable| variable.is_ok_and(|variable| variable.is_trainable()))
}

impl Default for GradientTape {
    fn default() -> GradientTape {
        GradientTape::new()
    }
}

impl GradientTape {
    /// A tape that records from now on, for one gradient.
    pub fn new() -> GradientTape {
        GradientTape::with(false, true)
    }

    /// A tape that records from now on, for any number of gradients.
    pub fn persistent() -> GradientTape {
        GradientTape::with(true, true)
    }

    /// A tape; `watch_accessed_variables` says whether variables that are read are watched.
    pub fn with(persistent: bool, watch_accessed_variables: bool) -> GradientTape {
        crate::install();
        let recorder = Rc::new(Recorder {
            records: RefCell::default(),
            watched: RefCell::default(),
            kept: RefCell::default(),
            watch_variables: watch_accessed_variables,
        });
        context::push_recorder(recorder.clone());
        let graph = Graph::current().map(|graph| (graph.clone(), graph.num_nodes()));
        GradientTape { recorder, persistent, used: Cell::new(false), recording: Cell::new(true), graph }
    }

    /// Records what depends on this tensor.
    pub fn watch(&self, tensor: &Tensor) {
        self.recorder.watch(tensor);
    }

    /// The handles of the variables that are watched, in the order in which they came to be: those that the variables have
    /// outside of functions that are being traced.
    pub fn watched_handles(&self) -> Vec<Tensor> {
        let kept = self.recorder.kept.borrow();
        let kept = kept.iter().filter(|tensor| tensor.dtype() == DType::RESOURCE).cloned();
        let read = self.graph.iter().filter(|_| self.recorder.watch_variables);
        let read = read.flat_map(|(graph, from)| handles_read(graph, *from));
        kept.chain(read.filter(is_trainable)).map(|handle| crate::trace::outermost(&handle)).collect()
    }

    /// Forgets everything recorded; watched tensors stay watched no longer.
    pub fn reset(&self) {
        self.recorder.records.borrow_mut().clear();
        self.recorder.watched.borrow_mut().clear();
        self.recorder.kept.borrow_mut().clear();
    }

    /// Runs `f` without recording it on this tape.
    pub fn stop_recording<R>(&self, f: impl FnOnce() -> R) -> R {
        let was = self.pause();
        let result = f();
        if was {
            self.resume();
        }
        result
    }

    fn pause(&self) -> bool {
        let was = self.recording.replace(false);
        if was {
            let recorder: Rc<dyn OpRecorder> = self.recorder.clone();
            context::pop_recorder(&recorder);
        }
        was
    }

    fn resume(&self) {
        if !self.recording.replace(true) {
            context::push_recorder(self.recorder.clone());
        }
    }

    /// The derivative of `target` by `source`, dense; `None` where it does not depend on it.
    ///
    /// # Errors
    /// As [`GradientTape::gradients`].
    pub fn gradient(&self, target: &Tensor, source: &Tensor) -> Result<Option<Tensor>> {
        let grads = self.gradients(std::slice::from_ref(target), std::slice::from_ref(source))?;
        Ok(dense_gradients(grads)?.into_iter().next().flatten())
    }

    /// The sum of the derivatives of `targets` by each of `sources`; `None` where nothing depends on it.
    ///
    /// # Errors
    /// `RuntimeError` when the tape is not persistent and was used; `Unimplemented` for an op without a gradient.
    pub fn gradients(&self, targets: &[Tensor], sources: &[Tensor]) -> Result<Vec<Option<Gradient>>> {
        self.gradients_with(targets, sources, &[], UnconnectedGradients::None)
    }

    /// The same with gradients that flow into the targets, and a rule for sources that nothing depends on.
    ///
    /// # Errors
    /// As [`GradientTape::gradients`].
    pub fn gradients_with(
        &self,
        targets: &[Tensor],
        sources: &[Tensor],
        output_gradients: &[Option<Tensor>],
        unconnected: UnconnectedGradients,
    ) -> Result<Vec<Option<Gradient>>> {
        self.once(|| self.walk(targets, sources, output_gradients, unconnected))
    }

    /// Computes something from the record, which the tape itself does not see; tapes around it do.
    pub(crate) fn once<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        ensure!(
            self.persistent || !self.used.replace(true),
            runtime,
            "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"
        );
        let was = self.pause();
        let result = f();
        if self.persistent && was {
            self.resume();
        } else if !self.persistent {
            self.reset();
        }
        result
    }

    /// One way back through the record.
    pub(crate) fn walk(
        &self,
        targets: &[Tensor],
        sources: &[Tensor],
        output_gradients: &[Option<Tensor>],
        unconnected: UnconnectedGradients,
    ) -> Result<Vec<Option<Gradient>>> {
        if targets.is_empty() {
            bail!(type_error, "Argument `target` should be a list or nested structure of Tensors, got none");
        }
        if targets.iter().chain(sources).any(|tensor| !tensor.is_eager()) {
            // Under a trace the graph itself is the record, and what comes from outside goes by its name there.
            let inner = |tensors: &[Tensor]| tensors.iter().map(in_graph).collect::<Result<Vec<_>>>();
            let options =
                GradientOptions { grad_ys: output_gradients.to_vec(), unconnected, ..Default::default() };
            return gradients_with(&inner(targets)?, &inner(sources)?, &options);
        }
        let seeds = seeds(targets, output_gradients)?;
        let rules = WalkRules { unconnected, ..WalkRules::default() };
        backprop(&self.recorder.records.borrow(), seeds, sources, &[], rules)
    }
}

impl Drop for GradientTape {
    fn drop(&mut self) {
        self.pause();
    }
}
