//! `Node`, the record of an op in a graph, and `Operation`, the handle users hold.

use crate::{Graph, node_summary};
use ferroflow_core::schema::OpSchema;
use ferroflow_core::{
    AttrValue, Attrs, DType, Error, Evaluator, HandleShapes, NdArray, OpDef, PartialShape, Result, Tensor,
    context,
};
use ferroflow_proto::NodeDef;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

/// An output of a node: where an input comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Port {
    /// The node.
    pub node: usize,
    /// Which of its outputs.
    pub index: usize,
}

/// What is known of an output.
#[derive(Clone, Default, Debug)]
pub(crate) struct OutputFacts {
    pub(crate) shape: PartialShape,
    pub(crate) handle: Option<HandleShapes>,
}

/// An op in a graph.
pub struct Node {
    /// The name.
    pub name: String,
    /// The op's type.
    pub op: String,
    /// The op, where this engine has it; a call of a function, or an op that is only known by its signature, has none.
    pub def: Option<&'static OpDef>,
    /// The signature; a call of a function by its name has none.
    pub schema: Option<&'static OpSchema>,
    /// Where the inputs come from.
    pub inputs: Vec<Port>,
    /// Nodes that run before this one.
    pub control_inputs: Vec<usize>,
    /// The attributes, TensorFlow's internal ones (`_class`) included.
    pub attrs: Attrs,
    /// The device asked for.
    pub device: String,
    /// The dtypes of the outputs, with reference marks.
    pub output_types: Vec<DType>,
    pub(crate) facts: RwLock<Vec<OutputFacts>>,
    pub(crate) constant: OnceLock<Option<NdArray>>,
    /// Whether a `control_dependencies` block named the node.
    pub(crate) awaited: AtomicBool,
}

impl Node {
    /// Whether the op has effects, or may give other results each time.
    pub fn is_stateful(&self) -> bool {
        self.schema.is_none_or(|schema| schema.is_stateful)
    }

    /// The same node with other inputs.
    pub(crate) fn with_edges(&self, inputs: Vec<Port>, control_inputs: Vec<usize>) -> Node {
        Node {
            name: self.name.clone(),
            op: self.op.clone(),
            def: self.def,
            schema: self.schema,
            inputs,
            control_inputs,
            attrs: self.attrs.clone(),
            device: self.device.clone(),
            output_types: self.output_types.clone(),
            facts: RwLock::new(self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()),
            constant: OnceLock::new(),
            awaited: AtomicBool::new(self.is_awaited()),
        }
    }

    pub(crate) fn mark_awaited(&self) {
        self.awaited.store(true, Ordering::Relaxed);
    }

    /// Whether a `control_dependencies` block named the node.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed)
    }
}

/// A node of a graph, as users hold it (`tf.Operation`).
///
/// `{:?}` prints TensorFlow's `repr`, `{}` the `NodeDef` in text form.
#[derive(Clone)]
pub struct Operation {
    graph: Graph,
    id: usize,
}

impl Operation {
    pub(crate) fn new(graph: Graph, id: usize) -> Operation {
        Operation { graph, id }
    }

    /// The operation that makes a symbolic tensor.
    ///
    /// # Errors
    /// `AttributeError` for an eager tensor.
    pub fn of(tensor: &Tensor) -> Result<Operation> {
        match tensor.as_symbolic() {
            Some(symbolic) => {
                let graph = Graph::from_handle(symbolic.graph())
                    .ok_or_else(|| Error::internal("the tensor's graph is of an unknown kind"))?;
                Ok(Operation { graph, id: symbolic.node() })
            }
            None => Err(Error::attribute("Tensor.op is undefined when eager execution is enabled.")),
        }
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The node's position in the graph.
    pub fn id(&self) -> usize {
        self.id
    }

    /// The name.
    pub fn name(&self) -> String {
        self.graph.node(self.id).name.clone()
    }

    /// The op's type: `MatMul`.
    pub fn op_type(&self) -> String {
        self.graph.node(self.id).op.clone()
    }

    /// The device asked for.
    pub fn device(&self) -> String {
        self.graph.node(self.id).device.clone()
    }

    /// The outputs.
    pub fn outputs(&self) -> Vec<Tensor> {
        let count = self.graph.node(self.id).output_types.len();
        (0..count).map(|index| self.graph.tensor(Port { node: self.id, index })).collect()
    }

    /// The inputs.
    pub fn inputs(&self) -> Vec<Tensor> {
        self.graph.node(self.id).inputs.iter().map(|port| self.graph.tensor(*port)).collect()
    }

    /// The operations that run before this one.
    pub fn control_inputs(&self) -> Vec<Operation> {
        let node = self.graph.node(self.id);
        node.control_inputs.iter().map(|id| Operation::new(self.graph.clone(), *id)).collect()
    }

    /// An attribute.
    ///
    /// # Errors
    /// `ValueError` when the operation has none of this name.
    pub fn get_attr(&self, name: &str) -> Result<AttrValue> {
        let node = self.graph.node(self.id);
        node.attrs
            .get(name)
            .cloned()
            .ok_or_else(|| Error::value(format!("Operation '{}' has no attr named '{name}'.", node.name)))
    }

    /// The node as it is written to a GraphDef.
    ///
    /// # Errors
    /// `Unimplemented` for attributes that cannot be written.
    pub fn node_def(&self) -> Result<NodeDef> {
        self.graph.node_def(self.id)
    }

    /// Runs the operation in the default session.
    ///
    /// # Errors
    /// `ValueError` without a default session or when it is of another graph; what the run returns.
    pub fn run(&self) -> Result<()> {
        let Some(session) = context::default_evaluator() else {
            return Err(Error::value(
                "Cannot execute operation using `run()`: No default session is registered. Use `with \
                 sess.as_default():` or pass an explicit session to `run(session=sess)`",
            ));
        };
        let handle = self.graph.handle();
        if !session.owns(&handle) {
            return Err(Error::value(
                "Cannot use the default session to execute operation: the operation's graph is different from the \
                 session's graph. Pass an explicit session to run(session=sess).",
            ));
        }
        session.execute(&handle, self.id)
    }

    /// Runs the operation in this session.
    ///
    /// # Errors
    /// `ValueError` when the session is of another graph; what the run returns.
    pub fn run_in(&self, session: &dyn Evaluator) -> Result<()> {
        let handle = self.graph.handle();
        if !session.owns(&handle) {
            return Err(Error::value(
                "Cannot use the given session to execute operation: the operation's graph is different from the \
                 session's graph.",
            ));
        }
        session.execute(&handle, self.id)
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Operation) -> bool {
        self.id == other.id && self.graph == other.graph
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = self.graph.node(self.id);
        write!(f, "<tf.Operation '{}' type={}>", node.name, node.op)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.node_def() {
            Ok(node_def) => f.write_str(&node_summary::text(&node_def)),
            Err(error) => write!(f, "{error}"),
        }
    }
}
