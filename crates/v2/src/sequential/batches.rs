//! `Batches`: where the batches of training and evaluation come from, epoch by epoch.

use super::data::Data;
use crate::Nest;
use crate::data::Dataset;
use ferroflow_core::{Result, Tensor, bail, ensure};
use std::collections::HashMap;
use std::iter::Peekable;
use std::sync::Arc;

/// What is said where a dataset ends before training does.
pub(super) const RAN_OUT: &str = "Your input ran out of data; interrupting training. Make sure that your dataset or generator \
     can generate at least `steps_per_epoch * epochs` batches. You may need to use the `.repeat()` function when building \
     your dataset.";

/// Inputs, then targets and weights as far as there are any.
pub(super) type Batch = Vec<Tensor>;

/// All batches, once.
type Pass = Box<dyn Iterator<Item = Result<Batch>>>;

/// Batches of arrays or of a dataset. With a number of steps given an epoch has so many, and the next one goes on behind
/// them; else an epoch is all batches.
pub(super) struct Batches {
    begin: Box<dyn Fn() -> Result<Pass>>,
    /// How many batches there are, where that is known; it is once they were gone through.
    known: Option<usize>,
    steps: Option<usize>,
    current: Option<Peekable<Pass>>,
    /// How many batches of the pass were given out.
    seen: usize,
    /// How many of the epoch.
    step: usize,
    pub(super) ran_out: bool,
}

impl Batches {
    fn new(
        begin: impl Fn() -> Result<Pass> + 'static,
        known: Option<usize>,
        steps: Option<usize>,
    ) -> Batches {
        Batches { begin: Box::new(begin), known, steps, current: None, seen: 0, step: 0, ran_out: false }
    }

    /// Batches of this many samples; in a random order where `shuffle` says so.
    pub(super) fn of_arrays(data: Data, batch_size: usize, shuffle: bool, steps: Option<usize>) -> Batches {
        let count = data.batches(batch_size);
        let data = Arc::new(data);
        let begin = move || -> Result<Pass> {
            let order = if shuffle { Some(data.order()?) } else { None };
            let data = data.clone();
            Ok(Box::new((0..count).map(move |index| data.batch(index, batch_size, order.as_ref()))))
        };
        Batches::new(begin, Some(count), steps)
    }

    /// The elements of a dataset: inputs, targets, weights.
    pub(super) fn of_dataset<E: Nest>(
        dataset: &Dataset<E>,
        steps: Option<usize>,
        class_weight: Option<HashMap<i64, f64>>,
    ) -> Result<Batches> {
        let parts = dataset.specs().types.len();
        ensure!(
            (1..=3).contains(&parts),
            value,
            "Data is expected to be in format `x`, `(x,)`, `(x, y)`, or `(x, y, sample_weight)`, found: {dataset:?}"
        );
        let known = dataset.cardinality()?.value()?.item::<i64>()?;
        let dataset = dataset.flat();
        let begin = move || -> Result<Pass> {
            let classes = class_weight.clone();
            let elements = dataset.iter()?;
            Ok(Box::new(elements.map(move |batch| match &classes {
                Some(classes) => Data::of_batch(batch?)?.weighed(classes),
                None => batch,
            })))
        };
        Ok(Batches::new(begin, usize::try_from(known).ok(), steps))
    }

    /// How many batches an epoch has, where that is known.
    pub(super) fn count(&self) -> Option<usize> {
        self.steps.or(self.known)
    }

    /// A pass over all batches, of which none was taken, or the one that is under way.
    fn open(&mut self) -> Result<&mut Peekable<Pass>> {
        if self.current.is_none() {
            self.seen = 0;
            self.current = Some((self.begin)()?.peekable());
        }
        match &mut self.current {
            Some(pass) => Ok(pass),
            None => bail!(internal, "a pass over batches was not begun"),
        }
    }

    /// The batch that comes first, which stays; none where there is no data at all.
    pub(super) fn first(&mut self) -> Result<Option<Batch>> {
        match self.open()?.peek() {
            Some(Ok(batch)) => Ok(Some(batch.clone())),
            // The error is given out, and with it the pass.
            Some(Err(_)) => self.current.take().and_then(|mut pass| pass.next()).transpose(),
            None => Ok(None),
        }
    }

    /// Lets the next epoch begin with the first batch.
    pub(super) fn restart(&mut self) {
        if self.seen > 0 {
            self.current = None;
        }
    }

    /// Starts an epoch.
    pub(super) fn start_epoch(&mut self) {
        (self.step, self.ran_out) = (0, false);
        if self.steps.is_none() {
            self.restart();
        }
    }

    /// The next batch of the epoch.
    pub(super) fn next(&mut self) -> Result<Option<Batch>> {
        if self.count().is_some_and(|count| self.step >= count) {
            self.restart_if_done();
            return Ok(None);
        }
        if self.current.is_some() && self.known.is_some_and(|known| self.seen >= known) {
            self.ran_out = self.steps.is_some();
            self.restart_if_done();
            return Ok(None);
        }
        match self.open()?.next() {
            Some(batch) => {
                self.seen += 1;
                self.step += 1;
                batch.map(Some)
            }
            None => {
                self.known = self.known.or(Some(self.seen));
                self.ran_out = self.steps.is_some();
                self.current = None;
                Ok(None)
            }
        }
    }

    fn restart_if_done(&mut self) {
        if self.known.is_some_and(|known| self.seen >= known) {
            self.current = None;
        }
    }
}
