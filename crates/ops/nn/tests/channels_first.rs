//! What TensorFlow has on GPUs alone, images with channels first, agrees with images with channels last.

use ferroflow_core::{NdArray, Result, Tensor};
use ferroflow_ops_nn::{
    avg_pool2d, avg_pool2d_with, conv2d, conv2d_with, depthwise_conv2d, depthwise_conv2d_with, max_pool2d,
    max_pool2d_with,
};

const DIMS: [usize; 4] = [2, 5, 4, 3];

/// `[batch, height, width, channels]` as `[batch, channels, height, width]`.
fn channels_first(images: &Tensor) -> Result<NdArray> {
    let images = images.numpy()?;
    let view = images.view::<f32>()?.permuted_axes(vec![0, 3, 1, 2]);
    Ok(NdArray::from(view))
}

fn images() -> Result<Tensor> {
    let elements = (0..DIMS.iter().product::<usize>()).map(|index| (index * 37 % 23) as f32 - 11.0).collect();
    Ok(Tensor::from(NdArray::from_vec(&DIMS, elements)?))
}

fn filter(channels: usize, filters: usize) -> Result<Tensor> {
    let elements = (0..6 * channels * filters).map(|index| (index * 13 % 7) as f32 - 3.0).collect();
    Ok(Tensor::from(NdArray::from_vec(&[3, 2, channels, filters], elements)?))
}

fn assert_agree(last: &Tensor, first: &Tensor) -> Result<()> {
    assert_eq!(first.numpy()?, channels_first(last)?);
    Ok(())
}

#[test]
fn convolutions_agree() -> Result<()> {
    let last = images()?;
    let first = channels_first(&last)?;
    let filters = filter(3, 4)?;
    let expected = conv2d(&last, &filters, [2, 1], "SAME")?;
    assert_agree(&expected, &conv2d_with(&first, &filters, [2, 1], "SAME", |o| o.data_format("NCHW"))?)?;
    let filters = filter(3, 2)?;
    let expected = depthwise_conv2d(&last, &filters, [1, 1, 1, 1], "VALID")?;
    let found = depthwise_conv2d_with(&first, &filters, [1, 1, 1, 1], "VALID", |o| o.data_format("NCHW"))?;
    assert_agree(&expected, &found)
}

#[test]
fn pooling_agrees() -> Result<()> {
    let last = images()?;
    let first = channels_first(&last)?;
    let expected = max_pool2d(&last, [3, 2], 2, "SAME")?;
    assert_agree(&expected, &max_pool2d_with(&first, [3, 2], 2, "SAME", |o| o.data_format("NCHW"))?)?;
    let expected = avg_pool2d(&last, 2, 1, "VALID")?;
    assert_agree(&expected, &avg_pool2d_with(&first, 2, 1, "VALID", |o| o.data_format("NCHW"))?)
}
