//! GroupByWindowDataset: elements gathered by keys, and a dataset made of each full group.

use crate::captured::{CapturedFunction, ReadyFunction};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, from_variant, input_dataset, publish,
    to_variant,
};
use crate::window::Held;
use ferroflow_core::{KernelCtx, NdArray, Result, bail, ensure};
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

struct GroupByWindow {
    input: Arc<dyn Dataset>,
    key: CapturedFunction,
    reduce: CapturedFunction,
    window_size: CapturedFunction,
    specs: Specs,
}

struct GroupStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    specs: Specs,
    key: ReadyFunction,
    reduce: ReadyFunction,
    window_size: ReadyFunction,
    /// The name of the iterator.
    name: String,
    sizes: HashMap<i64, usize>,
    /// Groups that are not full, in the order of their keys: so they come at the end.
    groups: BTreeMap<i64, Vec<Element>>,
    current: Option<Box<dyn Stream>>,
}

impl Dataset for GroupByWindow {
    fn kind(&self) -> &'static str {
        "GroupByWindow"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let name = place.name("GroupByWindow");
        Ok(Box::new(GroupStream {
            input: Some(place.input(&*self.input, &name)?),
            specs: self.input.specs().clone(),
            key: self.key.instantiate(place.cx)?,
            reduce: self.reduce.instantiate(place.cx)?,
            window_size: self.window_size.instantiate(place.cx)?,
            name,
            sizes: HashMap::new(),
            groups: BTreeMap::new(),
            current: None,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The only number of a function's results.
pub(crate) fn number(results: &[NdArray], function: &str) -> Result<i64> {
    match results {
        [only] if only.len() == 1 && only.dtype() == ferroflow_core::DType::INT64 => only.item::<i64>(),
        _ => bail!(invalid_argument, "`{function}` must return a scalar int64."),
    }
}

impl GroupStream {
    /// Puts an element to those of its key; the key, where the group is full now.
    fn gather(&mut self, element: Element, cx: Context<'_>) -> Result<Option<i64>> {
        let key = number(&self.key.call_in(&self.name, element.clone(), cx)?, "key_func")?;
        let size = match self.sizes.get(&key) {
            Some(size) => *size,
            None => {
                let found = self.window_size.call_in(&self.name, vec![NdArray::scalar(key)], cx)?;
                let size = number(&found, "window_size_func")?;
                ensure!(size > 0, invalid_argument, "Window size must be greater than zero, but got {size}.");
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                self.sizes.insert(key, size);
                size
            }
        };
        let group = self.groups.entry(key).or_default();
        group.push(element);
        Ok((group.len() >= size).then_some(key))
    }

    /// Begins to give out what the function makes of a group.
    fn open(&mut self, key: i64, cx: Context<'_>) -> Result<()> {
        let group = Held {
            elements: Arc::new(self.groups.remove(&key).unwrap_or_default()),
            specs: self.specs.clone(),
        };
        let arguments = vec![NdArray::scalar(key), to_variant(Arc::new(group))];
        let results = self.reduce.call_in(&self.name, arguments, cx)?;
        let [only] = results.as_slice() else {
            bail!(invalid_argument, "`reduce_func` must return a single scalar of dtype DT_VARIANT.")
        };
        let dataset = from_variant(only)?;
        self.current = Some(Place { prefix: "", cx }.input(&*dataset, &self.name)?);
        Ok(())
    }
}

impl Stream for GroupStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(element) = current.next(cx)? {
                    return Ok(Some(element));
                }
                self.current = None;
            }
            let full = match &mut self.input {
                Some(input) => match input.next(cx)? {
                    Some(element) => self.gather(element, cx)?,
                    None => {
                        self.input = None;
                        None
                    }
                },
                None => match self.groups.keys().next() {
                    Some(first) => Some(*first),
                    None => return Ok(None),
                },
            };
            if let Some(key) = full {
                self.open(key, cx)?;
            }
            cx.env.check()?;
        }
    }
}

fn group_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let key = CapturedFunction::new(cx, "key_func", 1)?;
    let reduce = CapturedFunction::new(cx, "reduce_func", 2)?;
    let window_size = CapturedFunction::new(cx, "window_size_func", 3)?;
    publish(cx, GroupByWindow { input, key, reduce, window_size, specs })
}

dataset_op!(GROUP_BY_WINDOW_DATASET "GroupByWindowDataset" group_kernel);
dataset_op!(EXPERIMENTAL_GROUP_BY_WINDOW_DATASET "ExperimentalGroupByWindowDataset" group_kernel);
