//! `map_fn`, `foldl`, `foldr`, `scan`: functions applied along the first axis.

use crate::{Nest, TensorArray, WhileLoopOptions, while_loop_with};
use ferroflow_core::{
    DType, Error, NdArray, Result, Tensor, constant, context, convert_to_tensor, ensure, options,
};
use ferroflow_ops_array as array;
use std::cell::RefCell;

options! {
    /// Optional arguments of [`map_fn_with`].
    pub struct MapFnOptions {
        /// The dtypes of the results, one for each tensor, where they are not those of the elements.
        fn_output_signature: Option<Vec<DType>> = None,
        /// How many calls may run at once in a graph.
        parallel_iterations: i64 = 10,
        /// Whether all results have one shape.
        infer_shape: bool = true,
    }
}

/// The results of a function of each slice along the first axis, stacked.
///
/// `elems` is a tensor or a structure of tensors of one length; the function gives tensors of the same dtypes.
///
/// Source: `tf.map_fn`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let rows = tf::constant([[3, 1], [2, 5]])?;
/// let largest = tf::map_fn(|row: &tf::Tensor| tf::reduce_max(row, ()), &rows)?;
/// assert_eq!(format!("{largest}"), "[3 5]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for scalars, and elements of different lengths; what the function returns.
pub fn map_fn<E: Nest, R: Nest>(function: impl Fn(&E) -> Result<R>, elems: &E) -> Result<R> {
    map_fn_with(function, elems, |options| options)
}

/// [`map_fn`] with optional arguments.
///
/// # Errors
/// As [`map_fn`]; `TypeError` in a graph for results of other dtypes than the signature's.
pub fn map_fn_with<E: Nest, R: Nest>(
    function: impl Fn(&E) -> Result<R>,
    elems: &E,
    options: impl FnOnce(MapFnOptions) -> MapFnOptions,
) -> Result<R> {
    let options = options(MapFnOptions::default());
    context::name_scope("map", || {
        let elements = Elements::new(elems)?;
        let dtypes = match options.fn_output_signature {
            Some(dtypes) => dtypes,
            None => elements.flat.iter().map(|elem| elem.dtype().base()).collect(),
        };
        let structure = RefCell::new(None);
        let call = |elem: &E| {
            let result = function(elem)?;
            let flat = result.to_flat();
            ensure!(
                flat.len() == dtypes.len(),
                value,
                "The two structures don't have the same nested structure: {} tensors are expected, and the function \
                 returns {}",
                dtypes.len(),
                flat.len()
            );
            let flat = flat.iter().zip(&dtypes).map(|(tensor, dtype)| of_dtype(tensor, *dtype));
            let flat = flat.collect::<Result<Vec<_>>>()?;
            *structure.borrow_mut() = Some(result);
            Ok(flat)
        };
        let stacked = match elements.known_length() {
            Some(count) if count > 0 && elements.is_eager() => {
                let mut columns: Vec<Vec<Tensor>> = dtypes.iter().map(|_| Vec::new()).collect();
                for at in 0..count {
                    for (column, result) in columns.iter_mut().zip(call(&elements.at(at as i32)?)?) {
                        column.push(result);
                    }
                }
                columns.into_iter().map(array::stack).collect::<Result<Vec<_>>>()?
            }
            _ => {
                let arrays = elements.arrays()?;
                let of_results = |dtype: &DType| {
                    TensorArray::with(*dtype, elements.length()?, |o| o.infer_shape(options.infer_shape))
                };
                let results = dtypes.iter().map(of_results).collect::<Result<Vec<_>>>()?;
                let length = elements.length()?;
                let (_, results) = while_loop_with(
                    |(i, _): &(Tensor, Vec<TensorArray>)| elements.holds(i, &length),
                    |(i, results)| {
                        let flat = call(&elements.read(&arrays, i)?)?;
                        let written = results.iter().zip(flat).map(|(array, value)| array.write(i, value));
                        Ok(((i + 1)?, written.collect::<Result<Vec<_>>>()?))
                    },
                    (int(0)?, results),
                    |o| elements.limited(o).parallel_iterations(options.parallel_iterations),
                )?;
                results.iter().map(TensorArray::stack).collect::<Result<Vec<_>>>()?
            }
        };
        let structure = structure.into_inner();
        match structure {
            Some(structure) => structure.with_flat(stacked),
            None => Err(Error::value(
                "map_fn of no elements in eager code cannot tell the structure of the result: the function is never \
                 called",
            )),
        }
    })
}

/// A tensor of a dtype that was promised.
fn of_dtype(tensor: &Tensor, dtype: DType) -> Result<Tensor> {
    let tensor = convert_to_tensor(tensor, None)?;
    ensure!(
        tensor.dtype().base() == dtype,
        type_error,
        "The function returns a tensor of dtype {}, and {} is expected; name it in fn_output_signature.",
        tensor.dtype().name(),
        dtype.name()
    );
    Ok(tensor)
}

/// What a function accumulates over the slices along the first axis, from the first to the last.
///
/// Without an initial value the first slice is it.
///
/// Source: `tf.foldl`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let numbers = tf::constant([1, 2, 3, 4])?;
/// let sum = tf::foldl(|sum: &tf::Tensor, x: &tf::Tensor| sum * 10 + x, &numbers, None)?;
/// assert_eq!(format!("{sum}"), "1234");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for scalars, and elements of different lengths; what the function returns.
pub fn foldl<E: Nest>(
    function: impl Fn(&E, &E) -> Result<E>,
    elems: &E,
    initializer: Option<&E>,
) -> Result<E> {
    fold("foldl", function, elems, initializer, false)
}

/// [`foldl`] from the last slice to the first.
///
/// Source: `tf.foldr`.
///
/// # Errors
/// As [`foldl`].
pub fn foldr<E: Nest>(
    function: impl Fn(&E, &E) -> Result<E>,
    elems: &E,
    initializer: Option<&E>,
) -> Result<E> {
    fold("foldr", function, elems, initializer, true)
}

fn fold<E: Nest>(
    scope: &str,
    function: impl Fn(&E, &E) -> Result<E>,
    elems: &E,
    initializer: Option<&E>,
    backwards: bool,
) -> Result<E> {
    context::name_scope(scope, || {
        let elements = Elements::new(elems)?;
        let arrays = elements.arrays()?;
        let (value, used) = elements.begin(&arrays, initializer, backwards)?;
        let length = elements.length()?;
        // Backwards, the counter stands behind the next slice.
        let start = if backwards { elements.before_end(used)? } else { int(used)? };
        let (_, result) = while_loop_with(
            |(i, _): &(Tensor, E)| if backwards { crate::greater(i, 0) } else { elements.holds(i, &length) },
            |(i, value)| {
                let at = if backwards { (i - 1)? } else { i.clone() };
                let next = function(value, &elements.read(&arrays, &at)?)?;
                Ok((if backwards { at } else { (i + 1)? }, next))
            },
            (start, value),
            |o| elements.limited(o),
        )?;
        Ok(result)
    })
}

/// All that a function accumulates over the slices along the first axis: [`foldl`] with each step kept.
///
/// Source: `tf.scan`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let numbers = tf::constant([1, 2, 3, 4])?;
/// let sums = tf::scan(|sum: &tf::Tensor, x: &tf::Tensor| sum + x, &numbers, None, false)?;
/// assert_eq!(format!("{sums}"), "[ 1  3  6 10]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`foldl`].
pub fn scan<E: Nest>(
    function: impl Fn(&E, &E) -> Result<E>,
    elems: &E,
    initializer: Option<&E>,
    reverse: bool,
) -> Result<E> {
    context::name_scope("scan", || {
        let elements = Elements::new(elems)?;
        let arrays = elements.arrays()?;
        let (value, used) = elements.begin(&arrays, initializer, reverse)?;
        let length = elements.length()?;
        let mut kept = Vec::new();
        for tensor in value.to_flat() {
            let (dtype, shape) = (tensor.dtype().base(), tensor.shape());
            kept.push(TensorArray::with(dtype, &length, |o| o.element_shape(shape))?);
        }
        if used > 0 {
            let first = if reverse { elements.before_end(1)? } else { int(0)? };
            let written = kept.iter().zip(value.to_flat()).map(|(array, tensor)| array.write(&first, tensor));
            kept = written.collect::<Result<Vec<_>>>()?;
        }
        let start = if reverse { elements.before_end(used + 1)? } else { int(used)? };
        let (_, _, kept) = while_loop_with(
            |(i, _, _): &(Tensor, E, Vec<TensorArray>)| {
                if reverse { crate::greater_equal(i, 0) } else { elements.holds(i, &length) }
            },
            |(i, value, kept)| {
                let next = function(value, &elements.read(&arrays, i)?)?;
                let written = kept.iter().zip(next.to_flat()).map(|(array, tensor)| array.write(i, tensor));
                let written = written.collect::<Result<Vec<_>>>()?;
                Ok((if reverse { i - 1 } else { i + 1 }?, next, written))
            },
            (start, value.with_flat(value.to_flat())?, kept),
            |o| elements.limited(o),
        )?;
        value.with_flat(kept.iter().map(TensorArray::stack).collect::<Result<Vec<_>>>()?)
    })
}

/// The slices of a structure of tensors along the first axis.
struct Elements<'a, E> {
    structure: &'a E,
    flat: Vec<Tensor>,
}

impl<'a, E: Nest> Elements<'a, E> {
    fn new(structure: &'a E) -> Result<Elements<'a, E>> {
        let flat = structure.to_flat();
        let flat = flat.iter().map(|elem| context::with_name("elem", || convert_to_tensor(elem, None)));
        let flat = flat.collect::<Result<Vec<_>>>()?;
        ensure!(
            !flat.is_empty(),
            value,
            "elems must be a Tensor or (possibly nested) sequence of Tensors. Got a structure which does not contain \
             any Tensors."
        );
        let mut length = None;
        for elem in &flat {
            ensure!(
                elem.rank() != Some(0),
                value,
                "Elements in elems must be 1+ dimensional Tensors, not scalars"
            );
            let own = elem.shape().dim(0);
            if let (Some(length), Some(own)) = (length, own) {
                ensure!(length == own, value, "Dimensions {length} and {own} are not compatible");
            }
            length = length.or(own);
        }
        Ok(Elements { structure, flat })
    }

    fn is_eager(&self) -> bool {
        context::executing_eagerly() && self.flat.iter().all(Tensor::is_eager)
    }

    fn known_length(&self) -> Option<usize> {
        self.flat.iter().find_map(|elem| elem.shape().dim(0))
    }

    fn length(&self) -> Result<Tensor> {
        match self.known_length() {
            Some(length) => int(length as i32),
            None => array::getitem(array::shape(&self.flat[0])?, 0),
        }
    }

    /// The length less a number.
    fn before_end(&self, less: i32) -> Result<Tensor> {
        match self.known_length() {
            Some(length) => int(length as i32 - less),
            None if less == 0 => self.length(),
            None => self.length()? - less,
        }
    }

    /// Whether an index is below the length, which is a number where it is known.
    fn holds(&self, index: &Tensor, length: &Tensor) -> Result<Tensor> {
        match self.limit() {
            Some(length) => crate::less(index, length),
            None => crate::less(index, length),
        }
    }

    /// After how many iterations a loop over the slices ends, where it is known.
    fn limit(&self) -> Option<i32> {
        self.known_length().and_then(|length| i32::try_from(length).ok())
    }

    /// Options of a loop that ends at the length, where it is known.
    fn limited(&self, options: WhileLoopOptions) -> WhileLoopOptions {
        match self.limit() {
            Some(limit) => options.maximum_iterations(limit),
            None => options,
        }
    }

    fn arrays(&self) -> Result<Vec<TensorArray>> {
        let new = |elem: &Tensor| TensorArray::new(elem.dtype().base(), self.length()?);
        let arrays = self.flat.iter().map(new).collect::<Result<Vec<_>>>()?;
        arrays.iter().zip(&self.flat).map(|(array, elem)| array.unstack(elem)).collect()
    }

    /// A slice of all tensors.
    fn at(&self, index: i32) -> Result<E> {
        let slices = self.flat.iter().map(|elem| array::getitem(elem, index));
        self.structure.with_flat(slices.collect::<Result<_>>()?)
    }

    fn read(&self, arrays: &[TensorArray], index: &Tensor) -> Result<E> {
        let slices = arrays.iter().map(|array| array.read(index));
        self.structure.with_flat(slices.collect::<Result<_>>()?)
    }

    /// What a loop over the slices begins with, and how many slices that takes: none with an initial value.
    fn begin(&self, arrays: &[TensorArray], initializer: Option<&E>, backwards: bool) -> Result<(E, i32)> {
        if let Some(initializer) = initializer {
            let flat = initializer.to_flat();
            let flat = flat.iter().map(|tensor| convert_to_tensor(tensor, None)).collect::<Result<_>>()?;
            return Ok((initializer.with_flat(flat)?, 0));
        }
        let first = if backwards { self.before_end(1)? } else { int(0)? };
        Ok((self.read(arrays, &first)?, 1))
    }
}

fn int(value: i32) -> Result<Tensor> {
    constant(NdArray::scalar(value))
}
