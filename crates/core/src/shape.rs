//! `Shape` and `PartialShape`: sizes of a tensor's dimensions, known in full or in part.

use crate::{Error, Result, bail, ensure};
use smallvec::SmallVec;
use std::fmt;
use std::ops::Deref;

/// TensorFlow's limit on the rank of a tensor.
pub const MAX_RANK: usize = 254;

/// The sizes of all dimensions of a value; `[]` is a scalar.
///
/// `{}` prints as TensorFlow's C++ messages do (`[2,3]`); see [`PartialShape`] for Python's forms.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Shape(SmallVec<[usize; 4]>);

impl Shape {
    /// The shape of a scalar.
    pub fn scalar() -> Shape {
        Shape::default()
    }

    /// A shape of these sizes.
    ///
    /// # Errors
    /// `InvalidArgument` when the rank is above 254 or the number of elements does not fit in an `i64`.
    pub fn new(dims: &[usize]) -> Result<Shape> {
        ensure!(dims.len() <= MAX_RANK, invalid_argument, "Shape has rank {}, above {MAX_RANK}", dims.len());
        let shape = Shape(SmallVec::from_slice(dims));
        shape.checked_num_elements()?;
        Ok(shape)
    }

    /// The same from signed sizes, as TensorFlow's shape tensors hold them.
    ///
    /// # Errors
    /// `InvalidArgument` for a negative size or an overflow.
    pub fn from_i64(dims: &[i64]) -> Result<Shape> {
        let mut sizes = SmallVec::<[usize; 4]>::with_capacity(dims.len());
        for &dim in dims {
            match usize::try_from(dim) {
                Ok(size) => sizes.push(size),
                Err(_) => bail!(invalid_argument, "Dimension {dim} must be >= 0"),
            }
        }
        Shape::new(&sizes)
    }

    fn checked_num_elements(&self) -> Result<usize> {
        // A zero anywhere does not excuse an overflow of the other sizes: strides are computed from them.
        let mut product = 1u64;
        for &dim in &self.0 {
            product = match product.checked_mul(dim.max(1) as u64).filter(|&n| n <= i64::MAX as u64) {
                Some(n) => n,
                None => bail!(
                    invalid_argument,
                    "Encountered overflow when multiplying the dimensions of shape {self}"
                ),
            };
        }
        Ok(if self.0.contains(&0) { 0 } else { product as usize })
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of elements.
    pub fn num_elements(&self) -> usize {
        self.0.iter().product()
    }

    /// The sizes.
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// The sizes as TensorFlow's shape tensors hold them.
    pub fn to_i64(&self) -> Vec<i64> {
        self.0.iter().map(|&dim| dim as i64).collect()
    }

    /// The distance in elements between neighbours along each dimension, row-major.
    pub fn strides(&self) -> SmallVec<[usize; 4]> {
        let mut strides: SmallVec<[usize; 4]> = SmallVec::from_elem(1, self.rank());
        for axis in (1..self.rank()).rev() {
            strides[axis - 1] = strides[axis] * self.0[axis].max(1);
        }
        strides
    }

    /// The shape that two shapes broadcast to, or `None` where they do not.
    pub fn broadcast(&self, other: &Shape) -> Option<Shape> {
        let rank = self.rank().max(other.rank());
        let mut dims = SmallVec::from_elem(1, rank);
        for (axis, dim) in dims.iter_mut().enumerate() {
            let of = |shape: &Shape| (axis + shape.rank()).checked_sub(rank).map_or(1, |axis| shape.0[axis]);
            *dim = match (of(self), of(other)) {
                (a, b) if a == b => a,
                (1, b) => b,
                (a, 1) => a,
                _ => return None,
            };
        }
        Some(Shape(dims))
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (position, dim) in self.0.iter().enumerate() {
            write!(f, "{}{dim}", if position > 0 { "," } else { "" })?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&PartialShape::from(self.clone()), f)
    }
}

/// The size of a dimension, `None` where it is not known.
pub type Dim = Option<usize>;

/// What is known of a shape: nothing, the rank with some of the sizes, or all of it (`tf.TensorShape`).
///
/// `{}` prints as Python's `str` of a `TensorShape` and `{:?}` as its `repr`; [`PartialShape::cpp`] gives the
/// form of TensorFlow's C++ messages.
///
/// ```
/// use ferroflow_core::PartialShape;
/// let shape = PartialShape::new([Some(2), None]);
/// assert_eq!(format!("{shape} {shape:?} {}", shape.cpp()), "(2, None) TensorShape([2, None]) [2,?]");
/// assert_eq!(format!("{:?}", PartialShape::unknown()), "TensorShape(None)");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct PartialShape(Option<SmallVec<[Dim; 4]>>);

impl PartialShape {
    /// Nothing is known, the rank included.
    pub const fn unknown() -> PartialShape {
        PartialShape(None)
    }

    /// The shape of a scalar.
    pub fn scalar() -> PartialShape {
        PartialShape(Some(SmallVec::new()))
    }

    /// The rank is known, and the sizes that are given.
    pub fn new(dims: impl IntoIterator<Item = Dim>) -> PartialShape {
        PartialShape(Some(dims.into_iter().collect()))
    }

    /// A shape of this rank and no known size.
    pub fn of_rank(rank: usize) -> PartialShape {
        PartialShape::new(std::iter::repeat_n(None, rank))
    }

    /// From signed sizes where -1 is an unknown one.
    ///
    /// # Errors
    /// `InvalidArgument` for a size below -1 or a rank above 254.
    pub fn from_i64(dims: &[i64]) -> Result<PartialShape> {
        ensure!(dims.len() <= MAX_RANK, invalid_argument, "Shape has rank {}, above {MAX_RANK}", dims.len());
        let mut sizes = SmallVec::with_capacity(dims.len());
        for &dim in dims {
            match dim {
                -1 => sizes.push(None),
                0.. => sizes.push(Some(dim as usize)),
                _ => bail!(invalid_argument, "Dimension {dim} must be >= -1"),
            }
        }
        Ok(PartialShape(Some(sizes)))
    }

    /// The rank, if known.
    pub fn rank(&self) -> Option<usize> {
        self.0.as_ref().map(|dims| dims.len())
    }

    /// The sizes, if the rank is known.
    pub fn dims(&self) -> Option<&[Dim]> {
        self.0.as_deref()
    }

    /// The size of one dimension; `None` where it, or the rank, is not known.
    pub fn dim(&self, axis: usize) -> Dim {
        self.0.as_ref().and_then(|dims| dims.get(axis).copied().flatten())
    }

    /// Whether every size is known.
    pub fn is_fully_defined(&self) -> bool {
        self.0.as_ref().is_some_and(|dims| dims.iter().all(Option::is_some))
    }

    /// The shape, if every size is known and their product fits.
    pub fn to_shape(&self) -> Option<Shape> {
        let dims: Option<SmallVec<[usize; 4]>> = self.0.as_ref()?.iter().copied().collect();
        Shape::new(&dims?).ok()
    }

    /// The number of elements, if known; `None` also where it overflows.
    pub fn num_elements(&self) -> Option<usize> {
        let dims = self.0.as_ref()?;
        dims.iter().try_fold(1usize, |product, dim| product.checked_mul((*dim)?))
    }

    /// Signed sizes with -1 for an unknown one, or `None` where the rank is unknown.
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        self.0.as_ref().map(|dims| dims.iter().map(|dim| dim.map_or(-1, |size| size as i64)).collect())
    }

    /// Whether a value could have both shapes.
    pub fn is_compatible_with(&self, other: &PartialShape) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_none() || b.is_none() || a == b)
            }
            _ => true,
        }
    }

    /// Whether a value of this full shape agrees with what is known.
    pub fn admits(&self, shape: &Shape) -> bool {
        match &self.0 {
            None => true,
            Some(dims) => {
                dims.len() == shape.rank()
                    && dims
                        .iter()
                        .zip(shape.dims())
                        .all(|(known, size)| known.is_none_or(|known| known == *size))
            }
        }
    }

    /// All that is known from both.
    ///
    /// # Errors
    /// `ValueError` in TensorFlow's words where they contradict each other.
    pub fn merge_with(&self, other: &PartialShape) -> Result<PartialShape> {
        let conflict = || Error::value(format!("Shapes {self} and {other} are not compatible"));
        match (&self.0, &other.0) {
            (None, _) => Ok(other.clone()),
            (_, None) => Ok(self.clone()),
            (Some(a), Some(b)) if a.len() == b.len() => {
                let merged: Option<SmallVec<[Dim; 4]>> = a
                    .iter()
                    .zip(b)
                    .map(|pair| match pair {
                        (None, dim) | (dim, None) => Some(*dim),
                        (a, b) => (a == b).then_some(*a),
                    })
                    .collect();
                merged.map(|dims| PartialShape(Some(dims))).ok_or_else(conflict)
            }
            _ => Err(conflict()),
        }
    }

    /// What holds for both: sizes that differ become unknown, ranks that differ make everything unknown.
    pub fn most_specific_compatible(&self, other: &PartialShape) -> PartialShape {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) if a.len() == b.len() => {
                PartialShape::new(a.iter().zip(b).map(|(a, b)| if a == b { *a } else { None }))
            }
            _ => PartialShape::unknown(),
        }
    }

    /// The dimensions of this shape, then those of the other.
    pub fn concatenate(&self, other: &PartialShape) -> PartialShape {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => PartialShape::new(a.iter().chain(b).copied()),
            _ => PartialShape::unknown(),
        }
    }

    /// The dimensions in this range of axes; unknown where the rank is, or the range does not fit.
    pub fn slice(&self, range: std::ops::Range<usize>) -> PartialShape {
        match self.0.as_ref().and_then(|dims| dims.get(range)) {
            Some(dims) => PartialShape::new(dims.iter().copied()),
            None => PartialShape::unknown(),
        }
    }

    /// The shape that two shapes broadcast to as far as known, or `None` where they do not broadcast.
    pub fn broadcast(&self, other: &PartialShape) -> Option<PartialShape> {
        let (Some(a), Some(b)) = (&self.0, &other.0) else {
            return Some(PartialShape::unknown());
        };
        let rank = a.len().max(b.len());
        let mut dims = SmallVec::with_capacity(rank);
        for axis in 0..rank {
            let of = |dims: &SmallVec<[Dim; 4]>| {
                (axis + dims.len()).checked_sub(rank).map_or(Some(1), |axis| dims[axis])
            };
            dims.push(match (of(a), of(b)) {
                (Some(a), Some(b)) if a == b => Some(a),
                (Some(1), other) | (other, Some(1)) => other,
                (Some(_), Some(_)) => return None,
                // An unknown size against a known one other than 1 must be 1 or that size.
                (Some(known), None) | (None, Some(known)) => Some(known),
                (None, None) => None,
            });
        }
        Some(PartialShape(Some(dims)))
    }

    /// The form of TensorFlow's C++ messages: `[2,?]`, or `<unknown>`.
    pub fn cpp(&self) -> String {
        match &self.0 {
            None => "<unknown>".to_string(),
            Some(dims) => {
                let parts: Vec<String> =
                    dims.iter().map(|dim| dim.map_or("?".to_string(), |size| size.to_string())).collect();
                format!("[{}]", parts.join(","))
            }
        }
    }

    fn python_list(dims: &[Dim]) -> String {
        let parts: Vec<String> =
            dims.iter().map(|dim| dim.map_or("None".to_string(), |size| size.to_string())).collect();
        parts.join(", ")
    }
}

impl From<Shape> for PartialShape {
    fn from(shape: Shape) -> PartialShape {
        PartialShape::from(&shape)
    }
}

impl From<&Shape> for PartialShape {
    fn from(shape: &Shape) -> PartialShape {
        PartialShape::new(shape.dims().iter().map(|&dim| Some(dim)))
    }
}

impl From<()> for PartialShape {
    /// The shape of a scalar, Python's `()`.
    fn from((): ()) -> PartialShape {
        PartialShape::scalar()
    }
}

impl<const N: usize> From<[usize; N]> for PartialShape {
    fn from(dims: [usize; N]) -> PartialShape {
        PartialShape::new(dims.map(Some))
    }
}

impl<const N: usize> From<[Dim; N]> for PartialShape {
    fn from(dims: [Dim; N]) -> PartialShape {
        PartialShape::new(dims)
    }
}

impl From<&[usize]> for PartialShape {
    fn from(dims: &[usize]) -> PartialShape {
        PartialShape::new(dims.iter().map(|&dim| Some(dim)))
    }
}

impl From<Vec<usize>> for PartialShape {
    fn from(dims: Vec<usize>) -> PartialShape {
        PartialShape::from(dims.as_slice())
    }
}

impl From<Vec<Dim>> for PartialShape {
    fn from(dims: Vec<Dim>) -> PartialShape {
        PartialShape::new(dims)
    }
}

impl From<&PartialShape> for PartialShape {
    fn from(shape: &PartialShape) -> PartialShape {
        shape.clone()
    }
}

impl fmt::Display for PartialShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_deref() {
            None => f.write_str("<unknown>"),
            Some([only]) => write!(f, "({},)", PartialShape::python_list(&[*only])),
            Some(dims) => write!(f, "({})", PartialShape::python_list(dims)),
        }
    }
}

impl fmt::Debug for PartialShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_deref() {
            None => f.write_str("TensorShape(None)"),
            Some(dims) => write!(f, "TensorShape([{}])", PartialShape::python_list(dims)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_is_an_error_even_beside_a_zero() {
        assert!(Shape::new(&[usize::MAX, 2]).is_err());
        assert!(Shape::new(&[0, usize::MAX, 4]).is_err());
        assert_eq!(Shape::new(&[0, 5]).map(|shape| shape.num_elements()), Ok(0));
    }

    #[test]
    fn partial_broadcast_keeps_what_is_certain() {
        let a = PartialShape::new([None, Some(1), Some(3)]);
        let b = PartialShape::new([Some(4), None]);
        assert_eq!(a.broadcast(&b), Some(PartialShape::new([None, Some(4), Some(3)])));
        let b = PartialShape::new([Some(4), Some(2)]);
        assert_eq!(a.broadcast(&b), None);
    }

    #[test]
    fn merge_says_both_shapes() {
        let error =
            PartialShape::from([1, 2]).merge_with(&PartialShape::from([3])).expect_err("ranks differ");
        assert_eq!(error.message(), "Shapes (1, 2) and (3,) are not compatible");
    }
}
