//! Changing and reading parts of variables.

use super::Variable;
use ferroflow_core::{IntoOperand, Op, Result, Tensor};

impl Variable {
    fn scatter(&self, op: &str, indices: impl IntoOperand, updates: impl IntoOperand) -> Result<Variable> {
        let updates = self.convert(updates)?;
        self.effect(|| {
            Op::named(op).input(&self.handle).input(indices).input(updates).attr("dtype", self.dtype()).all()
        })
    }

    fn scatter_nd(&self, op: &str, indices: impl IntoOperand, updates: impl IntoOperand) -> Result<Variable> {
        let updates = self.convert(updates)?;
        self.effect(|| Op::named(op).input(&self.handle).input(indices).input(updates).all())
    }
}

macro_rules! scatters {
    ($($function:ident $method:ident $op:literal $doc:literal;)*) => {
        impl Variable {
            $(#[doc = $doc]
            ///
            /// # Errors
            /// `InvalidArgument` for an index out of range, or when the shapes do not fit.
            pub fn $function(
                &self,
                indices: impl IntoOperand,
                updates: impl IntoOperand,
            ) -> Result<Variable> {
                self.$method($op, indices, updates)
            })*
        }
    };
}

scatters! {
    scatter_update scatter "ResourceScatterUpdate" "Replaces the slices at `indices`.";
    scatter_add scatter "ResourceScatterAdd" "Adds to the slices at `indices`.";
    scatter_sub scatter "ResourceScatterSub" "Subtracts from the slices at `indices`.";
    scatter_mul scatter "ResourceScatterMul" "Multiplies the slices at `indices`.";
    scatter_div scatter "ResourceScatterDiv" "Divides the slices at `indices`.";
    scatter_max scatter "ResourceScatterMax" "The slices at `indices` become the maximum of themselves and `updates`.";
    scatter_min scatter "ResourceScatterMin" "The slices at `indices` become the minimum of themselves and `updates`.";
    scatter_nd_update scatter_nd "ResourceScatterNdUpdate" "Replaces what the index vectors `indices` point to.";
    scatter_nd_add scatter_nd "ResourceScatterNdAdd" "Adds to what the index vectors `indices` point to.";
    scatter_nd_sub scatter_nd "ResourceScatterNdSub" "Subtracts from what the index vectors `indices` point to.";
    scatter_nd_max scatter_nd "ResourceScatterNdMax" "Takes the maximum where the index vectors `indices` point to.";
    scatter_nd_min scatter_nd "ResourceScatterNdMin" "Takes the minimum where the index vectors `indices` point to.";
}

impl Variable {
    /// The slices at `indices`, without reading the rest.
    ///
    /// # Errors
    /// `InvalidArgument` for an index out of range.
    pub fn sparse_read(&self, indices: impl IntoOperand) -> Result<Tensor> {
        Op::named("ResourceGather").input(&self.handle).input(indices).attr("dtype", self.dtype()).one()
    }

    /// What the index vectors `indices` point to, without reading the rest.
    ///
    /// # Errors
    /// `InvalidArgument` for an index out of range.
    pub fn gather_nd(&self, indices: impl IntoOperand) -> Result<Tensor> {
        Op::named("ResourceGatherNd").input(&self.handle).input(indices).attr("dtype", self.dtype()).one()
    }
}
