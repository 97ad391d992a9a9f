//! Models: layers one after another, trained by `fit` (`tf.keras.Sequential`, of Keras 3).

mod batches;
mod callbacks;
mod compile;
mod data;
mod evaluate;
mod export;
mod fit;
mod history;
mod model;
mod on_datasets;
mod progress;
mod step;

pub use callbacks::Callback;
pub use compile::{CompileOptions, CompiledMetric, IntoOptimizer};
pub use evaluate::{EvaluateOptions, PredictOptions};
pub use fit::FitOptions;
pub use history::{History, Logs};
pub use model::Sequential;
