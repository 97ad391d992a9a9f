//! `Graph`: nodes under unique names, scopes, collections and functions.

use crate::ambient::ControlFrame;
use crate::branch::{self, Branch};
use crate::device_scope::DeviceScope;
use crate::flow::FlowState;
use crate::names::{NameTable, check_scope_name, parse_tensor_name};
use crate::{Function, Node, Operation, Port, effect_branch, flow, infer, node_builder};
use ferroflow_core::{
    Error, GraphLike, NdArray, OpCall, PartialShape, Result, SymbolicTensor, Tensor, bail, context, ensure,
};
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A dataflow graph (`tf.Graph`). Cloning shares it.
///
/// ```
/// use ferroflow_core::{Op, constant};
/// use ferroflow_graph::Graph;
/// let graph = Graph::new();
/// let sum = graph.as_default_scope(|| &constant([1, 2])? + 1)?;
/// assert_eq!(format!("{sum:?}"), "<tf.Tensor 'add:0' shape=(2,) dtype=int32>");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Graph(Arc<GraphInner>);

/// A graph that is not kept alive.
#[derive(Clone)]
pub(crate) struct WeakGraph(Weak<GraphInner>);

impl WeakGraph {
    /// Whether it is the graph behind a tensor's handle.
    pub(crate) fn is(&self, handle: &Arc<dyn GraphLike>) -> bool {
        std::ptr::addr_eq(self.0.as_ptr(), Arc::as_ptr(handle))
    }

    pub(crate) fn upgrade(&self) -> Option<Graph> {
        self.0.upgrade().map(Graph)
    }
}

/// What a collection of a graph holds.
#[derive(Clone)]
pub enum CollectionItem {
    /// A tensor.
    Tensor(Tensor),
    /// An operation.
    Operation(Operation),
    /// Anything else, such as a variable of a facade.
    Any(Arc<dyn Any + Send + Sync>),
}

/// How a graph under a trace takes in values from outside.
pub(crate) struct CaptureState {
    /// The tensors taken in and the placeholders that stand for them.
    pub(crate) captures: Vec<(Tensor, Tensor)>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) nodes: Vec<Arc<Node>>,
    pub(crate) by_name: HashMap<String, usize>,
    pub(crate) names: NameTable,
    pub(crate) scope: String,
    pub(crate) control: Vec<ControlFrame>,
    pub(crate) devices: Vec<DeviceScope>,
    /// Branches and loops under construction.
    pub(crate) flow: FlowState,
    pub(crate) finalized: bool,
    pub(crate) seed: Option<i64>,
    pub(crate) random_ops: i64,
    pub(crate) collections: BTreeMap<String, Vec<CollectionItem>>,
    /// What others keep with the graph, by type.
    pub(crate) extensions: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    pub(crate) functions: BTreeMap<String, Arc<Function>>,
    /// Where functions are looked up that are not this graph's own.
    pub(crate) library: Option<WeakGraph>,
    /// The operations that new nodes are placed with.
    pub(crate) colocation: Vec<usize>,
    pub(crate) attr_scopes: Vec<(String, ferroflow_core::AttrValue)>,
    /// The gradients that new nodes ask for, by the types of their ops.
    pub(crate) gradient_overrides: HashMap<String, String>,
    pub(crate) container: String,
    pub(crate) not_feedable: HashSet<Port>,
    pub(crate) not_fetchable: HashSet<usize>,
    pub(crate) producer: i32,
    /// `Some` for the body of a function under a trace.
    pub(crate) trace: Option<CaptureState>,
    /// The graphs that this one was copied from, whose nodes it has under the same ids.
    pub(crate) origins: Vec<WeakGraph>,
    /// Whether a trace made the graph. Its tensors mean nothing outside of it.
    pub(crate) traced: bool,
}

pub(crate) struct GraphInner {
    me: Weak<GraphInner>,
    state: Mutex<State>,
}

/// The GraphDef version that TensorFlow 2.21 writes.
pub const PRODUCER: i32 = 2474;

impl Default for Graph {
    fn default() -> Graph {
        Graph::new()
    }
}

impl PartialEq for Graph {
    /// Graphs are equal when they are the same object.
    fn eq(&self, other: &Graph) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<tf.Graph of {} nodes>", self.num_nodes())
    }
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Graph {
        crate::install();
        Graph(Arc::new_cyclic(|me| GraphInner {
            me: me.clone(),
            state: Mutex::new(State { producer: PRODUCER, ..State::default() }),
        }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // State is only changed by short steps that leave it whole.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The graph as tensors hold it.
    pub fn handle(&self) -> Arc<dyn GraphLike> {
        self.0.clone()
    }

    pub(crate) fn downgrade(&self) -> WeakGraph {
        WeakGraph(Arc::downgrade(&self.0))
    }

    /// Functions of another graph's library can be called in this one. The library is not kept alive: it holds
    /// the function whose body this graph is.
    pub(crate) fn set_library(&self, library: WeakGraph) {
        self.lock().library = Some(library);
    }

    /// The graph behind a tensor's handle.
    pub fn from_handle(handle: &Arc<dyn GraphLike>) -> Option<Graph> {
        handle.clone().as_any().downcast::<GraphInner>().ok().map(Graph)
    }

    /// The graph in force on this thread.
    pub fn current() -> Option<Graph> {
        Graph::from_handle(&context::current_graph()?)
    }

    /// Runs `f` with this graph as the one that ops join.
    pub fn as_default_scope<R>(&self, f: impl FnOnce() -> R) -> R {
        context::with_graph(self.handle(), f)
    }

    /// Makes this graph the one that ops join until the guard is dropped.
    pub fn as_default(&self) -> context::TargetGuard {
        context::push_graph(self.handle())
    }

    /// How many nodes there are.
    pub fn num_nodes(&self) -> usize {
        self.lock().nodes.len()
    }

    /// A node.
    ///
    /// # Panics
    /// Never for the id of a node of this graph: nodes are not removed.
    #[allow(clippy::indexing_slicing)]
    pub fn node(&self, id: usize) -> Arc<Node> {
        self.lock().nodes[id].clone()
    }

    /// The handle of an output.
    pub fn tensor(&self, port: Port) -> Tensor {
        let dtype = self.node(port.node).output_types[port.index];
        Tensor::Symbolic(SymbolicTensor::new(self.handle(), port.node, port.index, dtype))
    }

    /// The output that a tensor of this graph stands for.
    pub fn port(&self, tensor: &Tensor) -> Option<Port> {
        let symbolic = tensor.as_symbolic()?;
        let mine = std::ptr::addr_eq(Arc::as_ptr(symbolic.graph()), Arc::as_ptr(&self.0));
        mine.then(|| Port { node: symbolic.node(), index: symbolic.index() })
    }

    /// The operation with this id.
    pub fn operation(&self, id: usize) -> Operation {
        Operation::new(self.clone(), id)
    }

    /// All operations, in the order they were added.
    pub fn get_operations(&self) -> Vec<Operation> {
        (0..self.num_nodes()).map(|id| self.operation(id)).collect()
    }

    /// The operation of this name.
    ///
    /// # Errors
    /// `KeyError` when there is none, `ValueError` for the name of a tensor.
    pub fn get_operation_by_name(&self, name: &str) -> Result<Operation> {
        ensure!(!name.contains(':'), value, "Name '{name}' appears to refer to a Tensor, not a Operation.");
        let found = self.lock().by_name.get(name).copied();
        match found {
            Some(id) => Ok(self.operation(id)),
            None => bail!(key, "The name '{name}' refers to an Operation not in the graph."),
        }
    }

    /// The tensor of this name, `node:index`.
    ///
    /// # Errors
    /// `KeyError` when there is none, `ValueError` for a name that is no tensor's.
    pub fn get_tensor_by_name(&self, name: &str) -> Result<Tensor> {
        ensure!(
            name.contains(':'),
            value,
            "The name '{name}' refers to an Operation, not a Tensor. Tensor names must be of the form \
             \"<op_name>:<output_index>\"."
        );
        let (node, index) = parse_tensor_name(name)?;
        let found = self.lock().by_name.get(node).copied();
        let Some(id) = found else {
            bail!(
                key,
                "The name '{name}' refers to a Tensor which does not exist. The operation, '{node}', does not exist \
                 in the graph."
            );
        };
        let count = self.node(id).output_types.len();
        ensure!(
            index < count,
            key,
            "The name '{name}' refers to a Tensor which does not exist. The operation, '{node}', exists but only has \
             {count} outputs."
        );
        Ok(self.tensor(Port { node: id, index }))
    }

    /// A name that nobody uses in this graph, within the open scope.
    pub fn unique_name(&self, name: &str, mark: bool) -> String {
        let mut state = self.lock();
        let full = join(&state.scope, name);
        state.names.unique(&full, mark)
    }

    /// Forbids any further change.
    pub fn finalize(&self) {
        self.lock().finalized = true;
    }

    /// Whether changes are forbidden.
    pub fn finalized(&self) -> bool {
        self.lock().finalized
    }

    pub(crate) fn check_not_finalized(&self) -> Result<()> {
        ensure!(!self.finalized(), runtime, "Graph is finalized and cannot be modified.");
        Ok(())
    }

    /// The graph-level random seed.
    pub fn seed(&self) -> Option<i64> {
        self.lock().seed
    }

    /// Sets the graph-level random seed (`tf.set_random_seed`).
    pub fn set_seed(&self, seed: Option<i64>) {
        self.lock().seed = seed;
    }

    /// A number for the next op that draws random numbers from the graph's seed.
    pub fn next_random_op(&self) -> i64 {
        let mut state = self.lock();
        state.random_ops += 1;
        state.random_ops - 1
    }

    /// Adds to a collection.
    ///
    /// # Errors
    /// `RuntimeError` when the graph is finalised.
    pub fn add_to_collection(&self, name: &str, item: CollectionItem) -> Result<()> {
        self.check_not_finalized()?;
        self.lock().collections.entry(name.to_string()).or_default().push(item);
        Ok(())
    }

    /// What a collection holds; empty when there is none of this name.
    pub fn get_collection(&self, name: &str) -> Vec<CollectionItem> {
        self.lock().collections.get(name).cloned().unwrap_or_default()
    }

    /// The names of the collections.
    pub fn get_all_collection_keys(&self) -> Vec<String> {
        self.lock().collections.keys().cloned().collect()
    }

    /// Empties a collection.
    ///
    /// # Errors
    /// `RuntimeError` when the graph is finalised.
    pub fn clear_collection(&self, name: &str) -> Result<()> {
        self.check_not_finalized()?;
        self.lock().collections.remove(name);
        Ok(())
    }

    /// What a facade keeps with the graph, of a type of its own; made when it is first asked for. It must not hold the
    /// graph.
    pub fn extension<T: Any + Send + Sync + Default>(&self) -> Arc<T> {
        let mut state = self.lock();
        let held = state.extensions.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        held.clone().downcast::<T>().unwrap_or_default()
    }

    /// Makes a tensor refuse feeds.
    pub fn prevent_feeding(&self, tensor: &Tensor) {
        if let Some(port) = self.port(tensor) {
            self.lock().not_feedable.insert(port);
        }
    }

    /// Makes an operation refuse to be fetched.
    pub fn prevent_fetching(&self, operation: &Operation) {
        self.lock().not_fetchable.insert(operation.id());
    }

    /// Whether a tensor takes feeds.
    pub fn is_feedable(&self, tensor: &Tensor) -> bool {
        self.port(tensor).is_none_or(|port| !self.lock().not_feedable.contains(&port))
    }

    /// Whether an operation can be fetched.
    pub fn is_fetchable(&self, id: usize) -> bool {
        !self.lock().not_fetchable.contains(&id)
    }

    /// Adds a function to the graph's library; one of the same name stays.
    pub fn add_function(&self, function: Arc<Function>) {
        let mut pending = vec![function];
        while let Some(function) = pending.pop() {
            let name = function.name().to_string();
            if self.lock().functions.contains_key(&name) {
                continue;
            }
            pending.extend(function.callees());
            self.lock().functions.insert(name, function);
        }
    }

    /// The function of this name, from the graph's library or the one of eager execution.
    pub fn function(&self, name: &str) -> Option<Arc<Function>> {
        let (own, library) = {
            let state = self.lock();
            (state.functions.get(name).cloned(), state.library.clone())
        };
        own.or_else(|| library.and_then(|library| library.upgrade())?.function(name))
            .or_else(|| crate::function_library().get(name))
    }

    /// The functions of the graph's library, by name.
    pub fn functions(&self) -> Vec<Arc<Function>> {
        self.lock().functions.values().cloned().collect()
    }

    /// The value of a tensor of this graph, where it follows from constants.
    pub fn constant_value(&self, port: Port) -> Option<NdArray> {
        infer::constant_value(self, port)
    }
}

pub(crate) fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_string() } else { format!("{scope}/{name}") }
}

impl GraphInner {
    fn graph(&self) -> Result<Graph> {
        self.me.upgrade().map(Graph).ok_or_else(|| Error::internal("the graph is being dropped"))
    }
}

impl GraphLike for GraphInner {
    fn add_op(&self, call: OpCall) -> Result<Vec<Tensor>> {
        node_builder::add_call(&self.graph()?, call)
    }

    fn node_name(&self, node: usize) -> String {
        self.graph().map(|graph| graph.node(node).name.clone()).unwrap_or_default()
    }

    fn node_op(&self, node: usize) -> String {
        self.graph().map(|graph| graph.node(node).op.clone()).unwrap_or_default()
    }

    fn node_device(&self, node: usize) -> String {
        self.graph().map(|graph| graph.node(node).device.clone()).unwrap_or_default()
    }

    fn random_seed(&self) -> Option<i64> {
        self.graph().ok()?.seed()
    }

    fn next_op_seed(&self) -> i64 {
        self.graph().map_or(0, |graph| graph.next_random_op())
    }

    fn output_shape(&self, node: usize, index: usize) -> PartialShape {
        self.graph().map(|graph| infer::facts(&graph, Port { node, index }).shape).unwrap_or_default()
    }

    fn set_output_shape(&self, node: usize, index: usize, shape: &PartialShape) -> Result<()> {
        infer::refine_shape(&self.graph()?, Port { node, index }, shape)
    }

    fn enter_name_scope(&self, name: &str) -> Result<String> {
        let graph = self.graph()?;
        let mut state = graph.lock();
        let absolute = name.strip_suffix('/');
        let scope = match absolute {
            Some(absolute) => absolute.to_string(),
            None if name.is_empty() => String::new(),
            None => {
                check_scope_name(&state.scope, name)?;
                let full = join(&state.scope, name);
                state.names.unique(&full, true)
            }
        };
        Ok(std::mem::replace(&mut state.scope, scope))
    }

    fn name_scope(&self) -> String {
        self.graph().map(|graph| graph.lock().scope.clone()).unwrap_or_default()
    }

    fn restore_name_scope(&self, previous: String) {
        if let Ok(graph) = self.graph() {
            graph.lock().scope = previous;
        }
    }

    fn constant_value(&self, tensor: &SymbolicTensor) -> Option<NdArray> {
        infer::constant_value(&self.graph().ok()?, Port { node: tensor.node(), index: tensor.index() })
    }

    fn builds_function(&self) -> bool {
        self.graph().is_ok_and(|graph| graph.lock().traced)
    }

    fn num_nodes(&self) -> usize {
        self.graph().map_or(0, |graph| graph.num_nodes())
    }

    fn with_controls(
        &self,
        after: &[usize],
        beside: Option<usize>,
        f: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let graph = self.graph()?;
        let operations: Vec<_> = after.iter().map(|id| graph.operation(*id)).collect();
        let waiting = || graph.control_dependencies(Some(&operations), f);
        match beside {
            Some(beside) => graph.colocate_with(&graph.operation(beside), waiting),
            None => waiting(),
        }
    }

    fn cond(&self, pred: &Tensor, then_branch: Branch<'_>, else_branch: Branch<'_>) -> Result<Vec<Tensor>> {
        match context::uses_switches() {
            true => flow::call_switch(pred, then_branch, else_branch),
            false => branch::call_if(pred, then_branch, else_branch),
        }
    }

    fn unless(&self, pred: &Tensor, code: &mut dyn FnMut() -> Result<()>) -> Result<usize> {
        effect_branch::unless(pred, code)
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}
