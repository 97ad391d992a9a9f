//! OptionsDataset, FinalizeDataset, ModelDataset, OptimizeDataset, OptimizeDatasetV2, MaxIntraOpParallelismDataset,
//! PrivateThreadPoolDataset, LatencyStatsDataset, BytesProducedStatsDataset, NonSerializableDataset: ops that tell TensorFlow how
//! to run a pipeline, or what to note of it. They leave its elements as they are.

use crate::pipeline::{input_dataset, scalar};
use ferroflow_core::{KernelCtx, Result, ShapeCtx, TString, ensure, shape_fn};

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    input_dataset(cx, 0)?;
    let dataset = cx.take(0)?;
    cx.set(0, dataset)
}

/// Of a pipeline that is to have so many threads; here all share one pool.
fn threads(cx: &mut KernelCtx<'_>, name: &str) -> Result<()> {
    let threads = scalar::<i64>(cx, 1, name)?;
    ensure!(threads >= 0, invalid_argument, "`{name}` must be >= 0");
    kernel(cx)
}

fn parallelism_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    threads(cx, "max_intra_op_parallelism")
}

fn thread_pool_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    threads(cx, "num_threads")
}

/// Of a pipeline whose elements are to be counted under a tag, for a summary that nobody asked for.
fn stats_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    scalar::<TString>(cx, 1, "tag")?;
    kernel(cx)
}

fn stats_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(1, 0)?;
    }
    shape_fn::scalar(cx)
}

dataset_op!(OPTIONS_DATASET "OptionsDataset" kernel);
dataset_op!(FINALIZE_DATASET "FinalizeDataset" kernel);
dataset_op!(MODEL_DATASET "ModelDataset" kernel);
dataset_op!(OPTIMIZE_DATASET "OptimizeDataset" kernel);
dataset_op!(OPTIMIZE_DATASET_V2 "OptimizeDatasetV2" kernel);
dataset_op!(NON_SERIALIZABLE_DATASET "NonSerializableDataset" kernel);
dataset_op!(EXPERIMENTAL_NON_SERIALIZABLE_DATASET "ExperimentalNonSerializableDataset" kernel);
dataset_op!(MAX_INTRA_OP_PARALLELISM_DATASET "MaxIntraOpParallelismDataset" parallelism_kernel);
dataset_op!(EXPERIMENTAL_MAX_INTRA_OP_PARALLELISM_DATASET "ExperimentalMaxIntraOpParallelismDataset" parallelism_kernel);
dataset_op!(PRIVATE_THREAD_POOL_DATASET "PrivateThreadPoolDataset" thread_pool_kernel);
dataset_op!(EXPERIMENTAL_PRIVATE_THREAD_POOL_DATASET "ExperimentalPrivateThreadPoolDataset" thread_pool_kernel);
dataset_op!(LATENCY_STATS_DATASET "LatencyStatsDataset" stats_kernel, stats_shape);
dataset_op!(EXPERIMENTAL_LATENCY_STATS_DATASET "ExperimentalLatencyStatsDataset" stats_kernel, stats_shape);
dataset_op!(BYTES_PRODUCED_STATS_DATASET "BytesProducedStatsDataset" stats_kernel, stats_shape);
dataset_op!(EXPERIMENTAL_BYTES_PRODUCED_STATS_DATASET "ExperimentalBytesProducedStatsDataset" stats_kernel, stats_shape);
