//! Partial runs: one run whose feeds arrive, and whose fetches leave, in several steps.

use super::feed::{FeedDict, FeedTensor};
use super::fetch::{Fetch, FetchPlan};
use super::open::Session;
use ferroflow_core::{Result, Tensor};
use ferroflow_graph::Port;

impl Session {
    /// Begins a run that is fed, and fetched from, in several steps: gives the handle for
    /// [`Session::partial_run`].
    ///
    /// ```
    /// use ferroflow_compat_v1::{self as tf, feeds};
    /// use ferroflow_core::DType;
    /// let a = tf::placeholder(DType::FLOAT32, ())?;
    /// let b = tf::placeholder(DType::FLOAT32, ())?;
    /// let sum = (&a + 1.0)?;
    /// let product = (&sum * &b)?;
    /// let sess = tf::Session::new()?;
    /// let handle = sess.partial_run_setup([&sum, &product], &[&a, &b])?;
    /// let first = sess.partial_run(&handle, &sum, feeds![&a => 2.0])?;
    /// let second = sess.partial_run(&handle, &product, feeds![&b => &first])?;
    /// assert_eq!((first.item::<f32>()?, second.item::<f32>()?), (3.0, 9.0));
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Session::run`]; `InvalidArgument` when nothing is fetched.
    pub fn partial_run_setup(&self, fetches: impl Fetch, feeds: &[&Tensor]) -> Result<String> {
        self.check_usable()?;
        let fed = feeds
            .iter()
            .map(|tensor| Ok(FeedTensor::Tensor((*tensor).clone()).find(self.graph())?.1))
            .collect::<Result<Vec<Port>>>()?;
        let mut plan = FetchPlan::new(self.graph(), &[]);
        fetches.collect(&mut plan)?;
        self.0.engine.partial_run_setup(&fed, plan.ports(), plan.targets())
    }

    /// Goes on with a run that [`Session::partial_run_setup`] began.
    ///
    /// # Errors
    /// `InvalidArgument` for a handle whose run is over, for feeds and fetches that were not set up or came before,
    /// and for fetches that need what was not fed; what the nodes return.
    pub fn partial_run<F: Fetch>(&self, handle: &str, fetches: F, feeds: FeedDict) -> Result<F::Output> {
        self.check_usable()?;
        let feeds = feeds.resolve(self.graph())?;
        let mut plan = FetchPlan::new(self.graph(), &[]);
        fetches.collect(&mut plan)?;
        let values = self.0.engine.partial_run(handle, feeds, plan.ports())?;
        fetches.rebuild(&mut plan.with_values(values, self))
    }
}
