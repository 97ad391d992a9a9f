//! Where a session runs: in this process, or on a server.

use super::config::{Settings, milliseconds};
use super::devices::CPU;
use ferroflow_core::{NdArray, Result, SessionTensors, bail, ensure};
use ferroflow_graph::{
    DirectSession, Graph, Port, Prepared, RemoteSession, RunSettings, RunSignature, StepTiming, step_stats,
};
use ferroflow_proto::run_options::TraceLevel;
use ferroflow_proto::{ConfigProto, RunMetadata, RunOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

#[expect(clippy::large_enum_variant, reason = "there is one in a session, behind a pointer")]
pub(super) enum Engine {
    Local(DirectSession, Settings),
    Remote(Remote),
}

pub(super) struct Remote {
    session: Arc<dyn RemoteSession>,
    graph: Graph,
    closed: AtomicBool,
}

/// A run that was prepared.
pub(super) enum PreparedRun {
    Local(Prepared),
    Remote(RunSignature),
    /// One that the server holds, too.
    Held(RunSignature, Held),
}

/// A callable on a server, released when it is dropped.
pub(super) struct Held {
    session: Arc<dyn RemoteSession>,
    handle: i64,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.session.release_callable(self.handle);
    }
}

impl Engine {
    /// # Errors
    /// `NotFound` for a target that nobody serves, `ResourceExhausted` when threads cannot be started.
    pub(super) fn open(target: &str, graph: &Graph, config: &ConfigProto) -> Result<Engine> {
        if target.is_empty() {
            return Ok(Engine::Local(DirectSession::new(graph.clone()), Settings::new(config)?));
        }
        #[cfg(feature = "rpc")]
        ferroflow_rpc::install();
        match ferroflow_graph::transport().and_then(|transport| (transport.open)(target, config)) {
            Some(session) => Ok(Engine::Remote(Remote {
                session: session?,
                graph: graph.clone(),
                closed: AtomicBool::new(false),
            })),
            None => nobody_serves(target, config),
        }
    }

    /// Ends the sessions of a target that is not this process, and empties its containers.
    pub(super) fn reset_remote(target: &str, containers: &[&str]) -> Result<()> {
        #[cfg(feature = "rpc")]
        ferroflow_rpc::install();
        match ferroflow_graph::transport().and_then(|transport| (transport.reset)(target, containers)) {
            Some(result) => result,
            None => nobody_serves(target, &ConfigProto::default()),
        }
    }

    /// The values that runs kept for later ones.
    pub(super) fn session_tensors(&self) -> Option<&SessionTensors> {
        match self {
            Engine::Local(direct, _) => direct.session_tensors(),
            Engine::Remote(_) => None,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match self {
            Engine::Local(direct, _) => direct.is_closed(),
            Engine::Remote(remote) => remote.closed.load(Ordering::SeqCst),
        }
    }

    pub(super) fn close(&self) {
        match self {
            Engine::Local(direct, _) => direct.close(),
            Engine::Remote(remote) => {
                remote.closed.store(true, Ordering::SeqCst);
                remote.session.close();
            }
        }
    }

    pub(super) fn prepare(&self, feeds: &[Port], fetches: &[Port], targets: &[usize]) -> Result<PreparedRun> {
        Ok(match self {
            Engine::Local(direct, _) => PreparedRun::Local(direct.prepare(feeds, fetches, targets)?),
            Engine::Remote(_) => PreparedRun::Remote(signature(feeds, fetches, targets)),
        })
    }

    /// The same for a run that is often repeated.
    pub(super) fn prepare_callable(
        &self,
        feeds: &[Port],
        fetches: &[Port],
        targets: &[usize],
    ) -> Result<PreparedRun> {
        let Engine::Remote(remote) = self else { return self.prepare(feeds, fetches, targets) };
        let signature = signature(feeds, fetches, targets);
        let handle = remote.session.make_callable(&remote.graph, &signature)?;
        Ok(PreparedRun::Held(signature, Held { session: remote.session.clone(), handle }))
    }

    /// Runs what was prepared, under the session's configuration and a run's options.
    pub(super) fn execute(
        &self,
        prepared: &PreparedRun,
        values: Vec<NdArray>,
        options: &RunOptions,
        metadata: Option<&mut RunMetadata>,
    ) -> Result<Vec<NdArray>> {
        let (results, report) = match (self, prepared) {
            (Engine::Local(direct, settings), PreparedRun::Local(prepared)) => {
                run_here(direct, settings, prepared, values, options)?
            }
            (Engine::Remote(_), PreparedRun::Held(_, held)) if *options == RunOptions::default() => {
                held.session.run_callable(held.handle, values)?
            }
            (Engine::Remote(remote), PreparedRun::Remote(signature) | PreparedRun::Held(signature, _)) => {
                remote.session.run(&remote.graph, signature, values, options)?
            }
            _ => bail!(internal, "a run was prepared for another session"),
        };
        if let Some(metadata) = metadata {
            *metadata = report;
        }
        Ok(results)
    }

    pub(super) fn partial_run_setup(
        &self,
        feeds: &[Port],
        fetches: &[Port],
        targets: &[usize],
    ) -> Result<String> {
        match self {
            Engine::Local(direct, _) => direct.partial_run_setup(feeds, fetches, targets),
            Engine::Remote(remote) => {
                remote.session.partial_run_setup(&remote.graph, &signature(feeds, fetches, targets))
            }
        }
    }

    pub(super) fn partial_run(
        &self,
        handle: &str,
        feeds: Vec<(Port, NdArray)>,
        fetches: &[Port],
    ) -> Result<Vec<NdArray>> {
        match self {
            Engine::Local(direct, settings) => {
                let how = run_settings(settings, &RunOptions::default());
                let run = || direct.partial_run(handle, feeds, fetches, &how);
                match &settings.pool {
                    Some(pool) => pool.install(run),
                    None => run(),
                }
            }
            Engine::Remote(remote) => remote.session.partial_run(&remote.graph, handle, feeds, fetches),
        }
    }

    pub(super) fn remote_devices(&self) -> Result<Option<Vec<ferroflow_proto::DeviceAttributes>>> {
        match self {
            Engine::Local(..) => Ok(None),
            Engine::Remote(remote) => remote.session.list_devices().map(Some),
        }
    }

    /// Options that would be ignored here are refused; a server knows itself what it has.
    pub(super) fn check_options(&self, options: &RunOptions) -> Result<()> {
        if matches!(self, Engine::Remote(_)) {
            return Ok(());
        }
        let debug =
            options.debug_options.as_ref().is_some_and(|debug| !debug.debug_tensor_watch_opts.is_empty());
        ensure!(!debug, unimplemented, "RunOptions.debug_options is not supported");
        ensure!(
            !options.output_partition_graphs,
            unimplemented,
            "RunOptions.output_partition_graphs is not supported"
        );
        Ok(())
    }
}

fn signature(feeds: &[Port], fetches: &[Port], targets: &[usize]) -> RunSignature {
    RunSignature { feeds: feeds.to_vec(), fetches: fetches.to_vec(), targets: targets.to_vec() }
}

fn run_settings(settings: &Settings, options: &RunOptions) -> RunSettings {
    RunSettings {
        timeout: milliseconds(options.timeout_in_ms).or(settings.timeout),
        trace: options.trace_level == TraceLevel::FullTrace as i32,
        ..RunSettings::default()
    }
}

fn run_here(
    direct: &DirectSession,
    settings: &Settings,
    prepared: &Prepared,
    values: Vec<NdArray>,
    options: &RunOptions,
) -> Result<(Vec<NdArray>, RunMetadata)> {
    let how = run_settings(settings, options);
    let started = how.trace.then(SystemTime::now);
    let run = || direct.run_prepared(prepared, values, &how);
    let (results, timings): (Vec<NdArray>, Vec<StepTiming>) = match &settings.pool {
        Some(pool) => pool.install(run)?,
        None => run()?,
    };
    let stats = started.map(|started| step_stats(direct.graph(), CPU, &timings, started));
    Ok((results, RunMetadata { step_stats: stats, ..RunMetadata::default() }))
}

fn nobody_serves<T>(target: &str, config: &ConfigProto) -> Result<T> {
    let config = ferroflow_proto::text::to_text(config);
    let config: Vec<&str> = config.lines().map(str::trim).collect();
    bail!(
        not_found,
        "No session factory registered for the given session options: {{target: \"{target}\" config: {}}} Registered \
         factories are {{DIRECT_SESSION}}.",
        config.join(" ")
    )
}
