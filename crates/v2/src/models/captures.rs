//! What the functions of a SavedModel take from outside: variables of the model, and constants.

use super::function::SavedTrace;
use crate::Variable;
use crate::trackable::ObjectGraph;
use ferroflow_core::{DType, Error, NdArray, Result, Tensor, bail, constant_node, context};
use ferroflow_graph::Graph;
use ferroflow_ops_state::{read_variable, var_handle_with};
use std::collections::BTreeMap;

/// The nodes of the object graph that functions are bound to.
pub(super) struct Captures {
    variables: Vec<(usize, Variable)>,
    /// The constants, with the tensors they were captured as; they follow the objects.
    constants: Vec<Tensor>,
    first_constant: usize,
}

/// The nodes of objects in the graph of a SavedModel.
pub(super) struct CaptureNodes {
    tensors: BTreeMap<usize, Tensor>,
}

impl CaptureNodes {
    /// What stands for an object: the handle of a variable, or a constant.
    pub(super) fn tensor(&self, id: usize) -> Result<Tensor> {
        self.tensors.get(&id).cloned().ok_or_else(|| Error::internal("a captured object has no node"))
    }
}

impl Captures {
    pub(super) fn new(objects: &ObjectGraph<'_>) -> Captures {
        let variables = objects.variables().map(|(id, _, variable)| (id, variable.clone())).collect();
        Captures { variables, constants: Vec::new(), first_constant: objects.nodes.len() }
    }

    /// Which objects the functions are bound to, by the functions' names.
    pub(super) fn bind(&mut self, traces: &[&SavedTrace]) -> Result<BTreeMap<String, Vec<usize>>> {
        let mut bound = BTreeMap::new();
        for trace in traces {
            let name = trace.traced.function().name().to_string();
            let ids = trace.traced.captures().iter().map(|tensor| self.id_of(&name, tensor));
            bound.insert(name.clone(), ids.collect::<Result<Vec<_>>>()?);
        }
        Ok(bound)
    }

    fn id_of(&mut self, function: &str, tensor: &Tensor) -> Result<usize> {
        if let Some((id, _)) = self.variables.iter().find(|(_, variable)| variable.handle().is_same(tensor)) {
            return Ok(*id);
        }
        if tensor.dtype() == DType::RESOURCE || tensor.dtype() == DType::VARIANT {
            bail!(
                assertion,
                "Tried to export a function which references an 'untracked' resource. TensorFlow objects (e.g. \
                 tf.Variable) captured by functions must be 'tracked' by assigning them to an attribute of a tracked \
                 object or assigned to an attribute of the main object directly. See the information below:\n\tFunction \
                 name = {function}\n\tCaptured Tensor = {tensor:?}"
            );
        }
        let position = match self.constants.iter().position(|known| known.is_same(tensor)) {
            Some(position) => position,
            None => {
                self.constants.push(tensor.clone());
                self.constants.len() - 1
            }
        };
        Ok(self.first_constant + position)
    }

    /// The values of the constants.
    pub(super) fn constants(&self) -> Result<Vec<NdArray>> {
        self.constants.iter().map(Tensor::numpy).collect()
    }

    /// The name of the node of a constant.
    pub(super) fn constant_name(&self, position: usize) -> String {
        if position == 0 { "Const".to_string() } else { format!("Const_{position}") }
    }

    /// Adds the handles of all variables, with a node that reads each, and the constants.
    pub(super) fn add_nodes(&self, graph: &Graph) -> Result<CaptureNodes> {
        let mut tensors = BTreeMap::new();
        for (position, value) in self.constants()?.into_iter().enumerate() {
            let name = self.constant_name(position);
            tensors
                .insert(self.first_constant + position, context::with_name(&name, || constant_node(value))?);
        }
        for (id, variable) in &self.variables {
            let name = graph.unique_name(&node_name(variable.full_name()), true);
            let shared = name.clone();
            let handle = context::with_name(&format!("{name}/"), || {
                var_handle_with(variable.dtype(), variable.shape(), |o| {
                    o.shared_name(shared).debug_name(format!("{name}/"))
                })
            })?;
            context::with_name(&format!("{name}/Read/ReadVariableOp/"), || {
                read_variable(&handle, variable.dtype())
            })?;
            tensors.insert(*id, handle);
        }
        Ok(CaptureNodes { tensors })
    }

    /// The captured tensors.
    pub(super) fn constant_count(&self) -> usize {
        self.constants.len()
    }
}

/// The text with characters that names of nodes may have.
pub(super) fn node_name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/');
    let clean: String = text.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    if clean.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.') {
        clean
    } else {
        format!("n{clean}")
    }
}
