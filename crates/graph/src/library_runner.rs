//! Calls of library functions from kernels, however deep.

use crate::function_gradient::symbolic_gradient;
use crate::graph::WeakGraph;
use crate::plan::{Plan, RunWatch};
use crate::step_memory::StepMemory;
use crate::{Function, function_library};
use ferroflow_core::{DType, Env, Error, FuncRef, FunctionInstance, FunctionRunner, NdArray, Result, ensure};
use std::sync::Arc;

/// Runs functions for kernels: from a graph's library, or from that of eager execution.
pub(crate) struct LibraryRunner {
    pub(crate) graph: Option<WeakGraph>,
}

thread_local! {
    /// How many calls are open on this thread: recursion in a hostile model must end in an error.
    static DEPTH: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

const MAX_CALL_DEPTH: usize = 200;
/// How many calls within each other are left to one stack.
const CALLS_ON_A_STACK: usize = 32;
/// The size of the stacks that deeper calls run on.
const STACK_BYTES: usize = 8 << 20;

/// Runs `f` on a thread of its own and waits for it.
fn on_new_stack<R: Send>(f: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, f);
        let result =
            thread.map_err(|error| Error::resource_exhausted(format!("no thread for a call: {error}")));
        match result.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(value)) => value,
            Ok(Err(_)) => Err(Error::internal("a call within calls has panicked")),
            Err(error) => Err(error),
        }
    })
}

impl LibraryRunner {
    fn find(&self, function: &FuncRef) -> Result<Arc<Function>> {
        let graph = self.graph.as_ref().and_then(WeakGraph::upgrade);
        let found = match graph {
            Some(graph) => graph.function(&function.name),
            None => function_library().get(&function.name),
        };
        found.ok_or_else(|| Error::not_found(format!("Function {} is not defined.", function.name)))
    }
}

impl FunctionRunner for LibraryRunner {
    fn gradient(&self, function: &FuncRef, inputs: Vec<NdArray>, env: &Env) -> Result<Vec<NdArray>> {
        let gradient = symbolic_gradient(&self.find(function)?, &function.attrs)?;
        match self.graph.as_ref().and_then(WeakGraph::upgrade) {
            Some(graph) => graph.add_function(gradient.clone()),
            None => function_library().add(gradient.clone()),
        }
        self.call(&FuncRef::new(gradient.name()), inputs, env)
    }

    fn call(&self, function: &FuncRef, inputs: Vec<NdArray>, env: &Env) -> Result<Vec<NdArray>> {
        let found = self.find(function)?;
        let body = found.instance(&function.attrs)?;
        ensure!(
            body.inputs.len() == inputs.len(),
            invalid_argument,
            "Function {} takes {} arguments, got {}",
            function.name,
            body.inputs.len(),
            inputs.len()
        );
        for (index, (dtype, input)) in body.input_types.iter().zip(&inputs).enumerate() {
            ensure!(
                *dtype == input.dtype() || input.dtype() == DType::RESOURCE,
                invalid_argument,
                "Argument {index} of function {} is of dtype {}, got {}",
                function.name,
                dtype.name(),
                input.dtype().name()
            );
        }
        run_plan(&function.name, &*body.plan()?, inputs, env)
    }

    fn instance(&self, function: &FuncRef) -> Result<Arc<dyn FunctionInstance>> {
        let found = self.find(function)?;
        let body = found.instance(&function.attrs)?;
        let stateful = found.is_stateful()?;
        let plan = if stateful { Arc::new(body.compile()?) } else { body.plan()? };
        Ok(Arc::new(Instance { name: function.name.clone(), plan, stateful }))
    }
}

/// A function with a plan of its own, unless it keeps nothing between calls.
struct Instance {
    name: String,
    plan: Arc<Plan>,
    stateful: bool,
}

impl FunctionInstance for Instance {
    fn call(&self, inputs: Vec<NdArray>, env: &Env) -> Result<Vec<NdArray>> {
        ensure!(
            self.plan.num_feeds() == inputs.len(),
            invalid_argument,
            "Function {} takes {} arguments, got {}",
            self.name,
            self.plan.num_feeds(),
            inputs.len()
        );
        run_plan(&self.name, &self.plan, inputs, env)
    }

    fn is_stateful(&self) -> bool {
        self.stateful
    }
}

/// Runs a function's plan, one call deeper.
fn run_plan(name: &str, plan: &Plan, inputs: Vec<NdArray>, env: &Env) -> Result<Vec<NdArray>> {
    let depth = DEPTH.get();
    ensure!(
        depth < MAX_CALL_DEPTH,
        failed_precondition,
        "Function {name} is nested more than {MAX_CALL_DEPTH} calls deep"
    );
    let run = move || -> Result<Vec<NdArray>> {
        struct Leave(usize);
        impl Drop for Leave {
            fn drop(&mut self) {
                DEPTH.set(self.0);
            }
        }
        let _leave = Leave(DEPTH.replace(depth + 1));
        plan.run(inputs, env, &mut RunWatch::default())
    };
    // Nobody knows how large this thread's stack is: from time to time the calls go on with a new one.
    if depth % CALLS_ON_A_STACK == CALLS_ON_A_STACK - 1 {
        let memory = StepMemory::current();
        on_new_stack(move || memory.within(run))
    } else {
        run()
    }
}
