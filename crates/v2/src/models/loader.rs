//! `Loader`: a SavedModel on its way from messages to objects.

use super::load::{LoadedKind, LoadedModel, LoadedNode};
use super::loaded_function::{LoadedFunction, LoadedTrace};
use super::renamed::Renaming;
use crate::Variable;
use crate::trackable::TrackableKind;
use ferroflow_core::{DType, Error, NdArray, Result, TString, Tensor, bail, convert_to_tensor, ensure};
use ferroflow_formats::MetaGraph;
use ferroflow_graph::{ConcreteFunction, Graph};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::saved_object::Kind;
use ferroflow_proto::{GraphDef, shape_proto, tensor_proto};
use ferroflow_proto::{SavedObject, SavedObjectGraph, SavedVariable};
use std::collections::{HashMap, HashSet, VecDeque};

/// A model on its way from messages to objects.
pub(super) struct Loader<'m> {
    meta_graph: &'m MetaGraph,
    objects: &'m SavedObjectGraph,
    library: Graph,
    renaming: Renaming,
    /// The values of the graph's constants, by name.
    constants: HashMap<String, NdArray>,
    /// The tensors that functions are bound to, by number of object.
    tensors: HashMap<usize, Tensor>,
    variables: HashMap<usize, Variable>,
}

impl<'m> Loader<'m> {
    pub(super) fn new(meta_graph: &'m MetaGraph, objects: &'m SavedObjectGraph) -> Result<Loader<'m>> {
        ferroflow_formats::install();
        let graph = meta_graph.graph_def()?;
        let mut functions = GraphDef { library: graph.library.clone(), ..GraphDef::default() };
        let renaming = Renaming::apply(&mut functions);
        let wanted: HashSet<&str> = objects
            .nodes
            .iter()
            .filter_map(|node| match &node.kind {
                Some(Kind::Constant(constant)) => Some(constant.operation.as_str()),
                _ => None,
            })
            .collect();
        let mut constants = HashMap::new();
        for node in graph.node.iter().filter(|node| wanted.contains(node.name.as_str())) {
            if let Some(Value::Tensor(tensor)) = node.attr.get("value").and_then(|attr| attr.value.as_ref()) {
                constants.insert(node.name.clone(), tensor_proto::to_array(tensor)?);
            }
        }
        Ok(Loader {
            meta_graph,
            objects,
            library: Graph::from_graph_def(&functions)?,
            renaming,
            constants,
            tensors: HashMap::new(),
            variables: HashMap::new(),
        })
    }

    pub(super) fn load(mut self) -> Result<LoadedModel> {
        self.make_variables()?;
        let assets = self.meta_graph.assets()?;
        for (id, node) in self.objects.nodes.iter().enumerate() {
            let tensor = match &node.kind {
                Some(Kind::Asset(asset)) => {
                    let position = usize::try_from(asset.asset_file_def_index).ok();
                    let asset = position.and_then(|position| assets.get(position));
                    let path = asset.and_then(|asset| asset.path.to_str());
                    let path = path.ok_or_else(|| {
                        Error::invalid_argument(format!("object {id} is an asset without a path"))
                    })?;
                    convert_to_tensor(NdArray::scalar(TString::from(path)), None)?
                }
                Some(Kind::Constant(constant)) => {
                    let value = self.constants.get(&constant.operation).cloned();
                    let missing = || {
                        let name = &constant.operation;
                        Error::invalid_argument(format!("the model has no constant '{name}' for object {id}"))
                    };
                    convert_to_tensor(value.ok_or_else(missing)?, None)?
                }
                _ => continue,
            };
            self.tensors.insert(id, tensor);
        }
        let mut to_initialize = Vec::new();
        for (id, node) in self.objects.nodes.iter().enumerate() {
            if !matches!(node.kind, Some(Kind::Resource(_))) {
                continue;
            }
            ensure!(
                node.saveable_objects.is_empty(),
                unimplemented,
                "unsupported object: a resource whose state is in the checkpoint (object {id})"
            );
            let handle =
                self.call_method(node, "_create_resource")?.and_then(|results| results.into_iter().next());
            let handle =
                handle.ok_or_else(|| Error::invalid_argument(format!("object {id} creates no resource")))?;
            self.tensors.insert(id, handle);
            to_initialize.push(node);
        }
        let nodes = self.objects.nodes.iter().enumerate().map(|(id, node)| self.node(id, node));
        let nodes = nodes.collect::<Result<Vec<_>>>()?;
        for node in to_initialize {
            self.call_method(node, "_initialize")?;
        }
        Ok(LoadedModel::of_objects(nodes, self.library))
    }

    /// The variables, with their values from the checkpoint.
    fn make_variables(&mut self) -> Result<()> {
        let is_variable = |node: &SavedObject| matches!(node.kind, Some(Kind::Variable(_)));
        if !self.objects.nodes.iter().any(is_variable) {
            return Ok(());
        }
        let Some(checkpoint) = self.meta_graph.checkpoint()? else {
            bail!(not_found, "the SavedModel has variables, but no checkpoint");
        };
        let stored = checkpoint.object_graph()?.ok_or_else(|| {
            Error::data_loss("the checkpoint of the SavedModel does not say which objects its values are of")
        })?;
        // Both graphs have the same edges: the objects of one are found in the other by walking both.
        let mut seen = HashSet::from([0]);
        let mut pending = VecDeque::from([(0usize, 0usize)]);
        while let Some((id, stored_id)) = pending.pop_front() {
            let (Some(node), Some(stored_node)) = (self.objects.nodes.get(id), stored.nodes.get(stored_id))
            else {
                continue;
            };
            if let Some(Kind::Variable(variable)) = &node.kind
                && let Some(attribute) = stored_node.attributes.first()
            {
                let value = checkpoint.read(&attribute.checkpoint_key)?;
                let variable = new_variable(variable, value)?;
                self.tensors.insert(id, variable.handle().clone());
                self.variables.insert(id, variable);
            }
            for child in &node.children {
                let other = stored_node.children.iter().find(|other| other.local_name == child.local_name);
                let Some(other) = other else { continue };
                if let (Ok(id), Ok(other)) = (usize::try_from(child.node_id), usize::try_from(other.node_id))
                    && seen.insert(id)
                {
                    pending.push_back((id, other));
                }
            }
        }
        for (id, node) in self.objects.nodes.iter().enumerate() {
            if let Some(Kind::Variable(variable)) = &node.kind {
                ensure!(
                    self.variables.contains_key(&id),
                    assertion,
                    "Found 1 Python objects that were not bound to checkpointed values: variable '{}' (object {id})",
                    variable.name
                );
            }
        }
        Ok(())
    }

    fn child(&self, node: &SavedObject, name: &str) -> Option<&'m SavedObject> {
        let child = node.children.iter().find(|child| child.local_name == name)?;
        self.objects.nodes.get(usize::try_from(child.node_id).ok()?)
    }

    /// Calls a function without arguments that an object has under a name.
    fn call_method(&self, node: &SavedObject, name: &str) -> Result<Option<Vec<Tensor>>> {
        let Some(method) = self.child(node, name) else { return Ok(None) };
        let functions = match &method.kind {
            Some(Kind::Function(function)) => function.concrete_functions.first(),
            Some(Kind::BareConcreteFunction(function)) => Some(&function.concrete_function_name),
            _ => None,
        };
        let Some(function) = functions else { return Ok(None) };
        self.concrete(function)?.call(&[]).map(Some)
    }

    /// A function of the library, bound to the objects that it uses.
    fn concrete(&self, name: &str) -> Result<ConcreteFunction> {
        let function = self.library.function(&self.renaming.name(name));
        let function =
            function.ok_or_else(|| Error::invalid_argument(format!("the model has no function '{name}'")))?;
        let bound = self.objects.concrete_functions.get(name).map(|message| &message.bound_inputs);
        let captures = bound.into_iter().flatten().map(|id| {
            let tensor = usize::try_from(*id).ok().and_then(|id| self.tensors.get(&id)).cloned();
            tensor.ok_or_else(|| self.unbound(name, *id))
        });
        ConcreteFunction::bound(function, captures.collect::<Result<Vec<_>>>()?)
    }

    fn unbound(&self, function: &str, id: i32) -> Error {
        let node = usize::try_from(id).ok().and_then(|id| self.objects.nodes.get(id));
        match node.and_then(|node| node.kind.as_ref()) {
            None => Error::invalid_argument(format!(
                "function '{function}' is bound to object {id}, which is none"
            )),
            Some(kind) => Error::unimplemented(format!(
                "unsupported object: function '{function}' is bound to {} (object {id})",
                described(kind)
            )),
        }
    }

    fn trace(&self, name: &str, keywords: &[String]) -> Result<LoadedTrace> {
        let message = self.objects.concrete_functions.get(name);
        let message = message
            .ok_or_else(|| Error::invalid_argument(format!("the model says nothing of function '{name}'")))?;
        LoadedTrace::new(self.concrete(name)?, message, keywords)
    }

    fn node(&self, id: usize, node: &SavedObject) -> Result<LoadedNode> {
        let children = node.children.iter().filter_map(|child| {
            let id = usize::try_from(child.node_id).ok().filter(|id| *id < self.objects.nodes.len());
            Some((child.local_name.clone(), id?))
        });
        let kind = match &node.kind {
            Some(Kind::Variable(_)) => match self.variables.get(&id) {
                Some(variable) => LoadedKind::Variable(variable.clone()),
                None => bail!(internal, "variable {id} was not made"),
            },
            Some(Kind::Function(function)) => {
                let names = argument_names(function.function_spec.as_ref());
                let traces = function.concrete_functions.iter().map(|name| self.trace(name, &names));
                LoadedKind::Function(LoadedFunction::of_traces("", traces.collect::<Result<_>>()?))
            }
            Some(Kind::BareConcreteFunction(function)) => {
                let traces =
                    match self.objects.concrete_functions.contains_key(&function.concrete_function_name) {
                        true => {
                            vec![self.trace(&function.concrete_function_name, &function.argument_keywords)?]
                        }
                        false => Vec::new(),
                    };
                LoadedKind::Function(LoadedFunction::of_traces("", traces))
            }
            Some(Kind::UserObject(object)) => LoadedKind::Object(match object.identifier.as_str() {
                "trackable_list_wrapper" => TrackableKind::List,
                "trackable_dict_wrapper" => TrackableKind::Dict,
                "trackable_tuple_wrapper" => TrackableKind::Tuple,
                _ => TrackableKind::Object,
            }),
            _ => match self.tensors.get(&id) {
                Some(tensor) => LoadedKind::Tensor(tensor.clone()),
                None => LoadedKind::Object(TrackableKind::Object),
            },
        };
        Ok(LoadedNode { children: children.collect(), kind })
    }
}

fn described(kind: &Kind) -> &'static str {
    match kind {
        Kind::UserObject(_) => "an object",
        Kind::Asset(_) => "an asset",
        Kind::Function(_) | Kind::BareConcreteFunction(_) => "a function",
        Kind::Variable(_) => "a variable",
        Kind::Constant(_) => "a constant",
        Kind::Resource(_) => "a resource",
        Kind::CapturedTensor(_) => "a captured tensor",
    }
}

fn new_variable(message: &SavedVariable, value: NdArray) -> Result<Variable> {
    let name = if message.name.is_empty() { "Variable" } else { message.name.as_str() };
    let shape = shape_proto::to_partial_shape(&message.shape.clone().unwrap_or_default())?;
    let dtype = DType::from_number(message.dtype).ok_or_else(|| {
        Error::invalid_argument(format!("variable '{name}' has the unknown dtype {}", message.dtype))
    })?;
    ensure!(
        message.experimental_distributed_variable_components.is_empty(),
        unimplemented,
        "unsupported variable: '{name}' is distributed over several devices"
    );
    ensure!(
        value.dtype() == dtype,
        invalid_argument,
        "variable '{name}' is {}, where its value is {}",
        dtype.name(),
        value.dtype().name()
    );
    Variable::new_with(value, |o| o.name(name).shape(shape).trainable(message.trainable))
}

/// What the arguments of a function are called in Python.
fn argument_names(spec: Option<&ferroflow_proto::FunctionSpec>) -> Vec<String> {
    use ferroflow_proto::structured_value::Kind;
    let full = spec.and_then(|spec| spec.fullargspec.as_ref()?.kind.as_ref());
    let Some(Kind::NamedTupleValue(full)) = full else { return Vec::new() };
    let args = full
        .values
        .iter()
        .find(|pair| pair.key == "args")
        .and_then(|pair| pair.value.as_ref()?.kind.as_ref());
    let Some(Kind::ListValue(args)) = args else { return Vec::new() };
    let names = args.values.iter().filter_map(|value| match &value.kind {
        Some(Kind::StringValue(name)) if name != "self" => Some(name.clone()),
        _ => None,
    });
    names.collect()
}
