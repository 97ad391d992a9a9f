"""Writes what TensorFlow's functions of images give: a line for each, its name, shape and values.

Usage: python tools/record_image_functions.py
"""

import pathlib

import numpy as np
import tensorflow as tf

TARGET = pathlib.Path(__file__).parent.parent / "crates/ops/all/tests/image_functions.txt"


def pixels(*shape):
    """The images that the test makes, too."""
    count = int(np.prod(shape))
    return (np.arange(count) * 37 % 101).astype(np.float32).reshape(shape) / np.float32(101)


def results():
    one, two = tf.constant(pixels(6, 7, 3)), tf.constant(pixels(2, 6, 7, 3))
    other = tf.constant((pixels(2, 6, 7, 3) + np.float32(0.25)) % np.float32(1.0))
    byte = tf.constant((pixels(6, 7, 3) * 255).astype(np.uint8))
    image = tf.image
    for dtype in ("uint8", "uint16", "int16", "int32", "float64", "float16"):
        yield f"convert_{dtype}", image.convert_image_dtype(one, dtype)
        yield f"convert_saturating_{dtype}", image.convert_image_dtype(one * 3 - 1, dtype, saturate=True)
        yield f"convert_byte_{dtype}", image.convert_image_dtype(byte, dtype)
    yield "adjust_brightness", image.adjust_brightness(one, 0.3)
    yield "adjust_brightness_byte", image.adjust_brightness(byte, 0.3)
    yield "adjust_contrast_byte", image.adjust_contrast(byte, 1.7)
    yield "adjust_gamma", image.adjust_gamma(one, 2.2, 0.9)
    yield "adjust_hue_byte", image.adjust_hue(byte, 0.2)
    yield "adjust_saturation_byte", image.adjust_saturation(byte, 1.5)
    yield "rgb_to_grayscale", image.rgb_to_grayscale(two)
    yield "rgb_to_grayscale_byte", image.rgb_to_grayscale(byte)
    yield "grayscale_to_rgb", image.grayscale_to_rgb(two[..., :1])
    for name in ("rgb_to_yiq", "yiq_to_rgb", "rgb_to_yuv", "yuv_to_rgb"):
        yield name, getattr(image, name)(two)
    yield "per_image_standardization", image.per_image_standardization(two)
    yield "per_image_standardization_byte", image.per_image_standardization(byte)
    for name in ("flip_left_right", "flip_up_down", "transpose"):
        yield name + "_one", getattr(image, name)(one)
        yield name, getattr(image, name)(two)
    for k in range(6):
        yield f"rot90_one_{k}", image.rot90(one, k)
        yield f"rot90_{k}", image.rot90(two, k)
    yield "crop_to_bounding_box", image.crop_to_bounding_box(two, 1, 2, 3, 4)
    yield "pad_to_bounding_box", image.pad_to_bounding_box(one, 1, 2, 9, 10)
    yield "resize_with_crop_or_pad_up", image.resize_with_crop_or_pad(one, 9, 10)
    yield "resize_with_crop_or_pad_down", image.resize_with_crop_or_pad(two, 3, 4)
    yield "resize_with_crop_or_pad_mixed", image.resize_with_crop_or_pad(one, 3, 12)
    yield "resize_with_pad", image.resize_with_pad(one, 8, 20)
    yield "resize_with_pad_antialias", image.resize_with_pad(two, 3, 9, antialias=True)
    yield "central_crop", image.central_crop(one, 0.5)
    yield "central_crop_batch", image.central_crop(two, 0.7)
    for method in ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"):
        yield f"resize_{method}", image.resize(two, [4, 9], method=method)
        yield f"resize_{method}_antialias", image.resize(one, [3, 5], method=method, antialias=True)
    yield "resize_same_byte", image.resize(byte, [6, 7])
    yield "resize_aspect", image.resize(one, [10, 10], preserve_aspect_ratio=True)
    yield "total_variation", image.total_variation(two)
    yield "total_variation_one", image.total_variation(one)
    dy, dx = image.image_gradients(two)
    yield "image_gradients_dy", dy
    yield "image_gradients_dx", dx
    yield "sobel_edges", image.sobel_edges(two)
    yield "is_jpeg", tf.cast(image.is_jpeg([b"\xff\xd8\xff\xe0..", b"\xff\xd8", b"\x89PNG"]), tf.uint8)
    yield "extract_patches", image.extract_patches(two, [1, 2, 3, 1], [1, 2, 2, 1], [1, 1, 2, 1], "SAME")
    yield "psnr", image.psnr(two, other, 1.0)
    yield "psnr_byte", image.psnr(byte, image.flip_up_down(byte), 255)
    yield "ssim", image.ssim(two, other, 1.0, filter_size=5)
    yield "ssim_byte", image.ssim(byte, image.flip_up_down(byte), 255, filter_size=4)
    yield "ssim_multiscale", image.ssim_multiscale(two, other, 1.0, power_factors=(0.3, 0.7), filter_size=3)
    large, shifted = tf.image.resize(two, [40, 37]), tf.image.resize(other, [40, 37])
    yield "ssim_multiscale_five", image.ssim_multiscale(large, large * 0.5 + shifted * 0.5, 1.0, filter_size=2)
    for seed in ([1, 2], [3, 4], [5, 6]):
        label = "_".join(map(str, seed))
        yield f"stateless_random_flip_left_right_{label}", image.stateless_random_flip_left_right(one, seed)
        yield f"stateless_random_flip_up_down_{label}", image.stateless_random_flip_up_down(two, seed)
        yield f"stateless_random_brightness_{label}", image.stateless_random_brightness(one, 0.4, seed)
        yield f"stateless_random_contrast_{label}", image.stateless_random_contrast(one, 0.4, 1.6, seed)
        yield f"stateless_random_hue_{label}", image.stateless_random_hue(one, 0.3, seed)
        yield f"stateless_random_saturation_{label}", image.stateless_random_saturation(one, 0.4, 1.6, seed)
    for name, arguments in (
        ("random_flip_left_right", ()),
        ("random_flip_up_down", ()),
        ("random_brightness", (0.4,)),
        ("random_contrast", (0.4, 1.6)),
        ("random_hue", (0.3,)),
        ("random_saturation", (0.4, 1.6)),
    ):
        tf.random.set_seed(11)
        yield name, getattr(image, name)(two, *arguments, seed=7)
    tf.random.set_seed(11)
    yield "random_crop", image.random_crop(one, [3, 4, 3], seed=7)


def main():
    lines = ["# Written by tools/record_image_functions.py: name, shape, values."]
    for name, value in results():
        array = value.numpy()
        shape = ",".join(map(str, array.shape))
        values = " ".join(str(x) for x in array.ravel())
        lines.append(f"{name} {array.dtype} [{shape}] {values}")
    TARGET.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
