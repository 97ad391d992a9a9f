//! Variables: tensors whose value changes.

mod assign;
mod create;
mod known;
mod operators;
mod read;
mod scatter;

pub use create::VariableOptions;
pub(crate) use create::tracking;
pub(crate) use known::of_handles;

use crate::constraints::{Constraint, OptionalConstraint};
use crate::trackable::Identity;
use ferroflow_core::{AttrValue, DType, Error, PartialShape, Result, Tensor, context, print};
use ferroflow_graph::{CollectionItem, Graph, Operation, Port};
use std::fmt;
use std::sync::Arc;

/// A tensor whose value changes (`tf.Variable`): made with an initial value, read wherever an operand is taken, changed
/// by assignments.
///
/// Made in eager code it has a value at once, and it lives as long as somebody holds it: clones share it, and so do
/// functions that use it. Made in a plain graph it is a node, and gets its value in a session when its
/// [`Variable::initializer`] runs.
///
/// ```
/// use ferroflow_v2 as tf;
/// let v = tf::Variable::new([1.0, 2.0])?;
/// v.assign_add([10.0, 10.0])?;
/// let doubled = (&v * 2.0)?;
/// assert_eq!(format!("{doubled}"), "[22. 24.]");
/// assert_eq!(
///     format!("{v:?}"),
///     "<tf.Variable 'Variable:0' shape=(2,) dtype=float32, numpy=array([11., 12.], dtype=float32)>"
/// );
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone)]
pub struct Variable {
    record: Arc<Record>,
    handle: Tensor,
    /// The assignment that this variable was returned by: reading waits for it.
    after: Option<Arc<After>>,
    /// Whether an assignment returned it.
    unread: bool,
}

/// An assignment to a variable, and the value after it where the variable is one of the graph.
struct After {
    operation: Operation,
    snapshot: Option<Tensor>,
}

/// What does not change about a variable. It does not hold the graph, whose collections hold it.
struct Record {
    /// The name without `:0`.
    name: String,
    dtype: DType,
    shape: PartialShape,
    trainable: bool,
    /// Whether it is a weight of a layer.
    weight: bool,
    constraint: OptionalConstraint,
    nodes: Option<Nodes>,
}

/// The nodes of a variable of a graph.
struct Nodes {
    handle: Port,
    initial_value: Port,
    initializer: usize,
    snapshot: Port,
}

impl Variable {
    /// The name, which ends in `:0`; in eager code nothing makes it unique.
    pub fn name(&self) -> String {
        match &self.after {
            None if self.unread => "UnreadVariable".to_string(),
            None => format!("{}:0", self.record.name),
            Some(after) if self.record.nodes.is_some() => after.operation.name(),
            Some(_) => "UnreadVariable".to_string(),
        }
    }

    /// The name without `:0`: what Keras calls the path of a weight.
    pub fn path(&self) -> &str {
        &self.record.name
    }

    /// What optimizers name the variables after that they keep for this one.
    pub(crate) fn reference_name(&self) -> String {
        let name = if self.record.weight { self.record.name.clone() } else { self.name() };
        name.replace(['/', ':'], "_")
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.record.dtype
    }

    /// The shape that every value has, as far as it is fixed.
    pub fn shape(&self) -> PartialShape {
        self.record.shape.clone()
    }

    /// Whether optimizers change it and tapes watch it.
    pub fn trainable(&self) -> bool {
        self.record.trainable
    }

    /// What optimizers make of it after each step.
    pub fn constraint(&self) -> Option<&dyn Constraint> {
        self.record.constraint.0.as_deref()
    }

    /// The resource handle.
    pub fn handle(&self) -> &Tensor {
        &self.handle
    }

    /// Whether two handles mean the same variable.
    pub fn is_same(&self, other: &Variable) -> bool {
        self.handle.is_same(&other.handle)
    }

    /// The name without `:0`, whether or not an assignment returned the variable.
    pub(crate) fn full_name(&self) -> &str {
        &self.record.name
    }

    /// What all clones of the variable share, and no other has.
    pub(crate) fn shared_identity(&self) -> Identity {
        Identity::of(self.record.as_ref())
    }

    /// Whether the variable is one of a graph, without a value outside of sessions.
    pub(crate) fn is_of_graph(&self) -> bool {
        self.record.nodes.is_some()
    }

    /// The graph that the variable is of.
    ///
    /// # Errors
    /// `AttributeError` for one made in eager code.
    pub fn graph(&self) -> Result<Graph> {
        Graph::from_handle(&self.handle.graph()?)
            .ok_or_else(|| Error::internal("the variable's graph is of an unknown kind"))
    }

    /// The operation of the handle, or the assignment that this variable was returned by.
    ///
    /// # Errors
    /// `AttributeError` for a variable made in eager code.
    pub fn op(&self) -> Result<Operation> {
        match &self.after {
            Some(after) => Ok(after.operation.clone()),
            None => Operation::of(&self.handle),
        }
    }

    /// The operation that gives the variable its initial value; `None` in eager code, where it has it.
    pub fn initializer(&self) -> Option<Operation> {
        let nodes = self.record.nodes.as_ref()?;
        Some(self.graph().ok()?.operation(nodes.initializer))
    }

    /// The tensor that the initializer assigns.
    ///
    /// # Errors
    /// `RuntimeError` for a variable made in eager code.
    pub fn initial_value(&self) -> Result<Tensor> {
        let nodes = self.graph_nodes()?;
        Ok(self.graph()?.tensor(nodes.initial_value))
    }

    /// The value as the graph reads it in one place: what the variable's name stands for in fetches.
    ///
    /// # Errors
    /// `RuntimeError` for a variable made in eager code.
    pub fn snapshot(&self) -> Result<Tensor> {
        if let Some(snapshot) = self.after.as_ref().and_then(|after| after.snapshot.clone()) {
            return Ok(snapshot);
        }
        let nodes = self.graph_nodes()?;
        Ok(self.graph()?.tensor(nodes.snapshot))
    }

    fn graph_nodes(&self) -> Result<&Nodes> {
        let nodes = self.record.nodes.as_ref();
        nodes.ok_or_else(|| Error::runtime("This property is not supported when eager execution is enabled."))
    }

    /// The variables in a collection of a graph, such as `"variables"` or `"trainable_variables"`.
    pub fn in_collection(graph: &Graph, name: &str) -> Vec<Variable> {
        let items = graph.get_collection(name);
        items.into_iter().filter_map(|item| Variable::of_item(graph, item)).collect()
    }

    /// The variable as an item of a collection of its graph.
    pub fn to_item(&self) -> CollectionItem {
        CollectionItem::Any(self.record.clone())
    }

    /// A variable of nodes that a graph has already: the handle, the value that the initializer assigns, the
    /// initializer, and the value as the graph reads it. How facades take over variables of imported graphs.
    ///
    /// # Errors
    /// `ValueError` for tensors of another graph, or a handle whose shape and dtype are unknown.
    pub fn from_nodes(
        handle: &Tensor,
        initial_value: &Tensor,
        initializer: &Operation,
        snapshot: &Tensor,
        trainable: bool,
    ) -> Result<Variable> {
        let graph = Graph::from_handle(&handle.graph()?)
            .ok_or_else(|| Error::internal("the variable's graph is of an unknown kind"))?;
        let port = |tensor: &Tensor| {
            graph
                .port(tensor)
                .ok_or_else(|| Error::value(format!("{tensor} is not an element of this graph.")))
        };
        let operation = Operation::of(handle)?;
        let AttrValue::Type(dtype) = operation.get_attr("dtype")? else {
            return Err(Error::value(format!("{handle} is not the handle of a variable")));
        };
        let nodes = Nodes {
            handle: port(handle)?,
            initial_value: port(initial_value)?,
            initializer: initializer.id(),
            snapshot: port(snapshot)?,
        };
        let shape = match operation.get_attr("shape") {
            Ok(AttrValue::Shape(shape)) => shape,
            _ => PartialShape::unknown(),
        };
        let record = Arc::new(Record {
            name: operation.name(),
            dtype,
            shape,
            trainable,
            weight: false,
            constraint: OptionalConstraint::default(),
            nodes: Some(nodes),
        });
        Ok(Variable { record, handle: handle.clone(), after: None, unread: false })
    }

    /// The variable that is meant by an item of a collection of this graph.
    pub fn of_item(graph: &Graph, item: CollectionItem) -> Option<Variable> {
        let CollectionItem::Any(any) = item else { return None };
        let record = any.downcast::<Record>().ok()?;
        let handle = graph.tensor(record.nodes.as_ref()?.handle);
        Some(Variable { record, handle, after: None, unread: false })
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, record) = (self.name(), &self.record);
        f.write_str(&match self.numpy() {
            _ if !context::executing_eagerly() || !self.handle.is_eager() => {
                print::variable_repr(&name, &record.shape, record.dtype, None)
            }
            Ok(value) => print::variable_repr(&name, &record.shape, record.dtype, Some(&value)),
            Err(_) => print::unreadable_variable_repr(&name, &record.shape, record.dtype),
        })
    }
}

/// TensorFlow's `str` of a variable is its `repr`.
impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
