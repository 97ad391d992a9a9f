//! Reads recorded cases.

use std::path::PathBuf;

/// A recorded case: a message's full name and the blocks of text that belong to it.
pub(crate) struct Case {
    pub(crate) message: String,
    blocks: Vec<(String, String)>,
}

impl Case {
    pub(crate) fn block(&self, name: &str) -> Option<&str> {
        self.blocks.iter().find(|block| block.0 == name).map(|block| block.1.as_str())
    }

    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        self.block("bytes").map(from_hex)
    }
}

pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

pub(crate) fn read_text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

pub(crate) fn read_cases(name: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let text = read_text(name);
    for line in text.strip_suffix('\n').unwrap().split('\n') {
        if let Some(message) = line.strip_prefix("=== ") {
            cases.push(Case { message: message.to_owned(), blocks: Vec::new() });
        } else if let Some(block) = line.strip_prefix("--- ") {
            cases.last_mut().unwrap().blocks.push((block.to_owned(), String::new()));
        } else {
            let block = &mut cases.last_mut().unwrap().blocks.last_mut().unwrap().1;
            block.push_str(line);
            block.push('\n');
        }
    }
    for block in cases.iter_mut().flat_map(|case| &mut case.blocks) {
        // The newline that ends the block is not the text's own.
        block.1.pop();
    }
    assert!(!cases.is_empty());
    cases
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
