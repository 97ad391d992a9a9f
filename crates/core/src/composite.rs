//! Values made of several arrays: what `Session.run` returns for sparse and ragged tensors and indexed slices.

use crate::print::{PrintOptions, array_repr, item_repr};
use crate::{DType, Element, Error, MAX_RANK, NdArray, PartialShape, Result, Shape, bail, ensure};
use std::fmt;

/// The value of a sparse tensor; `{}` and `{:?}` print as TensorFlow's `SparseTensorValue`.
///
/// ```
/// use ferroflow_core::SparseTensorValue;
/// let value = SparseTensorValue::new([[0i64, 1]], [1.0f32], [2i64, 2])?;
/// assert_eq!(
///     value.to_string(),
///     "SparseTensorValue(indices=array([[0, 1]]), values=array([1.], dtype=float32), dense_shape=array([2, 2]))"
/// );
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct SparseTensorValue {
    /// Where the values stand: a row of `int64` for each.
    pub indices: NdArray,
    /// The values, of rank 1.
    pub values: NdArray,
    /// The shape of the dense tensor, `int64`.
    pub dense_shape: NdArray,
}

impl SparseTensorValue {
    /// A value of these parts; integers of another type become `int64`.
    ///
    /// Whether indices lie within the shape and in order is not looked at, as in TensorFlow: the ops that need it do.
    ///
    /// # Errors
    /// `ValueError` when ranks or sizes do not fit together, or a size is negative; `TypeError` when indices or sizes
    /// are no integers.
    pub fn new(
        indices: impl Into<NdArray>,
        values: impl Into<NdArray>,
        dense_shape: impl Into<NdArray>,
    ) -> Result<SparseTensorValue> {
        let (indices, values) = (as_int64(indices.into())?, values.into());
        let dense_shape = as_int64(dense_shape.into())?;
        if let Some(negative) = dense_shape.as_slice::<i64>()?.iter().find(|&&dim| dim < 0) {
            bail!(value, "Dimension {negative} must be >= 0");
        }
        for (part, rank) in [(&indices, 2), (&values, 1), (&dense_shape, 1)] {
            ensure!(
                part.rank() == rank,
                value,
                "Shape {} must have rank {rank}",
                PartialShape::from(part.shape())
            );
        }
        if let [rows, columns] = *indices.shape().dims() {
            for (one, other) in [(rows, values.len()), (columns, dense_shape.len())] {
                ensure!(one == other, value, "Dimensions {one} and {other} are not compatible");
            }
        }
        Ok(SparseTensorValue { indices, values, dense_shape })
    }

    /// The dtype of the values.
    pub fn dtype(&self) -> DType {
        self.values.dtype()
    }

    /// The shape of the dense tensor.
    ///
    /// # Errors
    /// `InvalidArgument` when a size is negative or their product overflows.
    pub fn shape(&self) -> Result<Shape> {
        Shape::from_i64(&self.dense_shape.to_i64_vec()?)
    }
}

fn as_int64(array: NdArray) -> Result<NdArray> {
    if array.dtype() == DType::INT64 {
        return Ok(array);
    }
    if !array.dtype().is_integer() {
        let list = python_list(&array, array.shape().dims(), 0);
        bail!(type_error, "Cannot convert {list} to EagerTensor of dtype int64");
    }
    NdArray::from_shape(array.shape().clone(), array.to_i64_vec()?)
}

impl fmt::Debug for SparseTensorValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SparseTensorValue { indices, values, dense_shape } = self;
        write!(f, "SparseTensorValue(indices={indices:?}, values={values:?}, dense_shape={dense_shape:?})")
    }
}

impl fmt::Display for SparseTensorValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The value of indexed slices, what gradients of lookups are; `{}` and `{:?}` print as TensorFlow's
/// `IndexedSlicesValue`.
///
/// ```
/// use ferroflow_core::IndexedSlicesValue;
/// let value = IndexedSlicesValue::new([1.0f32], [0], None);
/// assert_eq!(
///     value.to_string(),
///     "IndexedSlicesValue(values=array([1.], dtype=float32), indices=array([0], dtype=int32), dense_shape=None)"
/// );
/// ```
#[derive(Clone, PartialEq)]
pub struct IndexedSlicesValue {
    /// The slices, along the first dimension.
    pub values: NdArray,
    /// Which slice of the dense tensor each is.
    pub indices: NdArray,
    /// The shape of the dense tensor, where it is known.
    pub dense_shape: Option<NdArray>,
}

impl IndexedSlicesValue {
    /// A value of these parts, which TensorFlow does not check either.
    pub fn new(
        values: impl Into<NdArray>,
        indices: impl Into<NdArray>,
        dense_shape: Option<NdArray>,
    ) -> IndexedSlicesValue {
        IndexedSlicesValue { values: values.into(), indices: indices.into(), dense_shape }
    }

    /// The dtype of the values.
    pub fn dtype(&self) -> DType {
        self.values.dtype()
    }
}

impl fmt::Debug for IndexedSlicesValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IndexedSlicesValue { values, indices, dense_shape } = self;
        write!(f, "IndexedSlicesValue(values={values:?}, indices={indices:?}, dense_shape=")?;
        match dense_shape {
            None => f.write_str("None)"),
            Some(shape) => write!(f, "{shape:?})"),
        }
    }
}

impl fmt::Display for IndexedSlicesValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The value of a ragged tensor; `{}` and `{:?}` print as TensorFlow's `RaggedTensorValue`.
///
/// Its splits are known to be valid: each starts at 0, does not descend and ends at the number of rows below it.
///
/// ```
/// use ferroflow_core::{NdArray, RaggedTensorValue};
/// let value = RaggedTensorValue::new([1, 2, 3], vec![NdArray::from([0i64, 2, 2, 3])])?;
/// assert_eq!(value.to_string(), "<tf.RaggedTensorValue [[1, 2], [], [3]]>");
/// assert_eq!(
///     format!("{value:?}"),
///     "tf.RaggedTensorValue(values=array([1, 2, 3], dtype=int32), row_splits=array([0, 2, 2, 3]))"
/// );
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct RaggedTensorValue {
    flat_values: NdArray,
    nested_row_splits: Vec<NdArray>,
}

/// Lists in lists, as deep as a ragged tensor has dimensions.
#[derive(Clone, Debug, PartialEq)]
pub enum NestedList<T> {
    /// An element.
    Item(T),
    /// What is inside one pair of brackets.
    List(Vec<NestedList<T>>),
}

impl RaggedTensorValue {
    /// A value of these flat values, cut by these row splits, the outermost first.
    ///
    /// # Errors
    /// `TypeError` when splits are no vectors of `int32` or `int64`, `ValueError` when there are none, one is empty
    /// or their dtypes differ, `InvalidArgument` when they do not start at 0, descend, or do not end at the number
    /// of rows below.
    pub fn new(
        flat_values: impl Into<NdArray>,
        nested_row_splits: Vec<NdArray>,
    ) -> Result<RaggedTensorValue> {
        let flat_values = flat_values.into();
        ensure!(
            !nested_row_splits.is_empty(),
            value,
            "a ragged tensor has at least one ragged dimension, so one vector of row splits"
        );
        ensure!(flat_values.rank() > 0, value, "Shape () must have rank at least 1");
        let rank = flat_values.rank() + nested_row_splits.len();
        ensure!(rank <= MAX_RANK, value, "a ragged tensor of rank {rank}, above {MAX_RANK}");
        let mut rows_below = flat_values.shape().dims().first().copied().unwrap_or(0);
        let mut dtype_below = None;
        for splits in nested_row_splits.iter().rev() {
            ensure!(
                splits.rank() == 1 && matches!(splits.dtype(), DType::INT32 | DType::INT64),
                type_error,
                "row_splits must be a 1D int32 or int64 numpy array"
            );
            ensure!(
                dtype_below.is_none_or(|dtype| dtype == splits.dtype()),
                value,
                "row_splits and values.row_splits must have the same dtype"
            );
            check_splits(splits, rows_below)?;
            rows_below = splits.len() - 1;
            dtype_below = Some(splits.dtype());
        }
        Ok(RaggedTensorValue { flat_values, nested_row_splits })
    }

    /// All elements, without the ragged dimensions.
    pub fn flat_values(&self) -> &NdArray {
        &self.flat_values
    }

    /// The row splits of every ragged dimension, the outermost first.
    pub fn nested_row_splits(&self) -> &[NdArray] {
        &self.nested_row_splits
    }

    /// The row splits of the outermost dimension.
    pub fn row_splits(&self) -> &NdArray {
        // A value is made with at least one; an array cannot be missing.
        self.nested_row_splits.first().unwrap_or(&self.flat_values)
    }

    /// The number of ragged dimensions.
    pub fn ragged_rank(&self) -> usize {
        self.nested_row_splits.len()
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> DType {
        self.flat_values.dtype()
    }

    /// The shape, ragged dimensions unknown.
    pub fn shape(&self) -> PartialShape {
        let rows = self.row_splits().len().saturating_sub(1);
        let ragged = std::iter::repeat_n(None, self.ragged_rank());
        let inner = self.flat_values.shape().dims().iter().skip(1).map(|&dim| Some(dim));
        PartialShape::new(std::iter::once(Some(rows)).chain(ragged).chain(inner))
    }

    /// The elements as lists in lists.
    ///
    /// # Errors
    /// `TypeError` when the elements are of another dtype.
    pub fn to_list<T: Element>(&self) -> Result<NestedList<T>> {
        let elements = self.flat_values.as_slice::<T>()?;
        Ok(self.nest(
            &|position| NestedList::Item(elements.get(position).cloned().unwrap_or_default()),
            &NestedList::List,
        ))
    }

    /// Builds from the elements, by their position, and from the lists of what was built.
    fn nest<R>(&self, item: &impl Fn(usize) -> R, list: &impl Fn(Vec<R>) -> R) -> R {
        let splits: Vec<Vec<usize>> = self.splits().collect();
        let rows = self.row_splits().len().saturating_sub(1);
        list((0..rows).map(|row| self.nest_row(&splits, row, item, list)).collect())
    }

    fn nest_row<R>(
        &self,
        splits: &[Vec<usize>],
        row: usize,
        item: &impl Fn(usize) -> R,
        list: &impl Fn(Vec<R>) -> R,
    ) -> R {
        match splits.split_first() {
            None => {
                let inner = self.flat_values.shape().dims().get(1..).unwrap_or_default();
                nest_dense(inner, row, item, list)
            }
            Some((outer, inner)) => {
                let range = match (outer.get(row), outer.get(row + 1)) {
                    (Some(&start), Some(&end)) => start..end,
                    _ => 0..0,
                };
                list(range.map(|row| self.nest_row(inner, row, item, list)).collect())
            }
        }
    }

    /// The row splits, outermost first, as the indices they are.
    pub(crate) fn splits(&self) -> impl DoubleEndedIterator<Item = Vec<usize>> {
        self.nested_row_splits.iter().map(|splits| {
            // Checked when the value was made: integers, none negative.
            let splits = splits.to_i64_vec().unwrap_or_default();
            splits.iter().map(|&split| usize::try_from(split).unwrap_or(0)).collect()
        })
    }
}

fn nest_dense<R>(
    shape: &[usize],
    position: usize,
    item: &impl Fn(usize) -> R,
    list: &impl Fn(Vec<R>) -> R,
) -> R {
    match shape.split_first() {
        None => item(position),
        Some((&length, inner)) => list(
            (position * length..(position + 1) * length)
                .map(|position| nest_dense(inner, position, item, list))
                .collect(),
        ),
    }
}

/// The check that `RaggedTensor.from_row_splits` makes, in its words.
fn check_splits(splits: &NdArray, rows_below: usize) -> Result<()> {
    let values = splits.to_i64_vec()?;
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else {
        bail!(value, "row_splits tensor may not be empty.");
    };
    let unequal = |x: i64, y: i64| {
        format!(
            "Condition x == y did not hold.\nFirst 1 elements of x:\n[{x}]\nFirst 1 elements of y:\n[{y}]"
        )
    };
    ensure!(
        first == 0,
        invalid_argument,
        "Arguments to from_row_splits do not form a valid RaggedTensor:zero\n{}",
        unequal(first, 0)
    );
    let steps: Vec<i64> =
        values.iter().zip(values.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a)).collect();
    if steps.iter().any(|&step| step < 0) {
        let mut shown: Vec<String> = steps.iter().take(3).map(|step| format!("'{step}'")).collect();
        if steps.len() > shown.len() {
            shown.push("'...'".to_string());
        }
        bail!(
            invalid_argument,
            "Arguments to from_row_splits do not form a valid RaggedTensor:monotonic.  \n\
             Condition x >= 0 did not hold element-wise:\nx (shape=({},) dtype={}) = \n[{}]",
            steps.len(),
            splits.dtype().name(),
            shown.join(", ")
        );
    }
    let below = i64::try_from(rows_below).map_err(|_| Error::internal("more rows than an array can have"))?;
    ensure!(
        last == below,
        invalid_argument,
        "Arguments to _from_row_partition do not form a valid RaggedTensor\n{}",
        unequal(last, below)
    );
    Ok(())
}

impl fmt::Debug for RaggedTensorValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = if f.alternate() { PrintOptions::full() } else { PrintOptions::default() };
        let mut text = array_repr(&self.flat_values, &options);
        for splits in self.nested_row_splits.iter().rev() {
            let splits = array_repr(splits, &options);
            text = format!("tf.RaggedTensorValue(values={text}, row_splits={splits})");
        }
        f.write_str(&text)
    }
}

impl fmt::Display for RaggedTensorValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = self.nest(&|position| item_repr(&self.flat_values, position), &list_text);
        write!(f, "<tf.RaggedTensorValue {list}>")
    }
}

fn list_text(items: Vec<String>) -> String {
    format!("[{}]", items.join(", "))
}

/// The array as the nested Python list of its values.
fn python_list(array: &NdArray, shape: &[usize], position: usize) -> String {
    nest_dense(shape, position, &|position| item_repr(array, position), &list_text)
}
