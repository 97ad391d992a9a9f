//! GroupByReducerDataset: a state for each key, which the elements of that key change; in the end, what comes of each.

use crate::captured::{CapturedFunction, ReadyFunction};
use crate::group_by_window::number;
use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish};
use ferroflow_core::{KernelCtx, NdArray, Result};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

struct GroupByReducer {
    input: Arc<dyn Dataset>,
    key: CapturedFunction,
    init: CapturedFunction,
    reduce: CapturedFunction,
    finalize: CapturedFunction,
    specs: Specs,
}

struct ReducerStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    key: ReadyFunction,
    init: ReadyFunction,
    reduce: ReadyFunction,
    finalize: ReadyFunction,
    /// The name of the iterator.
    name: String,
    /// The states by their keys, in whose order they are given out.
    states: BTreeMap<i64, Element>,
}

impl Dataset for GroupByReducer {
    fn kind(&self) -> &'static str {
        "GroupByReducer"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let name = place.name("GroupByReducer");
        Ok(Box::new(ReducerStream {
            input: Some(place.input(&*self.input, &name)?),
            key: self.key.instantiate(place.cx)?,
            init: self.init.instantiate(place.cx)?,
            reduce: self.reduce.instantiate(place.cx)?,
            finalize: self.finalize.instantiate(place.cx)?,
            name,
            states: BTreeMap::new(),
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl ReducerStream {
    fn gather(&mut self, element: Element, cx: Context<'_>) -> Result<()> {
        let key = number(&self.key.call_in(&self.name, element.clone(), cx)?, "key_func")?;
        let mut arguments = match self.states.remove(&key) {
            Some(state) => state,
            None => self.init.call_in(&self.name, vec![NdArray::scalar(key)], cx)?,
        };
        arguments.extend(element);
        let state = self.reduce.call_in(&self.name, arguments, cx)?;
        self.states.insert(key, state);
        Ok(())
    }
}

impl Stream for ReducerStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        while let Some(input) = &mut self.input {
            match input.next(cx)? {
                Some(element) => self.gather(element, cx)?,
                None => self.input = None,
            }
            cx.env.check()?;
        }
        match self.states.pop_first() {
            Some((_, state)) => self.finalize.call_in(&self.name, state, cx).map(Some),
            None => Ok(None),
        }
    }
}

fn group_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let key = CapturedFunction::new(cx, "key_func", 1)?;
    let init = CapturedFunction::new(cx, "init_func", 2)?;
    let reduce = CapturedFunction::new(cx, "reduce_func", 3)?;
    let finalize = CapturedFunction::new(cx, "finalize_func", 4)?;
    publish(cx, GroupByReducer { input, key, init, reduce, finalize, specs })
}

dataset_op!(GROUP_BY_REDUCER_DATASET "GroupByReducerDataset" group_kernel);
dataset_op!(EXPERIMENTAL_GROUP_BY_REDUCER_DATASET "ExperimentalGroupByReducerDataset" group_kernel);
