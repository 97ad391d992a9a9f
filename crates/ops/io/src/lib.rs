//! Operations on files and serialized data: `tf.io`.

mod csv;
mod example_wire;
mod feature_spec;
mod features;
mod files;
mod parse_example;
mod parse_sequence_example;
mod raw_bytes;
mod tensor_wire;
mod wire;

pub use csv::{DecodeCsvOptions, decode_csv, decode_csv_with};
pub use features::{FeatureSpec, ParsedFeature, parse_example};
pub use files::{matching_files, read_file, write_file};
pub use raw_bytes::{decode_compressed, decode_padded_raw};
pub use tensor_wire::{parse_tensor, serialize_tensor};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &raw_bytes::DECODE_COMPRESSED,
    &csv::DECODE_CSV,
    &raw_bytes::DECODE_PADDED_RAW,
    &files::MATCHING_FILES,
    &parse_example::PARSE_EXAMPLE,
    &parse_example::PARSE_EXAMPLE_V2,
    &parse_sequence_example::PARSE_SEQUENCE_EXAMPLE,
    &parse_sequence_example::PARSE_SEQUENCE_EXAMPLE_V2,
    &parse_example::PARSE_SINGLE_EXAMPLE,
    &parse_sequence_example::PARSE_SINGLE_SEQUENCE_EXAMPLE,
    &tensor_wire::PARSE_TENSOR,
    &files::READ_FILE,
    &tensor_wire::SERIALIZE_TENSOR,
    &files::WRITE_FILE,
];
