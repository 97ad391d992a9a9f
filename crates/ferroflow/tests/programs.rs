//! The programs that ferroflow exists for, as their authors write them.

use ferroflow::ndarray::{Array1, Array2, array};
use ferroflow::{NdArray, Result, SparseTensorValue};

#[test]
fn v1_programs_run_in_sessions() -> Result<()> {
    use ferroflow::compat::v1 as tf;
    let x = tf::constant([1, 2, 3])?;
    let sess = tf::Session::new()?;
    let v: NdArray = sess.run(&x)?;
    assert_eq!((v.to_string(), format!("{v:?}")), ("[1 2 3]".into(), "array([1, 2, 3], dtype=int32)".into()));
    let v: Array1<i32> = sess.run(&x)?.try_into()?;
    assert_eq!(v, array![1, 2, 3]);

    let sess = tf::InteractiveSession::new()?;
    assert_eq!(x.eval()?.to_string(), "[1 2 3]");
    sess.close();
    let sess = tf::Session::new()?;
    {
        let _default = sess.as_default();
        assert_eq!(x.eval()?.to_string(), "[1 2 3]");
    }
    assert_eq!(sess.as_default_scope(|| x.eval())?.to_string(), "[1 2 3]");

    let st = tf::SparseTensor::new([[0, 0]], [1], [1, 2])?;
    let v: SparseTensorValue = sess.run(&st)?;
    assert_eq!(v.dense_shape.to_string(), "[1 2]");

    let a = tf::constant([[1, 2], [3, 4]])?;
    let out = tf::multiply(&a, &tf::add(&a, 1)?)?;
    let value = out.eval_in(&tf::Session::new()?)?;
    assert_eq!(format!("{value:?}"), "array([[ 2,  6],\n       [12, 20]], dtype=int32)");
    let error = a.numpy().expect_err("a symbolic tensor has no value");
    assert_eq!(error.class_name(), "AttributeError");
    assert!(error.message().starts_with("'SymbolicTensor' object has no attribute 'numpy'"));
    // Ops stand in the default graph, so it is too late for this.
    let error = tf::enable_eager_execution().expect_err("too late");
    assert_eq!(error.message(), "tf.enable_eager_execution must be called at program startup.");
    Ok(())
}

#[test]
fn v2_programs_compute_at_once() -> Result<()> {
    use ferroflow::v2 as tf;
    let a = tf::constant([[1, 2], [3, 4]])?;
    let b = tf::add(&a, 1)?;
    let product = (&a * &b)?;
    assert_eq!(format!("{product}"), "[[ 2  6]\n [12 20]]");
    assert_eq!(
        format!("{b:?}"),
        "<tf.Tensor: shape=(2, 2), dtype=int32, numpy=\narray([[2, 3],\n       [4, 5]], dtype=int32)>"
    );

    // The array shares the tensor's memory until somebody writes.
    let mut numpy = a.numpy()?;
    let address = |array: &NdArray| array.as_slice::<i32>().map(<[i32]>::as_ptr);
    assert_eq!(address(&numpy)?, address(a.value()?)?);
    numpy.as_mut_slice::<i32>()?[0] = 9;
    assert_ne!(address(&numpy)?, address(a.value()?)?);
    assert_eq!(a.numpy()?.as_slice::<i32>()?, [1, 2, 3, 4]);

    // Borrowed, copied, moved: the last costs nothing when nobody else holds the memory.
    let numpy = product.numpy()?;
    drop(product);
    assert_eq!(numpy.view::<i32>()?[[1, 1]], 20);
    assert_eq!(numpy.to_array::<i32>()?.sum(), 40);
    let before = address(&numpy)?;
    let moved = numpy.into_array::<i32>()?;
    assert_eq!(moved.as_ptr(), before);
    let matrix: Array2<i32> = NdArray::from(moved).try_into()?;
    assert_eq!(matrix.as_ptr(), before);
    Ok(())
}
