//! Branches and loops, eager and traced.

use ferroflow_v2 as tf;
use tf::{Graph, Tensor};

fn text(tensor: &Tensor) -> String {
    format!("{tensor}")
}

fn clamp(x: &Tensor, low: &Tensor) -> tf::Result<(Tensor, Tensor)> {
    tf::cond(tf::less(x, low), || Ok((low.clone(), tf::constant(1)?)), || Ok(((x * 2.0)?, tf::constant(0)?)))
}

#[test]
fn cond_gives_the_same_in_every_mode() {
    let traced = tf::function(clamp);
    for (x, wanted) in [(1.0, ["3.0", "1"]), (5.0, ["10.0", "0"])] {
        let (x, low) = (tf::constant(x).unwrap(), tf::constant(3.0).unwrap());
        for (value, branch) in [clamp(&x, &low).unwrap(), traced.call((&x, &low)).unwrap()] {
            assert_eq!([text(&value), text(&branch)], wanted);
        }
    }
    assert_eq!(traced.experimental_get_tracing_count(), 1);
}

/// The nodes are those of TensorFlow, seen in `tf.function`'s graph of the same code.
#[test]
fn cond_adds_tensorflows_nodes() {
    let f = tf::function(|x: &Tensor, y: &Tensor| tf::cond(tf::greater(x, 0.0), || x + y, || y * 2.0));
    let scalar = tf::TensorSpec::new(tf::TensorShape::scalar(), tf::float32);
    let concrete = f.get_concrete_function(&[scalar.clone().named("x"), scalar.named("y")]).unwrap();
    let nodes: Vec<String> = concrete
        .graph()
        .unwrap()
        .get_operations()
        .iter()
        .map(|op| {
            let inputs: Vec<String> = op.inputs().iter().map(|input| input.name().unwrap()).collect();
            format!("{} {} {}", op.name(), op.op_type(), inputs.join(" "))
        })
        .collect();
    assert_eq!(
        nodes,
        [
            "x Placeholder ",
            "y Placeholder ",
            "Greater/y Const ",
            "Greater Greater x:0 Greater/y:0",
            "cond StatelessIf Greater:0 x:0 y:0",
            "cond/Identity Identity cond:0",
            "Identity Identity cond/Identity:0",
        ]
    );
}

#[test]
fn branches_must_agree() {
    let f = tf::function(|x: &Tensor| tf::cond(x, || tf::constant(1), || tf::constant(2.0)));
    let error = f.call(true).unwrap_err();
    assert_eq!(error.class_name(), "TypeError");
    assert_eq!(
        error.message(),
        "true_fn and false_fn arguments to tf.cond must have the same number, type, and overall structure of return \
         values.\n\ntrue_fn output: Tensor(\"cond/Identity:0\", shape=(), dtype=int32)\nfalse_fn output: \
         Tensor(\"cond/Identity:0\", shape=(), dtype=float32)\n\nError details:\nTensor(\"cond/Identity:0\", shape=(), \
         dtype=int32) and Tensor(\"cond/Identity:0\", shape=(), dtype=float32) have different types"
    );
}

#[test]
fn branches_change_variables() {
    let v = tf::Variable::new(1.0).unwrap();
    let f = tf::function(|add: &Tensor| {
        tf::cond(add, || v.assign_add(10.0)?.value(), || v.assign(0.0)?.value())?;
        v.value()
    });
    assert_eq!(text(&f.call(true).unwrap()), "11.0");
    assert_eq!(text(&f.call(true).unwrap()), "21.0");
    assert_eq!(text(&f.call(false).unwrap()), "0.0");
}

#[test]
fn switch_case_and_case_choose() {
    let choose = |index: &Tensor, y: &Tensor| {
        let branches: [&dyn Fn() -> tf::Result<Tensor>; 3] = [&|| Ok(y.clone()), &|| y * 2.0, &|| y + 3.0];
        tf::switch_case(index, &branches)
    };
    let traced = tf::function(choose);
    for (index, wanted) in [(0, "5.0"), (1, "10.0"), (2, "8.0"), (9, "8.0"), (-1, "8.0")] {
        let (index, y) = (tf::constant(index).unwrap(), tf::constant(5.0).unwrap());
        assert_eq!(text(&choose(&index, &y).unwrap()), wanted);
        assert_eq!(text(&traced.call((&index, &y)).unwrap()), wanted);
    }
    let sign = |x: &Tensor| {
        tf::case(
            &[(tf::less(x, 0)?, &|| tf::constant(-1)), (tf::greater(x, 0)?, &|| tf::constant(1))],
            &|| tf::constant(0),
        )
    };
    let traced = tf::function(sign);
    for x in [-7i32, 0, 7] {
        assert_eq!(text(&sign(&tf::constant(x).unwrap()).unwrap()), x.signum().to_string());
        assert_eq!(text(&traced.call(x).unwrap()), x.signum().to_string());
    }
}

#[test]
fn loops_give_the_same_in_every_mode() {
    let power = |x: &Tensor, y: &Tensor| {
        tf::while_loop(
            |(i, _): &(Tensor, Tensor)| tf::less(i, 10),
            |(i, a): &(Tensor, Tensor)| Ok(((i + 1)?, (a * y)?)),
            (tf::constant(0)?, x.clone()),
        )
    };
    let traced = tf::function(power);
    let (x, y) = (tf::constant(3.0).unwrap(), tf::constant(2.0).unwrap());
    for (i, a) in [power(&x, &y).unwrap(), traced.call((&x, &y)).unwrap()] {
        assert_eq!([text(&i), text(&a)], ["10", "3072.0"]);
    }
    let limited = |x: &Tensor| {
        tf::while_loop_with(|i| tf::less(i, 100), |i: &Tensor| i + 1, x.clone(), |o| o.maximum_iterations(5))
    };
    assert_eq!(text(&limited(&tf::constant(1).unwrap()).unwrap()), "6");
    assert_eq!(text(&tf::function(limited).call(1).unwrap()), "6");
    let graph = Graph::new();
    let names = graph.as_default_scope(|| {
        limited(&tf::constant(1)?)?;
        Ok::<_, tf::Error>(graph.get_operations().iter().map(tf::Operation::name).collect::<Vec<_>>())
    });
    // As recorded for the call `while_loop limited` in `literals.txt`.
    assert_eq!(
        names.unwrap(),
        [
            "Const",
            "while/maximum_iterations",
            "while/loop_counter",
            "while",
            "while/Identity",
            "while/Identity_1",
            "while/Identity_2"
        ]
    );
}

#[test]
fn loop_variables_keep_their_form() {
    let widen = tf::function(|x: &Tensor| {
        tf::while_loop(|i| tf::less(i, 3), |i: &Tensor| tf::cast(i, tf::float32), x.clone())
    });
    let error = widen.call(0).unwrap_err();
    assert_eq!(
        (error.class_name(), error.message()),
        (
            "TypeError",
            "Loop var args_0:0 enters the loop with type <dtype: 'int32'> but has type <dtype: 'float32'> after 1 \
             iteration. args_0:0 type should remain constant."
        )
    );
    let grow = |x: &Tensor| {
        tf::while_loop(|i| tf::less(tf::reduce_sum(i, ()), 30), |i: &Tensor| tf::concat([i, i], 0), x.clone())
    };
    let error = tf::function(grow).call([1]).unwrap_err();
    assert_eq!(
        (error.class_name(), error.message()),
        (
            "ValueError",
            "Input tensor `args_0:0` enters the loop with shape (1,), but has shape (2,) after one iteration. To allow \
             the shape to vary across iterations, use the `shape_invariants` argument of tf.while_loop to specify a \
             less-specific shape."
        )
    );
    let free = tf::function(|x: &Tensor| {
        tf::while_loop_with(
            |i| tf::less(tf::reduce_sum(i, ()), 30),
            |i: &Tensor| tf::concat([i, i], 0),
            x.clone(),
            |o| o.shape_invariants(vec![tf::TensorShape::of_rank(1)]),
        )
    });
    assert_eq!(free.call([1]).unwrap().shape(), [32].into());
}
