//! Steps of a small graph that a server runs for many clients at once: `ferroflow serve` beside TensorFlow's server.
//!
//!     cargo build --release -p ferroflow-cli
//!     cargo bench -p ferroflow-benches --bench serve -- [SECONDS] [CLIENTS]     # by default 60 and 64

use ferroflow_benches::{Connection, Result};
use ferroflow_core::{DType, NdArray};
use ferroflow_graph::Graph;
use ferroflow_ops_array as array;
use ferroflow_proto::*;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// The sides run in turns, so that other load on the machine falls on both.
const TURNS: u32 = 4;

static NEXT_REQUEST: AtomicI64 = AtomicI64::new(1 << 48);

fn main() -> Result<()> {
    // Cargo adds an argument of its own to those of a bench.
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let seconds = numbers.first().copied().unwrap_or(60);
    let clients = usize::try_from(numbers.get(1).copied().unwrap_or(64))?;
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let work = work()?;
    let mut sides = vec![Side::ours()?];
    match std::env::var_os("FERROFLOW_TF_PYTHON") {
        Some(python) => sides.push(Side::tensorflows(&python)?),
        None => println!("FERROFLOW_TF_PYTHON is not set: ferroflow's server stands alone"),
    }
    println!("{clients} clients, {seconds} s for each server in {TURNS} turns: y = x * 2 + 1 on 4 floats");
    for side in &mut sides {
        // What is made once is not counted.
        side.turn(clients, &work, Duration::from_secs(1))?;
        side.steps = 0;
        side.took = Duration::ZERO;
        side.latencies.clear();
        side.memory_before = side.memory()?;
        side.cpu_before = side.cpu()?;
    }
    for _ in 0..TURNS {
        for side in &mut sides {
            side.turn(clients, &work, Duration::from_millis(seconds * 1000 / u64::from(TURNS)))?;
        }
    }
    println!("server        steps/s    median       p99   CPU per step   errors   memory before       after");
    for side in &mut sides {
        side.latencies.sort_unstable();
        let at =
            |part: usize| side.latencies.get(side.latencies.len() * part / 100).copied().unwrap_or_default();
        println!(
            "{:<12}{:>9.0}{:>7.2} ms{:>7.1} ms{:>12.0} us{:>9}{:>12} KiB{:>8} KiB",
            side.name,
            side.rate(),
            at(50).as_secs_f64() * 1e3,
            at(99).as_secs_f64() * 1e3,
            side.cpu_per_step()?,
            side.errors,
            side.memory_before,
            side.memory()?
        );
    }
    if let [ours, theirs] = &sides[..] {
        let cpu = theirs.cpu_per_step()? / ours.cpu_per_step()?;
        println!(
            "ferroflow / TensorFlow: {:.2} in steps/s, {cpu:.2} in steps per second of CPU",
            ours.rate() / theirs.rate()
        );
    }
    Ok(())
}

/// A server, and what its clients have counted.
struct Side {
    name: &'static str,
    address: String,
    process: Child,
    /// The process that serves; it may be one that the first has started.
    pid: String,
    steps: u64,
    errors: u64,
    took: Duration,
    latencies: Vec<Duration>,
    memory_before: u64,
    cpu_before: u64,
}

impl Side {
    fn ours() -> Result<Side> {
        let program = program()?;
        let mut command = Command::new(&program);
        command.args(["serve", "--bind", "127.0.0.1:0", "--log", "warn"]);
        let (process, line) = start(&mut command)?;
        let address =
            line.strip_prefix("listening on ").ok_or_else(|| format!("{}: {line}", program.display()))?;
        let pid = process.id().to_string();
        Ok(Side::new("ferroflow", address.to_string(), process, pid))
    }

    fn tensorflows(python: &std::ffi::OsStr) -> Result<Side> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/cluster.py");
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped());
        let (process, line) = start(&mut command)?;
        let fields: Vec<&str> = line.split(' ').collect();
        let [_, _, address, pid] = fields[..] else { return Err(format!("tools/cluster.py: {line}").into()) };
        Ok(Side::new("TensorFlow", address.to_string(), process, pid.to_string()))
    }

    fn new(name: &'static str, address: String, process: Child, pid: String) -> Side {
        Side {
            name,
            address,
            process,
            pid,
            steps: 0,
            errors: 0,
            took: Duration::ZERO,
            latencies: Vec::new(),
            memory_before: 0,
            cpu_before: 0,
        }
    }

    fn rate(&self) -> f64 {
        self.steps as f64 / self.took.as_secs_f64()
    }

    /// The processor time that the server has taken, in the system's hundredths of a second. Unlike the rate, what it
    /// takes for a step does not depend on what else the machine does, nor on the clients.
    fn cpu(&self) -> Result<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        let (_, fields) = stat.rsplit_once(") ").ok_or("no fields")?;
        let times = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        Ok(times.sum::<std::result::Result<u64, _>>()?)
    }

    fn cpu_per_step(&self) -> Result<f64> {
        Ok((self.cpu()? - self.cpu_before) as f64 * 1e4 / self.steps as f64)
    }

    /// The memory that the server holds, in KiB.
    fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        Ok(line.ok_or("no VmRSS")?.trim().trim_end_matches(" kB").parse()?)
    }

    /// Lets clients run steps for a time.
    fn turn(&mut self, clients: usize, work: &Work, time: Duration) -> Result<()> {
        let all: Mutex<Vec<Duration>> = Mutex::default();
        let errors: Mutex<Vec<String>> = Mutex::default();
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| match client(&self.address, work, started + time) {
                    Ok((latencies, failed)) => {
                        lock(&all).extend(latencies);
                        lock(&errors).extend(failed);
                    }
                    Err(error) => lock(&errors).push(error.to_string()),
                });
            }
        });
        self.took += started.elapsed();
        let latencies = std::mem::take(&mut *lock(&all));
        self.steps += latencies.len() as u64;
        self.latencies.extend(latencies);
        let errors = std::mem::take(&mut *lock(&errors));
        if let Some(error) = errors.first() {
            println!("{}: {error}", self.name);
        }
        self.errors += errors.len() as u64;
        Ok(())
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // The script that has started TensorFlow's server ends it with its input.
        match self.process.stdin.take() {
            Some(input) => drop(input),
            None => {
                let _ = self.process.kill();
            }
        }
        let _ = self.process.wait();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// One client with a connection and a session of its own; how long each of its steps took, and the errors of those that
/// failed.
fn client(address: &str, work: &Work, end: Instant) -> Result<(Vec<Duration>, Vec<String>)> {
    let mut server = Connection::open(address)?;
    let request =
        CreateSessionRequest { graph_def: Some(work.graph.clone()), ..CreateSessionRequest::default() };
    let session: CreateSessionResponse = server.call("/tensorflow.MasterService/CreateSession", &request)?;
    let session_handle = session.session_handle;
    let value = NdArray::from_vec(&[4], vec![0f32, 1.0, 2.0, 3.0])?;
    let feed = NamedTensorProto { name: work.x.clone(), tensor: Some(tensor_proto::from_array(&value)?) };
    let mut request = RunStepRequest {
        session_handle: session_handle.clone(),
        feed: vec![feed],
        fetch: vec![work.y.clone()],
        options: Some(RunOptions::default()),
        store_errors_in_response_body: true,
        ..RunStepRequest::default()
    };
    let (mut latencies, mut errors) = (Vec::new(), Vec::new());
    while Instant::now() < end {
        // By its number a server knows a step that is sent twice.
        request.request_id = NEXT_REQUEST.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let answer: RunStepResponse = server.call("/tensorflow.MasterService/RunStep", &request)?;
        if answer.status_code != 0 {
            errors.push(answer.status_error_message);
            continue;
        }
        latencies.push(started.elapsed());
        let y = answer.tensor.first().and_then(|named| named.tensor.as_ref()).ok_or("no result")?;
        if tensor_proto::to_array(y)?.as_slice::<f32>()? != [1.0, 3.0, 5.0, 7.0] {
            return Err("a wrong result".into());
        }
    }
    let request = CloseSessionRequest { session_handle };
    let _: CloseSessionResponse = server.call("/tensorflow.MasterService/CloseSession", &request)?;
    Ok((latencies, errors))
}

/// What clients run.
struct Work {
    graph: GraphDef,
    x: String,
    y: String,
}

/// `y = x * 2 + 1`.
fn work() -> Result<Work> {
    let graph = Graph::new();
    let (x, y) = graph.as_default_scope(|| -> ferroflow_core::Result<_> {
        let x = array::placeholder(DType::FLOAT32, [4])?;
        let y = ((&x * 2.0)? + 1.0)?;
        Ok((x.name()?, y.name()?))
    })?;
    Ok(Work { graph: graph.as_graph_def()?, x, y })
}

/// Starts a server; gives the first line it prints.
fn start(command: &mut Command) -> Result<(Child, String)> {
    let mut process = command.stdout(Stdio::piped()).spawn()?;
    // What else it prints stays in the pipe, whose end has to be there.
    let out = process.stdout.as_mut().ok_or("no output")?;
    let mut line = String::new();
    BufReader::with_capacity(1, out).read_line(&mut line)?;
    Ok((process, line.trim().to_string()))
}

/// The command line, built for release beside this bench.
fn program() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let directory = here.parent().and_then(Path::parent).ok_or("no directory")?;
    let program = directory.join("ferroflow");
    match program.exists() {
        true => Ok(program),
        false => Err("cargo build --release -p ferroflow-cli has to come first".into()),
    }
}
