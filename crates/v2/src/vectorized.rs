//! `vectorized_map`: a function of each slice along the first axis.

use crate::{MapFnOptions, Nest, map_fn_with};
use ferroflow_core::{DType, NdArray, Result, Tensor, context, convert_to_tensor, ensure};
use ferroflow_graph::{ArgSpec, trace};
use ferroflow_ops_array as array;

/// The results of a function of each slice along the first axis, stacked. Slices of a tensor of length 1 stand beside all of
/// the others.
///
/// Differs from TensorFlow: slices are computed one after the other, where TensorFlow has one op for all of them where it can.
/// The values are the same.
///
/// Source: `tf.vectorized_map`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let rows = tf::constant([[1.0, 2.0], [3.0, 4.0]])?;
/// let squares = tf::vectorized_map(|row: &tf::Tensor| tf::reduce_sum((row * row)?, ()), &rows)?;
/// assert_eq!(squares.to_string(), "[ 5. 25.]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for scalars, and for lengths that differ; what the function returns.
pub fn vectorized_map<E: Nest, R: Nest>(function: impl Fn(&E) -> Result<R>, elems: &E) -> Result<R> {
    let flat = elems.to_flat().into_iter().map(|elem| convert_to_tensor(elem, None));
    let mut flat = flat.collect::<Result<Vec<_>>>()?;
    let longest = flat.iter().filter_map(|elem| elem.shape().dim(0)).max();
    for elem in &mut flat {
        ensure!(
            elem.rank() != Some(0),
            value,
            "Elements in elems must be 1+ dimensional Tensors, not scalars"
        );
        if let (Some(1), Some(longest)) = (elem.shape().dim(0), longest)
            && longest != 1
        {
            let indices = NdArray::vector(vec![0i32; longest]);
            *elem = array::gather(&*elem, indices)?;
        }
    }
    let dtypes = result_dtypes(&function, elems, &flat)?;
    let options = |_| MapFnOptions::default().fn_output_signature(dtypes);
    map_fn_with(function, &elems.with_flat(flat)?, options)
}

/// The dtypes of the results, found out by a trace that is thrown away.
fn result_dtypes<E: Nest, R: Nest>(
    function: &impl Fn(&E) -> Result<R>,
    elems: &E,
    flat: &[Tensor],
) -> Result<Vec<DType>> {
    let spec = |(number, elem): (usize, &Tensor)| {
        let shape = elem.shape();
        let rank = shape.rank();
        let element =
            rank.map_or_else(ferroflow_core::PartialShape::unknown, |rank| shape.slice(1.min(rank)..rank));
        ArgSpec { name: format!("elem_{number}"), dtype: elem.dtype().base(), shape: element }
    };
    let specs: Vec<ArgSpec> = flat.iter().enumerate().map(spec).collect();
    let mut dtypes = Vec::new();
    context::without_recorders(|| {
        trace("vectorized_map_body", &specs, |tensors| {
            let results = function(&elems.with_flat(tensors.to_vec())?)?.to_flat();
            dtypes = results.iter().map(|result| result.dtype().base()).collect();
            Ok(results)
        })
    })?;
    Ok(dtypes)
}
