//! Inputs.

use ferroflow_core::NdArray;

/// Values in -1..1 that look random and are the same in every run.
///
/// # Errors
/// For a size that overflows.
pub fn noise(dims: &[usize], seed: u32) -> ferroflow_core::Result<NdArray> {
    let count = dims.iter().product();
    let mut state = seed;
    let values: Vec<f32> = (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect();
    NdArray::from_vec(dims, values)
}
