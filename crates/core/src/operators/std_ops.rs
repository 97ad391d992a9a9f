//! Rust's operators on tensors: `&a + 1`, `2.0 * &a`, and on the results of other operators.

use super::{arithmetic, bitwise, logical};
use crate::{DType, IntoOperand, Op, OpDef, Operand, Result, Tensor};
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Sub};

/// A binary op under the name Python's operator gives its node (`add`, not `Add`).
fn named(
    def: &'static OpDef,
    name: &'static str,
    x: impl IntoOperand,
    y: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(def).input(x).input(y).default_name(name).one()
}

fn is_bool(x: &Operand, y: &Operand) -> bool {
    [x, y].iter().any(|operand| operand.fixed_dtype() == Some(DType::BOOL))
}

/// Booleans and integers share `& | ^`.
fn by_dtype(
    on_bool: &'static OpDef,
    on_int: &'static OpDef,
    name: &'static str,
    x: impl IntoOperand,
    y: impl IntoOperand,
) -> Result<Tensor> {
    let (x, y) = (x.into_operand()?, y.into_operand()?);
    let def = if is_bool(&x, &y) { on_bool } else { on_int };
    named(def, name, x, y)
}

fn add(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    arithmetic::add_named("add", x, y)
}

fn sub(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    named(&arithmetic::SUB, "sub", x, y)
}

fn mul(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    named(&arithmetic::MUL, "mul", x, y)
}

fn div(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    arithmetic::truediv(x, y)
}

fn rem(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    named(&arithmetic::FLOOR_MOD, "mod", x, y)
}

fn and(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    by_dtype(&logical::LOGICAL_AND, &bitwise::BITWISE_AND, "and", x, y)
}

fn or(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    by_dtype(&logical::LOGICAL_OR, &bitwise::BITWISE_OR, "or", x, y)
}

fn xor(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    let (x, y) = (x.into_operand()?, y.into_operand()?);
    if !is_bool(&x, &y) {
        return named(&bitwise::BITWISE_XOR, "xor", x, y);
    }
    let either = logical::logical_or(x.clone(), y.clone())?;
    logical::logical_and(either, logical::logical_not(logical::logical_and(x, y)?)?)
}

// On the left stand the types of bare literals alone: with a second float type, the type of `1.0 - &x` would stay open
// until the end of the function, and `(1.0 - &x)?` would not compile.
macro_rules! binary {
    ($($trait:ident $method:ident $function:ident;)*) => {
        $(impl<R: IntoOperand> $trait<R> for &Tensor {
            type Output = Result<Tensor>;
            fn $method(self, right: R) -> Result<Tensor> {
                $function(self, right)
            }
        }
        impl<R: IntoOperand> $trait<R> for Tensor {
            type Output = Result<Tensor>;
            fn $method(self, right: R) -> Result<Tensor> {
                $function(self, right)
            }
        }
        impl $trait<Tensor> for Result<Tensor> {
            type Output = Result<Tensor>;
            fn $method(self, right: Tensor) -> Result<Tensor> {
                $function(self, right)
            }
        }
        impl $trait<&Tensor> for Result<Tensor> {
            type Output = Result<Tensor>;
            fn $method(self, right: &Tensor) -> Result<Tensor> {
                $function(self, right)
            }
        }
        binary!(@left $trait $method $function: i32, f64);)*
    };
    (@left $trait:ident $method:ident $function:ident: $($ty:ty),*) => {
        $(impl $trait<&Tensor> for $ty {
            type Output = Result<Tensor>;
            fn $method(self, right: &Tensor) -> Result<Tensor> {
                $function(self, right)
            }
        }
        impl $trait<Tensor> for $ty {
            type Output = Result<Tensor>;
            fn $method(self, right: Tensor) -> Result<Tensor> {
                $function(self, right)
            }
        })*
    };
}

binary! {
    Add add add;
    Sub sub sub;
    Mul mul mul;
    Div div div;
    Rem rem rem;
    BitAnd bitand and;
    BitOr bitor or;
    BitXor bitxor xor;
}

impl Neg for &Tensor {
    type Output = Result<Tensor>;
    fn neg(self) -> Result<Tensor> {
        arithmetic::negative(self)
    }
}

impl Neg for Tensor {
    type Output = Result<Tensor>;
    fn neg(self) -> Result<Tensor> {
        arithmetic::negative(self)
    }
}

impl Not for &Tensor {
    type Output = Result<Tensor>;
    fn not(self) -> Result<Tensor> {
        if self.dtype() == DType::BOOL { logical::logical_not(self) } else { bitwise::invert(self) }
    }
}

impl Not for Tensor {
    type Output = Result<Tensor>;
    fn not(self) -> Result<Tensor> {
        !&self
    }
}
