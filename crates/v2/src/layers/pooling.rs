//! Pooling: one value for each window of an image.

use super::convolution::{Pair, check_padding};
use super::{InputSpec, Layer, LayerOptions, LayerState};
use crate::math::reduce_mean_with;
use crate::nn::{avg_pool2d, max_pool2d};
use ferroflow_core::{DType, Result, Tensor, ensure, operators::cast, options};

/// Optional arguments of [`MaxPooling2D::new_with`] and [`AveragePooling2D::new_with`].
#[must_use]
pub struct PoolingOptions {
    pool_size: [i64; 2],
    strides: Option<[i64; 2]>,
    padding: String,
    layer: LayerOptions,
}

impl PoolingOptions {
    /// The size of windows; 2 by 2 by default.
    pub fn pool_size(mut self, size: impl Into<Pair>) -> PoolingOptions {
        self.pool_size = size.into().get();
        self
    }

    /// How far windows move from one place to the next; by default as far as they are large.
    pub fn strides(mut self, strides: impl Into<Pair>) -> PoolingOptions {
        self.strides = Some(strides.into().get());
        self
    }

    /// `"valid"`, which is the default, or `"same"`.
    pub fn padding(mut self, padding: impl Into<String>) -> PoolingOptions {
        self.padding = padding.into();
        self
    }

    /// The name.
    pub fn name(mut self, name: impl Into<String>) -> PoolingOptions {
        self.layer.name = Some(name.into());
        self
    }
}

macro_rules! poolings {
    ($($(#[$doc:meta])* $name:ident $text:literal $function:ident;)*) => {
        $($(#[$doc])*
        pub struct $name {
            state: LayerState,
            pool_size: [i64; 2],
            strides: [i64; 2],
            padding: String,
        }

        impl $name {
            fn make(
                pool_size: [i64; 2],
                options: impl FnOnce(PoolingOptions) -> PoolingOptions,
            ) -> Result<$name> {
                let options = options(PoolingOptions {
                    pool_size,
                    strides: None,
                    padding: "valid".to_string(),
                    layer: LayerOptions::default(),
                });
                let strides = options.strides.unwrap_or(options.pool_size);
                for (name, [height, width]) in [("pool_size", options.pool_size), ("strides", strides)] {
                    ensure!(
                        height > 0 && width > 0,
                        value,
                        "The `{name}` argument must be a tuple of 2 integers. Received {name}=({height}, {width}), \
                         including values that do not satisfy `value > 0`"
                    );
                }
                let padding = check_padding(&options.padding)?;
                let state = LayerState::of(stringify!($name), $text, options.layer);
                Ok($name { state, pool_size: options.pool_size, strides, padding })
            }
        }

        impl Layer for $name {
            fn state(&self) -> &LayerState {
                &self.state
            }

            fn input_spec(&self) -> InputSpec {
                InputSpec::of_rank(4)
            }

            fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
                $function(inputs, self.pool_size, self.strides, self.padding.as_str())
            }
        })*
    };
}

poolings! {
    /// The greatest value in each window of images (`tf.keras.layers.MaxPooling2D`).
    MaxPooling2D "max_pooling2d" max_pool2d;
    /// The mean of each window of images (`tf.keras.layers.AveragePooling2D`).
    AveragePooling2D "average_pooling2d" avg_pool2d;
}

impl MaxPooling2D {
    /// Windows of 2 by 2 pixels, side by side.
    ///
    /// # Errors
    /// As [`MaxPooling2D::new_with`].
    pub fn new() -> Result<MaxPooling2D> {
        MaxPooling2D::new_with(|o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` for sizes that are not positive, or a padding that does not exist.
    pub fn new_with(options: impl FnOnce(PoolingOptions) -> PoolingOptions) -> Result<MaxPooling2D> {
        MaxPooling2D::make([2, 2], options)
    }
}

impl AveragePooling2D {
    /// Windows of this size, side by side.
    ///
    /// # Errors
    /// As [`AveragePooling2D::new_with`].
    pub fn new(pool_size: impl Into<Pair>) -> Result<AveragePooling2D> {
        AveragePooling2D::new_with(pool_size, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` for sizes that are not positive, or a padding that does not exist.
    pub fn new_with(
        pool_size: impl Into<Pair>,
        options: impl FnOnce(PoolingOptions) -> PoolingOptions,
    ) -> Result<AveragePooling2D> {
        AveragePooling2D::make(pool_size.into().get(), options)
    }
}

options! {
    /// Optional arguments of [`GlobalAveragePooling2D::new_with`].
    pub struct GlobalPoolingOptions {
        /// Whether height and width are kept with size 1.
        keepdims: bool = false,
        /// The name.
        name: Option<String> = None,
    }
}

/// The mean of each channel of images (`tf.keras.layers.GlobalAveragePooling2D`).
pub struct GlobalAveragePooling2D {
    state: LayerState,
    keepdims: bool,
}

impl GlobalAveragePooling2D {
    /// A layer that takes height and width away.
    ///
    /// # Errors
    /// None so far.
    pub fn new() -> Result<GlobalAveragePooling2D> {
        GlobalAveragePooling2D::new_with(|o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// None so far.
    pub fn new_with(
        options: impl FnOnce(GlobalPoolingOptions) -> GlobalPoolingOptions,
    ) -> Result<GlobalAveragePooling2D> {
        let GlobalPoolingOptions { keepdims, name } = options(GlobalPoolingOptions::default());
        let state = LayerState::new("GlobalAveragePooling2D", "global_average_pooling2d", name);
        Ok(GlobalAveragePooling2D { state, keepdims })
    }
}

impl Layer for GlobalAveragePooling2D {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn input_spec(&self) -> InputSpec {
        InputSpec::of_rank(4)
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        let inputs =
            if inputs.dtype().is_floating() { inputs.clone() } else { cast(inputs, DType::FLOAT32)? };
        reduce_mean_with(inputs, [1, 2], |o| o.keepdims(self.keepdims))
    }
}
