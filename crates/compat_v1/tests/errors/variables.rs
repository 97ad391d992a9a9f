//! Errors of variables and variable scopes.

use crate::Situation;
use ferroflow_compat_v1::{self as tf, Session, Variable};
use ferroflow_core::{DType, Result};

pub(crate) const SITUATIONS: &[(&str, Situation)] = &[
    ("uninitialized_reference_variable", || Session::new()?.run(variable(false)?).map(drop)),
    ("uninitialized_reference_variable_read_by_an_op", || {
        let i = tf::with_name("i", || tf::identity(variable(false)?))?;
        Session::new()?.run(&i).map(drop)
    }),
    ("uninitialized_resource_variable", || Session::new()?.run(variable(true)?).map(drop)),
    ("eval_of_reference_variable_without_session", || variable(false)?.eval().map(drop)),
    ("eval_of_resource_variable_without_session", || variable(true)?.eval().map(drop)),
    ("numpy_of_reference_variable", || variable(false)?.numpy().map(drop)),
    ("numpy_of_resource_variable_in_a_graph", || variable(true)?.numpy().map(drop)),
    ("get_variable_twice", || {
        tf::get_variable("w", [2])?;
        tf::get_variable("w", [2]).map(drop)
    }),
    ("get_variable_for_reuse_that_does_not_exist", || {
        tf::variable_scope_with("s", |o| o.reuse(true), |_| tf::get_variable("w", [2])).map(drop)
    }),
    ("get_variable_with_another_shape", || {
        tf::get_variable("w", [2])?;
        tf::variable_scope_with("", |o| o.reuse(true), |_| tf::get_variable("w", [3])).map(drop)
    }),
    ("get_variable_with_another_dtype", || {
        tf::get_variable("w", [2])?;
        let again = || tf::get_variable_with("w", |o| o.shape([2]).dtype(DType::INT32));
        tf::variable_scope_with("", |o| o.reuse(true), |_| again()).map(drop)
    }),
    ("get_variable_without_shape", || tf::get_variable_with("w", |o| o).map(drop)),
    ("get_variable_of_unknown_shape", || tf::get_variable("w", [None, Some(2)]).map(drop)),
    ("get_variable_with_initial_value_and_shape", || {
        let value = tf::Initializer::from(tf::constant([1.0, 2.0])?);
        tf::get_variable_with("w", |o| o.shape([2]).initializer(value)).map(drop)
    }),
    ("assignment_of_wrong_shape_to_a_reference", || tf::assign(&variable(false)?, [1.0, 2.0]).map(drop)),
    ("assignment_of_wrong_shape_to_a_resource", || tf::assign(&variable(true)?, [1.0, 2.0]).map(drop)),
    ("variable_scope_without_a_name", || tf::variable_scope((), |_| Ok(()))),
];

fn variable(use_resource: bool) -> Result<Variable> {
    Variable::new_with([1.0], |o| o.name("v").use_resource(use_resource))
}
