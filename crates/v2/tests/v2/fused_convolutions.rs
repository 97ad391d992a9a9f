//! Kernels that keep weights in another order once they have been used a few times, and whose outputs are finished part by part:
//! the same bits as op after op, in every run.

use ferroflow_v2 as tf;
use tf::{NdArray, Tensor};

/// Numbers about zero.
fn noise<const N: usize>(shape: [i64; N], seed: i64) -> tf::Result<Tensor> {
    tf::subtract(tf::random::stateless_uniform(shape, [seed, 3])?, 0.4)
}

/// Checks that a traced function, which fuses its ops, gives in its first runs what the ops give one by one.
fn check(name: &str, x: &Tensor, f: impl Fn(&Tensor) -> tf::Result<Tensor> + Clone + Send + Sync + 'static) {
    let bits = |array: &NdArray| -> Vec<u32> {
        array.as_slice::<f32>().unwrap().iter().map(|value| value.to_bits()).collect()
    };
    let expected = f(x).unwrap().numpy().unwrap();
    let traced = tf::function(f);
    for run in 0..5 {
        let found = traced.call(x).unwrap().numpy().unwrap();
        assert_eq!(found.shape(), expected.shape(), "{name}");
        assert!(bits(&found) == bits(&expected), "{name}: other bits in run {run}");
    }
}

#[test]
fn fused_convolutions_give_the_bits_of_their_ops() {
    for (channels, filters, size, stride, padding) in [
        (3, 1, 1, 1, "VALID"),
        (5, 17, 3, 1, "SAME"),
        (16, 64, 3, 2, "SAME"),
        (48, 80, 5, 1, "SAME"),
        (200, 130, 3, 1, "SAME"),
        (3, 40, 7, 2, "VALID"),
    ] {
        let name = format!("{size}x{size}x{channels}x{filters} {stride} {padding}");
        let x = noise([2, 13, 11, channels], 1).unwrap();
        let weights = noise([size, size, channels, filters], 2).unwrap();
        let [scale, offset] = [3, 4].map(|seed| noise([filters], seed).unwrap());
        let conv = {
            let weights = weights.clone();
            move |x: &Tensor| tf::nn::conv2d(x, &weights, stride, padding)
        };
        check(&name, &x, conv.clone());
        check(&format!("{name}, bias, relu"), &x, {
            let (conv, offset) = (conv.clone(), offset.clone());
            move |x| tf::nn::relu(tf::nn::bias_add(conv(x)?, &offset)?)
        });
        check(&format!("{name}, scale, offset, relu6"), &x, {
            let (conv, scale, offset) = (conv.clone(), scale.clone(), offset.clone());
            move |x| tf::nn::relu6((conv(x)? * &scale)? + &offset)
        });
        check(&format!("{name}, bias, difference, scale, offset, sum, relu"), &x, {
            let (conv, scale, offset) = (conv.clone(), scale.clone(), offset.clone());
            move |x| {
                let y = ((tf::nn::bias_add(conv(x)?, &offset)? - &scale)? * &scale)?;
                tf::nn::relu(((y + &offset)? + tf::nn::bias_add(conv(x)?, &scale)?)?)
            }
        });
        check(&format!("{name}, swish"), &x, move |x| {
            let y = (conv(x)? + &offset)?;
            &y * tf::sigmoid((&y * 1.0)?)?
        });
    }
}

#[test]
fn fused_depthwise_convolutions_give_the_bits_of_their_ops() {
    for (channels, size, stride, padding) in
        [(1, 3, 1, "SAME"), (7, 3, 1, "VALID"), (40, 5, 2, "SAME"), (72, 3, 1, "SAME")]
    {
        let x = noise([2, 9, 12, channels], 1).unwrap();
        let weights = noise([size, size, channels, 1], 2).unwrap();
        let offset = noise([channels], 3).unwrap();
        check(&format!("{size}x{size}x{channels} {stride} {padding}"), &x, move |x| {
            let y = tf::nn::depthwise_conv2d(x, &weights, [1, stride, stride, 1], padding)?;
            tf::nn::relu6(y + &offset)
        });
    }
}

#[test]
fn products_of_few_rows_give_the_same_bits_in_every_run() {
    for (rows, depth, columns) in [(1, 192, 512), (8, 700, 33), (100, 40, 130), (256, 64, 65)] {
        let x = noise([rows, depth], 1).unwrap();
        let weights = noise([depth, columns], 2).unwrap();
        check(&format!("{rows}x{depth}x{columns}"), &x, move |x| tf::nn::relu(tf::matmul(x, &weights)?));
    }
}

#[test]
fn weights_that_change_are_not_taken_for_the_old_ones() {
    let weights = tf::Variable::new(noise([64, 70], 1).unwrap()).unwrap();
    let x = noise([4, 64], 2).unwrap();
    for _ in 0..5 {
        tf::matmul(&x, &weights).unwrap();
    }
    weights.assign_add(tf::ones([64, 70], tf::float32).unwrap()).unwrap();
    let found = tf::matmul(&x, &weights).unwrap().numpy().unwrap();
    let copy = tf::constant(weights.numpy().unwrap().to_array::<f32>().unwrap()).unwrap();
    assert_eq!(found, tf::matmul(&x, &copy).unwrap().numpy().unwrap());
}
