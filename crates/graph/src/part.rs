//! Parts: graphs whose nodes exchange tensors with those of other graphs while they run, a part on each server.

use crate::plan::{PartPlan, RunWatch};
use crate::step_memory::StepMemory;
use crate::{DirectSession, Rendezvous, RunSettings, StepTiming};
use ferroflow_core::{Result, StateCell, ensure};

/// A part of a graph, to be run with the parts of other servers.
pub struct Part(PartPlan);

impl DirectSession {
    /// Makes all of the session's graph a part. `cells` gives the state that a node of this name keeps from run to run.
    ///
    /// # Errors
    /// `Unimplemented` for an op without a kernel, `InvalidArgument` for a loop that is not well formed.
    pub fn prepare_part(&self, cells: &mut dyn FnMut(&str) -> StateCell) -> Result<Part> {
        let graph = self.graph();
        let mut cells = |id: usize| Some(cells(&graph.node(id).name));
        PartPlan::new(graph, &mut cells).map(Part)
    }

    /// Runs a part, which ends when all its nodes have run.
    ///
    /// # Errors
    /// What the first failing node returns, with its name; what ended another part of the step; `Cancelled`,
    /// `DeadlineExceeded`; `ResourceExhausted` above the memory limit.
    pub fn run_part(
        &self,
        part: &Part,
        rendezvous: &dyn Rendezvous,
        settings: &RunSettings,
    ) -> Result<Vec<StepTiming>> {
        ensure!(!self.is_closed(), runtime, "Attempted to use a closed Session.");
        let mut env = self.env(settings);
        env.cancellation = env.cancellation.child();
        let mut watch = RunWatch { timings: settings.trace.then(Vec::new) };
        let memory = StepMemory::limited(settings.memory_limit);
        memory.within(|| part.0.run(rendezvous, &env, &mut watch))?;
        Ok(watch.timings.unwrap_or_default())
    }
}
