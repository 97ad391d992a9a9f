//! `raw_rnn`: a cell in a loop whose inputs, states and outputs a function of the program decides on.

use super::cells::RNNCell;
use super::dynamic::cache_variables;
use super::state::{BatchSize, RNNState};
use crate::mode::{executing_eagerly, facade};
use crate::scopes::{VariableScope, variable_scope};
use crate::tensor_array::TensorArray;
use crate::while_loop::while_loop_with;
use ferroflow_core::{DType, Op, PartialShape, Result, Tensor, bail, context, ensure, options};
use ferroflow_graph::Operation;
use ferroflow_v2::Nest;

options! {
    /// Optional arguments of [`raw_rnn`](crate::nn::raw_rnn).
    pub struct RawRnnOptions {
        /// How many iterations may run at once; carried along in the graph.
        parallel_iterations: i64 = 32,
        /// Whether what gradients need may leave the device; carried along in the graph.
        swap_memory: bool = false,
        /// The name of the variable scope.
        scope: String = "rnn".to_string(),
    }
}

/// What the function of [`raw_rnn`](crate::nn::raw_rnn) gives for each step, and before the first.
#[derive(Clone, Debug)]
pub struct RawStep<S> {
    /// Which sequences are over, a vector of truths.
    pub elements_finished: Tensor,
    /// The next input of the cell.
    pub next_input: Tensor,
    /// The next state of the cell.
    pub next_cell_state: RNNState,
    /// What to give out for this step. Before the first it shows dtype and shape for one sequence; the cell's output is given
    /// out where it is `None` there.
    pub emit_output: Option<Tensor>,
    /// What the function wants to know in the next step. `None` leaves it as it is; before the first step, there is none.
    pub next_loop_state: Option<S>,
}

/// What steps gave out, the last state of the cell, and that of the function, if it has one.
///
/// `loop_fn` is called with the number of the step, the cell's output and state after it, and its own state; before the first
/// step with the number 0 and nothing else. The loop ends when all sequences are over; from when one is, it gives out
/// zeros and keeps its state.
///
/// Source: `tf.compat.v1.nn.raw_rnn`.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, nn, nn::rnn_cell::{BasicRNNCell, RNNCell}};
/// use ferroflow_core::Tensor;
/// let cell = BasicRNNCell::new(4);
/// let steps = tf::ones([3, 2, 5], tf::float32)?;
/// let (outputs, _, _) = nn::raw_rnn(
///     &cell,
///     |time, output, state, _: Option<&Tensor>| {
///         let over = tf::greater_equal(time, 3)?;
///         Ok(tf::RawStep {
///             elements_finished: tf::fill([2], &over)?,
///             next_input: tf::gather(&steps, tf::minimum(time, 2)?)?,
///             next_cell_state: match state {
///                 Some(state) => state.clone(),
///                 None => cell.zero_state(&2.into(), tf::float32)?,
///             },
///             emit_output: output.cloned(),
///             next_loop_state: None,
///         })
///     },
///     |o| o,
/// )?;
/// let stacked = outputs.stack()?;
/// let sess = tf::Session::new()?;
/// sess.run(tf::global_variables_initializer()?)?;
/// assert_eq!(sess.run(&stacked)?.shape().dims(), [3, 2, 4]);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `Unimplemented` in eager mode; `ValueError` for a step that gives nothing out; what the function and the cell return.
pub fn raw_rnn<S: Nest + Clone>(
    cell: &dyn RNNCell,
    loop_fn: impl Fn(&Tensor, Option<&Tensor>, Option<&RNNState>, Option<&S>) -> Result<RawStep<S>>,
    options: impl FnOnce(RawRnnOptions) -> RawRnnOptions,
) -> Result<(TensorArray, RNNState, Option<S>)> {
    let options = options(RawRnnOptions::default());
    facade(|| {
        if executing_eagerly() {
            bail!(unimplemented, "raw_rnn in eager mode");
        }
        variable_scope(options.scope.as_str(), |scope| run(cell, &loop_fn, &options, scope))
    })
}

/// What the loop carries from one step to the next.
#[derive(Clone)]
struct Carried<S> {
    time: Tensor,
    finished: Tensor,
    input: Tensor,
    emitted: TensorArray,
    state: RNNState,
    own: Own<S>,
}

/// The function's state, or a number in its place.
#[derive(Clone)]
enum Own<S> {
    State(S),
    Nothing(Tensor),
}

impl<S> Own<S> {
    fn state(&self) -> Option<&S> {
        match self {
            Own::State(state) => Some(state),
            Own::Nothing(_) => None,
        }
    }
}

impl<S: Nest> Nest for Carried<S> {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        tensors.extend([self.time.clone(), self.finished.clone(), self.input.clone()]);
        self.emitted.flatten(tensors);
        self.state.flatten(tensors);
        match &self.own {
            Own::State(state) => state.flatten(tensors),
            Own::Nothing(number) => tensors.push(number.clone()),
        }
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Carried<S>> {
        Ok(Carried {
            time: self.time.rebuild(tensors)?,
            finished: self.finished.rebuild(tensors)?,
            input: self.input.rebuild(tensors)?,
            emitted: self.emitted.rebuild(tensors)?,
            state: self.state.rebuild(tensors)?,
            own: match &self.own {
                Own::State(state) => Own::State(state.rebuild(tensors)?),
                Own::Nothing(number) => Own::Nothing(number.rebuild(tensors)?),
            },
        })
    }
}

fn run<S: Nest + Clone>(
    cell: &dyn RNNCell,
    loop_fn: &impl Fn(&Tensor, Option<&Tensor>, Option<&RNNState>, Option<&S>) -> Result<RawStep<S>>,
    options: &RawRnnOptions,
    scope: &VariableScope,
) -> Result<(TensorArray, RNNState, Option<S>)> {
    cache_variables(scope)?;
    let time = crate::constant(0)?;
    let first = loop_fn(&time, None, None, None)?;
    let own = match first.next_loop_state {
        Some(state) => Own::State(state),
        None => Own::Nothing(crate::constant(0)?),
    };
    let batch_size = BatchSize::of(&first.next_input, 0)?;
    let (dtype, one) = match &first.emit_output {
        Some(emit) => (emit.dtype().base(), emit.shape().to_shape().map(|shape| shape.dims().to_vec())),
        None => {
            let flat = first.next_cell_state.to_flat();
            (flat.first().map_or(DType::FLOAT32, |part| part.dtype().base()), Some(vec![cell.output_size()]))
        }
    };
    let element_shape = match one {
        Some(dims) => {
            PartialShape::new(std::iter::once(batch_size.known()).chain(dims.into_iter().map(Some)))
        }
        None => PartialShape::unknown(),
    };
    let emitted = context::with_name("rnn_output_0", || {
        TensorArray::with(dtype, 0, |o| o.dynamic_size(true).element_shape(element_shape))
    })?;
    let zero_emit = match &first.emit_output {
        Some(emit) => batch_size.zeros_like(emit)?,
        None => batch_size.zeros(cell.output_size(), dtype)?,
    };
    let has_state = matches!(own, Own::State(_));
    let carried = Carried {
        time,
        finished: first.elements_finished,
        input: first.next_input,
        emitted,
        state: first.next_cell_state,
        own,
    };
    let last = while_loop_with(
        |carried: &Carried<S>| {
            Op::named("LogicalNot").input(crate::reduce_all(&carried.finished, (), false)?).one()
        },
        |carried| {
            let (output, state) = cell.call(&carried.input, &carried.state)?;
            let time = (&carried.time + 1)?;
            let step = loop_fn(&time, Some(&output), Some(&state), carried.own.state())?;
            let Some(emit) = step.emit_output else {
                bail!(value, "The function of raw_rnn gives nothing out for a step: emit_output is None.")
            };
            let emit = unless_over(&carried.finished, &zero_emit, &emit)?;
            let (before, after) = (carried.state.to_flat(), step.next_cell_state.to_flat());
            ensure!(
                before.len() == after.len(),
                value,
                "The two structures don't have the same nested structure: the state has {} tensors, and its successor {}",
                before.len(),
                after.len()
            );
            let kept = before
                .iter()
                .zip(&after)
                .map(|(before, after)| unless_over(&carried.finished, before, after));
            let state = step.next_cell_state.with_flat(kept.collect::<Result<Vec<_>>>()?)?;
            let emitted = carried.emitted.write(&carried.time, emit)?;
            let finished =
                Op::named("LogicalOr").input(&carried.finished).input(&step.elements_finished).one()?;
            let own = match step.next_loop_state {
                Some(next) if has_state => Own::State(next),
                _ => carried.own.clone(),
            };
            Ok(Carried { time, finished, input: step.next_input, emitted, state, own })
        },
        carried,
        |o| o.parallel_iterations(options.parallel_iterations).swap_memory(options.swap_memory),
    )?;
    Ok((last.emitted, last.state, last.own.state().cloned()))
}

/// What a step gives, or for sequences that are over what was there before.
fn unless_over(over: &Tensor, before: &Tensor, new: &Tensor) -> Result<Tensor> {
    if before.rank() == Some(0) {
        return Ok(new.clone());
    }
    let operation = Operation::of(new)?;
    operation
        .graph()
        .colocate_with(&operation, || Op::named("Select").input(over).input(before).input(new).one())
}
