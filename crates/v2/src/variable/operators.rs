//! Rust's operators on variables: each reads the value.

use super::Variable;
use ferroflow_core::{IntoOperand, Result, Tensor};
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Sub};

macro_rules! binary {
    ($($trait:ident $method:ident;)*) => {
        $(impl<R: IntoOperand> $trait<R> for &Variable {
            type Output = Result<Tensor>;
            fn $method(self, right: R) -> Result<Tensor> {
                $trait::$method(self.value()?, right)
            }
        }
        impl $trait<&Variable> for Result<Tensor> {
            type Output = Result<Tensor>;
            fn $method(self, right: &Variable) -> Result<Tensor> {
                $trait::$method(self?, right)
            }
        }
        binary!(@left $trait $method: i32, f64);)*
    };
    (@left $trait:ident $method:ident: $($ty:ty),*) => {
        $(impl $trait<&Variable> for $ty {
            type Output = Result<Tensor>;
            fn $method(self, right: &Variable) -> Result<Tensor> {
                $trait::$method(self, right.value()?)
            }
        })*
    };
}

binary! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
    Rem rem;
    BitAnd bitand;
    BitOr bitor;
    BitXor bitxor;
}

impl Neg for &Variable {
    type Output = Result<Tensor>;
    fn neg(self) -> Result<Tensor> {
        Neg::neg(self.value()?)
    }
}

impl Not for &Variable {
    type Output = Result<Tensor>;
    fn not(self) -> Result<Tensor> {
        Not::not(self.value()?)
    }
}
