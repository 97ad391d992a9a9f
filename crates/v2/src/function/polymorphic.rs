//! `function`: a closure that is traced once per input signature.

use super::cache::{self, Entry};
use super::{Arguments, ConcreteFunction, Traceable};
use crate::tensor_spec::argument_name;
use crate::variable::tracking;
use crate::{Nest, TensorSpec};
use ferroflow_core::{Error, Operand, Result, Tensor, bail, context, convert_to_tensor, options};
use ferroflow_graph::{ArgSpec, trace};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

options! {
    /// Optional arguments of [`function_with`].
    pub struct FunctionOptions {
        /// What the names of traces contain.
        name: String = "function".to_string(),
        /// What each argument may be; with it there is one trace, and other arguments are errors.
        input_signature: Option<Vec<TensorSpec>> = None,
        /// Whether a second trace for other shapes is made for all shapes that the two have in common.
        reduce_retracing: bool = false,
    }
}

/// A closure of any arity, once its arguments are a slice.
type Closure<'a, R> = Box<dyn Fn(&[Tensor]) -> Result<R> + Send + Sync + 'a>;

/// A closure on its way into graphs (`tf.function`): traced once per dtypes and shapes of the arguments, and called as a
/// graph from then on. See [`function`].
pub struct Function<'a, R> {
    closure: Closure<'a, R>,
    arity: Option<usize>,
    options: FunctionOptions,
    entries: Mutex<Vec<Entry<R>>>,
    traces: AtomicUsize,
}

/// A function of this closure.
///
/// The closure runs when a call has arguments of dtypes and shapes that no call had before; what it does besides ops,
/// such as counting or printing, happens then and only then. Its arguments are symbolic: they have no `numpy()`.
/// Variables and tensors that it uses from outside are passed in every call; eager tensors with few elements become
/// constants of the trace.
///
/// Differs from TensorFlow: numbers are tensors like any others, so calls with other numbers are no reason for a trace.
///
/// ```
/// use ferroflow_v2 as tf;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// let traces = AtomicUsize::new(0);
/// let scaled_sum = tf::function(|x: &tf::Tensor, y: &tf::Tensor| {
///     traces.fetch_add(1, Ordering::Relaxed);
///     x * 2.0 + y
/// });
/// assert_eq!(format!("{}", scaled_sum.call(([1.0, 2.0], 3.0))?), "[5. 7.]");
/// assert_eq!(format!("{}", scaled_sum.call(([2.0, 3.0], 4.0))?), "[ 8. 10.]");
/// assert_eq!(traces.load(Ordering::Relaxed), 1);
/// scaled_sum.call((1.0, 1.0))?;
/// assert_eq!(scaled_sum.experimental_get_tracing_count(), 2);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn function<'a, M, F>(closure: F) -> Function<'a, F::Output>
where
    F: Traceable<M> + Send + Sync + 'a,
{
    function_with(closure, |options| options)
}

/// A function of this closure, with a name, a fixed signature or relaxed shapes.
///
/// ```
/// use ferroflow_v2 as tf;
/// let any_length = tf::TensorSpec::new([None], tf::float32);
/// let double = tf::function_with(|x: &tf::Tensor| x * 2.0, |o| o.input_signature(vec![any_length]));
/// double.call([1.0])?;
/// double.call([1.0, 2.0])?;
/// assert_eq!(double.experimental_get_tracing_count(), 1);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn function_with<'a, M, F>(
    closure: F,
    options: impl FnOnce(FunctionOptions) -> FunctionOptions,
) -> Function<'a, F::Output>
where
    F: Traceable<M> + Send + Sync + 'a,
{
    ferroflow_graph::install();
    Function {
        closure: Box::new(move |args| closure.run(args)),
        arity: F::ARITY,
        options: options(FunctionOptions::default()),
        entries: Mutex::default(),
        traces: AtomicUsize::new(0),
    }
}

impl<R: Nest> Function<'_, R> {
    /// Calls the function: runs it in eager code, adds a call to the graph in force otherwise.
    ///
    /// Takes one operand, a tuple of operands, or a slice of tensors.
    ///
    /// # Errors
    /// `TypeError` for arguments that do not fit the closure or the input signature; what tracing finds wrong; what
    /// the ops return when they run, with the node that failed.
    pub fn call<M>(&self, args: impl Arguments<M>) -> Result<R> {
        let args = self.bind(args.into_operands()?)?;
        if crate::config::functions_run_eagerly() {
            return (self.closure)(&args);
        }
        let specs: Vec<TensorSpec> = args.iter().map(TensorSpec::from_tensor).collect();
        self.concrete_for(specs)?.call_flat(&args)
    }

    /// The trace for these arguments, made if need be.
    ///
    /// # Errors
    /// `TypeError` when they do not fit the closure or the input signature; what tracing finds wrong.
    pub fn get_concrete_function(&self, specs: &[TensorSpec]) -> Result<ConcreteFunction<R>> {
        if specs.is_empty() && self.options.input_signature.is_some() {
            return self.concrete_for(Vec::new());
        }
        self.check_count(specs.len())?;
        self.concrete_for(specs.to_vec())
    }

    /// What each argument may be, where it was said.
    pub fn input_signature(&self) -> Option<&[TensorSpec]> {
        self.options.input_signature.as_deref()
    }

    /// The traces that eager code calls; with an input signature there is one.
    pub(crate) fn eager_traces(&self) -> Result<Vec<ConcreteFunction<R>>> {
        if self.options.input_signature.is_some() {
            context::init_scope(|| self.concrete_for(Vec::new()))?;
        }
        let entries = self.entries();
        let eager = entries.iter().filter(|entry| entry.graph.is_none());
        Ok(eager.map(|entry| entry.concrete.clone()).collect())
    }

    /// How often the closure was traced.
    pub fn experimental_get_tracing_count(&self) -> usize {
        self.traces.load(Ordering::Relaxed)
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry<R>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bind(&self, operands: Vec<Operand>) -> Result<Vec<Tensor>> {
        self.check_count(operands.len())?;
        let Some(signature) = &self.options.input_signature else {
            return operands.into_iter().map(|operand| convert_to_tensor(operand, None)).collect();
        };
        let specs = signature.iter();
        operands
            .into_iter()
            .zip(specs)
            .map(|(operand, spec)| match operand {
                Operand::Tensor(tensor) => Ok(tensor),
                value => convert_to_tensor(value, Some(spec.dtype)),
            })
            .collect()
    }

    fn check_count(&self, found: usize) -> Result<()> {
        let wanted = self.options.input_signature.as_ref().map(Vec::len).or(self.arity);
        match wanted {
            Some(wanted) if found < wanted => {
                Err(binding(&format!("missing a required argument: 'args_{found}'")))
            }
            Some(wanted) if found > wanted => Err(binding("too many positional arguments")),
            _ => Ok(()),
        }
    }

    fn concrete_for(&self, specs: Vec<TensorSpec>) -> Result<ConcreteFunction<R>> {
        let graph = context::init_scope(|| {
            context::current_graph().map(|graph| Arc::as_ptr(&graph).cast::<()>() as usize)
        });
        let specs = match &self.options.input_signature {
            None => specs,
            Some(signature) => {
                for (spec, wanted) in specs.iter().zip(signature) {
                    if !wanted.is_supertype_of(spec) {
                        return Err(binding(&format!("Can not cast {spec} to {}", unnamed(wanted))));
                    }
                }
                signature.clone()
            }
        };
        let specs = {
            let entries = self.entries();
            if let Some(found) = cache::best(&entries, graph, &specs) {
                return Ok(found.clone());
            }
            let relaxed = self.options.reduce_retracing.then(|| cache::relaxed(&entries, graph, &specs));
            relaxed.flatten().unwrap_or(specs)
        };
        // The lock is not held while the closure runs: it may call this function again.
        let concrete = self.trace(specs)?;
        self.entries().push(Entry { graph, concrete: concrete.clone() });
        Ok(concrete)
    }

    /// Traces the closure, and once more if it made variables: a call must not make any.
    fn trace(&self, specs: Vec<TensorSpec>) -> Result<ConcreteFunction<R>> {
        let first = self.traces.load(Ordering::Relaxed) == 0;
        let (traced, created) = tracking::watch(!first, || self.trace_once(&specs));
        let traced = traced?;
        if created == 0 {
            return Ok(traced);
        }
        tracking::watch(true, || self.trace_once(&specs)).0
    }

    fn trace_once(&self, specs: &[TensorSpec]) -> Result<ConcreteFunction<R>> {
        let _nesting = Nesting::enter()?;
        self.traces.fetch_add(1, Ordering::Relaxed);
        let args: Vec<ArgSpec> = specs
            .iter()
            .enumerate()
            .map(|(index, spec)| ArgSpec {
                name: spec.name.as_deref().map_or_else(|| format!("args_{index}"), argument_name),
                dtype: spec.dtype,
                shape: spec.shape.clone(),
            })
            .collect();
        let mut outputs = None;
        let traced = trace(&self.options.name, &args, |args| {
            let result = (self.closure)(args)?;
            let flat = result.to_flat();
            outputs = Some(result);
            Ok(flat)
        })?;
        let Some(outputs) = outputs else { bail!(internal, "a trace has no result") };
        let body = traced.function().body()?;
        let outputs =
            outputs.with_flat(body.outputs.iter().map(|port| body.graph.tensor(*port)).collect())?;
        Ok(ConcreteFunction { traced: Arc::new(traced), specs: specs.into(), outputs: Arc::new(outputs) })
    }
}

fn binding(reason: &str) -> Error {
    Error::type_error(format!("Binding inputs to tf.function failed due to `{reason}`."))
}

fn unnamed(spec: &TensorSpec) -> TensorSpec {
    TensorSpec { name: None, ..spec.clone() }
}

/// A trace within traces. A function that calls itself for ever new shapes must end in an error.
struct Nesting;

const MAX_NESTING: usize = 64;

thread_local! {
    static NESTING: Cell<usize> = const { Cell::new(0) };
}

impl Nesting {
    fn enter() -> Result<Nesting> {
        let depth = NESTING.get();
        if depth >= MAX_NESTING {
            bail!(
                runtime,
                "maximum recursion depth exceeded: a function is traced within {MAX_NESTING} traces"
            );
        }
        NESTING.set(depth + 1);
        Ok(Nesting)
    }
}

impl Drop for Nesting {
    fn drop(&mut self) {
        NESTING.set(NESTING.get() - 1);
    }
}
