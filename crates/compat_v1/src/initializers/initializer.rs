//! `Initializer`: a value, or code that makes one for a shape and a dtype.

use crate::mode::{executing_eagerly, facade};
use crate::scopes::Part;
use crate::variables::Initial;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Operand, PartialShape, Result, Shape, Tensor, bail, constant_node_of,
    constant_of, convert_to_tensor, dispatch, literal_array,
};
use std::fmt;
use std::sync::Arc;

/// The shape to make, and, for a part of a variable, the shape of the whole and where the part begins.
pub(super) struct Wanted<'a> {
    pub(super) shape: &'a [usize],
    pub(super) full_shape: &'a [usize],
    pub(super) offset: Option<&'a [usize]>,
}

type Make = dyn Fn(&Wanted<'_>, DType) -> Result<Tensor> + Send + Sync;
type MakeBare = dyn Fn() -> Result<Tensor> + Send + Sync;

/// Makes the initial values of variables.
#[derive(Clone)]
pub struct Initializer(Kind);

#[derive(Clone)]
enum Kind {
    Shaped(Arc<Make>),
    Bare(Arc<MakeBare>),
    Value(Operand),
}

impl Initializer {
    /// Code that makes a tensor of a shape and a dtype.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let twos = tf::Initializer::new(|shape, dtype| tf::ones(shape.iter().map(|n| *n as i32).collect::<Vec<_>>(), dtype)? * 2);
    /// let v = tf::get_variable_with("twos", |o| o.shape([2]).initializer(twos))?;
    /// let sess = tf::Session::new()?;
    /// sess.run(v.initializer()?)?;
    /// assert_eq!(sess.run(&v)?.as_slice::<f32>()?, [2.0, 2.0]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn new(make: impl Fn(&[usize], DType) -> Result<Tensor> + Send + Sync + 'static) -> Initializer {
        Initializer::of_part(move |wanted, dtype| make(wanted.shape, dtype))
    }

    /// Code that looks at the whole that a variable is a part of.
    pub(super) fn of_part(
        make: impl Fn(&Wanted<'_>, DType) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Initializer {
        Initializer(Kind::Shaped(Arc::new(make)))
    }

    /// Code that makes a tensor, whatever shape and dtype it has.
    pub fn bare(make: impl Fn() -> Result<Tensor> + Send + Sync + 'static) -> Initializer {
        Initializer(Kind::Bare(Arc::new(make)))
    }

    /// A value, which also gives the shape.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on.
    pub fn value(value: impl IntoOperand) -> Result<Initializer> {
        value.into_operand().map(|value| Initializer(Kind::Value(value)))
    }

    /// The initial value of a variable of this shape and dtype.
    ///
    /// # Errors
    /// Those of the code; `ValueError` for a value of another shape.
    pub fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        facade(|| match &self.0 {
            Kind::Shaped(make) => make(&Wanted { shape, full_shape: shape, offset: None }, dtype),
            Kind::Bare(make) => make(),
            Kind::Value(value) => constant_of(value.clone(), Some(dtype), Some(&Shape::new(shape)?)),
        })
    }

    pub(crate) fn is_value(&self) -> bool {
        matches!(self.0, Kind::Value(_))
    }

    /// The value.
    pub(crate) fn as_value(&self) -> Option<&Operand> {
        match &self.0 {
            Kind::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The value, where it is a tensor.
    pub(crate) fn as_tensor(&self) -> Option<&Tensor> {
        match &self.0 {
            Kind::Value(Operand::Tensor(tensor)) => Some(tensor),
            _ => None,
        }
    }

    /// The dtype of a value.
    pub(crate) fn value_dtype(&self) -> Option<DType> {
        match &self.0 {
            Kind::Value(value) => Some(value.natural_dtype()),
            _ => None,
        }
    }

    /// The initial value of a variable, and the dtype to convert it to.
    pub(crate) fn bind(
        self,
        shape: Option<&PartialShape>,
        dtype: DType,
        part: Option<&Part>,
    ) -> Result<(Initial<'static>, Option<DType>)> {
        let make: Box<dyn FnOnce() -> Result<Tensor>> = match (self.0, shape.and_then(PartialShape::to_shape))
        {
            (Kind::Value(value), _) => return Ok((Initial::Value(value), None)),
            (Kind::Shaped(make), Some(shape)) => {
                let part = part.cloned();
                let initial = move || {
                    let (shape, part) = (shape.dims(), part.as_ref());
                    let full_shape = part.map_or(shape, |part| part.full_shape.as_slice());
                    make(
                        &Wanted { shape, full_shape, offset: part.map(|part| part.offset.as_slice()) },
                        dtype,
                    )
                };
                return Ok((Initial::Function(Box::new(initial)), Some(dtype)));
            }
            (Kind::Bare(make), _) => Box::new(move || make()),
            (Kind::Shaped(_), None) => bail!(
                value,
                "The initializer passed is not valid. It should be a callable with no arguments and the shape should \
                 not be provided or an instance of `tf.keras.initializers.*' and `shape` should be fully defined."
            ),
        };
        Ok((Initial::Function(make), None))
    }
}

impl From<Tensor> for Initializer {
    fn from(value: Tensor) -> Initializer {
        Initializer(Kind::Value(Operand::Tensor(value)))
    }
}

impl From<&Tensor> for Initializer {
    fn from(value: &Tensor) -> Initializer {
        value.clone().into()
    }
}

impl fmt::Debug for Initializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Initializer")
    }
}

/// The sizes as an operand; no sizes are those of a scalar.
pub(super) fn sizes(shape: &[usize]) -> Result<ferroflow_core::NdArray> {
    let sizes: Vec<i64> = Shape::new(shape)?.to_i64();
    ferroflow_core::NdArray::vector(sizes).cast(DType::INT32)
}

/// Zeros.
pub fn zeros_initializer() -> Initializer {
    Initializer::new(|shape, dtype| ferroflow_ops_array::zeros(sizes(shape)?, dtype))
}

/// Ones.
pub fn ones_initializer() -> Initializer {
    Initializer::new(|shape, dtype| ferroflow_ops_array::ones(sizes(shape)?, dtype))
}

/// A constant; where it has fewer elements than the variable, the last one stands for all others.
///
/// # Errors
/// The error of a `Result` that is passed on.
pub fn constant_initializer(value: impl IntoOperand) -> Result<Initializer> {
    let value = value.into_operand()?;
    Ok(Initializer::new(move |shape, dtype| {
        let array = match &value {
            Operand::Tensor(tensor) => tensor.value()?.cast(dtype)?,
            literal => literal_array(literal, Some(dtype))?,
        };
        let shape = Shape::new(shape)?;
        let (given, wanted) = (array.len(), shape.num_elements());
        if given > wanted || given == 0 && wanted > 0 {
            bail!(value, "Too many elements provided. Takes at most {wanted}, but got {given}");
        }
        if given == wanted {
            return convert_to_tensor(array.reshape(shape)?, None);
        }
        let filled = dispatch!(dtype, ALL, |T| {
            let mut values = ferroflow_core::reserve::<T>(wanted)?;
            values.extend_from_slice(array.as_slice::<T>()?);
            if let Some(last) = values.last().cloned() {
                values.resize(wanted, last);
            }
            NdArray::from_vec(shape.dims(), values)
        })?;
        match executing_eagerly() {
            true => Ok(Tensor::from(filled)),
            false => constant_node_of(filled, given),
        }
    }))
}
