//! The default session of a thread, and sessions as `Tensor::eval` and `Operation::run` know them.

use super::feed::FeedDict;
use super::open::Session;
use ferroflow_core::context::{self, EvaluatorGuard};
use ferroflow_core::{Evaluator, GraphLike, NdArray, Result, Tensor, bail};
use ferroflow_graph::Graph;
use std::any::Any;
use std::sync::Arc;

impl Session {
    /// Makes this the default session of the thread until the guard is dropped. It is not closed then.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let x = tf::constant([1, 2, 3])?;
    /// let sess = tf::Session::new()?;
    /// {
    ///     let _default = sess.as_default();
    ///     assert_eq!(x.eval()?.as_slice::<i32>()?, [1, 2, 3]);
    /// }
    /// assert!(x.eval().is_err());
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn as_default(&self) -> EvaluatorGuard {
        context::push_evaluator(Arc::new(self.clone()))
    }

    /// Runs `f` with this as the default session of the thread.
    pub fn as_default_scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let _default = self.as_default();
        f()
    }

    /// Runs `f` with this as the default session and its graph as the default graph, and closes the session:
    /// Python's `with tf.Session() as sess:`.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let six = tf::Session::builder().graph(&tf::Graph::new()).build()?.enter(|_| {
    ///     (tf::constant(2)? * tf::constant(3)?)?.eval()
    /// })?;
    /// assert_eq!(six.item::<i32>()?, 6);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn enter<R>(self, f: impl FnOnce(&Session) -> R) -> R {
        struct Close<'a>(&'a Session);
        impl Drop for Close<'_> {
            fn drop(&mut self) {
                self.0.close();
            }
        }
        let _close = Close(&self);
        self.graph().as_default_scope(|| self.as_default_scope(|| f(&self)))
    }
}

/// The default session of this thread.
pub fn get_default_session() -> Option<Session> {
    let evaluator: Arc<dyn Evaluator> = context::default_evaluator()?;
    let any: &dyn Any = evaluator.as_ref();
    any.downcast_ref::<Session>().cloned()
}

impl Evaluator for Session {
    fn owns(&self, graph: &Arc<dyn GraphLike>) -> bool {
        Graph::from_handle(graph).is_some_and(|graph| &graph == self.graph())
    }

    fn evaluate(&self, tensor: &Tensor, feeds: &[(Tensor, NdArray)]) -> Result<NdArray> {
        let feeds = feeds.iter().fold(FeedDict::new(), |all, (key, value)| all.feed(key, value));
        self.run_feed(tensor, feeds)
    }

    fn execute(&self, graph: &Arc<dyn GraphLike>, node: usize) -> Result<()> {
        match Graph::from_handle(graph) {
            Some(graph) => self.run(graph.operation(node)),
            None => bail!(internal, "the operation's graph is of an unknown kind"),
        }
    }
}
