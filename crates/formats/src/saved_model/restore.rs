//! Which tensor of a checkpoint each variable of a graph is restored from.

use super::tracer::{Place, Tracer};
use ferroflow_core::{DType, Error, Result, TString, bail};
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{GraphDef, NodeDef, tensor_proto};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// Where the initial value of a variable lies in a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableSource {
    /// The node of the variable: a VarHandleOp or VariableV2.
    pub variable: String,
    /// The key of the tensor in the checkpoint.
    pub key: String,
    /// The part of the tensor, in RestoreV2's notation; empty for all of it.
    pub shape_and_slice: String,
    /// The dtype it is restored as.
    pub dtype: DType,
}

/// The variables that `restore_op` assigns, in the order in which it is found to do so.
pub(super) fn variable_sources(graph: &GraphDef, restore_op: &str) -> Result<Vec<VariableSource>> {
    let name = restore_op.trim_start_matches('^').split(':').next().unwrap_or(restore_op);
    let mut tracer = Tracer::new(graph);
    let mut pending = vec![tracer.node(name)?];
    let mut seen = HashSet::new();
    let mut strings = HashMap::new();
    let mut sources = Vec::new();
    while let Some(place) = pending.pop() {
        if !seen.insert((place.scope, place.node.name.as_str())) {
            continue;
        }
        match place.node.op.as_str() {
            "Assign" | "AssignVariableOp" => {
                sources.push(assigned(&tracer, place, &mut strings)?);
                continue;
            }
            "PartitionedCall" | "StatefulPartitionedCall" => {
                // Inside, effects happen whether or not anything depends on them.
                let body = tracer.enter(place)?;
                pending.extend(body.into_iter().rev());
            }
            "LookupTableImport" | "LookupTableImportV2" | "Restore" | "RestoreSlice" => {
                bail!(
                    unimplemented,
                    "unsupported op: {} (node '{}', which restores a checkpoint)",
                    place.node.op,
                    place.node.name
                )
            }
            _ => {}
        }
        pending.extend(tracer.inputs(place).into_iter().rev());
    }
    Ok(sources)
}

/// The strings of the constants met so far, by scope and node: one names all the tensors that an op restores.
type Strings<'a> = HashMap<(usize, &'a str), Vec<TString>>;

fn assigned<'a>(tracer: &Tracer<'a>, assign: Place<'a>, strings: &mut Strings<'a>) -> Result<VariableSource> {
    let (variable, _) = tracer.source(assign, 0)?;
    let (restore, output) = tracer.source(assign, 1)?;
    let malformed = || {
        Error::invalid_argument(format!(
            "node '{}' does not restore a variable from a checkpoint",
            assign.node.name
        ))
    };
    if restore.node.op != "RestoreV2" || variable.scope != 0 {
        return Err(malformed());
    }
    let mut text = |input: usize| {
        let (constant, _) = tracer.source(restore, input)?;
        let key = (constant.scope, constant.node.name.as_str());
        let texts = match strings.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(constant_strings(constant.node).ok_or_else(malformed)?),
        };
        let text = texts.get(output).and_then(|text| text.to_str().ok());
        text.map(str::to_string).ok_or_else(malformed)
    };
    Ok(VariableSource {
        variable: variable.node.name.clone(),
        key: text(1)?,
        shape_and_slice: text(2)?,
        dtype: restored_dtype(restore.node, output).ok_or_else(malformed)?,
    })
}

/// The value of a Const node of strings.
fn constant_strings(constant: &NodeDef) -> Option<Vec<TString>> {
    let Value::Tensor(proto) = constant.attr.get("value")?.value.as_ref()? else { return None };
    tensor_proto::to_array(proto).ok()?.into_vec().ok()
}

fn restored_dtype(restore: &NodeDef, output: usize) -> Option<DType> {
    let Value::List(list) = restore.attr.get("dtypes")?.value.as_ref()? else { return None };
    DType::from_number(*list.r#type.get(output)?)
}
