//! Giving objects the values that a checkpoint has for them: by the names of edges, or by those of variables.

use super::object_graph::{ObjectGraph, VARIABLE_VALUE};
use super::{Held, Identity, Trackable};
use crate::Variable;
use ferroflow_core::{DType, Error, PartialShape, Result, bail, context, ensure};
use ferroflow_formats::CheckpointReader;
use ferroflow_proto::TrackableObjectGraph;
use ferroflow_proto::trackable_object_graph::TrackableObject;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A checkpoint whose objects are being found in a program.
pub(crate) struct Restoration {
    reader: CheckpointReader,
    graph: TrackableObjectGraph,
    matches: Mutex<Matches>,
}

/// Which objects of the program those of the checkpoint are.
#[derive(Default)]
pub(crate) struct Matches {
    /// By number in the checkpoint.
    pub(crate) objects: BTreeMap<usize, Identity>,
    /// Attributes that the object of the program does not have, by number, with the type of the object.
    pub(crate) unused: BTreeMap<usize, Vec<String>>,
}

impl Restoration {
    /// Of an object-based checkpoint.
    pub(crate) fn new(reader: CheckpointReader, graph: TrackableObjectGraph) -> Restoration {
        Restoration { reader, graph, matches: Mutex::default() }
    }

    /// The objects of the checkpoint.
    pub(crate) fn nodes(&self) -> &[TrackableObject] {
        &self.graph.nodes
    }

    pub(crate) fn matches(&self) -> MutexGuard<'_, Matches> {
        self.matches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Matches what is new in a graph of objects, whose root is object `start` of the checkpoint, and gives it its
    /// values. Nothing changes where a value does not fit.
    pub(crate) fn apply(self: &Arc<Restoration>, live: &ObjectGraph<'_>, start: usize) -> Result<()> {
        let (mut assignments, mut states, mut prepared) = (Vec::new(), Vec::new(), Vec::new());
        let (mut matched, mut fresh) = (Vec::new(), Vec::new());
        {
            let mut matches = self.matches();
            let mut seen = HashSet::from([start]);
            let mut pending = VecDeque::from([(start, 0)]);
            while let Some((id, object)) = pending.pop_front() {
                let (Some(stored), Some(node)) = (self.graph.nodes.get(id), live.nodes.get(object)) else {
                    bail!(data_loss, "the object graph of the checkpoint has no node {id}");
                };
                matched.push((id, object));
                for child in &stored.children {
                    let Some(object) = node.child(&child.local_name) else { continue };
                    let id = usize::try_from(child.node_id)
                        .map_err(|_| Error::data_loss("a node of the object graph has a negative number"))?;
                    if seen.insert(id) {
                        pending.push_back((id, object));
                    }
                }
                let identity = node.identity();
                if matches.objects.contains_key(&id) {
                    continue;
                }
                for attribute in &stored.attributes {
                    match (node.variable(), node.state()) {
                        (Some(variable), _) if attribute.name == VARIABLE_VALUE => {
                            let name = variable.name();
                            assignments.push(Assignment {
                                variable: variable.clone(),
                                key: attribute.checkpoint_key.clone(),
                                name,
                            });
                        }
                        (None, Some(state)) if attribute.name == state.attribute() => {
                            states.push((state, attribute.checkpoint_key.clone()));
                        }
                        _ => matches.unused.entry(id).or_default().push(attribute.name.clone()),
                    }
                }
                matches.objects.insert(id, identity);
                fresh.push(id);
            }
            let checked = check_all(&assignments, &self.reader).and_then(|()| {
                for (state, key) in states {
                    let read = |end: &str, dtype| {
                        let key = format!("{key}{end}");
                        check_dtype(&self.reader, &key, dtype)?;
                        self.reader.read(&key)
                    };
                    prepared.push(state.restore(&read)?);
                }
                Ok(())
            });
            if let Err(error) = checked {
                for id in fresh {
                    matches.objects.remove(&id);
                    matches.unused.remove(&id);
                }
                return Err(error);
            }
        }
        // First those that may turn out not to fit after all.
        prepared.into_iter().try_for_each(|prepared| prepared())?;
        for assignment in assignments {
            assignment.run(&self.reader)?;
        }
        for (id, object) in matched {
            if let Some(Held::Object(object)) = live.nodes.get(object).map(|node| &node.held) {
                object.restore_later(&Deferred { restoration: self.clone(), node: id });
            }
        }
        Ok(())
    }
}

/// Values of a checkpoint for an object that has yet to make its variables; see [`Trackable::restore_later`].
#[derive(Clone)]
pub struct Deferred {
    restoration: Arc<Restoration>,
    node: usize,
}

impl Deferred {
    /// Gives the values to what the object has made since.
    ///
    /// # Errors
    /// `ValueError` for a variable of another shape, `InvalidArgument` for one of another dtype, and those of reading
    /// the checkpoint.
    pub fn apply(&self, object: &dyn Trackable) -> Result<()> {
        self.restoration.apply(&ObjectGraph::of(object, Vec::new())?, self.node)
    }
}

/// A checkpoint that knows variables by their names, as those of `tf.compat.v1.train.Saver`.
pub(crate) struct NamedRestoration {
    /// The variables that it had no values for.
    unmatched: Mutex<Vec<Variable>>,
}

impl NamedRestoration {
    /// Gives variables their values, or none of them where one does not fit.
    pub(crate) fn run(reader: &CheckpointReader, live: &ObjectGraph<'_>) -> Result<NamedRestoration> {
        let (mut unmatched, mut assignments) = (Vec::new(), Vec::new());
        for (_, _, variable) in live.variables() {
            let name = variable.full_name().to_string();
            if reader.contains(&name) {
                assignments.push(Assignment { variable: variable.clone(), key: name.clone(), name });
            } else {
                unmatched.push(variable.clone());
            }
        }
        check_all(&assignments, reader)?;
        assignments.into_iter().try_for_each(|assignment| assignment.run(reader))?;
        Ok(NamedRestoration { unmatched: Mutex::new(unmatched) })
    }

    /// The variables without values that are part of a graph.
    pub(crate) fn unmatched(&self, live: &ObjectGraph<'_>) -> Result<Vec<Variable>> {
        let mut unmatched = self.unmatched.lock().unwrap_or_else(PoisonError::into_inner);
        unmatched
            .retain(|variable| live.variables().any(|(_, _, other)| other.identity() == variable.identity()));
        Ok(unmatched.clone())
    }
}

/// A variable and the tensor that it is to be given.
struct Assignment {
    variable: Variable,
    key: String,
    /// The variable's name as errors show it.
    name: String,
}

/// An error that names all variables that do not fit, if one does not.
fn check_all(assignments: &[Assignment], reader: &CheckpointReader) -> Result<()> {
    let mut errors = assignments.iter().filter_map(|assignment| assignment.check(reader).err());
    let Some(first) = errors.next() else { return Ok(()) };
    let rest: Vec<Error> = errors.collect();
    if rest.is_empty() {
        return Err(first);
    }
    let lines: Vec<&str> = std::iter::once(&first).chain(&rest).map(Error::message).collect();
    let message = lines.join("\n");
    Err(first.with_message(message))
}

fn check_dtype(reader: &CheckpointReader, key: &str, wanted: DType) -> Result<()> {
    let stored = reader.dtype(key)?;
    ensure!(
        stored == wanted,
        invalid_argument,
        "tensor_name = {key}; expected dtype {} does not equal original dtype {}",
        wanted.cpp_name(),
        stored.cpp_name()
    );
    Ok(())
}

impl Assignment {
    fn check(&self, reader: &CheckpointReader) -> Result<()> {
        check_dtype(reader, &self.key, self.variable.dtype())?;
        let stored = PartialShape::from(reader.shape(&self.key)?);
        let wanted = self.variable.shape();
        if !wanted.is_compatible_with(&stored) {
            bail!(
                value,
                "Received incompatible tensor with shape {stored} when attempting to restore variable with shape \
                 {wanted} and name {}.",
                self.name
            );
        }
        Ok(())
    }

    fn run(self, reader: &CheckpointReader) -> Result<()> {
        let value = reader.read(&self.key)?;
        context::init_scope(|| self.variable.assign(value)).map(drop)
    }
}
