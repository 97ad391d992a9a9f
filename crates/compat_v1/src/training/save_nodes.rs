//! The nodes by which a `Saver` saves and restores variables.

use super::saved::Saved;
use super::saver::SaverOptions;
use crate::ops::added_node;
use crate::variables::Variable;
use crate::{control_dependencies, group};
use ferroflow_core::{
    AttrValue, DType, NdArray, Op, PartialShape, Result, TString, Tensor, constant_of, context,
};
use ferroflow_graph::{Graph, Operation};
use ferroflow_ops_array as array;
use ferroflow_proto::SaverDef;
use ferroflow_proto::saver_def::CheckpointFormatVersion;
use std::collections::BTreeMap;

/// Adds the nodes to the open graph. `saved` is in the order of the names.
pub(super) fn build(graph: &Graph, saved: &[Saved], options: &SaverOptions) -> Result<SaverDef> {
    let scope = if options.name.is_empty() { "save" } else { options.name.as_str() };
    context::with_name(scope, || {
        context::name_scope(scope, || {
            let file = if options.filename.is_empty() { "model" } else { options.filename.as_str() };
            let default = |value: Tensor, name: &str| {
                context::with_name(name, || array::placeholder_with_default(value, PartialShape::scalar()))
            };
            let name = context::with_name("filename/input", || texts(&[file], true))?;
            let filename = default(default(name, "filename")?, "Const")?;
            let (save, restore) = match options.sharded {
                false => (
                    save(graph, &filename, saved)?,
                    restore(graph, &filename, saved, options, "restore_all")?,
                ),
                true => {
                    let shards = by_device(saved);
                    (
                        save_shards(graph, &filename, &shards)?,
                        restore_shards(graph, &filename, &shards, options)?,
                    )
                }
            };
            Ok(SaverDef {
                filename_tensor_name: filename.name()?,
                save_tensor_name: save.name()?,
                restore_op_name: restore.name(),
                max_to_keep: i32::try_from(options.max_to_keep).unwrap_or(i32::MAX),
                sharded: options.sharded,
                keep_checkpoint_every_n_hours: options.keep_checkpoint_every_n_hours as f32,
                version: CheckpointFormatVersion::V2 as i32,
            })
        })
    })
}

/// A constant of strings under the name in force.
pub(super) fn texts(items: &[&str], scalar: bool) -> Result<Tensor> {
    let items: Vec<TString> = items.iter().map(|item| TString::from(*item)).collect();
    let value = match (scalar, items.first()) {
        (true, Some(only)) => NdArray::scalar(only.clone()),
        _ => NdArray::vector(items),
    };
    constant_of(value, None, None)
}

/// The variables of each device, in the order of the devices.
fn by_device(saved: &[Saved]) -> Vec<(String, Vec<&Saved>)> {
    let mut shards: BTreeMap<String, Vec<&Saved>> = BTreeMap::new();
    for item in saved {
        shards.entry(item.variable.device()).or_default().push(item);
    }
    shards.into_iter().collect()
}

/// The same device, but for its kind and number: files are written by a CPU.
pub(super) fn cpu_of(device: &str) -> String {
    let parts = device.split('/').filter(|part| !part.is_empty());
    let mut parts: Vec<&str> = parts
        .filter(|part| {
            let lower = part.to_ascii_lowercase();
            !["device:", "cpu:", "gpu:"].iter().any(|kind| lower.starts_with(kind))
        })
        .collect();
    parts.push("device:CPU:0");
    format!("/{}", parts.join("/"))
}

/// SaveV2 of these variables, then `filename`.
fn save<'a>(graph: &Graph, filename: &Tensor, saved: impl IntoIterator<Item = &'a Saved>) -> Result<Tensor> {
    let saved: Vec<&Saved> = saved.into_iter().collect();
    let tensors = saved.iter().map(|item| item.tensor(graph)).collect::<Result<Vec<_>>>()?;
    let names: Vec<&str> = saved.iter().map(|item| item.name.as_str()).collect();
    let slices: Vec<&str> = saved.iter().map(|item| item.slice.as_str()).collect();
    let operation = added_node(graph, "SaveV2", || {
        Op::named("SaveV2").input(filename).input(names).input(slices).inputs(&tensors).run()
    })?;
    graph.control_dependencies(Some(&[operation]), || {
        graph.colocate_with(&Operation::of(filename)?, || {
            context::with_name("control_dependency", || array::identity(filename))
        })
    })
}

/// Each device writes a part of the checkpoint; the parts are merged at the end.
fn save_shards(graph: &Graph, prefix: &Tensor, shards: &[(String, Vec<&Saved>)]) -> Result<Tensor> {
    let temporary = graph.device("CPU", || {
        let remote = ferroflow_ops_text::regex_full_match(prefix, "^s3://.*")?;
        let beside = context::with_name("Const", || texts(&[".part"], true))?;
        let below = context::with_name("Const", || texts(&["_temp/part"], true))?;
        let suffix = array::select(remote, beside, below)?;
        Op::named("StringJoin").inputs(&[prefix.clone(), suffix]).one()
    })?;
    let count = i32::try_from(shards.len()).unwrap_or(i32::MAX);
    let count = context::with_name("num_shards", || constant_of(NdArray::scalar(count), None, None))?;
    let (mut parts, mut saves) = (Vec::new(), Vec::new());
    let mut last = String::new();
    for (number, (device, saved)) in (0i32..).zip(shards) {
        last = cpu_of(device);
        graph.device(&last, || {
            let part = Op::named("ShardedFilename").input(&temporary).input(number).input(&count).one()?;
            saves.push(save(graph, &part, saved.iter().copied())?);
            parts.push(part);
            Ok(())
        })?;
    }
    control_dependencies(&saves, || {
        graph.device(&last, || {
            let merge = added_node(graph, "MergeV2Checkpoints", || {
                context::name_scope_for_op("MergeV2Checkpoints", |name| {
                    let parts = context::with_name("checkpoint_prefixes", || array::stack(&parts))?;
                    let merge = Op::named("MergeV2Checkpoints").input(parts).input(prefix);
                    merge.attr("delete_old_dirs", true).name(name).run()
                })
            })?;
            graph.control_dependencies(Some(&[merge]), || array::identity(prefix))
        })
    })
}

fn restore_shards(
    graph: &Graph,
    filename: &Tensor,
    shards: &[(String, Vec<&Saved>)],
    options: &SaverOptions,
) -> Result<Operation> {
    let mut restores = Vec::new();
    for (device, saved) in shards {
        let within = || restore(graph, filename, saved.iter().copied(), options, "restore_shard");
        restores.push(graph.device(device, within)?);
    }
    grouped(&restores, "restore_all")
}

/// RestoreV2 and the assignments of what it gives.
fn restore<'a>(
    graph: &Graph,
    filename: &Tensor,
    saved: impl IntoIterator<Item = &'a Saved>,
    options: &SaverOptions,
    name: &str,
) -> Result<Operation> {
    let saved: Vec<&Saved> = saved.into_iter().collect();
    let names: Vec<&str> = saved.iter().map(|item| item.name.as_str()).collect();
    let slices: Vec<&str> = saved.iter().map(|item| item.slice.as_str()).collect();
    let dtypes: Vec<DType> = saved.iter().map(|item| item.variable.dtype().base()).collect();
    let values = graph.device("cpu:0", || {
        let op = Op::named("RestoreV2").input(filename).input(names).input(slices);
        op.attr("dtypes", AttrValue::Types(dtypes)).all()
    })?;
    let assigns =
        saved.iter().zip(values).map(|(item, value)| assign(graph, &item.variable, value, options.reshape));
    grouped(&assigns.collect::<Result<Vec<_>>>()?, name)
}

pub(super) fn assign(graph: &Graph, variable: &Variable, value: Tensor, reshape: bool) -> Result<Operation> {
    let shape = variable.shape();
    let value = match reshape {
        false => value,
        true => match shape.to_shape() {
            Some(shape) => {
                let sizes: Vec<i32> =
                    shape.iter().map(|&size| i32::try_from(size).unwrap_or(i32::MAX)).collect();
                array::reshape(value, NdArray::vector(sizes))?
            }
            None => array::reshape(value, Op::named("Shape").input(variable.element()?).one()?)?,
        },
    };
    match variable.as_resource() {
        None => {
            let validate = !reshape && shape.is_fully_defined();
            let reference = variable.element()?;
            let assigned = Op::named("Assign").input(reference).input(value).attr("validate_shape", validate);
            Operation::of(&assigned.attr("use_locking", true).one()?)
        }
        Some(resource) => graph.device(variable.device(), || {
            let value = array::identity(value)?;
            added_node(graph, "AssignVariableOp", || {
                Op::named("AssignVariableOp").input(resource.handle()).input(value).run()
            })
        }),
    }
}

fn grouped(operations: &[Operation], name: &str) -> Result<Operation> {
    group(operations, name)?.ok_or_else(|| ferroflow_core::Error::internal("a graph groups operations"))
}
