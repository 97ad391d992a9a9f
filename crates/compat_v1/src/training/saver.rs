//! `Saver`: saves and restores variables, and keeps the checkpoints it has written in order.

use super::checkpoints::text_of;
use super::meta_graph::{self, ExportOptions};
use super::save_nodes;
use super::saved::chosen;
use super::saver_check;
use crate::mode::{executing_eagerly, get_default_graph};
use crate::variables::{Variable, prepend_scope, strip_scope};
use crate::{FeedDict, GraphKeys, Session};
use ferroflow_core::{Code, Error, Result, TString, bail, ensure, options};
use ferroflow_formats::{self as formats, CheckpointState};
use ferroflow_graph::CollectionItem;
use ferroflow_proto::SaverDef;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which variables a [`Saver`] is for.
#[derive(Clone, Debug, Default)]
pub enum VarList {
    /// All variables of the graph.
    #[default]
    All,
    /// These, by their own names.
    List(Vec<Variable>),
    /// These, by other names.
    Named(Vec<(String, Variable)>),
}

impl From<Vec<Variable>> for VarList {
    fn from(variables: Vec<Variable>) -> VarList {
        VarList::List(variables)
    }
}

impl From<&[Variable]> for VarList {
    fn from(variables: &[Variable]) -> VarList {
        VarList::List(variables.to_vec())
    }
}

impl<const N: usize> From<[&Variable; N]> for VarList {
    fn from(variables: [&Variable; N]) -> VarList {
        VarList::List(variables.into_iter().cloned().collect())
    }
}

impl<const N: usize> From<[(&str, &Variable); N]> for VarList {
    fn from(variables: [(&str, &Variable); N]) -> VarList {
        VarList::Named(
            variables.iter().map(|(name, variable)| (name.to_string(), (*variable).clone())).collect(),
        )
    }
}

impl From<BTreeMap<String, Variable>> for VarList {
    fn from(variables: BTreeMap<String, Variable>) -> VarList {
        VarList::Named(variables.into_iter().collect())
    }
}

options! {
    /// Optional arguments of [`Saver::new_with`].
    pub struct SaverOptions {
        /// The variables.
        var_list: VarList = VarList::All,
        /// Whether a value of another shape, but as many elements, may be restored.
        reshape: bool = false,
        /// Whether each device writes a file of its own.
        sharded: bool = false,
        /// How many checkpoints are kept; 0 keeps all.
        max_to_keep: u32 = 5,
        /// A checkpoint of every so many hours is kept for good.
        keep_checkpoint_every_n_hours: f64 = 10_000.0,
        /// The name scope of the nodes; `save` if it is empty. With a `saver_def`, the scope that it was imported into.
        name: String = String::new(),
        /// Whether variables are restored one after the other, which they are in any case.
        restore_sequentially: bool = false,
        /// What a saver was exported as: its nodes are used instead of new ones.
        saver_def: Option<SaverDef> = None,
        /// Whether nodes are added by [`Saver::build`] alone.
        defer_build: bool = false,
        /// Whether a saver without variables is one that does nothing, rather than an error.
        allow_empty: bool = false,
        /// Whether steps in names of checkpoints have eight digits at least.
        pad_step_number: bool = false,
        /// Whether the `checkpoint` file holds paths relative to its directory.
        save_relative_paths: bool = false,
        /// The checkpoint's name where none is fed; `model` if it is empty.
        filename: String = String::new(),
    }
}

options! {
    /// Optional arguments of [`Saver::save_with`].
    pub struct SaveOptions {
        /// Appended to the path: `model-100`.
        global_step: Option<i64> = None,
        /// The name of the file that lists the latest checkpoints.
        latest_filename: String = "checkpoint".to_string(),
        /// What the name of the graph's file ends in.
        meta_graph_suffix: String = "meta".to_string(),
        /// Whether the graph is written beside the checkpoint.
        write_meta_graph: bool = true,
        /// Whether the list of the latest checkpoints is brought up to date.
        write_state: bool = true,
        /// Whether attributes that have their default values are left out of the graph.
        strip_default_attrs: bool = false,
    }
}

/// Saves and restores variables.
///
/// Source: `tf.compat.v1.train.Saver`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let directory = std::env::temp_dir().join(format!("saver-{}", std::process::id()));
/// std::fs::create_dir_all(&directory).unwrap();
/// let v = tf::Variable::new_with([1.0, 2.0], |o| o.name("v"))?;
/// let saver = tf::train::Saver::new()?;
/// let sess = tf::Session::new()?;
/// sess.run(v.initializer()?)?;
/// let path = saver.save_with(&sess, directory.join("model"), |o| o.global_step(7))?;
/// assert_eq!(path, Some(directory.join("model-7")));
/// let other = tf::Session::new()?;
/// saver.restore(&other, tf::train::latest_checkpoint(&directory)?.unwrap())?;
/// assert_eq!(other.run(&v)?.as_slice::<f32>()?, [1.0, 2.0]);
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone)]
pub struct Saver(Arc<Inner>);

struct Inner {
    options: SaverOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    built: bool,
    /// `None` before it is built, and for a saver without variables.
    saver_def: Option<SaverDef>,
    /// The checkpoints that are kept, oldest first, and when they were written.
    last: Vec<(PathBuf, f64)>,
    to_be_deleted: Vec<(PathBuf, f64)>,
    /// A checkpoint written after this is kept for good.
    next_kept: f64,
}

impl std::fmt::Debug for Saver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<tf.train.Saver of {:?}>", self.lock().saver_def)
    }
}

impl Saver {
    /// A saver of all variables of the default graph, which nodes are added to.
    ///
    /// # Errors
    /// As [`Saver::new_with`].
    pub fn new() -> Result<Saver> {
        Saver::new_with(|options| options)
    }

    /// A saver of some variables, or with other names for them.
    ///
    /// # Errors
    /// `ValueError` when there are no variables, or two of one name; `RuntimeError` in eager mode.
    pub fn new_with(options: impl FnOnce(SaverOptions) -> SaverOptions) -> Result<Saver> {
        let options = options(SaverOptions::default());
        ensure!(
            !options.defer_build || matches!(options.var_list, VarList::All),
            value,
            "If `var_list` is provided then build cannot be deferred. Either set defer_build=False or var_list=None."
        );
        if executing_eagerly() {
            match options.var_list {
                VarList::All => bail!(
                    runtime,
                    "When eager execution is enabled, `var_list` must specify a list or dict of variables to save"
                ),
                _ => bail!(unimplemented, "tf.compat.v1.train.Saver in eager mode; use tf.train.Checkpoint"),
            }
        }
        let deferred = options.defer_build;
        let saver = Saver(Arc::new(Inner { options, state: Mutex::default() }));
        if !deferred {
            saver.build()?;
        }
        Ok(saver)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds the nodes, where that was deferred; a second call does nothing.
    ///
    /// # Errors
    /// As [`Saver::new_with`].
    pub fn build(&self) -> Result<()> {
        if self.lock().built {
            return Ok(());
        }
        formats::install();
        let options = &self.0.options;
        let saver_def = match &options.saver_def {
            Some(saver_def) => Some(scoped(saver_def, &options.name)),
            None => {
                let graph = get_default_graph();
                let saved = chosen(&graph, &options.var_list)?;
                match saved.is_empty() {
                    true if options.allow_empty => None,
                    true => bail!(value, "No variables to save"),
                    false => Some(graph.as_default_scope(|| save_nodes::build(&graph, &saved, options))?),
                }
            }
        };
        let mut state = self.lock();
        if let Some(saver_def) = &saver_def {
            ensure!(
                !saver_def.save_tensor_name.is_empty(),
                value,
                "saver_def must specify the save_tensor_name: {saver_def:?}"
            );
            ensure!(
                !saver_def.restore_op_name.is_empty(),
                value,
                "saver_def must specify the restore_op_name: {saver_def:?}"
            );
            state.next_kept = seconds() + hours(saver_def);
        }
        state.built = true;
        state.saver_def = saver_def;
        Ok(())
    }

    /// Saves the variables of a session; gives the prefix of the checkpoint, or `None` for a saver without variables.
    ///
    /// # Errors
    /// As [`Saver::save_with`].
    pub fn save(&self, sess: &Session, save_path: impl AsRef<Path>) -> Result<Option<PathBuf>> {
        self.save_with(sess, save_path, |options| options)
    }

    /// The same with a step in the checkpoint's name, or without the files beside it.
    ///
    /// # Errors
    /// `FailedPrecondition` for a variable without a value; `ValueError` when the directory does not exist or a name is
    /// bad; `RuntimeError` for a saver that is not built.
    pub fn save_with(
        &self,
        sess: &Session,
        save_path: impl AsRef<Path>,
        options: impl FnOnce(SaveOptions) -> SaveOptions,
    ) -> Result<Option<PathBuf>> {
        let (options, save_path) = (options(SaveOptions::default()), save_path.as_ref());
        ensure!(self.lock().built, runtime, "`build()` should be called before save if defer_build==True");
        ensure!(
            !options.latest_filename.contains('/'),
            value,
            "'latest_filename' must not contain path components"
        );
        let shown = save_path.display();
        let checkpoint = match options.global_step {
            Some(step) if self.0.options.pad_step_number => format!("{shown}-{step:08}"),
            Some(step) => format!("{shown}-{step}"),
            None => {
                let name = save_path.file_name().is_some_and(|name| name == options.latest_filename.as_str());
                ensure!(
                    !name || self.0.options.sharded,
                    value,
                    "'latest_filename' collides with 'save_path': '{}' and '{shown}'",
                    options.latest_filename
                );
                text_of(save_path)?.to_string()
            }
        };
        let saver_def = self.lock().saver_def.clone();
        let parent = save_path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let mut saved = None;
        if let Some(saver_def) = &saver_def {
            let written = self.write(sess, saver_def, &checkpoint, parent, &options);
            saved = Some(written.map_err(|error| match error.code() {
                Code::FailedPrecondition | Code::NotFound
                    if parent.is_some_and(|parent| !parent.is_dir()) =>
                {
                    Error::value(format!("Parent directory of {shown} doesn't exist, can't save."))
                }
                _ => error,
            })?);
        }
        if options.write_meta_graph {
            let export = ExportOptions::default()
                .filename(PathBuf::from(format!("{checkpoint}.{}", options.meta_graph_suffix)))
                .graph(sess.graph().clone())
                .strip_default_attrs(options.strip_default_attrs);
            meta_graph::export(&export.saver_def(saver_def))?;
        }
        Ok(saved)
    }

    fn write(
        &self,
        sess: &Session,
        saver_def: &SaverDef,
        checkpoint: &str,
        directory: Option<&Path>,
        options: &SaveOptions,
    ) -> Result<PathBuf> {
        let feeds = FeedDict::new().feed(saver_def.filename_tensor_name.as_str(), checkpoint);
        let path =
            sess.run_feed(saver_def.save_tensor_name.as_str(), feeds)?.into_array()?.item::<TString>()?;
        let path =
            path.to_str().map(PathBuf::from).map_err(|_| Error::invalid_argument("a path is not UTF-8"))?;
        if options.write_state {
            let directory = directory.unwrap_or(Path::new(""));
            self.record(&path, saver_def);
            let mut state = CheckpointState::new(&path);
            state.all = self.last_checkpoints();
            if self.0.options.save_relative_paths {
                state = state.relative_to(directory);
            }
            state.write(directory, &options.latest_filename)?;
            self.delete_old(saver_def, &options.meta_graph_suffix);
        }
        Ok(path)
    }

    /// Notes a checkpoint that was written, and which is one too many.
    fn record(&self, path: &Path, saver_def: &SaverDef) {
        let most = usize::try_from(saver_def.max_to_keep).unwrap_or(0);
        if most == 0 {
            return;
        }
        let mut state = self.lock();
        state.last.retain(|(known, _)| known != path);
        state.last.push((path.to_path_buf(), seconds()));
        if state.last.len() > most {
            let oldest = state.last.remove(0);
            state.to_be_deleted.push(oldest);
        }
    }

    fn delete_old(&self, saver_def: &SaverDef, meta_suffix: &str) {
        let doomed = {
            let mut state = self.lock();
            if state.to_be_deleted.is_empty() {
                return;
            }
            let (path, written) = state.to_be_deleted.remove(0);
            if written > state.next_kept {
                state.next_kept += hours(saver_def);
                return;
            }
            path
        };
        // As in TensorFlow, training goes on with a file that cannot be removed.
        let _ = formats::remove_checkpoint(doomed, meta_suffix);
    }

    /// Restores variables in a session; they need not be initialised.
    ///
    /// A checkpoint that does not fit the graph is refused before any variable changes, with everything that does not
    /// fit. (Differs from TensorFlow, which may have changed some, and tells of shapes one by one.)
    ///
    /// # Errors
    /// `ValueError` when there is no such checkpoint, `NotFound` for names that it does not hold, `InvalidArgument` for
    /// other dtypes and shapes, `DataLoss` when it is damaged.
    pub fn restore(&self, sess: &Session, save_path: impl AsRef<Path>) -> Result<()> {
        let Some(saver_def) = self.lock().saver_def.clone() else { return Ok(()) };
        let path = text_of(save_path.as_ref())?;
        ensure!(
            formats::checkpoint_exists(path),
            value,
            "The passed save_path is not a valid checkpoint: {path}"
        );
        saver_check::check(sess.graph(), &saver_def, path)?;
        let feeds = FeedDict::new().feed(saver_def.filename_tensor_name.as_str(), path);
        sess.run_feed(saver_def.restore_op_name.as_str(), feeds).map(|_| ())
    }

    /// The saver as a message; `None` for one without variables, or not built.
    pub fn as_saver_def(&self) -> Option<SaverDef> {
        self.lock().saver_def.clone()
    }

    /// The same with names below a scope; `None` where they are not in it.
    pub fn to_proto(&self, export_scope: &str) -> Option<SaverDef> {
        let mut saver_def = self.as_saver_def()?;
        for name in names_of(&mut saver_def) {
            *name = strip_scope(name, export_scope)?;
        }
        Some(saver_def)
    }

    /// The saver that a message describes, of nodes that the default graph has in a scope.
    ///
    /// # Errors
    /// `ValueError` for a message without names.
    pub fn from_proto(saver_def: &SaverDef, import_scope: &str) -> Result<Saver> {
        Saver::new_with(|options| options.saver_def(saver_def.clone()).name(import_scope))
    }

    /// The checkpoints that are kept, oldest first.
    pub fn last_checkpoints(&self) -> Vec<PathBuf> {
        self.lock().last.iter().map(|(path, _)| path.clone()).collect()
    }

    /// Takes over checkpoints of an earlier run, oldest first, which are kept for good.
    pub fn set_last_checkpoints(&self, last_checkpoints: Vec<PathBuf>) {
        self.set_last_checkpoints_with_time(
            last_checkpoints.into_iter().map(|path| (path, f64::INFINITY)).collect(),
        );
    }

    /// The same, with the seconds since 1970 when they were written.
    pub fn set_last_checkpoints_with_time(&self, last_checkpoints_with_time: Vec<(PathBuf, f64)>) {
        self.lock().last = last_checkpoints_with_time;
    }

    /// Takes over those checkpoints of an earlier run that exist.
    pub fn recover_last_checkpoints(&self, checkpoint_paths: &[PathBuf]) {
        let found = checkpoint_paths.iter().filter_map(|path| {
            let times = formats::checkpoint_mtimes(&[path]);
            Some((path.clone(), *times.first()?))
        });
        self.set_last_checkpoints_with_time(found.collect());
    }

    /// Writes the default graph with this saver as a MetaGraphDef.
    ///
    /// # Errors
    /// As [`export_meta_graph`](super::meta_graph::export_meta_graph).
    pub fn export_meta_graph(
        &self,
        options: impl FnOnce(ExportOptions) -> ExportOptions,
    ) -> Result<ferroflow_proto::MetaGraphDef> {
        meta_graph::export(&options(ExportOptions::default()).saver_def(self.as_saver_def()))
    }

    /// The saver as an item of a collection.
    pub fn to_item(&self) -> CollectionItem {
        CollectionItem::Any(self.0.clone())
    }

    /// The saver that an item of a collection is.
    pub fn of_item(item: &CollectionItem) -> Option<Saver> {
        match item {
            CollectionItem::Any(any) => any.clone().downcast::<Inner>().ok().map(Saver),
            _ => None,
        }
    }
}

/// The saver of the default graph's collection, or a new one in shards that joins it.
pub(crate) fn saver_or_default() -> Result<Saver> {
    let graph = get_default_graph();
    let savers: Vec<Saver> =
        graph.get_collection(GraphKeys::SAVERS).iter().filter_map(Saver::of_item).collect();
    match savers.as_slice() {
        [] => {
            let saver = Saver::new_with(|options| options.sharded(true).allow_empty(true))?;
            graph.add_to_collection(GraphKeys::SAVERS, saver.to_item())?;
            Ok(saver)
        }
        [only] => Ok(only.clone()),
        _ => bail!(
            runtime,
            "More than one item in collection {}. Please indicate which one to use by passing it to the constructor.",
            GraphKeys::SAVERS
        ),
    }
}

fn names_of(saver_def: &mut SaverDef) -> [&mut String; 3] {
    [&mut saver_def.filename_tensor_name, &mut saver_def.save_tensor_name, &mut saver_def.restore_op_name]
}

fn scoped(saver_def: &SaverDef, scope: &str) -> SaverDef {
    let mut saver_def = saver_def.clone();
    for name in names_of(&mut saver_def).into_iter().filter(|name| !name.is_empty()) {
        *name = prepend_scope(name, scope);
    }
    saver_def
}

fn seconds() -> f64 {
    formats::now().as_secs_f64()
}

/// How long a saver keeps no checkpoint for good, in seconds.
fn hours(saver_def: &SaverDef) -> f64 {
    f64::from(saver_def.keep_checkpoint_every_n_hours) * 3600.0
}
