//! Loops of the v1 API.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, Operand, PartialShape, Result, Tensor, context, convert_to_tensor};
use ferroflow_graph::{LoopOptions, WhileOptions, call_loop, call_while};
use ferroflow_v2::Nest;

/// Optional arguments of [`while_loop_with`].
#[derive(Clone)]
pub struct WhileLoopOptions {
    shape_invariants: Option<Vec<PartialShape>>,
    maximum_iterations: Option<Result<Operand>>,
    parallel_iterations: i64,
    back_prop: bool,
    swap_memory: bool,
}

impl Default for WhileLoopOptions {
    fn default() -> WhileLoopOptions {
        WhileLoopOptions {
            shape_invariants: None,
            maximum_iterations: None,
            parallel_iterations: 10,
            back_prop: true,
            swap_memory: false,
        }
    }
}

impl WhileLoopOptions {
    /// The shapes that variables keep in a graph, where they do not keep the ones they begin with.
    pub fn shape_invariants(mut self, shapes: Option<Vec<PartialShape>>) -> WhileLoopOptions {
        self.shape_invariants = shapes;
        self
    }

    /// After how many iterations the loop ends at the latest: a number or a tensor.
    pub fn maximum_iterations(mut self, limit: impl IntoOperand) -> WhileLoopOptions {
        self.maximum_iterations = Some(limit.into_operand());
        self
    }

    /// How many iterations may run at once; carried along in graphs.
    pub fn parallel_iterations(mut self, count: i64) -> WhileLoopOptions {
        self.parallel_iterations = count;
        self
    }

    /// Whether gradients flow through the loop in a graph.
    pub fn back_prop(mut self, back_prop: bool) -> WhileLoopOptions {
        self.back_prop = back_prop;
        self
    }

    /// Whether what gradients need may leave the device; carried along in graphs.
    pub fn swap_memory(mut self, swap_memory: bool) -> WhileLoopOptions {
        self.swap_memory = swap_memory;
        self
    }
}

/// The loop variables after `body` has been applied to them as long as `cond` holds.
///
/// In a graph the loop is a frame (`Enter`, `Merge`, `Switch`, `NextIteration` and `Exit` nodes), or, after
/// [`enable_control_flow_v2`](crate::enable_control_flow_v2), a `While` node; gradients flow through both. In eager mode
/// it runs.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use ferroflow_core::Tensor;
/// let (_, power) = tf::while_loop(
///     |(i, _): &(Tensor, Tensor)| tf::less(i, 10),
///     |(i, power): &(Tensor, Tensor)| Ok(((i + 1)?, (power * 2)?)),
///     (tf::constant(0)?, tf::constant(1)?),
/// )?;
/// assert_eq!(tf::Session::new()?.run(&power)?.item::<i32>()?, 1024);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` and `TypeError` when the body gives other shapes or dtypes; what the closures return.
pub fn while_loop<V: Nest>(
    cond: impl Fn(&V) -> Result<Tensor>,
    body: impl Fn(&V) -> Result<V>,
    loop_vars: V,
) -> Result<V> {
    while_loop_with(cond, body, loop_vars, |options| options)
}

/// [`while_loop`] with a limit, or with variables that change their shape.
///
/// # Errors
/// As [`while_loop`].
pub fn while_loop_with<V: Nest>(
    cond: impl Fn(&V) -> Result<Tensor>,
    body: impl Fn(&V) -> Result<V>,
    loop_vars: V,
    options: impl FnOnce(WhileLoopOptions) -> WhileLoopOptions,
) -> Result<V> {
    let options = options(WhileLoopOptions::default());
    facade(|| {
        let flat = loop_vars.to_flat();
        let limit = options.maximum_iterations.clone().transpose()?;
        if context::executing_eagerly() && flat.iter().all(Tensor::is_eager) {
            let limit = match limit {
                Some(limit) => Some(convert_to_tensor(limit, None)?.value()?.item::<i32>()?),
                None => None,
            };
            return ferroflow_v2::while_loop_with(cond, body, loop_vars, |o| o.maximum_iterations(limit));
        }
        let variables =
            flat.iter().map(|variable| convert_to_tensor(variable, None)).collect::<Result<Vec<_>>>()?;
        let cond = |args: &[Tensor]| cond(&loop_vars.with_flat(args.to_vec())?);
        let body = |args: &[Tensor]| Ok(body(&loop_vars.with_flat(args.to_vec())?)?.to_flat());
        let results = if !context::uses_switches() {
            let options = WhileOptions::default()
                .shape_invariants(options.shape_invariants)
                .maximum_iterations(limit)
                .parallel_iterations(options.parallel_iterations)
                .back_prop(options.back_prop);
            call_while(&variables, cond, body, &options)?
        } else {
            let options = LoopOptions {
                shape_invariants: options.shape_invariants,
                maximum_iterations: limit,
                parallel_iterations: options.parallel_iterations,
                back_prop: options.back_prop,
                swap_memory: options.swap_memory,
            };
            call_loop(&variables, cond, body, &options)?
        };
        loop_vars.with_flat(results)
    })
}
