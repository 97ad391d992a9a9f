//! Giving variables their initial values, and asking which have them.

use super::properties::lacks;
use super::{Kind, Variable, global_variables, local_variables};
use crate::mode::{executing_eagerly, facade, get_default_graph};
use crate::ops::group;
use ferroflow_core::{NdArray, Op, Result, Tensor, bail, constant_of, context};
use ferroflow_graph::Operation;
use ferroflow_ops_state as state;

/// The operation that gives these variables their initial values; `None` in eager mode, where they have them.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let v = tf::Variable::new(3)?;
/// let init = tf::variables_initializer(&[&v])?;
/// let sess = tf::Session::new()?;
/// sess.run(&init)?;
/// assert_eq!(sess.run(&v)?.item::<i32>()?, 3);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn variables_initializer(var_list: &[&Variable]) -> Result<Option<Operation>> {
    let name = context::take_name().unwrap_or_else(|| "init".to_string());
    variables_initializer_with(var_list, &name)
}

/// The same under another name than `init`.
///
/// # Errors
/// As [`variables_initializer`].
pub fn variables_initializer_with(var_list: &[&Variable], name: &str) -> Result<Option<Operation>> {
    if executing_eagerly() {
        return Ok(None);
    }
    let mut initializers = Vec::with_capacity(var_list.len());
    for variable in var_list {
        initializers.extend(variable.initializer()?);
    }
    group(&initializers, name)
}

/// The operation that initialises all global variables that there are by now.
///
/// # Errors
/// Those of the graph in force.
pub fn global_variables_initializer() -> Result<Option<Operation>> {
    variables_initializer(&global_variables().iter().collect::<Vec<_>>())
}

/// The operation that initialises all local variables that there are by now.
///
/// # Errors
/// Those of the graph in force.
pub fn local_variables_initializer() -> Result<Option<Operation>> {
    variables_initializer(&local_variables().iter().collect::<Vec<_>>())
}

/// The older name of [`global_variables_initializer`].
///
/// # Errors
/// Those of the graph in force.
pub fn initialize_all_variables() -> Result<Option<Operation>> {
    global_variables_initializer()
}

/// The older name of [`local_variables_initializer`].
///
/// # Errors
/// Those of the graph in force.
pub fn initialize_local_variables() -> Result<Option<Operation>> {
    local_variables_initializer()
}

/// The older name of [`variables_initializer`].
///
/// # Errors
/// Those of the graph in force.
pub fn initialize_variables(var_list: &[&Variable]) -> Result<Option<Operation>> {
    variables_initializer(var_list)
}

/// Whether a variable has a value.
///
/// # Errors
/// Those of the graph in force.
pub fn is_variable_initialized(variable: &Variable) -> Result<Tensor> {
    facade(|| match &variable.0 {
        Kind::Reference(reference) => state::is_variable_initialized(reference.tensor()),
        Kind::Resource(resource) => resource.is_initialized(),
        Kind::Partitioned(_) => Err(lacks("is_initialized")),
    })
}

/// The names of the global and local variables that have no value.
///
/// # Errors
/// Those of the graph in force.
pub fn report_uninitialized_variables() -> Result<Tensor> {
    let variables: Vec<Variable> = global_variables().into_iter().chain(local_variables()).collect();
    report_uninitialized_variables_of(&variables.iter().collect::<Vec<_>>())
}

/// The names of those of these variables that have no value.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let a = tf::Variable::new_with(1, |o| o.name("a"))?;
/// let b = tf::Variable::new_with(1, |o| o.name("b"))?;
/// let missing = tf::report_uninitialized_variables_of(&[&a, &b])?;
/// let sess = tf::Session::new()?;
/// sess.run(a.initializer()?)?;
/// assert_eq!(sess.run(&missing)?.to_string(), "[b'b']");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `RuntimeError` in eager mode; those of the graph in force.
pub fn report_uninitialized_variables_of(var_list: &[&Variable]) -> Result<Tensor> {
    if executing_eagerly() {
        bail!(runtime, "Variables have their values when eager execution is enabled.");
    }
    let graph = get_default_graph();
    let name = context::take_name().unwrap_or_else(|| "report_uninitialized_variables".to_string());
    graph.as_default_scope(|| {
        context::with_name(&name, || {
            context::name_scope(&name, || {
                let initialized = var_list
                    .iter()
                    .map(|variable| is_variable_initialized(variable))
                    .collect::<Result<Vec<_>>>()?;
                graph.device("/cpu:0", || {
                    if initialized.is_empty() {
                        return constant_of(
                            NdArray::vector(Vec::<ferroflow_core::TString>::new()),
                            None,
                            None,
                        );
                    }
                    let stacked = context::with_name("stack", || crate::ops::stack(&initialized, 0))?;
                    let mask = crate::logical_not(stacked)?;
                    let mut names = Vec::with_capacity(var_list.len());
                    for variable in var_list {
                        names.push(variable.op()?.name());
                    }
                    let names = constant_of(names, None, None)?;
                    ferroflow_ops::composites::boolean_mask(names, mask)
                })
            })
        })
    })
}

/// The ranks of these variables: computing them fails where one has no value. `None` without variables.
///
/// # Errors
/// Those of the graph in force.
pub fn assert_variables_initialized(var_list: &[&Variable]) -> Result<Option<Tensor>> {
    facade(|| {
        let mut ranks = Vec::with_capacity(var_list.len());
        for variable in var_list {
            let operation = variable.op()?;
            let value = variable.value()?;
            ranks
                .push(operation.graph().colocate_with(&operation, || Op::named("Rank").input(&value).one())?);
        }
        match ranks.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only.clone())),
            several => context::with_name("stack", || crate::ops::stack(several, 0)).map(Some),
        }
    })
}

impl Variable {
    /// Whether the variable has a value.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn is_initialized(&self) -> Result<Tensor> {
        is_variable_initialized(self)
    }

    /// The value before it is incremented; past the limit, an error.
    ///
    /// # Errors
    /// `OutOfRange` when the variable has reached the limit.
    pub fn count_up_to(&self, limit: i64) -> Result<Tensor> {
        facade(|| match &self.0 {
            Kind::Reference(reference) => state::count_up_to(reference.tensor(), limit),
            Kind::Resource(resource) => Op::named("ResourceCountUpTo")
                .input(resource.handle())
                .attr("limit", limit)
                .attr("T", resource.dtype())
                .one(),
            Kind::Partitioned(_) => Err(lacks("count_up_to")),
        })
    }
}
