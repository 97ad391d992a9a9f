//! `SavedFunction`: a function on its way into a SavedModel.

use crate::nest::Structure;
use crate::trackable::{Children, Trackable, TrackableKind};
use crate::{ConcreteFunction, Function, Nest, TensorSpec};
use ferroflow_core::Result;
use std::sync::Arc;

/// A function with its traces, as a SavedModel holds it; what [`Trackable::as_function`] gives. Functions and
/// concrete functions make it.
#[derive(Clone)]
pub struct SavedFunction {
    pub(crate) traces: Vec<SavedTrace>,
    /// What each argument may be, where that is fixed for all traces.
    pub(crate) input_signature: Option<Vec<TensorSpec>>,
    /// Whether it is a function that chooses among traces, or a trace by itself.
    pub(crate) polymorphic: bool,
}

/// A trace of a function.
#[derive(Clone)]
pub(crate) struct SavedTrace {
    pub(crate) traced: Arc<ferroflow_graph::ConcreteFunction>,
    pub(crate) specs: Vec<TensorSpec>,
    pub(crate) outputs: Vec<TensorSpec>,
    pub(crate) structure: Structure,
}

impl SavedTrace {
    pub(crate) fn of<R: Nest>(concrete: &ConcreteFunction<R>) -> SavedTrace {
        SavedTrace {
            traced: concrete.traced.clone(),
            specs: concrete.input_signature().to_vec(),
            outputs: concrete.output_signature(),
            structure: concrete.outputs.structure(),
        }
    }

    /// What the arguments are called: as their specifications say, or by position.
    pub(crate) fn argument_names(&self) -> Vec<String> {
        let named = self.specs.iter().enumerate();
        named.map(|(at, spec)| spec.name.clone().unwrap_or_else(|| format!("args_{at}"))).collect()
    }
}

impl<R: Nest> Trackable for ConcreteFunction<R> {
    fn children<'a>(&'a self, _children: &mut Children<'a>) {}

    fn kind(&self) -> TrackableKind {
        TrackableKind::Function
    }

    fn as_function(&self) -> Result<Option<SavedFunction>> {
        let traces = vec![SavedTrace::of(self)];
        Ok(Some(SavedFunction { traces, input_signature: None, polymorphic: false }))
    }
}

/// A SavedModel holds the traces made so far; a function with an input signature is traced for it if need be.
impl<R: Nest> Trackable for Function<'_, R> {
    fn children<'a>(&'a self, _children: &mut Children<'a>) {}

    fn kind(&self) -> TrackableKind {
        TrackableKind::Function
    }

    fn as_function(&self) -> Result<Option<SavedFunction>> {
        let traces = self.eager_traces()?.iter().map(SavedTrace::of).collect();
        let input_signature = self.input_signature().map(<[TensorSpec]>::to_vec);
        Ok(Some(SavedFunction { traces, input_signature, polymorphic: true }))
    }
}
