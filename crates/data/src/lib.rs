//! TensorFlow's dataset and iterator ops: pipelines that give elements one at a time, in eager code and in graphs.
//!
//! A dataset op gives a variant tensor that holds a [`Dataset`]: a description that costs nothing until an iterator
//! goes through it. The public functions are those of the facades.

/// Defines an op whose output is a dataset, or the handle of something datasets use, or something else that is one value.
macro_rules! dataset_op {
    ($name:ident $op:literal $kernel:ident) => {
        dataset_op!($name $op $kernel, ferroflow_core::shape_fn::scalar);
    };
    ($name:ident $op:literal $kernel:ident, $shape:path) => {
        pub(crate) static $name: ferroflow_core::OpDef = ferroflow_core::OpDef {
            name: $op,
            shape: $shape,
            kernel: Some($kernel),
            grad: ferroflow_core::Grad::None,
            ..ferroflow_core::OpDef::NEW
        };
    };
}

mod batch;
mod cache;
mod captured;
mod checked;
mod combined;
mod counted;
mod csv;
mod dense_to_sparse;
mod directed_interleave;
mod file_cache;
mod filter;
mod flat_map;
mod generator;
mod group_by_reducer;
mod group_by_window;
mod interleave;
mod iterator_ops;
mod map;
mod map_and_batch;
mod matching_files;
mod padded_batch;
mod parallel_filter;
mod parse_example;
mod pass_through;
mod pipeline;
mod position;
mod prefetch;
mod random_numbers;
mod readers;
mod rebatch;
mod reduce;
mod rows;
mod sampling;
mod saved;
mod scan;
mod seeds;
mod shuffle;
mod sleep;
mod sliding_window;
mod sources;
mod sparse_slices;
mod spec_rules;
mod window;
mod work_reader_ops;
mod work_readers;

use ferroflow_core::{OpDef, Result, ShapeCtx, bail, ensure, registry, shape_fn};
use std::sync::Once;

pub use pipeline::{
    Context, Dataset, Element, Functions, INFINITE, Place, Specs, Stream, UNKNOWN, from_variant, to_variant,
};
pub use position::Running;
pub use spec_rules::{batched, concatenated, padded, unbatched};

/// The shape of a dataset of another, whose further inputs are scalars.
fn dataset_of_scalars(cx: &mut ShapeCtx<'_>) -> Result<()> {
    scalars_from(cx, 1)
}

/// The shape of a dataset, whose inputs are scalars.
fn source_of_scalars(cx: &mut ShapeCtx<'_>) -> Result<()> {
    scalars_from(cx, 0)
}

fn scalars_from(cx: &mut ShapeCtx<'_>, first: usize) -> Result<()> {
    if !cx.at_run_time() {
        for index in first..cx.num_inputs() {
            cx.with_rank(index, 0)?;
        }
    }
    shape_fn::scalar(cx)
}

/// The shape of a dataset of files, whose names are a scalar or a vector; so may be what stands behind their compression and the
/// size of a buffer.
fn dataset_of_files(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        for index in 0..cx.num_inputs() {
            match (index, cx.input(index).rank()) {
                (0 | 3, Some(rank)) if rank > 1 => {
                    bail!(invalid_argument, "Shape must be at most rank 1 but is rank {rank}")
                }
                (0 | 3, _) => {}
                _ => drop(cx.with_rank(index, 0)?),
            }
        }
    }
    shape_fn::scalar(cx)
}

/// The shape of a dataset of files' records of one size: the names are a scalar or a vector, the sizes scalars. What stands
/// behind them is looked at when the op runs.
fn dataset_of_records(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        if let Some(rank) = cx.input(0).rank() {
            ensure!(rank <= 1, invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
        }
        for index in 1..5 {
            cx.with_rank(index, 0)?;
        }
    }
    shape_fn::scalar(cx)
}

/// The ops of this crate.
pub static OPS: &[&OpDef] = &[
    &batch::BATCH_DATASET,
    &batch::BATCH_DATASET_V2,
    &batch::PARALLEL_BATCH_DATASET,
    &batch::EXPERIMENTAL_UNBATCH_DATASET,
    &batch::UNBATCH_DATASET,
    &cache::CACHE_DATASET,
    &cache::CACHE_DATASET_V2,
    &checked::ASSERT_CARDINALITY_DATASET,
    &checked::EXPERIMENTAL_IGNORE_ERRORS_DATASET,
    &checked::IGNORE_ERRORS_DATASET,
    &combined::CONCATENATE_DATASET,
    &combined::ZIP_DATASET,
    &counted::REPEAT_DATASET,
    &counted::SHARD_DATASET,
    &counted::SKIP_DATASET,
    &counted::TAKE_DATASET,
    &csv::CSV_DATASET,
    &csv::CSV_DATASET_V2,
    &csv::EXPERIMENTAL_CSV_DATASET,
    &dense_to_sparse::DENSE_TO_SPARSE_BATCH_DATASET,
    &dense_to_sparse::EXPERIMENTAL_DENSE_TO_SPARSE_BATCH_DATASET,
    &directed_interleave::EXPERIMENTAL_DIRECTED_INTERLEAVE_DATASET,
    &directed_interleave::DIRECTED_INTERLEAVE_DATASET,
    &filter::FILTER_DATASET,
    &filter::TAKE_WHILE_DATASET,
    &filter::EXPERIMENTAL_TAKE_WHILE_DATASET,
    &filter::EXPERIMENTAL_UNIQUE_DATASET,
    &filter::UNIQUE_DATASET,
    &flat_map::FLAT_MAP_DATASET,
    &generator::GENERATOR_DATASET,
    &group_by_reducer::EXPERIMENTAL_GROUP_BY_REDUCER_DATASET,
    &group_by_reducer::GROUP_BY_REDUCER_DATASET,
    &group_by_window::GROUP_BY_WINDOW_DATASET,
    &group_by_window::EXPERIMENTAL_GROUP_BY_WINDOW_DATASET,
    &interleave::INTERLEAVE_DATASET,
    &interleave::EXPERIMENTAL_PARALLEL_INTERLEAVE_DATASET,
    &interleave::LEGACY_PARALLEL_INTERLEAVE_DATASET_V2,
    &interleave::PARALLEL_INTERLEAVE_DATASET,
    &interleave::PARALLEL_INTERLEAVE_DATASET_V2,
    &interleave::PARALLEL_INTERLEAVE_DATASET_V3,
    &interleave::PARALLEL_INTERLEAVE_DATASET_V4,
    &iterator_ops::ANONYMOUS_ITERATOR_V2,
    &iterator_ops::ANONYMOUS_ITERATOR_V3,
    &iterator_ops::ITERATOR,
    &iterator_ops::ITERATOR_GET_NEXT,
    &iterator_ops::ITERATOR_GET_NEXT_AS_OPTIONAL,
    &iterator_ops::ITERATOR_GET_NEXT_SYNC,
    &iterator_ops::ITERATOR_V2,
    &iterator_ops::MAKE_ITERATOR,
    &iterator_ops::ONE_SHOT_ITERATOR,
    &iterator_ops::ITERATOR_TO_STRING_HANDLE,
    &iterator_ops::ITERATOR_FROM_STRING_HANDLE,
    &iterator_ops::ITERATOR_FROM_STRING_HANDLE_V2,
    &map::MAP_DATASET,
    &map::PARALLEL_MAP_DATASET,
    &map::PARALLEL_MAP_DATASET_V2,
    &map_and_batch::EXPERIMENTAL_MAP_AND_BATCH_DATASET,
    &map_and_batch::MAP_AND_BATCH_DATASET,
    &matching_files::EXPERIMENTAL_MATCHING_FILES_DATASET,
    &matching_files::MATCHING_FILES_DATASET,
    &padded_batch::PADDED_BATCH_DATASET,
    &padded_batch::PADDED_BATCH_DATASET_V2,
    &parallel_filter::PARALLEL_FILTER_DATASET,
    &parse_example::EXPERIMENTAL_PARSE_EXAMPLE_DATASET,
    &parse_example::PARSE_EXAMPLE_DATASET,
    &parse_example::PARSE_EXAMPLE_DATASET_V2,
    &pass_through::OPTIONS_DATASET,
    &pass_through::FINALIZE_DATASET,
    &pass_through::MODEL_DATASET,
    &pass_through::OPTIMIZE_DATASET,
    &pass_through::OPTIMIZE_DATASET_V2,
    &pass_through::NON_SERIALIZABLE_DATASET,
    &pass_through::EXPERIMENTAL_NON_SERIALIZABLE_DATASET,
    &pass_through::MAX_INTRA_OP_PARALLELISM_DATASET,
    &pass_through::EXPERIMENTAL_MAX_INTRA_OP_PARALLELISM_DATASET,
    &pass_through::PRIVATE_THREAD_POOL_DATASET,
    &pass_through::EXPERIMENTAL_PRIVATE_THREAD_POOL_DATASET,
    &pass_through::LATENCY_STATS_DATASET,
    &pass_through::EXPERIMENTAL_LATENCY_STATS_DATASET,
    &pass_through::BYTES_PRODUCED_STATS_DATASET,
    &pass_through::EXPERIMENTAL_BYTES_PRODUCED_STATS_DATASET,
    &prefetch::PREFETCH_DATASET,
    &random_numbers::EXPERIMENTAL_RANDOM_DATASET,
    &random_numbers::RANDOM_DATASET,
    &random_numbers::RANDOM_DATASET_V2,
    &readers::FIXED_LENGTH_RECORD_DATASET,
    &readers::FIXED_LENGTH_RECORD_DATASET_V2,
    &readers::TEXT_LINE_DATASET,
    &readers::TF_RECORD_DATASET,
    &readers::TF_RECORD_DATASET_V2,
    &rebatch::EXPERIMENTAL_REBATCH_DATASET,
    &rebatch::REBATCH_DATASET,
    &rebatch::REBATCH_DATASET_V2,
    &reduce::EXPERIMENTAL_DATASET_CARDINALITY,
    &reduce::DATASET_CARDINALITY,
    &reduce::DATASET_TO_SINGLE_ELEMENT,
    &reduce::REDUCE_DATASET,
    &saved::LOAD_DATASET,
    &saved::SAVE_DATASET_V2,
    &scan::SCAN_DATASET,
    &scan::EXPERIMENTAL_SCAN_DATASET,
    &seeds::ANONYMOUS_SEED_GENERATOR,
    &shuffle::DUMMY_MEMORY_CACHE,
    &shuffle::DUMMY_SEED_GENERATOR,
    &shuffle::SHUFFLE_AND_REPEAT_DATASET,
    &shuffle::SHUFFLE_AND_REPEAT_DATASET_V2,
    &shuffle::SHUFFLE_DATASET,
    &shuffle::SHUFFLE_DATASET_V2,
    &shuffle::SHUFFLE_DATASET_V3,
    &sources::RANGE_DATASET,
    &sources::TENSOR_DATASET,
    &sources::TENSOR_SLICE_DATASET,
    &window::WINDOW_DATASET,
    &window::WINDOW_OP,
    &sampling::SAMPLING_DATASET,
    &sleep::EXPERIMENTAL_SLEEP_DATASET,
    &sleep::SLEEP_DATASET,
    &sliding_window::EXPERIMENTAL_SLIDING_WINDOW_DATASET,
    &sliding_window::SLIDING_WINDOW_DATASET,
    &sparse_slices::SPARSE_TENSOR_SLICE_DATASET,
];

/// The ops of v1's readers.
pub use work_reader_ops::OPS as READER_OPS;

/// Makes the ops known by name.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        ferroflow_formats::install();
        registry::install(|name| OPS.iter().chain(READER_OPS).copied().find(|def| def.name == name));
    });
}
