//! Functions: bodies that ops call by name, and the library that holds them.

use crate::graph::WeakGraph;
use crate::import::dtype_of;
use crate::plan::Plan;
use crate::{Graph, Port, export};
use ferroflow_core::schema::{self, OpSchema};
use ferroflow_core::{AttrValue, Attrs, DType, Error, PartialShape, Result, bail, ensure};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::op_def::ArgDef;
use ferroflow_proto::{FunctionDef, GraphDef, NodeDef, attr_proto, shape_proto};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

/// A function of a library: loaded from a message, or traced.
pub struct Function {
    name: String,
    source: Option<FunctionDef>,
    attrs: Attrs,
    /// Where calls of other functions are looked up.
    library: WeakGraph,
    /// Bodies by the attributes they were made for; a function without attributes has one, under an empty key.
    bodies: Mutex<HashMap<String, Arc<FunctionBody>>>,
    /// Gradients of the function by the same attributes.
    gradients: Mutex<HashMap<String, Arc<Function>>>,
}

/// A function's graph, with what goes in and comes out.
pub struct FunctionBody {
    /// The nodes.
    pub graph: Graph,
    /// The placeholders of the arguments.
    pub inputs: Vec<Port>,
    /// The arguments' names.
    pub input_names: Vec<String>,
    /// The arguments' dtypes.
    pub input_types: Vec<DType>,
    /// The results.
    pub outputs: Vec<Port>,
    /// The results' names.
    pub output_names: Vec<String>,
    /// The results' dtypes.
    pub output_types: Vec<DType>,
    /// Nodes that run for their effect.
    pub targets: Vec<usize>,
    plan: OnceLock<Result<Arc<Plan>>>,
}

impl FunctionBody {
    /// A body of these parts.
    pub(crate) fn new(
        graph: Graph,
        inputs: Vec<Port>,
        input_names: Vec<String>,
        outputs: Vec<Port>,
        output_names: Vec<String>,
        targets: Vec<usize>,
    ) -> FunctionBody {
        let types = |ports: &[Port]| -> Vec<DType> {
            ports.iter().map(|port| graph.node(port.node).output_types[port.index].base()).collect()
        };
        let (input_types, output_types) = (types(&inputs), types(&outputs));
        FunctionBody {
            graph,
            inputs,
            input_names,
            input_types,
            outputs,
            output_names,
            output_types,
            targets,
            plan: OnceLock::new(),
        }
    }

    /// The body as the executor runs it.
    ///
    /// # Errors
    /// `Unimplemented` for an op without a kernel.
    pub(crate) fn plan(&self) -> Result<Arc<Plan>> {
        self.plan
            .get_or_init(|| {
                Plan::compile(&self.graph, &self.inputs, &self.outputs, &self.targets, &mut |_| None)
                    .map(Arc::new)
            })
            .clone()
    }
}

impl Function {
    /// A function that was traced.
    pub(crate) fn traced(name: String, body: FunctionBody) -> Function {
        let library = body.graph.downgrade();
        let bodies = HashMap::from([(String::new(), Arc::new(body))]);
        Function {
            name,
            source: None,
            attrs: Attrs::new(),
            library,
            bodies: Mutex::new(bodies),
            gradients: Mutex::default(),
        }
    }

    /// A function of a message. Its body is made when it is first needed, so functions may call each other.
    ///
    /// # Errors
    /// `InvalidArgument` for a message without a signature.
    pub fn from_proto(source: &FunctionDef, library: &Graph) -> Result<Function> {
        let Some(signature) = &source.signature else {
            bail!(invalid_argument, "a function of the library has no signature");
        };
        let attrs = attr_proto::attrs_from_proto(&source.attr, |_| None)?;
        Ok(Function {
            name: signature.name.clone(),
            source: Some(source.clone()),
            attrs,
            library: library.downgrade(),
            bodies: Mutex::default(),
            gradients: Mutex::default(),
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The message the function was loaded from.
    pub fn source(&self) -> Option<&FunctionDef> {
        self.source.as_ref()
    }

    /// The function's own attributes.
    pub fn attrs(&self) -> &Attrs {
        &self.attrs
    }

    /// The body of a function without attributes of the call.
    ///
    /// # Errors
    /// As [`Function::instance`].
    pub fn body(&self) -> Result<Arc<FunctionBody>> {
        self.instance(&Attrs::new())
    }

    /// The body for a call with these attributes.
    ///
    /// # Errors
    /// `InvalidArgument` for a malformed message, `NotFound` for an unknown op.
    pub fn instance(&self, attrs: &Attrs) -> Result<Arc<FunctionBody>> {
        let key = self.key(attrs);
        if let Some(body) = self.bodies().get(&key) {
            return Ok(body.clone());
        }
        let Some(source) = &self.source else {
            bail!(internal, "function {} has lost its body", self.name);
        };
        let body = load_body(source, attrs, &self.library)
            .map_err(|error| error.context(format!("function {}", self.name)))?;
        Ok(self.bodies().entry(key).or_insert_with(|| Arc::new(body)).clone())
    }

    /// What tells a call with these attributes from calls with others.
    fn key(&self, attrs: &Attrs) -> String {
        let polymorphic = self.source.as_ref().and_then(|source| source.signature.as_ref());
        let polymorphic = polymorphic.is_some_and(|signature| !signature.attr.is_empty());
        if polymorphic { format!("{attrs:?}") } else { String::new() }
    }

    /// The function's gradient for a call with these attributes, made when it is first asked for.
    pub(crate) fn gradient_or_init(
        &self,
        attrs: &Attrs,
        make: impl FnOnce() -> Result<Arc<Function>>,
    ) -> Result<Arc<Function>> {
        let gradients = || self.gradients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = self.key(attrs);
        if let Some(known) = gradients().get(&key) {
            return Ok(known.clone());
        }
        let made = make()?;
        Ok(gradients().entry(key).or_insert(made).clone())
    }

    fn bodies(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<FunctionBody>>> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The dtypes of the results.
    ///
    /// # Errors
    /// As [`Function::instance`].
    pub fn output_types(&self) -> Result<Vec<DType>> {
        self.output_types_for(&Attrs::new())
    }

    /// The dtypes of the results of a call with these attributes.
    ///
    /// # Errors
    /// As [`Function::instance`].
    pub(crate) fn output_types_for(&self, attrs: &Attrs) -> Result<Vec<DType>> {
        match self.source.as_ref().and_then(|source| source.signature.as_ref()) {
            Some(signature) => {
                let types = signature.output_arg.iter().map(|arg| argument_types(arg, attrs));
                Ok(types.collect::<Result<Vec<_>>>()?.concat())
            }
            None => Ok(self.body()?.output_types.clone()),
        }
    }

    /// What is known of the results' shapes.
    ///
    /// # Errors
    /// As [`Function::instance`].
    pub fn output_shapes(&self) -> Result<Vec<PartialShape>> {
        self.output_shapes_for(&Attrs::new())
    }

    /// What is known of the shapes of the results of a call with these attributes.
    ///
    /// # Errors
    /// As [`Function::instance`].
    pub(crate) fn output_shapes_for(&self, attrs: &Attrs) -> Result<Vec<PartialShape>> {
        let Some(_loading) = Loading::enter() else {
            return Ok(vec![PartialShape::unknown(); self.output_types_for(attrs)?.len()]);
        };
        let body = self.instance(attrs)?;
        Ok(body.outputs.iter().map(|port| body.graph.tensor(*port).shape()).collect())
    }

    /// Whether a call has effects, or may give other results each time.
    ///
    /// # Errors
    /// As [`Function::instance`].
    pub fn is_stateful(&self) -> Result<bool> {
        if let Some(signature) = self.source.as_ref().and_then(|source| source.signature.as_ref())
            && signature.is_stateful
        {
            return Ok(true);
        }
        let body = self.body()?;
        Ok((0..body.graph.num_nodes()).any(|id| {
            let node = body.graph.node(id);
            node.is_stateful() && node.op != "Placeholder"
        }))
    }

    /// The functions that the body names.
    pub(crate) fn callees(&self) -> Vec<Arc<Function>> {
        if let Some(source) = &self.source {
            let Some(library) = self.library.upgrade() else { return Vec::new() };
            return export::callees_of(source).iter().filter_map(|name| library.function(name)).collect();
        }
        let Ok(body) = self.body() else { return Vec::new() };
        export::callee_names(&body.graph).iter().filter_map(|name| body.graph.function(name)).collect()
    }
}

thread_local! {
    /// How many functions are being loaded for the sake of others on this thread.
    static LOADING: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Functions that are loaded within each other at most, to learn the shapes of results: functions of a hostile model
/// may call each other in a circle, or in a chain of any length.
const MAX_LOADING: usize = 8;

/// One more function is being loaded.
struct Loading;

impl Loading {
    /// `None` where enough are.
    fn enter() -> Option<Loading> {
        let depth = LOADING.get();
        (depth < MAX_LOADING).then(|| {
            LOADING.set(depth + 1);
            Loading
        })
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        LOADING.set(LOADING.get().saturating_sub(1));
    }
}

fn attr_types<'a>(schema: Option<&'static OpSchema>) -> impl Fn(&str) -> Option<schema::AttrType> + 'a {
    move |name| schema.and_then(|schema| schema.attr(name)).map(|attr| attr.ty)
}

/// The dtypes an argument of a function's signature stands for.
fn argument_types(arg: &ArgDef, attrs: &Attrs) -> Result<Vec<DType>> {
    if !arg.type_list_attr.is_empty() {
        return Ok(attrs.dtypes(&arg.type_list_attr)?.to_vec());
    }
    let dtype = if arg.type_attr.is_empty() { dtype_of(arg.r#type)? } else { attrs.dtype(&arg.type_attr)? };
    let count = if arg.number_attr.is_empty() { 1 } else { attrs.int(&arg.number_attr)? };
    let count =
        usize::try_from(count).map_err(|_| Error::invalid_argument("a negative number of arguments"))?;
    ensure!(count <= 1 << 16, invalid_argument, "{count} arguments are too many");
    Ok(vec![dtype; count])
}

fn load_body(source: &FunctionDef, attrs: &Attrs, library: &WeakGraph) -> Result<FunctionBody> {
    let signature = source.signature.clone().unwrap_or_default();
    let mut nodes = Vec::new();
    // Where each argument begins among the placeholders.
    let mut arguments: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut input_names = Vec::new();
    for (position, arg) in signature.input_arg.iter().enumerate() {
        let dtypes = argument_types(arg, attrs)?;
        arguments.insert(arg.name.clone(), (input_names.len(), dtypes.len()));
        for (index, dtype) in dtypes.iter().enumerate() {
            let name = if dtypes.len() == 1 { arg.name.clone() } else { format!("{}_{index}", arg.name) };
            nodes.push(placeholder(&format!("arg/{name}"), *dtype, argument_shape(source, position))?);
            input_names.push(name);
        }
    }
    let argument_nodes: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
    let mut by_name: HashMap<&str, &NodeDef> = HashMap::new();
    for node in &source.node_def {
        by_name.insert(&node.name, node);
    }
    let resolve = |text: &str| -> Result<String> {
        if text.starts_with('^') {
            let name = text.trim_start_matches('^');
            return Ok(if arguments.contains_key(name) { format!("^arg/{name}") } else { text.to_string() });
        }
        let mut parts = text.splitn(3, ':');
        let (name, output) = (parts.next().unwrap_or_default(), parts.next());
        let index: usize = match parts.next().or(output.filter(|text| text.parse::<usize>().is_ok())) {
            None => 0,
            Some(index) => {
                index.parse().map_err(|_| Error::invalid_argument(format!("bad input '{text}'")))?
            }
        };
        if let Some((start, count)) = arguments.get(name) {
            ensure!(index < *count, invalid_argument, "argument '{name}' has no member {index}");
            return Ok(argument_nodes[start + index].clone());
        }
        let Some(node) = by_name.get(name) else {
            bail!(invalid_argument, "input '{text}' is of no node and no argument");
        };
        let start = match (output, schema::lookup(&node.op)) {
            (Some(output), Some(schema)) => {
                let mut node_attrs = attr_proto::attrs_from_proto(&node.attr, attr_types(Some(schema)))?;
                substitute(&mut node_attrs, attrs)?;
                crate::import::complete_attrs(schema, &mut node_attrs, &node.name)?;
                let position = schema.outputs.iter().position(|arg| arg.name == output);
                match position {
                    Some(position) => schema.output_range(position, &node_attrs)?.start,
                    None => bail!(invalid_argument, "node '{name}' has no output '{output}'"),
                }
            }
            (Some(output), None) => {
                let mut node_attrs = attr_proto::attrs_from_proto(&node.attr, |_| None)?;
                substitute(&mut node_attrs, attrs)?;
                callee_output(library, &node.op, output, &node_attrs)?
            }
            (None, _) => 0,
        };
        let flat = start
            .checked_add(index)
            .ok_or_else(|| Error::invalid_argument("an output index is too large"))?;
        Ok(if flat == 0 { name.to_string() } else { format!("{name}:{flat}") })
    };
    for node in &source.node_def {
        let mut node = node.clone();
        node.input = node.input.iter().map(|text| resolve(text)).collect::<Result<_>>()?;
        for value in node.attr.values_mut() {
            substitute_proto(value, attrs)?;
        }
        nodes.push(node);
    }
    let graph = Graph::new();
    graph.set_library(library.clone());
    let options = crate::ImportOptions { prefix: Some(String::new()), ..Default::default() };
    graph.import_graph_def(&GraphDef { node: nodes, ..GraphDef::default() }, &options)?;
    let find = |text: &str| -> Result<Port> {
        let text = if text.contains(':') { text.to_string() } else { format!("{text}:0") };
        let tensor = graph.get_tensor_by_name(&text)?;
        graph.port(&tensor).ok_or_else(|| Error::internal("a tensor of another graph"))
    };
    let inputs = argument_nodes.iter().map(|name| find(name)).collect::<Result<_>>()?;
    let (mut outputs, mut output_names) = (Vec::new(), Vec::new());
    for arg in &signature.output_arg {
        let Some(text) = source.ret.get(&arg.name) else {
            bail!(invalid_argument, "result '{}' has no value", arg.name);
        };
        let first = find(&resolve(text)?)?;
        for (index, _) in argument_types(arg, attrs)?.iter().enumerate() {
            outputs.push(Port { node: first.node, index: first.index + index });
            output_names.push(arg.name.clone());
        }
    }
    for port in &outputs {
        let count = graph.node(port.node).output_types.len();
        ensure!(port.index < count, invalid_argument, "a result asks for output {} of {count}", port.index);
    }
    let mut targets = Vec::new();
    for name in source.control_ret.values() {
        targets.push(graph.get_operation_by_name(name)?.id());
    }
    targets.extend(effects(&graph));
    targets.sort_unstable();
    targets.dedup();
    Ok(FunctionBody::new(graph, inputs, input_names, outputs, output_names, targets))
}

/// Nodes of a function's body that run whether or not anybody needs their outputs.
pub(crate) fn effects(graph: &Graph) -> Vec<usize> {
    const HARMLESS: [&str; 8] = [
        "Placeholder",
        "PlaceholderWithDefault",
        "ReadVariableOp",
        "VarHandleOp",
        "VariableV2",
        "Variable",
        "HashTableV2",
        "VarIsInitializedOp",
    ];
    (0..graph.num_nodes())
        .filter(|id| {
            let node = graph.node(*id);
            node.is_stateful() && !HARMLESS.contains(&node.op.as_str())
        })
        .collect()
}

/// Where an output argument of a called function begins among its outputs.
fn callee_output(library: &WeakGraph, function: &str, output: &str, attrs: &Attrs) -> Result<usize> {
    let library = library.upgrade().ok_or_else(|| Error::internal("the library is gone"))?;
    let function = library.function(function).ok_or_else(|| {
        Error::not_found(format!("Op type not registered '{function}' in binary running on localhost."))
    })?;
    let missing =
        || Error::invalid_argument(format!("function {} has no output '{output}'", function.name()));
    let Some(signature) = function.source().and_then(|source| source.signature.as_ref()) else {
        let body = function.body()?;
        return body.output_names.iter().position(|name| name == output).ok_or_else(missing);
    };
    let mut start = 0;
    for arg in &signature.output_arg {
        if arg.name == output {
            return Ok(start);
        }
        start += argument_types(arg, attrs)?.len();
    }
    Err(missing())
}

fn argument_shape(source: &FunctionDef, position: usize) -> PartialShape {
    let attr = source.arg_attr.get(&(position as u32)).and_then(|attrs| attrs.attr.get("_output_shapes"));
    match attr.and_then(|attr| attr.value.as_ref()) {
        Some(Value::List(list)) => {
            list.shape.first().and_then(|shape| shape_proto::to_partial_shape(shape).ok()).unwrap_or_default()
        }
        _ => PartialShape::unknown(),
    }
}

fn placeholder(name: &str, dtype: DType, shape: PartialShape) -> Result<NodeDef> {
    let attrs = Attrs::new().with("dtype", dtype).with("shape", shape);
    Ok(NodeDef {
        name: name.to_string(),
        op: "Placeholder".to_string(),
        attr: attr_proto::attrs_to_proto(&attrs)?,
        ..NodeDef::default()
    })
}

/// Replaces attributes that stand for one of the call.
fn substitute(attrs: &mut Attrs, call: &Attrs) -> Result<()> {
    let placeholders: Vec<(String, String)> = attrs
        .iter()
        .filter_map(|(name, value)| match value {
            AttrValue::Placeholder(of) => Some((name.to_string(), of.clone())),
            _ => None,
        })
        .collect();
    for (name, of) in placeholders {
        match call.get(&of) {
            Some(value) => attrs.set(name, value.clone()),
            None => bail!(invalid_argument, "the call sets no attr '{of}'"),
        }
    }
    Ok(())
}

fn substitute_proto(value: &mut ferroflow_proto::AttrValue, call: &Attrs) -> Result<()> {
    if let Some(Value::Placeholder(of)) = &value.value {
        match call.get(of) {
            Some(found) => *value = attr_proto::to_proto(found)?,
            None => bail!(invalid_argument, "the call sets no attr '{of}'"),
        }
    }
    Ok(())
}

/// The functions that eager code calls.
#[derive(Default)]
pub struct FunctionLibrary(RwLock<HashMap<String, Arc<Function>>>);

impl FunctionLibrary {
    /// The function of this name.
    pub fn get(&self, name: &str) -> Option<Arc<Function>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Adds a function, and those it calls.
    pub fn add(&self, function: Arc<Function>) {
        let mut pending = vec![function];
        while let Some(function) = pending.pop() {
            if self.get(function.name()).is_none() {
                pending.extend(function.callees());
                let mut functions = self.0.write().unwrap_or_else(PoisonError::into_inner);
                functions.insert(function.name().to_string(), function);
            }
        }
    }
}

/// The library of eager execution, one for the process.
pub fn function_library() -> &'static FunctionLibrary {
    static LIBRARY: OnceLock<FunctionLibrary> = OnceLock::new();
    LIBRARY.get_or_init(FunctionLibrary::default)
}
