//! What can be written on the command line.

use crate::outcome::Outcome;
use clap::Parser;
use clap::error::ErrorKind;
use ferroflow_core::Error;
use ferroflow_proto::{ClusterDef, JobDef};
use std::net::SocketAddr;
use std::path::PathBuf;

/// TensorFlow models without TensorFlow.
#[derive(Parser)]
#[command(name = "ferroflow", version, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Run a model and print its outputs
    Run(RunArgs),
    /// Measure how long a model runs
    Bench(BenchArgs),
    /// Show what is in a model
    Inspect(InspectArgs),
    /// Show where a TensorFlow v1 name went
    Symbols(SymbolsArgs),
    /// List TensorFlow's ops and what is implemented of them
    Ops(OpsArgs),
    /// Write the tensors of a checkpoint under other names or in another format
    Convert(ConvertArgs),
    /// Check TFRecord files and show what is in them
    Records(RecordsArgs),
    /// Serve sessions to TensorFlow's clients, as tf.train.Server does
    Serve(ServeArgs),
}

/// A model, what it is given and what is asked of it.
#[derive(clap::Args)]
pub(crate) struct CallArgs {
    /// A SavedModel directory, a GraphDef (.pb, .pbtxt), or a MetaGraph (PREFIX.meta) with its checkpoint beside it
    pub(crate) model: PathBuf,
    /// The signature of a SavedModel [default: serving_default, or the only one]
    #[arg(long, value_name = "NAME")]
    pub(crate) signature: Option<String>,
    /// The tags of a SavedModel's graph, between commas
    #[arg(long, default_value = "serve")]
    pub(crate) tags: String,
    /// A value: numbers, strings and nested lists, or an .npy file; NAME is an input of the signature or a tensor
    #[arg(long = "input", value_name = "NAME=VALUE")]
    pub(crate) inputs: Vec<String>,
    /// A tensor or an operation to compute, an output of the signature [default: all outputs]
    #[arg(long = "fetch", value_name = "TENSOR")]
    pub(crate) fetches: Vec<String>,
}

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) call: CallArgs,
    /// Write the results to this file instead of printing them
    #[arg(long, value_name = "FILE.npz")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) call: CallArgs,
    /// How many runs to time
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: u32,
    /// How many runs to make before
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) warmup: u32,
    /// How many threads may share the work [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
pub(crate) struct InspectArgs {
    /// A SavedModel directory, a GraphDef (.pb, .pbtxt), or a MetaGraph (PREFIX.meta)
    pub(crate) model: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the graph for Graphviz
    #[arg(long, value_name = "FILE")]
    pub(crate) dot: Option<PathBuf>,
    /// Write a page that draws the graph
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct SymbolsArgs {
    /// A name such as tf.matrix_inverse
    pub(crate) query: String,
    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
pub(crate) struct OpsArgs {
    /// Print a JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
pub(crate) struct ConvertArgs {
    /// A checkpoint's prefix (of TensorFlow 1 or 2), a directory for its latest checkpoint, or an .npz file
    pub(crate) from: PathBuf,
    /// The prefix of the checkpoint to write, or an .npz file
    pub(crate) to: PathBuf,
    /// Give a tensor, or all tensors of a scope, another name
    #[arg(long = "rename", value_name = "OLD=NEW")]
    pub(crate) renames: Vec<String>,
}

#[derive(clap::Args)]
pub(crate) struct RecordsArgs {
    /// TFRecord files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How the files are compressed
    #[arg(long, value_name = "TYPE", default_value = "", hide_default_value = true, value_parser = ["", "GZIP", "ZLIB"])]
    pub(crate) compression: String,
    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// Where to listen; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) bind: SocketAddr,
    /// Listen on an address that other machines reach
    #[arg(long)]
    pub(crate) allow_remote: bool,
    /// The job that the server is a task of
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    pub(crate) job: String,
    /// The number of the task
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) task: u32,
    /// The servers of its cluster, as `ps|HOST:PORT;HOST:PORT,worker|HOST:PORT`: nodes can be placed on all of them
    #[arg(long, value_name = "JOBS", default_value = "", value_parser = parse_cluster, hide_default_value = true)]
    pub(crate) cluster_spec: ClusterDef,
    /// Speak TLS, with the certificate in this file (PEM, followed by those of the authorities between)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Serve only clients with a certificate that one of the authorities in this file (PEM) has signed
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_client_ca: Option<PathBuf>,
    /// A file with the token that every call must carry
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// How large a message may be, in bytes [default: 2 GiB]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_message_bytes: Option<u64>,
    /// How many sessions may be open at one time [default: 1024]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_sessions: Option<u64>,
    /// How many nodes a session's graph may have, with its functions [default: 1000000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_graph_nodes: Option<u64>,
    /// How many steps may run at one time [default: 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=65536))]
    pub(crate) max_steps: Option<u64>,
    /// How much the values of a step may take at one time, in bytes [default: 4 GiB]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_step_bytes: Option<u64>,
    /// After how many seconds without a call a session is closed
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) idle_timeout: u64,
    /// How many seconds running steps may go on once the server is told to stop
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) grace: u64,
    /// What is told on the standard error
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = ["off", "error", "warn", "info", "debug"])]
    pub(crate) log: String,
}

impl Args {
    /// The arguments of this process, or what to say instead of doing anything.
    pub(crate) fn read() -> Result<Args, Outcome> {
        Args::try_parse().map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Outcome::Text(error.to_string()),
            _ => Outcome::Failure(Error::invalid_argument(first_paragraph(&error.to_string()))),
        })
    }
}

/// What clap says is wrong, without the usage behind it.
fn first_paragraph(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    lines.join(" ")
}

/// A cluster: jobs between commas, each a name, a bar, and the addresses of its tasks between semicolons.
fn parse_cluster(text: &str) -> Result<ClusterDef, String> {
    let job = |text: &str| {
        let (name, tasks) =
            text.split_once('|').ok_or_else(|| format!("'{text}' is not JOB|HOST:PORT;..."))?;
        let mut job = JobDef { name: name.to_string(), ..JobDef::default() };
        for (number, address) in (0..).zip(tasks.split(';')) {
            let port = address.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) {
                return Err(format!("'{address}' is not HOST:PORT"));
            }
            job.tasks.insert(number, address.to_string());
        }
        Ok(job)
    };
    let jobs = text.split(',').filter(|job| !job.is_empty()).map(job);
    Ok(ClusterDef { job: jobs.collect::<Result<_, String>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_are_read() {
        let cluster = parse_cluster("ps|a:1;b:2,worker|[::1]:3").unwrap();
        let tasks = |job: usize| cluster.job[job].tasks.values().cloned().collect::<Vec<_>>();
        assert_eq!(
            (cluster.job[0].name.as_str(), tasks(0)),
            ("ps", vec!["a:1".to_string(), "b:2".to_string()])
        );
        assert_eq!((cluster.job[1].name.as_str(), tasks(1)), ("worker", vec!["[::1]:3".to_string()]));
        assert_eq!(parse_cluster("").unwrap(), ClusterDef::default());
        assert!(parse_cluster("ps").is_err() && parse_cluster("ps|a").is_err());
    }
}
