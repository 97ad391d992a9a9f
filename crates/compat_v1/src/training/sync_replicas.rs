//! `SyncReplicasOptimizer`: gradients of several replicas are added up before variables change.

use super::accumulators::{ConditionalAccumulator, SparseConditionalAccumulator};
use super::batching::put;
use super::coordinator::Coordinator;
use super::hook::SessionRunHook;
use super::queue_runner::QueueRunner;
use super::session_manager::unready;
use crate::optimizers::moving_average::{Averaged, ExponentialMovingAverage};
use crate::optimizers::optimizer::{GradsAndVars, MinimizeOptions, Optimizer, Rule};
use crate::variables::Variable;
use crate::{GraphKeys, Session, facade, get_default_graph, global_variables, group, no_op};
use ferroflow_core::{
    Error, Gradient, NdArray, PartialShape, Result, Tensor, bail, context, ensure, options,
};
use ferroflow_graph::{Graph, Operation};
use ferroflow_v2::queue::{FIFOQueue, QueueBase};
use std::sync::{Arc, Mutex, PoisonError};

options! {
    /// Optional arguments of [`SyncReplicasOptimizer::new_with`].
    pub struct SyncReplicasOptions {
        /// How many replicas there are; by default as many as gradients are needed.
        total_num_replicas: Option<i64> = None,
        /// The name of the nodes' scope.
        name: String = "sync_replicas".to_string(),
    }
}

/// Another optimizer's changes, made once for the mean of the gradients of several replicas.
///
/// Each replica runs the operation of [`SyncReplicasOptimizer::apply_gradients`]: it brings its gradients, and waits for a
/// token. The chief's [queue runner](SyncReplicasOptimizer::get_chief_queue_runner) changes the variables whenever there
/// are enough gradients, and puts a token for each replica into a queue.
///
/// Source: `tf.compat.v1.train.SyncReplicasOptimizer`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let w = tf::get_variable_with("w", |o| o.shape([1]).initializer(tf::ones_initializer()))?;
/// let loss = tf::reduce_sum((&w * 3.0)?, (), false)?;
/// let step = tf::train::get_or_create_global_step()?;
/// let optimizer = tf::train::SyncReplicasOptimizer::new(tf::train::GradientDescentOptimizer::new(0.5)?, 1);
/// let train = optimizer.minimize(&loss, &step)?;
/// let hooks: Vec<Box<dyn tf::train::SessionRunHook>> = vec![Box::new(optimizer.make_session_run_hook(true, Some(0)))];
/// let mut sess = tf::train::MonitoredSession::new(tf::train::ChiefSessionCreator::default(), hooks)?;
/// sess.run(&train)?;
/// assert_eq!(sess.run(&w)?.as_slice::<f32>()?, [-0.5]);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct SyncReplicasOptimizer<R: Rule> {
    opt: Optimizer<R>,
    plan: Plan,
    averages: Option<(ExponentialMovingAverage, Vec<Averaged>)>,
    name: String,
}

/// How many replicas there are, and the nodes once they were made: what an optimizer and its hooks share.
#[derive(Clone)]
struct Plan {
    replicas_to_aggregate: i64,
    total_num_replicas: i64,
    nodes: Arc<Mutex<Option<Nodes>>>,
}

/// What [`SyncReplicasOptimizer::apply_gradients`] adds to a graph.
#[derive(Clone)]
struct Nodes {
    graph: Graph,
    global_step: Variable,
    tokens: QueueBase,
    runner: QueueRunner,
    chief_init_op: Operation,
    local_step_init_op: Operation,
    ready_for_local_init_op: Tensor,
}

/// Runs `f` in the graph's outermost name scope, on the device of a variable.
fn at_root<R>(graph: &Graph, variable: &Variable, f: impl FnOnce() -> Result<R>) -> Result<R> {
    graph.device(variable.device().as_str(), || context::with_name("", || context::name_scope("", f)))
}

/// So many tokens: the number of the step.
fn tokens(count: i64, global_step: &Variable) -> Result<Tensor> {
    let count = i32::try_from(count).map_err(|_| Error::value(format!("{count} tokens are too many")))?;
    crate::fill([count], global_step)
}

impl Plan {
    fn nodes(&self, otherwise: &str) -> Result<Nodes> {
        let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.clone().ok_or_else(|| Error::value(otherwise))
    }

    fn get_init_tokens_op(&self, num_tokens: Option<i64>) -> Result<Operation> {
        let nodes = self.nodes("get_init_tokens_op() should be called after apply_gradients().")?;
        let needed = self.replicas_to_aggregate - self.total_num_replicas;
        let count = num_tokens.unwrap_or(self.replicas_to_aggregate);
        ensure!(
            num_tokens.is_none_or(|count| count >= needed),
            value,
            "Too few tokens to finish the first step: {count} (given) vs {needed} (needed)"
        );
        nodes.graph.as_default_scope(|| {
            if count > 0 {
                return at_root(&nodes.graph, &nodes.global_step, || {
                    let tokens = tokens(count, &nodes.global_step)?;
                    put(&nodes.tokens, &[tokens], true)
                });
            }
            let nothing = context::with_name("no_init_tokens", no_op)?;
            nothing.ok_or_else(|| Error::internal("a graph gives an operation"))
        })
    }
}

impl<R: Rule> SyncReplicasOptimizer<R> {
    /// An optimizer that makes the changes of `opt` for the gradients of so many replicas.
    pub fn new(opt: Optimizer<R>, replicas_to_aggregate: i64) -> SyncReplicasOptimizer<R> {
        SyncReplicasOptimizer::new_with(opt, replicas_to_aggregate, |options| options)
    }

    /// The same with optional arguments.
    pub fn new_with(
        opt: Optimizer<R>,
        replicas_to_aggregate: i64,
        options: impl FnOnce(SyncReplicasOptions) -> SyncReplicasOptions,
    ) -> SyncReplicasOptimizer<R> {
        let options = options(SyncReplicasOptions::default());
        let total_num_replicas = options.total_num_replicas.unwrap_or(replicas_to_aggregate);
        SyncReplicasOptimizer {
            opt,
            plan: Plan { replicas_to_aggregate, total_num_replicas, nodes: Arc::default() },
            averages: None,
            name: options.name,
        }
    }

    /// The same, with averages kept of these variables after each change.
    #[must_use]
    pub fn with_averages(
        mut self,
        variable_averages: ExponentialMovingAverage,
        variables_to_average: Vec<Averaged>,
    ) -> SyncReplicasOptimizer<R> {
        self.averages = Some((variable_averages, variables_to_average));
        self
    }

    /// The gradients of a loss, as the other optimizer computes them.
    ///
    /// # Errors
    /// As [`Optimizer::compute_gradients_with`].
    pub fn compute_gradients(&self, loss: &Tensor) -> Result<GradsAndVars> {
        self.opt.compute_gradients(loss)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`Optimizer::compute_gradients_with`].
    pub fn compute_gradients_with(
        &self,
        loss: &Tensor,
        options: impl FnOnce(MinimizeOptions) -> MinimizeOptions,
    ) -> Result<GradsAndVars> {
        self.opt.compute_gradients_with(loss, options)
    }

    /// The operation that each replica runs to make the loss smaller.
    ///
    /// # Errors
    /// As [`SyncReplicasOptimizer::compute_gradients`] and [`SyncReplicasOptimizer::apply_gradients`].
    pub fn minimize(&self, loss: &Tensor, global_step: &Variable) -> Result<Operation> {
        self.apply_gradients(&self.compute_gradients(loss)?, global_step)
    }

    /// The operation that each replica runs: it brings the gradients, and waits until variables have changed.
    ///
    /// # Errors
    /// `ValueError` without variables; those of the graph.
    pub fn apply_gradients(
        &self,
        grads_and_vars: &[(Option<Gradient>, Variable)],
        global_step: &Variable,
    ) -> Result<Operation> {
        ensure!(!grads_and_vars.is_empty(), value, "Must supply at least one variable");
        if crate::executing_eagerly() {
            bail!(unimplemented, "SyncReplicasOptimizer in eager mode is not supported");
        }
        facade(|| self.build(&get_default_graph(), grads_and_vars, global_step))
    }

    fn build(
        &self,
        graph: &Graph,
        grads_and_vars: &[(Option<Gradient>, Variable)],
        global_step: &Variable,
    ) -> Result<Operation> {
        // The replica's own step stays with the replica.
        let anchor = no_op()?.ok_or_else(|| Error::internal("a graph gives an operation"))?;
        let dtype = global_step.dtype().base();
        let local_step = graph.colocate_with(&anchor, || {
            Variable::new_with(NdArray::scalar(0i32).cast(dtype)?, |o| {
                o.name("sync_rep_local_step")
                    .trainable(false)
                    .collections(vec![GraphKeys::LOCAL_VARIABLES.to_string()])
            })
        })?;
        let local_step_init_op = local_step.assign(global_step)?.op()?;
        let all = global_variables();
        let ready_for_local_init_op =
            crate::report_uninitialized_variables_of(&all.iter().collect::<Vec<_>>())?;
        let (train, runner, tokens, chief_init_op) = context::with_name(&self.name, || {
            context::name_scope(&self.name, || {
                let mut brought = Vec::new();
                let mut accumulators = Vec::new();
                let mut aggregated = Vec::with_capacity(grads_and_vars.len());
                for (gradient, variable) in grads_and_vars {
                    let device = variable.device();
                    let taken = match gradient {
                        None => None,
                        Some(gradient) => {
                            let (apply, taken, accumulator) = graph.device(device.as_str(), || {
                                self.accumulate(gradient, variable, &local_step)
                            })?;
                            brought.push(apply);
                            accumulators.push((accumulator, device));
                            Some(taken)
                        }
                    };
                    aggregated.push((taken, variable.clone()));
                }
                let update = at_root(graph, global_step, || {
                    self.opt.apply_gradients_with(&aggregated, |o| o.global_step(global_step.clone()))
                })?;
                let update = update.ok_or_else(|| Error::internal("a graph gives an operation"))?;
                let queue = at_root(graph, global_step, || {
                    let name = "sync_token_q";
                    FIFOQueue::new_with(-1, &[dtype], |o| {
                        o.shapes(vec![PartialShape::scalar()]).shared_name(name).name(name)
                    })
                    .map(QueueBase::from)
                })?;
                let (train, sync) = at_root(graph, global_step, || {
                    let token = graph.control_dependencies(Some(&brought), || queue.dequeue())?;
                    let train = local_step.assign(&token[0])?.op()?;
                    let sync = graph.control_dependencies(Some(&[update]), || {
                        let per_step = self.plan.total_num_replicas.max(self.plan.replicas_to_aggregate);
                        let tokens = tokens(per_step, global_step)?;
                        put(&queue, &[tokens], true)
                    })?;
                    Ok((train, self.averaged(graph, sync)?))
                })?;
                let runner = at_root(graph, global_step, || QueueRunner::new(queue.queue_ref(), &[sync]))?;
                let mut chief = vec![local_step_init_op.clone()];
                for (accumulator, device) in accumulators {
                    let set =
                        || context::with_name("SetGlobalStep", || accumulator.set_global_step(global_step));
                    chief.push(graph.device(device.as_str(), set)?);
                }
                let chief = group(chief, "group_deps")?;
                let chief = chief.ok_or_else(|| Error::internal("a graph gives an operation"))?;
                Ok((train, runner, queue, chief))
            })
        })?;
        *self.plan.nodes.lock().unwrap_or_else(PoisonError::into_inner) = Some(Nodes {
            graph: graph.clone(),
            global_step: global_step.clone(),
            tokens,
            runner,
            chief_init_op,
            local_step_init_op,
            ready_for_local_init_op,
        });
        Ok(train)
    }

    /// The operation that brings a gradient, and the mean of those that all replicas brought.
    fn accumulate(
        &self,
        gradient: &Gradient,
        variable: &Variable,
        local_step: &Variable,
    ) -> Result<(Operation, Gradient, Either)> {
        let shared_name = format!("{}/grad_accum", variable.name());
        let required = i32::try_from(self.plan.replicas_to_aggregate)
            .map_err(|_| Error::value("replicas_to_aggregate is too large"))?;
        match gradient {
            Gradient::Dense(gradient) => {
                let sum = ConditionalAccumulator::new_with(gradient.dtype(), |o| {
                    o.shape(variable.shape()).shared_name(shared_name)
                })?;
                let apply = sum.apply_grad(gradient, local_step)?;
                Ok((apply, Gradient::Dense(sum.take_grad(required)?), Either::Dense(sum)))
            }
            Gradient::Slices(slices) => {
                let sum = SparseConditionalAccumulator::new_with(slices.dtype(), |o| {
                    o.shape(PartialShape::scalar()).shared_name(shared_name)
                })?;
                let apply = sum.apply_indexed_slices_grad(slices, local_step)?;
                let taken = sum.take_indexed_slices_grad(required)?;
                Ok((apply, Gradient::Slices(taken), Either::Sparse(sum)))
            }
        }
    }

    /// The operation, followed by the averages that are kept.
    fn averaged(&self, graph: &Graph, sync: Operation) -> Result<Operation> {
        let Some((averages, variables)) = &self.averages else { return Ok(sync) };
        graph.control_dependencies(Some(&[sync]), || {
            context::with_name("", || context::name_scope("", || averages.apply(variables)))
        })
    }

    /// The runner that changes the variables, which one replica alone starts.
    ///
    /// # Errors
    /// `ValueError` before [`SyncReplicasOptimizer::apply_gradients`].
    pub fn get_chief_queue_runner(&self) -> Result<QueueRunner> {
        Ok(self.plan.nodes("Should be called after apply_gradients().")?.runner)
    }

    /// An operation that puts the first tokens into the queue, by default one for each gradient that is needed: with them
    /// replicas go ahead of the changes.
    ///
    /// # Errors
    /// `ValueError` before [`SyncReplicasOptimizer::apply_gradients`], and for too few tokens for the first step.
    pub fn get_init_tokens_op(&self, num_tokens: Option<i64>) -> Result<Operation> {
        self.plan.get_init_tokens_op(num_tokens)
    }

    /// A hook that initialises, and starts the runner if this is the chief.
    pub fn make_session_run_hook(&self, is_chief: bool, num_tokens: Option<i64>) -> SyncReplicasHook {
        SyncReplicasHook { plan: self.plan.clone(), is_chief, num_tokens, init_tokens_op: None }
    }

    /// What the chief runs before it starts.
    ///
    /// # Errors
    /// `ValueError` before [`SyncReplicasOptimizer::apply_gradients`].
    pub fn chief_init_op(&self) -> Result<Operation> {
        Ok(self.plan.nodes("Should be called after apply_gradients().")?.chief_init_op)
    }

    /// What other replicas run before they start.
    ///
    /// # Errors
    /// `ValueError` before [`SyncReplicasOptimizer::apply_gradients`].
    pub fn local_step_init_op(&self) -> Result<Operation> {
        Ok(self.plan.nodes("Should be called after apply_gradients().")?.local_step_init_op)
    }

    /// The names of the variables that must have values before that.
    ///
    /// # Errors
    /// `ValueError` before [`SyncReplicasOptimizer::apply_gradients`].
    pub fn ready_for_local_init_op(&self) -> Result<Tensor> {
        Ok(self.plan.nodes("Should be called after apply_gradients().")?.ready_for_local_init_op)
    }

    /// The other optimizer's slot of this name that belongs to the variable.
    pub fn get_slot(&self, variable: &Variable, name: &str) -> Option<Variable> {
        self.opt.get_slot(variable, name)
    }

    /// The names of all its slots, sorted.
    pub fn get_slot_names(&self) -> Vec<String> {
        self.opt.get_slot_names()
    }

    /// Its own variables in the default graph, sorted by name.
    pub fn variables(&self) -> Vec<Variable> {
        self.opt.variables()
    }
}

/// An accumulator of either kind.
enum Either {
    Dense(ConditionalAccumulator),
    Sparse(SparseConditionalAccumulator),
}

impl Either {
    fn set_global_step(&self, step: &Variable) -> Result<Operation> {
        match self {
            Either::Dense(accumulator) => accumulator.set_global_step(step),
            Either::Sparse(accumulator) => accumulator.set_global_step(step),
        }
    }
}

/// Prepares a session for a [`SyncReplicasOptimizer`].
pub struct SyncReplicasHook {
    plan: Plan,
    is_chief: bool,
    num_tokens: Option<i64>,
    init_tokens_op: Option<Operation>,
}

const TOO_EARLY: &str = "SyncReplicasOptimizer.apply_gradient should be called before using the hook.";

impl SessionRunHook for SyncReplicasHook {
    fn begin(&mut self) -> Result<()> {
        self.plan.nodes(TOO_EARLY)?;
        if self.is_chief {
            self.init_tokens_op = Some(self.plan.get_init_tokens_op(self.num_tokens)?);
        }
        Ok(())
    }

    fn after_create_session(&mut self, session: &Session, coord: &Coordinator) -> Result<()> {
        let nodes = self.plan.nodes(TOO_EARLY)?;
        let init = if self.is_chief { &nodes.chief_init_op } else { &nodes.local_step_init_op };
        if let Some(reason) = unready(session, Some(&nodes.ready_for_local_init_op))? {
            bail!(
                runtime,
                "Init operations did not make model ready for SyncReplicasOptimizer local_init. Init op: {}, error: \
                 {reason}",
                init.name()
            );
        }
        session.run(init)?;
        if let Some(tokens) = &self.init_tokens_op {
            session.run(tokens)?;
            nodes.runner.create_threads(session, Some(coord))?;
        }
        Ok(())
    }
}
