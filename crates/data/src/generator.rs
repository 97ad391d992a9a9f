//! GeneratorDataset: elements that functions make, from a first state to the end they announce.

use crate::captured::{CapturedFunction, ReadyFunction};
use crate::pipeline::{
    Context, Dataset, Element, Functions, Place, Specs, Stream, UNKNOWN, lasting, publish,
};
use ferroflow_core::{Code, Env, KernelCtx, Result};
use std::any::Any;

struct Generator {
    init: CapturedFunction,
    next: CapturedFunction,
    finalize: CapturedFunction,
    specs: Specs,
}

struct GeneratorStream {
    init: ReadyFunction,
    next: ReadyFunction,
    finalize: ReadyFunction,
    /// What the first function gave, until the end.
    state: Option<Element>,
    begun: bool,
    env: Env,
    functions: Functions,
}

impl Dataset for Generator {
    fn kind(&self) -> &'static str {
        "Generator"
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(GeneratorStream {
            init: self.init.instantiate(place.cx)?,
            next: self.next.instantiate(place.cx)?,
            finalize: self.finalize.instantiate(place.cx)?,
            state: None,
            begun: false,
            env: lasting(place.cx.env),
            functions: place.cx.functions.clone(),
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for GeneratorStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        if !self.begun {
            self.state = Some(self.init.call(Vec::new(), cx)?);
            self.begun = true;
        }
        let Some(state) = &self.state else { return Ok(None) };
        match self.next.call(state.clone(), cx) {
            Ok(element) => Ok(Some(element)),
            // So the function says that there is nothing more.
            Err(error) if error.code() == Code::OutOfRange => {
                let state = self.state.take().unwrap_or_default();
                self.finalize.call(state, cx)?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for GeneratorStream {
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            // Nobody is left to hear of an error.
            let _ = self.finalize.call(state, Context { env: &self.env, functions: &self.functions });
        }
    }
}

fn generator_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let init = CapturedFunction::new(cx, "init_func", 0)?;
    let next = CapturedFunction::new(cx, "next_func", 1)?;
    let finalize = CapturedFunction::new(cx, "finalize_func", 2)?;
    let specs = Specs::from_attrs(cx)?;
    publish(cx, Generator { init, next, finalize, specs })
}

dataset_op!(GENERATOR_DATASET "GeneratorDataset" generator_kernel);
