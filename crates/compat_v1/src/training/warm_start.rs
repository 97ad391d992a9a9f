//! `init_from_checkpoint`: variables whose initial values are those of a checkpoint.

use super::checkpoints::text_of;
use super::save_nodes::assign;
use crate::variables::{Variable, set_initializer, variables_in};
use crate::{GraphKeys, executing_eagerly, get_default_graph};
use ferroflow_core::{AttrValue, Error, Op, Result, Tensor, bail, ensure};
use ferroflow_formats::{self as formats, CheckpointReader};
use std::path::Path;

/// Which tensors of a checkpoint are the initial values of which variables.
#[derive(Clone, Debug)]
pub enum AssignmentMap {
    /// Names in the checkpoint, and variables.
    Variables(Vec<(String, Variable)>),
    /// Names in the checkpoint, and names of variables; two that end in `/` are scopes, of which all variables are meant.
    Names(Vec<(String, String)>),
}

impl<const N: usize> From<[(&str, &Variable); N]> for AssignmentMap {
    fn from(pairs: [(&str, &Variable); N]) -> AssignmentMap {
        AssignmentMap::Variables(
            pairs.iter().map(|(name, variable)| (name.to_string(), (*variable).clone())).collect(),
        )
    }
}

impl<const N: usize> From<[(&str, &str); N]> for AssignmentMap {
    fn from(pairs: [(&str, &str); N]) -> AssignmentMap {
        AssignmentMap::Names(pairs.iter().map(|(old, new)| (old.to_string(), new.to_string())).collect())
    }
}

/// Makes variables take their initial values from a checkpoint, or from the latest one in a directory.
///
/// Source: `tf.compat.v1.train.init_from_checkpoint`.
///
/// ```no_run
/// use ferroflow_compat_v1 as tf;
/// let w = tf::get_variable("w", [2, 3])?;
/// tf::train::init_from_checkpoint("model.ckpt", [("old/w", &w)])?;
/// tf::train::init_from_checkpoint("model.ckpt", [("encoder/", "new_encoder/")])?;
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for names that the checkpoint or the graph does not have, and for other shapes; those of opening it;
/// `Unimplemented` in eager mode.
pub fn init_from_checkpoint(
    ckpt_dir_or_file: impl AsRef<Path>,
    assignment_map: impl Into<AssignmentMap>,
) -> Result<()> {
    if executing_eagerly() {
        bail!(unimplemented, "tf.compat.v1.train.init_from_checkpoint in eager mode")
    }
    formats::install();
    let path = ferroflow_formats::checkpoint_prefix(ckpt_dir_or_file)?;
    let checkpoint = CheckpointReader::open(&path)?;
    let pairs = match assignment_map.into() {
        AssignmentMap::Variables(pairs) => pairs,
        AssignmentMap::Names(pairs) => {
            let mut all = Vec::new();
            for (old, new) in &pairs {
                all.extend(named(old, new)?);
            }
            all
        }
    };
    // All are looked at before any is changed.
    for (name, variable) in &pairs {
        check(&checkpoint, &path, name, variable)?;
    }
    pairs.iter().try_for_each(|(name, variable)| initialize_from(&path, name, variable))
}

/// The variables that a name, or a scope, of the graph stands for.
fn named(old: &str, new: &str) -> Result<Vec<(String, Variable)>> {
    let variables = variables_in(GraphKeys::GLOBAL_VARIABLES, "");
    let own_name = |variable: &Variable| variable.name().trim_end_matches(":0").to_string();
    if !new.ends_with('/') {
        let found = variables.into_iter().find(|variable| own_name(variable) == new);
        let variable = found.ok_or_else(|| Error::value(format!("the graph has no variable {new}")))?;
        return Ok(vec![(old.to_string(), variable)]);
    }
    let scope = new.trim_end_matches('/');
    ensure!(
        old.ends_with('/'),
        value,
        "Assignment map with scope only name {scope} should map to scope only {old}. Should be 'scope/': 'other_scope/'."
    );
    let prefix = if scope.is_empty() { String::new() } else { format!("{scope}/") };
    let old = if old == "/" { "" } else { old };
    let inside = variables.into_iter().filter_map(|variable| {
        let name = own_name(&variable);
        let rest = name.strip_prefix(&prefix)?;
        Some((format!("{old}{rest}"), variable))
    });
    Ok(inside.collect())
}

fn check(checkpoint: &CheckpointReader, path: &Path, name: &str, variable: &Variable) -> Result<()> {
    ensure!(
        checkpoint.contains(name),
        value,
        "Tensor {name} is not found in {} checkpoint {:?}",
        path.display(),
        checkpoint.tensors().map(|(name, _, _)| name).collect::<Vec<_>>()
    );
    let shape = checkpoint.shape(name)?;
    ensure!(
        variable.shape().admits(shape),
        value,
        "Shape of variable {} ({}) doesn't match with shape of tensor {name} ({shape}) from checkpoint reader.",
        variable.name(),
        variable.shape()
    );
    Ok(())
}

fn initialize_from(path: &Path, name: &str, variable: &Variable) -> Result<()> {
    let graph = variable.graph().unwrap_or_else(|_| get_default_graph());
    graph.as_default_scope(|| {
        let dtype = variable.dtype().base();
        let value: Tensor = graph.device("/cpu:0", || {
            let op = Op::named("RestoreV2").input(text_of(path)?).input([name]).input([""]);
            op.attr("dtypes", AttrValue::Types(vec![dtype])).name("checkpoint_initializer").one()
        })?;
        let initializer = assign(&graph, variable, value.clone(), false)?;
        if let Tensor::Symbolic(symbolic) = &value {
            symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), &variable.shape())?;
        }
        let port = graph.port(&value).ok_or_else(|| Error::internal("a new node is of another graph"))?;
        set_initializer(variable, &initializer, port)
    })
}
