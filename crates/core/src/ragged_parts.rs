//! The other ways to give the rows of a ragged tensor, and what it is turned into.

use crate::{
    DType, IntoOperand, NdArray, Op, RaggedTensor, Result, SparseTensor, Tensor, bail, context,
    convert_to_tensor, ensure, operators,
};

/// The elements of a vector from `begin` to `end`; `None` is its end.
fn part(vector: &Tensor, begin: i32, end: Option<i32>) -> Result<Tensor> {
    Op::named("StridedSlice")
        .input(vector)
        .input(NdArray::vector(vec![begin]))
        .input(NdArray::vector(vec![end.unwrap_or(0)]))
        .input(NdArray::vector(vec![1i32]))
        .attr("begin_mask", i64::from(begin == 0))
        .attr("end_mask", i64::from(end.is_none()))
        .default_name("strided_slice")
        .one()
}

/// One element of a vector.
fn element(vector: &Tensor, at: i32) -> Result<Tensor> {
    let taken =
        Op::named("Slice").input(vector).input(NdArray::vector(vec![at])).input(NdArray::vector(vec![1i32]));
    Op::named("Squeeze").input(taken.one()?).attr("squeeze_dims", vec![0i64]).one()
}

fn number(value: i64, dtype: DType) -> Result<NdArray> {
    NdArray::scalar(value).cast(dtype)
}

/// The size of the first dimension.
fn length(tensor: &Tensor, dtype: DType) -> Result<Tensor> {
    element(&Op::named("Shape").input(tensor).attr("out_type", dtype).one()?, 0)
}

fn range(limit: &Tensor) -> Result<Tensor> {
    let dtype = limit.dtype();
    Op::named("Range")
        .input(number(0, dtype)?)
        .input(limit)
        .input(number(1, dtype)?)
        .default_name("range")
        .one()
}

/// Where rows of `columns` values each begin and end. TensorFlow takes the number of values, which it then has no use for.
fn uniform_splits(values: &Tensor, rows: Tensor, columns: Tensor) -> Result<Tensor> {
    context::name_scope("RaggedFromUniformRowLength", || {
        if values.shape().dim(0).is_none() {
            item(&sizes_of(values, DType::INT64)?, 0)?;
        }
        context::name_scope("RowPartitionFromUniformRowLength", || {
            let limit = (rows + NdArray::scalar(1i64))?;
            range(&limit)? * columns
        })
    })
}

fn joined(parts: [Tensor; 2]) -> Result<Tensor> {
    Op::named("ConcatV2").inputs(parts).input(0).default_name("concat").one()
}

/// What splits and their like are: `int32` where they are given so, else `int64`.
fn partition(given: impl IntoOperand, name: &str) -> Result<Tensor> {
    let given = given.into_operand()?;
    let dtype = if given.fixed_dtype() == Some(DType::INT32) { DType::INT32 } else { DType::INT64 };
    context::with_name(name, || convert_to_tensor(given, Some(dtype)))
}

/// Where rows of these lengths begin and end.
fn ends_of(lengths: &Tensor) -> Result<Tensor> {
    let zero = convert_to_tensor(NdArray::vector(vec![0i64]).cast(lengths.dtype())?, None)?;
    joined([zero, Op::named("Cumsum").input(lengths).input(0).one()?])
}

impl RaggedTensor {
    fn of_splits(
        scope: &str,
        values: impl IntoOperand,
        splits: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<RaggedTensor> {
        let values = values.into_operand()?;
        let ragged = context::name_scope(scope, || {
            let values = context::with_name("values", || convert_to_tensor(values, None))?;
            let splits = splits(&values)?;
            Ok(RaggedTensor { flat_values: values, nested_row_splits: vec![splits] })
        })?;
        if ragged.flat_values.is_eager() && ragged.row_splits().is_some_and(Tensor::is_eager) {
            ragged.value()?;
        }
        Ok(ragged)
    }

    /// Rows of these lengths, one after the other.
    ///
    /// # Errors
    /// `InvalidArgument` for lengths that are not those of the values together.
    pub fn from_row_lengths(values: impl IntoOperand, row_lengths: impl IntoOperand) -> Result<RaggedTensor> {
        let lengths = row_lengths.into_operand()?;
        RaggedTensor::of_splits("RaggedFromRowLengths", values, |_| {
            ends_of(&partition(lengths, "row_lengths")?)
        })
    }

    /// Rows that begin at these values.
    ///
    /// # Errors
    /// `InvalidArgument` for starts that do not begin with 0 or go backwards.
    pub fn from_row_starts(values: impl IntoOperand, row_starts: impl IntoOperand) -> Result<RaggedTensor> {
        let starts = row_starts.into_operand()?;
        RaggedTensor::of_splits("RaggedFromRowStarts", values, |values| {
            let starts = partition(starts, "row_starts")?;
            let count = Op::named("Shape").input(values).attr("out_type", starts.dtype()).one()?;
            joined([starts, part(&count, 0, Some(1))?])
        })
    }

    /// Rows that end before these values.
    ///
    /// # Errors
    /// `InvalidArgument` for limits that go backwards or end elsewhere than the values.
    pub fn from_row_limits(values: impl IntoOperand, row_limits: impl IntoOperand) -> Result<RaggedTensor> {
        let limits = row_limits.into_operand()?;
        RaggedTensor::of_splits("RaggedFromRowLimits", values, |_| {
            let limits = partition(limits, "row_limits")?;
            let zero = convert_to_tensor(NdArray::vector(vec![0i64]).cast(limits.dtype())?, None)?;
            joined([zero, limits])
        })
    }

    /// Rows of all values of one number: `value_rowids` says which row each value is in; `nrows` is by default one more than
    /// the last.
    ///
    /// # Errors
    /// `InvalidArgument` for numbers that go backwards or are no rows.
    pub fn from_value_rowids(
        values: impl IntoOperand,
        value_rowids: impl IntoOperand,
        nrows: Option<Tensor>,
    ) -> Result<RaggedTensor> {
        let rowids = value_rowids.into_operand()?;
        RaggedTensor::of_splits("RaggedFromValueRowIds", values, |_| {
            let rowids = partition(rowids, "value_rowids")?;
            if let Ok(rowids) = rowids.numpy() {
                let rowids = rowids.to_i64_vec()?;
                ensure!(
                    rowids.is_sorted() && rowids.first().is_none_or(|first| *first >= 0),
                    invalid_argument,
                    "Arguments to from_value_rowids do not form a valid RaggedTensor"
                );
            }
            let nrows = match nrows {
                Some(nrows) => operators::cast(nrows, rowids.dtype())?,
                None => {
                    let last = Op::named("Max").input(joined([
                        convert_to_tensor(NdArray::vector(vec![-1i64]).cast(rowids.dtype())?, None)?,
                        rowids.clone(),
                    ])?);
                    operators::add(last.input(0).one()?, number(1, rowids.dtype())?)?
                }
            };
            let none = NdArray::from_vec(&[0], Vec::<i64>::new())?.cast(rowids.dtype())?;
            let lengths = Op::named("DenseBincount").input(&rowids).input(&nrows).input(none).one()?;
            ends_of(&lengths)
        })
    }

    /// Rows of one length; of values of no length there are none.
    ///
    /// # Errors
    /// `InvalidArgument` for a length that does not divide the number of values.
    pub fn from_uniform_row_length(
        values: impl IntoOperand,
        uniform_row_length: i64,
    ) -> Result<RaggedTensor> {
        ensure!(
            uniform_row_length > 0,
            invalid_argument,
            "uniform_row_length must be positive, not {uniform_row_length}"
        );
        RaggedTensor::of_splits("RaggedFromUniformRowLength", values, |values| {
            let count = length(values, DType::INT64)?;
            if let Ok(count) = count.numpy() {
                let count = count.item::<i64>()?;
                ensure!(
                    count % uniform_row_length == 0,
                    invalid_argument,
                    "{count} values cannot be cut into rows of {uniform_row_length}"
                );
            }
            let rows = Op::named("FloorDiv").input(count).input(NdArray::scalar(uniform_row_length)).one()?;
            let limit = operators::add(rows, NdArray::scalar(1i64))?;
            operators::multiply(range(&limit)?, NdArray::scalar(uniform_row_length))
        })
    }

    /// The rows of a matrix, or of a tensor of more dimensions, each as long as it is.
    ///
    /// # Errors
    /// `ValueError` for a tensor of fewer than two dimensions.
    pub fn from_tensor(tensor: impl IntoOperand) -> Result<RaggedTensor> {
        let tensor = tensor.into_operand()?;
        context::name_scope("RaggedFromTensor", || {
            let tensor = context::with_name("tensor", || convert_to_tensor(tensor, None))?;
            if let Some(rank @ ..2) = tensor.rank() {
                bail!(
                    value,
                    "The rank of a RaggedTensor must be greater than 1, i.e., a list of scalars won't have ragged dimensions. \
                     Received argument `tensor` with rank {rank}."
                );
            }
            let known = [0, 1].map(|axis| tensor.shape().dim(axis));
            let shape = sizes_of(&tensor, DType::INT64)?;
            // TensorFlow takes the number of columns, which only paddings need.
            item(&shape, 1)?;
            let count = (item(&shape, 0)? * item(&shape, 1)?)?;
            let inner = part(&shape, 2, None)?;
            let flat = context::name_scope_for_op("concat", |name| {
                let count = context::with_name("values_0", || Op::named("Pack").input(count).one())?;
                Op::named("ConcatV2").inputs([count, inner]).input(0).name(name).one()
            })?;
            let values = Op::named("Reshape").input(&tensor).input(flat).one()?;
            let splits = match known {
                [Some(rows), Some(columns)] => {
                    let mut ends = crate::reserve(rows.saturating_add(1))?;
                    ends.extend((0..=rows).map(|row| row.saturating_mul(columns) as i64));
                    convert_to_tensor(NdArray::vector(ends), None)?
                }
                [rows, known_columns] => {
                    let size = |known: Option<usize>, axis: i32| match known {
                        Some(size) => convert_to_tensor(NdArray::scalar(size as i64), None),
                        None => item(&shape, axis),
                    };
                    let (rows, columns) = (size(rows, 0)?, size(known_columns, 1)?);
                    uniform_splits(&values, rows, columns)?
                }
            };
            Ok(RaggedTensor { flat_values: values, nested_row_splits: vec![splits] })
        })
    }

    /// The rows of a sparse matrix: its values, without what is between them.
    ///
    /// # Errors
    /// `ValueError` for a tensor of another rank than 2; `InvalidArgument` for places out of order.
    pub fn from_sparse(st_input: &SparseTensor) -> Result<RaggedTensor> {
        let rank = st_input.shape().rank();
        match rank {
            Some(2) => {}
            Some(rank) => bail!(value, "rank(st_input) must be 2. Got rank {rank}"),
            None => bail!(value, "rank(st_input) must be 2."),
        }
        let column = Op::named("Slice").input(&st_input.indices).input([0i64, 0]).input([-1i64, 1]).one()?;
        let rowids = Op::named("Reshape").input(column).input([-1]).one()?;
        let rows = element(&st_input.dense_shape, 0)?;
        RaggedTensor::from_value_rowids(&st_input.values, rowids, Some(rows))
    }

    /// Where the outermost rows begin and end.
    pub fn row_splits(&self) -> Option<&Tensor> {
        self.nested_row_splits.first()
    }

    fn splits(&self) -> Result<&Tensor> {
        match self.row_splits() {
            Some(splits) => Ok(splits),
            None => bail!(value, "a ragged tensor without ragged dimensions has no rows"),
        }
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn nrows(&self) -> Result<Tensor> {
        let splits = self.splits()?;
        if let Some(rows) = splits.shape().dim(0).and_then(|ends| ends.checked_sub(1)) {
            return convert_to_tensor(NdArray::scalar(rows as i64).cast(splits.dtype())?, None);
        }
        operators::subtract(length(splits, splits.dtype())?, number(1, splits.dtype())?)
    }

    /// How long each row is.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn row_lengths(&self) -> Result<Tensor> {
        lengths_of(self.splits()?)
    }

    /// The lengths of the rows of each ragged dimension, the outermost first.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn nested_row_lengths(&self) -> Result<Vec<Tensor>> {
        context::name_scope("RaggedNestedRowLengths", || {
            self.nested_row_splits.iter().map(lengths_of).collect()
        })
    }

    /// Where each row begins.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn row_starts(&self) -> Result<Tensor> {
        context::name_scope("RaggedRowStarts", || part(self.splits()?, 0, Some(-1)))
    }

    /// Where each row ends.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn row_limits(&self) -> Result<Tensor> {
        context::name_scope("RaggedRowLimits", || part(self.splits()?, 1, None))
    }

    /// The row that each value of the outermost ragged dimension is in.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn value_rowids(&self) -> Result<Tensor> {
        let splits = self.splits()?;
        let as_row = |vector: &Tensor| Op::named("ExpandDims").input(vector).input(0).one();
        let places = as_row(&range(&last(splits)?)?)?;
        let found =
            Op::named("UpperBound").input(as_row(splits)?).input(places).attr("out_type", splits.dtype());
        let found = Op::named("Squeeze").input(found.one()?).attr("squeeze_dims", vec![0i64]).one()?;
        operators::subtract(found, number(1, splits.dtype())?)
    }

    /// The same rows with other values.
    ///
    /// # Errors
    /// `ValueError` where the number of values is known to be another.
    pub fn with_flat_values(&self, new_values: impl IntoOperand) -> Result<RaggedTensor> {
        let flat_values = convert_to_tensor(new_values, None)?;
        let (new, old) = (flat_values.shape().dim(0), self.flat_values.shape().dim(0));
        if let (Some(new), Some(old)) = (new, old)
            && new != old
        {
            bail!(value, "Shapes ({new},) and ({old},) are incompatible");
        }
        Ok(RaggedTensor { flat_values, nested_row_splits: self.nested_row_splits.clone() })
    }

    /// The rows as long as the longest, filled up with a value: zero, or none of text, unless it is given.
    ///
    /// # Errors
    /// `TypeError` for a default value of another dtype.
    pub fn to_tensor(&self, default_value: Option<Tensor>) -> Result<Tensor> {
        let default = match default_value {
            Some(value) => value.into_operand()?,
            None if self.dtype() == DType::STRING => NdArray::from("").into_operand()?,
            None => NdArray::scalar(0i32).cast(self.dtype())?.into_operand()?,
        };
        context::name_scope("RaggedToTensor", || {
            let types = crate::AttrValue::Strs(vec![b"ROW_SPLITS".to_vec(); self.nested_row_splits.len()]);
            Op::named("RaggedTensorToTensor")
                .input(NdArray::scalar(-1i64))
                .input(&self.flat_values)
                .input(default)
                .inputs(self.nested_row_splits.clone())
                .attr("row_partition_types", types)
                .one()
        })
    }

    /// A sparse tensor with the same values.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn to_sparse(&self) -> Result<SparseTensor> {
        context::name_scope("RaggedToSparse", || {
            let op = Op::named("RaggedTensorToSparse").inputs(self.nested_row_splits.clone());
            let [indices, values, dense_shape] = op.input(&self.flat_values).outputs()?;
            Ok(SparseTensor { indices, values, dense_shape })
        })
    }

    /// The shape that holds all rows: the number of rows, and the length of the longest of each ragged dimension.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn bounding_shape(&self) -> Result<Tensor> {
        context::name_scope("RaggedBoundingBox", || {
            let (splits, dtype) = (self.splits()?, self.splits()?.dtype());
            let (ends, values) = (sizes_of(splits, dtype)?, sizes_of(&self.flat_values, dtype)?);
            let mut sizes = vec![(item(&ends, 0)? - 1)?];
            for splits in &self.nested_row_splits {
                let longest =
                    Op::named("Max").input(lengths_of(splits)?).input(NdArray::vector(vec![0])).one()?;
                sizes.push(Op::named("Maximum").input(longest).input(number(0, dtype)?).one()?);
            }
            let inner = part(&values, 1, None)?;
            joined([Op::named("Pack").inputs(sizes).default_name("stack").one()?, inner])
        })
    }
}

/// The sizes of a tensor: a constant where they are known.
fn sizes_of(tensor: &Tensor, dtype: DType) -> Result<Tensor> {
    match tensor.shape().to_shape() {
        Some(shape) => {
            let sizes = NdArray::vector(shape.to_i64()).cast(dtype)?;
            context::with_name("Shape", || convert_to_tensor(sizes, None))
        }
        None => Op::named("Shape").input(tensor).attr("out_type", dtype).one(),
    }
}

/// One element of a vector, as an index takes it.
fn item(vector: &Tensor, at: i32) -> Result<Tensor> {
    Op::named("StridedSlice")
        .input(vector)
        .input(NdArray::vector(vec![at]))
        .input(NdArray::vector(vec![at + 1]))
        .input(NdArray::vector(vec![1i32]))
        .attr("shrink_axis_mask", 1i64)
        .default_name("strided_slice")
        .one()
}

/// How long the rows are that begin and end here.
fn lengths_of(splits: &Tensor) -> Result<Tensor> {
    part(splits, 1, None)? - part(splits, 0, Some(-1))?
}

/// The last element of a vector.
fn last(vector: &Tensor) -> Result<Tensor> {
    Op::named("Squeeze").input(part(vector, -1, None)?).attr("squeeze_dims", vec![0i64]).one()
}
