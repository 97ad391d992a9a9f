//! `Session::run` and its relatives.

use super::feed::FeedDict;
use super::fetch::{Fetch, FetchPlan};
use super::open::Session;
use ferroflow_core::{Result, ensure};
use ferroflow_graph::Port;
use ferroflow_proto::{RunMetadata, RunOptions};
use smallvec::SmallVec;

impl Session {
    /// Computes tensors and runs operations; gives the values in the structure of what was asked for.
    ///
    /// What may be asked for is listed at [`Fetch`]. A tensor that is asked for twice is computed once, and the
    /// results share memory.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// use std::collections::BTreeMap;
    /// let (a, b) = (tf::constant(2)?, tf::constant(3)?);
    /// let product = (&a * &b)?;
    /// let sess = tf::Session::new()?;
    /// let ([a_value, b_value], named) = sess.run(([&a, &b], BTreeMap::from([("product", &product)])))?;
    /// assert_eq!((a_value.item::<i32>()?, b_value.item::<i32>()?), (2, 3));
    /// assert_eq!(named["product"].item::<i32>()?, 6);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `RuntimeError` for a closed session or an empty graph; `ValueError` for what is not of the session's graph;
    /// `InvalidArgument` for a placeholder that is not fed; what the first failing op returns, with its node.
    pub fn run<F: Fetch>(&self, fetches: F) -> Result<F::Output> {
        self.run_feed(fetches, FeedDict::new())
    }

    /// The same with values for some tensors.
    ///
    /// # Errors
    /// As [`Session::run`]; `TypeError` and `ValueError` for a feed that does not fit.
    pub fn run_feed<F: Fetch>(&self, fetches: F, feeds: FeedDict) -> Result<F::Output> {
        self.run_with(fetches, feeds, &RunOptions::default(), None)
    }

    /// The same with options, and with a report of the run if one is wanted.
    ///
    /// `options` may limit the time and ask for a trace, which `metadata` takes.
    ///
    /// # Errors
    /// As [`Session::run_feed`]; `DeadlineExceeded`; `Unimplemented` for options that ferroflow does not have.
    pub fn run_with<F: Fetch>(
        &self,
        fetches: F,
        feeds: FeedDict,
        options: &RunOptions,
        metadata: Option<&mut RunMetadata>,
    ) -> Result<F::Output> {
        self.check_usable()?;
        self.0.engine.check_options(options)?;
        let fed = feeds.resolve(self.graph())?;
        let mut plan = FetchPlan::new(self.graph(), &fed);
        fetches.collect(&mut plan)?;
        if plan.ports().is_empty() && plan.targets().is_empty() {
            return fetches.rebuild(&mut plan.with_values(Vec::new(), self));
        }
        let ports: SmallVec<[Port; 4]> = fed.iter().map(|(port, _)| *port).collect();
        let prepared = self.0.engine.prepare(&ports, plan.ports(), plan.targets())?;
        let values = fed.iter().map(|(_, value)| value.clone()).collect();
        let results = self.0.engine.execute(&prepared, values, options, metadata)?;
        fetches.rebuild(&mut plan.with_values(results, self))
    }

    /// What every run checks first.
    pub(super) fn check_usable(&self) -> Result<()> {
        ensure!(!self.0.engine.is_closed(), runtime, "Attempted to use a closed Session.");
        ensure!(
            self.graph().num_nodes() > 0,
            runtime,
            "The Session graph is empty. Add operations to the graph before calling run()."
        );
        Ok(())
    }
}
