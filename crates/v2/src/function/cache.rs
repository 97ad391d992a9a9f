//! The traces of a function, and which of them a call takes.

use super::ConcreteFunction;
use crate::TensorSpec;

/// One trace, with the graph it was made for: a plain graph, or none for eager code.
pub(super) struct Entry<R> {
    pub(super) graph: Option<usize>,
    pub(super) concrete: ConcreteFunction<R>,
}

/// The trace whose signature fits these arguments best: of several that do, the one for the fewest others.
pub(super) fn best<'a, R>(
    entries: &'a [Entry<R>],
    graph: Option<usize>,
    args: &[TensorSpec],
) -> Option<&'a ConcreteFunction<R>> {
    let fitting = entries.iter().filter(|entry| entry.graph == graph && covers(&entry.concrete.specs, args));
    let best = fitting.reduce(
        |best, entry| {
            if covers(&best.concrete.specs, &entry.concrete.specs) { entry } else { best }
        },
    );
    best.map(|entry| &entry.concrete)
}

fn covers(general: &[TensorSpec], special: &[TensorSpec]) -> bool {
    general.len() == special.len()
        && general.iter().zip(special).all(|(general, special)| general.is_supertype_of(special))
}

/// The narrowest signature for these arguments and those of an earlier trace of the same dtypes: shapes are relaxed only
/// as far as they differ.
pub(super) fn relaxed<R>(
    entries: &[Entry<R>],
    graph: Option<usize>,
    args: &[TensorSpec],
) -> Option<Vec<TensorSpec>> {
    let same_dtypes = |specs: &[TensorSpec]| {
        specs.len() == args.len() && specs.iter().zip(args).all(|(spec, arg)| spec.dtype == arg.dtype)
    };
    let earlier =
        entries.iter().rev().find(|entry| entry.graph == graph && same_dtypes(&entry.concrete.specs))?;
    let relaxed = earlier.concrete.specs.iter().zip(args).map(|(spec, arg)| TensorSpec {
        shape: spec.shape.most_specific_compatible(&arg.shape),
        ..arg.clone()
    });
    Some(relaxed.collect())
}
