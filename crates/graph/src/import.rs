//! `import_graph_def`: nodes of a message join a graph.

use crate::graph::join;
use crate::names::parse_tensor_name;
use crate::node_builder::{NodeSpec, add_node};
use crate::{Function, Graph, Operation, Port};
use ferroflow_core::schema::{self, OpSchema};
use ferroflow_core::{AttrValue, Attrs, DType, Error, Result, Tensor, bail, ensure};
use ferroflow_proto::{GraphDef, NodeDef, attr_proto};
use std::collections::HashMap;
use std::sync::Arc;

/// What to do while importing (`tf.import_graph_def`).
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// Put in front of every name; `None` is TensorFlow's default, `import`, and an empty text none at all.
    pub prefix: Option<String>,
    /// Inputs of imported nodes, by the name they have in the message, replaced by tensors of the graph.
    pub input_map: Vec<(String, Tensor)>,
    /// Names of tensors (`x:0`) and operations (`x`) to return.
    pub return_elements: Vec<String>,
    /// Whether inputs may be nodes that the graph had before, by their names in it.
    pub joins: bool,
}

/// A tensor or an operation.
#[derive(Clone, Debug)]
pub enum Element {
    /// A tensor.
    Tensor(Tensor),
    /// An operation.
    Operation(Operation),
}

/// A reference to a node's output in a message.
enum InputName<'a> {
    Data(&'a str, usize),
    Control(&'a str),
}

fn parse_input(text: &str) -> Result<InputName<'_>> {
    if let Some(node) = text.strip_prefix('^') {
        return Ok(InputName::Control(node));
    }
    match text.rsplit_once(':') {
        None => Ok(InputName::Data(text, 0)),
        Some((node, index)) => match index.parse() {
            Ok(index) => Ok(InputName::Data(node, index)),
            Err(_) => {
                bail!(invalid_argument, "Node input '{text}' is not of the form node, node:index or ^node")
            }
        },
    }
}

impl Graph {
    /// A graph of this message, names as they are.
    ///
    /// # Errors
    /// As [`Graph::import_graph_def`].
    pub fn from_graph_def(graph_def: &GraphDef) -> Result<Graph> {
        let graph = Graph::new();
        graph.import_graph_def(
            graph_def,
            &ImportOptions { prefix: Some(String::new()), ..ImportOptions::default() },
        )?;
        Ok(graph)
    }

    /// Adds the nodes of a message under their own names: their inputs may be nodes that are here already.
    ///
    /// # Errors
    /// As [`Graph::import_graph_def`]; `InvalidArgument`, before anything is added, for a name that is taken.
    pub fn extend(&self, graph_def: &GraphDef) -> Result<()> {
        {
            let state = self.lock();
            if let Some(node) = graph_def.node.iter().find(|node| state.by_name.contains_key(&node.name)) {
                bail!(
                    invalid_argument,
                    "GraphDef argument to Extend includes node '{}', which was created by a previous call to Create \
                     or Extend in this session.",
                    node.name
                );
            }
        }
        let options = ImportOptions { prefix: Some(String::new()), joins: true, ..ImportOptions::default() };
        self.import_graph_def(graph_def, &options).map(|_| ())
    }

    /// Adds the nodes and functions of a message; returns the elements asked for.
    ///
    /// # Errors
    /// `InvalidArgument` for a malformed message: a name twice or none, an unknown input, a cycle, an attribute that
    /// is missing or of the wrong type; `NotFound` for an op that TensorFlow does not have; `ValueError` for shapes
    /// that do not fit. The graph is unchanged then, but for nodes before the bad one.
    pub fn import_graph_def(&self, graph_def: &GraphDef, options: &ImportOptions) -> Result<Vec<Element>> {
        self.check_not_finalized()?;
        let prefix = options.prefix.as_deref().unwrap_or("import").trim_end_matches('/');
        let prefix = match prefix {
            "" => String::new(),
            prefix => self.unique_name(prefix, true),
        };
        if let Some(library) = &graph_def.library {
            for function in &library.function {
                self.add_function(Arc::new(Function::from_proto(function, self)?));
            }
        }
        let producer = graph_def.versions.as_ref().map_or(0, |versions| versions.producer);
        let mut import = Import {
            graph: self,
            prefix,
            producer,
            ids: HashMap::new(),
            mapped: HashMap::new(),
            joins: options.joins,
        };
        for (name, tensor) in &options.input_map {
            let port =
                self.port(tensor).ok_or_else(|| Error::value("input_map holds a tensor of another graph"))?;
            let key =
                if name.contains(':') || name.starts_with('^') { name.clone() } else { format!("{name}:0") };
            import.mapped.insert(key, port);
        }
        import.nodes(&graph_def.node)?;
        let mut state = self.lock();
        state.producer = state.producer.min(producer);
        drop(state);
        options.return_elements.iter().map(|name| import.element(name)).collect()
    }
}

struct Import<'a> {
    graph: &'a Graph,
    prefix: String,
    /// The version of the message.
    producer: i32,
    /// Nodes by the names they have in the message.
    ids: HashMap<&'a str, usize>,
    mapped: HashMap<String, Port>,
    joins: bool,
}

impl<'a> Import<'a> {
    fn nodes(&mut self, nodes: &'a [NodeDef]) -> Result<()> {
        let mut positions: HashMap<&str, usize> = HashMap::new();
        for (position, node) in nodes.iter().enumerate() {
            ensure!(
                crate::names::is_valid_node_name(node.name.strip_prefix('_').unwrap_or(&node.name)),
                invalid_argument,
                "Node '{}': Node name contains invalid characters",
                node.name
            );
            if positions.insert(&node.name, position).is_some() {
                bail!(invalid_argument, "Node '{}' is not unique", node.name);
            }
        }
        let order = order_nodes(nodes, &positions)?;
        let mut back_edges = Vec::new();
        for position in order {
            let node = &nodes[position];
            let id = self.node(node, &mut back_edges).map_err(|error| error.at_node(&node.name, &node.op))?;
            self.ids.insert(&node.name, id);
        }
        for (id, slot, source) in back_edges {
            let merge = self.graph.node(id);
            let port = self.data_input(&merge.name, &source)?;
            let types = (self.graph.node(port.node).output_types[port.index], merge.output_types[0]);
            ensure!(
                types.0.base() == types.1.base(),
                invalid_argument,
                "Input {slot} of node {} was passed {} from {source} incompatible with expected {}.",
                merge.name,
                types.0.cpp_name(),
                types.1.cpp_name()
            );
            drop(merge);
            crate::plan::set_back_edge(self.graph, id, slot, port);
        }
        Ok(())
    }

    fn node(&mut self, node: &'a NodeDef, back_edges: &mut Vec<(usize, usize, String)>) -> Result<usize> {
        let schema = schema::lookup(&node.op);
        let function = if schema.is_none() { self.graph.function(&node.op) } else { None };
        if schema.is_none() && function.is_none() {
            bail!(
                not_found,
                "Op type not registered '{}' in binary running on localhost. Make sure the Op and Kernel are \
                 registered in the binary running in this process.",
                node.op
            );
        }
        crate::removed_ops::check(&node.op, self.producer)?;
        let types = |name: &str| schema.and_then(|schema| schema.attr(name)).map(|attr| attr.ty);
        let mut attrs = attr_proto::attrs_from_proto(&node.attr, types)?;
        if let Some(schema) = schema {
            complete_attrs(schema, &mut attrs, &node.name)?;
        }
        self.prefix_colocation(&mut attrs);
        let full = join(&self.prefix, &node.name);
        let mut inputs = Vec::new();
        let mut control_inputs = Vec::new();
        let mut pending = Vec::new();
        for text in &node.input {
            match parse_input(text)? {
                InputName::Control(name) => match self.id(name) {
                    Some(id) => control_inputs.push(id),
                    None => bail!(invalid_argument, "Node '{}': Unknown input node '{text}'", node.name),
                },
                InputName::Data(..) if !control_inputs.is_empty() => {
                    bail!(
                        invalid_argument,
                        "Node '{}': Control dependencies must come after regular dependencies",
                        node.name
                    )
                }
                InputName::Data(name, _) if node.op.ends_with("Merge") && !self.known(text, name) => {
                    // The loop's back edge: the node it comes from is not there yet, another input stands in.
                    let known = |text: &&String| {
                        parse_input(text).is_ok_and(|input| match input {
                            InputName::Data(name, _) => self.known(text, name),
                            InputName::Control(_) => false,
                        })
                    };
                    let Some(other) = node.input.iter().find(known) else {
                        bail!(invalid_argument, "Node '{}': Unknown input node '{text}'", node.name)
                    };
                    pending.push((inputs.len(), text.clone()));
                    inputs.push(self.data_input(&node.name, other)?);
                }
                InputName::Data(..) => inputs.push(self.data_input(&node.name, text)?),
            }
        }
        let (output_types, output_shapes) = match (schema, &function) {
            (Some(schema), _) => {
                self.check_inputs(schema, &attrs, &inputs, &node.name)?;
                (schema.output_types(&attrs)?.to_vec(), Vec::new())
            }
            (None, Some(function)) => {
                (function.output_types_for(&attrs)?, function.output_shapes_for(&attrs)?)
            }
            (None, None) => (Vec::new(), Vec::new()),
        };
        self.graph.lock().names.mark(&full);
        let id = add_node(
            self.graph,
            NodeSpec {
                name: full,
                op: node.op.clone(),
                def: ferroflow_core::registry::lookup(&node.op),
                schema,
                inputs,
                control_inputs,
                attrs,
                device: node.device.clone(),
                output_types,
                output_shapes,
            },
        )?;
        back_edges.extend(pending.into_iter().map(|(slot, source)| (id, slot, source)));
        Ok(id)
    }

    /// The nodes that a node is placed with bear the prefix, too.
    fn prefix_colocation(&self, attrs: &mut Attrs) {
        let Some(AttrValue::Strs(classes)) = attrs.get("_class").filter(|_| !self.prefix.is_empty()) else {
            return;
        };
        let prefixed = classes.iter().map(|class| match class.strip_prefix(b"loc:@") {
            Some(name) => [b"loc:@", self.prefix.as_bytes(), b"/", name].concat(),
            None => class.clone(),
        });
        let prefixed = AttrValue::Strs(prefixed.collect());
        attrs.set("_class", prefixed);
    }

    fn known(&self, text: &str, name: &str) -> bool {
        self.id(name).is_some() || self.mapped.contains_key(text)
    }

    /// The node of this name in the message, or in the graph.
    fn id(&self, name: &str) -> Option<usize> {
        let own = self.ids.get(name).copied();
        own.or_else(|| self.joins.then(|| self.graph.lock().by_name.get(name).copied()).flatten())
    }

    fn data_input(&self, node: &str, text: &str) -> Result<Port> {
        let InputName::Data(name, index) = parse_input(text)? else {
            bail!(invalid_argument, "'{text}' is a control input");
        };
        if let Some(port) = self.mapped.get(&format!("{name}:{index}")) {
            return Ok(*port);
        }
        let Some(id) = self.id(name) else {
            bail!(invalid_argument, "Node '{node}': Unknown input node '{text}'");
        };
        let count = self.graph.node(id).output_types.len();
        ensure!(
            index < count,
            invalid_argument,
            "Node '{node}': Connecting to invalid output {index} of source node {name} which has {count} outputs."
        );
        Ok(Port { node: id, index })
    }

    fn check_inputs(&self, schema: &OpSchema, attrs: &Attrs, inputs: &[Port], node: &str) -> Result<()> {
        let wanted = schema.input_types(attrs)?;
        ensure!(
            wanted.len() == inputs.len(),
            invalid_argument,
            "NodeDef expected inputs '{}' do not match {} inputs specified; NodeDef: {{{{node {node}}}}}",
            wanted.iter().map(|dtype| dtype.cpp_name()).collect::<Vec<_>>().join(", "),
            inputs.len()
        );
        for (index, (wanted, port)) in wanted.iter().zip(inputs).enumerate() {
            let source = self.graph.node(port.node);
            let found = source.output_types.get(port.index).copied().unwrap_or(*wanted);
            let fits = if wanted.is_ref() { found == *wanted } else { found.base() == *wanted };
            ensure!(
                fits,
                invalid_argument,
                "Input {index} of node {node} was passed {} from {}:{} incompatible with expected {}.",
                found.cpp_name(),
                source.name,
                port.index,
                wanted.cpp_name()
            );
        }
        Ok(())
    }

    fn element(&self, name: &str) -> Result<Element> {
        if !name.contains(':') {
            let Some(id) = self.ids.get(name) else {
                bail!(value, "Requested return node '{name}' not found in graph def");
            };
            return Ok(Element::Operation(self.graph.operation(*id)));
        }
        let (node, index) = parse_tensor_name(name)?;
        if let Some(port) = self.mapped.get(name) {
            return Ok(Element::Tensor(self.graph.tensor(*port)));
        }
        let Some(&id) = self.ids.get(node) else {
            bail!(value, "Requested return tensor '{name}' not found in graph def");
        };
        let count = self.graph.node(id).output_types.len();
        ensure!(
            index < count,
            value,
            "Invalid return output {index} of node '{node}', which has {count} output(s)"
        );
        Ok(Element::Tensor(self.graph.tensor(Port { node: id, index })))
    }
}

/// Fills in defaults and checks that no attribute of the signature is missing or of another type.
pub(crate) fn complete_attrs(schema: &OpSchema, attrs: &mut Attrs, node: &str) -> Result<()> {
    for attr in &schema.attrs {
        match attrs.get(&attr.name) {
            None => match &attr.default {
                Some(default) => attrs.set(attr.name.clone(), default.clone()),
                None => bail!(
                    invalid_argument,
                    "NodeDef missing attr '{}' from Op<name={}>; NodeDef: {{{{node {node}}}}}",
                    attr.name,
                    schema.name
                ),
            },
            Some(ferroflow_core::AttrValue::Placeholder(_)) => {}
            Some(value) => {
                let found = schema::AttrType::of(value);
                ensure!(
                    found.is_none_or(|found| found == attr.ty),
                    invalid_argument,
                    "AttrValue had value with unexpected type for attr '{}' of node '{node}' ({})",
                    attr.name,
                    schema.name
                );
                ensure!(
                    attr.allowed.admits(value),
                    invalid_argument,
                    "Value for attr '{}' of {} is not in the list of allowed values; NodeDef: {{{{node {node}}}}}",
                    attr.name,
                    crate::node_summary::attr(value)
                );
            }
        }
    }
    let unknown = attrs.iter().find(|(name, _)| !name.starts_with('_') && schema.attr(name).is_none());
    if let Some((name, _)) = unknown {
        bail!(
            invalid_argument,
            "NodeDef mentions attr '{name}' not in Op<name={}>; NodeDef: {{{{node {node}}}}}",
            schema.name
        );
    }
    Ok(())
}

/// An order in which every node stands behind its inputs; back edges of loops, from `NextIteration` to `Merge`, do
/// not count.
fn order_nodes(nodes: &[NodeDef], positions: &HashMap<&str, usize>) -> Result<Vec<usize>> {
    let mut waiting = vec![0usize; nodes.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let is_back_edge = |node: &NodeDef, source: usize| {
        node.op.ends_with("Merge") && nodes[source].op.ends_with("NextIteration")
    };
    // A merge that nothing leads to but what comes back to it is in a cycle like any other node.
    let enters = |node: &NodeDef| {
        node.input.iter().any(|text| match parse_input(text) {
            Ok(InputName::Data(name, _)) => {
                positions.get(name).is_none_or(|source| !is_back_edge(node, *source))
            }
            _ => false,
        })
    };
    for (position, node) in nodes.iter().enumerate() {
        for text in &node.input {
            let name = match parse_input(text)? {
                InputName::Data(name, _) | InputName::Control(name) => name,
            };
            // A name that is not in the message may be mapped, or is reported when its user is added.
            let Some(&source) = positions.get(name) else { continue };
            if is_back_edge(node, source) && enters(node) {
                continue;
            }
            waiting[position] += 1;
            users[source].push(position);
        }
    }
    // The lowest position that is ready goes first: a message in order keeps its order.
    let mut ready: std::collections::BTreeSet<usize> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(position, _)| position).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(position) = ready.pop_first() {
        order.push(position);
        for &user in &users[position] {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                ready.insert(user);
            }
        }
    }
    if order.len() < nodes.len() {
        bail!(invalid_argument, "{} nodes in a cycle", nodes.len() - order.len());
    }
    Ok(order)
}

/// The dtypes in an attribute of a function's argument.
pub(crate) fn dtype_of(number: i32) -> Result<DType> {
    DType::from_number(number).ok_or_else(|| Error::invalid_argument(format!("invalid dtype {number}")))
}
