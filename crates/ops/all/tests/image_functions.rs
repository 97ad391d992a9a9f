//! The functions of `tf.image` give what `tools/record_image_functions.py` recorded from TensorFlow.

use ferroflow_core::operators::{add, cast, multiply};
use ferroflow_core::{DType, NdArray, Result, TString, Tensor};
use ferroflow_ops::composites as mixed;
use ferroflow_ops_image::{self as image, ResizeMethod};
use std::collections::HashMap;

fn pixels(shape: &[usize]) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|at| (at * 37 % 101) as f32 / 101.0).collect();
    Ok(NdArray::from_vec(shape, values)?.into())
}

/// What was recorded: dtype, shape, values.
struct Recorded {
    dtype: String,
    shape: Vec<usize>,
    values: Vec<f64>,
}

fn recorded() -> HashMap<String, Recorded> {
    let mut found = HashMap::new();
    for line in include_str!("image_functions.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let mut word = || words.next().expect("four parts");
        let (name, dtype, shape) = (word().to_string(), word().to_string(), word());
        let dims = shape.trim_matches(['[', ']']).split(',').filter(|dim| !dim.is_empty());
        let shape = dims.map(|dim| dim.parse().expect("a size")).collect();
        let values = words.map(|value| value.parse().expect("a number")).collect();
        found.insert(name, Recorded { dtype, shape, values });
    }
    found
}

/// The functions by the names of the record.
fn results() -> Result<Vec<(String, Tensor)>> {
    let (one, two) = (pixels(&[6, 7, 3])?, pixels(&[2, 6, 7, 3])?);
    let moved: Vec<f32> = two.numpy()?.as_slice::<f32>()?.iter().map(|x| (x + 0.25) % 1.0).collect();
    let other: Tensor = NdArray::from_vec(&[2, 6, 7, 3], moved)?.into();
    let bytes = one.numpy()?.as_slice::<f32>()?.iter().map(|x| (x * 255.0) as u8).collect();
    let byte: Tensor = NdArray::from_vec(&[6, 7, 3], bytes)?.into();
    let mut found: Vec<(String, Tensor)> = Vec::new();
    macro_rules! record {
        ($($name:expr => $value:expr;)*) => { $(found.push(($name.to_string(), $value?));)* };
    }
    for dtype in [DType::UINT8, DType::UINT16, DType::INT16, DType::INT32, DType::FLOAT64, DType::HALF] {
        let name = dtype.name();
        let wide = add(multiply(&one, 3.0)?, -1.0)?;
        record! {
            format!("convert_{name}") => image::convert_image_dtype(&one, dtype);
            format!("convert_saturating_{name}") => image::saturating_convert_image_dtype(wide, dtype);
            format!("convert_byte_{name}") => image::convert_image_dtype(&byte, dtype);
        }
    }
    let (large, shifted) = (
        image::resize(&two, [40, 37], ResizeMethod::Bilinear)?,
        image::resize(&other, [40, 37], ResizeMethod::Bilinear)?,
    );
    let mixed = add(multiply(&large, 0.5)?, multiply(shifted, 0.5)?)?;
    let gray = ferroflow_ops_array::getitem(&two, (.., .., .., ..1))?;
    let (dy, dx) = image::image_gradients(&two)?;
    let upside_down = image::flip_up_down(&byte)?;
    let heads: [&[u8]; 3] = [b"\xff\xd8\xff\xe0..", b"\xff\xd8", b"\x89PNG"];
    let heads = NdArray::vector(heads.iter().map(|head| TString::from(head.to_vec())).collect());
    let (sizes, strides) = ([1, 2, 3, 1], [1, 2, 2, 1]);
    record! {
        "is_jpeg" => cast(image::is_jpeg(heads)?, DType::UINT8);
        "extract_patches" => ferroflow_ops_nn::extract_patches(&two, &sizes, &strides, &[1, 1, 2, 1], "SAME");
        "adjust_brightness" => image::adjust_brightness(&one, 0.3);
        "adjust_brightness_byte" => image::adjust_brightness(&byte, 0.3);
        "adjust_contrast_byte" => image::adjust_contrast(&byte, 1.7);
        "adjust_gamma" => image::adjust_gamma(&one, 2.2, 0.9);
        "adjust_hue_byte" => image::adjust_hue(&byte, 0.2);
        "adjust_saturation_byte" => image::adjust_saturation(&byte, 1.5);
        "rgb_to_grayscale" => image::rgb_to_grayscale(&two);
        "rgb_to_grayscale_byte" => image::rgb_to_grayscale(&byte);
        "grayscale_to_rgb" => image::grayscale_to_rgb(gray);
        "rgb_to_yiq" => image::rgb_to_yiq(&two);
        "yiq_to_rgb" => image::yiq_to_rgb(&two);
        "rgb_to_yuv" => image::rgb_to_yuv(&two);
        "yuv_to_rgb" => image::yuv_to_rgb(&two);
        "per_image_standardization" => image::per_image_standardization(&two);
        "per_image_standardization_byte" => image::per_image_standardization(&byte);
        "flip_left_right_one" => image::flip_left_right(&one);
        "flip_left_right" => image::flip_left_right(&two);
        "flip_up_down_one" => image::flip_up_down(&one);
        "flip_up_down" => image::flip_up_down(&two);
        "transpose_one" => image::transpose(&one);
        "transpose" => image::transpose(&two);
        "crop_to_bounding_box" => image::crop_to_bounding_box(&two, 1, 2, 3, 4);
        "pad_to_bounding_box" => image::pad_to_bounding_box(&one, 1, 2, 9, 10);
        "resize_with_crop_or_pad_up" => image::resize_with_crop_or_pad(&one, 9, 10);
        "resize_with_crop_or_pad_down" => image::resize_with_crop_or_pad(&two, 3, 4);
        "resize_with_crop_or_pad_mixed" => image::resize_with_crop_or_pad(&one, 3, 12);
        "resize_with_pad" => image::resize_with_pad(&one, 8, 20, ResizeMethod::Bilinear, false);
        "resize_with_pad_antialias" => image::resize_with_pad(&two, 3, 9, ResizeMethod::Bilinear, true);
        "central_crop" => image::central_crop(&one, 0.5);
        "central_crop_batch" => image::central_crop(&two, 0.7);
        "resize_same_byte" => image::resize(&byte, [6, 7], ResizeMethod::Bilinear);
        "resize_aspect" => image::resize_with(&one, [10, 10], |options| options.preserve_aspect_ratio(true));
        "total_variation" => image::total_variation(&two);
        "total_variation_one" => image::total_variation(&one);
        "image_gradients_dy" => Ok::<_, ferroflow_core::Error>(dy);
        "image_gradients_dx" => Ok::<_, ferroflow_core::Error>(dx);
        "sobel_edges" => image::sobel_edges(&two);
        "psnr" => image::psnr(&two, &other, 1.0);
        "psnr_byte" => image::psnr(&byte, &upside_down, 255.0);
        "ssim" => image::ssim_with(&two, &other, 1.0, |options| options.filter_size(5usize));
        "ssim_multiscale" => image::ssim_multiscale_with(&two, &other, 1.0, &[0.3, 0.7], |o| o.filter_size(3usize));
        "ssim_multiscale_five" => {
            image::ssim_multiscale_with(&large, mixed, 1.0, &[0.0448, 0.2856, 0.3001, 0.2363, 0.1333], |o| {
                o.filter_size(2usize)
            })
        };
        "ssim_byte" => image::ssim_with(&byte, &upside_down, 255.0, |options| options.filter_size(4usize));
    }
    for k in 0..6usize {
        record! {
            format!("rot90_one_{k}") => image::turned(&one, k);
            format!("rot90_{k}") => image::turned(&two, k);
        }
    }
    for (name, method) in [
        ("bilinear", ResizeMethod::Bilinear),
        ("nearest", ResizeMethod::NearestNeighbor),
        ("bicubic", ResizeMethod::Bicubic),
        ("area", ResizeMethod::Area),
        ("lanczos3", ResizeMethod::Lanczos3),
        ("lanczos5", ResizeMethod::Lanczos5),
        ("gaussian", ResizeMethod::Gaussian),
        ("mitchellcubic", ResizeMethod::MitchellCubic),
    ] {
        let small = image::resize_with(&one, [3, 5], |options| options.method(method).antialias(true));
        record! {
            format!("resize_{name}") => image::resize(&two, [4, 9], method);
            format!("resize_{name}_antialias") => small;
        }
    }
    for seed in [[1, 2], [3, 4], [5, 6]] {
        let label = format!("{}_{}", seed[0], seed[1]);
        let named = |name: &str| format!("stateless_random_{name}_{label}");
        record! {
            named("flip_left_right") => mixed::stateless_random_flip_left_right(&one, seed);
            named("flip_up_down") => mixed::stateless_random_flip_up_down(&two, seed);
            named("brightness") => mixed::stateless_random_brightness(&one, 0.4, seed);
            named("contrast") => mixed::stateless_random_contrast(&one, 0.4, 1.6, seed);
            named("hue") => mixed::stateless_random_hue(&one, 0.3, seed);
            named("saturation") => mixed::stateless_random_saturation(&one, 0.4, 1.6, seed);
        }
    }
    let reseed = || ferroflow_ops_random::set_eager_seed(Some(11));
    reseed();
    record!("random_flip_left_right" => mixed::random_flip_left_right(&two, Some(7)););
    reseed();
    record!("random_flip_up_down" => mixed::random_flip_up_down(&two, Some(7)););
    reseed();
    record!("random_brightness" => mixed::random_brightness(&two, 0.4, Some(7)););
    reseed();
    record!("random_contrast" => mixed::random_contrast(&two, 0.4, 1.6, Some(7)););
    reseed();
    record!("random_hue" => mixed::random_hue(&two, 0.3, Some(7)););
    reseed();
    record!("random_saturation" => mixed::random_saturation(&two, 0.4, 1.6, Some(7)););
    reseed();
    record!("random_crop" => mixed::random_crop(&one, &[3, 4, 3], Some(7)););
    Ok(found)
}

/// How far a value may be off: sums and products of floats in another order; what only moves pixels is exact.
fn bound(dtype: &str) -> f64 {
    match dtype {
        "float16" => 1e-3,
        "float32" | "float64" => 3e-5,
        _ => 0.0,
    }
}

#[test]
fn functions_give_what_tensorflow_gives() -> Result<()> {
    ferroflow_ops::install();
    let mut recorded = recorded();
    let mut wrong = Vec::new();
    for (name, value) in results()? {
        let Some(expected) = recorded.remove(&name) else {
            wrong.push(format!("{name}: not recorded"));
            continue;
        };
        let array = value.numpy()?;
        if array.dtype().name() != expected.dtype || array.shape().dims() != expected.shape {
            wrong.push(format!(
                "{name}: {} {}, expected {} {:?}",
                array.dtype().name(),
                array.shape(),
                expected.dtype,
                expected.shape
            ));
            continue;
        }
        let found = array.cast(DType::FLOAT64)?;
        let off = found
            .as_slice::<f64>()?
            .iter()
            .zip(&expected.values)
            .map(|(found, expected)| (found - expected).abs() / expected.abs().max(1.0))
            .fold(0.0, f64::max);
        if off > bound(&expected.dtype) || off.is_nan() {
            wrong.push(format!("{name}: off by {off}"));
        }
    }
    wrong.extend(recorded.into_keys().map(|name| format!("{name}: not computed")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
