//! What a `Saver` saves: variables by their names in checkpoints, those in parts as slices.

use super::saver::VarList;
use crate::GraphKeys;
use crate::ops::added_node;
use crate::variables::{Variable, variables_in};
use ferroflow_core::{Op, Result, Tensor, bail, context, ensure};
use ferroflow_graph::Graph;
use ferroflow_ops_array::identity;
use std::collections::BTreeMap;

/// A variable, the name it has in checkpoints, and which slice it is of what has this name.
pub(super) struct Saved {
    pub(super) name: String,
    pub(super) slice: String,
    pub(super) variable: Variable,
}

impl Saved {
    /// The tensor whose value is saved. As in TensorFlow, a slice of a resource variable is read anew, without a copy.
    pub(super) fn tensor(&self, graph: &Graph) -> Result<Tensor> {
        if self.slice.is_empty() {
            return self.variable.element();
        }
        let Some(resource) = self.variable.as_resource() else { return self.variable.value() };
        graph.device(self.variable.device(), || {
            let value = context::name_scope("Read", || {
                added_node(graph, "DisableCopyOnRead", || {
                    Op::named("DisableCopyOnRead").input(resource.handle()).run()
                })?;
                Op::named("ReadVariableOp").input(resource.handle()).attr("dtype", resource.dtype()).one()
            })?;
            let value = identity(value)?;
            graph.device("/device:CPU:0", || identity(value))
        })
    }
}

/// What is saved under a name.
enum Named {
    Whole(Variable),
    Slices(Vec<Variable>),
}

impl Named {
    fn of(variable: Variable) -> Named {
        match variable.as_partitioned() {
            Some(whole) => Named::Slices(whole.iter().cloned().collect()),
            None => Named::Whole(variable),
        }
    }
}

/// The variables by the names they are saved under, in the order of these.
pub(super) fn chosen(graph: &Graph, list: &VarList) -> Result<Vec<Saved>> {
    let by_name = match list {
        VarList::All => {
            ensure!(
                graph.get_collection(GraphKeys::SAVEABLE_OBJECTS).is_empty(),
                unimplemented,
                "saving what is in the collection '{}' is not supported",
                GraphKeys::SAVEABLE_OBJECTS
            );
            by_own_names(variables_in(GraphKeys::GLOBAL_VARIABLES, ""))?
        }
        VarList::List(variables) => by_own_names(variables.clone())?,
        VarList::Named(named) => {
            let mut by_name = BTreeMap::new();
            for (name, variable) in named {
                add(&mut by_name, name.clone(), Named::of(variable.clone()))?;
            }
            by_name
        }
    };
    let mut saved: Vec<Saved> = Vec::new();
    for (name, named) in by_name {
        let entries: Vec<(String, Variable)> = match named {
            Named::Whole(variable) => vec![(String::new(), variable)],
            Named::Slices(parts) => {
                let slice = |part: &Variable| part.slice_info().map(|info| info.spec()).unwrap_or_default();
                parts.into_iter().map(|part| (slice(&part), part)).collect()
            }
        };
        for (slice, variable) in entries {
            let known = saved.iter().any(|known| known.variable.is_same(&variable));
            ensure!(!known, value, "The same saveable will be restored with two names: {name}");
            saved.push(Saved { name: name.clone(), slice, variable });
        }
    }
    Ok(saved)
}

fn add(by_name: &mut BTreeMap<String, Named>, name: String, named: Named) -> Result<()> {
    ensure!(!by_name.contains_key(&name), value, "At least two variables have the same name: {name}");
    by_name.insert(name, named);
    Ok(())
}

/// Variables under their own names, slices under the name of the whole.
fn by_own_names(mut variables: Vec<Variable>) -> Result<BTreeMap<String, Named>> {
    variables.sort_by_key(Variable::name);
    let mut by_name = BTreeMap::new();
    for variable in variables {
        if variable.as_partitioned().is_some() {
            add(&mut by_name, variable.name(), Named::of(variable))?;
            continue;
        }
        let Some(info) = variable.slice_info() else {
            add(&mut by_name, variable.op()?.name(), Named::Whole(variable))?;
            continue;
        };
        match by_name.get_mut(&info.full_name) {
            None => {
                by_name.insert(info.full_name, Named::Slices(vec![variable]));
            }
            Some(Named::Slices(parts)) => parts.push(variable),
            Some(Named::Whole(_)) => {
                bail!(value, "Mixing slices and non-slices with the same name: {}", info.full_name)
            }
        }
    }
    Ok(by_name)
}
