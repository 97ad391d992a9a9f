//! Whether runs of a plan are known to be short, for those who would else hand them to another thread.

use super::{Action, Step};
use crate::Node;
use ferroflow_core::{AttrValue, Shape};
use smallvec::SmallVec;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The shapes of a run's feeds.
pub type FeedShapes = SmallVec<[Shape; 2]>;

/// Ops with state that a run only finds or looks at.
const LOOKS: [&str; 5] = ["Variable", "VariableV2", "VarHandleOp", "ReadVariableOp", "VarIsInitializedOp"];
/// Ops that wait for others although they have no state.
const WAITS: [&str; 2] = ["ReadFile", "MatchingFiles"];

/// Ops whose rows meet those of other steps.
const MEETS: [&str; 3] = ["Batch", "Unbatch", "UnbatchGrad"];

/// How the names of ops begin whose kernels wait until others have done something.
const WAITS_FOR_OTHERS: [&str; 15] = [
    "AccumulatorTakeGradient",
    "BarrierTakeMany",
    "IteratorGetNext",
    "MapPeek",
    "MapStage",
    "MapUnstage",
    "MutexLock",
    "OrderedMap",
    "QueueDequeue",
    "QueueEnqueue",
    "ReaderRead",
    "ResourceAccumulatorTakeGradient",
    "SparseAccumulatorTakeGradient",
    "Stage",
    "Unstage",
];

/// Whether the kernel of an op may wait for other steps.
pub(super) fn may_wait(op: &str) -> bool {
    MEETS.contains(&op) || WAITS_FOR_OTHERS.iter().any(|start| op.starts_with(start))
}

/// What a plan knows of how long its runs take.
pub(super) struct Pace {
    /// Whether a run waits for nobody, and decides nothing by values.
    steady: bool,
    /// The feeds' shapes of the last short run, and how many on such have been long since.
    short: Mutex<Option<(FeedShapes, u8)>>,
}

/// So many long runs in a row may be an accident: the machine was doing something else.
const ACCIDENTS: u8 = 8;

impl Pace {
    /// That of a plan which cannot tell.
    pub(super) fn unsteady() -> Pace {
        Pace { steady: false, short: Mutex::default() }
    }

    pub(super) fn of<'a>(steps: &[Step], mut nodes: impl Iterator<Item = &'a Node>) -> Pace {
        let straight = steps.iter().all(|step| matches!(step.action, Action::Kernel(_) | Action::Fused(_)));
        Pace { steady: straight && nodes.all(is_steady), short: Mutex::default() }
    }

    /// Notes whether a run on feeds of these shapes was short.
    pub(super) fn note(&self, shapes: impl FnOnce() -> FeedShapes, short: bool) {
        if !self.steady {
            return;
        }
        let shapes = shapes();
        let mut known = self.lock();
        *known = match known.take() {
            _ if short => Some((shapes, 0)),
            Some((held, long)) if held == shapes => (long < ACCIDENTS).then_some((held, long + 1)),
            _ => None,
        };
    }

    /// Whether the last runs were on feeds of these shapes, and one of them short.
    pub(super) fn was_short(&self, shapes: &FeedShapes) -> bool {
        self.steady && self.lock().as_ref().is_some_and(|(held, _)| held == shapes)
    }

    fn lock(&self) -> MutexGuard<'_, Option<(FeedShapes, u8)>> {
        self.short.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_steady(node: &Node) -> bool {
    let op = node.op.as_str();
    let calls = |value: &AttrValue| matches!(value, AttrValue::Func(_) | AttrValue::Funcs(_));
    (!node.is_stateful() || LOOKS.contains(&op))
        && !WAITS.contains(&op)
        && !MEETS.contains(&op)
        && !node.attrs.iter().any(|(_, value)| calls(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accidents_are_forgiven_and_habits_are_not() {
        let pace = Pace { steady: true, short: Mutex::default() };
        let shapes = |size: usize| -> FeedShapes { std::iter::once(Shape::new(&[size]).unwrap()).collect() };
        assert!(!pace.was_short(&shapes(1)));
        pace.note(|| shapes(1), true);
        for _ in 0..ACCIDENTS {
            pace.note(|| shapes(1), false);
        }
        assert!(pace.was_short(&shapes(1)) && !pace.was_short(&shapes(2)));
        pace.note(|| shapes(1), false);
        assert!(!pace.was_short(&shapes(1)));
        pace.note(|| shapes(1), true);
        pace.note(|| shapes(2), false);
        assert!(!pace.was_short(&shapes(1)) && !pace.was_short(&shapes(2)));
    }
}
