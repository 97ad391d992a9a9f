//! Arithmetic on large arrays, one op or one chain a row.

use ferroflow_benches::{Comparison, Result, Run};
use ferroflow_core::{DType, NdArray, Shape, Tensor, constant};
use ferroflow_ops_array::{placeholder, transpose};
use ferroflow_ops_math as math;
use ferroflow_ops_nn as nn;

/// 4 Mi elements.
const MANY: usize = 4 << 20;

fn main() -> Result<()> {
    ferroflow_graph::install();
    let table = Comparison::start("kernels, float32")?;
    table.graph("matmul 1024x1024x1024", |_| {
        let a = placeholder(DType::FLOAT32, [1024, 1024])?;
        let b = placeholder(DType::FLOAT32, [1024, 1024])?;
        let fetch = math::matmul(&a, &b)?;
        Ok(Run { feeds: vec![(a, noise(&[1024, 1024], 1)?), (b, noise(&[1024, 1024], 2)?)], fetch })
    })?;
    table.graph("conv2d 3x3, 1x56x56x64 to 64, same", |_| {
        let filters = constant(Tensor::from(noise(&[3, 3, 64, 64], 3)?))?;
        unary(&[1, 56, 56, 64], |x| nn::conv2d(x, &filters, 1, "SAME"))
    })?;
    table.graph("elementwise chain of 6, 4 Mi", |_| {
        unary(&[MANY], |x| {
            let scaled = ((x * 1.5)? + 0.25)?;
            let rooted = math::sqrt(math::abs(scaled)?)?;
            let mirrored: Tensor = (1.0 - &rooted)?;
            nn::relu(mirrored)
        })
    })?;
    table.graph("reduce_sum of all, 4 Mi", |_| unary(&[MANY], |x| math::reduce_sum(x, ())))?;
    table.graph("reduce_sum of rows, 2048x2048", |_| unary(&[2048, 2048], |x| math::reduce_sum(x, 1)))?;
    table.graph("reduce_sum of columns, 2048x2048", |_| unary(&[2048, 2048], |x| math::reduce_sum(x, 0)))?;
    table.graph("softmax 1024x1000", |_| unary(&[1024, 1000], |x| nn::softmax(x)))?;
    table.graph("transpose 2048x2048", |_| unary(&[2048, 2048], |x| transpose(x)))
}

fn unary(
    dims: &[usize],
    f: impl FnOnce(&Tensor) -> ferroflow_core::Result<Tensor>,
) -> ferroflow_core::Result<Run> {
    let x = placeholder(DType::FLOAT32, &Shape::new(dims)?)?;
    let fetch = f(&x)?;
    Ok(Run { feeds: vec![(x, noise(dims, 7)?)], fetch })
}

/// Values in -1..1 that look random and are the same in every run.
fn noise(dims: &[usize], seed: u32) -> ferroflow_core::Result<NdArray> {
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
