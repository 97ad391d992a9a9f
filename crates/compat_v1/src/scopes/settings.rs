//! What variable scopes hand down to variables: whether names are shared, regularizers, getters.

use super::GetVariableOptions;
use crate::variables::Variable;
use ferroflow_core::{DType, PartialShape, Result, Tensor};
use std::fmt;
use std::sync::Arc;

/// Whether [`get_variable`](crate::get_variable) may, or must, give a variable that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    /// What the scope around says; outside of all scopes, [`Reuse::Never`].
    #[default]
    Inherit,
    /// Variables are new.
    Never,
    /// Variables exist.
    Always,
    /// Variables exist, or are made.
    Auto,
}

/// Variables exist, or are made ([`Reuse::Auto`]).
pub const AUTO_REUSE: Reuse = Reuse::Auto;

impl From<bool> for Reuse {
    fn from(reuse: bool) -> Reuse {
        if reuse { Reuse::Always } else { Reuse::Never }
    }
}

type Regularize = dyn Fn(&Variable) -> Result<Option<Tensor>> + Send + Sync;

/// Computes a loss that keeps a variable small.
#[derive(Clone)]
pub struct Regularizer(pub(super) Arc<Regularize>);

impl Regularizer {
    /// A regularizer that always gives a loss.
    pub fn new(loss: impl Fn(&Variable) -> Result<Tensor> + Send + Sync + 'static) -> Regularizer {
        Regularizer(Arc::new(move |variable| loss(variable).map(Some)))
    }

    /// The loss of a variable.
    pub(crate) fn loss(&self, variable: &Variable) -> Result<Option<Tensor>> {
        (self.0)(variable)
    }

    /// No loss, whatever the scopes around say (`tf.no_regularizer`).
    pub fn none() -> Regularizer {
        Regularizer(Arc::new(|_| Ok(None)))
    }
}

/// Gives the variable of this full name.
pub type Getter<'a> = dyn Fn(&str, GetVariableOptions) -> Result<Variable> + 'a;

type Custom = dyn Fn(&Getter<'_>, &str, GetVariableOptions) -> Result<Variable> + Send + Sync;

/// Stands between [`get_variable`](crate::get_variable) and the variables: it may change names and options, or wrap
/// what it gets.
#[derive(Clone)]
pub struct CustomGetter(pub(super) Arc<Custom>);

impl CustomGetter {
    /// A getter that this closure describes; the getter it is given makes, or finds, variables.
    pub fn new(
        custom: impl Fn(&Getter<'_>, &str, GetVariableOptions) -> Result<Variable> + Send + Sync + 'static,
    ) -> CustomGetter {
        CustomGetter(Arc::new(custom))
    }

    /// This getter, around an outer scope's.
    pub(super) fn around(self, outer: Option<CustomGetter>) -> CustomGetter {
        match outer {
            None => self,
            Some(outer) => CustomGetter::new(move |getter, name, options| {
                (self.0)(&|name, options| (outer.0)(getter, name, options), name, options)
            }),
        }
    }
}

type Partition = dyn Fn(&PartialShape, DType) -> Vec<usize> + Send + Sync;

/// Says how many parts a variable is split into, by dimension. Variables in parts are not supported: asking for one
/// is an error.
#[derive(Clone)]
pub struct Partitioner(pub(super) Arc<Partition>);

impl Partitioner {
    /// A partitioner that this closure describes.
    pub fn new(parts: impl Fn(&PartialShape, DType) -> Vec<usize> + Send + Sync + 'static) -> Partitioner {
        Partitioner(Arc::new(parts))
    }

    /// Into how many parts a variable of this shape is split, by dimension.
    pub fn parts(&self, shape: &PartialShape, dtype: DType) -> Vec<usize> {
        (self.0)(shape, dtype)
    }
}

macro_rules! opaque {
    ($($name:ident)*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        })*
    };
}

opaque!(Regularizer CustomGetter Partitioner);
