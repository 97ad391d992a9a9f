//! CacheDataset: elements that are kept once they were made.

use crate::file_cache::FileCache;
use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, input_dataset, publish, scalar};
use crate::readers::path;
use ferroflow_core::{KernelCtx, Result, TString, bail};
use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

/// What iterators that reach the end leave for later ones.
type Kept = Arc<Mutex<Option<Arc<Vec<Element>>>>>;

fn locked(kept: &Kept) -> std::sync::MutexGuard<'_, Option<Arc<Vec<Element>>>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Cache {
    input: Arc<dyn Dataset>,
    kept: Kept,
}

/// Makes the elements, and keeps them.
struct Writer {
    input: Option<Box<dyn Stream>>,
    made: Vec<Element>,
    kept: Kept,
}

/// Gives the elements that were kept.
struct Reader {
    elements: Arc<Vec<Element>>,
    next: usize,
}

impl Dataset for Cache {
    fn kind(&self) -> &'static str {
        "MemoryCache"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        if let Some(elements) = locked(&self.kept).clone() {
            return Ok(Box::new(Reader { elements, next: 0 }));
        }
        let input = place.input(&*self.input, &place.name("MemoryCacheImpl"))?;
        Ok(Box::new(Writer { input: Some(input), made: Vec::new(), kept: self.kept.clone() }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for Writer {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        if let Some(element) = input.next(cx)? {
            self.made.push(element.clone());
            return Ok(Some(element));
        }
        self.input = None;
        // Only a pass that has reached the end is of use to others; the first one counts.
        locked(&self.kept).get_or_insert(Arc::new(std::mem::take(&mut self.made)));
        Ok(None)
    }
}

impl Stream for Reader {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        let element = self.elements.get(self.next).cloned();
        self.next = self.next.saturating_add(1);
        Ok(element)
    }
}

fn cache_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = input_dataset(cx, 0)?;
    let filename: TString = scalar(cx, 1, "filename")?;
    if !filename.is_empty() {
        let Ok(prefix) = filename.to_str() else {
            bail!(invalid_argument, "the name of a file must be UTF-8")
        };
        return publish(cx, FileCache { input, prefix: path(prefix) });
    }
    publish(cx, Cache { input, kept: Kept::default() })
}

dataset_op!(CACHE_DATASET "CacheDataset" cache_kernel, crate::dataset_of_scalars);
dataset_op!(CACHE_DATASET_V2 "CacheDatasetV2" cache_kernel, crate::dataset_of_scalars);
