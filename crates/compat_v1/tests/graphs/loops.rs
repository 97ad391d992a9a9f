//! Programs with loops and branches of v1 form, and gradients through them; `tools/v1_loop_programs.py` has the same.

use super::Program;
use super::record::Run;
use ferroflow_compat_v1::{self as tf, feeds};
use ferroflow_core::{DType, Gradient, NdArray, PartialShape, Result, Tensor};

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("counting_loop", counting_loop),
    ("loop_with_a_limit", loop_with_a_limit),
    ("growing_loop", growing_loop),
    ("nested_loops", nested_loops),
    ("conditional_in_a_loop", conditional_in_a_loop),
    ("loop_in_a_conditional", loop_in_a_conditional),
    ("loop_with_assignments", loop_with_assignments),
    ("loop_that_waits", loop_that_waits),
    ("gradient_of_a_loop", gradient_of_a_loop),
    ("gradient_of_a_recurrence", gradient_of_a_recurrence),
    ("gradient_of_unknown_shape", gradient_of_unknown_shape),
    ("gradient_of_nested_loops", gradient_of_nested_loops),
    ("gradient_of_a_conditional", gradient_of_a_conditional),
    ("gradient_of_conditionals_in_a_loop", gradient_of_conditionals_in_a_loop),
    ("gradient_of_a_loop_in_a_conditional", gradient_of_a_loop_in_a_conditional),
    ("gradient_of_lookups_in_a_loop", gradient_of_lookups_in_a_loop),
    ("gradient_that_stops", gradient_that_stops),
    ("tensor_arrays", tensor_arrays),
];

type Pair = (Tensor, Tensor);

fn input(name: &str, dtype: DType) -> Result<Tensor> {
    tf::with_name(name, || tf::placeholder(dtype, ()))
}

fn start() -> Result<Tensor> {
    tf::with_name("start", || tf::constant(0))
}

fn below<'a>(n: impl Fn() -> Tensor + 'a) -> impl Fn(&Pair) -> Result<Tensor> + 'a {
    move |(i, _)| tf::less(i, n())
}

fn gradients(y: &Tensor, xs: &[&Tensor]) -> Result<Vec<Tensor>> {
    let found = tf::gradients(&[y], xs)?;
    found.into_iter().map(|gradient| ferroflow_graph::dense(gradient.expect("a gradient"))).collect()
}

fn counting_loop(run: &mut Run) -> Result<()> {
    let n = input("n", DType::INT32)?;
    let start = start()?;
    let one = tf::with_name("one", || tf::constant(1))?;
    let (i, power) =
        tf::while_loop(below(|| n.clone()), |(i, p): &Pair| Ok(((i + 1)?, (p * 2)?)), (start, one))?;
    for count in [5, 0] {
        run.feed((&i, &power), feeds![&n => count])?;
    }
    Ok(())
}

fn loop_with_a_limit(run: &mut Run) -> Result<()> {
    let n = input("n", DType::INT32)?;
    let start = start()?;
    let (i, j) = tf::with_name("limited", || {
        tf::while_loop_with(
            below(|| n.clone()),
            |(i, j): &Pair| Ok(((i + 1)?, (j + &n)?)),
            (start.clone(), start.clone()),
            |o| o.parallel_iterations(1).swap_memory(true).maximum_iterations(4),
        )
    })?;
    for count in [10, 2] {
        run.feed((&i, &j), feeds![&n => count])?;
    }
    Ok(())
}

fn growing_loop(run: &mut Run) -> Result<()> {
    let x = tf::with_name("x", || tf::placeholder(DType::FLOAT32, PartialShape::from(vec![None])))?;
    let (_, y) = tf::while_loop_with(
        |(i, _): &Pair| tf::less(i, 2),
        |(i, y)| Ok(((i + 1)?, tf::concat([y, y], 0)?)),
        (start()?, x.clone()),
        |o| o.shape_invariants(Some(vec![PartialShape::scalar(), PartialShape::from(vec![None])])),
    )?;
    let dx = gradients(&y, &[&x])?;
    run.feed((&y, &dx[0]), feeds![&x => [1.0, 2.0]])
}

fn nested_loops(run: &mut Run) -> Result<()> {
    let (n, m) = (input("n", DType::INT32)?, input("m", DType::INT32)?);
    let start = start()?;
    let outer = |(i, total): &Pair| {
        let inner = |(j, part): &Pair| Ok(((j + 1)?, (part + (i * &m)?)?));
        let (_, part) = tf::while_loop(below(|| m.clone()), inner, (start.clone(), i.clone()))?;
        Ok(((i + 1)?, (total + part)?))
    };
    let (i, total) = tf::while_loop(below(|| n.clone()), outer, (start.clone(), start.clone()))?;
    run.feed((&i, &total), feeds![&n => 3, &m => 2])
}

fn conditional_in_a_loop(run: &mut Run) -> Result<()> {
    let (n, x) = (input("n", DType::INT32)?, input("x", DType::FLOAT32)?);
    let body = |(i, y): &Pair| Ok(((i + 1)?, tf::cond(tf::less(y, 2.0)?, || y * &x, || y - 1.0)?));
    let (_, y) = tf::while_loop(below(|| n.clone()), body, (start()?, x.clone()))?;
    run.feed(&y, feeds![&n => 4, &x => 1.5])
}

fn loop_in_a_conditional(run: &mut Run) -> Result<()> {
    let (p, n) = (input("p", DType::BOOL)?, input("n", DType::INT32)?);
    let start = start()?;
    let looped = || tf::while_loop(|i: &Tensor| tf::less(i, &n), |i: &Tensor| i + 2, start.clone());
    let y = tf::cond(&p, looped, || Ok(start.clone()))?;
    for truth in [true, false] {
        run.feed(&y, feeds![&p => truth, &n => 5])?;
    }
    Ok(())
}

fn loop_with_assignments(run: &mut Run) -> Result<()> {
    let v = tf::with_name("v", || tf::Variable::new(1.0))?;
    let body = |i: &Tensor| {
        let added = tf::assign_add(&v, 2.0)?;
        tf::control_dependencies([&added], || tf::add(i, 1))
    };
    let i = tf::while_loop(|i: &Tensor| tf::less(i, 3), body, start()?)?;
    run.run(v.initializer()?)?;
    run.run(&i)?;
    run.run(&v)
}

fn loop_that_waits(run: &mut Run) -> Result<()> {
    let v = tf::with_name("v", || tf::Variable::new(1.0))?;
    let start = start()?;
    let added = tf::assign_add(&v, 2.0)?;
    let i = tf::control_dependencies([&added], || {
        tf::while_loop(|i: &Tensor| tf::less(i, 3), |i: &Tensor| tf::add(i, 1), start)
    })?;
    run.run(v.initializer()?)?;
    run.run(&i)?;
    run.run(&v)
}

fn gradient_of_a_loop(run: &mut Run) -> Result<()> {
    let (n, x) = (input("n", DType::INT32)?, input("x", DType::FLOAT32)?);
    let (_, y) = tf::while_loop(
        below(|| n.clone()),
        |(i, y): &Pair| Ok(((i + 1)?, (y * &x)?)),
        (start()?, x.clone()),
    )?;
    let dx = gradients(&y, &[&x])?;
    for count in [3, 0] {
        run.feed((&y, &dx[0]), feeds![&n => count, &x => 1.5])?;
    }
    Ok(())
}

fn gradient_of_a_recurrence(run: &mut Run) -> Result<()> {
    let x = tf::with_name("x", || tf::placeholder(DType::FLOAT32, [2, 3]))?;
    let quarters = tf::constant_initializer(0.25)?;
    let w = tf::get_variable_with("w", |o| o.shape([3, 3]).initializer(quarters))?;
    let (_, h) = tf::while_loop(
        |(i, _): &Pair| tf::less(i, 3),
        |(i, h)| Ok(((i + 1)?, tf::nn::relu((tf::matmul(h, &w)? + &x)?)?)),
        (start()?, x.clone()),
    )?;
    let loss = tf::reduce_sum(&h, (), false)?;
    let by_x = tf::gradients::<_, &dyn tf::GradientSource>(&[&loss], &[&x, &w])?;
    let found = by_x.into_iter().map(|gradient| ferroflow_graph::dense(gradient.expect("a gradient")));
    let found = found.collect::<Result<Vec<_>>>()?;
    run.run(w.initializer()?)?;
    run.feed((&loss, &found[0], &found[1]), feeds![&x => [[0.5, 0.25, 0.75], [1.0, 0.125, 0.5]]])
}

fn gradient_of_unknown_shape(run: &mut Run) -> Result<()> {
    let x = tf::with_name("x", || tf::placeholder(DType::FLOAT32, PartialShape::from(vec![None, Some(2)])))?;
    let (_, y, _) = tf::while_loop(
        |(i, _, _): &(Tensor, Tensor, Tensor)| tf::less(i, 3),
        |(i, y, z)| Ok(((i + 1)?, ((y * &x)? + z)?, tf::sin(z)?)),
        (start()?, x.clone(), x.clone()),
    )?;
    let dx = gradients(&y, &[&x])?;
    run.feed((&y, &dx[0]), feeds![&x => [[0.5, -1.0]]])
}

fn gradient_of_nested_loops(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32)?;
    let start = start()?;
    let body = |(i, y): &Pair| {
        let inner = |(j, z): &Pair| Ok(((j + 1)?, ((z * &x)? + y)?));
        let (_, z) = tf::while_loop(|(j, _): &Pair| tf::less(j, 2), inner, (start.clone(), y.clone()))?;
        Ok(((i + 1)?, (y + z)?))
    };
    let (_, y) = tf::while_loop(|(i, _): &Pair| tf::less(i, 3), body, (start.clone(), x.clone()))?;
    let dx = gradients(&y, &[&x])?;
    run.feed((&y, &dx[0]), feeds![&x => 0.5])
}

fn gradient_of_a_conditional(run: &mut Run) -> Result<()> {
    let (p, x) = (input("p", DType::BOOL)?, input("x", DType::FLOAT32)?);
    let y = tf::cond(&p, || &x * &x, || tf::exp(&x))?;
    let z = tf::cond(&p, || &y + 1.0, || Ok(x.clone()))?;
    let dx = gradients(&z, &[&x])?;
    for truth in [true, false] {
        run.feed((&z, &dx[0]), feeds![&p => truth, &x => 1.5])?;
    }
    Ok(())
}

fn gradient_of_conditionals_in_a_loop(run: &mut Run) -> Result<()> {
    let (n, x) = (input("n", DType::INT32)?, input("x", DType::FLOAT32)?);
    let body = |(i, y): &Pair| Ok(((i + 1)?, tf::cond(tf::less(y, 2.0)?, || y * &x, || tf::sin(y))?));
    let (_, y) = tf::while_loop(below(|| n.clone()), body, (start()?, x.clone()))?;
    let dx = gradients(&y, &[&x])?;
    run.feed((&y, &dx[0]), feeds![&n => 4, &x => 1.5])
}

fn gradient_of_a_loop_in_a_conditional(run: &mut Run) -> Result<()> {
    let (p, x) = (input("p", DType::BOOL)?, input("x", DType::FLOAT32)?);
    let start = start()?;
    let looped = || {
        let body = |(i, y): &Pair| Ok(((i + 1)?, (y * &x)?));
        Ok(tf::while_loop(|(i, _): &Pair| tf::less(i, 3), body, (start.clone(), x.clone()))?.1)
    };
    let y = tf::cond(&p, looped, || tf::exp(&x))?;
    let dx = gradients(&y, &[&x])?;
    for truth in [true, false] {
        run.feed((&y, &dx[0]), feeds![&p => truth, &x => 1.5])?;
    }
    Ok(())
}

fn gradient_of_lookups_in_a_loop(run: &mut Run) -> Result<()> {
    let rows = tf::constant_initializer([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])?;
    let table = tf::get_variable_with("table", |o| o.shape([4, 2]).initializer(rows).use_resource(true))?;
    let start = start()?;
    let total = tf::with_name("total", || tf::constant([1.0, 1.0]))?;
    let (_, y) = tf::while_loop(
        |(i, _): &Pair| tf::less(i, 3),
        |(i, y)| Ok(((i + 1)?, (y * tf::gather(&table, i)?)?)),
        (start, total),
    )?;
    let found = tf::gradients(&[&y], &[&table])?;
    let Some(Some(gradient)) = found.into_iter().next() else { panic!("y depends on the table") };
    assert!(matches!(gradient, Gradient::Slices(_)));
    let dt = tf::with_name("dt", || ferroflow_graph::dense(gradient))?;
    run.run(table.initializer()?)?;
    run.run((&y, &dt))
}

fn gradient_that_stops(run: &mut Run) -> Result<()> {
    let x = input("x", DType::FLOAT32)?;
    let (_, y) = tf::while_loop_with(
        |(i, _): &Pair| tf::less(i, 3),
        |(i, y)| Ok(((i + 1)?, (y * &x)?)),
        (start()?, x.clone()),
        |o| o.back_prop(false),
    )?;
    let z = (&y + &x)?;
    let dx = gradients(&z, &[&x])?;
    run.feed((&z, &dx[0]), feeds![&x => 1.5])
}

fn tensor_arrays(run: &mut Run) -> Result<()> {
    let x = tf::with_name("x", || tf::placeholder(tf::float32, tf::TensorShape::from(vec![None, Some(2)])))?;
    let lengths = tf::with_name("lengths", || tf::placeholder(tf::int32, [2]))?;
    let array = tf::with_name("array", || {
        tf::TensorArray::with(tf::float32, 3, |o| {
            o.tensor_array_name("named").element_shape(tf::TensorShape::from([2]))
        })
    })?;
    let array = array.write(0, [1.0, 2.0])?.write(1, tf::constant([3.0, 4.0])?)?.identity()?;
    let array = array.scatter([2], &x)?;
    let grown = tf::TensorArray::with(tf::int32, 0, |o| o.dynamic_size(true).clear_after_read(false))?;
    let (_, grown) = tf::while_loop(
        |(i, _): &(Tensor, tf::TensorArray)| tf::less(i, 4),
        |(i, a): &(Tensor, tf::TensorArray)| {
            let next = (i + 1)?;
            Ok((next, a.write(i, (i * i)?)?))
        },
        (tf::constant(0)?, grown),
    )?;
    let parts = tf::TensorArray::with(tf::float32, 2, |o| o.infer_shape(false))?;
    let parts = parts.split(&x, &lengths)?;
    let size = grown.size()?;
    let last = grown.read(3)?;
    let chosen = grown.gather([2, 0])?;
    let squares = grown.stack()?;
    let joined = parts.concat()?;
    let closed = parts.close()?;
    let stacked = array.stack()?;
    run.run((&size, &last, &chosen, &squares))?;
    let rows = NdArray::from([[5.0f32, 6.0], [7.0, 8.0], [9.0, 10.0]]);
    run.feed(&joined, feeds![&x => rows, &lengths => [1, 2]])?;
    let row = NdArray::from([[5.0f32, 6.0]]);
    run.feed(&stacked, feeds![&x => &row])?;
    run.feed(&closed, feeds![&x => &row])
}
