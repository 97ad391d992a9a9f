//! HashTableV2, LookupTableFindV2, InitializeTableV2, ... : the ops on hash tables.

use crate::dense_table::DenseTable;
use crate::lookup_table::{Key, LookupTable};
use crate::op_table::ops;
use crate::target::{handle, handle_array, handle_dtype, two_strings};
use crate::vocabulary_file::lines_of;
use ferroflow_core::{
    DType, HandleData, IntoOperand, KernelCtx, NdArray, Op, PartialShape, ResourceHandle, Result, Shape,
    ShapeCtx, TString, Tensor, bail, ensure, shape_fn,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The value of each key, or the default where a key is not there.
///
/// Source: `tf.raw_ops.LookupTableFindV2`.
///
/// # Errors
/// `FailedPrecondition` before the table is filled, `InvalidArgument` for keys or a default of other types.
pub fn lookup_table_find(
    table: impl IntoOperand,
    keys: impl IntoOperand,
    default_value: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&LOOKUP_TABLE_FIND_V2).input(table).input(keys).input(default_value).one()
}

/// How many keys there are.
///
/// Source: `tf.raw_ops.LookupTableSizeV2`.
///
/// # Errors
/// `NotFound` when there is no such table.
pub fn lookup_table_size(table: impl IntoOperand) -> Result<Tensor> {
    Op::new(&LOOKUP_TABLE_SIZE_V2).input(table).one()
}

fn table(cx: &KernelCtx<'_>) -> Result<Arc<LookupTable>> {
    handle(cx, 0)?.lookup::<LookupTable>(&cx.env().resources)
}

fn create(cx: &mut KernelCtx<'_>, mutable: bool) -> Result<()> {
    let (keys, values) = (cx.dtype("key_dtype")?, cx.dtype("value_dtype")?);
    let shape = match cx.shape("value_shape") {
        Ok(shape) => shape.to_shape(),
        Err(_) => Some(Shape::scalar()),
    };
    let Some(shape) = shape else {
        bail!(invalid_argument, "the shape of a table's values must be known");
    };
    give(cx, (keys, values), |_| Ok(LookupTable::new(keys, values, shape, mutable)))
}

fn create_dense(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (keys, values) = (cx.dtype("key_dtype")?, cx.dtype("value_dtype")?);
    let Some(shape) = cx.shape("value_shape")?.to_shape() else {
        bail!(invalid_argument, "the shape of a table's values must be known");
    };
    let (buckets, load) = (cx.int("initial_num_buckets")?, cx.float("max_load_factor")?);
    give(cx, (keys, values), |cx| {
        let reserved = [cx.input(0)?, cx.input(1)?];
        let dense = DenseTable::new(reserved, (values, shape.clone()), buckets, load)?;
        Ok(LookupTable::of_buckets(keys, values, shape, dense))
    })
}

/// Gives out a handle to the table of the op's names, made by `make` if there is none.
fn give(
    cx: &mut KernelCtx<'_>,
    (keys, values): (DType, DType),
    make: impl FnOnce(&KernelCtx<'_>) -> Result<LookupTable>,
) -> Result<()> {
    let mut data = HandleData { name: cx.node().to_string(), ..HandleData::default() };
    match (cx.str("container"), cx.str("shared_name")) {
        (Ok(container), Ok(shared)) if !(shared.is_empty() && cx.is_eager()) => {
            if !shared.is_empty() {
                data.name = shared.to_string();
            }
            data.container = cx.env().resources.container(container).to_string();
            let held = cx.env().resources.get_or_create(container, &data.name, || make(cx))?;
            ensure!(
                held.key_dtype == keys && held.value_dtype == values,
                invalid_argument,
                "Conflicting key/value dtypes {}->{} with {}-{} for table {}",
                keys.cpp_name(),
                values.cpp_name(),
                held.key_dtype.cpp_name(),
                held.value_dtype.cpp_name(),
                data.name
            );
        }
        // Without a name the table lives as long as its handles.
        _ => data.resource = Some(Arc::new(make(cx)?)),
    }
    cx.set(0, handle_array(ResourceHandle::new(data)))
}

fn check_types(cx: &KernelCtx<'_>, table: &LookupTable, keys: DType, values: Option<DType>) -> Result<()> {
    let values = values.unwrap_or(table.value_dtype);
    let handle = handle_dtype(cx);
    ensure!(
        table.key_dtype == keys && table.value_dtype == values,
        invalid_argument,
        "Signature mismatch, have: {handle}, {}, {}->{} expected: {handle}, {}, {}->{}",
        keys.cpp_name(),
        values.cpp_name(),
        values.cpp_name(),
        table.key_dtype.cpp_name(),
        table.value_dtype.cpp_name(),
        table.value_dtype.cpp_name()
    );
    Ok(())
}

fn find_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (table, keys, default) = (table(cx)?, cx.input(1)?, cx.input(2)?);
    check_types(cx, &table, keys.dtype(), Some(default.dtype()))?;
    let found = match &table.dense {
        Some(dense) => dense.find(keys, default)?,
        None => table.find(keys, default)?,
    };
    cx.set(0, found)
}

fn size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = table(cx)?.size() as i64;
    cx.set(0, NdArray::scalar(size))
}

fn export_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let table = table(cx)?;
    let (keys, values) = match &table.dense {
        Some(dense) => dense.export()?,
        None => table.export()?,
    };
    cx.set(0, keys)?;
    cx.set(1, values)
}

fn insert(cx: &mut KernelCtx<'_>, replaces: bool) -> Result<()> {
    let (table, keys, values) = (table(cx)?, cx.input(1)?, cx.input(2)?);
    check_types(cx, &table, keys.dtype(), Some(values.dtype()))?;
    if let Some(dense) = &table.dense {
        return if replaces { dense.import(keys, values) } else { dense.insert(keys, values) };
    }
    if !table.mutable {
        // An import is how Keras and `tf.lookup` fill tables that are filled once.
        ensure!(replaces, unimplemented, "Insert not supported by InitializableLookupTable implementations");
        table.check_values(keys, values)?;
        return initialize(&table, keys, values);
    }
    let pairs = table.pairs(keys, values)?;
    let mut rows = table.rows();
    if replaces {
        rows.by_key.clear();
    }
    rows.by_key.extend(pairs.into_iter().map(|(key, single, value)| (key, (single, value))));
    Ok(())
}

fn remove_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (table, keys) = (table(cx)?, cx.input(1)?);
    check_types(cx, &table, keys.dtype(), None)?;
    ensure!(table.mutable, unimplemented, "Remove not supported by InitializableLookupTable implementations");
    if let Some(dense) = &table.dense {
        return dense.remove(keys);
    }
    let mut rows = table.rows();
    for key in crate::lookup_table::keys_of(keys)? {
        rows.by_key.remove(&key);
    }
    Ok(())
}

/// Fills a table that is filled once; filling it again with the same keys changes nothing.
fn initialize(table: &LookupTable, keys: &NdArray, values: &NdArray) -> Result<()> {
    ensure!(!table.mutable, unimplemented, "a mutable table is not initialized, but inserted into");
    ensure!(
        keys.len() == values.len(),
        invalid_argument,
        "Keys and values must have the same size {} vs {}",
        keys.len(),
        values.len()
    );
    let mut by_key: HashMap<Key, (NdArray, NdArray)> = HashMap::new();
    for (key, single, value) in table.pairs(keys, values)? {
        if let Some((_, old)) = by_key.get(&key)
            && *old != value
        {
            bail!(
                failed_precondition,
                "HashTable has different value for same key. Key {} has {} and trying to add value {}",
                bare(&single),
                bare(old),
                bare(&value)
            );
        }
        by_key.insert(key, (single, value));
    }
    let mut rows = table.rows();
    if rows.initialized {
        ensure!(
            rows.by_key.len() == by_key.len(),
            failed_precondition,
            "Table was already initialized with different data."
        );
        return Ok(());
    }
    rows.by_key = by_key;
    rows.initialized = true;
    Ok(())
}

/// A single value as it stands in messages.
fn bare(value: &NdArray) -> String {
    match value.as_slice::<TString>() {
        Ok([only]) => only.to_string_lossy().into_owned(),
        _ => value.to_string(),
    }
}

fn initialize_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (table, keys, values) = (table(cx)?, cx.input(1)?, cx.input(2)?);
    check_types(cx, &table, keys.dtype(), Some(values.dtype()))?;
    initialize(&table, keys, values)
}

/// What a column of a vocabulary file gives; lines are numbered from `offset` on.
fn column(lines: &[(i64, &str)], index: i64, delimiter: &str, offset: i64, dtype: DType) -> Result<NdArray> {
    const WHOLE_LINE: i64 = -2;
    const LINE_NUMBER: i64 = -1;
    if index == LINE_NUMBER {
        let numbers = lines.iter().map(|(number, _)| number.wrapping_add(offset));
        return NdArray::vector(numbers.collect()).cast(dtype);
    }
    let mut cells = Vec::with_capacity(lines.len());
    for (number, line) in lines {
        let cell = if index == WHOLE_LINE { Some(*line) } else { line.split(delimiter).nth(index as usize) };
        match cell {
            Some(cell) => cells.push(cell),
            None => bail!(
                invalid_argument,
                "Invalid number of columns in line {number} ({line}) : expected at least {}",
                index + 1
            ),
        }
    }
    match dtype {
        DType::STRING => Ok(NdArray::vector(cells.into_iter().map(TString::from).collect())),
        DType::INT32 | DType::INT64 => {
            let numbers = cells.iter().map(|cell| {
                cell.trim().parse::<i64>().map_err(|_| {
                    ferroflow_core::Error::invalid_argument(format!("Field {cell} is not a valid int64."))
                })
            });
            NdArray::vector(numbers.collect::<Result<Vec<i64>>>()?).cast(dtype)
        }
        DType::FLOAT32 | DType::FLOAT64 => {
            let numbers = cells.iter().map(|cell| {
                cell.trim().parse::<f64>().map_err(|_| {
                    ferroflow_core::Error::invalid_argument(format!("Field {cell} is not a valid float."))
                })
            });
            NdArray::vector(numbers.collect::<Result<Vec<f64>>>()?).cast(dtype)
        }
        other => bail!(unimplemented, "unsupported dtype: {} in a vocabulary file", other.name()),
    }
}

fn initialize_from_file_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let table = table(cx)?;
    let Some(path) = cx.slice::<TString>(1)?.first() else {
        bail!(invalid_argument, "filename should be a single string, but got no elements");
    };
    let path = path.to_string_lossy();
    let words = lines_of(&path, usize::try_from(cx.int("vocab_size")?).ok())?;
    let lines: Vec<(i64, &str)> = (0..).zip(words.iter().map(String::as_str)).collect();
    let delimiter = cx.str("delimiter")?;
    let offset = cx.int("offset")?;
    let column = |index: &str, dtype: DType| column(&lines, cx.int(index)?, delimiter, offset, dtype);
    let (keys, values) = (column("key_index", table.key_dtype)?, column("value_index", table.value_dtype)?);
    initialize(&table, &keys, &values)
}

/// What a mutable table holds: keys and values of these shapes.
fn holds(cx: &mut ShapeCtx<'_>, key: PartialShape, value: PartialShape) -> Result<()> {
    let held = vec![(cx.dtype("key_dtype")?, key), (cx.dtype("value_dtype")?, value)];
    cx.set(0, PartialShape::scalar());
    cx.set_handle(0, held);
    Ok(())
}

fn mutable_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    holds(cx, PartialShape::scalar(), PartialShape::scalar())
}

fn mutable_of_tensors_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let value = cx.shape("value_shape")?.clone();
    holds(cx, PartialShape::scalar(), value)
}

fn dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let key = cx.input(0);
    if let Some(rank) = key.rank().filter(|rank| *rank > 1 && !cx.at_run_time()) {
        bail!(invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
    }
    let value = cx.shape("value_shape")?.clone();
    holds(cx, key, value)
}

/// A value for each key, where the handle tells what the table holds.
fn find_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let held = cx.input_handle(0).filter(|_| !cx.at_run_time());
    let Some([(key_dtype, key), (value_dtype, value)]) = held.as_deref() else {
        cx.set_all_unknown();
        return Ok(());
    };
    for (held, asked) in [(key_dtype, cx.dtype("Tin")?), (value_dtype, cx.dtype("Tout")?)] {
        if *held != asked {
            bail!(
                invalid_argument,
                "Trying to read value with wrong dtype. Expected {} got {}",
                held.cpp_name(),
                asked.cpp_name()
            );
        }
    }
    let keys = cx.input(1);
    let found = match (keys.rank(), key.rank()) {
        (Some(all), Some(own)) if own <= all => keys.slice(0..all - own).concatenate(value),
        (Some(_), Some(_)) => bail!(
            invalid_argument,
            "Expected keys to have suffix {} but saw shape: {}",
            key.cpp(),
            keys.cpp()
        ),
        _ => PartialShape::unknown(),
    };
    cx.set(0, found);
    Ok(())
}

fn initialize_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.merge(&cx.with_rank(1, 1)?, &cx.input(2))?;
    }
    Ok(())
}

fn import_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let keys = cx.with_rank(1, 1)?;
        cx.merge_dims(keys.dim(0), cx.input(2).dim(0))?;
    }
    Ok(())
}

fn export_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.set(0, PartialShape::of_rank(1));
    }
    Ok(())
}

ops! {
    HASH_TABLE_V2 "HashTableV2" shape_fn::scalar, |cx| create(cx, false);
    ANONYMOUS_HASH_TABLE "AnonymousHashTable" shape_fn::scalar, |cx| create(cx, false);
    MUTABLE_HASH_TABLE_V2 "MutableHashTableV2" mutable_shape, |cx| create(cx, true);
    ANONYMOUS_MUTABLE_HASH_TABLE "AnonymousMutableHashTable" mutable_shape, |cx| create(cx, true);
    MUTABLE_HASH_TABLE_OF_TENSORS_V2 "MutableHashTableOfTensorsV2" mutable_of_tensors_shape, |cx| create(cx, true);
    MUTABLE_DENSE_HASH_TABLE_V2 "MutableDenseHashTableV2" dense_shape, create_dense;
    ANONYMOUS_MUTABLE_DENSE_HASH_TABLE "AnonymousMutableDenseHashTable" dense_shape, create_dense;
    LOOKUP_TABLE_FIND_V2 "LookupTableFindV2" find_shape, find_kernel;
    LOOKUP_TABLE_SIZE_V2 "LookupTableSizeV2" shape_fn::scalar, size_kernel;
    LOOKUP_TABLE_EXPORT_V2 "LookupTableExportV2" shape_fn::unknown, export_kernel;
    LOOKUP_TABLE_INSERT_V2 "LookupTableInsertV2" shape_fn::no_outputs, |cx| insert(cx, false);
    LOOKUP_TABLE_IMPORT_V2 "LookupTableImportV2" import_shape, |cx| insert(cx, true);
    LOOKUP_TABLE_REMOVE_V2 "LookupTableRemoveV2" shape_fn::no_outputs, remove_kernel;
    INITIALIZE_TABLE_V2 "InitializeTableV2" initialize_shape, initialize_kernel;
    INITIALIZE_TABLE_FROM_TEXT_FILE_V2 "InitializeTableFromTextFileV2" shape_fn::no_outputs,
        initialize_from_file_kernel;
    HASH_TABLE "HashTable" two_strings, |cx| create(cx, false);
    MUTABLE_HASH_TABLE "MutableHashTable" two_strings, |cx| create(cx, true);
    MUTABLE_HASH_TABLE_OF_TENSORS "MutableHashTableOfTensors" two_strings, |cx| create(cx, true);
    LOOKUP_TABLE_FIND "LookupTableFind" find_shape, find_kernel;
    LOOKUP_TABLE_SIZE "LookupTableSize" shape_fn::scalar, size_kernel;
    LOOKUP_TABLE_EXPORT "LookupTableExport" export_shape, export_kernel;
    LOOKUP_TABLE_INSERT "LookupTableInsert" shape_fn::no_outputs, |cx| insert(cx, false);
    LOOKUP_TABLE_IMPORT "LookupTableImport" shape_fn::no_outputs, |cx| insert(cx, true);
    INITIALIZE_TABLE "InitializeTable" initialize_shape, initialize_kernel;
    INITIALIZE_TABLE_FROM_TEXT_FILE "InitializeTableFromTextFile" shape_fn::no_outputs,
        initialize_from_file_kernel;
    ANONYMOUS_MUTABLE_HASH_TABLE_OF_TENSORS "AnonymousMutableHashTableOfTensors" mutable_of_tensors_shape,
        |cx| create(cx, true);
}
