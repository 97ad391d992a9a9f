//! Variables of the v1 API: reference variables, and resource variables, which are v2's.

mod assigned;
mod change;
mod create;
mod graph_keys;
mod guard;
mod initialize;
mod initialized_from;
mod lists;
mod messages;
mod operators;
mod partitioned;
mod properties;
mod runs;
mod slice_info;

pub use assigned::Assigned;
pub use change::*;
pub(crate) use create::Initial;
pub use create::{GivenShape, VariableOptions};
pub use initialize::{
    assert_variables_initialized, global_variables_initializer, initialize_all_variables,
    initialize_local_variables, initialize_variables, is_variable_initialized, local_variables_initializer,
    report_uninitialized_variables, report_uninitialized_variables_of, variables_initializer,
    variables_initializer_with,
};
pub(crate) use initialized_from::set_initializer;
pub use lists::{
    all_variables, global_variables, local_variables, model_variables, moving_average_variables,
    trainable_variables, variables_in,
};
pub(crate) use messages::{operation, prepend_scope, strip_scope};
pub use partitioned::PartitionedVariable;
pub(crate) use partitioned::Whole;
pub(crate) use slice_info::SliceInfo;

use ferroflow_core::{DType, PartialShape, Tensor};
use ferroflow_graph::{Graph, Port};
use std::sync::Arc;

/// A tensor whose value changes (`tf.compat.v1.Variable`).
///
/// In a graph it is a node, which gets its value in a session when its initializer runs. By default it is a reference
/// variable (`VariableV2`): ops that change it give out the variable itself, so that a value read late sees changes
/// made early. With `use_resource`, or after [`enable_resource_variables`](crate::enable_resource_variables), it is a
/// resource variable, as in v2. In eager mode it has its value at once.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let v = tf::Variable::new_with([1.0, 2.0], |o| o.name("v"))?;
/// let doubled = (&v * 2.0)?;
/// let add = v.assign_add([10.0, 10.0])?;
/// let sess = tf::Session::new()?;
/// sess.run(v.initializer()?)?;
/// assert_eq!(sess.run(&add)?.as_slice::<f32>()?, [11.0, 12.0]);
/// assert_eq!(sess.run(&doubled)?.as_slice::<f32>()?, [22.0, 24.0]);
/// assert_eq!(sess.run(&v)?.as_slice::<f32>()?, [11.0, 12.0]);
/// assert_eq!(format!("{v:?}"), "<tf.Variable 'v:0' shape=(2,) dtype=float32_ref>");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Variable(Kind);

#[derive(Clone)]
enum Kind {
    Reference(Reference),
    Resource(ferroflow_v2::Variable),
    Partitioned(PartitionedVariable),
}

/// A reference variable.
#[derive(Clone)]
struct Reference {
    record: Arc<Record>,
    graph: Graph,
}

/// What does not change about a reference variable. It does not hold the graph, whose collections hold it.
struct Record {
    /// The name without `:0`.
    name: String,
    dtype: DType,
    trainable: bool,
    reference: Port,
    initial_value: Port,
    initializer: usize,
    snapshot: Port,
}

impl Reference {
    fn tensor(&self) -> Tensor {
        self.graph.tensor(self.record.reference)
    }

    fn snapshot(&self) -> Tensor {
        self.graph.tensor(self.record.snapshot)
    }

    fn shape(&self) -> PartialShape {
        self.tensor().shape()
    }
}
