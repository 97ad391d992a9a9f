//! `Checkpoint`: saves and restores the objects of a program.

use super::status::CheckpointLoadStatus;
use crate::trackable::{Children, Held, NamedRestoration, ObjectGraph, Restoration, Trackable};
use crate::{Variable, executing_eagerly, init_scope};
use ferroflow_core::{Code, Result, bail, context};
use ferroflow_formats::{CheckpointReader, CheckpointState, CheckpointWriter};
use ferroflow_proto::Message;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The key of the object graph in a checkpoint.
const OBJECT_GRAPH: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// Saves and restores objects: variables, optimizers, and what is made of them (see [`Trackable`]).
///
/// A checkpoint holds a graph of objects with names at its edges; by them, values find the variables of another run.
/// It lives as long as what it borrows; variables may be given away to it (they are shared), as may `Arc`s.
///
/// Source: `tf.train.Checkpoint`.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::optimizers::{Optimizer, SGD};
/// let directory = std::env::temp_dir().join(format!("checkpoint-{}", std::process::id()));
/// let (w, optimizer) = (tf::Variable::new([1.0, 2.0])?, Optimizer::new(SGD::default().momentum(0.9), 0.1)?);
/// let checkpoint = tf::train::Checkpoint::new().track("w", &w).track("optimizer", &optimizer);
/// optimizer.apply_gradients([(Some(tf::constant([1.0, -1.0])?), &w)])?;
/// let path = checkpoint.save(directory.join("ckpt"))?;
///
/// w.assign([0.0, 0.0])?;
/// checkpoint.restore(&path)?.assert_consumed()?;
/// assert_eq!(w.numpy()?.to_string(), "[0.9 2.1]");
/// assert_eq!(path, directory.join("ckpt-1"));
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Default)]
pub struct Checkpoint<'a> {
    root: Option<Box<dyn Trackable + 'a>>,
    tracked: BTreeMap<String, Box<dyn Trackable + 'a>>,
    save_counter: OnceLock<Variable>,
    /// The checkpoint restored last, for objects that are tracked later.
    pending: Mutex<Option<Arc<Restoration>>>,
}

impl<'a> Checkpoint<'a> {
    /// A checkpoint of nothing yet; see [`Checkpoint::track`].
    pub fn new() -> Checkpoint<'a> {
        Checkpoint::default()
    }

    /// A checkpoint of one object, whose parts stand under their own names (`tf.train.Checkpoint(root)`).
    pub fn of(root: impl Trackable + 'a) -> Checkpoint<'a> {
        Checkpoint { root: Some(Box::new(root)), ..Checkpoint::default() }
    }

    /// Adds an object under a name, or puts it in the place of the one that has it.
    #[must_use]
    pub fn track(mut self, name: impl Into<String>, object: impl Trackable + 'a) -> Checkpoint<'a> {
        self.tracked.insert(name.into(), Box::new(object));
        self
    }

    /// The same for an object that is made after a restoration: it is given its values at once.
    ///
    /// # Errors
    /// As [`Checkpoint::restore`], for values that do not fit.
    pub fn add(&mut self, name: impl Into<String>, object: impl Trackable + 'a) -> Result<()> {
        self.tracked.insert(name.into(), Box::new(object));
        let pending = self.pending().clone();
        pending.map_or(Ok(()), |restoration| restoration.apply(&self.objects()?, 0))
    }

    fn pending(&self) -> MutexGuard<'_, Option<Arc<Restoration>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All objects that can be reached.
    ///
    /// # Errors
    /// `ValueError` where an object is tracked under a name that the root has for another one; `Unimplemented` for
    /// variables of graphs.
    pub(super) fn objects(&self) -> Result<ObjectGraph<'_>> {
        let graph = match &self.root {
            None => ObjectGraph::of(self, Vec::new())?,
            Some(root) => {
                let mut own = Children::default();
                root.children(&mut own);
                let own = own.into_entries();
                let mut attached: Vec<(String, Held<'_>)> = Vec::new();
                for (name, object) in &self.tracked {
                    let held = Held::Object(object.as_ref());
                    match own.iter().find(|(found, _)| found == name) {
                        None => attached.push((name.clone(), held)),
                        Some((_, other)) => {
                            let same =
                                matches!(other, Held::Object(other) if other.identity() == object.identity());
                            if !same {
                                bail!(
                                    value,
                                    "Cannot create a Checkpoint with keyword argument {name} if root.{name} already \
                                     exists."
                                );
                            }
                        }
                    }
                }
                if own.iter().all(|(name, _)| name != "root") {
                    attached.push(("root".to_string(), Held::Object(root.as_ref())));
                    attached.sort_by(|(a, _), (b, _)| a.cmp(b));
                }
                if let Some(counter) = self.save_counter.get()
                    && own.iter().all(|(name, _)| name != "save_counter")
                {
                    attached.push(("save_counter".to_string(), Held::Object(counter)));
                }
                ObjectGraph::of(root.as_ref(), attached)?
            }
        };
        if graph.variables().any(|(_, _, variable)| variable.is_of_graph()) {
            bail!(
                unimplemented,
                "tf.train.Checkpoint with variables of a graph: save them with tf.compat.v1.train.Saver"
            );
        }
        Ok(graph)
    }

    /// The number of checkpoints saved so far, which numbers them; a variable that is saved along.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn save_counter(&self) -> Result<&Variable> {
        if let Some(root) = &self.root {
            // A root that counts by itself, such as another checkpoint, goes on doing so.
            let mut own = Children::default();
            root.children(&mut own);
            let counter = own.into_entries().into_iter().find(|(name, _)| name == "save_counter");
            if let Some((_, Held::Object(counter))) = counter
                && let Some(counter) = counter.as_variable()
            {
                return Ok(self.save_counter.get_or_init(|| counter.clone()));
            }
        }
        if let Some(counter) = self.save_counter.get() {
            return Ok(counter);
        }
        let counter = init_scope(|| {
            Variable::new_with(0i64, |o| o.name("save_counter").dtype(crate::int64).trainable(false))
        })?;
        let counter = self.save_counter.get_or_init(|| counter);
        // It is made late, so that a restored value may wait for it.
        let pending = self.pending().clone();
        if let Some(restoration) = pending {
            restoration.apply(&self.objects()?, 0)?;
        }
        Ok(counter)
    }

    /// Saves everything as `PREFIX-NUMBER`, and enters it in the `checkpoint` file of the directory as its latest and
    /// only checkpoint; gives the path. [`crate::train::CheckpointManager`] keeps several.
    ///
    /// # Errors
    /// `NotImplementedError` in a traced function; as [`Checkpoint::write`].
    pub fn save(&self, file_prefix: impl AsRef<Path>) -> Result<PathBuf> {
        let prefix = file_prefix.as_ref();
        let path = self.numbered(prefix, None)?;
        self.write(&path)?;
        let directory = prefix.parent().filter(|directory| !directory.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        CheckpointState::new(&path).relative_to(directory).write(directory, "checkpoint")?;
        Ok(path)
    }

    /// Counts one more checkpoint, and gives its path: `PREFIX-NUMBER`.
    pub(super) fn numbered(&self, prefix: &Path, number: Option<i64>) -> Result<PathBuf> {
        if !executing_eagerly() {
            bail!(
                not_implemented,
                "Calling tf.train.Checkpoint.save() from a function is not supported, as save() modifies saving \
                 metadata in ways not supported by TensorFlow Operations. Consider using \
                 tf.train.Checkpoint.write(), a lower-level API which does not update metadata. \
                 tf.train.latest_checkpoint and related APIs will not see this checkpoint."
            );
        }
        let counter = self.save_counter()?;
        counter.assign_add(1i64)?;
        let number = match number {
            Some(number) => number,
            None => counter.numpy()?.item::<i64>()?,
        };
        let mut path = prefix.as_os_str().to_os_string();
        path.push(format!("-{number}"));
        Ok(PathBuf::from(path))
    }

    /// Saves everything under this very prefix: no number, no entry in a `checkpoint` file. [`Checkpoint::read`] is
    /// what reads it.
    ///
    /// The files appear when they are complete and on the disk.
    ///
    /// # Errors
    /// `ValueError` where an object is tracked under a name that the root has for another one; `Unimplemented` for
    /// variables of graphs, and in a traced function; those of the file system.
    pub fn write(&self, file_prefix: impl AsRef<Path>) -> Result<PathBuf> {
        if !executing_eagerly() {
            bail!(unimplemented, "tf.train.Checkpoint.write in a graph or a traced function");
        }
        let prefix = file_prefix.as_ref();
        let objects = self.objects()?;
        write_objects(&objects, prefix)?;
        Ok(prefix.to_path_buf())
    }

    /// Gives the objects the values of a checkpoint that [`Checkpoint::save`] wrote. Nothing changes where a value does
    /// not fit its variable.
    ///
    /// Objects that the checkpoint knows and the program does not, or the other way round, are no error: the status
    /// that is returned asserts what shall hold. Objects that make their variables later, such as optimizers, get
    /// their values then.
    ///
    /// Checkpoints of `tf.compat.v1.train.Saver`, of both formats, are matched by the names of variables, and a
    /// SavedModel by its directory.
    ///
    /// # Errors
    /// `NotFound` when there is no such checkpoint, `ValueError` for a variable of another shape, `InvalidArgument` for
    /// one of another dtype (the message has a line for each), and those of reading the files.
    pub fn restore(&self, save_path: impl AsRef<Path>) -> Result<CheckpointLoadStatus<'_, 'a>> {
        let path = save_path.as_ref();
        let status = self.read(path).map_err(|error| {
            if error.code() != Code::NotFound {
                return error;
            }
            let message = format!(
                "Error when restoring from checkpoint or SavedModel at {}: {}\nPlease double-check that the path is \
                 correct. You may be missing the checkpoint suffix (e.g. the '-1' in 'path/to/ckpt-1').",
                path.display(),
                error.message()
            );
            error.with_message(message)
        })?;
        self.save_counter()?;
        Ok(status)
    }

    /// What [`Checkpoint::restore`] gives for no path, as where [`crate::train::latest_checkpoint`] found none: nothing is
    /// restored, and assertions fail.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn restore_none(&self) -> Result<CheckpointLoadStatus<'_, 'a>> {
        self.save_counter()?;
        Ok(CheckpointLoadStatus::nothing(self))
    }

    /// The same as [`Checkpoint::restore`] for a checkpoint that [`Checkpoint::write`] wrote: it need not hold a counter.
    ///
    /// # Errors
    /// As [`Checkpoint::restore`].
    pub fn read(&self, save_path: impl AsRef<Path>) -> Result<CheckpointLoadStatus<'_, 'a>> {
        let path = save_path.as_ref();
        let is_model = ["saved_model.pb", "saved_model.pbtxt"].iter().any(|name| path.join(name).is_file());
        let reader = match is_model {
            true => CheckpointReader::open(path.join("variables").join("variables"))?,
            false => CheckpointReader::open(path)?,
        };
        let objects = self.objects()?;
        match reader.object_graph()? {
            Some(graph) => {
                let restoration = Arc::new(Restoration::new(reader, graph));
                restoration.apply(&objects, 0)?;
                *self.pending() = Some(restoration.clone());
                Ok(CheckpointLoadStatus::objects(self, restoration))
            }
            None => {
                let restoration = NamedRestoration::run(&reader, &objects)?;
                Ok(CheckpointLoadStatus::names(self, restoration))
            }
        }
    }

    /// The counter, if it was made.
    pub(super) fn made_counter(&self) -> Option<&Variable> {
        self.save_counter.get()
    }
}

impl Trackable for Checkpoint<'_> {
    fn children<'c>(&'c self, children: &mut Children<'c>) {
        if let Some(root) = &self.root {
            root.children(children);
        }
        for (name, object) in &self.tracked {
            children.add(name.as_str(), object.as_ref());
        }
        if let Some(counter) = self.save_counter.get() {
            children.add("save_counter", counter);
        }
    }
}

/// Writes the values of all variables, what objects keep beside, and the graph of objects, to a checkpoint.
pub(crate) fn write_objects(objects: &ObjectGraph<'_>, prefix: &Path) -> Result<()> {
    if let Some(directory) = prefix.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        // That it cannot be made is told when the files are not.
        let _ = std::fs::create_dir_all(directory);
    }
    let mut writer = CheckpointWriter::create(prefix)?;
    for (_, node, variable) in objects.variables() {
        let value = context::init_scope(|| variable.numpy())?;
        writer.add(&node.checkpoint_key(), &value)?;
    }
    for (_, node, state) in objects.states() {
        let key = node.attribute_key(state.attribute());
        for (end, value) in context::init_scope(|| state.save())? {
            writer.add(&format!("{key}{end}"), &value)?;
        }
    }
    let graph = ferroflow_core::TString::from(objects.to_proto().encode_to_vec());
    writer.add(OBJECT_GRAPH, &ferroflow_core::NdArray::scalar(graph))?;
    writer.finish()
}
