//! Variables by their handles: what a tape that knows handles alone has watched.

use super::{Record, Variable};
use ferroflow_core::{ResourceHandle, Tensor, VariableResource, context};
use ferroflow_graph::Graph;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The variables of eager code that are alive, by the place of their storage.
///
/// A record is alive only as long as its storage is, so that a place that is taken again has no stale record.
struct Known {
    records: HashMap<usize, (u64, Weak<Record>)>,
    made: u64,
    /// At how many entries those of dropped variables are removed.
    limit: usize,
}

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

fn place(resource: &Arc<VariableResource>) -> usize {
    Arc::as_ptr(resource).addr()
}

/// Notes a variable of eager code.
pub(super) fn remember(resource: &Arc<VariableResource>, record: &Arc<Record>) {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_with(|| Known { records: HashMap::new(), made: 0, limit: 64 });
    if known.records.len() >= known.limit {
        known.records.retain(|_, (_, record)| record.strong_count() > 0);
        known.limit = 64.max(2 * known.records.len());
    }
    known.made += 1;
    known.records.insert(place(resource), (known.made, Arc::downgrade(record)));
}

/// The variables of these handles, in the order in which they were made; those of handles that belong to no variable
/// are left out.
pub(crate) fn of_handles(handles: &[Tensor]) -> Vec<Variable> {
    let mut found: Vec<(u64, Variable)> = handles.iter().filter_map(of_handle).collect();
    found.sort_by_key(|(made, _)| *made);
    found.dedup_by(|(_, a), (_, b)| a.is_same(b));
    found.into_iter().map(|(_, variable)| variable).collect()
}

fn of_handle(handle: &Tensor) -> Option<(u64, Variable)> {
    let Tensor::Eager(eager) = handle else { return of_graph(handle) };
    let resource = eager.value().as_slice::<ResourceHandle>().ok()?.first()?;
    let resource = resource.lookup::<VariableResource>(&context::eager_env().resources).ok()?;
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let (made, record) = known.as_ref()?.records.get(&place(&resource))?;
    let record = record.upgrade()?;
    Some((*made, Variable { record, handle: handle.clone(), after: None, unread: false }))
}

/// A variable of a graph is known to the graph's collections.
fn of_graph(handle: &Tensor) -> Option<(u64, Variable)> {
    let graph = Graph::from_handle(&handle.graph().ok()?)?;
    let lists = ["variables", "local_variables", "trainable_variables"];
    let mut variables = lists.iter().flat_map(|name| Variable::in_collection(&graph, name));
    let variable = variables.find(|variable| variable.handle.is_same(handle))?;
    let made = variable.record.nodes.as_ref()?.initializer as u64;
    Some((made, variable))
}
