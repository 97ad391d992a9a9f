//! Forward derivatives, recomputed functions and maps against what `tools/record_forward.py` has recorded.

use ferroflow_core::{NdArray, Result, Tensor};
use ferroflow_v2 as tf;
use tf::autodiff::ForwardAccumulator;

const RECORDED: &str = include_str!("../data/forward.txt");

fn recorded(name: &str) -> &'static str {
    let row = RECORDED.lines().find_map(|line| line.split_once('\t').filter(|(found, _)| *found == name));
    row.unwrap_or_else(|| panic!("{name} is not recorded")).1
}

/// Numbers in [-0.5, 0.5) that any language makes alike.
fn data(sizes: &[usize]) -> Result<Tensor> {
    let count: usize = sizes.iter().product();
    let numbers = (0..count).map(|i| (((i * 37) % 101) as f64 / 101.0 - 0.5) as f32).collect();
    tf::constant(NdArray::from_vec(sizes, numbers)?)
}

fn check(name: &str, found: Option<Tensor>) -> Result<()> {
    let expected = recorded(name);
    let Some(found) = found else {
        assert_eq!(expected, "None", "{name}");
        return Ok(());
    };
    let found = tf::cast(found, tf::float32)?.numpy()?;
    let dims: Vec<String> = found.shape().dims().iter().map(usize::to_string).collect();
    let (shape, numbers) = expected.split_once(' ').expect("a shape and numbers");
    assert_eq!(format!("[{}]", dims.join(",")), shape, "{name}");
    for (found, expected) in found.as_slice::<f32>()?.iter().zip(numbers.split(' ')) {
        let expected: f32 = expected.parse().expect("a number");
        assert!((found - expected).abs() <= 2e-6 * expected.abs().max(1.0), "{name}: {found} for {expected}");
    }
    Ok(())
}

#[test]
fn changes_of_tensors() -> Result<()> {
    let x = tf::constant([0.5, 2.0])?;
    let acc = ForwardAccumulator::new(&x, [1.0, 10.0])?;
    let y = (&x * &x * &x)?;
    let z = (tf::sin(&x)? + (tf::exp(&x)? / &x)?)?;
    let other = (tf::constant(1.0)? * 2.0)?;
    check("cubes", acc.jvp(&y)?)?;
    check("functions", acc.jvp(&z)?)?;
    check("itself", acc.jvp(&x)?)?;
    check("another", acc.jvp(&other)?)?;
    check("another as zeros", acc.jvp_with(&other, tf::UnconnectedGradients::Zero)?)?;
    let (first, second) = acc.jvp(&(&y, &z))?;
    check("cubes", first)?;
    check("functions", second)?;
    let twice = ForwardAccumulator::new(&[&x, &x], ([1.0, 1.0], [1.0, 1.0])).err().expect("an error");
    let expected = recorded("twice").strip_prefix("error ValueError ").expect("a class");
    assert_eq!((twice.class_name(), twice.message()), ("ValueError", expected));
    Ok(())
}

#[test]
fn changes_of_variables() -> Result<()> {
    let (w, b) = (tf::Variable::new(data(&[3, 2])?)?, tf::Variable::new([0.5, -0.5])?);
    let acc = ForwardAccumulator::new(&(&w, &b), ((data(&[3, 2])? * 2.0)?, [1.0, 2.0]))?;
    let hidden = tf::nn::softmax((tf::matmul(data(&[4, 3])?, &w)? + &b)?)?;
    let logs = tf::math::log(&hidden)?;
    let loss = tf::reduce_mean(ferroflow_ops_array::getitem(&logs, (.., 0))?, ())?;
    check("softmax", acc.jvp(&hidden)?)?;
    check("loss", acc.jvp(&loss)?)?;
    check("variable", acc.jvp(&b)?)?;
    let v = tf::Variable::new([1.0, 2.0])?;
    let acc = ForwardAccumulator::new(&v, [1.0, 3.0])?;
    let tape = tf::GradientTape::new();
    let y = (tf::reduce_sum(tf::pow(&v, 3.0)?, ())? * ferroflow_ops_array::getitem(v.value()?, 0)?)?;
    let backward = tape.gradient(&y, &v)?;
    check("hessian", acc.jvp(&backward.expect("a gradient"))?)?;
    let table = tf::Variable::new(data(&[5, 2])?)?;
    let acc = ForwardAccumulator::new(&table, (data(&[5, 2])? + 1.0)?)?;
    let rows = tf::gather(&table, [3, 0, 3])?;
    let total = tf::reduce_prod((&rows * 2.0)?, 0)?;
    check("rows", acc.jvp(&rows)?)?;
    check("products", acc.jvp(&total)?)
}

#[test]
fn changes_of_changes_and_of_loops() -> Result<()> {
    let p = tf::constant(1.1)?;
    let outer = ForwardAccumulator::new(&p, 1.0)?;
    let inner = ForwardAccumulator::new(&p, 2.0)?;
    let out = tf::pow(&p, tf::constant(3.5)?)?;
    let first = inner.jvp(&out)?;
    check("inner", first.clone())?;
    check("outer", outer.jvp(&first.expect("a change"))?)?;
    let x = tf::constant([0.5, 2.0])?;
    let stepped = tf::function(|x: &Tensor| {
        let (_, y) = tf::while_loop(
            |(i, _): &(Tensor, Tensor)| tf::less(i, 3),
            |(i, y)| Ok(((i + 1)?, ((y * x)? + 1.0)?)),
            (tf::constant(0)?, x.clone()),
        )?;
        Ok(y)
    });
    let acc = ForwardAccumulator::new(&x, [1.0, -1.0])?;
    let y = stepped.call(&x)?;
    check("a loop", acc.jvp(&y)?)
}

#[test]
fn functions_are_computed_once_more() -> Result<()> {
    let (x, scale) = (tf::constant([0.5, 2.0])?, tf::Variable::new(3.0)?);
    let factor = scale.clone();
    let recomputed =
        tf::recompute_grad(move |x: &[Tensor]| Ok(vec![(tf::sin((&x[0] * &factor)?)? * &x[0])?]));
    let tape = tf::GradientTape::new();
    tape.watch(&x);
    let y = recomputed(std::slice::from_ref(&x))?.remove(0);
    let (by_x, by_scale) = (tape.sparse_gradient(&y, &[x.clone(), scale.handle().clone()])?, y.clone());
    let mut gradients = by_x.into_iter().map(|gradient| gradient.map(ferroflow_graph::dense).transpose());
    check("recomputed", Some(by_scale))?;
    check("recomputed by x", gradients.next().transpose()?.flatten())?;
    check("recomputed by a variable", gradients.next().transpose()?.flatten())
}

#[test]
fn functions_of_slices() -> Result<()> {
    let rows = data(&[3, 4])?;
    check("each row", Some(tf::vectorized_map(|r: &Tensor| tf::reduce_sum((r * r)?, ()), &rows)?))?;
    let pairs = (rows.clone(), data(&[1, 4])?);
    let dot = |(a, b): &(Tensor, Tensor)| Ok((tf::reduce_sum((a * b)?, ())?, a.clone()));
    check("each pair", Some(tf::vectorized_map(dot, &pairs)?.0))?;
    check("each as numbers", Some(tf::vectorized_map(|r: &Tensor| tf::argmax(r, 0), &rows)?))
}
