//! What layers are given besides numbers: names, activations, whether they train.

use ferroflow_core::{Result, Tensor};
use std::fmt;
use std::rc::Rc;

type Map = Rc<dyn Fn(&Tensor) -> Result<Tensor>>;

/// What a layer does to its result; by default nothing.
#[derive(Clone, Default)]
pub struct Activation(Option<Map>);

impl Activation {
    /// Nothing.
    pub fn linear() -> Activation {
        Activation(None)
    }

    pub(crate) fn apply(&self, x: Tensor) -> Result<Tensor> {
        match &self.0 {
            Some(function) => function(&x),
            None => Ok(x),
        }
    }
}

impl<F: Fn(&Tensor) -> Result<Tensor> + 'static> From<F> for Activation {
    fn from(function: F) -> Activation {
        Activation(Some(Rc::new(function)))
    }
}

impl fmt::Debug for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Activation")
    }
}

/// Makes a loss of a layer's result; by default there is none.
#[derive(Clone, Default)]
pub struct ActivityRegularizer(pub(crate) Option<Map>);

impl<F: Fn(&Tensor) -> Result<Tensor> + 'static> From<F> for ActivityRegularizer {
    fn from(function: F) -> ActivityRegularizer {
        ActivityRegularizer(Some(Rc::new(function)))
    }
}

impl fmt::Debug for ActivityRegularizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ActivityRegularizer")
    }
}

/// What a layer's variable scope is called; by default after the layer, made unique.
#[derive(Clone, Debug, Default)]
pub struct LayerName(pub(crate) Option<String>);

impl From<&str> for LayerName {
    fn from(name: &str) -> LayerName {
        LayerName(Some(name.to_string()))
    }
}

impl From<String> for LayerName {
    fn from(name: String) -> LayerName {
        LayerName(Some(name))
    }
}

/// Whether a layer trains: known now, or when the graph runs.
#[derive(Clone, Debug)]
pub enum Training {
    /// Known now.
    Known(bool),
    /// A boolean of the graph.
    Tensor(Tensor),
}

impl From<bool> for Training {
    fn from(training: bool) -> Training {
        Training::Known(training)
    }
}

impl From<&Tensor> for Training {
    fn from(training: &Tensor) -> Training {
        Training::Tensor(training.clone())
    }
}

impl From<Tensor> for Training {
    fn from(training: Tensor) -> Training {
        Training::Tensor(training)
    }
}

impl Training {
    /// What `when` gives where the layer trains, else what `unless` gives.
    pub(crate) fn select<R: ferroflow_v2::Nest>(
        &self,
        when: impl FnMut() -> Result<R>,
        unless: impl FnMut() -> Result<R>,
    ) -> Result<R> {
        let (mut when, mut unless) = (when, unless);
        match self {
            Training::Known(true) => when(),
            Training::Known(false) => unless(),
            Training::Tensor(training) => crate::cond(training, when, unless),
        }
    }
}
