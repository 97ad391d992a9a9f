//! Where TensorFlow 1 has a meaning of its own. Expected values come from `tools/record_v1_values.py`.

use ferroflow_compat_v1::{self as tf, Session, feeds};
use ferroflow_core::ndarray::array;
use ferroflow_core::{DType, Gradient, NdArray, Op, Result, Tensor};
use ferroflow_ops_random as random;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

const RECORDED: &str = include_str!("data/v1_values.txt");

/// Compares values by their printed form with those recorded for a group.
struct Expected {
    group: &'static str,
    seen: usize,
}

impl Expected {
    fn check(&mut self, name: &str, value: &impl Debug) {
        let label = format!("{}: {name}", self.group);
        let row =
            RECORDED.lines().find_map(|line| line.split_once('\t').filter(|(found, _)| *found == label));
        let (_, expected) = row.unwrap_or_else(|| panic!("no value is recorded for {label}"));
        let found = format!("{value:?}").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(found, expected.split_whitespace().collect::<Vec<_>>().join(" "), "{label}");
        self.seen += 1;
    }
}

impl Expected {
    /// The same for texts, as Python shows a list of them.
    fn check_texts(&mut self, name: &str, texts: &[String]) {
        let quoted = |text: &String| match text.contains('\'') {
            true => format!("\"{text}\""),
            false => format!("'{text}'"),
        };
        let shown: Vec<String> = texts.iter().map(quoted).collect();
        self.check(name, &format_args!("[{}]", shown.join(", ")));
    }
}

/// Runs a group in a graph of its own; all values recorded for it must have been compared.
fn group(name: &'static str, f: impl FnOnce(&mut Expected) -> Result<()>) {
    let mut expected = Expected { group: name, seen: 0 };
    tf::Graph::new().as_default_scope(|| f(&mut expected)).expect("no error");
    let prefix = format!("{name}: ");
    assert_eq!(expected.seen, RECORDED.lines().filter(|line| line.starts_with(&prefix)).count(), "{name}");
}

fn dense(gradients: Vec<Option<Gradient>>) -> Vec<Tensor> {
    let tensor = |gradient| match gradient {
        Some(Gradient::Dense(tensor)) => tensor,
        _ => panic!("a dense gradient is expected"),
    };
    gradients.into_iter().map(tensor).collect()
}

#[test]
fn gradients_flow_through_conditionals() {
    group("gradients_of_conditionals", |expected| {
        let p = tf::placeholder(DType::BOOL, ())?;
        let x = tf::placeholder(DType::FLOAT32, [2])?;
        let w = tf::constant([3.0, 4.0])?;
        let y = tf::cond(&p, || (&x * &x)? * &w, || &x + &w)?;
        let z = tf::cond(&p, || Ok(x.clone()), || tf::constant([7.0, 7.0]))?;
        let nested = tf::cond(&p, || tf::cond(&p, || tf::sin(&x), || Ok(x.clone())), || tf::square(&x))?;
        let v = tf::Variable::new([2.0, 5.0])?;
        let of_variable = tf::cond(&p, || &v * &x, || &v + 1.0)?;
        let sess = Session::new()?;
        sess.run(v.initializer()?)?;
        let squared = (&y * &y)?;
        let [dy, dw] = &dense(tf::gradients(&[&squared], &[&x, &w])?)[..] else { panic!("two gradients") };
        let dz = &dense(tf::gradients(&[&z], &[&x])?)[0];
        let dn = &dense(tf::gradients(&[&nested], &[&x])?)[0];
        let dv = &dense(tf::gradients(&[&of_variable], &[&v])?)[0];
        let second = &dense(tf::gradients(&[dy], &[&x])?)[0];
        for (truth, text) in [(true, "True"), (false, "False")] {
            let parts =
                [("dy", dy), ("dw", dw), ("dz", dz), ("nested", dn), ("variable", dv), ("second", second)];
            for (name, value) in parts {
                let value = sess.run_feed(value, feeds![&p => truth, &x => [1.0, 2.0]])?;
                expected.check(&format!("{name} {text}"), &value);
            }
        }
        Ok(())
    });
}

fn register_gradients() -> Result<()> {
    let scaled = |operation: &tf::Operation, grads: &[Tensor]| {
        Ok(vec![Some(((&grads[0] * 100.0)? * &operation.inputs()[0])?)])
    };
    tf::RegisterGradient("Hundredfold", scaled)?;
    tf::RegisterGradient("Doubled", |_, grads| Ok(vec![Some(grads[0].clone()), Some(grads[0].clone())]))?;
    tf::RegisterGradient("Three", |_, _| Ok(vec![Some(tf::ones([3], tf::float32)?)]))?;
    tf::NotDifferentiable("Stops")
}

/// An error as the record has it: the ends of a text of several lines.
fn refused<T>(result: Result<T>) -> Vec<String> {
    let Err(error) = result else { return Vec::new() };
    let lines: Vec<&str> = error.message().split('\n').collect();
    let mut shown = vec![format!("{}: {}", error.class_name(), lines[0])];
    shown.extend(lines[1..].last().map(|line| line.to_string()));
    shown
}

#[test]
fn registered_gradients_take_the_place_of_others() {
    group("registered_gradients", |expected| {
        register_gradients()?;
        let graph = tf::get_default_graph();
        let sess = Session::new()?;
        let x = tf::constant([3.0, 2.0])?;
        for name in ["Hundredfold", "Identity", "Stops", "Doubled", "Three"] {
            let [y, w, z] = graph.gradient_override_map(&[("Square", name)], || {
                let y = Op::named("Square").input(&x).name(format!("{name}_y")).one()?;
                let w = tf::negative(&y)?;
                let z = graph.gradient_override_map(&[("Neg", "Hundredfold")], || {
                    tf::negative(&x)? + tf::square(&x)?
                })?;
                Ok([y, w, z])
            })?;
            if ["Doubled", "Three"].contains(&name) {
                expected.check_texts(name, &refused(tf::gradients(&[&y], &[&x])));
                continue;
            }
            for (what, value) in [("itself", &y), ("behind", &w), ("nested", &z)] {
                let label = format!("{name} {what}");
                match tf::gradients(&[value], &[&x])?.remove(0) {
                    None => expected.check_texts(&label, &["None".to_string()]),
                    Some(gradient) => {
                        let dx = &dense(vec![Some(gradient)])[0];
                        expected.check(&label, &sess.run(dx)?);
                        if what == "itself" {
                            let node = dx.name().unwrap_or_default();
                            let node = node.trim_end_matches(":0").to_string();
                            expected.check_texts(&format!("{name} node"), &[node]);
                        }
                    }
                }
            }
        }
        let plain = &dense(tf::gradients(&[&tf::square(&x)?], &[&x])?)[0];
        expected.check("outside", &sess.run(plain)?);
        expected.check_texts("twice", &refused(tf::RegisterGradient("Hundredfold", |_, _| Ok(Vec::new()))));
        expected.check_texts("known", &refused(tf::RegisterGradient("Square", |_, _| Ok(Vec::new()))));
        expected.check_texts("known constant", &refused(tf::no_gradient("Stops")));
        let by_function = ferroflow_v2::function(|x: &Tensor| {
            let graph = tf::get_default_graph();
            graph.gradient_override_map(&[("Square", "Hundredfold")], || tf::square(x))
        });
        let slope = &dense(tf::gradients(&[&by_function.call(&x)?], &[&x])?)[0];
        expected.check("function", &sess.run(slope)?);

        // TensorFlow raises a `LookupError`, whose text tells what to do in Python.
        let y = graph.gradient_override_map(&[("Square", "Nobody")], || tf::square(&x))?;
        let error = tf::gradients(&[&y], &[&x]).map(drop).unwrap_err();
        assert!(error.message().starts_with("No gradient defined for operation"), "{error}");
        Ok(())
    });
}

#[test]
fn loops_run_and_are_differentiated() {
    group("loops", |expected| {
        let x = tf::placeholder(DType::FLOAT32, ())?;
        let (_, y) = tf::while_loop(
            |(i, _): &(Tensor, Tensor)| tf::less(i, 4),
            |(i, y): &(Tensor, Tensor)| Ok(((i + 1)?, (y * &x)?)),
            (tf::constant(0)?, tf::constant(1.0)?),
        )?;
        let dx = &dense(tf::gradients(&[&y], &[&x])?)[0];
        let limited = tf::while_loop_with(
            |i: &Tensor| tf::less(i, 100),
            |i: &Tensor| i + 1,
            tf::constant(0)?,
            |o| o.maximum_iterations(7),
        )?;
        let sess = Session::new()?;
        expected.check("loop", &sess.run_feed(&y, feeds![&x => 2.0])?);
        expected.check("derivative", &sess.run_feed(dx, feeds![&x => 2.0])?);
        expected.check("limited", &sess.run(&limited)?);
        Ok(())
    });
}

#[test]
fn reads_of_reference_variables_see_changes_made_before() {
    group("aliases", |expected| {
        let v = tf::Variable::new(1)?;
        let add = v.assign_add(10)?;
        let (after, read) = tf::control_dependencies([&add], || Ok((tf::identity(&v)?, v.read_value()?)))?;
        let sess = Session::new()?;
        sess.run(v.initializer()?)?;
        expected.check("identity after an addition", &sess.run(&after)?);
        expected.check("read after an addition", &sess.run(&read)?);
        let (added, value) = sess.run((&add, &v))?;
        expected.check("both", &NdArray::from(array![added.item::<i32>()?, value.item::<i32>()?]));
        Ok(())
    });
}

#[test]
fn feeds_are_cast_as_numpy_casts() {
    group("feeds", |expected| {
        let i = tf::placeholder(DType::INT32, ())?;
        let j = tf::placeholder(DType::INT32, [3])?;
        let b = tf::placeholder(DType::BOOL, [2])?;
        let f = tf::placeholder(DType::FLOAT32, [2])?;
        let h = tf::placeholder(DType::HALF, ())?;
        let sess = Session::new()?;
        expected.check("fraction", &sess.run_feed(&i, feeds![&i => 1.5])?);
        expected.check("negative fraction", &sess.run_feed(&i, feeds![&i => -1.7])?);
        expected.check("fractions", &sess.run_feed(&j, feeds![&j => [1.9, -0.5, 2.0]])?);
        expected.check("truths", &sess.run_feed(&i, feeds![&i => true])?);
        expected.check("numbers as truths", &sess.run_feed(&b, feeds![&b => [0.0, 3.0]])?);
        expected.check("doubles", &sess.run_feed(&f, feeds![&f => array![0.1, 1e300]])?);
        expected.check("half", &sess.run_feed(&h, feeds![&h => 0.1])?);
        let c = tf::constant(5)?;
        expected.check("a constant", &sess.run_feed((&c * 2)?, feeds![&c => 6])?);
        let v = tf::Variable::new_with([1.0], |o| o.use_resource(false))?;
        let w = tf::Variable::new_with([1.0], |o| o.use_resource(true))?;
        expected.check("a reference variable", &sess.run_feed((&v * 2.0)?, feeds![&v => [4.0]])?);
        expected.check("a resource variable", &sess.run_feed(&w, feeds![&w => [4.0]])?);
        Ok(())
    });
}

#[test]
fn seeds_give_tensorflows_numbers() {
    fn draw(graph_seed: Option<i64>, op_seed: Option<i64>, before: usize) -> Result<[NdArray; 2]> {
        tf::Graph::new().as_default_scope(|| {
            if let Some(seed) = graph_seed {
                tf::set_random_seed(seed);
            }
            for _ in 0..before {
                random::uniform(NdArray::vector(Vec::<i32>::new()))?;
            }
            let value = random::uniform_with([3], |o| o.seed(op_seed))?;
            let sess = Session::new()?;
            Ok([sess.run(&value)?, sess.run(&value)?])
        })
    }
    group("seeds", |expected| {
        let cases = [
            ("graph", Some(1), None, 0),
            ("second op", Some(1), None, 1),
            ("op", None, Some(1), 0),
            ("both", Some(1), Some(1), 0),
            ("zeros", Some(0), Some(0), 0),
            ("negative", Some(-3), None, 0),
            ("large", Some(1 << 40), None, 0),
        ];
        for (name, graph_seed, op_seed, before) in cases {
            let [first, second] = draw(graph_seed, op_seed, before)?;
            expected.check(&format!("{name} first"), &first);
            expected.check(&format!("{name} second"), &second);
        }
        Ok(())
    });
}

/// Names as Python prints a list of them.
struct Names(Vec<tf::Variable>);

impl Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self.0.iter().map(|variable| format!("'{}'", variable.name())).collect();
        write!(f, "[{}]", names.join(", "))
    }
}

#[test]
fn collections_hold_variables() {
    group("collections", |expected| {
        let b = tf::variable_scope("a", |_| {
            tf::get_variable("v", [1])?;
            tf::get_variable_with("w", |o| o.shape([1]).trainable(false))?;
            tf::Variable::new_with(1.0, |o| o.name("x").collections(vec!["mine".to_string()]))?;
            tf::variable_scope("b", |b| {
                let local = vec![tf::GraphKeys::LOCAL_VARIABLES.to_string()];
                tf::get_variable_with("u", |o| o.shape([1]).collections(local))?;
                Ok(b.clone())
            })
        })?;
        expected.check("global", &Names(tf::global_variables()));
        expected.check("trainable", &Names(tf::trainable_variables()));
        expected.check("local", &Names(tf::local_variables()));
        expected.check("mine", &Names(tf::variables_in("mine", "")));
        expected.check("scope", &Names(b.trainable_variables()));
        expected.check("report", &Session::new()?.run(tf::report_uninitialized_variables()?)?);
        Ok(())
    });
}

#[test]
fn tensors_are_equal_when_they_are_the_same() {
    tf::Graph::new().as_default_scope(|| {
        let same =
            |x: &Tensor, y: &Tensor| matches!(tf::tensor_equals(x, y), Ok(tf::TensorEquality::Same(true)));
        let (a, b) = (tf::constant(1).expect("a"), tf::constant(1).expect("b"));
        assert!(same(&a, &a.clone()) && !same(&a, &b));
        let v = tf::Variable::new(1).expect("v");
        assert!(v.is_same(&v.clone()) && !v.is_same(&tf::Variable::new(1).expect("w")));
    });
}

#[test]
fn the_name_of_a_resource_variable_fetches_its_value() {
    tf::Graph::new()
        .as_default_scope(|| {
            let w = tf::Variable::new_with([1.0, 2.0], |o| o.name("w").use_resource(true))?;
            let r = tf::Variable::new_with([3.0], |o| o.name("r"))?;
            let sess = Session::new()?;
            sess.run(tf::global_variables_initializer()?)?;
            let (value, reference) = sess.run(("w:0", "r:0"))?;
            assert_eq!(value.into_array()?.as_slice::<f32>()?, [1.0, 2.0]);
            assert_eq!(reference.into_array()?.as_slice::<f32>()?, [3.0]);
            w.load_in([5.0, 6.0], &sess)?;
            r.load_in([7.0], &sess)?;
            assert_eq!(sess.run(&w)?.as_slice::<f32>()?, [5.0, 6.0]);
            sess.as_default_scope(|| {
                assert_eq!(r.eval()?.as_slice::<f32>()?, [7.0]);
                r.load([8.0])
            })?;
            assert_eq!(sess.run(&r)?.as_slice::<f32>()?, [8.0]);
            Ok::<(), ferroflow_core::Error>(())
        })
        .expect("no error");
}

#[test]
fn a_second_interactive_session_is_warned_of() {
    let warnings: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = warnings.clone();
    tf::set_warning_hook(Some(Box::new(move |text| heard.lock().expect("warnings").push(text.to_string()))));
    tf::Graph::new()
        .as_default_scope(|| {
            let first = tf::InteractiveSession::new()?;
            let before = warnings.lock().expect("warnings").len();
            let second = tf::InteractiveSession::new()?;
            let said = warnings.lock().expect("warnings").clone();
            assert_eq!(said.len(), before + 1);
            assert!(said[before].starts_with("An interactive session is already active."), "{said:?}");
            second.close();
            first.close();
            Ok::<(), ferroflow_core::Error>(())
        })
        .expect("no error");
    tf::set_warning_hook(None);
}

#[test]
fn functional_conditionals_are_built_when_asked_for() {
    tf::Graph::new()
        .as_default_scope(|| {
            let p = tf::placeholder(DType::BOOL, ())?;
            tf::enable_control_flow_v2();
            let built = tf::cond(&p, || tf::constant(1), || tf::constant(2));
            tf::disable_control_flow_v2();
            let y = built?;
            let ops: Vec<String> =
                tf::get_default_graph().get_operations().iter().map(tf::Operation::op_type).collect();
            assert!(
                ops.contains(&"StatelessIf".to_string()) && !ops.contains(&"Switch".to_string()),
                "{ops:?}"
            );
            assert_eq!(Session::new()?.run_feed(&y, feeds![&p => false])?.item::<i32>()?, 2);
            Ok::<(), ferroflow_core::Error>(())
        })
        .expect("no error");
}

#[test]
fn resource_variables_with_a_copy_are_refused_by_name() {
    tf::Graph::new().as_default_scope(|| {
        let cached =
            tf::Variable::new_with(1.0, |o| o.use_resource(true).caching_device("/cpu:0".to_string()));
        assert!(cached.expect_err("unsupported").message().starts_with("caching_device"));
    });
}

#[test]
fn gradients_flow_through_maps() {
    fn insert(map: &Tensor, key: &str, value: Tensor) -> Result<Tensor> {
        Op::named("TensorMapInsert").input(map).input(key).input(value).one()
    }
    fn look(map: &Tensor, key: &str) -> Result<Tensor> {
        Op::named("TensorMapLookup").input(map).input(key).attr("value_dtype", DType::FLOAT32).one()
    }
    group("gradients_of_maps", |expected| {
        let x = tf::placeholder(DType::FLOAT32, [2])?;
        let values = tf::facade(|| {
            let empty = Op::named("EmptyTensorMap").one()?;
            let one = insert(&empty, "a", (&x * 2.0)?)?;
            let two = insert(&one, "b", (&x * &x)?)?;
            let changed = insert(&two, "a", (&x * 7.0)?)?;
            Ok([
                ("both", (look(&two, "a")? * look(&two, "b")?)?),
                ("one of two", look(&two, "b")?),
                ("changed", (look(&changed, "a")? * look(&one, "a")?)?),
                ("unchanged", look(&changed, "b")?),
            ])
        })?;
        let sess = Session::new()?;
        for (name, value) in values {
            let dx = &dense(tf::gradients(&[&value], &[&x])?)[0];
            expected.check(name, &sess.run_feed(dx, feeds![&x => [1.0, 2.0]])?);
        }
        Ok(())
    });
}
