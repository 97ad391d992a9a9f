//! `WeightSpec`: what a layer is told about one of its weights.

use crate::constraints::OptionalConstraint;
use crate::initializers::{GlorotUniform, Initializer, Zeros};
use crate::regularizers::OptionalRegularizer;
use std::sync::Arc;

/// Initializers as layers keep them.
pub(super) type Shared = Arc<dyn Initializer>;

/// What the options of a layer say about a weight.
#[derive(Default)]
pub(super) struct GivenWeight {
    pub(super) initializer: Option<Box<dyn Initializer>>,
    pub(super) regularizer: OptionalRegularizer,
    pub(super) constraint: OptionalConstraint,
}

/// What a layer knows about a weight that it will make.
pub(super) struct WeightSpec {
    pub(super) initializer: Shared,
    pub(super) regularizer: OptionalRegularizer,
    pub(super) constraint: OptionalConstraint,
}

impl GivenWeight {
    /// The same with an initializer in any case, and its seed drawn, as Keras draws it when the layer is made.
    pub(super) fn settled(self, default: fn() -> Shared) -> WeightSpec {
        let initializer = self.initializer.map_or_else(default, Arc::from);
        initializer.settle();
        WeightSpec { initializer, regularizer: self.regularizer, constraint: self.constraint }
    }
}

pub(super) fn glorot_uniform() -> Shared {
    Arc::new(GlorotUniform::default())
}

pub(super) fn zeros() -> Shared {
    Arc::new(Zeros::default())
}

/// The methods of a layer's options that say something about one weight, which stands in the field `$field`.
macro_rules! weight_options {
    ($options:ty: $field:ident, $what:literal, $default:literal,
     $initializer:ident, $regularizer:ident, $constraint:ident) => {
        impl $options {
            #[doc = concat!("What the ", $what, " begins with; ", $default, " by default.")]
            pub fn $initializer(
                mut self,
                initializer: impl Into<Box<dyn crate::initializers::Initializer>>,
            ) -> $options {
                self.$field.initializer = Some(initializer.into());
                self
            }

            #[doc = concat!("What the ", $what, " adds to the loss; nothing by default.")]
            pub fn $regularizer(
                mut self,
                regularizer: impl Into<crate::regularizers::OptionalRegularizer>,
            ) -> $options {
                self.$field.regularizer = regularizer.into();
                self
            }

            #[doc = concat!("What is made of the ", $what, " after each step; nothing by default.")]
            pub fn $constraint(
                mut self,
                constraint: impl Into<crate::constraints::OptionalConstraint>,
            ) -> $options {
                self.$field.constraint = constraint.into();
                self
            }
        }
    };
}

/// The method of a layer's options that says what its outputs add to the loss.
macro_rules! activity_option {
    ($options:ty) => {
        impl $options {
            /// What the outputs add to the loss, divided by the size of the batch; nothing by default.
            pub fn activity_regularizer(
                mut self,
                regularizer: impl Into<crate::regularizers::OptionalRegularizer>,
            ) -> $options {
                self.layer.activity_regularizer = regularizer.into();
                self
            }
        }
    };
}

pub(super) use {activity_option, weight_options};
