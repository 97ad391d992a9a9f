//! Operations on strings: `tf.strings`.

mod as_string;
mod case_and_length;
mod codes;
mod edit_distance;
mod fingerprint_op;
mod hash_bucket;
mod n_grams;
mod printf;
mod ragged_split;
mod regex_ops;
mod sdca_fprint;
mod segment_join;
mod split;
mod string_format;
mod string_join;
mod strings;
mod substr;
mod unicode_codec;
mod unicode_ops;

pub use as_string::{AsStringOptions, as_string, as_string_with, to_number};
pub use case_and_length::{length, lower, strip, upper};
pub use codes::{decode_base64, decode_raw, encode_base64};
pub use edit_distance::edit_distance;
pub use fingerprint_op::fingerprint;
pub use hash_bucket::{to_hash_bucket, to_hash_bucket_fast, to_hash_bucket_strong};
pub use n_grams::{NGramsOptions, ngrams, ngrams_with};
pub use ragged_split::{SplitOptions, bytes_split, split, split_with};
pub use regex_ops::{regex_full_match, regex_replace};
pub use segment_join::unsorted_segment_join;
pub use split::{string_split, string_split_v2};
pub use string_format::{FormatOptions, format, format_with};
pub use string_join::{join, reduce_join};
pub use substr::substr;
pub use unicode_ops::{
    UnicodeOptions, unicode_decode, unicode_decode_with_offsets, unicode_encode, unicode_script,
    unicode_split, unicode_split_with_offsets, unicode_transcode,
};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &as_string::AS_STRING,
    &codes::DECODE_BASE64,
    &codes::DECODE_RAW,
    &edit_distance::EDIT_DISTANCE,
    &codes::ENCODE_BASE64,
    &fingerprint_op::FINGERPRINT,
    &string_join::REDUCE_JOIN,
    &regex_ops::REGEX_FULL_MATCH,
    &regex_ops::REGEX_REPLACE,
    &regex_ops::STATIC_REGEX_FULL_MATCH,
    &regex_ops::STATIC_REGEX_REPLACE,
    &string_format::STRING_FORMAT,
    &string_join::STRING_JOIN,
    &case_and_length::STRING_LENGTH,
    &case_and_length::STRING_LOWER,
    &n_grams::STRING_N_GRAMS,
    &split::STRING_SPLIT,
    &split::STRING_SPLIT_V2,
    &case_and_length::STRING_STRIP,
    &hash_bucket::STRING_TO_HASH_BUCKET,
    &hash_bucket::STRING_TO_HASH_BUCKET_FAST,
    &hash_bucket::STRING_TO_HASH_BUCKET_STRONG,
    &as_string::STRING_TO_NUMBER,
    &case_and_length::STRING_UPPER,
    &substr::SUBSTR,
    &unicode_ops::UNICODE_DECODE,
    &unicode_ops::UNICODE_DECODE_WITH_OFFSETS,
    &unicode_ops::UNICODE_ENCODE,
    &unicode_ops::UNICODE_SCRIPT,
    &unicode_ops::UNICODE_TRANSCODE,
    &segment_join::UNSORTED_SEGMENT_JOIN,
    &sdca_fprint::SDCA_FPRINT,
];
