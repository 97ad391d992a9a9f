//! OptionsDataset, FinalizeDataset, ModelDataset, OptimizeDatasetV2: ops that tell TensorFlow how to run a pipeline.
//! They leave its elements as they are.

use crate::pipeline::input_dataset;
use ferroflow_core::{KernelCtx, Result};

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    input_dataset(cx, 0)?;
    let dataset = cx.take(0)?;
    cx.set(0, dataset)
}

dataset_op!(OPTIONS_DATASET "OptionsDataset" kernel);
dataset_op!(FINALIZE_DATASET "FinalizeDataset" kernel);
dataset_op!(MODEL_DATASET "ModelDataset" kernel);
dataset_op!(OPTIMIZE_DATASET_V2 "OptimizeDatasetV2" kernel);
