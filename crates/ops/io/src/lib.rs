//! Operations on files and serialized data: `tf.io`.

mod csv;
mod csv_fields;
mod decode_json_example;
mod example_wire;
mod feature_columns;
mod feature_spec;
mod features;
mod files;
pub mod gfile;
mod histogram;
mod json_reader;
mod parse_example;
mod parse_sequence_example;
pub mod path_patterns;
mod raw_bytes;
mod sequence_features;
mod summaries;
mod tensor_wire;

pub use csv::{DecodeCsvOptions, decode_csv, decode_csv_with};
pub use csv_fields::{CsvColumn, CsvEnd, CsvField, CsvNotation, check_csv_columns, check_csv_defaults};
pub use decode_json_example::decode_json_example;
pub use features::{FeatureSpec, ParsedFeature, parse_example};
pub use files::{matching_files, read_file, write_file};
pub use raw_bytes::{decode_compressed, decode_padded_raw};
pub use sequence_features::{ParsedSequences, parse_sequence_example, parse_single_sequence_example};
pub use summaries::{histogram_summary, merge_summary, scalar_summary, tensor_summary_v2};
pub use tensor_wire::{parse_tensor, serialize_tensor};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &raw_bytes::DECODE_COMPRESSED,
    &csv::DECODE_CSV,
    &decode_json_example::DECODE_JSON_EXAMPLE,
    &raw_bytes::DECODE_PADDED_RAW,
    &summaries::HISTOGRAM_SUMMARY,
    &files::MATCHING_FILES,
    &summaries::MERGE_SUMMARY,
    &parse_example::PARSE_EXAMPLE,
    &parse_example::PARSE_EXAMPLE_V2,
    &parse_sequence_example::PARSE_SEQUENCE_EXAMPLE,
    &parse_sequence_example::PARSE_SEQUENCE_EXAMPLE_V2,
    &parse_example::PARSE_SINGLE_EXAMPLE,
    &parse_sequence_example::PARSE_SINGLE_SEQUENCE_EXAMPLE,
    &tensor_wire::PARSE_TENSOR,
    &files::READ_FILE,
    &summaries::SCALAR_SUMMARY,
    &tensor_wire::SERIALIZE_TENSOR,
    &summaries::TENSOR_SUMMARY,
    &summaries::TENSOR_SUMMARY_V2,
    &files::WRITE_FILE,
];
