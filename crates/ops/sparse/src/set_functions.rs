//! `tf.sets`: what the sets of two tensors have in common, or not.

use crate::sets::{
    DENSE_TO_DENSE_SET_OPERATION, DENSE_TO_SPARSE_SET_OPERATION, SPARSE_TO_SPARSE_SET_OPERATION,
};
use ferroflow_core::{DType, Op, Result, SparseTensor, Tensor, ensure};

/// A set for each row of the last axis, given densely or sparsely.
#[derive(Clone, Debug)]
pub enum SetOperand {
    /// Every row has as many elements; repeated ones count once.
    Dense(Tensor),
    /// Rows of any number of elements.
    Sparse(SparseTensor),
}

impl From<Tensor> for SetOperand {
    fn from(tensor: Tensor) -> SetOperand {
        SetOperand::Dense(tensor)
    }
}

impl From<&Tensor> for SetOperand {
    fn from(tensor: &Tensor) -> SetOperand {
        SetOperand::Dense(tensor.clone())
    }
}

impl From<SparseTensor> for SetOperand {
    fn from(sparse: SparseTensor) -> SetOperand {
        SetOperand::Sparse(sparse)
    }
}

impl From<&SparseTensor> for SetOperand {
    fn from(sparse: &SparseTensor) -> SetOperand {
        SetOperand::Sparse(sparse.clone())
    }
}

impl SetOperand {
    fn dtype(&self) -> DType {
        match self {
            SetOperand::Dense(tensor) => tensor.dtype(),
            SetOperand::Sparse(sparse) => sparse.values.dtype(),
        }
    }
}

/// Ops take the dense operand first: a difference is turned around with its operands.
fn operation(a: SetOperand, b: SetOperand, [name, turned]: [&str; 2]) -> Result<SparseTensor> {
    ensure!(a.dtype() == b.dtype(), type_error, "Types don't match, {:?} vs {:?}.", a.dtype(), b.dtype());
    let with = |op: Op, sparse: SparseTensor| {
        op.input(sparse.indices).input(sparse.values).input(sparse.dense_shape)
    };
    let (op, name) = match (a, b) {
        (SetOperand::Dense(a), SetOperand::Dense(b)) => {
            (Op::new(&DENSE_TO_DENSE_SET_OPERATION).input(a).input(b), name)
        }
        (SetOperand::Dense(a), SetOperand::Sparse(b)) => {
            (with(Op::new(&DENSE_TO_SPARSE_SET_OPERATION).input(a), b), name)
        }
        (SetOperand::Sparse(a), SetOperand::Dense(b)) => {
            (with(Op::new(&DENSE_TO_SPARSE_SET_OPERATION).input(b), a), turned)
        }
        (SetOperand::Sparse(a), SetOperand::Sparse(b)) => {
            (with(with(Op::new(&SPARSE_TO_SPARSE_SET_OPERATION), a), b), name)
        }
    };
    let op = op.attr("set_operation", name).attr("validate_indices", true);
    let [indices, values, dense_shape] = op.outputs()?;
    Ok(SparseTensor { indices, values, dense_shape })
}

/// The elements that are in the sets of `a` and not in those of `b`, or the other way round without `aminusb`.
///
/// Source: `tf.sets.difference`.
///
/// ```
/// use ferroflow_core::constant;
/// use ferroflow_ops_sparse::set_difference;
/// let left = set_difference(constant([[1, 2, 3]])?, constant([[2]])?, true)?;
/// assert_eq!(left.values.numpy()?.as_slice::<i32>()?, [1, 3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for operands of two dtypes, `InvalidArgument` for shapes that differ outside the last axis, and places out of
/// order.
pub fn set_difference(
    a: impl Into<SetOperand>,
    b: impl Into<SetOperand>,
    aminusb: bool,
) -> Result<SparseTensor> {
    let names = if aminusb { ["a-b", "b-a"] } else { ["b-a", "a-b"] };
    operation(a.into(), b.into(), names)
}

/// The elements that are in the sets of both.
///
/// Source: `tf.sets.intersection`.
///
/// # Errors
/// As [`set_difference`].
pub fn set_intersection(a: impl Into<SetOperand>, b: impl Into<SetOperand>) -> Result<SparseTensor> {
    operation(a.into(), b.into(), ["intersection"; 2])
}

/// The elements that are in the sets of one or both.
///
/// Source: `tf.sets.union`.
///
/// # Errors
/// As [`set_difference`].
pub fn set_union(a: impl Into<SetOperand>, b: impl Into<SetOperand>) -> Result<SparseTensor> {
    operation(a.into(), b.into(), ["union"; 2])
}
