//! `Entries`: the places and values of a sparse tensor as kernels read them, and how rows of them are picked.

use ferroflow_core::{Complex, Element, KernelCtx, NdArray, Result, Shape, bail, dispatch, ensure, reserve};

/// A sparse tensor at three inputs of an op.
pub(crate) struct Entries<'a> {
    pub(crate) places: Vec<i64>,
    pub(crate) values: &'a NdArray,
    pub(crate) sizes: Vec<i64>,
}

impl<'a> Entries<'a> {
    /// The sparse tensor whose indices, values and shape are the inputs from `first` on.
    pub(crate) fn read(cx: &'a KernelCtx<'_>, first: usize) -> Result<Entries<'a>> {
        let (indices, values, sizes) = (cx.input(first)?, cx.input(first + 1)?, cx.input(first + 2)?);
        ensure!(
            indices.rank() == 2,
            invalid_argument,
            "Input indices should be a matrix but received shape {}",
            indices.shape()
        );
        ensure!(
            values.rank() == 1,
            invalid_argument,
            "Input values should be a vector but received shape {}",
            values.shape()
        );
        ensure!(
            sizes.rank() == 1,
            invalid_argument,
            "Input shape should be a vector but received shape {}",
            sizes.shape()
        );
        let entries = Entries { places: indices.to_i64_vec()?, values, sizes: sizes.to_i64_vec()? };
        ensure!(
            indices.shape()[0] == values.len(),
            invalid_argument,
            "Number of elements in indices ({}) and values ({}) do not match",
            indices.shape()[0],
            values.len()
        );
        ensure!(
            indices.shape()[1] == entries.sizes.len(),
            invalid_argument,
            "Shape rank ({}) does not match index rank ({})",
            entries.sizes.len(),
            indices.shape()[1]
        );
        Ok(entries)
    }

    pub(crate) fn rank(&self) -> usize {
        self.sizes.len()
    }

    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// The place of an entry.
    pub(crate) fn place(&self, entry: usize) -> &[i64] {
        &self.places[entry * self.rank()..(entry + 1) * self.rank()]
    }

    /// Refuses places outside the shape.
    pub(crate) fn check_places(&self) -> Result<()> {
        for entry in 0..self.count() {
            let place = self.place(entry);
            let inside = place.iter().zip(&self.sizes).all(|(index, size)| (0..*size).contains(index));
            ensure!(
                inside,
                invalid_argument,
                "indices[{entry}] = [{}] is out of bounds: need 0 <= index < [{}]",
                listed(place),
                listed(&self.sizes)
            );
        }
        Ok(())
    }

    /// The shape of the dense tensor.
    pub(crate) fn shape(&self) -> Result<Shape> {
        Shape::from_i64(&self.sizes)
    }
}

/// A number of rows that an input gives, within what rows are set aside for.
pub(crate) fn most_rows(count: i64) -> Result<usize> {
    const MOST: usize = 1 << 27;
    match usize::try_from(count) {
        Ok(rows) if rows <= MOST => Ok(rows),
        Ok(rows) => bail!(resource_exhausted, "OOM when allocating {rows} rows"),
        Err(_) => bail!(invalid_argument, "Expected a number of rows that is not negative, got {count}"),
    }
}

/// Numbers as they stand in messages.
pub(crate) fn listed(numbers: &[i64]) -> String {
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

/// Rows of places as the matrix that ops give out.
pub(crate) fn place_array(places: Vec<i64>, rank: usize, count: usize) -> Result<NdArray> {
    NdArray::from_shape(Shape::new(&[count, rank])?, places)
}

/// The values in these rows of some arrays: pairs of the array's number and the row.
pub(crate) fn picked(arrays: &[&NdArray], rows: &[(usize, usize)]) -> Result<NdArray> {
    let Some(first) = arrays.first() else { bail!(internal, "no values to pick from") };
    dispatch!(first.dtype(), ALL, |T| {
        let mut slices = Vec::with_capacity(arrays.len());
        for array in arrays {
            slices.push(array.as_slice::<T>()?);
        }
        let mut elements = reserve::<T>(rows.len())?;
        elements.extend(rows.iter().map(|&(array, row)| T::clone(&slices[array][row])));
        Ok(NdArray::vector(elements))
    })
}

/// Arithmetic that all number types share; integers wrap, as in TensorFlow.
pub(crate) trait Number: Element + Copy {
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// `None` for an integer divided by zero.
    fn over(self, other: Self) -> Option<Self>;
}

/// Numbers that have an order.
pub(crate) trait Ordered: Number + PartialOrd {
    fn magnitude(self) -> Self;
}

macro_rules! integers {
    ($($ty:ty: $magnitude:expr),*) => {
        $(impl Number for $ty {
            fn plus(self, other: $ty) -> $ty {
                self.wrapping_add(other)
            }
            fn times(self, other: $ty) -> $ty {
                self.wrapping_mul(other)
            }
            fn over(self, other: $ty) -> Option<$ty> {
                if other == 0 { None } else { Some(self.wrapping_div(other)) }
            }
        }
        impl Ordered for $ty {
            fn magnitude(self) -> $ty {
                let magnitude: fn($ty) -> $ty = $magnitude;
                magnitude(self)
            }
        })*
    };
}

macro_rules! floats {
    ($($ty:ty),*) => {
        $(impl Number for $ty {
            fn plus(self, other: $ty) -> $ty {
                self + other
            }
            fn times(self, other: $ty) -> $ty {
                self * other
            }
            fn over(self, other: $ty) -> Option<$ty> {
                Some(self / other)
            }
        })*
    };
}

integers!(
    i8: i8::wrapping_abs, i16: i16::wrapping_abs, i32: i32::wrapping_abs, i64: i64::wrapping_abs,
    u8: |value| value, u16: |value| value, u32: |value| value, u64: |value| value
);
floats!(f32, f64, Complex<f32>, Complex<f64>, ferroflow_core::f16, ferroflow_core::bf16);

impl Ordered for f32 {
    fn magnitude(self) -> f32 {
        self.abs()
    }
}

impl Ordered for f64 {
    fn magnitude(self) -> f64 {
        self.abs()
    }
}
