//! Values that wait for each other, values from functions of the program, sparse values that are fed.

use crate::mode::facade;
use ferroflow_core::{
    DType, IntoOperands, NdArray, Op, PartialShape, Result, SparseTensor, Tensor, context, convert_to_tensor,
    ensure,
};
use ferroflow_graph::Graph;
use ferroflow_ops_array as array;

/// The tensors, each of which is there once all of them are.
///
/// Source: `tf.compat.v1.tuple`.
///
/// # Errors
/// `ValueError` for no tensors.
pub fn tuple(tensors: &[Tensor]) -> Result<Vec<Tensor>> {
    facade(|| {
        if Graph::current().is_none() {
            return Ok(tensors.to_vec());
        }
        ensure!(!tensors.is_empty(), value, "'tensors' must have at least one Tensor. Received: [].");
        context::name_scope("tuple", || {
            let Some(gate) = crate::group(tensors.iter(), "group_deps")? else { return Ok(tensors.to_vec()) };
            crate::control_dependencies([gate], || {
                let passed = |tensor: &Tensor| {
                    Op::named("Identity").input(tensor).default_name("control_dependency").one()
                };
                tensors.iter().map(passed).collect()
            })
        })
    })
}

/// What a function of the program makes of arrays, when the graph runs: tensors of the dtypes `Tout`. A function that is not
/// `stateful` may be called more seldom than it seems.
///
/// Source: `tf.compat.v1.py_func`.
///
/// # Errors
/// What `func` returns; `InvalidArgument` when it gives arrays of other dtypes or another number of them.
#[allow(non_snake_case, reason = "TensorFlow's name")]
pub fn py_func(
    func: impl Fn(&[NdArray]) -> Result<Vec<NdArray>> + Send + Sync + 'static,
    inp: impl IntoOperands,
    Tout: &[DType],
    stateful: bool,
) -> Result<Vec<Tensor>> {
    facade(|| ferroflow_ops_control::numpy_function(func, inp, Tout, stateful))
}

/// A sparse tensor whose three parts are fed; the shape may be known.
///
/// Source: `tf.compat.v1.sparse_placeholder`.
///
/// # Errors
/// `RuntimeError` in eager mode.
pub fn sparse_placeholder(dtype: DType, shape: impl Into<PartialShape>) -> Result<SparseTensor> {
    let shape = shape.into();
    facade(|| {
        ensure!(
            Graph::current().is_some(),
            runtime,
            "`sparse_placeholder` is not compatible with eager execution."
        );
        let dense_shape = match shape.to_i64() {
            None => array::placeholder(DType::INT64, PartialShape::new([shape.rank()]))?,
            Some(sizes) => {
                let rank = sizes.len();
                let default = convert_to_tensor(NdArray::vector(sizes), None)?;
                array::placeholder_with_default(default, PartialShape::new([Some(rank)]))?
            }
        };
        let values = array::placeholder(dtype, PartialShape::new([None]))?;
        let indices = array::placeholder(DType::INT64, PartialShape::new([None, shape.rank()]))?;
        Ok(SparseTensor { indices, values, dense_shape })
    })
}

/// A sparse tensor of values at places whose last coordinates are the values of others: ids, of which there are `vocab_size`.
///
/// Source: `tf.compat.v1.sparse_merge`.
///
/// # Errors
/// `ValueError` for no ids.
pub fn sparse_merge(
    sp_ids: &[SparseTensor],
    sp_values: &SparseTensor,
    vocab_size: &[i64],
) -> Result<SparseTensor> {
    facade(|| ferroflow_ops::composites::sparse_merge(sp_ids, sp_values, vocab_size))
}

/// Runs `f` while nodes get names that start with `name/`.
///
/// Source: `tf.compat.v1.op_scope`.
///
/// # Errors
/// `ValueError` for a name that TensorFlow does not allow; what `f` returns.
pub fn op_scope<R>(name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    facade(|| context::with_name(name, || context::name_scope(name, f)))
}

/// Runs `f` while new variables and other resources stand in this container.
///
/// Source: `tf.compat.v1.container`.
///
/// # Errors
/// What `f` returns.
pub fn container<R>(container_name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    crate::get_default_graph().container(container_name, f)
}

/// Whether ops run at once outside of graphs and functions.
///
/// Source: `tf.compat.v1.executing_eagerly_outside_functions`.
pub fn executing_eagerly_outside_functions() -> bool {
    context::init_scope(|| facade(|| Graph::current().is_none()))
}
