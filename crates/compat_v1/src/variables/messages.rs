//! Variables as messages: what collections of a MetaGraphDef hold.

use super::properties::lacks;
use super::{Kind, Record, Reference, SliceInfo, Variable};
use ferroflow_core::{Error, Result, Tensor, ensure};
use ferroflow_graph::{Graph, Operation};
use ferroflow_proto::VariableDef;
use std::sync::Arc;

/// The name below an export scope; `None` for one that is not in it.
pub(crate) fn strip_scope(name: &str, scope: &str) -> Option<String> {
    if scope.is_empty() {
        return Some(name.to_string());
    }
    let scope = scope.trim_end_matches('/');
    let (mark, rest) = match name.strip_prefix('^') {
        Some(rest) => ("^", rest),
        None => ("", name),
    };
    if let Some(location) = rest.strip_prefix("loc:@") {
        return strip_scope(location, scope).map(|location| format!("{mark}loc:@{location}"));
    }
    rest.strip_prefix(scope)?.strip_prefix('/').map(|rest| format!("{mark}{rest}"))
}

/// The name within an import scope.
pub(crate) fn prepend_scope(name: &str, scope: &str) -> String {
    match scope.trim_end_matches('/') {
        "" => name.to_string(),
        scope => format!("{scope}/{name}"),
    }
}

impl Variable {
    /// The variable as a message, names without the scope; `None` for a variable that is not in it.
    ///
    /// # Errors
    /// `RuntimeError` for an eager variable.
    pub fn to_proto(&self, export_scope: &str) -> Result<Option<VariableDef>> {
        let (value, initializer) = (self.initial_value()?, self.initializer()?);
        let snapshot = match &self.0 {
            Kind::Reference(reference) => reference.snapshot(),
            Kind::Resource(resource) => resource.snapshot()?,
            Kind::Partitioned(_) => return Err(lacks("to_proto")),
        };
        let name = |name: String| strip_scope(&name, export_scope).unwrap_or(name);
        let Some(variable_name) = strip_scope(&self.name(), export_scope) else { return Ok(None) };
        Ok(Some(VariableDef {
            variable_name,
            initial_value_name: name(value.name()?),
            initializer_name: name(initializer.map(|operation| operation.name()).unwrap_or_default()),
            snapshot_name: name(snapshot.name()?),
            is_resource: self.is_resource(),
            trainable: self.trainable(),
            save_slice_info_def: self.slice_info().map(|info| info.to_proto(name(info.full_name.clone()))),
            ..VariableDef::default()
        }))
    }

    /// The variable of a graph that a message means, its names taken within a scope.
    ///
    /// # Errors
    /// `KeyError` for a node that the graph does not have, `ValueError` for one that is no variable.
    pub fn from_proto(graph: &Graph, proto: &VariableDef, import_scope: &str) -> Result<Variable> {
        let variable = Variable::of_names(graph, proto, import_scope)?;
        if let Some(info) = proto.save_slice_info_def.as_ref().filter(|info| !info.full_name.is_empty()) {
            let full_name = prepend_scope(&info.full_name, import_scope);
            variable.set_slice_info(SliceInfo::from_proto(info, full_name)?);
        }
        Ok(variable)
    }

    fn of_names(graph: &Graph, proto: &VariableDef, import_scope: &str) -> Result<Variable> {
        let tensor = |name: &str| graph.get_tensor_by_name(&prepend_scope(name, import_scope));
        let variable = tensor(&proto.variable_name)?;
        let snapshot = tensor(&proto.snapshot_name)?;
        let initializer = prepend_scope(&proto.initializer_name, import_scope);
        let initializer = operation(graph, &initializer)?;
        // Old files do not say what the initial value is.
        let initial_value = match proto.initial_value_name.as_str() {
            "" => initializer.inputs().get(1).cloned().ok_or_else(|| not_a_variable(&variable))?,
            name => tensor(name)?,
        };
        if proto.is_resource {
            return ferroflow_v2::Variable::from_nodes(
                &variable,
                &initial_value,
                &initializer,
                &snapshot,
                proto.trainable,
            )
            .map(|resource| Variable(Kind::Resource(resource)));
        }
        ensure!(
            ["Variable", "VariableV2"].contains(&Operation::of(&variable)?.op_type().as_str()),
            value,
            "{variable} is not a variable"
        );
        let port = |tensor: &Tensor| graph.port(tensor).ok_or_else(|| not_a_variable(tensor));
        let record = Arc::new(Record {
            name: Operation::of(&variable)?.name(),
            dtype: variable.dtype(),
            trainable: proto.trainable,
            reference: port(&variable)?,
            initial_value: port(&initial_value)?,
            initializer: initializer.id(),
            snapshot: port(&snapshot)?,
        });
        Ok(Variable(Kind::Reference(Reference { record, graph: graph.clone() })))
    }
}

fn not_a_variable(tensor: &Tensor) -> Error {
    Error::value(format!("{tensor} is not part of a variable"))
}

/// The operation of a name, or of the tensor of that name.
pub(crate) fn operation(graph: &Graph, name: &str) -> Result<Operation> {
    graph.get_operation_by_name(name.split(':').next().unwrap_or(name))
}
