//! Fingerprint: a number for each row of a tensor.

use ferroflow_core::hash::fingerprint64;
use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, TString, Tensor,
    bail, ensure, reserve,
};

/// Eight bytes for each row of the data, equal for equal rows.
///
/// Source: `tf.fingerprint` (op `Fingerprint`).
///
/// ```
/// let fingerprints = ferroflow_ops_text::fingerprint([[1, 2], [1, 2]], "farmhash64")?;
/// let bytes = fingerprints.numpy()?;
/// let (first, second) = bytes.as_slice::<u8>()?.split_at(8);
/// assert_eq!(first, second);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a scalar, or another method than `farmhash64`.
pub fn fingerprint(data: impl IntoOperand, method: &str) -> Result<Tensor> {
    Op::new(&FINGERPRINT).input(data).input(method).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let data = cx.with_rank_at_least(0, 1)?;
    cx.with_rank(1, 0)?;
    let size = match cx.value(1) {
        Some(method) => {
            let found = method.item::<TString>()?;
            ensure!(
                found == "farmhash64",
                invalid_argument,
                "Unsupported method: {}",
                found.to_string_lossy()
            );
            Some(8)
        }
        None => None,
    };
    cx.set(0, PartialShape::new([data.dim(0), size]));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (data, method) = (cx.input(0)?, cx.input(1)?);
    ensure!(method.rank() == 0, invalid_argument, "`method` should be a scalar string: {}", method.shape());
    let name = method.item::<TString>()?;
    ensure!(
        name == "farmhash64",
        invalid_argument,
        "Unsupported fingerprint method: {}",
        name.to_string_lossy()
    );
    let Some((&rows, inner)) = data.shape().dims().split_first() else {
        bail!(invalid_argument, "`data` should have at least one dimension: {}", data.shape());
    };
    let width: usize = inner.iter().product();
    let mut bytes: Vec<u8> = reserve(rows.saturating_mul(8))?;
    match data.as_slice::<TString>() {
        Ok(texts) => {
            for row in 0..rows {
                let texts = &texts[row * width..(row + 1) * width];
                let hash = match texts {
                    // Hashes of many strings are hashed together.
                    [only] => fingerprint64(only),
                    _ => {
                        let hashes: Vec<u8> =
                            texts.iter().flat_map(|text| fingerprint64(text).to_le_bytes()).collect();
                        fingerprint64(&hashes)
                    }
                };
                bytes.extend(hash.to_le_bytes());
            }
        }
        Err(_) => {
            let Some(elements) = data.as_bytes() else {
                bail!(unimplemented, "unsupported dtype: {}", data.dtype().name());
            };
            let stride = width * data.dtype().size();
            for row in 0..rows {
                bytes.extend(fingerprint64(&elements[row * stride..(row + 1) * stride]).to_le_bytes());
            }
        }
    }
    cx.set(0, NdArray::from_shape(Shape::new(&[rows, 8])?, bytes)?)
}

pub(crate) static FINGERPRINT: OpDef =
    OpDef { name: "Fingerprint", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
