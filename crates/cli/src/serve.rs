//! `ferroflow serve`

use crate::args::ServeArgs;
use ferroflow_core::{Error, Result, ensure};
use ferroflow_rpc::{Identity, Limits, Server, ServerOptions, ServerTls};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Serves until the process is told to end. The one line on the standard output says that clients may come.
pub(crate) fn serve(args: ServeArgs) -> Result<String> {
    log(&args.log)?;
    ferroflow_data::install();
    let server = Server::start_until_signal(options(args)?)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {}", server.address())
        .and_then(|()| out.flush())
        .map_err(|error| Error::unknown(format!("standard output: {error}")))?;
    drop(out);
    server.join()?;
    Ok(String::new())
}

fn log(level: &str) -> Result<()> {
    let level = level.parse::<tracing_subscriber::filter::LevelFilter>();
    let level = level.map_err(|error| Error::invalid_argument(format!("--log: {error}")))?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).with_max_level(level).init();
    Ok(())
}

fn options(args: ServeArgs) -> Result<ServerOptions> {
    let defaults = Limits::default();
    let limit = |given: Option<u64>, default: usize| {
        given.map_or(default, |given| usize::try_from(given).unwrap_or(usize::MAX))
    };
    let tls = tls(&args)?;
    Ok(ServerOptions {
        bind: args.bind,
        allow_remote: args.allow_remote,
        job: args.job,
        task: args.task,
        cluster: args.cluster_spec,
        tls,
        token: args.token_file.as_deref().map(token).transpose()?,
        limits: Limits {
            message_bytes: limit(args.max_message_bytes, defaults.message_bytes),
            sessions: limit(args.max_sessions, defaults.sessions),
            graph_nodes: limit(args.max_graph_nodes, defaults.graph_nodes),
            steps: limit(args.max_steps, defaults.steps),
            step_bytes: limit(args.max_step_bytes, defaults.step_bytes),
        },
        idle: Duration::from_secs(args.idle_timeout),
        grace: Duration::from_secs(args.grace),
        ..ServerOptions::default()
    })
}

fn tls(args: &ServeArgs) -> Result<Option<ServerTls>> {
    let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(None) };
    let identity = Identity::from_files(certificate, key)?;
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|error| Error::not_found(format!("{}: {error}", path.display())))
    };
    Ok(Some(ServerTls { identity, client_ca: args.tls_client_ca.as_ref().map(read).transpose()? }))
}

/// The token in a file; a line break at its end is not part of it.
fn token(path: &Path) -> Result<String> {
    let read = std::fs::read_to_string(path);
    let text = read.map_err(|error| Error::not_found(format!("{}: {error}", path.display())))?;
    let token = text.trim_end().to_string();
    ensure!(!token.is_empty(), invalid_argument, "{}: an empty token", path.display());
    Ok(token)
}
