//! `Arguments`: what a function can be called with.

use ferroflow_core::{IntoOperand, Operand, Result, Tensor};

/// The arguments of a call: one operand, a tuple of up to six, or a slice of tensors. The marker `M` is found by the
/// compiler.
pub trait Arguments<M> {
    /// The operands, in order.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on as an operand.
    fn into_operands(self) -> Result<Vec<Operand>>;
}

/// Marks a call with one operand.
pub struct Single;

/// Marks a call with a slice of tensors.
pub struct Many;

impl<O: IntoOperand> Arguments<Single> for O {
    fn into_operands(self) -> Result<Vec<Operand>> {
        Ok(vec![self.into_operand()?])
    }
}

impl Arguments<Many> for &[Tensor] {
    fn into_operands(self) -> Result<Vec<Operand>> {
        Ok(self.iter().cloned().map(Operand::Tensor).collect())
    }
}

impl<const N: usize> Arguments<Many> for &[Tensor; N] {
    fn into_operands(self) -> Result<Vec<Operand>> {
        self.as_slice().into_operands()
    }
}

impl Arguments<Many> for &Vec<Tensor> {
    fn into_operands(self) -> Result<Vec<Operand>> {
        self.as_slice().into_operands()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(impl<$($name: IntoOperand),*> Arguments<($($name,)*)> for ($($name,)*) {
            fn into_operands(self) -> Result<Vec<Operand>> {
                Ok(vec![$(self.$index.into_operand()?),*])
            }
        })*
    };
}

tuples! {
    ();
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
}
