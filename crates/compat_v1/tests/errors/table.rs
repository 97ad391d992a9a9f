//! The table of recorded errors, and how an error is described as one of its rows.

use ferroflow_core::{Error, Result};

/// An error: its class, the node it happened at, and what it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) node: String,
    pub(crate) message: String,
}

const TABLE: &str = include_str!("../data/errors.txt");

pub(crate) fn rows() -> Vec<Row> {
    TABLE.lines().map(Row::parse).collect()
}

impl Row {
    pub(crate) fn parse(line: &str) -> Row {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, class, node, message] = fields[..] else { panic!("a row of four fields: {line}") };
        Row {
            name: name.to_string(),
            class: class.to_string(),
            node: node.to_string(),
            message: serde_json::from_str(message).expect("a text"),
        }
    }

    pub(crate) fn line(&self) -> String {
        let message = serde_json::to_string(&self.message).expect("a text");
        format!("{}\t{}\t{}\t{message}", self.name, self.class, self.node)
    }

    /// Whether this is the recorded error, but for what can only be TensorFlow's own.
    pub(crate) fn says_the_same(&self, recorded: &Row) -> bool {
        let (mut ours, mut theirs) = (self.clone(), recorded.clone());
        match self.name.as_str() {
            // ferroflow goes on to say what to do instead.
            "numpy_of_symbolic_tensor" => ours.message.truncate(theirs.message.len()),
            // The flags at the end are those of oneDNN's kernel, which TensorFlow puts in the place of its own.
            "matrices_that_do_not_fit_at_run_time" => {
                theirs.message = theirs.message.trim_end_matches(" 0 0").to_string();
            }
            // The configuration is that of the recording process, and ferroflow has one kind of session.
            "unknown_session_target" => {
                for message in [&mut ours.message, &mut theirs.message] {
                    *message = without(message, "config:", "} Registered");
                    *message = message.replace("GRPC_SESSION, ", "");
                }
            }
            _ => {}
        }
        ours == theirs
    }
}

/// A text without what stands between two others.
fn without(text: &str, start: &str, end: &str) -> String {
    match (text.find(start), text.find(end)) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &text[..from], &text[to..]),
        _ => text.to_string(),
    }
}

/// What a situation led to, in the terms of the recorder.
pub(crate) fn describe(name: &str, result: Result<()>) -> Row {
    let name = name.to_string();
    let error: Error = match result {
        Ok(()) => return Row { name, class: "none".into(), node: "-".into(), message: String::new() },
        Err(error) => error,
    };
    let mut message = without_addresses(error.message());
    // Where a variable was made is not TensorFlow's words.
    if let Some(end) = message.find("Originally defined at:") {
        message.truncate(end + "Originally defined at:".len());
    }
    // Python's own exceptions do not carry nodes, and the record leaves out those that give out fetches.
    let status = error.exception() == ferroflow_core::Exception::Status;
    let node = error.node().filter(|node| status && !node.starts_with("_retval_")).unwrap_or("-");
    Row { name, class: error.class_name().to_string(), node: node.to_string(), message }
}

fn without_addresses(text: &str) -> String {
    let mut parts = text.split(" at 0x");
    let mut result = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_hexdigit()).len();
        result.push_str(" at ADDRESS");
        result.push_str(&part[digits..]);
    }
    result
}
