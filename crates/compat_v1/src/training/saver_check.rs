//! Whether a checkpoint fits the graph that is to be restored from it.

use crate::variables::operation;
use ferroflow_core::{AttrValue, DType, Error, PartialShape, Result, TString};
use ferroflow_formats::{CheckpointReader, ShapeAndSlice};
use ferroflow_graph::{Graph, Operation};
use ferroflow_proto::SaverDef;
use std::collections::HashSet;

/// A tensor that the graph restores.
struct Wanted {
    name: String,
    spec: String,
    dtype: DType,
    /// The shape that its variable takes; `None` where any is taken.
    shape: Option<PartialShape>,
}

/// Compares a checkpoint with what the restore operation asks of it; says everything that does not fit.
///
/// # Errors
/// `NotFound` for missing names, `InvalidArgument` for dtypes and shapes, those of reading the checkpoint.
pub(super) fn check(graph: &Graph, saver_def: &SaverDef, path: &str) -> Result<()> {
    let wanted = wanted(&operation(graph, &saver_def.restore_op_name)?)?;
    let checkpoint = CheckpointReader::open(path)?;
    let missing: Vec<String> = wanted
        .iter()
        .filter(|wanted| !checkpoint.contains(&wanted.name))
        .map(|wanted| format!("Key {} not found in checkpoint", wanted.name))
        .collect();
    if !missing.is_empty() {
        let reason = "a Variable name or other graph key that is missing";
        return Err(Error::not_found(explain(reason, &missing)));
    }
    let mut mismatches = Vec::new();
    for wanted in &wanted {
        let (dtype, shape) = (checkpoint.dtype(&wanted.name)?, checkpoint.shape(&wanted.name)?);
        if dtype != wanted.dtype {
            mismatches.push(format!(
                "tensor_name = {}; expected dtype {} does not equal original dtype {}",
                wanted.name,
                wanted.dtype.cpp_name(),
                dtype.cpp_name()
            ));
            continue;
        }
        let stored = match wanted.spec.as_str() {
            "" => shape.clone(),
            spec => {
                let spec: ShapeAndSlice = spec.parse()?;
                if &spec.shape != shape {
                    mismatches.push(format!(
                        "tensor_name = {}; shape in shape_and_slice spec {} does not match the shape stored in \
                         checkpoint: {shape}",
                        wanted.name, spec.shape
                    ));
                }
                continue;
            }
        };
        if let Some(expected) = wanted.shape.as_ref().filter(|expected| !expected.admits(&stored)) {
            mismatches.push(format!(
                "Assign requires shapes of both tensors to match. lhs shape= {expected} rhs shape= {stored} \
                 (variable {})",
                wanted.name
            ));
        }
    }
    match mismatches.is_empty() {
        true => Ok(()),
        false => Err(Error::invalid_argument(explain(
            "a mismatch between the current graph and the graph",
            &mismatches,
        ))),
    }
}

fn explain(reason: &str, lines: &[String]) -> String {
    format!(
        "Restoring from checkpoint failed. This is most likely due to {reason} from the checkpoint. Please ensure that \
         you have not altered the graph expected based on the checkpoint. Original error:\n\n{}",
        lines.join("\n")
    )
}

/// What is restored when this operation runs.
fn wanted(restore: &Operation) -> Result<Vec<Wanted>> {
    let mut pending = vec![restore.clone()];
    let mut seen = HashSet::new();
    let mut wanted = Vec::new();
    while let Some(operation) = pending.pop() {
        if !seen.insert(operation.id()) {
            continue;
        }
        match operation.op_type().as_str() {
            "Assign" | "AssignVariableOp" => wanted.extend(assigned(&operation)?),
            _ => pending.extend(operation.control_inputs().into_iter().rev()),
        }
    }
    Ok(wanted)
}

/// What an assignment takes of a checkpoint, if it takes it straight from there.
fn assigned(assign: &Operation) -> Result<Option<Wanted>> {
    let inputs = assign.inputs();
    let [variable, value] = inputs.as_slice() else { return Ok(None) };
    let (mut value, mut shape) = (value.clone(), Some(variable_shape(variable)));
    if matches!(assign.get_attr("validate_shape"), Ok(AttrValue::Bool(false))) && assign.op_type() == "Assign"
    {
        shape = None;
    }
    loop {
        let source = Operation::of(&value)?;
        let first = source.inputs().into_iter().next();
        match (source.op_type().as_str(), first) {
            ("Identity", Some(input)) => value = input,
            ("Reshape", Some(input)) => (value, shape) = (input, None),
            ("RestoreV2", _) => {
                let index = value.as_symbolic().map_or(0, |symbolic| symbolic.index());
                let inputs = source.inputs();
                let (Some(name), Some(spec)) =
                    (text(&source, inputs.get(1), index), text(&source, inputs.get(2), index))
                else {
                    return Ok(None);
                };
                return Ok(Some(Wanted { name, spec, dtype: value.dtype(), shape }));
            }
            _ => return Ok(None),
        }
    }
}

fn variable_shape(variable: &ferroflow_core::Tensor) -> PartialShape {
    match Operation::of(variable).and_then(|operation| operation.get_attr("shape")) {
        Ok(AttrValue::Shape(shape)) => shape,
        _ => variable.shape(),
    }
}

fn text(of: &Operation, tensor: Option<&ferroflow_core::Tensor>, index: usize) -> Option<String> {
    let graph = of.graph();
    let value = graph.constant_value(graph.port(tensor?)?)?;
    value.as_slice::<TString>().ok()?.get(index)?.to_str().ok().map(str::to_string)
}
