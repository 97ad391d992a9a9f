//! WindowDataset: datasets of neighbouring elements; WindowOp: a dataset of the elements at hand.

use crate::pipeline::{
    Context, Dataset, Element, INFINITE, Place, Specs, Stream, UNKNOWN, input_dataset, list, publish, scalar,
    to_variant,
};
use ferroflow_core::{KernelCtx, PartialShape, Result, ensure};
use std::any::Any;
use std::collections::VecDeque;
use std::sync::Arc;

/// Where windows lie.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) size: i64,
    pub(crate) shift: i64,
    pub(crate) stride: i64,
    pub(crate) drop_remainder: bool,
}

/// Windows over a dataset: each component of an element is a dataset of its own.
struct Window {
    input: Arc<dyn Dataset>,
    sizes: Sizes,
    specs: Specs,
}

struct WindowStream {
    windows: Windows,
    specs: Specs,
}

impl Sizes {
    /// From the first to the last element of a window.
    fn reach(self) -> i64 {
        (self.size - 1).saturating_mul(self.stride).saturating_add(1)
    }
}

impl Dataset for Window {
    fn kind(&self) -> &'static str {
        "Window"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        let Sizes { shift, drop_remainder, .. } = self.sizes;
        match self.input.cardinality() {
            elements @ (INFINITE | UNKNOWN) => elements,
            elements if drop_remainder => {
                let starts = elements.saturating_sub(self.sizes.reach());
                if starts < 0 { 0 } else { starts / shift + 1 }
            }
            elements => elements / shift + i64::from(elements % shift != 0),
        }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let input = place.input(&*self.input, &place.name("Window"))?;
        let windows = Windows::new(input, self.sizes);
        Ok(Box::new(WindowStream { windows, specs: self.input.specs().clone() }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The windows over a stream, one after the other.
pub(crate) struct Windows {
    /// `None` once it has ended.
    input: Option<Box<dyn Stream>>,
    reach: usize,
    size: usize,
    shift: usize,
    stride: usize,
    drop_remainder: bool,
    buffer: VecDeque<Element>,
    /// Elements to pass over before the next window, where windows do not touch.
    gap: usize,
}

impl Windows {
    pub(crate) fn new(input: Box<dyn Stream>, sizes: Sizes) -> Windows {
        let size = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
        Windows {
            input: Some(input),
            reach: size(sizes.reach()),
            size: size(sizes.size),
            shift: size(sizes.shift),
            stride: size(sizes.stride),
            drop_remainder: sizes.drop_remainder,
            buffer: VecDeque::new(),
            gap: 0,
        }
    }

    /// The elements of the next window; none at the end.
    pub(crate) fn next(&mut self, cx: Context<'_>) -> Result<Vec<Element>> {
        while let Some(input) = &mut self.input
            && self.buffer.len() < self.reach
        {
            match input.next(cx)? {
                Some(_) if self.gap > 0 => self.gap -= 1,
                Some(element) => self.buffer.push_back(element),
                None => self.input = None,
            }
        }
        if self.drop_remainder && self.buffer.len() < self.reach {
            return Ok(Vec::new());
        }
        let chosen = self.buffer.iter().step_by(self.stride).take(self.size).cloned().collect();
        let passed = self.shift.min(self.buffer.len());
        self.buffer.drain(..passed);
        self.gap = self.shift - passed;
        Ok(chosen)
    }
}

impl Stream for WindowStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let chosen = self.windows.next(cx)?;
        if chosen.is_empty() {
            return Ok(None);
        }
        let mut window = Vec::new();
        for (position, (dtype, shape)) in self.specs.types.iter().zip(&self.specs.shapes).enumerate() {
            let elements =
                chosen.iter().filter_map(|element| Some(vec![element.get(position)?.clone()])).collect();
            let specs = Specs { types: vec![*dtype], shapes: vec![shape.clone()] };
            window.push(to_variant(Arc::new(Held { elements: Arc::new(elements), specs })));
        }
        Ok(Some(window))
    }
}

/// Elements that are at hand.
pub(crate) struct Held {
    pub(crate) elements: Arc<Vec<Element>>,
    pub(crate) specs: Specs,
}

struct HeldStream {
    elements: Arc<Vec<Element>>,
    next: usize,
}

impl Dataset for Held {
    fn kind(&self) -> &'static str {
        "Window"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        self.elements.len() as i64
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(HeldStream { elements: self.elements.clone(), next: 0 }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for HeldStream {
    fn next(&mut self, _cx: Context<'_>) -> Result<Option<Element>> {
        let element = self.elements.get(self.next).cloned();
        self.next = self.next.saturating_add(1);
        Ok(element)
    }
}

fn window_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = input_dataset(cx, 0)?;
    let positive = |index: usize, name: &str, what: &str| -> Result<i64> {
        let value = scalar(cx, index, name)?;
        ensure!(value > 0, invalid_argument, "Window {what} must be greater than zero.");
        Ok(value)
    };
    let (size, shift) = (positive(1, "size", "size")?, positive(2, "shift", "shift")?);
    let stride = positive(3, "stride", "stride")?;
    let drop_remainder = scalar(cx, 4, "drop_remainder")?;
    let count = input.specs().types.len();
    let specs = Specs {
        types: vec![ferroflow_core::DType::VARIANT; count],
        shapes: vec![PartialShape::scalar(); count],
    };
    publish(cx, Window { input, sizes: Sizes { size, shift, stride, drop_remainder }, specs })
}

/// A window of the inputs, as many at a time as an element has components; what is left over is no element.
fn window_op_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let specs =
        Specs { types: cx.dtypes("output_types")?.to_vec(), shapes: cx.shapes("output_shapes")?.to_vec() };
    let components = list(cx, 0)?;
    let elements = components.chunks_exact(specs.shapes.len().max(1)).map(<[_]>::to_vec).collect();
    publish(cx, Held { elements: Arc::new(elements), specs })
}

dataset_op!(WINDOW_OP "WindowOp" window_op_kernel);
dataset_op!(WINDOW_DATASET "WindowDataset" window_kernel, crate::dataset_of_scalars);
