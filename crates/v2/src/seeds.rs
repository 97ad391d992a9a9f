//! The global random seed.

use ferroflow_graph::Graph;
use ferroflow_ops_random::set_eager_seed;

/// Sets the global seed: that of eager code, or of the graph in force. Ops that follow give TensorFlow's numbers.
///
/// Source: `tf.random.set_seed`.
///
/// ```
/// use ferroflow_v2 as tf;
/// tf::random::set_seed(1);
/// let first = tf::random::uniform([2])?;
/// tf::random::set_seed(1);
/// assert_eq!(first.numpy()?, tf::random::uniform([2])?.numpy()?);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn set_seed(seed: i64) {
    match Graph::current() {
        Some(graph) => graph.set_seed(Some(seed)),
        None => set_eager_seed(Some(seed)),
    }
}
