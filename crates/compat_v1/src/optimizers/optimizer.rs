//! `Optimizer`: gradients of a loss, and nodes that change variables by them.

use super::hyperparameter::Hyperparameter;
use super::loss::Loss;
use super::slots::{Slots, lifted};
use super::update::Update;
use crate::mode::facade;
use crate::ops::{colocate_with, control_dependencies, group, node_of};
use crate::variables::Variable;
use ferroflow_core::{Gradient, Result, Tensor, context, convert_to_tensor, ensure, options};
use ferroflow_graph::{CollectionItem, Operation};
use ferroflow_v2::AsOperation;

/// How variables change by their gradients: what one optimizer has that others do not have.
///
/// Programs may bring rules of their own: [`Optimizer::of`] makes optimizers of them.
pub trait Rule: Send + Sync {
    /// Makes the variables that the rule keeps, those that are not there yet. `name` is the optimizer's.
    ///
    /// # Errors
    /// Those of the variables.
    fn create_slots(&self, _slots: &Slots, _variables: &[Variable], _name: &str) -> Result<()> {
        Ok(())
    }

    /// The tensors that all changes of one step share, learning rates among them.
    ///
    /// # Errors
    /// Those of the graph in force.
    fn prepare(&self) -> Result<Vec<Tensor>>;

    /// Whether slices of a sparse gradient that stand at the same place are summed before the rule sees them.
    fn sums_duplicates(&self) -> bool {
        true
    }

    /// Changes one variable; gives the operation that does it, `None` in eager mode.
    ///
    /// # Errors
    /// Those of the ops.
    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>>;

    /// An operation of this name that stands for all changes; `None` in eager mode.
    ///
    /// # Errors
    /// Those of the graph in force.
    fn finish(
        &self,
        _slots: &Slots,
        _prepared: &[Tensor],
        updates: Vec<Operation>,
        name: &str,
    ) -> Result<Option<Operation>> {
        group(updates, name)
    }
}

impl<R: Rule + ?Sized> Rule for Box<R> {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        (**self).create_slots(slots, variables, name)
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        (**self).prepare()
    }

    fn sums_duplicates(&self) -> bool {
        (**self).sums_duplicates()
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        (**self).apply(update)
    }

    fn finish(
        &self,
        slots: &Slots,
        prepared: &[Tensor],
        updates: Vec<Operation>,
        name: &str,
    ) -> Result<Option<Operation>> {
        (**self).finish(slots, prepared, updates, name)
    }
}

/// How much of the gradients must be there before any is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GateGradients {
    /// Nothing: least memory is held.
    None,
    /// The gradients of all inputs of an op.
    #[default]
    Op,
    /// All gradients.
    Graph,
}

options! {
    /// Optional arguments of [`Optimizer::minimize_with`] and [`Optimizer::compute_gradients_with`].
    pub struct MinimizeOptions {
        /// Counts the steps; [`Optimizer::minimize_with`] alone uses it.
        global_step: Option<Variable> = None,
        /// The variables to change; by default those that are trainable.
        var_list: Option<Vec<Variable>> = None,
        /// How much of the gradients must be there before any is used.
        gate_gradients: GateGradients = GateGradients::Op,
        /// Whether nodes of gradients are placed with the op they are of.
        colocate_gradients_with_ops: bool = false,
        /// The name of the operation; [`Optimizer::minimize_with`] alone uses it.
        name: String = String::new(),
        /// The gradient that flows into the loss; ones by default.
        grad_loss: Option<Tensor> = None,
    }
}

options! {
    /// Optional arguments of [`Optimizer::apply_gradients_with`].
    pub struct ApplyOptions {
        /// Counts the steps.
        global_step: Option<Variable> = None,
        /// The name of the operation; by default the optimizer's.
        name: String = String::new(),
    }
}

/// Gradients, and the variables they are for.
pub type GradsAndVars = Vec<(Option<Gradient>, Variable)>;

/// Changes variables so that a loss becomes smaller.
///
/// One type for all rules: [`AdamOptimizer`](crate::train::AdamOptimizer), say, is an `Optimizer` with Adam's. In a graph
/// it makes operations that change variables when they run. In eager mode, where the loss is a function, variables have
/// changed when the call returns.
///
/// Source: `tf.compat.v1.train.Optimizer`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let w = tf::get_variable_with("w", |o| o.shape([1]).initializer(tf::ones_initializer()))?;
/// let loss = tf::reduce_sum((&w * 3.0)?, (), false)?;
/// let optimizer = tf::train::MomentumOptimizer::new(0.5, 0.9)?;
/// let step = tf::train::get_or_create_global_step()?;
/// let train = optimizer.minimize_with(&loss, |o| o.global_step(step.clone()))?;
/// let slot = optimizer.get_slot(&w, "momentum").unwrap();
/// assert_eq!((train.name().as_str(), slot.name().as_str()), ("Momentum", "w/Momentum:0"));
/// let sess = tf::Session::new()?;
/// sess.run(tf::global_variables_initializer()?)?;
/// sess.run(&train)?;
/// assert_eq!(sess.run(&w)?.as_slice::<f32>()?, [-0.5]);
/// assert_eq!(tf::train::global_step(&sess, &step)?, 1);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct Optimizer<R: Rule> {
    rule: R,
    name: String,
    use_locking: bool,
    slots: Slots,
}

impl<R: Rule> Optimizer<R> {
    /// An optimizer with this rule. `default_name` is its name where none is given.
    ///
    /// # Errors
    /// `ValueError` for an empty name.
    pub fn of(rule: R, name: Option<String>, default_name: &str, use_locking: bool) -> Result<Optimizer<R>> {
        let name = name.unwrap_or_else(|| default_name.to_string());
        ensure!(!name.is_empty(), value, "Must specify the optimizer name");
        Ok(Optimizer { rule, name, use_locking, slots: Slots::default() })
    }

    /// The same optimizer with the type that all optimizers have in common.
    pub fn boxed(self) -> Optimizer<Box<dyn Rule>>
    where
        R: 'static,
    {
        let Optimizer { rule, name, use_locking, slots } = self;
        Optimizer { rule: Box::new(rule), name, use_locking, slots }
    }

    /// The name.
    pub fn get_name(&self) -> &str {
        &self.name
    }

    /// The slot of this name that belongs to the variable, if there is one.
    pub fn get_slot(&self, variable: &Variable, name: &str) -> Option<Variable> {
        self.slots.get(variable, name)
    }

    /// The names of all slots, sorted.
    pub fn get_slot_names(&self) -> Vec<String> {
        self.slots.names()
    }

    /// The optimizer's own variables in the default graph, sorted by name.
    pub fn variables(&self) -> Vec<Variable> {
        self.slots.variables()
    }

    /// An operation that changes the trainable variables so that the loss becomes smaller.
    ///
    /// Of a loss that is a function, the variables that it reads change; in eager mode they have changed when the call
    /// returns.
    ///
    /// # Errors
    /// As [`Optimizer::minimize_with`].
    pub fn minimize<L: Loss>(&self, loss: L) -> Result<L::Step> {
        self.minimize_with(loss, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// As [`Optimizer::compute_gradients_with`] and [`Optimizer::apply_gradients_with`].
    pub fn minimize_with<L: Loss>(
        &self,
        loss: L,
        options: impl FnOnce(MinimizeOptions) -> MinimizeOptions,
    ) -> Result<L::Step> {
        let options = options(MinimizeOptions::default());
        let (global_step, name) = (options.global_step.clone(), options.name.clone());
        let described = loss.described();
        let grads_and_vars = self.compute_gradients_with(loss, |_| options)?;
        ensure!(
            grads_and_vars.iter().any(|(gradient, _)| gradient.is_some()),
            value,
            "No gradients provided for any variable, check your graph for ops that do not support gradients, between \
             variables {} and loss {described}.",
            listed(&grads_and_vars)
        );
        L::step(self.apply_gradients_with(&grads_and_vars, |o| o.global_step(global_step).name(name))?)
    }

    /// The gradients of the loss by the trainable variables.
    ///
    /// # Errors
    /// As [`Optimizer::compute_gradients_with`].
    pub fn compute_gradients(&self, loss: impl Loss) -> Result<GradsAndVars> {
        self.compute_gradients_with(loss, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode for a loss that is no function; `ValueError` without variables, or for a loss or
    /// variables that are no floats; as [`gradients`](crate::gradients).
    pub fn compute_gradients_with(
        &self,
        loss: impl Loss,
        options: impl FnOnce(MinimizeOptions) -> MinimizeOptions,
    ) -> Result<GradsAndVars> {
        loss.grads_and_vars(options(MinimizeOptions::default()))
    }

    /// An operation that changes each variable by its gradient; `None` in eager mode, where it has done so.
    ///
    /// # Errors
    /// As [`Optimizer::apply_gradients_with`].
    pub fn apply_gradients(
        &self,
        grads_and_vars: &[(Option<Gradient>, Variable)],
    ) -> Result<Option<Operation>> {
        self.apply_gradients_with(grads_and_vars, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` when there is no variable, or no gradient at all; what the rule's ops give.
    pub fn apply_gradients_with(
        &self,
        grads_and_vars: &[(Option<Gradient>, Variable)],
        options: impl FnOnce(ApplyOptions) -> ApplyOptions,
    ) -> Result<Option<Operation>> {
        let options = options(ApplyOptions::default());
        ensure!(!grads_and_vars.is_empty(), value, "No variables provided.");
        let present: Vec<(&Gradient, &Variable)> = grads_and_vars
            .iter()
            .filter_map(|(gradient, variable)| Some((gradient.as_ref()?, variable)))
            .collect();
        ensure!(
            !present.is_empty(),
            value,
            "No gradients provided for any variable: {}.",
            listed(grads_and_vars)
        );
        let variables: Vec<Variable> = present.iter().map(|(_, variable)| (*variable).clone()).collect();
        let name = if options.name.is_empty() { &self.name } else { &options.name };
        facade(|| {
            lifted(|| self.rule.create_slots(&self.slots, &variables, &self.name))?;
            context::name_scope_for_op(name, |scope| {
                let prepared = self.rule.prepare()?;
                let mut updates = Vec::with_capacity(present.len());
                for (gradient, variable) in present {
                    updates.extend(self.update(gradient, variable, &prepared)?);
                }
                let finish = |name: &str| self.rule.finish(&self.slots, &prepared, updates, name);
                let train = match &options.global_step {
                    None => finish(&scope)?,
                    Some(step) => count(step, finish("update")?, &scope)?,
                };
                let Some(train) = train else { return Ok(None) };
                let graph = train.graph().clone();
                let known = graph.get_collection("train_op");
                let same =
                    |item: &CollectionItem| matches!(item, CollectionItem::Operation(op) if *op == train);
                if !known.iter().any(same) {
                    graph.add_to_collection("train_op", CollectionItem::Operation(train.clone()))?;
                }
                Ok(Some(train))
            })
        })
    }

    fn update(
        &self,
        gradient: &Gradient,
        variable: &Variable,
        prepared: &[Tensor],
    ) -> Result<Option<Operation>> {
        let operation = variable.as_operation()?;
        let scope = format!("update_{}", operation.map(|operation| operation.name()).unwrap_or_default());
        context::with_name(&scope, || {
            context::name_scope(&scope, || {
                colocate_with(variable, || {
                    let (gradient, indices) = match gradient {
                        Gradient::Dense(tensor) => (tensor.clone(), None),
                        Gradient::Slices(slices) if self.rule.sums_duplicates() => {
                            let (values, indices) = without_duplicates(&slices.values, &slices.indices)?;
                            (values, Some(indices))
                        }
                        Gradient::Slices(slices) => (slices.values.clone(), Some(slices.indices.clone())),
                    };
                    self.rule.apply(&Update {
                        variable,
                        gradient,
                        indices,
                        prepared,
                        slots: &self.slots,
                        use_locking: self.use_locking,
                    })
                })
            })
        })
    }
}

/// Adds one to the number of steps once all changes are made.
fn count(step: &Variable, changed: Option<Operation>, scope: &str) -> Result<Option<Operation>> {
    control_dependencies(changed, || {
        colocate_with(step, || match step.as_resource() {
            None => context::with_name(scope, || step.assign_add(1))?.op().map(Some),
            Some(resource) => {
                let one = convert_to_tensor(1, Some(step.dtype().base()))?;
                node_of("AssignAddVariableOp", || {
                    let op = ferroflow_core::Op::named("AssignAddVariableOp").name(scope);
                    op.input(resource.handle()).input(one).all()
                })
            }
        })
    })
}

/// The sums of slices that stand at the same place, and the places.
fn without_duplicates(values: &Tensor, indices: &Tensor) -> Result<(Tensor, Tensor)> {
    let [unique, positions] = ferroflow_ops_array::unique(indices)?;
    let count = ferroflow_ops_array::getitem(&ferroflow_ops_array::shape(&unique)?, 0)?;
    let sums =
        ferroflow_core::Op::named("UnsortedSegmentSum").input(values).input(positions).input(count).one()?;
    Ok((sums, unique))
}

/// Numbers as constants of these names; tensors as they are.
pub(super) fn prepare(named: &[(&str, &Hyperparameter)]) -> Result<Vec<Tensor>> {
    named
        .iter()
        .map(|(name, operand)| context::with_name(name, || convert_to_tensor(operand.operand()?, None)))
        .collect()
}

fn listed(grads_and_vars: &[(Option<Gradient>, Variable)]) -> String {
    let variables: Vec<String> =
        grads_and_vars.iter().map(|(_, variable)| format!("\"{variable}\"")).collect();
    format!("[{}]", variables.join(", "))
}
