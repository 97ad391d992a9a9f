//! `Combine`: the arithmetic of scattering, for every type that has one.

use ferroflow_core::{Complex, Element, bf16, f16};

/// How an update changes what is there.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Change {
    Assign,
    Add,
    Sub,
    Max,
    Min,
}

/// A number that updates combine with; integers wrap around.
pub(crate) trait Combine: Element + Copy {
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    /// The larger; complex numbers are not ordered and keep the update.
    fn larger(self, other: Self) -> Self;
    fn smaller(self, other: Self) -> Self;
}

/// Applies updates to a slice.
pub(crate) fn apply<T: Combine>(change: Change, to: &mut [T], updates: &[T]) {
    let pairs = to.iter_mut().zip(updates);
    match change {
        Change::Assign => pairs.for_each(|(to, update)| *to = *update),
        Change::Add => pairs.for_each(|(to, update)| *to = to.add(*update)),
        Change::Sub => pairs.for_each(|(to, update)| *to = to.sub(*update)),
        Change::Max => pairs.for_each(|(to, update)| *to = to.larger(*update)),
        Change::Min => pairs.for_each(|(to, update)| *to = to.smaller(*update)),
    }
}

macro_rules! combine {
    ($add:expr, $sub:expr, ordered: $($ty:ty),*) => {
        $(impl Combine for $ty {
            fn add(self, other: Self) -> Self {
                $add(self, other)
            }
            fn sub(self, other: Self) -> Self {
                $sub(self, other)
            }
            fn larger(self, other: Self) -> Self {
                if other > self { other } else { self }
            }
            fn smaller(self, other: Self) -> Self {
                if other < self { other } else { self }
            }
        })*
    };
}

macro_rules! wrapping {
    ($($ty:ty),*) => { $(combine!(<$ty>::wrapping_add, <$ty>::wrapping_sub, ordered: $ty);)* };
}

wrapping!(i8, i16, i32, i64, u8, u16, u32, u64);
combine!(|a, b| a + b, |a, b| a - b, ordered: f16, bf16, f32, f64);

macro_rules! complex {
    ($($ty:ty),*) => {
        $(impl Combine for $ty {
            fn add(self, other: Self) -> Self {
                self + other
            }
            fn sub(self, other: Self) -> Self {
                self - other
            }
            fn larger(self, other: Self) -> Self {
                other
            }
            fn smaller(self, other: Self) -> Self {
                other
            }
        })*
    };
}

complex!(Complex<f32>, Complex<f64>);
