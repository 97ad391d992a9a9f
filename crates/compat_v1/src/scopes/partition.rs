//! Variables in parts: what a partitioner makes of a variable.

use super::get_variable::{GetVariableOptions, default_initializer, single_variable};
use super::settings::{Partitioner, Reuse};
use super::store::ScopeStore;
use super::{ScopeName, get_variable_scope, variable_scope_with};
use crate::initializers::Initializer;
use crate::mode::{executing_eagerly, facade, get_default_graph};
use crate::variables::{GivenShape, PartitionedVariable, SliceInfo, Variable, Whole};
use ferroflow_core::{
    DType, Error, NdArray, PartialShape, Result, Shape, bail, context, convert_to_tensor, ensure,
};
use ferroflow_ops_array as array;

/// Where a part begins, and its shape.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) full_shape: Vec<usize>,
    pub(crate) offset: Vec<usize>,
    pub(crate) shape: Vec<usize>,
}

/// What a partitioner answers, checked.
fn partitions(partitioner: &Partitioner, shape: &PartialShape, dtype: DType) -> Result<(Shape, Vec<usize>)> {
    let Some(whole) = shape.to_shape() else {
        bail!(value, "Shape of a new partitioned variable must be fully defined, but instead was {shape}.")
    };
    ensure!(whole.rank() > 0, value, "A partitioned Variable must have rank at least 1, shape: {shape}");
    let slicing = (partitioner.0)(&whole, dtype)?;
    ensure!(
        slicing.len() == whole.rank(),
        value,
        "Partitioner returned a partition list that does not match the Variable's rank: {slicing:?} vs. {shape}"
    );
    ensure!(
        slicing.iter().all(|parts| *parts > 0),
        value,
        "Partitioner returned zero partitions for some axes: {slicing:?}"
    );
    ensure!(
        slicing.iter().filter(|parts| **parts > 1).count() <= 1,
        value,
        "Can only slice a variable along one dimension: shape: {shape}, partitioning: {slicing:?}"
    );
    Ok((whole, slicing))
}

/// The parts along the axis that has several; the first ones are longer by one where the length does not divide.
fn parts_of(shape: &Shape, partitions: &[usize]) -> impl Iterator<Item = Part> {
    let axis = partitions.iter().position(|parts| *parts > 1).unwrap_or(0);
    let count = partitions.get(axis).copied().unwrap_or(1);
    let full_shape = shape.dims().to_vec();
    let length = full_shape.get(axis).copied().unwrap_or(0);
    let mut offset = vec![0; full_shape.len()];
    (0..count).map(move |index| {
        let mut shape = full_shape.clone();
        shape[axis] = length / count + usize::from(index < length % count);
        let part = Part { full_shape: full_shape.clone(), offset: offset.clone(), shape };
        offset[axis] += part.shape[axis];
        part
    })
}

/// The variable of this full name, in the parts that the partitioner says; or the one there is.
pub(super) fn partitioned_variable(name: &str, options: GetVariableOptions) -> Result<PartitionedVariable> {
    let graph = get_default_graph();
    let store = ScopeStore::of(&graph);
    ensure!(
        store.variable(&graph, name).is_none(),
        value,
        "A partitioner was provided, but an unpartitioned version of the variable was found: {name}.  Perhaps a \
         variable of the same name was already created without partitioning?"
    );
    let dtype = options.dtype.unwrap_or(DType::FLOAT32).base();
    let mut shape = options.shape.0.clone().unwrap_or_default();
    if let Some(tensor) = options.initializer.as_ref().and_then(Initializer::as_tensor) {
        shape = shape.merge_with(&tensor.shape())?;
    }
    let asked = match &options.partitioner {
        Some(partitioner) => Some(partitions(partitioner, &shape, dtype)?),
        None => None,
    };
    if let Some(found) = store.partitioned(&graph, name) {
        let asked = asked.as_ref().map(|(_, partitions)| partitions.as_slice());
        return check_found(found, name, &shape, dtype, asked, options.reuse);
    }
    ensure!(
        options.reuse != Reuse::Always,
        value,
        "PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set \
         reuse=False or reuse=tf.AUTO_REUSE in VarScope?"
    );
    let Some((whole, partitions)) = asked else { bail!(internal, "a variable in parts has no partitioner") };
    check_parts(name, &store, &graph, partitions.iter().product())?;
    let mut parts = Vec::new();
    let mut found_dtype = dtype;
    for (index, part) in parts_of(&whole, &partitions).enumerate() {
        let full_name = format!("{name}/part_{index}");
        let mut options = GetVariableOptions { partitioner: None, ..options.clone() };
        let scope = format!("{full_name}/PartitionedInitializer");
        let given = context::with_name(&scope, || {
            context::name_scope("PartitionedInitializer", || {
                initializer_of(options.initializer.take(), name, &shape, dtype, &part)
            })
        })?;
        if let Some(tensor) = given.as_tensor() {
            found_dtype = tensor.dtype().base();
        }
        options.dtype = Some(found_dtype);
        options.shape = GivenShape(match given.is_value() {
            true => None,
            false => Some(Shape::new(&part.shape)?.into()),
        });
        options.initializer = Some(given);
        let variable = single_variable(&full_name, options, Some(&part))?;
        variable.set_slice_info(SliceInfo {
            full_name: name.to_string(),
            full_shape: part.full_shape,
            offset: part.offset,
            shape: part.shape,
        });
        parts.push(variable);
    }
    let whole = Whole { name: name.to_string(), shape: whole, dtype: found_dtype, partitions, parts };
    let whole = PartitionedVariable::new(whole);
    if !executing_eagerly() {
        store.insert_partitioned(name, &whole);
    }
    Ok(whole)
}

/// What initialises a part: a value is cut.
fn initializer_of(
    initializer: Option<Initializer>,
    name: &str,
    shape: &PartialShape,
    dtype: DType,
    part: &Part,
) -> Result<Initializer> {
    let Some(initializer) = initializer else { return default_initializer(name, Some(shape), dtype) };
    let Some(value) = initializer.as_value() else { return Ok(initializer) };
    let value = match initializer.as_tensor() {
        Some(tensor) => tensor.clone(),
        None => convert_to_tensor(value.clone(), Some(dtype))?,
    };
    let sizes = |sizes: &[usize]| -> Result<NdArray> {
        NdArray::vector(Shape::new(sizes)?.to_i64()).cast(DType::INT32)
    };
    array::slice(value, sizes(&part.offset)?, sizes(&part.shape)?).map(Initializer::from)
}

fn check_found(
    found: PartitionedVariable,
    name: &str,
    shape: &PartialShape,
    dtype: DType,
    asked: Option<&[usize]>,
    reuse: Reuse,
) -> Result<PartitionedVariable> {
    ensure!(
        !matches!(reuse, Reuse::Never | Reuse::Inherit),
        value,
        "Partitioned variable with name {name} already exists. Did you mean to set reuse=True or \
         reuse=tf.AUTO_REUSE in VarScope?"
    );
    ensure!(
        shape.admits(found.shape()),
        value,
        "Trying to reuse partitioned variable {name}, but specified shape {shape} and found shape {}.",
        PartialShape::from(found.shape().clone())
    );
    ensure!(
        dtype == found.dtype().base(),
        value,
        "Trying to reuse partitioned variable {name}, but specified dtype {} and found dtype {}.",
        dtype.name(),
        found.dtype().name()
    );
    if let Some(asked) = asked {
        ensure!(
            asked == found.partitions(),
            value,
            "Trying to reuse partitioned variable {name}, but specified partitions {asked:?} and found partitions \
             {:?}.",
            found.partitions()
        );
    }
    Ok(found)
}

/// Variables that are named like parts must be as many as there are parts.
fn check_parts(name: &str, store: &ScopeStore, graph: &ferroflow_graph::Graph, count: usize) -> Result<()> {
    let exists = |index: usize| store.variable(graph, &format!("{name}/part_{index}")).is_some();
    let differs = |but: String| {
        Error::value(format!(
            "Partitioner returned a different partitioning than what was already found.  Partitioner returned {count} \
             shards, and shard {name}/part_0 was found, but {but}"
        ))
    };
    if !exists(0) {
        return Ok(());
    }
    if !exists(count - 1) {
        return Err(differs(format!("{name}/part_{} was not.", count - 1)));
    }
    match exists(count) {
        true => Err(differs(format!("so was the extra shard {name}/part_{count}."))),
        false => Ok(()),
    }
}

/// The parts of a new variable of this shape that is split as `slicing` says, in a variable scope of its name.
///
/// `name` is the scope's; `()` makes it `PartitionedVariable`. Among the options, `dtype`, `trainable`, `collections` and
/// `reuse` count.
///
/// Source: `tf.compat.v1.create_partitioned_variables`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let parts = tf::create_partitioned_variables(&[4, 2], &[2, 1], tf::ones_initializer(), "v", |o| o)?;
/// assert_eq!(parts[1].name(), "v/part_1:0");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for slices of another rank than the shape, and as [`get_variable_with`](crate::get_variable_with).
pub fn create_partitioned_variables(
    shape: &[usize],
    slicing: &[usize],
    initializer: Initializer,
    name: impl Into<ScopeName>,
    options: impl FnOnce(GetVariableOptions) -> GetVariableOptions,
) -> Result<Vec<Variable>> {
    ensure!(
        shape.len() == slicing.len(),
        value,
        "The 'shape' and 'slicing' of a partitioned Variable must have the length: shape: {shape:?}, slicing: \
         {slicing:?}"
    );
    ensure!(!shape.is_empty(), value, "A partitioned Variable must have rank at least 1: shape: {shape:?}");
    let (options, slicing) = (options(GetVariableOptions::default()), slicing.to_vec());
    let reuse = options.reuse;
    variable_scope_with(
        name,
        |o| o.default_name("PartitionedVariable").reuse(reuse),
        |_| {
            let scope = get_variable_scope().settings();
            ensure!(
                scope.custom_getter.is_none(),
                value,
                "Private access to _get_partitioned_variable is not allowed when a custom getter is set.  Current \
                 custom getter: {:?}.  It is likely that you're using create_partitioned_variables.  If so, consider \
                 instead using get_variable with a non-empty partitioner parameter instead.",
                scope.custom_getter
            );
            let options = GetVariableOptions {
                shape: GivenShape(Some(Shape::new(shape)?.into())),
                dtype: options.dtype.or(Some(DType::FLOAT32)),
                initializer: Some(initializer),
                regularizer: scope.regularizer,
                reuse: scope.reuse,
                caching_device: scope.caching_device,
                partitioner: Some(Partitioner::new(move |_, _| Ok(slicing.clone()))),
                use_resource: scope.use_resource,
                ..options
            };
            let whole =
                facade(|| ferroflow_v2::name_scope("", || partitioned_variable(&scope.name, options)))?;
            Ok(whole.iter().cloned().collect())
        },
    )
}
