//! RebatchDataset, RebatchDatasetV2: batches cut and joined to batches of other sizes.

use crate::batch::{NO_SCALARS, row_count};
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar, vector,
};
use crate::rows::{joined_rows, rows};
use ferroflow_core::{KernelCtx, NdArray, Result, Shape, bail, ensure};
use std::any::Any;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// Batches in so many parts each, of which the last may be smaller, or empty.
struct Parts {
    input: Arc<dyn Dataset>,
    count: usize,
    specs: Specs,
}

struct PartsStream {
    input: Box<dyn Stream>,
    count: usize,
    current: Element,
    /// The number of the next part; 0 where another batch is needed.
    next: usize,
}

impl Dataset for Parts {
    fn kind(&self) -> &'static str {
        "Rebatch"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let input = place.input(&*self.input, &place.name(self.kind()))?;
        Ok(Box::new(PartsStream { input, count: self.count, current: Vec::new(), next: 0 }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for PartsStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        if self.next == 0 {
            let Some(element) = self.input.next(cx)? else { return Ok(None) };
            if let Some(index) = element.iter().position(|component| component.rank() == 0) {
                bail!(
                    invalid_argument,
                    "Cannot rebatch dataset: All components must have at least one dimension. Perhaps your input dataset \
                     is not batched? Component {index} is scalar."
                );
            }
            self.current = element;
        }
        let number = self.next;
        self.next = (number + 1) % self.count;
        // Components of different sizes are cut each by its own.
        let part = |component: &NdArray| {
            let size = component.shape().dims()[0];
            let length = size.div_ceil(self.count);
            let end = number.saturating_add(1).saturating_mul(length).min(size);
            rows(component, number.saturating_mul(length).min(end)..end)
        };
        self.current.iter().map(part).collect::<Result<_>>().map(Some)
    }
}

/// Batches of given sizes, in turn.
struct Rebatch {
    input: Arc<dyn Dataset>,
    sizes: Vec<usize>,
    drop_remainder: bool,
    specs: Specs,
}

struct RebatchStream {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    sizes: VecDeque<usize>,
    drop_remainder: bool,
    /// An element without rows.
    empty: Result<Element>,
    /// Rows that are left of the last batch.
    current: Element,
    left: Range<usize>,
}

impl Dataset for Rebatch {
    fn kind(&self) -> &'static str {
        "RebatchV2"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(RebatchStream {
            input: Some(place.input(&*self.input, &place.name(self.kind()))?),
            sizes: self.sizes.clone().into(),
            drop_remainder: self.drop_remainder,
            empty: without_rows(&self.specs),
            current: Vec::new(),
            left: 0..0,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An element of no rows; dimensions that are not known are none, too.
fn without_rows(specs: &Specs) -> Result<Element> {
    let component = |(dtype, shape): (&_, &ferroflow_core::PartialShape)| {
        let mut dims: Vec<usize> = match shape.dims() {
            Some(dims) => dims.iter().map(|dim| dim.unwrap_or(0)).collect(),
            None => vec![0],
        };
        match dims.first_mut() {
            Some(rows) => *rows = 0,
            None => bail!(invalid_argument, "{NO_SCALARS}"),
        }
        NdArray::zeros(*dtype, Shape::new(&dims)?)
    };
    specs.types.iter().zip(&specs.shapes).map(component).collect()
}

impl Stream for RebatchStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(&size) = self.sizes.front() else { return Ok(None) };
        if self.input.is_none() && self.left.is_empty() {
            return Ok(None);
        }
        let mut pieces: Vec<(Element, Range<usize>)> = Vec::new();
        let mut found = 0;
        while found < size {
            if self.left.is_empty() {
                let Some(input) = &mut self.input else { break };
                cx.env.check()?;
                let Some(batch) = input.next(cx)? else {
                    self.input = None;
                    break;
                };
                self.left = 0..row_count(&batch)?;
                self.current = batch;
            }
            let taken = self.left.len().min(size - found);
            let piece = self.left.start..self.left.start + taken;
            self.left.start = piece.end;
            found += taken;
            // A batch without rows counts: it is what there is to give where nothing else comes.
            pieces.push((self.current.clone(), piece));
        }
        self.sizes.rotate_left(1);
        if found < size && (found == 0 || self.drop_remainder) {
            self.left = 0..0;
            self.input = None;
            return Ok(None);
        }
        if size == 0 {
            return self.empty.clone().map(Some);
        }
        let count = pieces.first().map_or(0, |(element, _)| element.len());
        let component = |index: usize| {
            let parts = pieces.iter().map(|(element, range)| (&element[index], range.clone()));
            joined_rows(&parts.collect::<Vec<_>>())
        };
        (0..count).map(component).collect::<Result<_>>().map(Some)
    }
}

fn parts_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let count: i64 = scalar(cx, 1, "num_replicas")?;
    ensure!(count > 0, invalid_argument, "num_replicas must be greater than zero.");
    publish(cx, Parts { input, count: usize::try_from(count).unwrap_or(usize::MAX), specs })
}

fn rebatch_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let sizes = vector::<i64>(cx, 1, "batch_sizes")?;
    // TensorFlow 2.21 crashes once a batch of either is asked for.
    ensure!(!sizes.is_empty(), invalid_argument, "`batch_sizes` must not be empty.");
    let size = |size: &i64| match usize::try_from(*size) {
        Ok(size) => Ok(size),
        Err(_) => bail!(invalid_argument, "`batch_sizes` must be >= 0, got {size}."),
    };
    let sizes = sizes.iter().map(size).collect::<Result<Vec<_>>>()?;
    let drop_remainder = scalar(cx, 2, "drop_remainder")?;
    publish(cx, Rebatch { input, sizes, drop_remainder, specs })
}

dataset_op!(REBATCH_DATASET "RebatchDataset" parts_kernel);
dataset_op!(EXPERIMENTAL_REBATCH_DATASET "ExperimentalRebatchDataset" parts_kernel);
dataset_op!(REBATCH_DATASET_V2 "RebatchDatasetV2" rebatch_kernel);
