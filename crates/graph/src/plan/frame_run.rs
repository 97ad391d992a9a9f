//! Graphs with loops of any form, run token by token: what TensorFlow's executor does with frames, iterations and
//! dead tokens. Loops in standard form run as plans of their own instead, which is faster.

use super::RunWatch;
use super::frame_kernel::execute;
use super::frame_layout::{Kind, Layout, ROOT};
use super::run::StepTiming;
use crate::rendezvous::frame_id;
use crate::step_memory::{Counted, Ledger, StepMemory};
use crate::{Graph, Port};
use ferroflow_core::{Env, Error, NdArray, Result, deref};
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

/// A value on its way, or the word that there will be none.
pub(super) type Token = Option<Counted>;
/// What a node gives out; nothing where it does not run.
pub(super) type Outputs = SmallVec<[Option<NdArray>; 2]>;
type Tokens = SmallVec<[Token; 2]>;

/// The tokens of one iteration that wait for others at a node.
struct Arrivals {
    inputs: SmallVec<[Token; 3]>,
    /// Data and control edges that nothing arrived on yet.
    missing: usize,
    missing_controls: usize,
    dead: usize,
    dead_inputs: usize,
    /// Which input of a merge is alive.
    alive: Option<usize>,
    /// Whether the node was passed on to run.
    is_done: bool,
}

/// A frame that was entered. Its iterations run one after the other: tokens for the next one are held until all is
/// done in the current one.
struct Frame {
    def: usize,
    parent: usize,
    /// TensorFlow's number for it.
    number: u64,
    arrivals: HashMap<usize, Arrivals>,
    iteration: u64,
    /// Nodes ready to run, and frames entered, of the current iteration.
    outstanding: usize,
    /// `Enter` nodes that did not give their token yet.
    pending_enters: usize,
    /// Tokens that are there in every iteration, by the node that gave them.
    invariants: Vec<(usize, Tokens)>,
    /// What `NextIteration` nodes gave.
    held: Vec<(usize, Tokens)>,
    /// `Exit` nodes that gave a value.
    exited: HashSet<usize>,
    /// Frames entered from the current iteration.
    children: HashMap<usize, usize>,
}

pub(super) struct Ready {
    pub(super) frame: usize,
    pub(super) node: usize,
    pub(super) inputs: SmallVec<[Token; 3]>,
    pub(super) is_dead: bool,
    pub(super) alive: Option<usize>,
}

/// How far a run has come.
struct Progress {
    frames: HashMap<usize, Frame>,
    next_frame: usize,
    ready: VecDeque<Ready>,
    fetched: Vec<Token>,
    ledger: Ledger,
}

pub(super) struct Run<'a> {
    pub(super) layout: &'a Layout,
    pub(super) env: &'a Env,
    started: Instant,
    frames: HashMap<usize, Frame>,
    next_frame: usize,
    pub(super) ready: VecDeque<Ready>,
    fetched: Vec<Token>,
    ledger: Ledger,
}

/// A run that waits for more to be fed.
pub(crate) struct Paused {
    layout: Layout,
    progress: Option<Progress>,
}

impl Paused {
    /// A run of the nodes that lead to fetches and targets; nothing has run yet.
    ///
    /// # Errors
    /// As [`super::Plan::compile`].
    pub(crate) fn new(
        graph: &Graph,
        feeds: &[Port],
        fetches: &[Port],
        targets: &[usize],
        cells: &mut super::Cells<'_>,
    ) -> Result<Paused> {
        let layout = super::compile::frames(graph, feeds, fetches, targets, cells)?;
        Ok(Paused { layout, progress: None })
    }

    /// Feeds values, by the position of their feed, and runs all that can run then. Gives these fetches, by their
    /// positions.
    ///
    /// # Errors
    /// What the first failing node returns: the run is over then.
    pub(crate) fn go_on(
        &mut self,
        feeds: Vec<(usize, NdArray)>,
        fetches: &[usize],
        env: &Env,
    ) -> Result<Vec<NdArray>> {
        let mut run = match self.progress.take() {
            Some(Progress { frames, next_frame, ready, fetched, ledger }) => Run {
                layout: &self.layout,
                env,
                started: Instant::now(),
                frames,
                next_frame,
                ready,
                fetched,
                ledger,
            },
            None => Run::start(&self.layout, env),
        };
        for (position, value) in feeds {
            run.feed(position, value)?;
        }
        run.go_on(&mut RunWatch::default())?;
        let values = fetches.iter().map(|fetch| run.fetched_value(*fetch)).collect();
        let Run { frames, next_frame, ready, fetched, ledger, .. } = run;
        self.progress = Some(Progress { frames, next_frame, ready, fetched, ledger });
        values
    }
}

/// Runs the nodes on values for the feeds.
pub(super) fn run(
    layout: &Layout,
    feeds: Vec<NdArray>,
    env: &Env,
    watch: &mut RunWatch,
) -> Result<Vec<NdArray>> {
    // The count of the thread goes on as it was.
    StepMemory::current().within(|| {
        let mut run = Run::start(layout, env);
        for (position, value) in feeds.into_iter().enumerate() {
            run.feed(position, value)?;
        }
        run.go_on(watch)?;
        (0..run.fetched.len()).map(|fetch| run.fetched_value(fetch)).collect()
    })
}

impl Frame {
    fn new(def: usize, parent: usize, number: u64, pending_enters: usize) -> Frame {
        Frame {
            def,
            parent,
            number,
            arrivals: HashMap::new(),
            iteration: 0,
            outstanding: 0,
            pending_enters,
            invariants: Vec::new(),
            held: Vec::new(),
            exited: HashSet::new(),
            children: HashMap::new(),
        }
    }
}

impl<'a> Run<'a> {
    /// A run whose nodes without inputs are ready.
    pub(super) fn start(layout: &'a Layout, env: &'a Env) -> Run<'a> {
        let mut run = Run {
            layout,
            env,
            started: Instant::now(),
            frames: HashMap::new(),
            next_frame: ROOT + 1,
            ready: VecDeque::new(),
            fetched: vec![None; layout.num_fetches],
            ledger: Ledger::new(),
        };
        run.frames.insert(ROOT, Frame::new(ROOT, ROOT, 0, 0));
        for &node in &layout.starts {
            run.enqueue(Ready { frame: ROOT, node, inputs: SmallVec::new(), is_dead: false, alive: None });
        }
        run
    }

    /// The value of a feed arrives.
    fn feed(&mut self, position: usize, value: NdArray) -> Result<()> {
        let layout = self.layout;
        let Some(feed) = layout.feeds.get(position) else { return Ok(()) };
        let value = self.ledger.count(value)?;
        for &(reader, slot) in &feed.readers {
            self.arrive(ROOT, reader, Some(slot), Some(value.clone()));
        }
        for &waiting in &feed.waiting {
            self.arrive(ROOT, waiting, None, Some(value.clone()));
        }
        for &fetch in &feed.fetches {
            self.fetched[fetch] = Some(value.clone());
        }
        Ok(())
    }

    /// Runs what is ready, and what that makes ready.
    fn go_on(&mut self, watch: &mut RunWatch) -> Result<()> {
        while let Some(ready) = self.ready.pop_front() {
            self.env.check()?;
            self.run_node(ready, watch)?;
        }
        Ok(())
    }

    /// Runs a node that is ready.
    pub(super) fn run_node(&mut self, ready: Ready, watch: &mut RunWatch) -> Result<()> {
        let (layout, env) = (self.layout, self.env);
        let node = &layout.nodes[ready.node];
        let (frame, id) = (ready.frame, ready.node);
        let step_started = watch.timings.is_some().then(Instant::now);
        let ran = !ready.is_dead;
        self.ledger.tell();
        let outputs = execute(node, ready, env).map_err(|error| error.at_node(&node.name, &node.op))?;
        if let (true, Some(step_started), Some(timings)) = (ran, step_started, &mut watch.timings) {
            timings.push(StepTiming {
                node: node.name.clone(),
                op: node.op.clone(),
                start_us: (step_started - self.started).as_micros() as u64,
                nanos: step_started.elapsed().as_nanos() as u64,
            });
        }
        self.finish(frame, id, outputs, ran)
    }

    /// Sends on what a node has given out.
    pub(super) fn finish(&mut self, frame: usize, id: usize, outputs: Outputs, ran: bool) -> Result<()> {
        let node = &self.layout.nodes[id];
        let count = |output: Option<NdArray>| output.map(|value| self.ledger.count(value)).transpose();
        let outputs = outputs.into_iter().map(count).collect::<Result<Tokens>>();
        self.spread(frame, id, outputs.map_err(|error| error.at_node(&node.name, &node.op))?, ran)?;
        self.settle(frame, true);
        Ok(())
    }

    /// The tensor that a node sends.
    pub(super) fn sent(&self, ready: Ready) -> Result<Option<NdArray>> {
        let is_ref = self.layout.nodes[ready.node].derefs.first().copied().unwrap_or(false);
        let value = ready.inputs.into_iter().next().flatten().map(|input| input.value);
        match value {
            Some(value) if is_ref && !ready.is_dead => deref(&value, self.env).map(Some),
            value => Ok(value.filter(|_| !ready.is_dead)),
        }
    }

    /// The key of a tensor that changes hands in a frame's current iteration.
    pub(super) fn key(&self, prefix: &str, frame: usize) -> String {
        let (number, iteration) =
            self.frames.get(&frame).map_or((0, 0), |frame| (frame.number, frame.iteration));
        format!("{prefix};{number}:{iteration}")
    }

    fn fetched_value(&self, fetch: usize) -> Result<NdArray> {
        let value = self.fetched.get(fetch).and_then(Option::as_ref);
        let value = value.map(|value| value.value.clone());
        value.ok_or_else(|| Error::invalid_argument(format!("Retval[{fetch}] does not have value")))
    }

    fn enqueue(&mut self, ready: Ready) {
        if let Some(frame) = self.frames.get_mut(&ready.frame) {
            frame.outstanding += 1;
            self.ready.push_back(ready);
        }
    }

    /// A token arrives at a node of the frame's current iteration: at a data input, or on a control edge.
    fn arrive(&mut self, frame_id: usize, id: usize, slot: Option<usize>, token: Token) {
        let node = &self.layout.nodes[id];
        let Some(frame) = self.frames.get_mut(&frame_id) else { return };
        let num_inputs = node.derefs.len();
        let arrivals = frame.arrivals.entry(id).or_insert_with(|| Arrivals {
            inputs: smallvec::smallvec![None; num_inputs],
            missing: num_inputs + node.num_controls,
            missing_controls: node.num_controls,
            dead: 0,
            dead_inputs: 0,
            alive: None,
            is_done: false,
        });
        arrivals.missing = arrivals.missing.saturating_sub(1);
        arrivals.dead += usize::from(token.is_none());
        match slot {
            None => arrivals.missing_controls = arrivals.missing_controls.saturating_sub(1),
            Some(slot) => {
                arrivals.dead_inputs += usize::from(token.is_none());
                if token.is_some() && arrivals.alive.is_none() {
                    arrivals.alive = Some(slot);
                }
                if let Some(input) = arrivals.inputs.get_mut(slot) {
                    *input = token;
                }
            }
        }
        let is_merge = node.kind == Kind::Merge;
        let is_complete = match is_merge {
            // The first living input is enough.
            true => {
                let all_dead = arrivals.dead_inputs >= num_inputs;
                arrivals.missing_controls == 0 && (arrivals.alive.is_some() || all_dead)
            }
            false => arrivals.missing == 0,
        };
        if !is_complete || arrivals.is_done {
            return;
        }
        arrivals.is_done = true;
        let is_dead = match node.kind {
            Kind::Merge => arrivals.alive.is_none() || arrivals.dead > arrivals.dead_inputs,
            Kind::ControlTrigger => false,
            _ => arrivals.dead > 0,
        };
        let ready = Ready {
            frame: frame_id,
            node: id,
            inputs: std::mem::take(&mut arrivals.inputs),
            is_dead,
            alive: arrivals.alive,
        };
        self.enqueue(ready);
    }

    /// The outputs of a node arrive wherever they are taken.
    fn deliver(&mut self, frame: usize, id: usize, outputs: &[Token], ran: bool) {
        let layout = self.layout;
        let node = &layout.nodes[id];
        for (output, readers) in outputs.iter().zip(&node.readers) {
            for &(reader, slot) in readers {
                self.arrive(frame, reader, Some(slot), output.clone());
            }
        }
        let done = ran.then(|| Counted::free(NdArray::scalar(true)));
        for &waiting in &node.waiting {
            self.arrive(frame, waiting, None, done.clone());
        }
    }

    /// Sends the outputs of a node on, into another frame or iteration where it leads there.
    fn spread(&mut self, frame_id: usize, id: usize, outputs: Tokens, ran: bool) -> Result<()> {
        let node = &self.layout.nodes[id];
        for fetched in &node.fetched {
            if let Some(value) = outputs.get(fetched.output).and_then(Option::as_ref) {
                let value = match &fetched.retval {
                    Some(node) => {
                        let read = deref(&value.value, self.env);
                        self.ledger.count(read.map_err(|error| error.at_node(node, "_Retval"))?)?
                    }
                    None => value.clone(),
                };
                self.fetched[fetched.fetch] = Some(value);
            }
        }
        match node.kind {
            Kind::Plain | Kind::Merge | Kind::ControlTrigger => self.deliver(frame_id, id, &outputs, ran),
            Kind::Enter { into, constant } => {
                let child = self.child(frame_id, into);
                // A dead Enter ends its Merge at once: the back edge will bring nothing.
                if !ran {
                    self.kill_merges(child, id);
                }
                self.deliver(child, id, &outputs, ran);
                if let Some(frame) = self.frames.get_mut(&child) {
                    frame.pending_enters = frame.pending_enters.saturating_sub(1);
                    if constant {
                        frame.invariants.push((id, outputs));
                    }
                }
                self.settle(child, false);
            }
            Kind::Exit => {
                let Some(frame) = self.frames.get_mut(&frame_id) else { return Ok(()) };
                if ran && frame.exited.insert(id) {
                    let parent = frame.parent;
                    self.deliver(parent, id, &outputs, ran);
                }
            }
            Kind::NextIteration => {
                if let (true, Some(frame)) = (ran, self.frames.get_mut(&frame_id)) {
                    frame.held.push((id, outputs));
                }
            }
        }
        Ok(())
    }

    /// Lets the merges that read a node wait for nothing but it.
    fn kill_merges(&mut self, frame: usize, id: usize) {
        let layout = self.layout;
        for &(reader, slot) in layout.nodes[id].readers.iter().flatten() {
            if layout.nodes[reader].kind == Kind::Merge {
                for other in (0..layout.nodes[reader].derefs.len()).filter(|other| *other != slot) {
                    self.arrive(frame, reader, Some(other), None);
                }
            }
        }
    }

    /// The frame that is entered from the current iteration of another.
    fn child(&mut self, parent: usize, def: usize) -> usize {
        let next = self.next_frame;
        let mut number = 0;
        if let Some(frame) = self.frames.get_mut(&parent) {
            number = frame_id(frame.number, frame.iteration, &self.layout.frames[def].name);
            if let Some(&child) = frame.children.get(&def) {
                return child;
            }
            frame.children.insert(def, next);
            frame.outstanding += 1;
        }
        self.next_frame += 1;
        self.frames.insert(next, Frame::new(def, parent, number, self.layout.frames[def].enters));
        next
    }

    /// Begins a frame's next iteration, or ends it, when all is done in it; `one_more` says that one more thing is.
    fn settle(&mut self, frame_id: usize, one_more: bool) {
        let (mut id, mut one_more) = (frame_id, one_more);
        loop {
            let Some(frame) = self.frames.get_mut(&id) else { return };
            if one_more {
                frame.outstanding = frame.outstanding.saturating_sub(1);
            }
            if id == ROOT || frame.outstanding > 0 || frame.pending_enters > 0 {
                return;
            }
            if !frame.held.is_empty() {
                frame.iteration += 1;
                frame.arrivals.clear();
                let held = std::mem::take(&mut frame.held);
                for (node, outputs) in frame.invariants.clone().into_iter().chain(held) {
                    let ran = outputs.iter().any(Option::is_some);
                    self.deliver(id, node, &outputs, ran);
                }
                one_more = false;
                continue;
            }
            let Some(frame) = self.frames.remove(&id) else { return };
            for &exit in &self.layout.frames[frame.def].exits {
                if !frame.exited.contains(&exit) {
                    self.deliver(frame.parent, exit, &[None], false);
                }
            }
            if let Some(parent) = self.frames.get_mut(&frame.parent) {
                parent.children.remove(&frame.def);
            }
            (id, one_more) = (frame.parent, true);
        }
    }
}
