//! The one walk behind every segment op, and how rows are combined.

use ferroflow_core::{Complex, Element, Result, bail, reserve};
use std::ops::{Add, Mul};

/// What rows of one segment become.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Combine {
    Sum,
    Prod,
    Min,
    Max,
}

/// Numbers that segments are made of.
pub(crate) trait Segmented: Element + Copy {
    const ONE: Self;
    /// The largest and the smallest finite number, which empty segments have for Min and Max.
    const LIMITS: [Self; 2];
    fn sum(self, other: Self) -> Self;
    fn product(self, other: Self) -> Self;
    fn is_less(self, other: Self) -> bool;
    fn divide(self, count: usize) -> Self;
}

macro_rules! integers {
    ($($ty:ty),*) => {
        $(impl Segmented for $ty {
            const ONE: $ty = 1;
            const LIMITS: [$ty; 2] = [<$ty>::MAX, <$ty>::MIN];
            fn sum(self, other: $ty) -> $ty {
                self.wrapping_add(other)
            }
            fn product(self, other: $ty) -> $ty {
                self.wrapping_mul(other)
            }
            fn is_less(self, other: $ty) -> bool {
                self < other
            }
            fn divide(self, count: usize) -> $ty {
                self.checked_div(count as $ty).unwrap_or(0)
            }
        })*
    };
}

macro_rules! floats {
    ($($ty:ty),*) => {
        $(impl Segmented for $ty {
            const ONE: $ty = 1.0;
            const LIMITS: [$ty; 2] = [<$ty>::MAX, <$ty>::MIN];
            fn sum(self, other: $ty) -> $ty {
                self + other
            }
            fn product(self, other: $ty) -> $ty {
                self * other
            }
            fn is_less(self, other: $ty) -> bool {
                self < other
            }
            fn divide(self, count: usize) -> $ty {
                self / count as $ty
            }
        }
        impl Segmented for Complex<$ty> {
            const ONE: Complex<$ty> = Complex::new(1.0, 0.0);
            const LIMITS: [Complex<$ty>; 2] = [Complex::new(0.0, 0.0); 2];
            fn sum(self, other: Complex<$ty>) -> Complex<$ty> {
                self.add(other)
            }
            fn product(self, other: Complex<$ty>) -> Complex<$ty> {
                self.mul(other)
            }
            // Complex numbers have no order, and the ops that need one do not take them.
            fn is_less(self, _other: Complex<$ty>) -> bool {
                false
            }
            fn divide(self, count: usize) -> Complex<$ty> {
                self / count as $ty
            }
        })*
    };
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);
floats!(f32, f64);

/// The segments, each of `inner` elements, and how many rows went into each of them.
pub(super) struct Segments<T> {
    pub(super) elements: Vec<T>,
    pub(super) counts: Vec<usize>,
}

/// Combines rows of `data` into `segments` segments; `rows` gives pairs of a segment and a row, both of which exist.
/// Segments without rows are filled with `absent`.
pub(super) fn combine<T: Segmented>(
    data: &[T],
    inner: usize,
    segments: usize,
    rows: impl Iterator<Item = (usize, usize)>,
    how: Combine,
    absent: T,
) -> Result<Segments<T>> {
    let Some(size) = segments.checked_mul(inner) else {
        bail!(resource_exhausted, "OOM when allocating {segments} segments of {inner} elements");
    };
    let mut elements = reserve::<T>(size)?;
    elements.resize(size, absent);
    let mut counts = reserve::<usize>(segments)?;
    counts.resize(segments, 0);
    let pick: fn(T, T) -> T = match how {
        Combine::Sum => T::sum,
        Combine::Prod => T::product,
        Combine::Min => |a, b| if b.is_less(a) { b } else { a },
        Combine::Max => |a, b| if a.is_less(b) { b } else { a },
    };
    for (segment, row) in rows {
        let row = &data[row * inner..][..inner];
        let result = &mut elements[segment * inner..][..inner];
        match counts[segment] {
            0 => result.copy_from_slice(row),
            // The common case, spelled out so that it is vectorised.
            _ if how == Combine::Sum => {
                result.iter_mut().zip(row).for_each(|(result, value)| *result = result.sum(*value));
            }
            _ => result.iter_mut().zip(row).for_each(|(result, value)| *result = pick(*result, *value)),
        }
        counts[segment] += 1;
    }
    Ok(Segments { elements, counts })
}

/// Sorted ids as segments: checked to begin at 0 or above and never to fall.
pub(super) fn sorted_ids(ids: &[i64]) -> Result<(Vec<usize>, usize)> {
    let Some(&last) = ids.last() else { return Ok((Vec::new(), 0)) };
    let count = usize::try_from(last).ok().and_then(|last| last.checked_add(1)).unwrap_or(0);
    if count == 0 {
        bail!(invalid_argument, "segment ids must be >= 0");
    }
    let mut checked = reserve::<usize>(ids.len())?;
    for (position, &id) in ids.iter().enumerate() {
        // TensorFlow compares with the next id before it looks at the range.
        if ids.get(position + 1).is_some_and(|&next| next < id) {
            bail!(invalid_argument, "segment ids are not increasing");
        }
        match usize::try_from(id) {
            Ok(id) if id < count => checked.push(id),
            _ => bail!(
                invalid_argument,
                "Segment id {id} out of range [0, {count}), possibly because 'segment_ids' input is not sorted."
            ),
        }
    }
    Ok((checked, count))
}
