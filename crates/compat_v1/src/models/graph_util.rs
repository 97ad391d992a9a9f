//! `tf.graph_util` and `tf.train.write_graph`: graphs as messages, for use without training.

use crate::{GraphDef, Session};
use ferroflow_core::{Error, NdArray, Result, Tensor};
use ferroflow_formats as formats;
use ferroflow_graph::{Graph, Operation};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The part of a graph that these nodes need.
///
/// Source: `tf.compat.v1.graph_util.extract_sub_graph`.
///
/// # Errors
/// `AssertionError` for a node that the graph does not have.
pub fn extract_sub_graph(graph_def: &GraphDef, dest_nodes: &[&str]) -> Result<GraphDef> {
    formats::extract_sub_graph(graph_def, dest_nodes)
}

/// The graph without checks of numbers and without nodes that hand on a value unchanged.
///
/// Source: `tf.compat.v1.graph_util.remove_training_nodes`.
///
/// # Errors
/// None at present.
pub fn remove_training_nodes(input_graph: &GraphDef, protected_nodes: &[&str]) -> Result<GraphDef> {
    Ok(formats::remove_training_nodes(input_graph, protected_nodes))
}

/// The part of a graph that these nodes need, with constants for its variables, which have their values in the session.
///
/// Source: `tf.compat.v1.graph_util.convert_variables_to_constants`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let v = tf::Variable::new_with(2.0, |o| o.name("v"))?;
/// let y = tf::with_name("y", || tf::multiply(&v, 3.0))?;
/// let sess = tf::Session::new()?;
/// sess.run(v.initializer()?)?;
/// let frozen = tf::graph_util::convert_variables_to_constants(&sess, &sess.graph().as_graph_def()?, &["y"])?;
/// assert!(frozen.node.iter().all(|node| node.op != "VariableV2"));
/// # assert!(y.name()? == "y:0");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `AssertionError` for a node that the graph does not have; `FailedPrecondition` for a variable without a value;
/// `Unimplemented` for a resource variable that is passed to a function.
pub fn convert_variables_to_constants(
    sess: &Session,
    input_graph_def: &GraphDef,
    output_node_names: &[&str],
) -> Result<GraphDef> {
    convert_variables_to_constants_with(sess, input_graph_def, output_node_names, |options| options)
}

ferroflow_core::options! {
    /// Optional arguments of [`convert_variables_to_constants_with`].
    pub struct FreezeOptions {
        /// The variables that become constants; by default all.
        variable_names_whitelist: Option<Vec<String>> = None,
        /// Variables that do not.
        variable_names_blacklist: Vec<String> = Vec::new(),
    }
}

/// The same for some variables.
///
/// # Errors
/// As [`convert_variables_to_constants`].
pub fn convert_variables_to_constants_with(
    sess: &Session,
    input_graph_def: &GraphDef,
    output_node_names: &[&str],
    options: impl FnOnce(FreezeOptions) -> FreezeOptions,
) -> Result<GraphDef> {
    let options = options(FreezeOptions::default());
    let needed = formats::extract_sub_graph(input_graph_def, output_node_names)?;
    let chosen = |name: &String| {
        options.variable_names_whitelist.as_ref().is_none_or(|names| names.contains(name))
            && !options.variable_names_blacklist.contains(name)
    };
    let mut fetches = BTreeMap::new();
    for (name, is_resource) in formats::variables_of(&needed).into_iter().filter(|(name, _)| chosen(name)) {
        let value = if is_resource {
            read(sess.graph(), &name)?
        } else {
            sess.graph().get_tensor_by_name(&format!("{name}:0"))?
        };
        fetches.insert(name, value);
    }
    let values: BTreeMap<String, NdArray> =
        if fetches.is_empty() { BTreeMap::new() } else { sess.run(&fetches)? };
    formats::freeze(input_graph_def, output_node_names, &values)
}

/// What reads a resource variable in a graph: the node that its making added, or any other.
fn read(graph: &Graph, variable: &str) -> Result<Tensor> {
    if let Ok(value) = graph.get_tensor_by_name(&format!("{variable}/Read/ReadVariableOp:0")) {
        return Ok(value);
    }
    let handle = graph.get_tensor_by_name(&format!("{variable}:0"))?;
    let reads = |operation: &Operation| {
        operation.op_type() == "ReadVariableOp"
            && operation.inputs().first().is_some_and(|input| input.is_same(&handle))
    };
    let found =
        graph.get_operations().into_iter().find(reads).and_then(|operation| operation.outputs().pop());
    found.ok_or_else(|| {
        Error::value(format!("nothing reads the variable '{variable}' in the session's graph"))
    })
}

/// A graph, or the message of one.
pub trait GraphSource {
    /// The message.
    ///
    /// # Errors
    /// As [`Graph::as_graph_def`].
    fn to_graph_def(&self) -> Result<GraphDef>;
}

impl GraphSource for Graph {
    fn to_graph_def(&self) -> Result<GraphDef> {
        self.as_graph_def()
    }
}

impl GraphSource for GraphDef {
    fn to_graph_def(&self) -> Result<GraphDef> {
        Ok(self.clone())
    }
}

/// Writes a graph to a file, in text form if `as_text`; gives its path. The directory is made if need be.
///
/// Source: `tf.compat.v1.train.write_graph`.
///
/// # Errors
/// Those of the file system.
pub fn write_graph(
    graph_or_graph_def: &impl GraphSource,
    logdir: impl AsRef<Path>,
    name: &str,
    as_text: bool,
) -> Result<PathBuf> {
    let path = logdir.as_ref().join(name);
    formats::write_message(&path, &graph_or_graph_def.to_graph_def()?, as_text)?;
    Ok(path)
}
