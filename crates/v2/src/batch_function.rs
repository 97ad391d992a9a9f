//! `nondifferentiable_batch_function`: code that is called on rows in batches of certain sizes.

use ferroflow_core::{AttrValue, FuncRef, Op, PartialShape, Result, Tensor, context, ensure, options};
use ferroflow_graph::{ArgSpec, Graph, function_library, trace};

options! {
    /// Optional arguments of [`nondifferentiable_batch_function_with`].
    pub struct BatchFunctionOptions {
        /// The sizes that batches may have, in rising order: they are filled up with their first row to one of them.
        allowed_batch_sizes: Vec<i64> = Vec::new(),
        /// How many batches may wait. None wait here.
        max_enqueued_batches: i64 = 10,
        /// Whether inputs of more rows than the last allowed size are split.
        enable_large_batch_splitting: bool = true,
    }
}

/// A function that calls another one on all rows of its arguments, and gives its results for them.
///
/// TensorFlow puts the rows of calls that come within `batch_timeout_micros` into one batch, on `num_batch_threads` threads. Here
/// each call is a batch of its own, so both only stand in graphs.
///
/// Source: `tf.nondifferentiable_batch_function` (op `BatchFunction`).
///
/// ```
/// use ferroflow_v2 as tf;
/// let double = tf::nondifferentiable_batch_function(1, 8, 100, |args: &[tf::Tensor]| Ok(vec![(&args[0] * 2)?]));
/// assert_eq!(double(&[tf::constant([1, 2, 3])?])?[0].to_string(), "[2 4 6]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// The function gives `InvalidArgument` for arguments that are scalars, have different numbers of rows, or more than
/// `max_batch_size`; `FailedPrecondition` for results without a row for each of the arguments'; what `function` returns.
pub fn nondifferentiable_batch_function(
    num_batch_threads: i64,
    max_batch_size: i64,
    batch_timeout_micros: i64,
    function: impl Fn(&[Tensor]) -> Result<Vec<Tensor>>,
) -> impl Fn(&[Tensor]) -> Result<Vec<Tensor>> {
    nondifferentiable_batch_function_with(
        num_batch_threads,
        max_batch_size,
        batch_timeout_micros,
        function,
        |options| options,
    )
}

/// [`nondifferentiable_batch_function`] with batches of certain sizes.
///
/// # Errors
/// As [`nondifferentiable_batch_function`]; `InvalidArgument` for sizes that do not rise.
pub fn nondifferentiable_batch_function_with(
    num_batch_threads: i64,
    max_batch_size: i64,
    batch_timeout_micros: i64,
    function: impl Fn(&[Tensor]) -> Result<Vec<Tensor>>,
    options: impl FnOnce(BatchFunctionOptions) -> BatchFunctionOptions,
) -> impl Fn(&[Tensor]) -> Result<Vec<Tensor>> {
    let options = options(BatchFunctionOptions::default());
    move |args| {
        ferroflow_graph::install();
        ensure!(!args.is_empty(), value, "a batch function takes at least one argument");
        let spec = |(number, arg): (usize, &Tensor)| {
            let shape = arg.shape();
            // Batches have other sizes than the arguments.
            let shape = match shape.rank() {
                Some(rank @ 1..) => PartialShape::new([None]).concatenate(&shape.slice(1..rank)),
                _ => shape,
            };
            ArgSpec { name: format!("batch_{number}"), dtype: arg.dtype().base(), shape }
        };
        let specs: Vec<ArgSpec> = args.iter().enumerate().map(spec).collect();
        let traced = trace("computation", &specs, &function)?;
        match Graph::current() {
            Some(graph) => graph.add_function(traced.function().clone()),
            None => function_library().add(traced.function().clone()),
        }
        let outputs = traced.function().body()?.output_types.clone();
        let types = |tensors: &[Tensor]| tensors.iter().map(|x| x.dtype().base()).collect::<Vec<_>>();
        context::name_scope_for_op("batch", |name| {
            Op::named("BatchFunction")
                .inputs(args)
                .inputs(traced.captures())
                .attr("Tin", types(args))
                .attr("Tcaptured", types(traced.captures()))
                .attr("Tout", outputs)
                .attr("f", AttrValue::Func(FuncRef::new(traced.function().name())))
                .attr("num_batch_threads", num_batch_threads)
                .attr("max_batch_size", max_batch_size)
                .attr("batch_timeout_micros", batch_timeout_micros)
                .attr("max_enqueued_batches", options.max_enqueued_batches)
                .attr("allowed_batch_sizes", options.allowed_batch_sizes.clone())
                .attr("enable_large_batch_splitting", options.enable_large_batch_splitting)
                .attr("shared_name", name)
                .all()
        })
    }
}
