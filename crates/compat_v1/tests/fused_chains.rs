//! What follows a convolution runs on parts of its output, unless somebody wants to see what lies between. Both ways
//! have to agree; the ops themselves are compared with TensorFlow one by one, by their cases.

use ferroflow_compat_v1::{self as tf, Session, feeds};
use ferroflow_core::{NdArray, Op, Result, Tensor};

fn numbers(dims: &[usize], seed: usize) -> Result<NdArray> {
    let count = dims.iter().product();
    let value = |at: usize| ((at * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0;
    NdArray::from_vec(dims, (0..count).map(value).collect())
}

fn convolution(op: &str, x: &Tensor, filter: &[usize], stride: i64) -> Result<Tensor> {
    let op = Op::named(op).input(x).input(numbers(filter, 3)?);
    op.attr("strides", vec![1, stride, stride, 1]).attr("padding", "SAME").one()
}

/// Biases, batch norm, the sum with another branch, and `x * sigmoid(x)`: all that can follow, each tensor in between.
fn what_follows(convolved: Tensor, branch: &Tensor) -> Result<Vec<Tensor>> {
    let channels = convolved.shape().dim(3).expect("known");
    let biased = Op::named("BiasAdd").input(&convolved).input(numbers(&[channels], 5)?).one()?;
    let variance = numbers(&[channels], 9)?.as_slice::<f32>()?.iter().map(|x| x + 1.5).collect();
    let normal = Op::named("FusedBatchNormV3").input(&biased).input(numbers(&[channels], 6)?);
    let normal = normal.input(numbers(&[channels], 7)?).input(numbers(&[channels], 8)?);
    let normal = normal.input(NdArray::vector::<f32>(variance)).attr("is_training", false);
    let [normal, ..] = normal.outputs::<6>()?;
    let sum = Op::named("AddV2").input(&normal).input(branch).one()?;
    let scaled = Op::named("Mul").input(numbers(&[1, 1, channels], 11)?).input(&sum).one()?;
    let capped = Op::named("Relu6").input(&scaled).one()?;
    let gate = Op::named("Sigmoid").input(&capped).one()?;
    let gated = Op::named("Mul").input(&capped).input(&gate).one()?;
    Ok(vec![convolved, biased, normal, sum, scaled, capped, gate, gated])
}

#[test]
fn parts_agree_with_the_ops_one_by_one() -> Result<()> {
    // Few and many positions, single pixels and windows, a group of channels for each filter.
    let convolutions: [(&str, &[usize], i64); 4] = [
        ("Conv2D", &[1, 1, 12, 20], 1),
        ("Conv2D", &[3, 3, 12, 20], 2),
        ("Conv2D", &[3, 3, 6, 20], 1),
        ("DepthwiseConv2dNative", &[3, 3, 12, 2], 1),
    ];
    for (op, filter, stride) in convolutions {
        for side in [3, 33] {
            let graph = tf::Graph::new();
            graph.as_default_scope(|| {
                let x = tf::placeholder(tf::float32, [2, side, side, 12])?;
                let value = numbers(&[2, side, side, 12], 1)?;
                let convolved = convolution(op, &x, filter, stride)?;
                let branch = numbers(convolved.shape().to_shape().expect("known").dims(), 2)?;
                let branch = tf::constant(branch)?;
                let all = what_follows(convolved, &branch)?;
                let session = Session::new()?;
                let alone: NdArray = session.run_feed(&all[7], feeds![&x => &value])?;
                let each: Vec<NdArray> = session.run_feed(all, feeds![&x => &value])?;
                let (alone, last) = (alone.as_slice::<f32>()?, each[7].as_slice::<f32>()?);
                // Sums of products may be taken in another order.
                let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 2e-6 * b.abs().max(1.0);
                let far = alone.iter().zip(last).position(|pair| !near(pair));
                assert_eq!((alone.len(), far), (last.len(), None), "{op} {filter:?} on {side}x{side}");
                Ok(())
            })?;
        }
    }
    Ok(())
}

#[test]
fn padded_images_agree_with_padding_convolutions() -> Result<()> {
    for (op, filter) in [("Conv2D", [3, 3, 12, 20]), ("DepthwiseConv2dNative", [5, 5, 12, 1])] {
        for stride in [1, 2] {
            let graph = tf::Graph::new();
            graph.as_default_scope(|| {
                let x = tf::placeholder(tf::float32, [2, 17, 18, 12])?;
                let value = numbers(&[2, 17, 18, 12], 1)?;
                let padded = Op::named("Pad").input(&x).input([[0, 0], [2, 1], [0, 3], [0, 0]]).one()?;
                let convolved = Op::named(op).input(&padded).input(numbers(&filter, 3)?);
                let convolved =
                    convolved.attr("strides", vec![1, stride, stride, 1]).attr("padding", "VALID").one()?;
                let session = Session::new()?;
                let alone: NdArray = session.run_feed(&convolved, feeds![&x => &value])?;
                let each: [NdArray; 2] = session.run_feed([&padded, &convolved], feeds![&x => &value])?;
                assert_eq!(alone, each[1], "{op} by {stride}");
                Ok(())
            })?;
        }
    }
    Ok(())
}
