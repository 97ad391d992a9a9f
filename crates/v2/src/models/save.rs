//! `save`: writing objects, their variables and functions as a SavedModel.

use super::captures::Captures;
use super::function::{SavedFunction, SavedTrace};
use super::object_messages::object_graph;
use super::saver_nodes;
use super::signature::{SignatureFunction, default_signature, signature_function};
use crate::trackable::{ObjectGraph, Trackable};
use crate::training::write_objects;
use ferroflow_core::{Error, Op, Result, bail, context};
use ferroflow_formats::{SavedModelWriter, meta_info};
use ferroflow_graph::{Graph, Operation};
use ferroflow_proto::attr_value::{ListValue, Value};
use ferroflow_proto::collection_def::{Kind, NodeList};
use ferroflow_proto::tensor_info::Encoding;
use ferroflow_proto::{
    AttrValue, CollectionDef, FunctionDef, GraphDef, MetaGraphDef, SignatureDef, TensorInfo, shape_proto,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const SERVE: &str = "serve";
const INIT_OP: &str = "__saved_model_init_op";
const MAIN_OP_COLLECTION: &str = "saved_model_main_op";
const PREDICT: &str = "tensorflow/serving/predict";

/// Writes an object with its parts, variables and functions, for other programs to load: TensorFlow's, its servers and
/// tools, and [`crate::saved_model::load`].
///
/// `signatures` are functions by name, with named inputs and outputs: concrete functions, or functions with an input
/// signature, whose result is a tensor, a list of them, or a map. Inputs are named by the specifications, outputs by the
/// keys of the map or `output_0` and so on. Without any, the only function of the object that could be one is
/// `serving_default`, as in TensorFlow. What functions take from outside must be among the object's parts; tensors
/// become constants of the model.
///
/// Source: `tf.saved_model.save`.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::{Children, Trackable};
/// struct Scale {
///     factor: tf::Variable,
///     call: tf::Function<'static, tf::Tensor>,
/// }
/// impl Trackable for Scale {
///     fn children<'a>(&'a self, children: &mut Children<'a>) {
///         children.add("factor", &self.factor).add("__call__", &self.call);
///     }
/// }
/// let factor = tf::Variable::new(3.0)?;
/// let x = tf::TensorSpec::new([None], tf::float32).named("x");
/// let captured = factor.clone();
/// let call = tf::function_with(move |x: &tf::Tensor| x * &captured, |o| o.input_signature(vec![x]));
/// let directory = std::env::temp_dir().join(format!("scale-{}", std::process::id()));
/// tf::saved_model::save(&Scale { factor, call }, &directory, &[])?;
///
/// let loaded = tf::saved_model::load(&directory)?;
/// let outputs = loaded.signature("serving_default")?.call_named([("x", tf::constant([1.0, 2.0])?)])?;
/// assert_eq!(outputs["output_0"].to_string(), "[3. 6.]");
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a signature that is no such function, `AssertionError` for a function that uses what is none of the
/// object's parts, `Unimplemented` for variables of graphs, and those of the file system.
pub fn save(
    obj: &dyn Trackable,
    export_dir: impl AsRef<Path>,
    signatures: &[(&str, &dyn Trackable)],
) -> Result<()> {
    ferroflow_formats::install();
    context::init_scope(|| save_eagerly(obj, export_dir.as_ref(), signatures))
}

fn save_eagerly(obj: &dyn Trackable, directory: &Path, signatures: &[(&str, &dyn Trackable)]) -> Result<()> {
    let objects = ObjectGraph::with_functions(obj)?;
    if objects.variables().any(|(_, _, variable)| variable.is_of_graph()) {
        bail!(
            unimplemented,
            "tf.saved_model.save with variables of a graph: use tf.compat.v1.saved_model.Builder"
        );
    }
    if let Some((_, _, state)) = objects.states().next() {
        bail!(unimplemented, "tf.saved_model.save of {}", state.describe());
    }
    let mut functions: Vec<(usize, SavedFunction)> = Vec::new();
    for (id, node) in objects.nodes.iter().enumerate() {
        functions.extend(node.function.clone().map(|function| (id, function)));
    }
    let mut exported: Vec<SignatureFunction> = Vec::new();
    for (key, function) in signatures {
        let function = function.as_function()?;
        exported.push(signature_function(key, function.as_ref())?);
    }
    if signatures.is_empty()
        && let Some(found) = default_signature(&objects)?
    {
        exported.push(signature_function("serving_default", Some(&found))?);
    }
    exported.sort_by(|a, b| a.key.cmp(&b.key));

    let graph = Graph::new();
    let mut captures = Captures::new(&objects);
    let wrappers = exported.iter().map(|signature| &signature.trace);
    let traces: Vec<&SavedTrace> =
        functions.iter().flat_map(|(_, function)| &function.traces).chain(wrappers).collect();
    let bound = captures.bind(&traces)?;
    let mut signature_defs = BTreeMap::new();
    let saver = graph.as_default_scope(|| -> Result<_> {
        let nodes = captures.add_nodes(&graph)?;
        for signature in &exported {
            let inputs = bound.get(signature.trace.traced.function().name());
            let captured =
                inputs.into_iter().flatten().map(|id| nodes.tensor(*id)).collect::<Result<Vec<_>>>()?;
            let (key, message) = signature.add_nodes(captured)?;
            signature_defs.insert(key, message);
        }
        for trace in &traces {
            graph.add_function(trace.traced.function().clone());
        }
        let init = context::with_name("NoOp", || Op::named("NoOp").all()).and_then(|_| last(&graph))?;
        signature_defs.insert(INIT_OP.to_string(), init_signature(&init.name()));
        let saver = saver_nodes::add(&graph, &objects, &nodes)?;
        Ok((saver, init.name()))
    })?;
    let (saver, init) = saver;
    let mut graph_def = graph.as_graph_def()?;
    describe_arguments(&mut graph_def, &traces)?;

    let mut info = meta_info(&graph_def)?;
    info.tags = vec![SERVE.to_string()];
    let main_op = CollectionDef { kind: Some(Kind::NodeList(NodeList { value: vec![init] })) };
    let meta_graph = MetaGraphDef {
        meta_info_def: Some(info),
        graph_def: Some(graph_def),
        saver_def: Some(saver),
        collection_def: [(MAIN_OP_COLLECTION.to_string(), main_op)].into(),
        signature_def: signature_defs,
        object_graph_def: Some(object_graph(&objects, &functions, &exported, &captures, &bound)?),
        ..MetaGraphDef::default()
    };
    let mut writer = SavedModelWriter::replace(directory)?;
    std::fs::create_dir_all(directory.join("assets"))
        .map_err(|error| Error::unknown(format!("{}; {error}", directory.display())))?;
    write_objects(&ObjectGraph::of(obj, Vec::new())?, &writer.variables_prefix()?)?;
    writer.add_meta_graph(meta_graph);
    writer.save(false).map(drop)
}

/// The node that was made last.
pub(super) fn last(graph: &Graph) -> Result<Operation> {
    let id = graph.num_nodes().checked_sub(1).ok_or_else(|| Error::internal("the graph has no nodes"))?;
    Ok(graph.operation(id))
}

fn init_signature(operation: &str) -> SignatureDef {
    let unknown = shape_proto::from_partial_shape(&ferroflow_core::PartialShape::unknown());
    let info = TensorInfo {
        encoding: Some(Encoding::Name(operation.to_string())),
        tensor_shape: Some(unknown),
        ..TensorInfo::default()
    };
    SignatureDef { outputs: [(INIT_OP.to_string(), info)].into(), ..SignatureDef::default() }
}

/// The method name of signatures.
pub(super) fn predict() -> String {
    PREDICT.to_string()
}

/// Notes what is known of the shapes of functions' arguments, which their messages do not have by themselves.
fn describe_arguments(graph_def: &mut GraphDef, traces: &[&SavedTrace]) -> Result<()> {
    let by_name: BTreeMap<&str, &SavedTrace> =
        traces.iter().map(|trace| (trace.traced.function().name(), *trace)).collect();
    let functions = graph_def.library.iter_mut().flat_map(|library| &mut library.function);
    for function in functions {
        let name = function.signature.as_ref().map(|signature| signature.name.clone()).unwrap_or_default();
        if let Some(trace) = by_name.get(name.as_str()) {
            describe(function, trace)?;
        }
    }
    Ok(())
}

fn describe(function: &mut FunctionDef, trace: &SavedTrace) -> Result<()> {
    let body = trace.traced.function().body()?;
    let shapes: Vec<_> = body
        .inputs
        .iter()
        .zip(&body.input_types)
        .map(|(port, dtype)| match *dtype == ferroflow_core::DType::RESOURCE {
            true => shape_proto::from_shape(&ferroflow_core::Shape::scalar()),
            false => shape_proto::from_partial_shape(&body.graph.tensor(*port).shape()),
        })
        .collect();
    for (position, shape) in shapes.iter().enumerate() {
        let list = ListValue { shape: vec![shape.clone()], ..ListValue::default() };
        let position = u32::try_from(position).map_err(|_| Error::internal("too many arguments"))?;
        let attrs = function.arg_attr.entry(position).or_default();
        attrs
            .attr
            .insert("_output_shapes".to_string(), AttrValue { value: Some(Value::List(Box::new(list))) });
    }
    let list = ListValue { shape: shapes, ..ListValue::default() };
    function.attr.insert("_input_shapes".to_string(), AttrValue { value: Some(Value::List(Box::new(list))) });
    Ok(())
}

/// The function of a trace, for signatures.
pub(super) fn function_of(trace: &SavedTrace) -> Arc<ferroflow_graph::Function> {
    trace.traced.function().clone()
}
