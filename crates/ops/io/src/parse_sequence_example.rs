//! ParseSequenceExample, ParseSequenceExampleV2, ParseSingleSequenceExample: examples with lists of features as columns.

use crate::example_wire::{Feature, Values, feature_lists, features};
use crate::feature_spec::{Dense, Varying, ragged, sparse};
use ferroflow_core::{
    DType, Error, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, TString, bail,
    ensure,
};

pub(crate) static PARSE_SEQUENCE_EXAMPLE: OpDef = OpDef {
    name: "ParseSequenceExample",
    shape: |cx| shape(cx, Version::First),
    kernel: Some(|cx| kernel(cx, Version::First)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static PARSE_SEQUENCE_EXAMPLE_V2: OpDef = OpDef {
    name: "ParseSequenceExampleV2",
    shape: |cx| shape(cx, Version::Second),
    kernel: Some(|cx| kernel(cx, Version::Second)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static PARSE_SINGLE_SEQUENCE_EXAMPLE: OpDef = OpDef {
    name: "ParseSingleSequenceExample",
    shape: |cx| shape(cx, Version::Single),
    kernel: Some(|cx| kernel(cx, Version::Single)),
    grad: Grad::None,
    ..OpDef::NEW
};

#[derive(Clone, Copy, PartialEq)]
enum Version {
    First,
    Second,
    Single,
}

fn shape(cx: &mut ShapeCtx<'_>, version: Version) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let input = match version {
        Version::Single => cx.with_rank(0, 0)?,
        Version::First => cx.with_rank(0, 1)?,
        Version::Second => cx.input(0),
    };
    let rank = input.rank();
    let count = |cx: &ShapeCtx<'_>, attr: &str| cx.dtypes(attr).map(<[DType]>::len);
    let (context_sparse, list_sparse) =
        (count(cx, "context_sparse_types")?, count(cx, "feature_list_sparse_types")?);
    let dense = cx.shapes("context_dense_shapes")?.to_vec();
    let list_dense = cx.shapes("feature_list_dense_shapes")?.to_vec();
    let mut shapes = Vec::new();
    let sparse = |shapes: &mut Vec<PartialShape>, count: usize, more: usize| {
        let columns = rank.map(|rank| rank + more);
        shapes.extend(std::iter::repeat_n(PartialShape::new([None, columns]), count));
        shapes.extend(std::iter::repeat_n(PartialShape::of_rank(1), count));
        shapes.extend(std::iter::repeat_n(PartialShape::new([columns]), count));
    };
    let splits = PartialShape::new([input.dim(0).map(|count| count + 1)]);
    sparse(&mut shapes, context_sparse, 1);
    shapes.extend(dense.iter().map(|shape| input.concatenate(shape)));
    if version == Version::Second {
        let ragged = count(cx, "context_ragged_value_types")?;
        shapes.extend(std::iter::repeat_n(PartialShape::of_rank(1), ragged));
        shapes.extend(std::iter::repeat_n(splits.clone(), ragged));
    }
    sparse(&mut shapes, list_sparse, 2);
    let step = PartialShape::of_rank(1);
    shapes.extend(list_dense.iter().map(|shape| input.concatenate(&step).concatenate(shape)));
    if version != Version::Single {
        shapes.extend(std::iter::repeat_n(input.clone(), list_dense.len()));
    }
    if version == Version::Second {
        let ragged = count(cx, "feature_list_ragged_value_types")?;
        shapes.extend(std::iter::repeat_n(PartialShape::of_rank(1), ragged));
        shapes.extend(std::iter::repeat_n(splits, ragged));
        shapes.extend(std::iter::repeat_n(PartialShape::of_rank(1), ragged));
    }
    for (index, shape) in shapes.into_iter().enumerate() {
        cx.set(index, shape);
    }
    Ok(())
}

/// A column of features in lists, as many values in each.
struct DenseList {
    key: TString,
    dtype: DType,
    shape: Shape,
    may_be_missing: bool,
}

/// What is read.
struct Columns {
    context_sparse: Vec<Varying>,
    context_dense: Vec<Dense>,
    context_ragged: Vec<Varying>,
    list_sparse: Vec<Varying>,
    list_dense: Vec<DenseList>,
    list_ragged: Vec<Varying>,
}

/// The keys of a column kind: an attribute of the first version, a list of scalars of the single op, a vector of the
/// second version.
fn keys(cx: &KernelCtx<'_>, version: Version, name: &str) -> Result<Vec<TString>> {
    if version == Version::First {
        let keys = cx.byte_strings(name)?;
        return Ok(keys.iter().map(|key| TString::from(key.as_slice())).collect());
    }
    let mut found = Vec::new();
    for index in argument(cx, name)? {
        found.extend_from_slice(cx.slice::<TString>(index)?);
    }
    Ok(found)
}

/// The flat inputs of an argument by its name.
fn argument(cx: &KernelCtx<'_>, name: &str) -> Result<std::ops::Range<usize>> {
    match cx.op().schema().inputs.iter().position(|arg| arg.name == name) {
        Some(position) => cx.arg(position),
        None => bail!(internal, "{} has no input {name}", cx.op().name),
    }
}

impl Columns {
    fn read(cx: &KernelCtx<'_>, version: Version) -> Result<Columns> {
        let attrs = cx.attrs();
        let varying = |kind: &str, attr: &str| -> Result<Vec<Varying>> {
            let (keys, dtypes) = (keys(cx, version, &format!("{kind}_keys"))?, attrs.dtypes(attr)?);
            ensure!(
                keys.len() == dtypes.len(),
                invalid_argument,
                "expected {} keys for {attr}, got {}",
                dtypes.len(),
                keys.len()
            );
            Ok(keys.into_iter().zip(dtypes).map(|(key, &dtype)| Varying { key, dtype }).collect())
        };
        let ragged = |kind: &str, attr: &str| match version {
            Version::Second => varying(kind, attr),
            _ => Ok(Vec::new()),
        };
        let first_default = argument(cx, "context_dense_defaults")?.start;
        let dense_keys = keys(cx, version, "context_dense_keys")?;
        let (dtypes, shapes) = (attrs.dtypes("Tcontext_dense")?, attrs.shapes("context_dense_shapes")?);
        ensure!(
            dense_keys.len() == dtypes.len() && dtypes.len() == shapes.len(),
            invalid_argument,
            "expected as many context_dense_keys as types and shapes"
        );
        let mut context_dense = Vec::new();
        for (index, (key, (&dtype, shape))) in
            dense_keys.into_iter().zip(dtypes.iter().zip(shapes)).enumerate()
        {
            context_dense.push(Dense::new(index, key, dtype, shape, cx.input(first_default + index)?)?);
        }
        let list_keys = keys(cx, version, "feature_list_dense_keys")?;
        let missing = match version {
            Version::Second => {
                let flags =
                    cx.slice::<bool>(argument(cx, "feature_list_dense_missing_assumed_empty")?.start)?;
                list_keys.iter().zip(flags).filter(|(_, flag)| **flag).map(|(key, _)| key.clone()).collect()
            }
            _ => keys(cx, version, "feature_list_dense_missing_assumed_empty")?,
        };
        let (dtypes, shapes) =
            (attrs.dtypes("feature_list_dense_types")?, attrs.shapes("feature_list_dense_shapes")?);
        ensure!(
            list_keys.len() == dtypes.len() && dtypes.len() == shapes.len(),
            invalid_argument,
            "expected as many feature_list_dense_keys as types and shapes"
        );
        let mut list_dense = Vec::new();
        for (key, (&dtype, shape)) in list_keys.into_iter().zip(dtypes.iter().zip(shapes)) {
            let Some(shape) = shape.to_shape() else {
                bail!(invalid_argument, "Shape {} is not fully defined", shape.cpp());
            };
            list_dense.push(DenseList { may_be_missing: missing.contains(&key), key, dtype, shape });
        }
        Ok(Columns {
            context_sparse: varying("context_sparse", "context_sparse_types")?,
            context_dense,
            context_ragged: ragged("context_ragged", "context_ragged_value_types")?,
            list_sparse: varying("feature_list_sparse", "feature_list_sparse_types")?,
            list_dense,
            list_ragged: ragged("feature_list_ragged", "feature_list_ragged_value_types")?,
        })
    }
}

/// The values of the steps of a list, for each example.
type Lists = Vec<Vec<Values>>;

/// The values of a context feature; none where it is missing.
fn context_values(column: &Varying, feature: Option<Feature<'_>>, name: &str) -> Result<Values> {
    let key = column.key.to_string_lossy();
    let unreadable = |_| {
        Error::invalid_argument(format!(
            "Name: {name}, Context feature: {key}.  Can't parse serialized Example."
        ))
    };
    let Some(feature) = feature else { return Values::new(column.dtype) };
    if let Some(found) = feature.dtype().map_err(unreadable)? {
        ensure!(
            found == column.dtype,
            invalid_argument,
            "Name: {name}, Context feature: {key}.  Data types don't match. Expected type: {}",
            column.dtype.cpp_name()
        );
    }
    Ok(feature.values().map_err(unreadable)?.unwrap_or(Values::new(column.dtype)?))
}

/// The values of a context feature that all examples have as many of.
fn context_dense(
    column: &Dense,
    feature: Option<Feature<'_>>,
    name: &str,
    version: Version,
) -> Result<Values> {
    let key = column.key.to_string_lossy();
    let varying = Varying { key: column.key.clone(), dtype: column.dtype };
    let has_values = feature.is_some_and(|feature| matches!(feature.dtype(), Ok(Some(_)) | Err(_)));
    if !has_values {
        return column.missing(None).map_err(|error| match version {
            Version::Single => Error::invalid_argument(format!(
                "Name: {name}, Context feature '{key}' is required but could not be found."
            )),
            _ => error,
        });
    }
    let values = context_values(&varying, feature, name)?;
    let found = values.len();
    if !column.is_variable && found != column.stride {
        if version == Version::Single {
            bail!(
                invalid_argument,
                "Name: {name}, Key: {key}, Index: 0.  Number of {} values != expected.  values size: {found} but output \
                 shape: {}",
                column.dtype.cpp_name(),
                column.shown_shape()
            );
        }
        bail!(
            invalid_argument,
            "Inconsistent max number of elements for feature {key}: expected {}, but found {found}",
            column.stride
        );
    }
    ensure!(
        !column.is_variable || found.checked_rem(column.stride.max(1)) == Some(0),
        invalid_argument,
        "Name: {name}, Key: {key}.  Number of values is not a multiple of stride length. Saw {found} values but output \
         shape is: {}",
        column.shown_shape()
    );
    Ok(values)
}

fn list_values(column: &Varying, list: Option<&Vec<Feature<'_>>>, name: &str) -> Result<Vec<Values>> {
    let key = column.key.to_string_lossy();
    let mut steps = Vec::new();
    for (step, feature) in list.into_iter().flatten().enumerate() {
        let unreadable = |_| {
            Error::invalid_argument(format!(
                "Name: {name}, Feature list: {key}, Index: {step}.  Can't parse serialized Example."
            ))
        };
        let found = feature.dtype().map_err(unreadable)?;
        if let Some(found) = found {
            ensure!(
                found == column.dtype,
                invalid_argument,
                "Name: {name}, Feature list: {key}, Index: {step}.  Data types don't match. Expected type: {}",
                column.dtype.cpp_name()
            );
        }
        steps.push(feature.values().map_err(unreadable)?.unwrap_or(Values::new(column.dtype)?));
    }
    Ok(steps)
}

impl DenseList {
    fn values(&self, list: Option<&Vec<Feature<'_>>>, name: &str, version: Version) -> Result<Vec<Values>> {
        let key = self.key.to_string_lossy();
        let Some(list) = list else {
            ensure!(
                self.may_be_missing,
                invalid_argument,
                "Name: {name}, Feature list '{key}' is required but could not be found.  Did you mean to include it in \
                 feature_list_dense_missing_assumed_empty or feature_list_dense_defaults?"
            );
            return Ok(Vec::new());
        };
        let column = Varying { key: self.key.clone(), dtype: self.dtype };
        let steps = list_values(&column, Some(list), name)?;
        let wanted = self.shape.num_elements();
        let wrong = steps.iter().enumerate().find(|(_, values)| values.len() != wanted);
        if let Some((step, values)) = wrong {
            if version == Version::Single {
                bail!(
                    invalid_argument,
                    "Name: {name}, Key: {key}, Index: {step}.  Number of {} values != expected.  values size: {} but \
                     output shape: {}",
                    self.dtype.cpp_name(),
                    values.len(),
                    self.shape
                );
            }
            let total: usize = steps.iter().map(Values::len).sum();
            let shape = PartialShape::new([None]).concatenate(&PartialShape::from(&self.shape));
            bail!(
                invalid_argument,
                "Feature list '{key}' has an unexpected number of values.  Total values size: {total} is not consistent \
                 with output shape: {}",
                shape.cpp()
            );
        }
        Ok(steps)
    }

    /// The steps of all examples, filled up to the longest with zeros.
    fn tensor(&self, lists: Lists, batch: &[usize]) -> Result<NdArray> {
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        let shape = Shape::new(&[batch, &[longest], self.shape.dims()].concat())?;
        let blank = match self.dtype {
            DType::STRING => Values::Strings(vec![TString::default()]),
            DType::FLOAT32 => Values::Floats(vec![0.0]),
            _ => Values::Ints(vec![0]),
        };
        let mut all = Values::with_room(self.dtype, shape.num_elements())?;
        for steps in &lists {
            steps.iter().for_each(|values| all.extend(values, 1));
            all.extend(&blank, (longest - steps.len()) * self.shape.num_elements());
        }
        all.into_array(shape)
    }
}

/// Indices, values and shape of lists as a sparse tensor: example, step, position.
fn sparse_lists(dtype: DType, lists: &Lists, alone: bool) -> Result<[NdArray; 3]> {
    let (mut indices, mut values) = (Vec::new(), Values::new(dtype)?);
    let (mut longest, mut widest) = (0, 0);
    for (example, steps) in lists.iter().enumerate() {
        longest = longest.max(steps.len());
        for (step, found) in steps.iter().enumerate() {
            widest = widest.max(found.len());
            for position in 0..found.len() as i64 {
                if !alone {
                    indices.push(example as i64);
                }
                indices.extend([step as i64, position]);
            }
            values.extend(found, 1);
        }
    }
    let mut shape = vec![longest as i64, widest as i64];
    if !alone {
        shape.insert(0, lists.len() as i64);
    }
    let count = values.len();
    Ok([
        NdArray::from_shape(Shape::new(&[count, shape.len()])?, indices)?,
        values.into_array(Shape::new(&[count])?)?,
        NdArray::vector(shape),
    ])
}

/// Sets outputs in their order.
struct Outputs<'a, 'b> {
    cx: &'a mut KernelCtx<'b>,
    next: usize,
}

impl Outputs<'_, '_> {
    fn push(&mut self, value: NdArray) -> Result<()> {
        self.next += 1;
        self.cx.set(self.next - 1, value)
    }

    /// Values that come together for each column, but stand kind by kind.
    fn push_kinds<const N: usize>(&mut self, columns: Vec<[NdArray; N]>) -> Result<()> {
        for kind in 0..N {
            for column in &columns {
                self.push(column[kind].clone())?;
            }
        }
        Ok(())
    }
}

fn kernel(cx: &mut KernelCtx<'_>, version: Version) -> Result<()> {
    let serialized = cx.input(0)?.clone();
    let alone = serialized.rank() == 0;
    match version {
        Version::Single => ensure!(
            alone,
            invalid_argument,
            "Expected serialized to be a scalar, got shape: {}",
            serialized.shape()
        ),
        _ => ensure!(
            serialized.rank() <= 1,
            invalid_argument,
            "Expected serialized to be a vector, got shape: {}",
            serialized.shape()
        ),
    }
    let columns = Columns::read(cx, version)?;
    let names = cx.slice::<TString>(argument(cx, "debug_name")?.start)?.to_vec();
    let messages = serialized.as_slice::<TString>()?;
    let rows = |count: usize| -> Vec<Vec<Values>> { vec![Vec::with_capacity(messages.len()); count] };
    let (mut sparse_rows, mut dense_rows, mut ragged_rows) = (
        rows(columns.context_sparse.len()),
        rows(columns.context_dense.len()),
        rows(columns.context_ragged.len()),
    );
    let lists = |count: usize| -> Vec<Lists> { vec![Lists::new(); count] };
    let (mut list_sparse, mut list_dense, mut list_ragged) =
        (lists(columns.list_sparse.len()), lists(columns.list_dense.len()), lists(columns.list_ragged.len()));
    for (index, message) in messages.iter().enumerate() {
        let name = names.get(index).map_or("<unknown>".into(), TString::to_string_lossy);
        let unreadable = |_| {
            let shown =
                String::from_utf8_lossy(&ferroflow_core::print::c_escaped(message, false)).into_owned();
            Error::invalid_argument(match version {
                Version::Single => format!("Could not parse example input, value: '{shown}'"),
                _ => format!("Invalid protocol message input, example id: {name}"),
            })
        };
        let (context, found) =
            (features(message).map_err(unreadable)?, feature_lists(message).map_err(unreadable)?);
        for (column, rows) in columns.context_sparse.iter().zip(&mut sparse_rows) {
            rows.push(context_values(column, context.get(column.key.as_bytes()).copied(), &name)?);
        }
        for (column, rows) in columns.context_dense.iter().zip(&mut dense_rows) {
            rows.push(context_dense(column, context.get(column.key.as_bytes()).copied(), &name, version)?);
        }
        for (column, rows) in columns.context_ragged.iter().zip(&mut ragged_rows) {
            rows.push(context_values(column, context.get(column.key.as_bytes()).copied(), &name)?);
        }
        for (column, lists) in columns.list_sparse.iter().zip(&mut list_sparse) {
            lists.push(list_values(column, found.get(column.key.as_bytes()), &name)?);
        }
        for (column, lists) in columns.list_dense.iter().zip(&mut list_dense) {
            lists.push(column.values(found.get(column.key.as_bytes()), &name, version)?);
        }
        for (column, lists) in columns.list_ragged.iter().zip(&mut list_ragged) {
            lists.push(list_values(column, found.get(column.key.as_bytes()), &name)?);
        }
    }
    let split_types = |attr: &str| cx.attrs().dtypes(attr).map(<[DType]>::to_vec).unwrap_or_default();
    let (context_splits, list_splits) =
        (split_types("context_ragged_split_types"), split_types("feature_list_ragged_split_types"));
    let split_dtype = |dtypes: &[DType], index: usize| match dtypes.get(index) {
        Some(dtype) => Ok(*dtype),
        None => Err(Error::invalid_argument("expected a split type for each ragged feature")),
    };
    let batch = serialized.shape().dims();
    let mut outputs = Outputs { cx, next: 0 };
    let columns_of = |columns: &[Varying], rows: &[Vec<Values>]| {
        columns
            .iter()
            .zip(rows)
            .map(|(column, rows)| sparse(column.dtype, rows, alone))
            .collect::<Result<Vec<_>>>()
    };
    outputs.push_kinds(columns_of(&columns.context_sparse, &sparse_rows)?)?;
    for (column, rows) in columns.context_dense.iter().zip(dense_rows) {
        outputs.push(column.tensor(batch, rows)?)?;
    }
    let mut pairs = Vec::new();
    for (index, (column, rows)) in columns.context_ragged.iter().zip(&ragged_rows).enumerate() {
        pairs.push(ragged(column.dtype, split_dtype(&context_splits, index)?, rows, alone)?);
    }
    outputs.push_kinds(pairs)?;
    let triples: Vec<[NdArray; 3]> = columns
        .list_sparse
        .iter()
        .zip(&list_sparse)
        .map(|(column, lists)| sparse_lists(column.dtype, lists, alone))
        .collect::<Result<_>>()?;
    outputs.push_kinds(triples)?;
    let mut lengths = Vec::new();
    for (column, lists) in columns.list_dense.iter().zip(list_dense) {
        let steps = lists.iter().map(|steps| steps.len() as i64).collect();
        lengths.push(NdArray::from_shape(serialized.shape().clone(), steps)?);
        outputs.push(column.tensor(lists, batch)?)?;
    }
    if version != Version::Single {
        lengths.into_iter().try_for_each(|lengths| outputs.push(lengths))?;
    }
    let mut triples = Vec::new();
    for (index, (column, lists)) in columns.list_ragged.iter().zip(&list_ragged).enumerate() {
        let dtype = split_dtype(&list_splits, index)?;
        let mut outer = if alone { Vec::new() } else { vec![0i64] };
        let steps: Vec<Values> = lists.iter().flatten().cloned().collect();
        let mut count = 0;
        for list in lists {
            count += list.len() as i64;
            if !alone {
                outer.push(count);
            }
        }
        let [values, inner] = ragged(column.dtype, dtype, &steps, false)?;
        triples.push([values, NdArray::vector(outer).cast(dtype)?, inner]);
    }
    outputs.push_kinds(triples)
}
