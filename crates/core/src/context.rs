//! Where ops go: the per-thread stacks of graphs, default sessions and gradient tapes.
//!
//! An op joins the graph on top of the stack. With no graph there, it joins the graph of its symbolic inputs, and
//! runs at once when it has none.

use crate::{Env, Error, NdArray, OpCall, PartialShape, Result, SymbolicTensor, Tensor};
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// A graph, as far as tensors and ops must know it.
pub trait GraphLike: Any + Send + Sync {
    /// Adds a node for an op and returns its outputs.
    ///
    /// # Errors
    /// What the shape function finds wrong, a bad name, a finalised graph, inputs of another graph.
    fn add_op(&self, call: OpCall) -> Result<Vec<Tensor>>;
    /// The name of a node.
    fn node_name(&self, node: usize) -> String;
    /// The type of a node's op.
    fn node_op(&self, node: usize) -> String;
    /// The device a node asks for; empty for none.
    fn node_device(&self, node: usize) -> String;
    /// What is known of the shape of a node's output.
    fn output_shape(&self, node: usize, index: usize) -> PartialShape;
    /// Adds to what is known of the shape of a node's output.
    ///
    /// # Errors
    /// `ValueError` when it contradicts what is known.
    fn set_output_shape(&self, node: usize, index: usize, shape: &PartialShape) -> Result<()>;
    /// Opens a name scope (made unique unless it ends in `/`); returns what [`GraphLike::restore_name_scope`] takes.
    ///
    /// # Errors
    /// `ValueError` for a name TensorFlow does not allow.
    fn enter_name_scope(&self, name: &str) -> Result<String>;
    /// The open name scope, without a slash at its end; empty at the top.
    fn name_scope(&self) -> String;
    /// Goes back to the scope that was open before.
    fn restore_name_scope(&self, previous: String);
    /// The value of a tensor of this graph, where it is a constant.
    fn constant_value(&self, tensor: &SymbolicTensor) -> Option<NdArray>;
    /// Whether a trace made the graph, as the body of a function.
    fn builds_function(&self) -> bool {
        false
    }
    /// The seed of the graph's random ops, if it was set.
    fn random_seed(&self) -> Option<i64> {
        None
    }
    /// A number for the next random op that has no seed of its own.
    fn next_op_seed(&self) -> i64 {
        0
    }
    /// How many nodes there are; they are numbered in the order in which they were added.
    fn num_nodes(&self) -> usize;
    /// Runs `f` while new nodes wait for these nodes, and stand where the node `beside` does if there is one.
    ///
    /// # Errors
    /// What `f` returns.
    fn with_controls(
        &self,
        after: &[usize],
        beside: Option<usize>,
        f: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()>;
    /// Adds a conditional: the results of one branch where `pred` is true, else those of the other.
    ///
    /// # Errors
    /// What the branches return, and when their results do not fit.
    fn cond(&self, pred: &Tensor, then_branch: Branch<'_>, else_branch: Branch<'_>) -> Result<Vec<Tensor>>;
    /// Adds a conditional that runs `code` for its effects where `pred` is false; gives the node to wait for.
    ///
    /// # Errors
    /// What `code` returns.
    fn unless(&self, pred: &Tensor, code: &mut dyn FnMut() -> Result<()>) -> Result<usize>;
    /// The graph as `Any`, for crates that know its type.
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// Code of a branch.
pub type Branch<'a> = &'a mut dyn FnMut() -> Result<Vec<Tensor>>;

/// A session, as far as tensors must know it.
pub trait Evaluator: Any {
    /// Whether this is the session's graph.
    fn owns(&self, graph: &Arc<dyn GraphLike>) -> bool;
    /// Computes a tensor.
    ///
    /// # Errors
    /// What the run returns.
    fn evaluate(&self, tensor: &Tensor, feeds: &[(Tensor, NdArray)]) -> Result<NdArray>;
    /// Runs a node for its effect.
    ///
    /// # Errors
    /// What the run returns.
    fn execute(&self, graph: &Arc<dyn GraphLike>, node: usize) -> Result<()>;
}

/// Gradients of inputs from those of outputs, for code that is differentiated as a whole.
pub type Backward = Rc<dyn Fn(&[Option<Tensor>]) -> Result<Vec<Option<Tensor>>>>;

/// Watches ops that ran eagerly: a gradient tape.
pub trait OpRecorder {
    /// An op ran with these inputs and gave these outputs.
    fn record(&self, call: &OpCall, inputs: &[Tensor], outputs: &[Tensor]);
    /// Code that brings its own gradient ran with these inputs and gave these outputs.
    fn record_custom(&self, inputs: &[Tensor], outputs: &[Tensor], backward: Backward);
}

/// What the next ops join.
#[derive(Clone)]
enum Target {
    Graph(Arc<dyn GraphLike>),
    /// Eager, whatever graphs are open outside (`tf.init_scope`).
    Eager,
}

#[derive(Default)]
struct Stacks {
    targets: Vec<(u64, Target)>,
    evaluators: Vec<(u64, Arc<dyn Evaluator>)>,
    recorders: Vec<Rc<dyn OpRecorder>>,
    next_op_name: Option<String>,
    next_guard: u64,
    /// Whether conditionals are made of `Switch` and `Merge` nodes.
    switches: bool,
    /// The nodes that assertions have added since [`checks_of`] was called, while it runs.
    checks: Option<Vec<usize>>,
}

thread_local! {
    static STACKS: RefCell<Stacks> = RefCell::default();
}

impl Stacks {
    /// What tells an entry of a stack from the others.
    fn guard_id(&mut self) -> u64 {
        self.next_guard += 1;
        self.next_guard
    }

    fn push_target(&mut self, target: Target) -> u64 {
        let id = self.guard_id();
        self.targets.push((id, target));
        id
    }
}

fn with_stacks<R>(f: impl FnOnce(&mut Stacks) -> R) -> R {
    STACKS.with(|stacks| f(&mut stacks.borrow_mut()))
}

/// Runs `f` with a graph on top of the stack: ops join it.
pub fn with_graph<R>(graph: Arc<dyn GraphLike>, f: impl FnOnce() -> R) -> R {
    let _guard = push_graph(graph);
    f()
}

/// Runs `f` with ops running at once, whatever graph is open.
pub fn with_eager<R>(f: impl FnOnce() -> R) -> R {
    let id = with_stacks(|stacks| stacks.push_target(Target::Eager));
    let _guard = TargetGuard { id, not_send: std::marker::PhantomData };
    f()
}

/// Runs `f` outside of every function under a trace: in the plain graph they are traced for, eagerly where there is
/// none. Nothing that `f` does is differentiated (`tf.init_scope`).
pub fn init_scope<R>(f: impl FnOnce() -> R) -> R {
    let outer = with_stacks(|stacks| {
        let mut targets = stacks.targets.iter().rev().map(|(_, target)| target);
        targets.find(|target| !matches!(target, Target::Graph(graph) if graph.builds_function())).cloned()
    });
    without_recorders(|| match outer {
        Some(Target::Graph(graph)) => with_graph(graph, f),
        Some(Target::Eager) | None => with_eager(f),
    })
}

/// Keeps a graph on the stack of this thread until it is dropped.
#[must_use = "the graph leaves the stack when the guard is dropped"]
pub struct TargetGuard {
    id: u64,
    /// The stack belongs to a thread, and so does the guard.
    not_send: std::marker::PhantomData<*const ()>,
}

/// Puts a graph on top of the stack.
pub fn push_graph(graph: Arc<dyn GraphLike>) -> TargetGuard {
    let id = with_stacks(|stacks| stacks.push_target(Target::Graph(graph)));
    TargetGuard { id, not_send: std::marker::PhantomData }
}

impl Drop for TargetGuard {
    fn drop(&mut self) {
        // Guards may be dropped in any order (interactive sessions are): each takes away its own entry.
        let removed = with_stacks(|stacks| {
            let position = stacks.targets.iter().rposition(|(id, _)| *id == self.id)?;
            Some(stacks.targets.remove(position))
        });
        drop(removed);
    }
}

/// Whether a graph scope or an eager scope is open on this thread.
pub fn has_scope() -> bool {
    with_stacks(|stacks| !stacks.targets.is_empty())
}

/// The graph on top of the stack.
pub fn current_graph() -> Option<Arc<dyn GraphLike>> {
    with_stacks(|stacks| match stacks.targets.last() {
        Some((_, Target::Graph(graph))) => Some(graph.clone()),
        _ => None,
    })
}

/// Whether an op without symbolic inputs would run at once.
pub fn executing_eagerly() -> bool {
    current_graph().is_none()
}

/// The innermost open graphs, from the top.
pub fn open_graphs() -> Vec<Arc<dyn GraphLike>> {
    with_stacks(|stacks| {
        stacks
            .targets
            .iter()
            .rev()
            .filter_map(|(_, target)| match target {
                Target::Graph(graph) => Some(graph.clone()),
                Target::Eager => None,
            })
            .collect()
    })
}

/// Whether a graph is open on this thread, at the top or further out.
pub fn is_open(graph: &Arc<dyn GraphLike>) -> bool {
    with_stacks(|stacks| {
        stacks.targets.iter().any(|(_, target)| match target {
            Target::Graph(open) => std::ptr::addr_eq(Arc::as_ptr(open), Arc::as_ptr(graph)),
            Target::Eager => false,
        })
    })
}

/// The error for a tensor that is used outside of the graph it is of.
pub fn out_of_scope(tensor: &Tensor) -> Error {
    Error::type_error(format!(
        "{tensor:?} is out of scope and cannot be used here. Use return values, explicit Python locals or TensorFlow \
         collections to access it.\nPlease see \
         https://www.tensorflow.org/guide/function#all_outputs_of_a_tffunction_must_be_return_values for more \
         information."
    ))
}

/// Makes a session the default one of this thread until the guard is dropped.
pub fn push_evaluator(session: Arc<dyn Evaluator>) -> EvaluatorGuard {
    let id = with_stacks(|stacks| {
        let id = stacks.guard_id();
        stacks.evaluators.push((id, session));
        id
    });
    EvaluatorGuard { id, not_send: std::marker::PhantomData }
}

/// Keeps a session the default one of this thread until it is dropped.
#[must_use = "the session stops being the default one when the guard is dropped"]
pub struct EvaluatorGuard {
    id: u64,
    not_send: std::marker::PhantomData<*const ()>,
}

impl Drop for EvaluatorGuard {
    fn drop(&mut self) {
        let removed = with_stacks(|stacks| {
            let position = stacks.evaluators.iter().rposition(|(id, _)| *id == self.id)?;
            Some(stacks.evaluators.remove(position))
        });
        drop(removed);
    }
}

/// The default session of this thread.
pub fn default_evaluator() -> Option<Arc<dyn Evaluator>> {
    with_stacks(|stacks| stacks.evaluators.last().map(|(_, session)| session.clone()))
}

/// Runs `f` while a recorder sees every eager op of this thread.
pub fn with_recorder<R>(recorder: Rc<dyn OpRecorder>, f: impl FnOnce() -> R) -> R {
    push_recorder(recorder.clone());
    struct Pop(Rc<dyn OpRecorder>);
    impl Drop for Pop {
        fn drop(&mut self) {
            pop_recorder(&self.0);
        }
    }
    let _pop = Pop(recorder);
    f()
}

/// Lets a recorder see every eager op of this thread from now on.
pub fn push_recorder(recorder: Rc<dyn OpRecorder>) {
    with_stacks(|stacks| stacks.recorders.push(recorder));
}

/// Ends what [`push_recorder`] began; `false` when the recorder was not there.
pub fn pop_recorder(recorder: &Rc<dyn OpRecorder>) -> bool {
    let removed = with_stacks(|stacks| {
        let position = stacks.recorders.iter().rposition(|held| Rc::ptr_eq(held, recorder))?;
        Some(stacks.recorders.remove(position))
    });
    removed.is_some()
}

/// Takes all recorders away while `f` runs: what it does is not differentiated.
pub fn without_recorders<R>(f: impl FnOnce() -> R) -> R {
    let held = with_stacks(|stacks| std::mem::take(&mut stacks.recorders));
    struct Restore(Vec<Rc<dyn OpRecorder>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let held = std::mem::take(&mut self.0);
            with_stacks(|stacks| stacks.recorders = held);
        }
    }
    let _restore = Restore(held);
    f()
}

/// Whether anybody watches eager ops.
pub fn has_recorders() -> bool {
    num_recorders() > 0
}

/// How many watch eager ops: as many times what runs may be differentiated.
pub fn num_recorders() -> usize {
    with_stacks(|stacks| stacks.recorders.len())
}

/// Shows an eager op to every recorder.
pub(crate) fn record(call: &OpCall, inputs: &[Tensor], outputs: &[Tensor]) {
    let recorders = with_stacks(|stacks| stacks.recorders.clone());
    for recorder in recorders {
        recorder.record(call, inputs, outputs);
    }
}

/// Shows code that brings its own gradient to every recorder.
pub fn record_custom(inputs: &[Tensor], outputs: &[Tensor], backward: &Backward) {
    let recorders = with_stacks(|stacks| stacks.recorders.clone());
    for recorder in recorders {
        recorder.record_custom(inputs, outputs, backward.clone());
    }
}

/// Runs `f`, in which the first op, or the first function that opens a name scope, gets this name: the `name=`
/// argument of every TensorFlow function.
pub fn with_name<R>(name: &str, f: impl FnOnce() -> R) -> R {
    let previous = with_stacks(|stacks| stacks.next_op_name.replace(name.to_string()));
    let result = f();
    with_stacks(|stacks| stacks.next_op_name = previous);
    result
}

/// The name set by [`with_name`], which is used once.
pub fn take_name() -> Option<String> {
    with_stacks(|stacks| stacks.next_op_name.take())
}

/// Runs `f` within a name scope of the current graph, under the name set by [`with_name`] or this default.
///
/// # Errors
/// `ValueError` for a name TensorFlow does not allow, and what `f` returns.
pub fn name_scope<R>(default_name: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    let name = take_name().unwrap_or_else(|| default_name.to_string());
    let Some(graph) = current_graph() else {
        return f();
    };
    let previous = graph.enter_name_scope(&name)?;
    struct Restore(Arc<dyn GraphLike>, Option<String>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(previous) = self.1.take() {
                self.0.restore_name_scope(previous);
            }
        }
    }
    let _restore = Restore(graph, Some(previous));
    f()
}

/// The same for a function whose last op bears the scope's own name: `f` is given the name to pass to that op.
///
/// # Errors
/// As [`name_scope`].
pub fn name_scope_for_op<R>(name: &str, f: impl FnOnce(String) -> Result<R>) -> Result<R> {
    let name = take_name().unwrap_or_else(|| name.to_string());
    with_name(&name, || {
        name_scope(&name, || match current_graph() {
            // A name that ends in a slash is taken as it is: it is unique already.
            Some(graph) => f(format!("{}/", graph.name_scope())),
            None => f(name.to_string()),
        })
    })
}

/// The result of `then_branch` where `pred` is true, else that of `else_branch`: both branches are built in a graph, and
/// one of them runs elsewhere.
///
/// # Errors
/// What the branches return, and when their results do not fit.
pub fn cond(
    pred: &Tensor,
    mut then_branch: impl FnMut() -> Result<Tensor>,
    mut else_branch: impl FnMut() -> Result<Tensor>,
) -> Result<Tensor> {
    let Some(graph) = current_graph() else {
        return if pred.value()?.item::<bool>()? { then_branch() } else { else_branch() };
    };
    let results = graph.cond(pred, &mut || then_branch().map(|result| vec![result]), &mut || {
        else_branch().map(|result| vec![result])
    })?;
    results.into_iter().next().ok_or_else(|| Error::internal("a conditional gives nothing"))
}

/// Runs `f`, in which conditionals are made of `Switch` and `Merge` nodes, or not: the v1 API's are, outside of traced
/// functions.
pub fn with_switches<R>(switches: bool, f: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            with_stacks(|stacks| stacks.switches = self.0);
        }
    }
    let _restore = Restore(with_stacks(|stacks| std::mem::replace(&mut stacks.switches, switches)));
    f()
}

/// Whether conditionals are made of `Switch` and `Merge` nodes, and loops of frames: never in a traced function.
pub fn uses_switches() -> bool {
    with_stacks(|stacks| stacks.switches) && !current_graph().is_some_and(|graph| graph.builds_function())
}

/// Says that this node of the graph in force is an assertion's: what depends on the assertion waits for it.
pub fn note_check(node: usize) {
    with_stacks(|stacks| stacks.checks.as_mut().map(|checks| checks.push(node)));
}

/// The nodes of the assertions that `checks` adds to the graph in force.
///
/// # Errors
/// What `checks` finds wrong at once.
pub fn checks_of(checks: impl FnOnce() -> Result<()>) -> Result<Vec<usize>> {
    let outer = with_stacks(|stacks| stacks.checks.replace(Vec::new()));
    let result = checks();
    let found = with_stacks(|stacks| std::mem::replace(&mut stacks.checks, outer));
    result.map(|()| found.unwrap_or_default())
}

/// The tensor, for readers that must not go on unless `checks` hold: in a graph an `Identity` that waits for the
/// assertions `checks` added, beside the tensor's own node; elsewhere they have run already.
///
/// # Errors
/// What `checks` finds wrong at once, a finalised graph.
pub fn with_dependencies(tensor: Tensor, checks: impl FnOnce() -> Result<()>) -> Result<Tensor> {
    let Some(graph) = current_graph() else {
        return checks().map(|()| tensor);
    };
    let after = checks_of(checks)?;
    let Some(symbolic) = tensor.as_symbolic() else { return Ok(tensor) };
    if after.is_empty() {
        return Ok(tensor);
    }
    name_scope_for_op("control_dependency", |name| {
        let mut checked = None;
        graph.with_controls(&after, Some(symbolic.node()), &mut || {
            checked = Some(with_name(&name, || crate::Op::named("Identity").input(&tensor).one())?);
            Ok(())
        })?;
        checked.ok_or_else(|| Error::internal("a graph did not run what it was given"))
    })
}

/// What `f` makes, none of which runs unless `checks` hold: its nodes wait for the assertions that `checks` adds.
///
/// # Errors
/// What `checks` finds wrong at once, and what `f` returns.
pub fn after_checks<R>(checks: impl FnOnce() -> Result<()>, f: impl FnOnce() -> Result<R>) -> Result<R> {
    let after = checks_of(checks)?;
    let Some(graph) = current_graph().filter(|_| !after.is_empty()) else { return f() };
    let (mut f, mut made) = (Some(f), None);
    graph.with_controls(&after, None, &mut || {
        made = f.take().map(|f| f()).transpose()?;
        Ok(())
    })?;
    made.ok_or_else(|| Error::internal("a graph did not run what it was given"))
}

/// What eager ops share: variables, random state, the function library.
pub fn eager_env() -> Arc<Env> {
    eager_env_cell().read().unwrap_or_else(PoisonError::into_inner).clone()
}

fn eager_env_cell() -> &'static RwLock<Arc<Env>> {
    static ENV: OnceLock<RwLock<Arc<Env>>> = OnceLock::new();
    ENV.get_or_init(RwLock::default)
}

/// Changes what eager ops share: how the function library is installed.
pub fn update_eager_env(update: impl FnOnce(&mut Env)) {
    update(Arc::make_mut(&mut eager_env_cell().write().unwrap_or_else(PoisonError::into_inner)));
}
