//! The nodes by which programs without objects save and restore the variables of a SavedModel.

use super::captures::CaptureNodes;
use super::save::last;
use crate::trackable::ObjectGraph;
use ferroflow_core::{
    DType, NdArray, Op, PartialShape, Result, Shape, TString, Tensor, constant_node, context,
};
use ferroflow_graph::Graph;
use ferroflow_ops_state::{assign_variable, read_variable};
use ferroflow_proto::SaverDef;
use ferroflow_proto::saver_def::CheckpointFormatVersion;

/// Adds the nodes to the graph in force; gives the message that names them.
pub(super) fn add(graph: &Graph, objects: &ObjectGraph<'_>, nodes: &CaptureNodes) -> Result<SaverDef> {
    let filename = Op::named("Placeholder")
        .attr("dtype", DType::STRING)
        .attr("shape", PartialShape::from(Shape::scalar()))
        .name("saver_filename")
        .one()?;
    let (mut keys, mut dtypes, mut handles, mut shapes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, node, variable) in objects.variables() {
        keys.push(TString::from(node.checkpoint_key()));
        dtypes.push(variable.dtype());
        shapes.push(variable.shape());
        handles.push(nodes.tensor(id)?);
    }
    let within = |scope: &str, f: &mut dyn FnMut() -> Result<Tensor>| context::name_scope(scope, f);
    let names = |keys: &[TString]| -> Result<(Tensor, Tensor)> {
        let slices = NdArray::vector(vec![TString::default(); keys.len()]);
        let names = context::with_name("tensor_names", || constant_node(NdArray::vector(keys.to_vec())))?;
        Ok((names, context::with_name("shape_and_slices", || constant_node(slices))?))
    };
    let saved = within("save", &mut || {
        let values = handles.iter().zip(&dtypes).map(|(handle, dtype)| read_variable(handle, *dtype));
        let values = values.collect::<Result<Vec<_>>>()?;
        if !keys.is_empty() {
            let (names, slices) = names(&keys)?;
            Op::named("SaveV2").input(&filename).input(names).input(slices).inputs(values).all()?;
        } else {
            Op::named("NoOp").all()?;
        }
        let save = last(graph)?;
        graph.control_dependencies(Some(&[save]), || Op::named("Identity").input(&filename).one())
    })?;
    let mut restore = String::new();
    within("restore", &mut || {
        let mut assigned = Vec::new();
        if !keys.is_empty() {
            let (names, slices) = names(&keys)?;
            let op = Op::named("RestoreV2").input(&filename).input(names).input(slices);
            let values = op.attr("dtypes", dtypes.clone()).all()?;
            for ((handle, value), shape) in handles.iter().zip(values).zip(&shapes) {
                if let Tensor::Symbolic(symbolic) = &value {
                    symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), shape)?;
                }
                assign_variable(handle, value, false)?;
                assigned.push(last(graph)?);
            }
        }
        graph.control_dependencies(Some(&assigned), || Op::named("NoOp").name("all").all())?;
        restore = last(graph)?.name();
        Ok(filename.clone())
    })?;
    Ok(SaverDef {
        filename_tensor_name: filename.name()?,
        save_tensor_name: saved.name()?,
        restore_op_name: restore,
        version: CheckpointFormatVersion::V2 as i32,
        ..SaverDef::default()
    })
}
