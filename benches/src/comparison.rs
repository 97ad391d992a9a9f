//! `Comparison`: a table of ferroflow's times beside TensorFlow's.

use crate::timing::{self, Times};
use crate::{PeerTensor, Result, TensorFlow};
use ferroflow_compat_v1::{FeedDict, Session};
use ferroflow_core::{DType, NdArray, Tensor};
use ferroflow_graph::Graph;
use ferroflow_proto::Message;

/// How far results of the two sides may lie apart: sums in another order, other polynomials for the same function.
const TOLERANCE: f64 = 1e-3;

/// What a graph is run on.
pub struct Run {
    /// The values, by the placeholder they go to.
    pub feeds: Vec<(Tensor, NdArray)>,
    /// The tensor to compute.
    pub fetch: Tensor,
}

/// A table in the making.
pub struct Comparison {
    peer: Option<TensorFlow>,
    timed: bool,
    /// Part of the names of the rows asked for.
    filter: Option<String>,
}

impl Comparison {
    /// Starts a table of the rows whose names hold the first argument that is no option. Without `--bench`, which `cargo bench` passes, each row is run and checked but not timed.
    ///
    /// # Errors
    /// If `FERROFLOW_TF_LIB` names a directory that TensorFlow's libraries cannot be loaded from.
    pub fn start(title: &str) -> Result<Comparison> {
        let peer = TensorFlow::from_env()?;
        match &peer {
            Some(peer) => println!("\n{title}, beside TensorFlow {}", peer.version()),
            None => println!("\n{title}; FERROFLOW_TF_LIB is not set, so TensorFlow's side is skipped"),
        }
        let timed = std::env::args().any(|argument| argument == "--bench");
        if timed {
            println!(
                "{:<44} {:>11} {:>11} {:>11} {:>11} {:>9}",
                "median and least time of a call", "ferroflow", "least", "TensorFlow", "least", "ours/TF"
            );
        }
        let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
        Ok(Comparison { peer, timed, filter })
    }

    /// Whether a row of this name was asked for.
    pub fn is_wanted(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter))
    }

    /// TensorFlow, where it was found.
    pub fn peer(&self) -> Option<&TensorFlow> {
        self.peer.as_ref()
    }

    /// Adds a row for one run of the graph that `build` makes; TensorFlow gets the same graph, exported.
    ///
    /// # Errors
    /// The error of either side, or that their results differ.
    pub fn graph(&self, name: &str, build: impl FnOnce(&Graph) -> ferroflow_core::Result<Run>) -> Result<()> {
        self.steps(name, |graph| build(graph).map(|run| (None, run)))
    }

    /// [`Comparison::graph`] of a graph with variables, which a tensor that is computed once in each session initialises.
    ///
    /// # Errors
    /// As [`Comparison::graph`].
    pub fn steps(
        &self,
        name: &str,
        build: impl FnOnce(&Graph) -> ferroflow_core::Result<(Option<Tensor>, Run)>,
    ) -> Result<()> {
        if !self.is_wanted(name) {
            return Ok(());
        }
        let graph = Graph::new();
        let (first, Run { feeds, fetch }) = graph.as_default_scope(|| build(&graph))?;
        let session = Session::builder().graph(&graph).build()?;
        let run = || {
            let dict = feeds.iter().fold(FeedDict::new(), |dict, (tensor, value)| dict.feed(tensor, value));
            session.run_feed(&fetch, dict)
        };
        if let Some(first) = &first {
            session.run(first)?;
        }
        let result = run()?;
        let mut ours = || {
            run()?;
            Ok(())
        };
        let Some(peer) = &self.peer else {
            return self.row(name, &mut ours, None);
        };
        let peer_session = peer.session(&graph.as_graph_def()?.encode_to_vec())?;
        let peer_inputs = feeds
            .iter()
            .map(|(tensor, value)| Ok((peer_session.output(&tensor.name()?)?, peer.tensor(value)?)))
            .collect::<Result<Vec<_>>>()?;
        let peer_fetch = peer_session.output(&fetch.name()?)?;
        let values: Vec<(_, &PeerTensor)> =
            peer_inputs.iter().map(|(output, value)| (*output, value)).collect();
        if let Some(first) = &first {
            peer_session.run(&[], peer_session.output(&first.name()?)?)?;
        }
        check(name, &result, &peer_session.run(&values, peer_fetch)?.to_array()?)?;
        let mut theirs = || {
            peer_session.run(&values, peer_fetch)?;
            Ok(())
        };
        self.row(name, &mut ours, Some(&mut theirs))
    }

    /// Adds a row for two calls that give a result each.
    ///
    /// # Errors
    /// The error of either side, or that their results differ.
    pub fn calls(
        &self,
        name: &str,
        mut ours: impl FnMut() -> Result<NdArray>,
        theirs: Option<impl FnMut() -> Result<PeerTensor>>,
    ) -> Result<()> {
        let mut theirs = theirs;
        if let Some(theirs) = &mut theirs {
            check(name, &ours()?, &theirs()?.to_array()?)?;
        }
        let mut theirs = theirs.map(|mut call| move || call().map(drop));
        let peer = theirs.as_mut().map(|call| call as &mut dyn FnMut() -> Result<()>);
        self.row(name, &mut || ours().map(drop), peer)
    }

    /// Adds a row for two calls whose results are not compared.
    ///
    /// # Errors
    /// The error of either side.
    pub fn row<'a>(
        &self,
        name: &str,
        ours: &'a mut (dyn FnMut() -> Result<()> + 'a),
        theirs: Option<&'a mut (dyn FnMut() -> Result<()> + 'a)>,
    ) -> Result<()> {
        if !self.is_wanted(name) {
            return Ok(());
        }
        if !self.timed {
            ours()?;
            if let Some(theirs) = theirs {
                theirs()?;
            }
            println!("{name}: ran");
            return Ok(());
        }
        let mut sides = vec![ours];
        sides.extend(theirs);
        let times = timing::in_turns(&mut sides)?;
        let (mine, peer) = (times.first(), times.get(1));
        let shown = |times: Option<&Times>, figure: fn(&Times) -> f64| {
            times.map_or_else(|| "-".to_string(), |times| duration(figure(times)))
        };
        let ratio = mine.zip(peer).map_or_else(|| "-".to_string(), |(a, b)| format!("{:.3}", a.ratio(b)));
        println!(
            "{name:<44} {:>11} {:>11} {:>11} {:>11} {ratio:>9}",
            shown(mine, Times::median),
            shown(mine, Times::min),
            shown(peer, Times::median),
            shown(peer, Times::min),
        );
        Ok(())
    }
}

fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    }
}

fn check(name: &str, ours: &NdArray, theirs: &NdArray) -> Result<()> {
    if ours.dtype() != theirs.dtype() || ours.shape() != theirs.shape() {
        return Err(format!(
            "{name}: {} {:?} here, {} {:?} in TensorFlow",
            ours.dtype(),
            ours.shape(),
            theirs.dtype(),
            theirs.shape()
        )
        .into());
    }
    let (ours, theirs) = (ours.cast(DType::FLOAT64)?, theirs.cast(DType::FLOAT64)?);
    let pairs = ours.as_slice::<f64>()?.iter().zip(theirs.as_slice::<f64>()?);
    for (index, (ours, theirs)) in pairs.enumerate() {
        let far = (ours - theirs).abs() > TOLERANCE * theirs.abs().max(1.0);
        if far || ours.is_nan() != theirs.is_nan() {
            return Err(format!("{name}: element {index} is {ours} here, {theirs} in TensorFlow").into());
        }
    }
    Ok(())
}
