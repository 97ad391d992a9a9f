//! `CriticalSection`: parts of a program of which one runs at a time.

use crate::Nest;
use ferroflow_core::{DType, Error, Op, Result, Tensor, bail, context, ensure, options};
use ferroflow_graph::{CollectionItem, Graph, Operation};
use ferroflow_ops_array as array;
use std::cell::RefCell;
use std::sync::Arc;

/// The collection of a graph that holds what its critical sections run.
const EXECUTIONS: &str = "critical_section_executions";

options! {
    /// Optional arguments of [`CriticalSection::new_with`].
    pub struct CriticalSectionOptions {
        /// The node's name.
        name: String = "CriticalSection".to_string(),
        /// The name that others find the section's mutex by; by default the node's.
        shared_name: Option<String> = None,
    }
}

options! {
    /// Optional arguments of [`CriticalSection::execute_with`].
    pub struct ExecuteOptions {
        /// Whether no other section may use the resources that the function uses.
        exclusive_resource_access: bool = true,
        /// The name of the nodes' scope.
        name: String = "critical_section_execute".to_string(),
    }
}

/// Runs functions one at a time, whoever calls them.
///
/// Source: `tf.CriticalSection`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let section = tf::CriticalSection::new()?;
/// let v = tf::Variable::new(1)?;
/// let old = section.execute(|| {
///     let old = v.read_value()?;
///     v.assign_add(1)?;
///     Ok(old)
/// })?;
/// assert_eq!((old.to_string(), v.numpy()?.to_string()), ("1".into(), "2".into()));
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CriticalSection {
    handle: Tensor,
    shared_name: String,
}

/// What a section ran in a graph.
struct Execution {
    shared_name: String,
    resources: Vec<String>,
    exclusive: bool,
}

thread_local! {
    /// The sections that functions of this thread are running in.
    static ENTERED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Leaves the section that was entered last.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        ENTERED.with(|entered| entered.borrow_mut().pop());
    }
}

impl CriticalSection {
    /// A section with a mutex of its name.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new() -> Result<CriticalSection> {
        CriticalSection::new_with(|options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new_with(
        options: impl FnOnce(CriticalSectionOptions) -> CriticalSectionOptions,
    ) -> Result<CriticalSection> {
        ferroflow_graph::install();
        let options = options(CriticalSectionOptions::default());
        context::name_scope_for_op(&options.name, |name| {
            let name = if name.ends_with('/') { name } else { format!("{name}/") };
            let shared_name = options.shared_name.unwrap_or_else(|| name.clone());
            let make = || Op::named("MutexV2").attr("shared_name", shared_name.as_str()).name(&name).one();
            // A function under a trace uses a section that outlives it.
            let handle = context::init_scope(make)?;
            Ok(CriticalSection { handle, shared_name })
        })
    }

    fn illegal(&self, what: &str) -> Error {
        Error::value(format!(
            "Attempting to lock a CriticalSection {what}(signature=('', '{}')). This is illegal and may cause deadlocks.",
            self.shared_name
        ))
    }

    /// The result of a function that runs while no other does in this section.
    ///
    /// # Errors
    /// As [`CriticalSection::execute_with`].
    pub fn execute<R: Nest>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        self.execute_with(f, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` within a function that runs in the section already, and where another section uses the same
    /// resources; what the function returns.
    pub fn execute_with<R: Nest>(
        &self,
        f: impl FnOnce() -> Result<R>,
        options: impl FnOnce(ExecuteOptions) -> ExecuteOptions,
    ) -> Result<R> {
        let options = options(ExecuteOptions::default());
        let known = ENTERED.with(|entered| entered.borrow().contains(&self.shared_name));
        ensure!(
            !known,
            value,
            "Attempting to lock a CriticalSection (signature=('', '{}')) in which we are already running. This is \
             illegal and may cause deadlocks.",
            self.shared_name
        );
        ENTERED.with(|entered| entered.borrow_mut().push(self.shared_name.clone()));
        let _leave = Leave;
        context::name_scope(&options.name, || {
            let lock = Op::named("MutexLock").input(&self.handle).one()?;
            match Graph::current() {
                None => {
                    let result = f()?;
                    Op::named("ConsumeMutexLock").input(lock).run()?;
                    Ok(result)
                }
                Some(graph) => self.in_graph(&graph, &lock, f, options.exclusive_resource_access),
            }
        })
    }

    fn in_graph<R: Nest>(
        &self,
        graph: &Graph,
        lock: &Tensor,
        f: impl FnOnce() -> Result<R>,
        exclusive: bool,
    ) -> Result<R> {
        let before = graph.num_nodes();
        let result = graph.control_dependencies(Some(&[Operation::of(lock)?]), f)?;
        let mut resources: Vec<String> = Vec::new();
        for created in (before..graph.num_nodes()).map(|id| graph.operation(id)) {
            for input in created.inputs().iter().filter(|input| input.dtype() == DType::RESOURCE) {
                resources.push(input.name()?);
            }
        }
        self.check_access(graph, &resources, exclusive)?;
        let results = result.to_flat();
        let read = results.iter().map(array::identity).collect::<Result<Vec<_>>>()?;
        let read = read.iter().map(Operation::of).collect::<Result<Vec<_>>>()?;
        let before = graph.num_nodes();
        let consume = || Op::named("ConsumeMutexLock").input(lock).run();
        graph.control_dependencies(Some(&read), || match Operation::of(&self.handle) {
            Ok(mutex) if mutex.graph() == graph => graph.colocate_with(&mutex, consume),
            _ => consume(),
        })?;
        let consumed = (before..graph.num_nodes())
            .map(|id| graph.operation(id))
            .find(|operation| operation.op_type() == "ConsumeMutexLock");
        let Some(consumed) = consumed else { bail!(internal, "a graph lost the end of a critical section") };
        let given = graph.control_dependencies(Some(&[consumed]), || {
            results.iter().map(array::identity).collect::<Result<Vec<_>>>()
        })?;
        let execution = Execution { shared_name: self.shared_name.clone(), resources, exclusive };
        graph.add_to_collection(EXECUTIONS, CollectionItem::Any(Arc::new(execution)))?;
        result.with_flat(given)
    }

    /// Refuses to share resources with another section where either wants them for itself.
    fn check_access(&self, graph: &Graph, resources: &[String], exclusive: bool) -> Result<()> {
        if resources.contains(&self.handle.name().unwrap_or_default()) {
            return Err(self.illegal("in which we are already running "));
        }
        for item in graph.get_collection(EXECUTIONS) {
            let CollectionItem::Any(any) = item else { continue };
            let Ok(other) = any.downcast::<Execution>() else { continue };
            if other.shared_name == self.shared_name || !(exclusive || other.exclusive) {
                continue;
            }
            let shared: Vec<&String> =
                resources.iter().filter(|resource| other.resources.contains(resource)).collect();
            ensure!(
                shared.is_empty(),
                value,
                "This execution would access resources: {shared:?}. Either this lock (CriticalSection: {:?}) or lock of \
                 CriticalSection '{}' requested exclusive resource access of this resource. Did you mean to call \
                 execute with keyword argument exclusive_resource_access=False?",
                self.handle,
                other.shared_name
            );
        }
        Ok(())
    }
}
