//! `CsvDataset`: the records of files of text in columns.

use super::dataset::dataset_op;
use super::sources::{int64, named};
use super::{Dataset, Leaf};
use crate::{Nest, convert_to_tensor};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, PartialShape, Result, Shape, TString, Tensor, context, options,
};
use ferroflow_data::Specs;
use std::ops::Deref;
use std::sync::Arc;

/// Bytes that are read of a file at once, where the program does not say.
const BUFFER_SIZE: i64 = 4 << 20;

options! {
    /// Optional arguments of [`CsvDataset::new_with`].
    pub struct CsvOptions {
        /// How files are compressed: `""`, `"ZLIB"` or `"GZIP"`.
        compression_type: String = String::new(),
        /// How many bytes are read at once.
        buffer_size: Option<i64> = None,
        /// Whether the first record of each file holds the names of the columns, and is passed over.
        header: bool = false,
        /// What stands between fields, one byte.
        field_delim: String = ",".to_string(),
        /// Whether quotes stand around fields.
        use_quote_delim: bool = true,
        /// What stands for no value, beside nothing.
        na_value: String = String::new(),
        /// The columns wanted, in ascending order; all of them if empty.
        select_cols: Vec<i64> = Vec::new(),
        /// The columns not wanted, in ascending order, where none are selected.
        exclude_cols: Vec<i64> = Vec::new(),
    }
}

/// Marks a column that is required.
pub struct Required;

/// What a column holds where a record has nothing: a value, or the dtype of a column that every record must have. The
/// marker `M` is found by the compiler.
pub trait CsvColumn<M> {
    /// The value; one without elements for a column that is required.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on as a value.
    fn record_default(self) -> Result<Operand>;
}

impl<O: IntoOperand> CsvColumn<Leaf> for O {
    fn record_default(self) -> Result<Operand> {
        self.into_operand()
    }
}

impl CsvColumn<Required> for DType {
    fn record_default(self) -> Result<Operand> {
        convert_to_tensor(NdArray::zeros(self, Shape::new(&[0])?)?, None).map(Operand::Tensor)
    }
}

/// The columns of records: a tuple of up to six, or a vector of columns of one kind.
pub trait CsvColumns<M> {
    /// A structure of a tensor for each column.
    type Element: Nest;

    /// The default of each column.
    ///
    /// # Errors
    /// As [`CsvColumn::record_default`].
    fn record_defaults(self) -> Result<Vec<Operand>>;

    /// An element of these tensors.
    ///
    /// # Errors
    /// `Internal` when there are too few.
    fn element(tensors: Vec<Tensor>) -> Result<Self::Element>;
}

impl<C: CsvColumn<M>, M> CsvColumns<M> for Vec<C> {
    type Element = Vec<Tensor>;

    fn record_defaults(self) -> Result<Vec<Operand>> {
        self.into_iter().map(CsvColumn::record_default).collect()
    }

    fn element(tensors: Vec<Tensor>) -> Result<Vec<Tensor>> {
        Ok(tensors)
    }
}

macro_rules! tuples {
    ($(($($name:ident $marker:ident $index:tt),*);)*) => {
        $(impl<$($name: CsvColumn<$marker>, $marker),*> CsvColumns<($($marker,)*)> for ($($name,)*) {
            type Element = ($(tuples!(@tensor $name),)*);

            fn record_defaults(self) -> Result<Vec<Operand>> {
                Ok(vec![$(self.$index.record_default()?),*])
            }

            fn element(tensors: Vec<Tensor>) -> Result<Self::Element> {
                let mut tensors = tensors.into_iter();
                Ok(($(tuples!(@next tensors $name),)*))
            }
        })*
    };
    (@tensor $name:ident) => { Tensor };
    (@next $tensors:ident $name:ident) => {
        $tensors
            .next()
            .ok_or_else(|| ferroflow_core::Error::internal("a record has too few columns"))?
    };
}

tuples! {
    (A MA 0);
    (A MA 0, B MB 1);
    (A MA 0, B MB 1, C MC 2);
    (A MA 0, B MB 1, C MC 2, D MD 3);
    (A MA 0, B MB 1, C MC 2, D MD 3, E ME 4);
    (A MA 0, B MB 1, C MC 2, D MD 3, E ME 4, F MF 5);
}

/// The records of files of text in columns, a scalar for each column.
///
/// A column is a value, which stands where a record has none, or the dtype of one that every record must have.
///
/// Source: `tf.data.experimental.CsvDataset`.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::data::experimental::CsvDataset;
/// let path = std::env::temp_dir().join(format!("records-{}.csv", std::process::id()));
/// std::fs::write(&path, "name,count,share\nash,3,0.5\n\"elm, old\",,0.25\n").unwrap();
/// let name = path.to_str().unwrap();
/// let records = CsvDataset::new_with(name, (tf::string, 1, tf::float32), |o| o.header(true))?;
/// let (text, count, share) = records.skip(1)?.get_single_element()?;
/// assert_eq!(format!("{text} {count} {share}"), "b'elm, old' 1 0.25");
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsvDataset<E>(Dataset<E>);

impl<E> Deref for CsvDataset<E> {
    type Target = Dataset<E>;

    fn deref(&self) -> &Dataset<E> {
        &self.0
    }
}

impl<E> From<CsvDataset<E>> for Dataset<E> {
    fn from(records: CsvDataset<E>) -> Dataset<E> {
        records.0
    }
}

impl<E: Nest> CsvDataset<E> {
    /// The records of the files of these names.
    ///
    /// # Errors
    /// As [`CsvDataset::new_with`].
    pub fn new<M, C>(filenames: impl IntoOperand, record_defaults: C) -> Result<CsvDataset<E>>
    where
        C: CsvColumns<M, Element = E>,
    {
        CsvDataset::new_with(filenames, record_defaults, |options| options)
    }

    /// The same in another notation, of some of the columns, or of compressed files.
    ///
    /// # Errors
    /// `InvalidArgument` for defaults of other dtypes than `float32`, `float64`, `int32`, `int64` and `string`, for columns
    /// that are not in order, and while iterating for damaged records; the records behind those can still be asked for.
    /// `NotFound` while iterating, for a file that does not exist.
    pub fn new_with<M, C>(
        filenames: impl IntoOperand,
        record_defaults: C,
        options: impl FnOnce(CsvOptions) -> CsvOptions,
    ) -> Result<CsvDataset<E>>
    where
        C: CsvColumns<M, Element = E>,
    {
        ferroflow_data::install();
        let filenames = context::with_name("filenames", || convert_to_tensor(filenames, DType::STRING))?;
        let dataset =
            records(filenames, || record_defaults.record_defaults(), &options(CsvOptions::default()))?;
        let structure = Arc::new(C::element(dataset.structure().clone())?);
        Ok(CsvDataset(Dataset::new(dataset.variant().clone(), dataset.specs().clone(), structure)))
    }
}

fn text(name: &str, value: &str) -> Result<Tensor> {
    named(name, NdArray::scalar(TString::from(value)))
}

/// The records of files, a tensor for each column.
pub(super) fn records(
    filenames: Tensor,
    record_defaults: impl FnOnce() -> Result<Vec<Operand>>,
    options: &CsvOptions,
) -> Result<Dataset<Vec<Tensor>>> {
    let columns = |columns: &[i64]| NdArray::vector(columns.to_vec());
    let compression = text("compression_type", &options.compression_type)?;
    let defaults = record_defaults()?.into_iter().enumerate();
    let defaults: Vec<Tensor> = defaults
        .map(|(index, default)| {
            context::with_name(&format!("record_defaults_{index}"), || convert_to_tensor(default, None))
        })
        .collect::<Result<_>>()?;
    let specs = Specs {
        types: defaults.iter().map(|default| default.dtype().base()).collect(),
        shapes: vec![PartialShape::scalar(); defaults.len()],
    };
    let op = Op::named("CSVDatasetV2")
        .input(filenames)
        .input(compression)
        .input(int64("buffer_size", options.buffer_size.unwrap_or(BUFFER_SIZE))?)
        .input(named("header", NdArray::scalar(options.header))?)
        .input(text("field_delim", &options.field_delim)?)
        .input(named("use_quote_delim", NdArray::scalar(options.use_quote_delim))?)
        .input(text("na_value", &options.na_value)?)
        .input(named("select_cols", columns(&options.select_cols))?)
        .inputs(defaults.clone())
        .input(named("exclude_cols", columns(&options.exclude_cols))?);
    Ok(Dataset::new(dataset_op(op, &specs)?, specs, Arc::new(defaults)))
}
