//! `Session::make_callable`: a run prepared for being repeated.

use super::engine::PreparedRun;
use super::feed::{FeedDict, FeedTensor};
use super::fetch::{Fetch, FetchLayout, FetchPlan};
use super::open::Session;
use ferroflow_core::{IntoOperands, Result, Tensor, ensure};
use ferroflow_graph::Port;
use ferroflow_proto::{RunMetadata, RunOptions};

/// A run that takes its feeds in order: what [`Session::make_callable`] gives.
pub struct Callable<F> {
    session: Session,
    fetches: F,
    keys: Vec<FeedTensor>,
    layout: FetchLayout,
    ports: Vec<Port>,
    targets: Vec<usize>,
    /// The plan for a call with every argument.
    prepared: PreparedRun,
}

impl Session {
    /// Prepares a run of these fetches that is fed by position, for being called many times.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// use ferroflow_core::DType;
    /// let x = tf::placeholder(DType::FLOAT32, ())?;
    /// let square = (&x * &x)?;
    /// let sess = tf::Session::new()?;
    /// let call = sess.make_callable(&square, &[&x])?;
    /// assert_eq!(call.call([3.0])?.item::<f32>()?, 9.0);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` and `TypeError` for what is not of the session's graph, `Unimplemented` for an op without a
    /// kernel.
    pub fn make_callable<F: Fetch>(&self, fetches: F, feed_list: &[&Tensor]) -> Result<Callable<F>> {
        self.check_usable()?;
        let keys: Vec<FeedTensor> =
            feed_list.iter().map(|tensor| FeedTensor::Tensor((*tensor).clone())).collect();
        let mut plan = FetchPlan::new(self.graph(), &[]);
        fetches.collect(&mut plan)?;
        let (ports, targets) = (plan.ports().to_vec(), plan.targets().to_vec());
        let mut fed = keys.iter().map(|key| Ok(key.find(self.graph())?.1)).collect::<Result<Vec<Port>>>()?;
        fed.sort_unstable();
        fed.dedup();
        let prepared = self.0.engine.prepare_callable(&fed, &ports, &targets)?;
        let layout = plan.into_layout();
        Ok(Callable { session: self.clone(), fetches, keys, layout, ports, targets, prepared })
    }
}

impl<F: Fetch> Callable<F> {
    /// Runs with these values for the tensors of the feed list. Tensors past the last value are not fed.
    ///
    /// # Errors
    /// As [`Session::run_feed`]; `TypeError` for more values than the list has.
    pub fn call(&self, values: impl IntoOperands) -> Result<F::Output> {
        self.call_with(values, &RunOptions::default(), None)
    }

    /// The same with options and a report.
    ///
    /// # Errors
    /// As [`Session::run_with`].
    pub fn call_with(
        &self,
        values: impl IntoOperands,
        options: &RunOptions,
        metadata: Option<&mut RunMetadata>,
    ) -> Result<F::Output> {
        self.session.check_usable()?;
        let values = values.into_operands()?;
        ensure!(
            values.len() <= self.keys.len(),
            type_error,
            "{} values for a feed list of {}",
            values.len(),
            self.keys.len()
        );
        let complete = values.len() == self.keys.len();
        let feeds: FeedDict = self.keys.iter().cloned().zip(values).collect();
        let (ports, values): (Vec<Port>, Vec<_>) = feeds.resolve(self.session.graph())?.into_iter().unzip();
        let results = if complete {
            self.session.0.engine.execute(&self.prepared, values, options, metadata)?
        } else {
            let prepared = self.session.0.engine.prepare(&ports, &self.ports, &self.targets)?;
            self.session.0.engine.execute(&prepared, values, options, metadata)?
        };
        self.fetches.rebuild(&mut self.layout.with_values(results, &self.session))
    }
}
