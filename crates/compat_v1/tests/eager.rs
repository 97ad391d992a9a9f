//! Variables of eager mode. The switch is one of the process: this test has one of its own. Expected values come from
//! `tools/record_v1_values.py`.

use ferroflow_compat_v1 as tf;
use ferroflow_core::Result;
use std::fmt::Debug;

const RECORDED: &str = include_str!("data/v1_values.txt");

fn check(name: &str, value: &impl Debug) {
    let label = format!("eager: {name}");
    let row = RECORDED.lines().find_map(|line| line.split_once('\t').filter(|(found, _)| *found == label));
    let (_, expected) = row.unwrap_or_else(|| panic!("no value is recorded for {label}"));
    assert_eq!(format!("{value:?}"), expected, "{label}");
}

/// Values as Python prints a list of them.
struct List(Vec<String>);

impl Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}]", self.0.join(", "))
    }
}

fn names(variables: &[tf::Variable]) -> List {
    List(variables.iter().map(|variable| format!("'{}'", variable.name())).collect())
}

fn truths(truths: [bool; 2]) -> List {
    List(truths.iter().map(|truth| if *truth { "True".to_string() } else { "False".to_string() }).collect())
}

#[test]
fn eager_variables_are_tensorflows() -> Result<()> {
    tf::enable_eager_execution()?;
    let v = tf::Variable::new_with([1.0, 2.0], |o| o.name("v"))?;
    check("variable", &v);
    check("assigned", &v.assign([3.0, 4.0])?);
    check("added", &tf::assign_add(&v, [1.0, 1.0])?.numpy()?);
    check("doubled", &(&v * 2.0)?.numpy()?);
    check("value", &v.value()?.numpy()?);
    let (w, u) = tf::variable_scope("s", |_| {
        let w = tf::get_variable_with("w", |o| o.shape([2]).initializer(tf::ones_initializer()))?;
        let seven = tf::Initializer::value([7])?;
        let u = tf::variable_scope("t", |_| tf::get_variable_with("u", |o| o.initializer(seven)))?;
        Ok((w, u))
    })?;
    let again = tf::get_variable_with("w", |o| o.shape([2]).initializer(tf::zeros_initializer()))?;
    check("names", &names(&[w.clone(), u.clone(), again.clone()]));
    check("w", &w);
    check("u", &u);
    check("again", &again);
    v.load([9.0, 9.0])?;
    check("loaded", &v.numpy()?);
    let n = tf::get_variable_with("n", |o| o.shape([1]).trainable(false))?;
    check("trainable", &truths([w.trainable(), n.trainable()]));
    check("global", &names(&tf::global_variables()));
    let count = tf::Variable::new(1)?.count_up_to(3)?.numpy()?.item::<i32>()?;
    check("count", &List(vec![count.to_string()]));
    let scattered = tf::scatter_add(&tf::Variable::new([1.0, 2.0])?, [1], [5.0])?;
    check("scattered", &scattered.numpy()?);
    let chosen = tf::cond(tf::constant(true)?, || tf::constant(1), || tf::constant(2))?;
    check("cond", &chosen.numpy()?);
    check("initialized", &tf::is_variable_initialized(&v)?.numpy()?);
    assert!(tf::global_variables_initializer()?.is_none() && v.initializer()?.is_none());
    let reference = tf::Variable::new_with(1, |o| o.use_resource(false)).expect_err("no references");
    assert!(reference.message().starts_with("Reference variables are not supported when eager execution"));
    Ok(())
}
