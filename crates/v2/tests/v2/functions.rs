//! Traced functions.

use ferroflow_v2 as tf;
use std::sync::atomic::{AtomicUsize, Ordering};
use tf::{Tensor, TensorSpec};

fn text(tensor: &Tensor) -> String {
    format!("{tensor}")
}

/// Whether calls with other dtypes and shapes trace again, as TensorFlow was seen to do.
#[test]
fn traces_are_kept_by_dtype_and_shape() {
    let f = tf::function(|x: &Tensor| x * 2);
    for (value, count) in
        [(tf::constant(1), 1), (tf::constant(2), 1), (tf::constant([1]), 2), (tf::constant([1, 2]), 3)]
    {
        f.call(value.unwrap()).unwrap();
        assert_eq!(f.experimental_get_tracing_count(), count);
    }
}

#[test]
fn reduce_retracing_relaxes_shapes() {
    let f = tf::function_with(|x: &Tensor| x * 2, |o| o.reduce_retracing(true));
    let mut counts = Vec::new();
    let mut specs = Vec::new();
    let values = [
        tf::constant([1]),
        tf::constant([1, 2]),
        tf::constant([1, 2, 3]),
        tf::constant([[1]]),
        tf::constant([[1, 2]]),
        tf::constant([1.0]),
        tf::constant(2),
    ];
    for value in values {
        let value = value.unwrap();
        f.call(&value).unwrap();
        counts.push(f.experimental_get_tracing_count());
        let concrete = f.get_concrete_function(&[TensorSpec::from_tensor(&value)]).unwrap();
        specs.push(format!("{}", concrete.input_signature()[0].shape));
    }
    assert_eq!(counts, [1, 2, 2, 3, 3, 4, 4]);
    assert_eq!(specs, ["(1,)", "(None,)", "(None,)", "<unknown>", "<unknown>", "(1,)", "<unknown>"]);
}

#[test]
fn a_signature_is_kept_to() {
    let signature =
        vec![TensorSpec::new([None], tf::float32), TensorSpec::new(tf::TensorShape::scalar(), tf::int32)];
    let f = tf::function_with(|x: &Tensor, _: &Tensor| x * 2.0, |o| o.input_signature(signature));
    assert_eq!(text(&f.call(([1, 2], 1)).unwrap()), "[2. 4.]");
    assert_eq!(text(&f.call(([1.0], 1)).unwrap()), "[2.]");
    assert_eq!(f.experimental_get_tracing_count(), 1);
    let errors = [
        f.call((tf::constant([[1.0]]), 1)),
        f.call((tf::constant([1]), 1)),
        f.call([1.0]),
        f.call(([1.0], 1, 2)),
    ];
    let messages: Vec<String> =
        errors.into_iter().map(|error| error.unwrap_err().message().to_string()).collect();
    assert_eq!(
        messages,
        [
            "Binding inputs to tf.function failed due to `Can not cast TensorSpec(shape=(1, 1), dtype=tf.float32, \
             name=None) to TensorSpec(shape=(None,), dtype=tf.float32, name=None)`.",
            "Binding inputs to tf.function failed due to `Can not cast TensorSpec(shape=(1,), dtype=tf.int32, \
             name=None) to TensorSpec(shape=(None,), dtype=tf.float32, name=None)`.",
            "Binding inputs to tf.function failed due to `missing a required argument: 'args_1'`.",
            "Binding inputs to tf.function failed due to `too many positional arguments`.",
        ]
    );
}

#[test]
fn a_general_trace_serves_special_calls() {
    let f = tf::function(|x: &Tensor| x * 2.0);
    let concrete = f.get_concrete_function(&[TensorSpec::new([None], tf::float32)]).unwrap();
    f.call([1.0, 2.0]).unwrap();
    assert_eq!(f.experimental_get_tracing_count(), 1);
    assert_eq!(text(&concrete.call([1.0, 2.0, 3.0]).unwrap()), "[2. 4. 6.]");
    assert_eq!(
        format!("{}", concrete.output_signature()[0]),
        "TensorSpec(shape=(None,), dtype=tf.float32, name=None)"
    );
    let error = concrete.call(tf::constant([1]).unwrap()).unwrap_err();
    assert_eq!(
        error.message(),
        format!(
            "cannot compute {} as input #0(zero-based) was expected to be a float tensor but is a int32 tensor",
            concrete.name()
        )
    );
}

#[test]
fn structures_come_back_as_they_were() {
    let f = tf::function(|x: &Tensor| Ok((x.clone(), vec![(x + 1)?, (x + 2)?], [x.clone()], ())));
    let (a, b, [c], ()) = f.call(1).unwrap();
    assert_eq!([text(&a), text(&b[0]), text(&b[1]), text(&c)], ["1", "2", "3", "1"]);
    let nothing = tf::function(|_: &Tensor| Ok(()));
    nothing.call(1).unwrap();
    let all = tf::function(|args: &[Tensor]| args.iter().try_fold(tf::constant(0)?, |sum, x| sum + x));
    assert_eq!(text(&all.call((1, 2, 3)).unwrap()), "6");
    assert_eq!(text(&all.call(&[tf::constant(4).unwrap()]).unwrap()), "4");
}

#[test]
fn variables_and_tensors_are_captured() {
    let v = tf::Variable::new(1.0).unwrap();
    let large = tf::constant(vec![1.0f32; 1000]).unwrap();
    let f = tf::function(|x: &Tensor| {
        v.assign_add(x)?;
        Ok((v.value()?, (&large * &v)?))
    });
    let (value, _) = f.call(1.0).unwrap();
    assert_eq!(text(&value), "2.0");
    v.assign(10.0).unwrap();
    let (value, scaled) = f.call(1.0).unwrap();
    assert_eq!(text(&value), "11.0");
    assert_eq!(scaled.numpy().unwrap().as_slice::<f32>().unwrap()[999], 11.0);
    assert_eq!(f.experimental_get_tracing_count(), 1);
    let concrete =
        f.get_concrete_function(&[TensorSpec::new(tf::TensorShape::scalar(), tf::float32)]).unwrap();
    assert_eq!(concrete.captured_inputs().len(), 2);
}

/// Assignments and reads keep the order of the program: `tf.function` does this with control dependencies.
#[test]
fn effects_keep_their_order() {
    let v = tf::Variable::new(1.0).unwrap();
    let f = tf::function(|| {
        let before = v.value()?;
        v.assign(2.0)?;
        let between = v.value()?;
        v.assign_add(1.0)?;
        Ok((before, between, v.value()?))
    });
    for first in ["1.0", "3.0"] {
        let (before, between, after) = f.call(()).unwrap();
        assert_eq!([text(&before), text(&between), text(&after)], [first, "2.0", "3.0"]);
    }
}

#[test]
fn functions_call_functions() {
    let traces = AtomicUsize::new(0);
    let inner = tf::function(|x: &Tensor| {
        traces.fetch_add(1, Ordering::Relaxed);
        x + 1
    });
    let outer = tf::function(|x: &Tensor| Ok((inner.call(x)?, inner.call(&(x * 2)?)?)));
    let (a, b) = outer.call(5).unwrap();
    assert_eq!([text(&a), text(&b)], ["6", "11"]);
    assert_eq!(traces.load(Ordering::Relaxed), 1);
}

#[test]
fn a_function_that_never_ends_is_an_error() {
    use std::sync::{Arc, OnceLock};
    type Recursive = tf::Function<'static, Tensor>;
    let cell: Arc<OnceLock<Recursive>> = Arc::default();
    let inside = cell.clone();
    let _ = cell.set(tf::function(move |x: &Tensor| inside.get().unwrap().call(x)));
    let error = cell.get().unwrap().call(1).unwrap_err();
    assert_eq!(error.class_name(), "RuntimeError");
}

#[test]
fn variables_are_made_once() {
    let kept: std::sync::OnceLock<tf::Variable> = std::sync::OnceLock::new();
    let f = tf::function(|x: &Tensor| {
        if kept.get().is_none() {
            let _ = kept.set(tf::Variable::new(5.0)?);
        }
        let Some(v) = kept.get() else { return tf::constant(0.0) };
        v.assign_add(x)?.value()
    });
    assert_eq!(text(&f.call(1.0).unwrap()), "6.0");
    assert_eq!(text(&f.call(1.0).unwrap()), "7.0");
    assert_eq!(f.experimental_get_tracing_count(), 2);
    let each_time = tf::function(|| tf::Variable::new(1.0)?.value());
    let error = each_time.call(()).unwrap_err();
    assert_eq!(error.class_name(), "ValueError");
    assert!(
        error
            .message()
            .starts_with("tf.function only supports singleton tf.Variables created on the first call.")
    );
}

#[test]
fn symbolic_tensors_have_no_values() {
    let f = tf::function(|x: &Tensor| {
        x.numpy()?;
        Ok(x.clone())
    });
    let error = f.call(1).unwrap_err();
    assert_eq!(error.class_name(), "AttributeError");
    assert!(error.message().starts_with("'SymbolicTensor' object has no attribute 'numpy'"));
    let v = tf::Variable::new(1).unwrap();
    let g = tf::function(|| {
        v.numpy()?;
        Ok(())
    });
    let error = g.call(()).unwrap_err();
    assert_eq!(error.message(), "numpy() is only available when eager execution is enabled.");
}

#[test]
fn leaked_tensors_are_out_of_scope() {
    let leak = std::sync::Mutex::new(None);
    let f = tf::function(|x: &Tensor| {
        *leak.lock().unwrap() = Some((x + 1)?);
        Ok(x.clone())
    });
    f.call(1.0).unwrap();
    let leaked = leak.lock().unwrap().clone().unwrap();
    for error in
        [tf::add(&leaked, 1.0).unwrap_err(), tf::function(|x: &Tensor| x + &leaked).call(1.0).unwrap_err()]
    {
        assert_eq!(error.class_name(), "TypeError");
        assert!(error.message().starts_with(
            "<tf.Tensor 'add:0' shape=() dtype=float32> is out of scope and cannot be used here. Use return values, \
             explicit Python locals or TensorFlow collections to access it."
        ), "{error:?}");
    }
}

#[test]
fn failures_name_the_node() {
    let f = tf::function(|x: &Tensor, y: &Tensor| x % y);
    let error = f.call((1, 0)).unwrap_err();
    assert_eq!((error.node(), error.op()), (Some("mod"), Some("FloorMod")));
    let traced = tf::function(|x: &Tensor, y: &Tensor| x + y).call(([1, 2], [1, 2, 3])).unwrap_err();
    assert_eq!(traced.class_name(), "ValueError");
    assert!(traced.message().contains("for '{{node add}} = AddV2[T=DT_INT32](args_0, args_1)'"), "{traced}");
}

#[test]
fn functions_are_called_from_many_threads() {
    let f = tf::function(|x: &Tensor| x * 2);
    std::thread::scope(|scope| {
        for value in 0..4 {
            let f = &f;
            scope.spawn(move || assert_eq!(text(&f.call(value).unwrap()), (2 * value).to_string()));
        }
    });
}
