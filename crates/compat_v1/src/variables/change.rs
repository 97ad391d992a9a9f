//! Changing variables, as functions and as methods.

use super::properties::lacks;
use super::{Assigned, Kind, PartitionedVariable, Variable};
use crate::mode::facade;
use ferroflow_core::{Error, IndexedSlices, IntoOperand, Op, Operand, Result, Tensor, convert_to_tensor};
use ferroflow_ops_state as state;

/// The variable after it was given another value.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let v = tf::Variable::new(1)?;
/// let seven = tf::assign(&v, 7)?;
/// assert_eq!(tf::Session::new()?.run(&seven)?.item::<i32>()?, 7);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`Variable::assign`].
pub fn assign(variable: &Variable, value: impl IntoOperand) -> Result<Assigned> {
    assign_with(variable, value, true)
}

/// The variable after it was given another value, which of a reference variable may have another shape unless
/// `validate_shape`.
///
/// # Errors
/// As [`Variable::assign`].
pub fn assign_with(variable: &Variable, value: impl IntoOperand, validate_shape: bool) -> Result<Assigned> {
    facade(|| match &variable.0 {
        Kind::Reference(reference) => {
            state::assign(reference.tensor(), value, validate_shape).map(Assigned::Reference)
        }
        Kind::Resource(resource) => resource.assign(value).map(Assigned::of_resource),
        Kind::Partitioned(whole) => Err(in_parts(whole, "assign")),
    })
}

/// The variable after this was added to it.
///
/// # Errors
/// As [`Variable::assign_add`].
pub fn assign_add(variable: &Variable, value: impl IntoOperand) -> Result<Assigned> {
    variable.assign_add(value)
}

/// The variable after this was subtracted from it.
///
/// # Errors
/// As [`Variable::assign_sub`].
pub fn assign_sub(variable: &Variable, value: impl IntoOperand) -> Result<Assigned> {
    variable.assign_sub(value)
}

/// The value of a variable before it is incremented; past the limit, an error.
///
/// # Errors
/// As [`Variable::count_up_to`].
pub fn count_up_to(variable: &Variable, limit: i64) -> Result<Tensor> {
    variable.count_up_to(limit)
}

/// A change of a variable in parts gives several results.
fn in_parts(whole: &PartitionedVariable, change: &str) -> Error {
    Error::type_error(format!(
        "{whole:?} is changed part by part: see `Variable::as_partitioned` and `PartitionedVariable::{change}`"
    ))
}

impl Variable {
    /// The variable after it was given another value.
    ///
    /// # Errors
    /// `ValueError` for a value of another dtype or shape, `TypeError` for a literal that cannot have the dtype and for a
    /// variable in parts.
    pub fn assign(&self, value: impl IntoOperand) -> Result<Assigned> {
        facade(|| match &self.0 {
            // As in TensorFlow, the method does not ask for the lock, and the function does.
            Kind::Reference(reference) => {
                let op = Op::named("Assign").input(reference.tensor()).input(value);
                op.attr("use_locking", false).one().map(Assigned::Reference)
            }
            Kind::Resource(resource) => resource.assign(value).map(Assigned::of_resource),
            Kind::Partitioned(whole) => Err(in_parts(whole, "assign")),
        })
    }

    /// The variable after this was added to it.
    ///
    /// # Errors
    /// As [`Variable::assign`].
    pub fn assign_add(&self, delta: impl IntoOperand) -> Result<Assigned> {
        facade(|| match &self.0 {
            Kind::Reference(reference) => {
                state::assign_add(reference.tensor(), delta).map(Assigned::Reference)
            }
            Kind::Resource(resource) => resource.assign_add(delta).map(Assigned::of_resource),
            Kind::Partitioned(whole) => Err(in_parts(whole, "assign_add")),
        })
    }

    /// The variable after this was subtracted from it.
    ///
    /// # Errors
    /// As [`Variable::assign`].
    pub fn assign_sub(&self, delta: impl IntoOperand) -> Result<Assigned> {
        facade(|| match &self.0 {
            Kind::Reference(reference) => {
                state::assign_sub(reference.tensor(), delta).map(Assigned::Reference)
            }
            Kind::Resource(resource) => resource.assign_sub(delta).map(Assigned::of_resource),
            Kind::Partitioned(whole) => Err(in_parts(whole, "assign_sub")),
        })
    }
}

/// A change of the parts of a variable that indices point to.
struct Scatter {
    /// The op on references.
    reference: &'static str,
    /// The same of resource variables.
    resource: fn(&ferroflow_v2::Variable, Operand, Operand) -> Result<ferroflow_v2::Variable>,
}

impl Scatter {
    fn apply(
        &self,
        variable: &Variable,
        indices: impl IntoOperand,
        updates: impl IntoOperand,
        use_locking: bool,
    ) -> Result<Assigned> {
        let (indices, updates) = (indices.into_operand()?, updates.into_operand()?);
        facade(|| match &variable.0 {
            Kind::Reference(reference) => {
                let op = Op::named(self.reference).input(reference.tensor()).input(indices).input(updates);
                op.attr("use_locking", use_locking).one().map(Assigned::Reference)
            }
            Kind::Resource(resource) => {
                let updates = convert_to_tensor(updates, Some(resource.dtype()))?;
                (self.resource)(resource, indices, Operand::Tensor(updates)).map(Assigned::of_resource)
            }
            Kind::Partitioned(_) => Err(lacks("scatter_update")),
        })
    }
}

macro_rules! scatters {
    ($($name:ident $op:literal $locked:literal $doc:literal;)*) => {
        $(#[doc = $doc]
        ///
        /// # Errors
        /// `InvalidArgument` for an index out of range, or when the shapes do not fit.
        pub fn $name(
            variable: &Variable,
            indices: impl IntoOperand,
            updates: impl IntoOperand,
        ) -> Result<Assigned> {
            let scatter = Scatter { reference: $op, resource: |v, indices, updates| v.$name(indices, updates) };
            scatter.apply(variable, indices, updates, $locked)
        })*

        impl Variable {
            $(#[doc = $doc]
            ///
            /// # Errors
            /// `InvalidArgument` for an index out of range, or when the shapes do not fit.
            pub fn $name(&self, sparse_delta: &IndexedSlices) -> Result<Assigned> {
                let scatter =
                    Scatter { reference: $op, resource: |v, indices, updates| v.$name(indices, updates) };
                scatter.apply(self, &sparse_delta.indices, &sparse_delta.values, false)
            })*
        }
    };
}

scatters! {
    scatter_update "ScatterUpdate" true "The variable after slices of it were replaced.";
    scatter_add "ScatterAdd" false "The variable after slices were added to it.";
    scatter_sub "ScatterSub" false "The variable after slices were subtracted from it.";
    scatter_mul "ScatterMul" false "The variable after slices of it were multiplied.";
    scatter_div "ScatterDiv" false "The variable after slices of it were divided.";
    scatter_max "ScatterMax" false "The variable after slices of it became the larger of themselves and others.";
    scatter_min "ScatterMin" false "The variable after slices of it became the smaller of themselves and others.";
}

macro_rules! scatters_nd {
    ($($name:ident $op:literal $locked:literal $doc:literal;)*) => {
        $(#[doc = $doc]
        ///
        /// # Errors
        /// `InvalidArgument` for an index out of range, or when the shapes do not fit.
        pub fn $name(
            variable: &Variable,
            indices: impl IntoOperand,
            updates: impl IntoOperand,
        ) -> Result<Assigned> {
            let scatter = Scatter { reference: $op, resource: |v, indices, updates| v.$name(indices, updates) };
            scatter.apply(variable, indices, updates, $locked)
        })*

        impl Variable {
            $(#[doc = $doc]
            ///
            /// # Errors
            /// `InvalidArgument` for an index out of range, or when the shapes do not fit.
            pub fn $name(&self, indices: impl IntoOperand, updates: impl IntoOperand) -> Result<Assigned> {
                let scatter =
                    Scatter { reference: $op, resource: |v, indices, updates| v.$name(indices, updates) };
                scatter.apply(self, indices, updates, true)
            })*
        }
    };
}

scatters_nd! {
    scatter_nd_update "ScatterNdUpdate" true "The variable after what index vectors point to was replaced.";
    scatter_nd_add "ScatterNdAdd" false "The variable after something was added where index vectors point to.";
    scatter_nd_sub "ScatterNdSub" false "The variable after something was subtracted where index vectors point to.";
}
