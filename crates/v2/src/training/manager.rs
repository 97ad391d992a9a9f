//! `CheckpointManager`: keeps some checkpoints and removes the others.

use super::Checkpoint;
use crate::Variable;
use ferroflow_core::{Result, bail, ensure, options};
use ferroflow_formats::{CheckpointState, now, remove_checkpoint};
use std::path::{Path, PathBuf};

options! {
    /// Optional arguments of [`CheckpointManager::new_with`].
    pub struct CheckpointManagerOptions {
        /// A checkpoint that is to be removed stays for good if this many hours lie between it and the last one that
        /// did.
        keep_checkpoint_every_n_hours: Option<f64> = None,
        /// What the names of checkpoints begin with.
        checkpoint_name: String = "ckpt".to_string(),
        /// The variable that counts steps, for `checkpoint_interval`.
        step_counter: Option<Variable> = None,
        /// How many steps lie between checkpoints at least.
        checkpoint_interval: Option<i64> = None,
        /// The step of the last checkpoint.
        last_checkpoint_step: Option<i64> = None,
    }
}

options! {
    /// Optional arguments of [`CheckpointManager::save_with`].
    pub struct ManagerSaveOptions {
        /// The number of the checkpoint; by default that of the save counter, which goes on counting all the same.
        checkpoint_number: Option<i64> = None,
        /// Whether nothing is saved before the interval is over; without, once for each step.
        check_interval: bool = true,
    }
}

/// Saves checkpoints into a directory and removes old ones. What it keeps stands in the directory's `checkpoint` file, so
/// that another one goes on where this one ended.
///
/// Source: `tf.train.CheckpointManager`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let directory = std::env::temp_dir().join(format!("manager-{}", std::process::id()));
/// let w = tf::Variable::new(1.0)?;
/// let checkpoint = tf::train::Checkpoint::new().track("w", &w);
/// let mut manager = tf::train::CheckpointManager::new(&checkpoint, &directory, 2)?;
/// for _ in 0..3 {
///     w.assign_add(1.0)?;
///     manager.save()?;
/// }
/// assert_eq!(manager.checkpoints(), [directory.join("ckpt-2"), directory.join("ckpt-3")]);
/// w.assign(0.0)?;
/// manager.restore_or_initialize()?;
/// assert_eq!(w.numpy()?.item::<f32>()?, 4.0);
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
pub struct CheckpointManager<'c, 'a> {
    checkpoint: &'c Checkpoint<'a>,
    directory: PathBuf,
    max_to_keep: Option<usize>,
    options: CheckpointManagerOptions,
    init_fn: Option<Box<dyn Fn() -> Result<()> + 'c>>,
    latest: Option<PathBuf>,
    last_preserved: f64,
    /// Those that may be removed, with when they were saved.
    managed: Vec<(PathBuf, f64)>,
}

impl<'c, 'a> CheckpointManager<'c, 'a> {
    /// A manager of a directory, which keeps `max_to_keep` checkpoints; all of them for `None`.
    ///
    /// # Errors
    /// As [`CheckpointManager::new_with`].
    pub fn new(
        checkpoint: &'c Checkpoint<'a>,
        directory: impl AsRef<Path>,
        max_to_keep: impl Into<Option<i64>>,
    ) -> Result<CheckpointManager<'c, 'a>> {
        CheckpointManager::new_with(checkpoint, directory, max_to_keep, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` when `max_to_keep` is not positive, there is an interval without a counter of steps, or the
    /// directory's `checkpoint` file is damaged.
    pub fn new_with(
        checkpoint: &'c Checkpoint<'a>,
        directory: impl AsRef<Path>,
        max_to_keep: impl Into<Option<i64>>,
        options: impl FnOnce(CheckpointManagerOptions) -> CheckpointManagerOptions,
    ) -> Result<CheckpointManager<'c, 'a>> {
        let options = options(CheckpointManagerOptions::default());
        let max_to_keep = match max_to_keep.into() {
            None => None,
            Some(count) if count > 0 => Some(usize::try_from(count).unwrap_or(usize::MAX)),
            Some(count) => {
                bail!(value, "Expected a positive integer or `None` for `max_to_keep`, got {count}.")
            }
        };
        ensure!(
            options.checkpoint_interval.is_none() || options.step_counter.is_some(),
            value,
            "`step_counter` should be passed if `checkpoint_interval` is not None."
        );
        let directory = directory.as_ref().to_path_buf();
        let clock = now().as_secs_f64();
        let mut manager = CheckpointManager {
            checkpoint,
            max_to_keep,
            options,
            init_fn: None,
            latest: None,
            // A little back, so that managers that follow each other quickly do not lose a checkpoint.
            last_preserved: clock - 1.0,
            managed: Vec::new(),
            directory,
        };
        if let Some(state) = CheckpointState::read(&manager.directory)? {
            // A clock that was set back must not make old checkpoints look new.
            manager.last_preserved = state.last_preserved.unwrap_or_default().min(clock);
            let times = match state.timestamps.is_empty() {
                true => vec![manager.last_preserved; state.all.len()],
                false => state.timestamps,
            };
            let known = state.all.into_iter().zip(times).map(|(path, time)| (path, time.min(clock)));
            manager.managed = known.filter(|(_, time)| *time > manager.last_preserved).collect();
            manager.latest = Some(state.latest);
        }
        Ok(manager)
    }

    /// What [`CheckpointManager::restore_or_initialize`] does when there is no checkpoint.
    #[must_use]
    pub fn init_fn(mut self, init_fn: impl Fn() -> Result<()> + 'c) -> CheckpointManager<'c, 'a> {
        self.init_fn = Some(Box::new(init_fn));
        self
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What is saved.
    pub fn checkpoint(&self) -> &'c Checkpoint<'a> {
        self.checkpoint
    }

    /// How many steps lie between checkpoints at least.
    pub fn checkpoint_interval(&self) -> Option<i64> {
        self.options.checkpoint_interval
    }

    /// The latest checkpoint.
    pub fn latest_checkpoint(&self) -> Option<&Path> {
        self.latest.as_deref()
    }

    /// The checkpoints that are kept, oldest first; without those that stay for good.
    pub fn checkpoints(&self) -> Vec<PathBuf> {
        self.managed.iter().map(|(path, _)| path.clone()).collect()
    }

    /// Saves a checkpoint and removes those that are too many; gives its path, or `None` where the interval is not over.
    ///
    /// # Errors
    /// As [`Checkpoint::save`].
    pub fn save(&mut self) -> Result<Option<PathBuf>> {
        self.save_with(|options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`CheckpointManager::save`].
    pub fn save_with(
        &mut self,
        options: impl FnOnce(ManagerSaveOptions) -> ManagerSaveOptions,
    ) -> Result<Option<PathBuf>> {
        let options = options(ManagerSaveOptions::default());
        if let Some(interval) = self.options.checkpoint_interval {
            let step = self.step()?;
            if let Some(last) = self.options.last_checkpoint_step {
                let early = options.check_interval && step < last.saturating_add(interval);
                if step == last || early {
                    return Ok(None);
                }
            }
            self.options.last_checkpoint_step = Some(step);
        }
        let prefix = self.directory.join(&self.options.checkpoint_name);
        let path = self.checkpoint.numbered(&prefix, options.checkpoint_number)?;
        self.checkpoint.write(&path)?;
        self.managed.retain(|(known, _)| *known != path);
        self.managed.push((path.clone(), now().as_secs_f64()));
        self.latest = Some(path.clone());
        // The new checkpoint is entered before an old one goes: whoever is interrupted in between finds it.
        self.record()?;
        self.sweep()?;
        self.record()?;
        Ok(Some(path))
    }

    /// The number of the step.
    fn step(&self) -> Result<i64> {
        match &self.options.step_counter {
            Some(counter) => crate::cast(counter, crate::int64)?.numpy()?.item::<i64>(),
            None => bail!(internal, "the manager has no counter of steps"),
        }
    }

    fn sweep(&mut self) -> Result<()> {
        let Some(max) = self.max_to_keep else { return Ok(()) };
        while self.managed.len() > max {
            let (path, time) = self.managed.remove(0);
            if let Some(hours) = self.options.keep_checkpoint_every_n_hours.filter(|hours| *hours != 0.0)
                && time - hours * 3600.0 >= self.last_preserved
            {
                self.last_preserved = time;
                continue;
            }
            remove_checkpoint(&path, "meta")?;
        }
        Ok(())
    }

    fn record(&self) -> Result<()> {
        let Some(latest) = &self.latest else { return Ok(()) };
        let mut state = CheckpointState::new(latest);
        state.all = self.checkpoints();
        state.timestamps = self.managed.iter().map(|(_, time)| *time).collect();
        state.last_preserved = Some(self.last_preserved);
        state.relative_to(&self.directory).write(&self.directory, "checkpoint")
    }

    /// Restores the latest checkpoint and gives its path; where there is none, does what [`CheckpointManager::init_fn`]
    /// was given.
    ///
    /// # Errors
    /// As [`Checkpoint::restore`]; what the function returns.
    pub fn restore_or_initialize(&mut self) -> Result<Option<PathBuf>> {
        if let Some(latest) = self.latest.clone() {
            self.checkpoint.restore(&latest)?;
            if self.options.checkpoint_interval.is_some() {
                self.options.last_checkpoint_step = Some(self.step()?);
            }
            return Ok(Some(latest));
        }
        if let Some(init_fn) = &self.init_fn {
            init_fn()?;
        }
        Ok(None)
    }

    /// Does nothing: checkpoints are on the disk when [`CheckpointManager::save`] returns.
    pub fn sync(&self) {}
}
