//! Running a part of a step whose other parts run elsewhere: nodes that receive wait for nobody but those behind them,
//! and neither do nodes that wait for a queue.

use super::frame_kernel::execute;
use super::frame_layout::Layout;
use super::frame_run::{Outputs, Ready, Run};
use super::pace::may_wait;
use super::{Action, RunWatch};
use crate::Graph;
use crate::rendezvous::Rendezvous;
use crate::step_memory::StepMemory;
use ferroflow_core::{Env, Error, Result};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::Scope;
use std::time::Duration;

/// How long to wait before looking whether the step is to end.
const PATIENCE: Duration = Duration::from_millis(10);

/// How many nodes of a step may wait on threads of their own.
const MOST_THREADS: usize = 256;

/// What a node that was waited for gives out.
struct Arrival {
    /// Whether a thread of its own has run it.
    beside: bool,
    frame: usize,
    node: usize,
    outputs: Result<Outputs>,
}

/// A part of a step, laid out.
pub(crate) struct PartPlan(Layout);

impl PartPlan {
    /// All nodes of a graph.
    ///
    /// # Errors
    /// As [`super::Plan::compile`].
    pub(crate) fn new(graph: &Graph, cells: &mut super::Cells<'_>) -> Result<PartPlan> {
        super::compile::part(graph, cells).map(PartPlan)
    }

    /// Runs the nodes. `env` must have a cancellation of its own: it is set when a node fails, to end the others.
    ///
    /// # Errors
    /// What the first failing node returns, or what has ended another part.
    pub(crate) fn run(&self, rendezvous: &dyn Rendezvous, env: &Env, watch: &mut RunWatch) -> Result<()> {
        run(&self.0, rendezvous, env, watch)
    }
}

fn run(layout: &Layout, rendezvous: &dyn Rendezvous, env: &Env, watch: &mut RunWatch) -> Result<()> {
    std::thread::scope(|scope| {
        let part =
            Part { rendezvous, run: Run::start(layout, env), later: VecDeque::new(), waiting: 0, threads: 0 };
        let result = part.go(scope, watch);
        if result.is_err() {
            env.cancellation.cancel();
        }
        result
    })
}

struct Part<'a> {
    rendezvous: &'a dyn Rendezvous,
    run: Run<'a>,
    /// Nodes that are ready and may wait for others.
    later: VecDeque<Ready>,
    /// How many nodes are waited for, and how many of them have a thread.
    waiting: usize,
    threads: usize,
}

impl<'a> Part<'a> {
    fn go<'scope>(mut self, scope: &'scope Scope<'scope, 'a>, watch: &mut RunWatch) -> Result<()> {
        let (sender, arrivals) = channel();
        loop {
            self.run.env.check()?;
            while let Ok(arrival) = arrivals.try_recv() {
                self.arrive(arrival)?;
            }
            if let Some(ready) = self.run.ready.pop_front() {
                self.begin(ready, &sender, watch)?;
            } else if self.threads < MOST_THREADS
                && let Some(ready) = self.later.pop_front()
            {
                // The last one may wait here.
                if self.waiting == 0 && self.later.is_empty() {
                    self.run.run_node(ready, watch)?;
                } else {
                    self.run_beside(ready, scope, &sender)?;
                }
            } else if self.waiting == 0 {
                return Ok(());
            } else {
                match arrivals.recv_timeout(PATIENCE) {
                    Ok(arrival) => self.arrive(arrival)?,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(Error::internal("a node that is waited for was lost"));
                    }
                }
            }
        }
    }

    /// Runs a node, or begins to wait for it.
    fn begin(&mut self, ready: Ready, sender: &Sender<Arrival>, watch: &mut RunWatch) -> Result<()> {
        let node = &self.run.layout.nodes[ready.node];
        match &node.action {
            // What changes hands does so even where nothing runs: the other side does not know.
            Action::Send(prefix) => {
                let at_node = |error: Error| error.at_node(&node.name, &node.op);
                let (key, frame, id) = (self.run.key(prefix, ready.frame), ready.frame, ready.node);
                let ran = !ready.is_dead;
                let value = self.run.sent(ready).map_err(at_node)?;
                self.rendezvous.send(&key, value)?;
                self.run.finish(frame, id, Outputs::new(), ran)
            }
            Action::Recv(prefix) => {
                let (frame, node) = (ready.frame, ready.node);
                let sender = sender.clone();
                self.waiting += 1;
                let receipt = move |value: Result<_>| {
                    let outputs = value.map(|value| Outputs::from_iter([value]));
                    // Nobody listens any more where the step has failed.
                    let _ = sender.send(Arrival { beside: false, frame, node, outputs });
                };
                self.rendezvous.recv(&self.run.key(prefix, frame), Box::new(receipt));
                Ok(())
            }
            Action::Kernel(_) if !ready.is_dead && may_wait(&node.op) => {
                self.later.push_back(ready);
                Ok(())
            }
            _ => self.run.run_node(ready, watch),
        }
    }

    /// Runs a node on a thread of its own.
    fn run_beside<'scope>(
        &mut self,
        ready: Ready,
        scope: &'scope Scope<'scope, 'a>,
        sender: &Sender<Arrival>,
    ) -> Result<()> {
        let (frame, id, env) = (ready.frame, ready.node, self.run.env);
        let node = &self.run.layout.nodes[id];
        let (sender, memory) = (sender.clone(), StepMemory::current());
        let wait = move || {
            let outputs = catch_unwind(AssertUnwindSafe(|| memory.within(|| execute(node, ready, env))));
            let outputs = outputs.unwrap_or_else(|_| Err(Error::internal("a kernel has panicked")));
            let outputs = outputs.map_err(|error| error.at_node(&node.name, &node.op));
            let _ = sender.send(Arrival { beside: true, frame, node: id, outputs });
        };
        let thread = std::thread::Builder::new().name("ferroflow-wait".to_string()).spawn_scoped(scope, wait);
        thread.map_err(|error| Error::resource_exhausted(format!("no thread for a node: {error}")))?;
        self.waiting += 1;
        self.threads += 1;
        Ok(())
    }

    fn arrive(&mut self, Arrival { beside, frame, node, outputs }: Arrival) -> Result<()> {
        self.waiting -= 1;
        self.threads -= usize::from(beside);
        let outputs = outputs?;
        let ran = outputs.is_empty() || outputs.iter().any(Option::is_some);
        self.run.finish(frame, node, outputs, ran)
    }
}
