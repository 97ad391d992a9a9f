//! Values that stay in a session between runs, and their handles.

use super::fetch::{Fetch, FetchPlan, FetchedValues};
use super::open::Session;
use crate::{facade, get_default_graph};
use ferroflow_core::{DType, Error, NdArray, Op, Result, TString, Tensor, context, ensure};
use ferroflow_graph::Operation;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The tensor of a handle; a run gives the [`TensorHandle`] of the value it kept.
#[derive(Clone, Debug)]
pub struct SessionHandle {
    tensor: Tensor,
    dtype: DType,
}

impl Deref for SessionHandle {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.tensor
    }
}

impl Fetch for SessionHandle {
    type Output = TensorHandle;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.fetch(&self.tensor)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<TensorHandle> {
        let handle = values.rebuild(&self.tensor)?.item::<TString>()?.to_string_lossy().into_owned();
        Ok(TensorHandle(Arc::new(Kept {
            handle,
            dtype: self.dtype,
            session: values.session().clone(),
            is_owned: AtomicBool::new(true),
        })))
    }
}

/// The handle of a value that a session keeps, until the last copy of the handle is dropped.
///
/// Source: `tf.compat.v1.TensorHandle`.
#[derive(Clone)]
pub struct TensorHandle(Arc<Kept>);

struct Kept {
    handle: String,
    dtype: DType,
    session: Session,
    /// Whether the value goes when this does.
    is_owned: AtomicBool,
}

impl Kept {
    /// Removes the value from the session.
    fn remove(&self) -> Result<()> {
        match self.session.0.engine.session_tensors() {
            Some(kept) => kept.remove(&self.handle),
            None => Ok(()),
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if *self.is_owned.get_mut() {
            // It may be gone already, by an op.
            let _ = self.remove();
        }
    }
}

impl TensorHandle {
    /// The handle as a text, which placeholders of handles are fed.
    pub fn handle(&self) -> &str {
        &self.0.handle
    }

    /// The dtype of the value.
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    fn check_owned(&self) -> Result<()> {
        ensure!(
            self.0.is_owned.load(Ordering::SeqCst),
            type_error,
            "Persistent tensor {} may have already been deleted.",
            self.0.handle
        );
        Ok(())
    }

    /// The value.
    ///
    /// # Errors
    /// `TypeError` when it was deleted, or [`TensorHandle::get_raw_handle`] gave it away; `RuntimeError` when the session
    /// is closed.
    pub fn eval(&self) -> Result<NdArray> {
        self.check_owned()?;
        self.0.session.check_usable()?;
        match self.0.session.0.engine.session_tensors() {
            Some(kept) => kept.get(&self.0.handle),
            None => Err(Error::failed_precondition("GetSessionTensor called on null session state")),
        }
    }

    /// Deletes the value.
    ///
    /// # Errors
    /// As [`TensorHandle::eval`].
    pub fn delete(&self) -> Result<()> {
        self.check_owned()?;
        self.0.is_owned.store(false, Ordering::SeqCst);
        self.0.remove()
    }

    /// The handle as a text; from now on the value stays until an op deletes it.
    pub fn get_raw_handle(&self) -> String {
        self.0.is_owned.store(false, Ordering::SeqCst);
        self.0.handle.clone()
    }
}

impl fmt::Display for TensorHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.handle)
    }
}

impl fmt::Debug for TensorHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TensorHandle({:?})", self.0.handle)
    }
}

/// Keeps a tensor's value in the session that runs this, for later runs; servers keep none.
///
/// Source: `tf.compat.v1.get_session_handle`.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, feeds};
/// let product = (&tf::constant([1.0f32, 2.0])? * 3.0)?;
/// let kept = tf::get_session_handle(&product)?;
/// let sess = tf::Session::new()?;
/// let handle = sess.run(&kept)?;
/// let (holder, value) = tf::get_session_tensor(handle.handle(), tf::float32)?;
/// let sum = (&value + 1.0)?;
/// assert_eq!(sess.run_feed(&sum, feeds![&holder => handle.handle()])?.as_slice::<f32>()?, [4.0, 7.0]);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for an eager tensor.
pub fn get_session_handle(data: &Tensor) -> Result<SessionHandle> {
    ensure!(!data.is_eager(), type_error, "`data` must be of type Tensor.");
    let operation = Operation::of(data)?;
    let keep = || Op::named("GetSessionHandle").input(data).one();
    let tensor = facade(|| operation.graph().colocate_with(&operation, keep))?;
    Ok(SessionHandle { tensor, dtype: data.dtype().base() })
}

/// A placeholder for a handle, on the device that the handle names.
fn holder() -> Result<Tensor> {
    Op::named("Placeholder").attr("dtype", DType::STRING).one()
}

/// The device in a handle.
fn device_of(handle: &str) -> &str {
    handle.rsplit(';').next().unwrap_or_default()
}

/// A placeholder that is fed a handle, and the tensor of the value behind it.
///
/// Source: `tf.compat.v1.get_session_tensor`.
///
/// # Errors
/// `ValueError` for a handle without a device.
pub fn get_session_tensor(handle: &str, dtype: DType) -> Result<(Tensor, Tensor)> {
    let name = context::take_name().unwrap_or_else(|| "GetSessionTensor".to_string());
    facade(|| {
        get_default_graph().device(device_of(handle), || {
            let holder = holder()?;
            let tensor =
                Op::named("GetSessionTensor").input(&holder).attr("dtype", dtype).name(name).one()?;
            Ok((holder, tensor))
        })
    })
}

/// A placeholder that is fed a handle, and the operation that deletes the value behind it.
///
/// Source: `tf.compat.v1.delete_session_tensor`.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, feeds};
/// let kept = tf::get_session_handle(&tf::constant(1)?)?;
/// let sess = tf::Session::new()?;
/// let handle = sess.run(&kept)?.get_raw_handle();
/// let (holder, delete) = tf::delete_session_tensor(&handle)?;
/// sess.run_feed(&delete, feeds![&holder => handle.as_str()])?;
/// assert!(sess.run_feed(&delete, feeds![&holder => handle.as_str()]).is_err());
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a handle without a device.
pub fn delete_session_tensor(handle: &str) -> Result<(Tensor, Operation)> {
    let name = context::take_name().unwrap_or_else(|| "DeleteSessionTensor".to_string());
    facade(|| {
        let graph = get_default_graph();
        graph.device(device_of(handle), || {
            let holder = holder()?;
            let delete = crate::ops::added_node(&graph, "DeleteSessionTensor", || {
                Op::named("DeleteSessionTensor").input(&holder).name(name).run()
            })?;
            Ok((holder, delete))
        })
    })
}
