//! Messages that TensorFlow wrote, read and written again.

use crate::cases::{path, read_text};
use crate::codecs::codecs;

const FILES: [(&str, &str); 5] = [
    ("saved_model", "tensorflow.SavedModel"),
    ("meta_graph", "tensorflow.MetaGraphDef"),
    ("graph", "tensorflow.GraphDef"),
    ("run_metadata", "tensorflow.RunMetadata"),
    ("summary", "tensorflow.Summary"),
];

#[test]
fn files_come_back_as_they_were() {
    let codecs = codecs();
    for (file, message) in FILES {
        let codec = &codecs[message];
        let bytes = std::fs::read(path(&format!("data/{file}.pb"))).unwrap();
        let text = read_text(&format!("data/{file}.pbtxt"));
        assert!((codec.reencode)(&bytes).unwrap() == bytes, "{file}");
        assert!((codec.to_text)(&bytes).unwrap() == text, "{file}");
        assert!((codec.parse)(&text).unwrap() == bytes, "{file}");
    }
}
