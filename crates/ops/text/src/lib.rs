//! Operations on strings: `tf.strings`.

mod as_string;
mod case_and_length;
mod codes;
mod fingerprint;
mod printf;
mod regex_ops;
mod split;
mod string_join;
mod strings;
mod substr;

pub use as_string::{AsStringOptions, as_string, as_string_with, to_number};
pub use case_and_length::{length, lower, strip, upper};
pub use codes::{decode_base64, decode_raw, encode_base64, to_hash_bucket_fast};
pub use regex_ops::{regex_full_match, regex_replace};
pub use split::{string_split, string_split_v2};
pub use string_join::{join, reduce_join};
pub use substr::substr;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &as_string::AS_STRING,
    &codes::DECODE_BASE64,
    &codes::DECODE_RAW,
    &codes::ENCODE_BASE64,
    &string_join::REDUCE_JOIN,
    &regex_ops::REGEX_FULL_MATCH,
    &regex_ops::REGEX_REPLACE,
    &regex_ops::STATIC_REGEX_FULL_MATCH,
    &regex_ops::STATIC_REGEX_REPLACE,
    &string_join::STRING_JOIN,
    &case_and_length::STRING_LENGTH,
    &case_and_length::STRING_LOWER,
    &split::STRING_SPLIT,
    &split::STRING_SPLIT_V2,
    &case_and_length::STRING_STRIP,
    &codes::STRING_TO_HASH_BUCKET_FAST,
    &as_string::STRING_TO_NUMBER,
    &case_and_length::STRING_UPPER,
    &substr::SUBSTR,
];
