//! Graphs and functions as TensorFlow writes them: `GraphDef`, `NodeDef`, `FunctionDef`.

use crate::effect_order::effect_order;
use crate::{Function, Graph, Node, Port};
use ferroflow_core::operators::GIVEN_VALUES;
use ferroflow_core::{AttrValue, Attrs, DType, Error, Result};
use ferroflow_proto::attr_value;
use ferroflow_proto::op_def::ArgDef;
use ferroflow_proto::{
    FullTypeDef, FullTypeId, FunctionDef, FunctionDefLibrary, GraphDef, NodeDef, OpDef, VersionDef,
    attr_proto, tensor_proto,
};
use std::collections::BTreeMap;

/// The first version of TensorFlow's graphs whose readers knew functions.
const READS_FUNCTIONS: i32 = 12;

impl Graph {
    /// The graph as a message, with its library of functions.
    ///
    /// # Errors
    /// `Unimplemented` for a constant that cannot be written.
    pub fn as_graph_def(&self) -> Result<GraphDef> {
        self.graph_def_from(0)
    }

    /// The nodes from this one on as a message, with the whole library of functions.
    ///
    /// # Errors
    /// As [`Graph::as_graph_def`].
    pub fn graph_def_from(&self, first: usize) -> Result<GraphDef> {
        let mut nodes = (first..self.num_nodes()).map(|id| self.node_def(id)).collect::<Result<Vec<_>>>()?;
        for node in &mut nodes {
            let controls = node.input.iter().position(|input| input.starts_with('^'));
            if let Some(controls) = controls.and_then(|start| node.input.get_mut(start..)) {
                controls.sort();
            }
        }
        let functions = self.functions();
        let library = match functions.is_empty() {
            true => None,
            false => Some(FunctionDefLibrary {
                function: functions.iter().map(|function| function.to_proto()).collect::<Result<_>>()?,
                ..FunctionDefLibrary::default()
            }),
        };
        let min_consumer = if library.is_some() { READS_FUNCTIONS } else { 0 };
        let versions = VersionDef { producer: self.lock().producer, min_consumer, ..VersionDef::default() };
        Ok(GraphDef { node: nodes, library, versions: Some(versions), ..GraphDef::default() })
    }

    /// Inputs as a `NodeDef` names them.
    pub(crate) fn input_names(&self, inputs: &[Port]) -> Vec<String> {
        let name = |port: &Port| {
            let name = &self.node(port.node).name;
            if port.index == 0 { name.clone() } else { format!("{name}:{}", port.index) }
        };
        inputs.iter().map(name).collect()
    }

    /// A node as a message.
    ///
    /// # Errors
    /// `Unimplemented` for a constant that cannot be written.
    pub fn node_def(&self, id: usize) -> Result<NodeDef> {
        let node = self.node(id);
        let mut input = self.input_names(&node.inputs);
        input.extend(node.control_inputs.iter().map(|id| format!("^{}", self.node(*id).name)));
        let mut attr = attr_proto::attrs_to_proto(&node.attrs)?;
        if attr.remove(GIVEN_VALUES).is_some() {
            let given = usize::try_from(node.attrs.int(GIVEN_VALUES)?).unwrap_or(usize::MAX);
            let values = tensor_proto::from_first(node.attrs.tensor("value")?, given)?;
            let value = attr_value::Value::Tensor(Box::new(values));
            attr.insert("value".to_string(), ferroflow_proto::AttrValue { value: Some(value) });
        }
        for (name, value) in node.attrs.iter().filter(|(_, value)| matches!(value, AttrValue::Tensor(_))) {
            let default = node.schema.and_then(|schema| schema.attr(name)?.default.as_ref());
            if default == Some(value) {
                attr.insert(name.to_string(), attr_proto::default_to_proto(value)?);
            }
        }
        if node.is_awaited() {
            let awaited = Attrs::new().with("_has_manual_control_dependencies", true);
            attr.extend(attr_proto::attrs_to_proto(&awaited)?);
        }
        Ok(NodeDef {
            name: node.name.clone(),
            op: node.op.clone(),
            input,
            device: node.device.clone(),
            attr,
            experimental_type: full_type(&node),
            ..NodeDef::default()
        })
    }
}

/// The type that TensorFlow works out for a node's outputs, where it writes one: for the results of `Shape`.
fn full_type(node: &Node) -> Option<FullTypeDef> {
    let element = match (node.op.as_str(), node.output_types.first()) {
        ("Shape", Some(&DType::INT32)) => FullTypeId::Int32,
        ("Shape", Some(&DType::INT64)) => FullTypeId::Int64,
        _ => return None,
    };
    let full = |id: FullTypeId, args: Vec<FullTypeDef>| FullTypeDef { type_id: id.into(), args, attr: None };
    Some(full(FullTypeId::Product, vec![full(FullTypeId::ShapeTensor, vec![full(element, Vec::new())])]))
}

impl Function {
    /// The function as a message: the one it was loaded from, or a new one of its body.
    ///
    /// # Errors
    /// `Unimplemented` for a constant that cannot be written.
    pub fn to_proto(&self) -> Result<FunctionDef> {
        if let Some(source) = self.source() {
            return Ok(source.clone());
        }
        let body = self.body()?;
        let graph = &body.graph;
        let mut names: BTreeMap<usize, String> = BTreeMap::new();
        for (port, name) in body.inputs.iter().zip(&body.input_names) {
            names.insert(port.node, name.clone());
        }
        let waits = effect_order(graph);
        let mut nodes = Vec::new();
        for id in (0..graph.num_nodes()).filter(|id| !names.contains_key(id)) {
            let node = graph.node(id);
            let mut def = graph.node_def(id)?;
            let data = node.inputs.iter().map(|port| reference(graph, &names, *port));
            let waits = waits.get(&id).into_iter().flatten().filter(|id| !node.control_inputs.contains(id));
            let control = node.control_inputs.iter().chain(waits);
            let control = control.map(|id| Ok(format!("^{}", graph.node(*id).name)));
            def.input = data.chain(control).collect::<Result<_>>()?;
            nodes.push(def);
        }
        let arg = |name: &String, dtype: DType| ArgDef {
            name: name.clone(),
            r#type: dtype.number(),
            ..ArgDef::default()
        };
        let input_arg =
            body.input_names.iter().zip(&body.input_types).map(|(name, dtype)| arg(name, *dtype)).collect();
        let output_arg =
            body.output_names.iter().zip(&body.output_types).map(|(name, dtype)| arg(name, *dtype)).collect();
        let control: Vec<String> = body.targets.iter().map(|id| graph.node(*id).name.clone()).collect();
        let signature = OpDef {
            name: self.name().to_string(),
            input_arg,
            output_arg,
            is_stateful: self.is_stateful()?,
            control_output: control.clone(),
            ..OpDef::default()
        };
        let ret = body
            .output_names
            .iter()
            .zip(&body.outputs)
            .map(|(name, port)| Ok((name.clone(), reference(graph, &names, *port)?)))
            .collect::<Result<_>>()?;
        Ok(FunctionDef {
            signature: Some(signature),
            node_def: nodes,
            ret,
            control_ret: control.iter().map(|name| (name.clone(), name.clone())).collect(),
            attr: attr_proto::attrs_to_proto(self.attrs())?,
            ..FunctionDef::default()
        })
    }
}

/// How a function's body names an input: an argument, or `node:output:index`.
fn reference(graph: &Graph, arguments: &BTreeMap<usize, String>, port: Port) -> Result<String> {
    if let Some(name) = arguments.get(&port.node) {
        return Ok(name.clone());
    }
    let node = graph.node(port.node);
    let (output, index) = output_argument(&node, port.index)?;
    Ok(format!("{}:{output}:{index}", node.name))
}

/// The output argument that a flat output belongs to, and its place there.
fn output_argument(node: &Node, flat: usize) -> Result<(String, usize)> {
    let Some(schema) = node.schema else {
        return Ok(("output".to_string(), flat));
    };
    for (position, arg) in schema.outputs.iter().enumerate() {
        let range = schema.output_range(position, &node.attrs)?;
        if range.contains(&flat) {
            return Ok((arg.name.clone(), flat - range.start));
        }
    }
    Err(Error::internal(format!("node '{}' has no output {flat}", node.name)))
}

/// The functions that the nodes of a function's message may call: their ops, and what their attributes name.
pub(crate) fn callees_of(source: &FunctionDef) -> Vec<String> {
    let mut names = Vec::new();
    for node in &source.node_def {
        names.push(node.op.clone());
        for attr in node.attr.values() {
            match &attr.value {
                Some(attr_value::Value::Func(function)) => names.push(function.name.clone()),
                Some(attr_value::Value::List(list)) => {
                    names.extend(list.func.iter().map(|function| function.name.clone()));
                }
                _ => {}
            }
        }
    }
    names
}

/// The functions that attributes of a graph's nodes name.
pub(crate) fn callee_names(graph: &Graph) -> Vec<String> {
    let mut names = Vec::new();
    for id in 0..graph.num_nodes() {
        let node = graph.node(id);
        if node.def.is_none() && node.schema.is_none() {
            names.push(node.op.clone());
        }
        for (_, value) in node.attrs.iter() {
            match value {
                AttrValue::Func(func) => names.push(func.name.clone()),
                AttrValue::Funcs(funcs) => names.extend(funcs.iter().map(|func| func.name.clone())),
                _ => {}
            }
        }
    }
    names
}
