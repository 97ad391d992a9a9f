//! AssertCardinalityDataset, IgnoreErrorsDataset: the same elements, counted, or without those that cannot be made.

use crate::pipeline::{
    Context, Dataset, Element, INFINITE, Place, Specs, Stream, UNKNOWN, input_dataset, publish, scalar,
};
use ferroflow_core::{KernelCtx, Result, bail, ensure};
use std::any::Any;
use std::sync::Arc;

/// Elements that have to be as many as was said.
struct AssertCardinality {
    input: Arc<dyn Dataset>,
    expected: i64,
}

struct Counted {
    input: Box<dyn Stream>,
    expected: i64,
    seen: i64,
}

impl Dataset for AssertCardinality {
    fn kind(&self) -> &'static str {
        "AssertCardinality"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        self.expected
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let input = place.input(&*self.input, &place.name("AssertCardinality"))?;
        Ok(Box::new(Counted { input, expected: self.expected, seen: 0 }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A number of elements in words.
fn elements(count: i64) -> String {
    format!("{count} element{}", if count == 1 { "" } else { "s" })
}

impl Stream for Counted {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let expected = match self.expected {
            INFINITE => "an infinite number of elements".to_string(),
            count => elements(count),
        };
        let Some(element) = self.input.next(cx)? else {
            ensure!(
                self.seen == self.expected,
                failed_precondition,
                "Input dataset was expected to contain {expected} but contained only {}.",
                elements(self.seen)
            );
            return Ok(None);
        };
        self.seen = self.seen.saturating_add(1);
        ensure!(
            self.expected == INFINITE || self.seen <= self.expected,
            failed_precondition,
            "Input dataset was expected to contain {expected} but contained at least {}.",
            elements(self.seen)
        );
        Ok(Some(element))
    }
}

fn assert_cardinality_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, expected) = (input_dataset(cx, 0)?, scalar::<i64>(cx, 1, "cardinality")?);
    publish(cx, AssertCardinality { input, expected })
}

/// The elements that can be made.
struct IgnoreErrors {
    input: Arc<dyn Dataset>,
}

struct Made(Box<dyn Stream>);

impl Dataset for IgnoreErrors {
    fn kind(&self) -> &'static str {
        "IgnoreErrors"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(Made(place.input(&*self.input, &place.name("IgnoreErrors"))?)))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for Made {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            match self.0.next(cx) {
                Ok(element) => return Ok(element),
                // A run that is over asks for no further elements.
                Err(_) => cx.env.check()?,
            }
        }
    }
}

fn ignore_errors_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if cx.bool("log_warning")? {
        bail!(unimplemented, "IgnoreErrorsDataset with log_warning: warnings go nowhere")
    }
    let input = input_dataset(cx, 0)?;
    publish(cx, IgnoreErrors { input })
}

dataset_op!(ASSERT_CARDINALITY_DATASET "AssertCardinalityDataset" assert_cardinality_kernel, crate::dataset_of_scalars);
dataset_op!(EXPERIMENTAL_IGNORE_ERRORS_DATASET "ExperimentalIgnoreErrorsDataset" ignore_errors_kernel);
dataset_op!(IGNORE_ERRORS_DATASET "IgnoreErrorsDataset" ignore_errors_kernel);
