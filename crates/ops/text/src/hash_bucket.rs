//! StringToHashBucket, StringToHashBucketFast, StringToHashBucketStrong: strings put into buckets.

use crate::strings::map;
use ferroflow_core::hash::{fingerprint64, hash64, sip};
use ferroflow_core::{
    Attrs, Grad, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, bail, ensure, shape_fn,
};

/// The bucket of each string.
///
/// Source: `tf.strings.to_hash_bucket_fast` (op `StringToHashBucketFast`).
///
/// # Errors
/// `ValueError` without any bucket.
pub fn to_hash_bucket_fast(input: impl IntoOperand, num_buckets: i64) -> Result<Tensor> {
    Op::new(&STRING_TO_HASH_BUCKET_FAST).input(input).attr("num_buckets", num_buckets).one()
}

/// The bucket of each string by a hash that nobody can foresee who does not know the key.
///
/// Source: `tf.strings.to_hash_bucket_strong` (op `StringToHashBucketStrong`).
///
/// # Errors
/// `ValueError` without any bucket, `InvalidArgument` unless the key has two numbers.
pub fn to_hash_bucket_strong(input: impl IntoOperand, num_buckets: i64, key: [i64; 2]) -> Result<Tensor> {
    Op::new(&STRING_TO_HASH_BUCKET_STRONG)
        .input(input)
        .attr("num_buckets", num_buckets)
        .attr("key", key)
        .one()
}

/// The bucket of each string by TensorFlow's first hash.
///
/// Source: `tf.compat.v1.string_to_hash_bucket` (op `StringToHashBucket`); `tf.strings.to_hash_bucket` in TensorFlow 2.
///
/// # Errors
/// `ValueError` without any bucket.
pub fn to_hash_bucket(input: impl IntoOperand, num_buckets: i64) -> Result<Tensor> {
    Op::new(&STRING_TO_HASH_BUCKET).input(input).attr("num_buckets", num_buckets).one()
}

fn buckets(cx: &mut KernelCtx<'_>, hash: impl Fn(&[u8]) -> u64) -> Result<()> {
    let buckets = cx.int("num_buckets")?;
    ensure!(buckets > 0, invalid_argument, "num_buckets must be at least 1");
    map(cx, |text| Ok((hash(text) % buckets as u64) as i64))
}

fn key(attrs: &Attrs) -> Result<[u64; 2]> {
    match attrs.ints("key")? {
        &[a, b] => Ok([a as u64, b as u64]),
        _ => bail!(invalid_argument, "Key must have 2 elements"),
    }
}

fn strong_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let key = key(cx)?;
    buckets(cx, |text| sip(text, key))
}

pub(crate) static STRING_TO_HASH_BUCKET: OpDef = OpDef {
    name: "StringToHashBucket",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| buckets(cx, hash64)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static STRING_TO_HASH_BUCKET_FAST: OpDef = OpDef {
    name: "StringToHashBucketFast",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| buckets(cx, fingerprint64)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static STRING_TO_HASH_BUCKET_STRONG: OpDef = OpDef {
    name: "StringToHashBucketStrong",
    shape: shape_fn::unchanged,
    kernel: Some(strong_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
