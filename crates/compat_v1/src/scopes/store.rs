//! What a graph keeps for variable scopes: its variables by name, and for each thread the scopes it has open.

use super::VariableScope;
use crate::variables::{PartitionedVariable, Variable};
use ferroflow_graph::{CollectionItem, Graph};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// The variables and scopes of a graph.
#[derive(Default)]
pub(super) struct ScopeStore(Mutex<Stored>);

#[derive(Default)]
struct Stored {
    /// By full name. The items do not hold the graph.
    variables: HashMap<String, CollectionItem>,
    /// The same for variables in parts, whose parts are among the variables.
    partitioned: HashMap<String, CollectionItem>,
    threads: HashMap<ThreadId, ThreadScopes>,
}

#[derive(Default)]
struct ThreadScopes {
    current: Option<VariableScope>,
    /// How often each scope was opened, for the names of those that only have a default one.
    counts: HashMap<String, usize>,
}

/// How often each scope was opened.
pub(super) type Counts = HashMap<String, usize>;

impl ScopeStore {
    pub(super) fn of(graph: &Graph) -> Arc<ScopeStore> {
        graph.extension::<ScopeStore>()
    }

    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_thread<R>(&self, f: impl FnOnce(&mut ThreadScopes) -> R) -> R {
        f(self.lock().threads.entry(thread::current().id()).or_default())
    }

    pub(super) fn variable(&self, graph: &Graph, name: &str) -> Option<Variable> {
        let item = self.lock().variables.get(name).cloned()?;
        Variable::of_item(graph, &item)
    }

    pub(super) fn insert(&self, name: &str, variable: &Variable) {
        self.lock().variables.insert(name.to_string(), variable.to_item());
    }

    pub(super) fn partitioned(&self, graph: &Graph, name: &str) -> Option<PartitionedVariable> {
        let item = self.lock().partitioned.get(name).cloned()?;
        Variable::of_item(graph, &item)?.as_partitioned().cloned()
    }

    pub(super) fn insert_partitioned(&self, name: &str, whole: &PartitionedVariable) {
        self.lock().partitioned.insert(name.to_string(), Variable::from(whole.clone()).to_item());
    }

    /// The innermost open scope.
    pub(super) fn current(&self) -> VariableScope {
        self.with_thread(|scopes| scopes.current.get_or_insert_with(VariableScope::root).clone())
    }

    pub(super) fn set_current(&self, scope: VariableScope) {
        self.with_thread(|scopes| scopes.current = Some(scope));
    }

    pub(super) fn count_opened(&self, name: &str) {
        self.with_thread(|scopes| *scopes.counts.entry(name.to_string()).or_default() += 1);
    }

    pub(super) fn counts(&self) -> Counts {
        self.with_thread(|scopes| scopes.counts.clone())
    }

    pub(super) fn set_counts(&self, counts: Counts) {
        self.with_thread(|scopes| scopes.counts = counts);
    }

    /// Scopes within this one start counting again.
    pub(super) fn forget_inner(&self, name: &str) {
        let inner = format!("{name}/");
        self.with_thread(|scopes| {
            for (_, count) in scopes.counts.iter_mut().filter(|(name, _)| name.starts_with(&inner)) {
                *count = 0;
            }
        });
    }

    /// A name for a scope within `outer` that has only a default one.
    pub(super) fn unique(&self, outer: &str, prefix: &str) -> String {
        let full = if outer.is_empty() { prefix.to_string() } else { format!("{outer}/{prefix}") };
        self.with_thread(|scopes| {
            let used = |name: &str| scopes.counts.get(name).is_some_and(|count| *count > 0);
            if !used(&full) {
                return prefix.to_string();
            }
            let free = (1..).find(|index| !used(&format!("{full}_{index}"))).unwrap_or(0u64);
            format!("{prefix}_{free}")
        })
    }
}
