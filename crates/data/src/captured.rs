//! `CapturedFunction`: a function of the library with the tensors it takes from outside.

use crate::pipeline::{Context, Element, Place, list, next_number};
use ferroflow_core::{Code, Error, FuncRef, FunctionInstance, KernelCtx, NdArray, Result, bail};
use std::sync::Arc;

/// A function and the values of its captured inputs.
#[derive(Clone)]
pub(crate) struct CapturedFunction {
    function: FuncRef,
    captured: Vec<NdArray>,
}

impl CapturedFunction {
    /// The function of an attribute, its captured inputs being the list at `position` of the signature.
    pub(crate) fn new(cx: &KernelCtx<'_>, attr: &str, position: usize) -> Result<CapturedFunction> {
        Ok(CapturedFunction { function: cx.func(attr)?.clone(), captured: list(cx, position)? })
    }

    /// The function, ready to be called.
    pub(crate) fn instantiate(&self, cx: Context<'_>) -> Result<ReadyFunction> {
        let Some(runner) = &cx.env.functions else {
            bail!(not_found, "Function {} is not defined", self.function.name)
        };
        let name = if self.function.attrs.is_empty() {
            self.function.name.clone()
        } else {
            format!("{:?}", self.function)
        };
        let instance = cx.functions.get_or_init(name, || runner.instance(&self.function))?;
        Ok(ReadyFunction { instance, captured: self.captured.clone() })
    }
}

/// A function that belongs to one iterator: what its random ops keep is that iterator's.
#[derive(Clone)]
pub(crate) struct ReadyFunction {
    instance: Arc<dyn FunctionInstance>,
    captured: Vec<NdArray>,
}

impl ReadyFunction {
    /// The function's results for an element.
    pub(crate) fn call(&self, mut arguments: Element, cx: Context<'_>) -> Result<Element> {
        arguments.extend(self.captured.iter().cloned());
        self.instance.call(arguments, cx.env)
    }

    /// The same within the iterator of this name, where the end of other data is not the end.
    pub(crate) fn call_in(&self, iterator: &str, arguments: Element, cx: Context<'_>) -> Result<Element> {
        self.call(arguments, cx).map_err(|error| not_the_end(iterator, error))
    }

    /// Whether calls must keep their order.
    pub(crate) fn is_stateful(&self) -> bool {
        self.instance.is_stateful()
    }
}

/// Who calls a function of the user, for messages.
pub(crate) struct Caller {
    /// The dataset's op, without its number.
    kind: &'static str,
    number: u64,
    /// The iterator's name.
    pub(crate) name: String,
}

impl Caller {
    /// The dataset that an op has just made; `place` is filled in by [`Caller::at`].
    pub(crate) fn new(cx: &KernelCtx<'_>) -> Caller {
        Caller { kind: cx.op().name, number: next_number(), name: String::new() }
    }

    /// The same within an iterator.
    pub(crate) fn at(&self, place: &Place<'_>, iterator: &str) -> Caller {
        Caller { kind: self.kind, number: self.number, name: place.name(iterator) }
    }

    /// An error of the user's function, with whose it is.
    fn with_context(&self, error: &Error) -> Error {
        let message = format!(
            "Error in user-defined function passed to {}:{} transformation with iterator: {}: {error}",
            self.kind, self.number, self.name
        );
        Error::new(error.code(), message)
    }

    /// The same; the end of other data is an error like any other.
    pub(crate) fn explain(&self, error: Error) -> Error {
        not_the_end(&self.name, self.with_context(&error))
    }

    /// What a function of an element gave: `None` where it met the end of other data, which is the end here, too, unless
    /// there have to be as many elements as before.
    pub(crate) fn result(
        &self,
        result: Result<Element>,
        context: Contexts,
        preserve: bool,
    ) -> Result<Option<Element>> {
        let error = match result {
            Ok(element) => return Ok(Some(element)),
            Err(error) => error,
        };
        let ended = error.code() == Code::OutOfRange;
        if ended && !preserve {
            return Ok(None);
        }
        let explained = match context {
            Contexts::Always => self.with_context(&error),
            Contexts::UnlessEnded if !ended => self.with_context(&error),
            Contexts::UnlessEnded | Contexts::Never => error,
        };
        if ended {
            bail!(invalid_argument, "Function invocation produced OutOfRangeError: {explained}");
        }
        Err(explained)
    }
}

/// Which errors of a function TensorFlow 2.21 says the iterator of.
#[derive(Clone, Copy)]
pub(crate) enum Contexts {
    /// All.
    Always,
    /// All but the end of other data.
    UnlessEnded,
    /// None.
    Never,
}

/// An error of a function within the iterator of this name, where the end of other data is not the end.
fn not_the_end(name: &str, error: Error) -> Error {
    if error.code() != Code::OutOfRange {
        return error;
    }
    Error::internal(format!(
        "Iterator \"{name}\" returned `OutOfRange`. This indicates an implementation error as `OutOfRange` errors are \
         not expected to be returned here. Original message: {error}"
    ))
}

/// Whether the only element of a predicate's only result is true; `refused` is said of anything else.
pub(crate) fn truth(results: &[NdArray], refused: &str) -> Result<bool> {
    match results {
        [only] if only.dtype() == ferroflow_core::DType::BOOL && only.len() == 1 => {
            Ok(only.as_slice::<bool>()?.first() == Some(&true))
        }
        _ => bail!(invalid_argument, "{refused}"),
    }
}
