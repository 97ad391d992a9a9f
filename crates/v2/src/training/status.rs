//! `CheckpointLoadStatus`: what a restoration has found, and what shall hold of it.

use super::Checkpoint;
use crate::trackable::{Matches, NamedRestoration, Node, ObjectGraph, Restoration, Trackable};
use ferroflow_core::{Result, bail, ensure};
use ferroflow_proto::text;
use ferroflow_proto::trackable_object_graph::TrackableObject;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// How many objects an error shows.
const SHOWN: usize = 10;

/// What came of [`Checkpoint::restore`], for assertions. They look at the objects as they are when they are called:
/// what was made since the restoration is given its values first.
///
/// ```
/// use ferroflow_v2 as tf;
/// let directory = std::env::temp_dir().join(format!("status-{}", std::process::id()));
/// let w = tf::Variable::new(1.0)?;
/// let path = tf::train::Checkpoint::new().track("w", &w).write(directory.join("model"))?;
/// let other = tf::train::Checkpoint::new().track("v", &w);
/// let error = other.read(&path)?.assert_consumed().map(drop).unwrap_err();
/// assert_eq!(error.class_name(), "AssertionError");
/// assert!(error.message().starts_with("Found 1 Python objects that were not bound to checkpointed values"));
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
pub struct CheckpointLoadStatus<'c, 'a> {
    checkpoint: &'c Checkpoint<'a>,
    source: Source,
}

enum Source {
    Objects(Arc<Restoration>),
    Names(NamedRestoration),
    Nothing,
}

impl<'c, 'a> CheckpointLoadStatus<'c, 'a> {
    pub(super) fn objects(
        checkpoint: &'c Checkpoint<'a>,
        restoration: Arc<Restoration>,
    ) -> CheckpointLoadStatus<'c, 'a> {
        CheckpointLoadStatus { checkpoint, source: Source::Objects(restoration) }
    }

    pub(super) fn names(
        checkpoint: &'c Checkpoint<'a>,
        restoration: NamedRestoration,
    ) -> CheckpointLoadStatus<'c, 'a> {
        CheckpointLoadStatus { checkpoint, source: Source::Names(restoration) }
    }

    pub(super) fn nothing(checkpoint: &'c Checkpoint<'a>) -> CheckpointLoadStatus<'c, 'a> {
        CheckpointLoadStatus { checkpoint, source: Source::Nothing }
    }

    /// Asserts that every object of the program has its value from the checkpoint, and that every value of the
    /// checkpoint was used.
    ///
    /// # Errors
    /// `AssertionError` with the objects that have no values, or the values that have no objects.
    pub fn assert_consumed(&self) -> Result<&Self> {
        let restoration = match &self.source {
            Source::Objects(restoration) => restoration,
            _ => return self.assert_existing_objects_matched(),
        };
        self.assert_existing_objects_matched()?;
        let matches = restoration.matches();
        let names = names(restoration.nodes());
        let name = |id: usize| names.get(&id).map_or("(unreachable)", String::as_str);
        for (id, node) in restoration.nodes().iter().enumerate() {
            if !node.attributes.is_empty() && !matches.objects.contains_key(&id) {
                bail!(assertion, "Unresolved object in checkpoint {}: {}", name(id), text::to_text(node));
            }
        }
        if !matches.unused.is_empty() {
            let lines = matches.unused.iter().map(|(id, attributes)| {
                let attributes: Vec<String> = attributes.iter().map(|name| format!("'{name}'")).collect();
                format!("{}: [{}]", name(*id), attributes.join(", "))
            });
            bail!(
                assertion,
                "Unused attributes in these objects (the attributes exist in the checkpoint but were not \
                 restored):\n{}",
                lines.collect::<Vec<_>>().join("\n")
            );
        }
        Ok(self)
    }

    /// Asserts that every object of the program has its value from the checkpoint; the checkpoint may hold more.
    ///
    /// # Errors
    /// `AssertionError` with the objects that have no values.
    pub fn assert_existing_objects_matched(&self) -> Result<&Self> {
        match &self.source {
            Source::Nothing => {
                bail!(assertion, "No checkpoint specified (save_path=None); nothing is being restored.")
            }
            Source::Names(restoration) => {
                let counter = self.checkpoint.made_counter().map(Trackable::identity);
                let mut unmatched = restoration.unmatched(&self.checkpoint.objects()?)?;
                unmatched.retain(|variable| Some(variable.identity()) != counter);
                let lines = unmatched
                    .iter()
                    .map(|variable| format!("\n    {variable:?}: ['{}']", variable.full_name()));
                ensure!(
                    unmatched.is_empty(),
                    assertion,
                    "Some objects had attributes which were not restored: {}",
                    lines.collect::<String>()
                );
            }
            Source::Objects(restoration) => {
                let objects = self.checkpoint.objects()?;
                restoration.apply(&objects, 0)?;
                let unmatched = unmatched(&objects, &restoration.matches());
                let shown = &unmatched[..unmatched.len().min(SHOWN)];
                ensure!(
                    unmatched.is_empty(),
                    assertion,
                    "Found {count} Python objects that were not bound to checkpointed values, likely due to changes in \
                     the Python program. Showing {} of {count} unmatched objects: {}",
                    shown.len(),
                    list(shown),
                    count = unmatched.len()
                );
            }
        }
        Ok(self)
    }

    /// Asserts that some object beside the root was found in the checkpoint.
    ///
    /// # Errors
    /// `AssertionError` when none was.
    pub fn assert_nontrivial_match(&self) -> Result<&Self> {
        let restoration = match &self.source {
            Source::Objects(restoration) => restoration,
            _ => return self.assert_existing_objects_matched(),
        };
        let objects = self.checkpoint.objects()?;
        restoration.apply(&objects, 0)?;
        let matches = restoration.matches();
        if matches.objects.len() > 1 {
            return Ok(self);
        }
        let unmatched = unmatched(&objects, &matches);
        ensure!(
            unmatched.is_empty(),
            assertion,
            "Nothing except the root object matched a checkpointed value. Typically this means that the checkpoint does \
             not match the Python program. The following objects have no matching checkpointed value: {}",
            list(&unmatched)
        );
        bail!(assertion, "Nothing to load. No dependencies have been added to the Checkpoint yet.")
    }

    /// The status itself: there are no warnings here to be silenced.
    #[must_use]
    pub fn expect_partial(self) -> Self {
        self
    }

    /// Does nothing, as in eager TensorFlow: values are restored already.
    ///
    /// # Errors
    /// `AssertionError` where no checkpoint was given.
    pub fn run_restore_ops(&self) -> Result<()> {
        ensure!(
            !matches!(self.source, Source::Nothing),
            assertion,
            "No checkpoint specified, so no restore ops are available (save_path=None to Saver.restore)."
        );
        Ok(())
    }

    /// Does nothing, as in eager TensorFlow: variables have values already.
    ///
    /// # Errors
    /// None at present.
    pub fn initialize_or_restore(&self) -> Result<()> {
        Ok(())
    }
}

/// The objects with values that no object of the checkpoint is, as errors show them.
fn unmatched(objects: &ObjectGraph<'_>, matches: &Matches) -> Vec<String> {
    let matched: BTreeSet<_> = matches.objects.values().collect();
    let shown = |node: &Node<'_>| match (node.variable(), node.state()) {
        (Some(variable), _) => (!matched.contains(&variable.identity())).then(|| format!("{variable:?}")),
        (None, Some(state)) => (!matched.contains(&node.identity())).then(|| state.describe()),
        (None, None) => None,
    };
    objects.nodes.iter().filter_map(shown).collect()
}

fn list(objects: &[String]) -> String {
    format!("[{}]", objects.join(", "))
}

/// The objects of a checkpoint as errors name them: `(root).model.w`.
fn names(nodes: &[TrackableObject]) -> BTreeMap<usize, String> {
    let mut names = BTreeMap::from([(0, "(root)".to_string())]);
    let mut pending = VecDeque::from([0]);
    while let Some(id) = pending.pop_front() {
        let Some(node) = nodes.get(id) else { continue };
        let parent = names.get(&id).cloned().unwrap_or_default();
        for child in &node.children {
            let Ok(child_id) = usize::try_from(child.node_id) else { continue };
            if let std::collections::btree_map::Entry::Vacant(vacant) = names.entry(child_id) {
                vacant.insert(format!("{parent}.{}", child.local_name));
                pending.push_back(child_id);
            }
        }
    }
    for (id, node) in nodes.iter().enumerate() {
        for slot in &node.slot_variables {
            let known = |id: i32| usize::try_from(id).ok();
            let of = known(slot.original_variable_node_id).and_then(|id| names.get(&id));
            let (Some(optimizer), Some(of), Some(slot_id)) =
                (names.get(&id), of, known(slot.slot_variable_node_id))
            else {
                continue;
            };
            let name = format!("{optimizer}'s state '{}' for {of}", slot.slot_name);
            names.insert(slot_id, name);
        }
    }
    names
}
