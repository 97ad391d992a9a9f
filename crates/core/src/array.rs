//! `NdArray`: a dtype-erased, reference-counted array, what NumPy's `ndarray` is to TensorFlow.

use crate::buffers::{Buffer, zeroed};
use crate::{DType, Element, Error, Result, Shape, bail, dispatch, ensure};
use std::any::Any;
use std::sync::Arc;

/// An n-dimensional array whose dtype is known at run time, row-major, shared and copied on write.
///
/// Cloning shares the memory. Writing through one handle (`as_mut_slice`) first copies what other handles can
/// see, so no holder ever sees another's writes. Arrays of the `ndarray` crate move in and out without a copy:
/// see [`NdArray::from_array`], [`NdArray::view`], [`NdArray::into_array`].
///
/// `{}` and `{:?}` print as NumPy 2's `str` and `repr`.
///
/// ```
/// use ferroflow_core::NdArray;
/// let array = NdArray::from_vec(&[2, 2], vec![1i32, 2, 3, 4])?;
/// assert_eq!(array.as_slice::<i32>()?, [1, 2, 3, 4]);
/// let shared = array.clone();
/// assert_eq!(shared.as_slice::<i32>()?.as_ptr(), array.as_slice::<i32>()?.as_ptr());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone)]
pub struct NdArray {
    dtype: DType,
    shape: Shape,
    /// An `Arc<Buffer<T>>` for the dtype's `T` (bytes for narrow ones), of `shape.num_elements()` elements.
    data: Arc<dyn Any + Send + Sync>,
}

impl NdArray {
    /// An array of this shape that takes over the elements, row-major.
    ///
    /// # Errors
    /// `ValueError` when the number of elements is not that of the shape.
    pub fn from_vec<T: Element>(shape: &[usize], elements: Vec<T>) -> Result<NdArray> {
        NdArray::from_shape(Shape::new(shape)?, elements)
    }

    /// The same from a [`Shape`].
    ///
    /// # Errors
    /// `ValueError` when the number of elements is not that of the shape.
    pub fn from_shape<T: Element>(shape: Shape, elements: Vec<T>) -> Result<NdArray> {
        ensure!(
            shape.num_elements() == elements.len(),
            value,
            "cannot reshape array of size {} into shape {}",
            elements.len(),
            crate::PartialShape::from(&shape)
        );
        Ok(NdArray { dtype: T::DTYPE, shape, data: Arc::new(Buffer::new(elements)) })
    }

    /// A 0-d array.
    pub fn scalar<T: Element>(value: T) -> NdArray {
        NdArray { dtype: T::DTYPE, shape: Shape::scalar(), data: Arc::new(Buffer::new(vec![value])) }
    }

    /// A 1-d array that takes over the elements.
    pub fn vector<T: Element>(elements: Vec<T>) -> NdArray {
        let shape = Shape::new(&[elements.len()]).unwrap_or_default();
        NdArray { dtype: T::DTYPE, shape, data: Arc::new(Buffer::new(elements)) }
    }

    /// An array of the dtype's default: 0, `false` or `b''`.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had, `Unimplemented` for a dtype without storage.
    pub fn zeros(dtype: DType, shape: Shape) -> Result<NdArray> {
        let count = shape.num_elements();
        if dtype.is_narrow() {
            return Ok(NdArray { dtype, shape, data: Arc::new(Buffer::new(zeroed::<u8>(count)?)) });
        }
        dispatch!(dtype, ALL, |T| Ok(NdArray {
            dtype,
            shape,
            data: Arc::new(Buffer::new(zeroed::<T>(count)?))
        }))
    }

    /// An array with the same value everywhere.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    pub fn full<T: Element>(shape: Shape, value: T) -> Result<NdArray> {
        let mut elements = reserve::<T>(shape.num_elements())?;
        elements.resize(shape.num_elements(), value);
        Ok(NdArray { dtype: T::DTYPE, shape, data: Arc::new(Buffer::new(elements)) })
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.rank()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.num_elements()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes the elements take, strings counted by their handles.
    pub fn num_bytes(&self) -> usize {
        let size = dispatch!(self.dtype, ALL, |T| Ok(std::mem::size_of::<T>()));
        self.len() * size.unwrap_or(self.dtype.size())
    }

    fn vec<T: Element>(&self) -> Result<&Vec<T>> {
        self.stored::<T>().filter(|_| self.dtype == T::DTYPE).ok_or_else(|| self.dtype_mismatch(T::DTYPE))
    }

    fn stored<T: Element>(&self) -> Option<&Vec<T>> {
        self.buffer::<T>().map(|buffer| &**buffer)
    }

    fn buffer<T: Element>(&self) -> Option<&Buffer<T>> {
        self.data.downcast_ref::<Buffer<T>>()
    }

    /// Another form of the elements, in which kernels work with them faster: made by `make` when it is asked for again and
    /// again, kept beside the elements and forms of other types for all who share them, and dropped when they change. `None` the
    /// first times, and for elements of another type than `T`.
    ///
    /// ```
    /// use ferroflow_core::NdArray;
    /// let mut weights = NdArray::from_vec(&[2], vec![3.0f32, 4.0])?;
    /// let reversed = |elements: &[f32]| elements.iter().rev().copied().collect::<Vec<f32>>();
    /// assert!(weights.form(reversed).is_none() && weights.form(reversed).is_none());
    /// assert_eq!(weights.form(reversed).map(Vec::as_slice), Some([4.0, 3.0].as_slice()));
    /// weights.as_mut_slice::<f32>()?[0] = 5.0;
    /// assert!(weights.form(reversed).is_none());
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn form<T: Element, F: Any + Send + Sync>(&self, make: impl FnOnce(&[T]) -> F) -> Option<&F> {
        self.buffer::<T>().and_then(|buffer| buffer.form(make))
    }

    #[cold]
    fn dtype_mismatch(&self, asked: DType) -> Error {
        Error::type_error(format!(
            "the array is of dtype {}, not {}; cast it, or ask for its own dtype",
            self.dtype.name(),
            asked.name()
        ))
    }

    /// The elements, row-major.
    ///
    /// # Errors
    /// `TypeError` when the array is of another dtype.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        self.vec::<T>().map(Vec::as_slice)
    }

    /// The elements for writing; copied first if anybody else holds them.
    ///
    /// # Errors
    /// `TypeError` when the array is of another dtype.
    pub fn as_mut_slice<T: Element>(&mut self) -> Result<&mut [T]> {
        let mismatch = self.dtype_mismatch_if::<T>();
        if let Some(error) = mismatch {
            return Err(error);
        }
        if Arc::get_mut(&mut self.data).is_none() {
            let copy = Buffer::copied(self.vec::<T>()?);
            self.data = Arc::new(Buffer::new(copy));
        }
        let unique = Arc::get_mut(&mut self.data).and_then(|data| data.downcast_mut::<Buffer<T>>());
        unique
            .map(|buffer| buffer.as_mut_slice())
            .ok_or_else(|| Error::internal("array storage is not of its dtype"))
    }

    fn dtype_mismatch_if<T: Element>(&self) -> Option<Error> {
        (self.dtype != T::DTYPE).then(|| self.dtype_mismatch(T::DTYPE))
    }

    /// The elements, moved out when this is the only holder, else copied.
    ///
    /// # Errors
    /// `TypeError` when the array is of another dtype.
    pub fn into_vec<T: Element>(self) -> Result<Vec<T>> {
        if let Some(error) = self.dtype_mismatch_if::<T>() {
            return Err(error);
        }
        match self.data.downcast::<Buffer<T>>() {
            Ok(data) => {
                Ok(Arc::try_unwrap(data).map_or_else(|shared| Buffer::copied(&shared), Buffer::into_vec))
            }
            Err(_) => Err(Error::internal("array storage is not of its dtype")),
        }
    }

    /// The only element of a 0-d array, or of any array that has just one.
    ///
    /// # Errors
    /// `TypeError` when the array is of another dtype, `ValueError` when it does not have one element.
    pub fn item<T: Element>(&self) -> Result<T> {
        match self.as_slice::<T>()? {
            [only] => Ok(only.clone()),
            _ => bail!(value, "can only convert an array of size 1 to a scalar"),
        }
    }

    /// Whether no other handle shares the elements.
    pub fn is_unique(&mut self) -> bool {
        Arc::get_mut(&mut self.data).is_some()
    }

    /// Whether two handles share the elements.
    pub fn shares_memory_with(&self, other: &NdArray) -> bool {
        Arc::ptr_eq(&self.data, &other.data)
    }

    /// The same elements in another shape, without a copy.
    ///
    /// # Errors
    /// `ValueError` when the number of elements differs.
    pub fn reshape(&self, shape: Shape) -> Result<NdArray> {
        self.clone().into_shape(shape)
    }

    /// The same elements in another shape, in place.
    ///
    /// # Errors
    /// `ValueError` when the number of elements differs.
    pub fn into_shape(mut self, shape: Shape) -> Result<NdArray> {
        ensure!(
            shape.num_elements() == self.len(),
            value,
            "cannot reshape array of size {} into shape {}",
            self.len(),
            crate::PartialShape::from(&shape)
        );
        self.shape = shape;
        Ok(self)
    }

    /// The elements as bytes in the machine's order; `None` for strings, resources and variants.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if self.dtype.is_narrow() {
            return self.stored::<u8>().map(Vec::as_slice);
        }
        dispatch!(self.dtype, FIXED, |T| self.as_slice::<T>().map(bytemuck::must_cast_slice)).ok()
    }

    /// An array of a fixed-size dtype from the bytes of its elements in the machine's order.
    ///
    /// # Errors
    /// `InvalidArgument` when the length does not fit the shape, or a bool is neither 0 nor 1.
    pub fn from_bytes(dtype: DType, shape: Shape, bytes: &[u8]) -> Result<NdArray> {
        let expected = shape.num_elements().checked_mul(dtype.size());
        ensure!(
            expected == Some(bytes.len()),
            invalid_argument,
            "{} bytes do not hold {} elements of {}",
            bytes.len(),
            shape.num_elements(),
            dtype.name()
        );
        if dtype == DType::BOOL {
            ensure!(bytes.iter().all(|&byte| byte < 2), invalid_argument, "a bool is stored as 0 or 1");
            return NdArray::from_shape(shape, bytes.iter().map(|&byte| byte == 1).collect());
        }
        if dtype.is_narrow() {
            let mut elements = reserve::<u8>(bytes.len())?;
            elements.extend_from_slice(bytes);
            return Ok(NdArray { dtype, shape, data: Arc::new(Buffer::new(elements)) });
        }
        macro_rules! copy {
            ($($name:ident $ty:ty),*) => {
                match dtype {
                    $(DType::$name => {
                        let mut elements = zeroed::<$ty>(shape.num_elements())?;
                        bytemuck::must_cast_slice_mut::<$ty, u8>(&mut elements).copy_from_slice(bytes);
                        NdArray::from_shape(shape, elements)
                    })*
                    other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
                }
            };
        }
        copy!(
            FLOAT32 f32, FLOAT64 f64, HALF crate::f16, BFLOAT16 crate::bf16, INT8 i8, INT16 i16, INT32 i32,
            INT64 i64, UINT8 u8, UINT16 u16, UINT32 u32, UINT64 u64, COMPLEX64 crate::Complex<f32>,
            COMPLEX128 crate::Complex<f64>, QINT8 crate::QInt8, QUINT8 crate::QUInt8, QINT16 crate::QInt16,
            QUINT16 crate::QUInt16, QINT32 crate::QInt32
        )
    }

    /// The elements of an integer array, widened: how kernels read shapes, axes and indices.
    ///
    /// # Errors
    /// `InvalidArgument` for a dtype that is no integer, or a `uint64` above `i64::MAX`.
    pub fn to_i64_vec(&self) -> Result<Vec<i64>> {
        if let Ok(values) = self.as_slice::<i64>() {
            return Ok(values.to_vec());
        }
        ensure!(self.dtype.is_integer(), invalid_argument, "expected integers, got {}", self.dtype.name());
        dispatch!(self.dtype, INTEGERS, |T| {
            self.as_slice::<T>()?
                .iter()
                .map(|&value| {
                    num_traits::ToPrimitive::to_i64(&value)
                        .ok_or_else(|| Error::invalid_argument(format!("{value} does not fit in int64")))
                })
                .collect()
        })
    }

    /// The same elements under another dtype of the same element type, for which storage is shared: `int8` as
    /// `qint8` is not such a pair, a copy is made by bytes.
    ///
    /// # Errors
    /// `InvalidArgument` when the sizes of the elements differ.
    pub fn bitcast_same_size(&self, dtype: DType) -> Result<NdArray> {
        match self.as_bytes() {
            Some(bytes) if self.dtype.size() == dtype.size() => {
                NdArray::from_bytes(dtype, self.shape.clone(), bytes)
            }
            _ => bail!(invalid_argument, "Cannot bitcast from {} to {}", self.dtype.name(), dtype.name()),
        }
    }
}

impl PartialEq for NdArray {
    /// Same dtype, same shape, equal elements; NaN is not equal to itself.
    fn eq(&self, other: &NdArray) -> bool {
        self.dtype == other.dtype
            && self.shape == other.shape
            && dispatch!(self.dtype, ALL, |T| Ok(self.vec::<T>().ok() == other.vec::<T>().ok()))
                .unwrap_or_else(|_| self.as_bytes() == other.as_bytes())
    }
}

/// An empty vector with room for this many elements, or `ResourceExhausted`.
pub fn reserve<T>(count: usize) -> Result<Vec<T>> {
    let mut elements = Vec::new();
    match elements.try_reserve_exact(count) {
        Ok(()) => Ok(elements),
        Err(_) => Err(Error::resource_exhausted(format!(
            "OOM when allocating tensor with {count} elements of {} bytes",
            std::mem::size_of::<T>()
        ))),
    }
}
