//! Branches and loops: plain Rust in eager code, nodes of functions in graphs.

use crate::Nest;
use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Operand, PartialShape, Result, Shape, Tensor, bail, constant,
    context, convert_to_tensor, ensure, operators, options,
};
use ferroflow_graph::{
    Branch, LoopOptions, WhileOptions, call_case, call_if, call_loop, call_switch, call_while,
};
use ferroflow_ops_array as array;
use ferroflow_ops_control::Assert;
use ferroflow_ops_math as math;

/// The result of `true_fn` where `pred` is true, else that of `false_fn`.
///
/// In eager code one of them runs. In a graph, and in a traced function, both are traced, and the graph decides each
/// time it runs.
///
/// ```
/// use ferroflow_v2 as tf;
/// let absolute = tf::function(|x: &tf::Tensor| tf::cond(tf::less(x, 0), || -x, || Ok(x.clone())));
/// assert_eq!(format!("{} {}", absolute.call(-3)?, absolute.call(4)?), "3 4");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `TypeError` in a graph when the results differ in structure or dtype; what the closures return.
pub fn cond<R: Nest>(
    pred: impl IntoOperand,
    mut true_fn: impl FnMut() -> Result<R>,
    mut false_fn: impl FnMut() -> Result<R>,
) -> Result<R> {
    let pred = crate::convert_to_tensor(pred, None)?;
    if context::executing_eagerly() && pred.is_eager() {
        return if truth(pred.value()?)? { true_fn() } else { false_fn() };
    }
    let mut structure = None;
    let call = if context::uses_switches() { call_switch } else { call_if };
    let flat = call(&pred, &mut || flat_result(true_fn(), &mut structure), &mut || {
        flat_result(false_fn(), &mut None)
    })?;
    rebuild(structure, flat)
}

/// The result of the branch at `branch_index`; of the last one where the index is out of range.
///
/// ```
/// use ferroflow_v2 as tf;
/// let branches: [&dyn Fn() -> tf::Result<tf::Tensor>; 2] = [&|| tf::constant(10), &|| tf::constant(20)];
/// assert_eq!(format!("{}", tf::switch_case(0, &branches)?), "10");
/// assert_eq!(format!("{}", tf::switch_case(7, &branches)?), "20");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` without branches; `TypeError` in a graph when their results differ; what the closures return.
pub fn switch_case<R: Nest>(
    branch_index: impl IntoOperand,
    branches: &[&dyn Fn() -> Result<R>],
) -> Result<R> {
    let index = crate::convert_to_tensor(branch_index, DType::INT32)?;
    let Some(last) = branches.last() else { bail!(value, "branch_fns must have at least one callable") };
    if context::executing_eagerly() && index.is_eager() {
        let position = usize::try_from(index.value()?.item::<i32>()?).ok();
        return position.and_then(|position| branches.get(position)).unwrap_or(last)();
    }
    let mut structures: Vec<Option<R>> = branches.iter().map(|_| None).collect();
    let mut calls: Vec<Box<dyn FnMut() -> Result<Vec<Tensor>> + '_>> = Vec::new();
    for (branch, structure) in branches.iter().zip(&mut structures) {
        calls.push(Box::new(move || flat_result(branch(), structure)));
    }
    let flat = context::name_scope("switch_case", || {
        call_case(&index, calls.iter_mut().map(|call| &mut **call as Branch<'_>).collect())
    })?;
    drop(calls);
    rebuild(structures.into_iter().next().flatten(), flat)
}

/// The result of the first function whose predicate is true, else that of `default`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let (x, y) = (tf::constant(1)?, tf::constant(2)?);
/// let smaller = tf::case(&[(tf::less(&x, &y)?, &|| Ok(x.clone()))], &|| Ok(y.clone()))?;
/// assert_eq!(format!("{smaller}"), "1");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a predicate that is no boolean; as [`cond`].
pub fn case<R: Nest>(
    pred_fn_pairs: &[(Tensor, &dyn Fn() -> Result<R>)],
    default: &dyn Fn() -> Result<R>,
) -> Result<R> {
    case_with(pred_fn_pairs, default, |options| options)
}

options! {
    /// Optional arguments of [`case_with`].
    pub struct CaseOptions {
        /// Whether more than one true predicate is an error.
        exclusive: bool = false,
    }
}

/// [`case`] of predicates that exclude each other.
///
/// # Errors
/// As [`case`]; `InvalidArgument` where predicates exclude each other and more than one is true.
pub fn case_with<R: Nest>(
    pred_fn_pairs: &[(Tensor, &dyn Fn() -> Result<R>)],
    default: &dyn Fn() -> Result<R>,
    options: impl FnOnce(CaseOptions) -> CaseOptions,
) -> Result<R> {
    let exclusive = options(CaseOptions::default()).exclusive;
    for (pred, _) in pred_fn_pairs {
        if pred.dtype().base() != DType::BOOL {
            let name = pred.name().unwrap_or_else(|_| format!("{pred:?}"));
            bail!(type_error, "pred must be Tensor of type bool: {name}");
        }
    }
    context::name_scope("case", || {
        let one_at_most = || match exclusive {
            true => at_most_one(pred_fn_pairs.iter().map(|(pred, _)| pred)),
            false => Ok(()),
        };
        context::after_checks(one_at_most, || first_of(pred_fn_pairs, default))
    })
}

fn first_of<R: Nest>(
    pred_fn_pairs: &[(Tensor, &dyn Fn() -> Result<R>)],
    default: &dyn Fn() -> Result<R>,
) -> Result<R> {
    match pred_fn_pairs.split_first() {
        None => default(),
        Some(((pred, function), rest)) => cond(pred, function, || first_of(rest, default)),
    }
}

/// Checks that no more than one of these is true.
fn at_most_one<'a>(preds: impl Iterator<Item = &'a Tensor> + Clone) -> Result<()> {
    let all = context::with_name("preds_c", || array::stack(preds.clone().collect::<Vec<_>>()))?;
    let ones = operators::cast(&all, DType::INT32)?;
    let count = context::with_name("num_true_conds", || math::reduce_sum(ones, ()))?;
    let most = context::with_name("n_true_conds", || constant(1))?;
    let name = |pred: &Tensor| pred.name().unwrap_or_else(|_| "?".to_string());
    let names: Vec<String> = preds.clone().map(name).collect();
    let said = format!(
        "Input error: exclusive=True: more than 1 conditions ({}) evaluated as True:",
        names.join(", ")
    );
    let data = [said.as_str().into_operand()?, all.into_operand()?];
    Assert(math::less_equal(count, most)?, data, Some(preds.count() as i64))
}

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
    pub fn shape_invariants(mut self, shapes: impl Into<Option<Vec<PartialShape>>>) -> WhileLoopOptions {
        self.shape_invariants = shapes.into();
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
/// ```
/// use ferroflow_v2 as tf;
/// type State = (tf::Tensor, tf::Tensor);
/// let (_, power) = tf::while_loop(
///     |(i, _): &State| tf::less(i, 10),
///     |(i, power): &State| Ok(((i + 1)?, (power * 2)?)),
///     (tf::constant(0)?, tf::constant(1)?),
/// )?;
/// assert_eq!(format!("{power}"), "1024");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`while_loop_with`].
pub fn while_loop<V: Nest>(
    cond: impl Fn(&V) -> Result<Tensor>,
    body: impl Fn(&V) -> Result<V>,
    loop_vars: V,
) -> Result<V> {
    while_loop_with(cond, body, loop_vars, |options| options)
}

/// The same with a limit, or with variables that change their shape.
///
/// # Errors
/// In a graph, `ValueError` when the body gives other shapes and `TypeError` when it gives other dtypes; what the
/// closures return.
pub fn while_loop_with<V: Nest>(
    cond: impl Fn(&V) -> Result<Tensor>,
    body: impl Fn(&V) -> Result<V>,
    loop_vars: V,
    options: impl FnOnce(WhileLoopOptions) -> WhileLoopOptions,
) -> Result<V> {
    ferroflow_graph::install();
    let options = options(WhileLoopOptions::default());
    let flat = loop_vars.to_flat();
    let limit = options.maximum_iterations.transpose()?;
    if context::executing_eagerly() && flat.iter().all(Tensor::is_eager) {
        let limit = match limit {
            Some(limit) => Some(convert_to_tensor(limit, None)?.value()?.item::<i32>()?),
            None => None,
        };
        return run_eagerly(cond, body, loop_vars, limit);
    }
    let variables =
        flat.iter().map(|variable| convert_to_tensor(variable, None)).collect::<Result<Vec<_>>>()?;
    let cond = |args: &[Tensor]| cond(&loop_vars.with_flat(args.to_vec())?);
    let body = |args: &[Tensor]| Ok(body(&loop_vars.with_flat(args.to_vec())?)?.to_flat());
    let results = if context::uses_switches() {
        let options = LoopOptions {
            shape_invariants: options.shape_invariants,
            maximum_iterations: limit,
            parallel_iterations: options.parallel_iterations,
            back_prop: options.back_prop,
            swap_memory: options.swap_memory,
        };
        call_loop(&variables, cond, body, &options)?
    } else {
        let options = WhileOptions::default()
            .shape_invariants(options.shape_invariants)
            .maximum_iterations(limit)
            .parallel_iterations(options.parallel_iterations)
            .back_prop(options.back_prop);
        call_while(&variables, cond, body, &options)?
    };
    loop_vars.with_flat(results)
}

fn run_eagerly<V: Nest>(
    cond: impl Fn(&V) -> Result<Tensor>,
    body: impl Fn(&V) -> Result<V>,
    mut loop_vars: V,
    limit: Option<i32>,
) -> Result<V> {
    let mut iterations = 0;
    while truth(cond(&loop_vars)?.value()?)? && limit.is_none_or(|limit| iterations < limit) {
        let next = body(&loop_vars)?;
        let (before, after) = (loop_vars.to_flat().len(), next.to_flat().len());
        ensure!(
            before == after,
            value,
            "The two structures don't have the same nested structure: the loop has {before} variables, and its body \
             returns {after}"
        );
        loop_vars = next;
        iterations = iterations.saturating_add(1);
    }
    Ok(loop_vars)
}

/// Whether an eager value is true, as Python takes it: only of one element can that be said.
fn truth(value: &NdArray) -> Result<bool> {
    if value.len() != 1 {
        bail!(
            value,
            "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
        );
    }
    value.reshape(Shape::scalar())?.cast(DType::BOOL)?.item::<bool>()
}

/// The tensors of a branch's result; the result itself is kept as the structure to give back.
fn flat_result<R: Nest>(result: Result<R>, structure: &mut Option<R>) -> Result<Vec<Tensor>> {
    let result = result?;
    let flat = result.to_flat();
    *structure = Some(result);
    Ok(flat)
}

fn rebuild<R: Nest>(structure: Option<R>, flat: Vec<Tensor>) -> Result<R> {
    structure.ok_or_else(|| Error::internal("a branch was not traced"))?.with_flat(flat)
}
