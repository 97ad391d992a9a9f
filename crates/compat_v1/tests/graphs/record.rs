//! What TensorFlow built and computed, and how ferroflow's graphs and values are compared with it.

use ferroflow_compat_v1::{self as tf, FeedDict, Fetch};
use ferroflow_core::{DType, NdArray, Result, Shape, TString};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/v1_graphs")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(directory().join(file)).expect("a recorded file")
}

/// A recorded graph in text form.
pub(crate) fn recorded_graph(name: &str) -> String {
    read(&format!("{name}.pbtxt"))
}

/// The names of all recorded programs.
pub(crate) fn recorded_names() -> Vec<String> {
    let files = std::fs::read_dir(directory()).expect("recorded graphs");
    let names = files.map(|file| file.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".pbtxt").map(str::to_string)).collect();
    names.sort_unstable();
    names
}

/// Runs what a program has built, in one session; keeps the values.
#[derive(Default)]
pub(crate) struct Run {
    session: Option<tf::Session>,
    values: Vec<NdArray>,
}

/// What a program fetches: arrays, or nothing for operations.
pub(crate) trait Kept {
    fn keep(self, values: &mut Vec<NdArray>);
}

impl Kept for NdArray {
    fn keep(self, values: &mut Vec<NdArray>) {
        values.push(self);
    }
}

impl Kept for () {
    fn keep(self, _values: &mut Vec<NdArray>) {}
}

impl<K: Kept> Kept for Option<K> {
    fn keep(self, values: &mut Vec<NdArray>) {
        self.into_iter().for_each(|kept| kept.keep(values));
    }
}

impl<K: Kept> Kept for Vec<K> {
    fn keep(self, values: &mut Vec<NdArray>) {
        self.into_iter().for_each(|kept| kept.keep(values));
    }
}

impl<K: Kept, const N: usize> Kept for [K; N] {
    fn keep(self, values: &mut Vec<NdArray>) {
        self.into_iter().for_each(|kept| kept.keep(values));
    }
}

macro_rules! tuples {
    ($(($($name:ident),*))*) => {
        $(impl<$($name: Kept),*> Kept for ($($name,)*) {
            #[allow(non_snake_case)]
            fn keep(self, values: &mut Vec<NdArray>) {
                let ($($name,)*) = self;
                $($name.keep(values);)*
            }
        })*
    };
}

tuples! {
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G, H)
    (A, B, C, D, E, F, G, H, I)
}

/// A directory that is removed at the end.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ferroflow-savers-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Run {
    pub(crate) fn run<F: Fetch<Output: Kept>>(&mut self, fetches: F) -> Result<()> {
        self.feed(fetches, FeedDict::new())
    }

    /// The session that values are computed in.
    pub(crate) fn session(&mut self) -> Result<&tf::Session> {
        match &mut self.session {
            Some(session) => Ok(session),
            unopened => Ok(unopened.insert(tf::Session::new()?)),
        }
    }

    /// Keeps a value that a program made of what it fetched.
    pub(crate) fn keep(&mut self, value: NdArray) {
        self.values.push(value);
    }

    pub(crate) fn feed<F: Fetch<Output: Kept>>(&mut self, fetches: F, feeds: FeedDict) -> Result<()> {
        self.session()?.run_feed(fetches, feeds)?.keep(&mut self.values);
        Ok(())
    }
}

/// The first line in which a graph differs from the recorded one.
pub(crate) fn graph_difference(name: &str, graph: &tf::Graph) -> Option<String> {
    let expected = read(&format!("{name}.pbtxt"));
    let found = match graph.as_graph_def() {
        Ok(graph_def) => ferroflow_proto::text::to_text(&graph_def),
        Err(error) => return Some(format!("{name}: {error:?}")),
    };
    if found == expected {
        return None;
    }
    let (mut node, mut first) = (String::new(), None);
    let mut ours = found.lines();
    for (number, line) in expected.lines().enumerate() {
        let our = ours.next().unwrap_or("(nothing)");
        if let Some(name) = line.strip_prefix("  name: ") {
            node = name.to_string();
        }
        if our != line {
            first = Some(format!("line {}, at {node}: `{our}` should be `{line}`", number + 1));
            break;
        }
    }
    let names = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix("  name: ")).map(str::to_string).collect()
    };
    let (found, expected) = (names(&found), names(&expected));
    let missing: Vec<&String> = expected.iter().filter(|name| !found.contains(name)).collect();
    let more: Vec<&String> = found.iter().filter(|name| !expected.contains(name)).collect();
    let first = first.unwrap_or_else(|| "the end".to_string());
    Some(format!("{name}: {first}; missing nodes {missing:?}, others instead {more:?}"))
}

/// The recorded values of a program: dtype, shape and content.
pub(crate) fn recorded_values(program: &str) -> Vec<NdArray> {
    let text = read("values.txt");
    let rows = text.lines().filter_map(|line| line.strip_prefix(program)?.strip_prefix('\t'));
    rows.map(|row| {
        let fields: Vec<&str> = row.split('\t').collect();
        let [dtype, shape, content] = fields[..] else { panic!("a row of three fields: {row}") };
        let sizes = shape.trim_matches(['[', ']']).split(',').filter(|size| !size.is_empty());
        let sizes: Vec<usize> = sizes.map(|size| size.parse().expect("a size")).collect();
        let shape = Shape::new(&sizes).expect("a shape");
        let flat = match dtype {
            "string" => {
                let items: Vec<String> = serde_json::from_str(content).expect("strings");
                let bytes = |item: &String| {
                    item.chars().map(|c| u8::try_from(u32::from(c)).expect("a byte")).collect::<Vec<u8>>()
                };
                NdArray::vector(items.iter().map(|item| TString::from(bytes(item))).collect())
            }
            dtype => {
                let dtype = DType::from_name(dtype).expect("a dtype");
                return NdArray::from_bytes(dtype, shape, &bytes(content)).expect("as many bytes");
            }
        };
        flat.reshape(shape).expect("as many elements")
    })
    .collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("a byte"))
        .collect()
}

/// How far apart floats may be, in units of the last place: `Log`, `Sin` and `Cos`, which normal numbers are made of,
/// are a unit off in either engine.
const ULPS: u64 = 2;

fn same(found: &NdArray, expected: &NdArray) -> bool {
    if found.dtype() != expected.dtype() || found.shape() != expected.shape() {
        return false;
    }
    match found.dtype() {
        DType::FLOAT32 => {
            let (found, expected) = (found.as_slice::<f32>(), expected.as_slice::<f32>());
            found.expect("floats").iter().zip(expected.expect("floats")).all(|(a, b)| {
                a.to_bits() == b.to_bits()
                    || (a.is_sign_positive() == b.is_sign_positive()
                        && u64::from(a.to_bits().abs_diff(b.to_bits())) <= ULPS)
            })
        }
        DType::FLOAT64 => {
            let (found, expected) = (found.as_slice::<f64>(), expected.as_slice::<f64>());
            found
                .expect("floats")
                .iter()
                .zip(expected.expect("floats"))
                .all(|(a, b)| a.to_bits() == b.to_bits() || a.to_bits().abs_diff(b.to_bits()) <= ULPS)
        }
        _ => found == expected,
    }
}

/// What a program computed that TensorFlow did not.
pub(crate) fn value_difference(
    program: &str,
    run: &Run,
    expected: &[NdArray],
    tolerance: f32,
) -> Option<String> {
    if run.values.len() != expected.len() {
        return Some(format!("{program}: {} values instead of {}", run.values.len(), expected.len()));
    }
    let differs = run
        .values
        .iter()
        .zip(expected)
        .position(|(found, expected)| !same(found, expected) && !close(found, expected, tolerance))?;
    Some(format!("{program}: value {differs} is {:?}, not {:?}", run.values[differs], expected[differs]))
}

/// Whether numbers are apart by no more than this share of the larger of them and of 0.1.
fn close(found: &NdArray, expected: &NdArray, tolerance: f32) -> bool {
    let (Ok(found_values), Ok(expected_values)) = (found.as_slice::<f32>(), expected.as_slice::<f32>())
    else {
        return false;
    };
    found.shape() == expected.shape()
        && found_values
            .iter()
            .zip(expected_values)
            .all(|(a, b)| (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(0.1))
}
