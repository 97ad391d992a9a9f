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
    ("partitioned_variable_twice", || partitioned(2).and_then(|_| partitioned(2)).map(drop)),
    ("partitioned_variable_that_is_whole", || {
        tf::get_variable("v", [4, 2])?;
        partitioned(2).map(drop)
    }),
    ("whole_variable_that_is_partitioned", || {
        partitioned(2)?;
        tf::get_variable("v", [4, 2]).map(drop)
    }),
    ("partitioned_variable_for_reuse_that_does_not_exist", || reused(|| partitioned(2))),
    ("partitioned_variable_in_other_parts", || {
        partitioned(2)?;
        reused(|| partitioned(3))
    }),
    ("partitioned_variable_of_another_shape", || {
        partitioned(2)?;
        reused(|| tf::get_variable("v", [5, 2]))
    }),
    ("partitioned_variable_of_another_dtype", || {
        partitioned(2)?;
        reused(|| split(2, |o| o.shape([4, 2]).dtype(DType::INT32)))
    }),
    ("partitioned_variable_without_a_shape", || split(2, |o| o).map(drop)),
    ("partitioned_variable_of_unknown_shape", || split(2, |o| o.shape([None, Some(2)])).map(drop)),
    ("partitioned_variable_of_a_scalar_value", || {
        let value = tf::Initializer::from(tf::constant(2.0)?);
        split(2, |o| o.initializer(value)).map(drop)
    }),
    ("partitioner_of_another_rank", || answered(vec![2])),
    ("partitioner_along_two_axes", || answered(vec![2, 2])),
    ("partitioner_into_no_parts", || answered(vec![0, 2])),
    ("partitioner_along_no_axis", || {
        let along = tf::fixed_size_partitioner(2, 3);
        tf::get_variable_with("v", |o| o.shape([2]).partitioner(along)).map(drop)
    }),
    ("min_max_partitioner_along_no_axis", || {
        let along = tf::min_max_variable_partitioner(2, |o| o.axis(3usize));
        tf::get_variable_with("v", |o| o.shape([2]).partitioner(along)).map(drop)
    }),
    ("partitioner_into_parts_without_bytes", || tf::variable_axis_size_partitioner(0, |o| o).map(drop)),
    ("partitioned_variable_of_other_rank_than_its_slices", || {
        tf::create_partitioned_variables(&[2], &[1, 1], tf::zeros_initializer(), (), |o| o).map(drop)
    }),
    ("op_of_a_partitioned_variable", || partitioned(2)?.op().map(drop)),
    ("value_of_a_partitioned_variable", || partitioned(2)?.value().map(drop)),
    ("initialization_of_a_partitioned_variable", || tf::variables_initializer(&[&partitioned(2)?]).map(drop)),
    ("scalar_for_a_partitioned_variable", || {
        let value = tf::with_name("c", || tf::constant(1.0))?;
        partitioned(2)?.as_partitioned().expect("parts").assign(value).map(drop)
    }),
    ("lookup_by_another_strategy", || {
        tf::nn::embedding_lookup_with(&partitioned(2)?, [1], |o| o.partition_strategy("x")).map(drop)
    }),
    ("variable_scope_without_a_name", || tf::variable_scope((), |_| Ok(()))),
];

fn variable(use_resource: bool) -> Result<Variable> {
    Variable::new_with([1.0], |o| o.name("v").use_resource(use_resource))
}

fn split(
    parts: usize,
    options: impl FnOnce(tf::GetVariableOptions) -> tf::GetVariableOptions,
) -> Result<Variable> {
    tf::get_variable_with("v", |o| options(o.partitioner(tf::fixed_size_partitioner(parts, 0))))
}

fn partitioned(parts: usize) -> Result<Variable> {
    split(parts, |o| o.shape([4, 2]))
}

/// Makes, or finds, a variable where variables are to exist.
fn reused(variable: impl FnOnce() -> Result<Variable>) -> Result<()> {
    tf::variable_scope_with("", |o| o.reuse(true), |_| variable()).map(drop)
}

/// Asks for a variable of a partitioner that answers this.
fn answered(parts: Vec<usize>) -> Result<()> {
    let partitioner = tf::Partitioner::new(move |_, _| Ok(parts.clone()));
    tf::get_variable_with("v", |o| o.shape([4, 2]).partitioner(partitioner)).map(drop)
}
