//! MapStage, MapUnstage, MapPeek, ... and their ordered forms: tuples of tensors handed on under keys, in parts if need be.

use crate::op_table::ops;
use crate::staging::{Limits, Waited, bytes_of, give, shared_name};
use ferroflow_core::{Env, Grad, KernelCtx, NdArray, Resource, Result, bail, ensure, shape_fn};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The components under one key; those that were taken, or did not come yet, are missing.
type Parts = Vec<Option<NdArray>>;

/// The staging area behind a name.
struct StagingMap {
    limits: Limits,
    held: Waited<Held>,
}

#[derive(Default)]
struct Held {
    complete: BTreeMap<i64, Parts>,
    incomplete: BTreeMap<i64, Parts>,
}

impl Resource for StagingMap {
    fn type_name(&self) -> &'static str {
        "tensorflow::StagingMap"
    }
    fn debug_string(&self) -> String {
        "StagingMap".to_string()
    }
}

fn bytes_of_parts(parts: &[Option<NdArray>]) -> usize {
    parts.iter().flatten().map(NdArray::num_bytes).sum()
}

impl Held {
    fn bytes(&self) -> usize {
        self.complete.values().chain(self.incomplete.values()).map(|parts| bytes_of_parts(parts)).sum()
    }
}

impl StagingMap {
    fn of(cx: &KernelCtx<'_>) -> Result<Arc<StagingMap>> {
        let limits = Limits::of(cx)?;
        let create = || Ok(StagingMap { limits, held: Waited::new(Held::default()) });
        cx.env().resources.get_or_create(cx.str("container")?, &shared_name(cx)?, create)
    }

    fn put(&self, key: i64, indices: &[i64], values: &[NdArray], width: usize, env: &Env) -> Result<()> {
        check_order(indices)?;
        let bytes = bytes_of(values);
        self.limits.check(bytes)?;
        self.held.wait(env, |held| {
            if !self.limits.admit(held.complete.len(), held.bytes(), bytes) {
                return Ok(None);
            }
            if indices.len() == width && values.len() == width {
                // What is there under the key stays.
                held.complete.entry(key).or_insert_with(|| values.iter().cloned().map(Some).collect());
                return Ok(Some(()));
            }
            let mut parts = held.incomplete.get(&key).cloned().unwrap_or_else(|| vec![None; width]);
            for (position, index) in indices.iter().enumerate() {
                let at = checked(*index, key, width)?;
                let value = values.get(position).cloned();
                ensure!(
                    value.is_some() && values.len() == indices.len(),
                    invalid_argument,
                    "{} tensors were given for {} indices",
                    values.len(),
                    indices.len()
                );
                ensure!(
                    parts[at].is_none(),
                    invalid_argument,
                    "The tensor for index '{index}' for key '{key}' was already initialized '{width}'."
                );
                parts[at] = value;
            }
            if parts.iter().all(Option::is_some) {
                held.incomplete.remove(&key);
                held.complete.entry(key).or_insert(parts);
            } else {
                held.incomplete.insert(key, parts);
            }
            Ok(Some(()))
        })
    }

    /// The components under a key, or under the first there is; they stay if `keeps`.
    fn get(&self, key: Option<i64>, indices: &[i64], keeps: bool, env: &Env) -> Result<(i64, Vec<NdArray>)> {
        check_order(indices)?;
        self.held.wait(env, |held| {
            let entry = match key {
                Some(key) => held.complete.get_mut(&key).map(|parts| (key, parts)),
                None => held.complete.iter_mut().next().map(|(key, parts)| (*key, parts)),
            };
            let Some((key, parts)) = entry else { return Ok(None) };
            let mut taken = Vec::new();
            for index in indices {
                let at = checked(*index, key, parts.len())?;
                match &parts[at] {
                    Some(value) => taken.push(value.clone()),
                    None => bail!(
                        invalid_argument,
                        "Tensor at index '{index}' for key '{key}' has already been removed."
                    ),
                }
            }
            if !keeps {
                for index in indices {
                    let at = checked(*index, key, parts.len())?;
                    parts[at] = None;
                }
                if parts.iter().all(Option::is_none) {
                    held.complete.remove(&key);
                }
            }
            Ok(Some((key, taken)))
        })
    }
}

fn check_order(indices: &[i64]) -> Result<()> {
    ensure!(!indices.is_empty(), invalid_argument, "Indices are empty");
    ensure!(
        indices.windows(2).all(|pair| pair[0] < pair[1]),
        invalid_argument,
        "Indices are not strictly ordered"
    );
    Ok(())
}

fn checked(index: i64, key: i64, width: usize) -> Result<usize> {
    match usize::try_from(index).ok().filter(|at| *at < width) {
        Some(at) => Ok(at),
        None => bail!(invalid_argument, "Index '{index}' for key '{key}' was out of bounds '{width}'."),
    }
}

fn key(cx: &KernelCtx<'_>) -> Result<i64> {
    match cx.slice::<i64>(0)?.first() {
        Some(key) => Ok(*key),
        None => bail!(invalid_argument, "key must be a scalar"),
    }
}

fn put_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (key, indices) = (key(cx)?, cx.ints(1)?);
    let values = cx.inputs().get(2..).unwrap_or_default().to_vec();
    let width = cx.dtypes("dtypes")?.len();
    StagingMap::of(cx)?.put(key, &indices, &values, width, cx.env())
}

fn get_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (_, taken) = StagingMap::of(cx)?.get(Some(key(cx)?), &cx.ints(1)?, false, cx.env())?;
    give(cx, 0, taken)
}

fn peek_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (_, taken) = StagingMap::of(cx)?.get(Some(key(cx)?), &cx.ints(1)?, true, cx.env())?;
    give(cx, 0, taken)
}

fn get_any_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (key, taken) = StagingMap::of(cx)?.get(None, &cx.ints(0)?, false, cx.env())?;
    cx.set(0, NdArray::scalar(key))?;
    give(cx, 1, taken)
}

fn size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = StagingMap::of(cx)?.held.lock().complete.len() as i32;
    cx.set(0, NdArray::scalar(size))
}

fn incomplete_size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = StagingMap::of(cx)?.held.lock().incomplete.len() as i32;
    cx.set(0, NdArray::scalar(size))
}

fn clear_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    StagingMap::of(cx)?.held.change(|held| *held = Held::default());
    Ok(())
}

ops! {
    grad: Grad::Missing;
    MAP_STAGE "MapStage" shape_fn::no_outputs, put_kernel;
    MAP_UNSTAGE "MapUnstage" shape_fn::unknown, get_kernel;
    MAP_UNSTAGE_NO_KEY "MapUnstageNoKey" shape_fn::unknown, get_any_kernel;
    MAP_PEEK "MapPeek" shape_fn::unknown, peek_kernel;
    MAP_SIZE "MapSize" shape_fn::scalar, size_kernel;
    MAP_INCOMPLETE_SIZE "MapIncompleteSize" shape_fn::scalar, incomplete_size_kernel;
    MAP_CLEAR "MapClear" shape_fn::no_outputs, clear_kernel;
    ORDERED_MAP_STAGE "OrderedMapStage" shape_fn::no_outputs, put_kernel;
    ORDERED_MAP_UNSTAGE "OrderedMapUnstage" shape_fn::unknown, get_kernel;
    ORDERED_MAP_UNSTAGE_NO_KEY "OrderedMapUnstageNoKey" shape_fn::unknown, get_any_kernel;
    ORDERED_MAP_PEEK "OrderedMapPeek" shape_fn::unknown, peek_kernel;
    ORDERED_MAP_SIZE "OrderedMapSize" shape_fn::scalar, size_kernel;
    ORDERED_MAP_INCOMPLETE_SIZE "OrderedMapIncompleteSize" shape_fn::scalar, incomplete_size_kernel;
    ORDERED_MAP_CLEAR "OrderedMapClear" shape_fn::no_outputs, clear_kernel;
}
