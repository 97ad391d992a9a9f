//! Plans: a graph's nodes as the executor runs them, made once for each set of feeds and fetches.

mod compile;
mod frame_kernel;
mod frame_layout;
mod frame_run;
mod fuse;
mod fused_chain;
mod idle;
mod loops;
mod pace;
mod padding;
mod part;
mod run;
mod scalar_loop;
mod simplify;

pub use compile::nodes_of_run;
pub(crate) use frame_run::Paused;
pub(crate) use loops::set_back_edge;
pub use pace::FeedShapes;
pub(crate) use part::PartPlan;
pub(crate) use run::RunWatch;
pub use run::StepTiming;

use crate::{Graph, Node, Port};
use ferroflow_core::{Attrs, Env, Error, NdArray, OpDef, Result, StateCell};
use smallvec::SmallVec;
use std::sync::Mutex;

/// Where a step's input comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// An output of an earlier step, or a feed.
    Slot {
        slot: usize,
        /// Whether nobody reads the slot later: the step may take the buffer over.
        last: bool,
    },
    /// A value known when the plan was made.
    Constant(usize),
}

/// An input of a step.
#[derive(Clone, Copy, Debug)]
struct Input {
    source: Source,
    /// Whether a reference arrives where the op wants its value.
    deref: bool,
}

impl Input {
    /// The slot it comes from.
    fn slot(&self) -> Option<usize> {
        match self.source {
            Source::Slot { slot, .. } => Some(slot),
            Source::Constant(_) => None,
        }
    }
}

/// What a step does.
enum Action {
    /// Runs an op's kernel.
    Kernel(&'static OpDef),
    /// Runs several elementwise ops in one pass over memory.
    Fused(fused_chain::FusedChain),
    /// Runs a kernel, and elementwise ops on each part of its output.
    Finished(Box<(fused_chain::MemberOp, fused_chain::FusedChain)>),
    /// Runs the kernel of a `While`, or the loop itself where its variables are single values.
    While(&'static OpDef, Box<scalar_loop::WhileFunctions>),
    /// Runs a v1 while loop.
    Loop(Box<loops::LoopPlan>),
    /// Passes its data input to output 0 or 1, by its predicate.
    Switch,
    /// Passes on whichever input is alive, and which one that was.
    Merge,
    /// Calls the function that the node's op names.
    Call,
    /// Gives a tensor to another part of the step, under a key that begins so.
    Send(String),
    /// Takes a tensor from another part of the step.
    Recv(String),
    /// Cannot be run: the node needed a feed.
    Fail(Error),
}

/// One node, or several fused ones.
struct Step {
    node: usize,
    name: String,
    op: String,
    action: Action,
    attrs: Attrs,
    inputs: SmallVec<[Input; 3]>,
    /// Steps that must be alive for this one to run, where the plan has branches.
    controls: SmallVec<[usize; 1]>,
    /// Where each output goes; `None` where nobody wants it.
    outputs: SmallVec<[Option<usize>; 1]>,
    state: StateCell,
}

/// A compiled run.
pub struct Plan {
    steps: Vec<Step>,
    num_slots: usize,
    /// Where feeds go, in the order they are given.
    feeds: Vec<Option<usize>>,
    fetches: Vec<Input>,
    /// For fetches whose references are read: what TensorFlow calls the node that does so.
    retvals: Vec<Option<String>>,
    constants: Vec<NdArray>,
    /// Whether some steps may not run: slots are then checked for life.
    has_branches: bool,
    /// What runs in place of the steps, where the graph has loops that are not in standard form.
    frames_layout: Option<Box<frame_layout::Layout>>,
    /// Frames of earlier runs, for reuse.
    frames: Mutex<Vec<run::Frame>>,
    pace: pace::Pace,
}

/// What TensorFlow calls the node that gives out a fetch.
fn retval_name(node: &Node, output: usize, fetch: usize) -> String {
    format!("_retval_{}_{output}_{fetch}", node.name)
}

/// Gives the state cell of a node, where its owner keeps one.
pub(crate) type Cells<'a> = dyn FnMut(usize) -> Option<StateCell> + 'a;

impl Plan {
    /// A plan that takes values for `feeds`, gives those of `fetches` and runs `targets`.
    ///
    /// # Errors
    /// `Unimplemented` for an op without a kernel, naming it; `InvalidArgument` for a loop that is not well formed.
    pub(crate) fn compile(
        graph: &Graph,
        feeds: &[Port],
        fetches: &[Port],
        targets: &[usize],
        cells: &mut Cells<'_>,
    ) -> Result<Plan> {
        compile::compile(graph, feeds, fetches, targets, cells)
    }

    /// Runs the plan on values for its feeds.
    ///
    /// # Errors
    /// What the first failing step returns, with its node; `Cancelled`, `DeadlineExceeded`.
    pub(crate) fn run(&self, feeds: Vec<NdArray>, env: &Env, watch: &mut RunWatch) -> Result<Vec<NdArray>> {
        match &self.frames_layout {
            Some(layout) => frame_run::run(layout, feeds, env, watch),
            None => run::run(self, feeds, env, watch),
        }
    }

    /// How many values a run takes.
    pub(crate) fn num_feeds(&self) -> usize {
        self.feeds.len()
    }

    /// Notes whether a run on feeds of these shapes was short.
    pub(crate) fn note_pace(&self, shapes: impl FnOnce() -> FeedShapes, short: bool) {
        self.pace.note(shapes, short);
    }

    /// Whether a run on feeds of these shapes is known to be short.
    pub(crate) fn is_short(&self, shapes: &FeedShapes) -> bool {
        self.pace.was_short(shapes)
    }

    /// How many steps a run has.
    pub fn num_steps(&self) -> usize {
        self.frames_layout.as_ref().map_or(self.steps.len(), |layout| layout.nodes.len())
    }
}
