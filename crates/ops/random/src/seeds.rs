//! Seeds: the pair that a random op gets from the global seed and its own.

use crate::mersenne::PythonRandom;
use ferroflow_core::context;
use std::sync::{Mutex, PoisonError};

/// The global seed that stands in where only an op has a seed.
const DEFAULT_GRAPH_SEED: i64 = 87_654_321;
const MAX_INT32: i64 = (1 << 31) - 1;

/// The eager global seed, and the generator of the seeds of ops that have none.
static EAGER: Mutex<Option<(i64, PythonRandom)>> = Mutex::new(None);

/// Sets the global seed of eager ops and restarts their streams; `None` takes it away.
///
/// Source: `tf.random.set_seed`, for what runs eagerly. A graph has a seed of its own.
pub fn set_eager_seed(seed: Option<i64>) {
    *EAGER.lock().unwrap_or_else(PoisonError::into_inner) = seed.map(|seed| (seed, PythonRandom::new(seed)));
    context::eager_env().reset_states();
}

/// The global seed of eager ops: a function that is traced in eager code takes it over.
pub fn eager_seed() -> Option<i64> {
    EAGER.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(seed, _)| *seed)
}

/// The attributes `seed` and `seed2` of a random op whose own seed is `op_seed`: (0, 0) where nobody set any, which
/// makes an op unpredictable.
///
/// Source: `tf.compat.v1.random.get_seed`.
pub fn get_seed(op_seed: Option<i64>) -> (i64, i64) {
    let pair = match (global_seed(op_seed.is_none()), op_seed) {
        (Some((global, _)), Some(own)) => (global, own),
        (Some((global, counted)), None) => (global, counted),
        (None, Some(own)) => (DEFAULT_GRAPH_SEED, own),
        (None, None) => return (0, 0),
    };
    match (pair.0.rem_euclid(MAX_INT32), pair.1.rem_euclid(MAX_INT32)) {
        // What would ask for unpredictable numbers is not what a seed of 0 means.
        (0, 0) => (0, MAX_INT32),
        pair => pair,
    }
}

/// The global seed in force, with the next number for an op without a seed where one is wanted.
fn global_seed(wants_number: bool) -> Option<(i64, i64)> {
    if let Some(graph) = context::current_graph() {
        let seed = graph.random_seed()?;
        return Some((seed, if wants_number { graph.next_op_seed() } else { 0 }));
    }
    let mut eager = EAGER.lock().unwrap_or_else(PoisonError::into_inner);
    let (seed, generator) = eager.as_mut()?;
    Some((*seed, if wants_number { generator.next_31_bits() } else { 0 }))
}
