//! `InteractiveSession`: a session that is the default one from the start.

use super::open::{Session, SessionBuilder};
use ferroflow_core::Result;
use ferroflow_core::context::{EvaluatorGuard, TargetGuard};
use std::cell::RefCell;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

/// A [`Session`] that is the default session of its thread until it is closed or dropped.
///
/// It stays on the thread that opened it: default sessions belong to threads. The session itself may be shared:
/// clone it out with [`InteractiveSession::session`].
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let sess = tf::InteractiveSession::new()?;
/// let x = tf::constant([1, 2, 3])?;
/// assert_eq!(x.eval()?.to_string(), "[1 2 3]");
/// sess.close();
/// assert!(x.eval().is_err());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct InteractiveSession {
    session: Session,
    installed: RefCell<Option<Installed>>,
}

/// What makes the session the default one.
struct Installed {
    _session: EvaluatorGuard,
    _graph: Option<TargetGuard>,
    _count: Count,
}

/// One of the interactive sessions that are open in the process.
struct Count;

static OPEN: AtomicUsize = AtomicUsize::new(0);

impl Drop for Count {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Takes the warnings of the v1 API.
type WarningHook = dyn Fn(&str) + Send + Sync;

static WARNING_HOOK: RwLock<Option<Box<WarningHook>>> = RwLock::new(None);

/// Sets where warnings go, which are otherwise lost: a library does not print.
pub fn set_warning_hook(hook: Option<Box<WarningHook>>) {
    *WARNING_HOOK.write().unwrap_or_else(PoisonError::into_inner) = hook;
}

pub(crate) fn warn(message: &str) {
    if let Some(hook) = WARNING_HOOK.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
        hook(message);
    }
}

const ALREADY_ACTIVE: &str = "An interactive session is already active. This can cause out-of-memory errors or some \
                              other unexpected errors (due to the unpredictable timing of garbage collection) in \
                              some cases. You must explicitly call `InteractiveSession.close()` to release resources \
                              held by the other session(s). Please use `tf.Session()` if you intend to productionize.";

impl InteractiveSession {
    /// A session for the default graph.
    ///
    /// # Errors
    /// As [`SessionBuilder::build`].
    pub fn new() -> Result<InteractiveSession> {
        InteractiveSession::build(Session::builder())
    }

    /// A session as the builder describes it. A graph that it names becomes the default graph, too.
    ///
    /// # Errors
    /// As [`SessionBuilder::build`].
    pub fn build(builder: SessionBuilder) -> Result<InteractiveSession> {
        let graph = builder.named_graph().cloned();
        let session = builder.build()?;
        if OPEN.fetch_add(1, Ordering::SeqCst) > 0 {
            warn(ALREADY_ACTIVE);
        }
        let installed = Installed {
            _session: session.as_default(),
            _graph: graph.map(|graph| graph.as_default()),
            _count: Count,
        };
        Ok(InteractiveSession { session, installed: RefCell::new(Some(installed)) })
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Closes the session; the default session and graph are again what they were before.
    pub fn close(&self) {
        self.session.close();
        self.installed.borrow_mut().take();
    }
}

impl Deref for InteractiveSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl Drop for InteractiveSession {
    fn drop(&mut self) {
        self.close();
    }
}
