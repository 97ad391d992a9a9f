//! Arithmetic on large arrays, one op or one chain a row.

use ferroflow_benches::{Comparison, Result, Run, noise};
use ferroflow_core::operators::cast;
use ferroflow_core::{DType, NdArray, Shape, Tensor, constant};
use ferroflow_ops_array::{self as array, placeholder};
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
    table.graph("reduce_max of all, 4 Mi", |_| unary(&[MANY], |x| math::reduce_max(x, ())))?;
    table.graph("reduce_mean of the middle, 64x256x256", |_| {
        unary(&[64, 256, 256], |x| math::reduce_mean(x, 1))
    })?;
    table.graph("argmax of rows, 1024x1000", |_| unary(&[1024, 1000], |x| math::argmax(x, 1)))?;
    table.graph("cumsum of rows, 2048x2048", |_| unary(&[2048, 2048], |x| math::cumsum(x, 1)))?;
    rows_of_softmax(&table)?;
    elementwise(&table)?;
    moves(&table)?;
    images(&table)
}

/// Softmax and its kin in the first cache, in the second, and in memory.
fn rows_of_softmax(table: &Comparison) -> Result<()> {
    for dims in [[4, 10], [64, 1000], [1024, 1000]] {
        table.graph(&format!("softmax {}x{}", dims[0], dims[1]), |_| unary(&dims, |x| nn::softmax(x)))?;
    }
    table.graph("log_softmax 1024x1000", |_| unary(&[1024, 1000], |x| nn::log_softmax(x)))
}

/// One op on each element.
fn elementwise(table: &Comparison) -> Result<()> {
    for (size, count) in [("1 Ki", 1 << 10), ("64 Ki", 1 << 16), ("4 Mi", MANY)] {
        table.graph(&format!("exp, {size}"), |_| unary(&[count], |x| math::exp(x)))?;
        table.graph(&format!("add to itself, {size}"), |_| unary(&[count], |x| x + x))?;
    }
    table.graph("log, 4 Mi", |_| unary(&[MANY], |x| math::log((math::abs(x)? + 0.5)?)))?;
    table.graph("tanh, 4 Mi", |_| unary(&[MANY], |x| math::tanh(x)))?;
    table.graph("sigmoid, 4 Mi", |_| unary(&[MANY], |x| math::sigmoid(x)))?;
    table.graph("erf, 4 Mi", |_| unary(&[MANY], |x| math::erf(x)))?;
    table.graph("cast to int32, 4 Mi", |_| unary(&[MANY], |x| cast(x, DType::INT32)))?;
    table.graph("bias_add 32x56x56x64", |_| {
        let bias = constant(Tensor::from(noise(&[64], 5)?))?;
        unary(&[32, 56, 56, 64], |x| nn::bias_add(x, &bias))
    })
}

/// Ops that only move elements.
fn moves(table: &Comparison) -> Result<()> {
    table.graph("transpose 64x64", |_| unary(&[64, 64], |x| array::transpose(x)))?;
    table.graph("transpose 512x512", |_| unary(&[512, 512], |x| array::transpose(x)))?;
    table.graph("transpose 2048x2048", |_| unary(&[2048, 2048], |x| array::transpose(x)))?;
    for (name, perm) in
        [("0,2,3,1", vec![0, 2, 3, 1]), ("0,3,1,2", vec![0, 3, 1, 2]), ("0,2,1,3", vec![0, 2, 1, 3])]
    {
        table.graph(&format!("transpose 16x64x64x64 to {name}"), |_| {
            unary(&[16, 64, 64, 64], |x| array::transpose_with(x, |o| o.perm(Some(perm.clone()))))
        })?;
    }
    table.graph("gather 10,000 rows of 64", |_| {
        let rows: Vec<i32> = (0..10_000).map(|row| row * 7919 % 50_000).collect();
        let rows = constant(Tensor::from(NdArray::vector(rows)))?;
        unary(&[50_000, 64], |x| array::gather(x, &rows))
    })?;
    table.graph("concat 4 of 1024x256, columns", |_| {
        unary(&[1024, 256], |x| array::concat([x, x, x, x], 1))
    })?;
    table.graph("tile 256x256 by 4x4", |_| unary(&[256, 256], |x| array::tile(x, [4, 4])))?;
    table.graph("pad 16x64x64x32 by 1", |_| {
        unary(&[16, 64, 64, 32], |x| array::pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]))
    })?;
    table.graph("slice of 2048x2048", |_| unary(&[2048, 2048], |x| array::slice(x, [8, 8], [2000, 2000])))?;
    table.graph("one_hot of 4096 in 1000", |_| {
        unary(&[4096], |x| {
            let classes = cast((math::abs(x)? * 999.0)?, DType::INT32)?;
            array::one_hot(&classes, 1000)
        })
    })?;
    table.graph("top_k 10 of 1024x1000", |_| {
        unary(&[1024, 1000], |x| {
            let [values, _] = array::top_k_with(x, |o| o.k(Some(10)))?;
            Ok(values)
        })
    })?;
    table.graph("sort 256x4096 (top_k of all)", |_| {
        unary(&[256, 4096], |x| {
            let [values, _] = array::top_k_with(x, |o| o.k(Some(4096)))?;
            Ok(values)
        })
    })
}

/// Ops on images, and products.
fn images(table: &Comparison) -> Result<()> {
    table.graph("conv2d 1x1, 1x56x56x64 to 256", |_| {
        let filters = constant(Tensor::from(noise(&[1, 1, 64, 256], 3)?))?;
        unary(&[1, 56, 56, 64], |x| nn::conv2d(x, &filters, 1, "SAME"))
    })?;
    table.graph("conv2d 3x3, 8x28x28x128 to 128, same", |_| {
        let filters = constant(Tensor::from(noise(&[3, 3, 128, 128], 3)?))?;
        unary(&[8, 28, 28, 128], |x| nn::conv2d(x, &filters, 1, "SAME"))
    })?;
    table.graph("conv2d 3x3, 8x35x35x96 to 96, same", |_| {
        let filters = constant(Tensor::from(noise(&[3, 3, 96, 96], 3)?))?;
        unary(&[8, 35, 35, 96], |x| nn::conv2d(x, &filters, 1, "SAME"))
    })?;
    table.graph("conv2d 1x7, 8x17x17x160 to 160, same", |_| {
        let filters = constant(Tensor::from(noise(&[1, 7, 160, 160], 3)?))?;
        unary(&[8, 17, 17, 160], |x| nn::conv2d(x, &filters, 1, "SAME"))
    })?;
    table.graph("depthwise 3x3, 1x56x56x64", |_| {
        let filters = constant(Tensor::from(noise(&[3, 3, 64, 1], 3)?))?;
        unary(&[1, 56, 56, 64], |x| nn::depthwise_conv2d(x, &filters, 1, "SAME"))
    })?;
    table.graph("max_pool 2x2, 8x56x56x64", |_| {
        unary(&[8, 56, 56, 64], |x| nn::max_pool2d(x, 2, 2, "VALID"))
    })?;
    table.graph("avg_pool 2x2, 8x56x56x64", |_| {
        unary(&[8, 56, 56, 64], |x| nn::avg_pool2d(x, 2, 2, "VALID"))
    })?;
    table.graph("batch matmul 64 of 64x64", |_| unary(&[64, 64, 64], |x| math::matmul(x, x)))
}

fn unary(
    dims: &[usize],
    f: impl FnOnce(&Tensor) -> ferroflow_core::Result<Tensor>,
) -> ferroflow_core::Result<Run> {
    let x = placeholder(DType::FLOAT32, &Shape::new(dims)?)?;
    let fetch = f(&x)?;
    Ok(Run { feeds: vec![(x, noise(dims, 7)?)], fetch })
}
