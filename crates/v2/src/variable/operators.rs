//! Rust's operators on variables: each reads the value.

use super::Variable;

/// Implements Rust's operators for references to a type with a method `value`, which gives a tensor.
#[doc(hidden)]
#[macro_export]
macro_rules! operators_of_value {
    ($target:ty) => {
        $crate::operators_of_value!(@binary $target:
            Add add, Sub sub, Mul mul, Div div, Rem rem, BitAnd bitand, BitOr bitor, BitXor bitxor);
        $crate::operators_of_value!(@unary $target: Neg neg, Not not);
    };
    (@binary $target:ty: $($trait:ident $method:ident),*) => {
        $(impl<R: ferroflow_core::IntoOperand> std::ops::$trait<R> for &$target {
            type Output = ferroflow_core::Result<ferroflow_core::Tensor>;
            fn $method(self, right: R) -> Self::Output {
                std::ops::$trait::$method(self.value()?, right)
            }
        }
        impl std::ops::$trait<&$target> for ferroflow_core::Result<ferroflow_core::Tensor> {
            type Output = ferroflow_core::Result<ferroflow_core::Tensor>;
            fn $method(self, right: &$target) -> Self::Output {
                std::ops::$trait::$method(self?, right)
            }
        }
        impl std::ops::$trait<&$target> for i32 {
            type Output = ferroflow_core::Result<ferroflow_core::Tensor>;
            fn $method(self, right: &$target) -> Self::Output {
                std::ops::$trait::$method(self, right.value()?)
            }
        }
        impl std::ops::$trait<&$target> for f64 {
            type Output = ferroflow_core::Result<ferroflow_core::Tensor>;
            fn $method(self, right: &$target) -> Self::Output {
                std::ops::$trait::$method(self, right.value()?)
            }
        })*
    };
    (@unary $target:ty: $($trait:ident $method:ident),*) => {
        $(impl std::ops::$trait for &$target {
            type Output = ferroflow_core::Result<ferroflow_core::Tensor>;
            fn $method(self) -> Self::Output {
                std::ops::$trait::$method(self.value()?)
            }
        })*
    };
}

operators_of_value!(Variable);
