//! Transformations by closures.

use super::dataset::{dataset_op, function_attr};
use super::sources::int64;
use super::tracing::{Traced, arguments, traced};
use super::{AUTOTUNE, Components, Dataset};
use crate::{Nest, TensorSpec, convert_to_tensor};
use ferroflow_core::{DType, Error, Op, Result, Tensor, ensure, options};
use ferroflow_data::Specs;

options! {
    /// Optional arguments of [`Dataset::map_with`].
    pub struct MapOptions {
        /// How many elements may be computed at once; one after the other where it is not given.
        num_parallel_calls: Option<i64> = None,
        /// Whether results keep the order of the elements. They always do here: false only allows another one.
        deterministic: Option<bool> = None,
    }
}

options! {
    /// Optional arguments of [`Dataset::interleave_with`].
    pub struct InterleaveOptions {
        /// How many datasets take turns; one for each processor where it is not given.
        cycle_length: Option<i64> = None,
        /// How many elements each gives in its turn.
        block_length: Option<i64> = None,
        /// How many datasets may be read at once.
        num_parallel_calls: Option<i64> = None,
        /// Whether elements keep their order. They always do here: false only allows another one.
        deterministic: Option<bool> = None,
    }
}

options! {
    /// Optional arguments of [`parallel_interleave`](super::experimental::parallel_interleave).
    pub struct ParallelInterleaveOptions {
        /// How many elements each dataset gives in its turn.
        block_length: i64 = 1,
        /// Whether another order may be had. It need not: order is always kept here.
        sloppy: bool = false,
        /// How many elements of each dataset are made ahead of their use; carried along in graphs.
        buffer_output_elements: Option<i64> = None,
        /// How many datasets are opened ahead of their use; carried along in graphs.
        prefetch_input_elements: Option<i64> = None,
    }
}

/// The value of an attribute that says whether order is kept.
pub(super) fn deterministic(choice: Option<bool>) -> &'static str {
    match choice {
        None => "default",
        Some(true) => "true",
        Some(false) => "false",
    }
}

impl<E: Nest> Dataset<E> {
    /// What `map_func` gives for each element.
    ///
    /// The closure is traced once; in the code of the program, [`numpy_function`](crate::numpy_function) calls Rust
    /// for each element.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let squares = tf::data::Dataset::range(4)?.map(|x| Ok((x.clone(), (&x * &x)?)))?;
    /// let (number, square) = squares.skip(3)?.get_single_element()?;
    /// assert_eq!(format!("{number} {square}"), "3 9");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the closure returns.
    pub fn map<R: Nest>(&self, map_func: impl FnOnce(E) -> Result<R>) -> Result<Dataset<R>> {
        self.map_with(map_func, |options| options)
    }

    /// The same for several elements at once.
    ///
    /// # Errors
    /// `InvalidArgument` for a number of calls that is neither positive nor [`AUTOTUNE`]; what the closure returns.
    pub fn map_with<R: Nest>(
        &self,
        map_func: impl FnOnce(E) -> Result<R>,
        options: impl FnOnce(MapOptions) -> MapOptions,
    ) -> Result<Dataset<R>> {
        self.mapped(map_func, options, true)
    }

    /// The same, of as many elements as before or not: in v1 a function that meets the end of other data ends them.
    #[doc(hidden)]
    pub fn mapped<R: Nest>(
        &self,
        map_func: impl FnOnce(E) -> Result<R>,
        options: impl FnOnce(MapOptions) -> MapOptions,
        preserve_cardinality: bool,
    ) -> Result<Dataset<R>> {
        let options = options(MapOptions::default());
        let Traced { function, structure, specs } = self.trace(map_func)?;
        self.scoped(|| {
            let op = match options.num_parallel_calls {
                None => self.op("MapDataset").inputs(function.captures()),
                Some(calls) => self
                    .op("ParallelMapDatasetV2")
                    .inputs(function.captures())
                    .input(int64("num_parallel_calls", calls)?)
                    .attr("deterministic", deterministic(options.deterministic)),
            };
            let op =
                op.attr("f", function_attr(&function)).attr("preserve_cardinality", preserve_cardinality);
            Ok(Dataset::new(dataset_op(op, &specs)?, specs, structure))
        })
    }

    /// The elements for which `predicate` is true.
    ///
    /// # Errors
    /// `ValueError` unless the closure gives a scalar of dtype `bool`; what it returns.
    pub fn filter(&self, predicate: impl FnOnce(E) -> Result<Tensor>) -> Result<Dataset<E>> {
        self.chosen("FilterDataset", predicate)
    }

    /// The elements before the first for which `predicate` is false.
    ///
    /// # Errors
    /// As [`Dataset::filter`].
    pub fn take_while(&self, predicate: impl FnOnce(E) -> Result<Tensor>) -> Result<Dataset<E>> {
        self.chosen("TakeWhileDataset", predicate)
    }

    fn chosen(&self, op: &'static str, predicate: impl FnOnce(E) -> Result<Tensor>) -> Result<Dataset<E>> {
        let Traced { function, specs, .. } = self.trace(predicate)?;
        let (dtype, shape) = (specs.types[0], &specs.shapes[0]);
        ensure!(
            dtype == DType::BOOL && shape.rank().is_none_or(|rank| rank == 0),
            value,
            "Invalid `predicate`. `predicate` must return a `tf.bool` scalar tensor, but its return type is {}.",
            TensorSpec::new(shape.clone(), dtype)
        );
        self.scoped(|| {
            self.like(self.op(op).inputs(function.captures()).attr("predicate", function_attr(&function)))
        })
    }

    /// Each element once, in the order of its first appearance.
    ///
    /// # Errors
    /// `TypeError` unless elements are single tensors of dtype `int32`, `int64` or `string`.
    pub fn unique(&self) -> Result<Dataset<E>> {
        for dtype in &self.specs().types {
            ensure!(
                [DType::INT32, DType::INT64, DType::STRING].contains(dtype),
                type_error,
                "`tf.data.Dataset.unique` does not support type <dtype: '{}'> -- only `tf.int32`, `tf.int64`, and \
                 `tf.string` are supported.",
                dtype.name()
            );
        }
        self.scoped(|| self.like(self.op("UniqueDataset")))
    }

    /// The elements of the datasets that `map_func` gives, one dataset after the other.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::data::Dataset;
    /// let counts = Dataset::range(4)?.flat_map(|n| Dataset::range(n))?;
    /// let counts: Vec<String> = counts.iter()?.map(|n| Ok(n?.to_string())).collect::<tf::Result<_>>()?;
    /// assert_eq!(counts.join(" "), "0 0 1 0 1 2");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the closure returns.
    pub fn flat_map<R: Nest>(&self, map_func: impl FnOnce(E) -> Result<Dataset<R>>) -> Result<Dataset<R>> {
        let Traced { function, structure, .. } = self.trace(map_func)?;
        self.scoped(|| {
            let op =
                self.op("FlatMapDataset").inputs(function.captures()).attr("f", function_attr(&function));
            let specs = structure.specs().clone();
            Ok(Dataset::new(dataset_op(op, &specs)?, specs, structure.shared_structure().clone()))
        })
    }

    /// The elements of the datasets that `map_func` gives, some of the datasets in turn.
    ///
    /// # Errors
    /// What the closure returns.
    pub fn interleave<R: Nest>(&self, map_func: impl FnOnce(E) -> Result<Dataset<R>>) -> Result<Dataset<R>> {
        self.interleave_with(map_func, |options| options)
    }

    /// The same with other numbers of datasets and elements.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::data::Dataset;
    /// let turns = Dataset::range(3)?
    ///     .interleave_with(|n| Dataset::from_tensors(n)?.repeat(3), |o| o.cycle_length(2).block_length(2))?;
    /// let turns: Vec<String> = turns.iter()?.map(|n| Ok(n?.to_string())).collect::<tf::Result<_>>()?;
    /// assert_eq!(turns.join(" "), "0 0 1 1 0 1 2 2 2");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for numbers that are not positive; what the closure returns.
    pub fn interleave_with<R: Nest>(
        &self,
        map_func: impl FnOnce(E) -> Result<Dataset<R>>,
        options: impl FnOnce(InterleaveOptions) -> InterleaveOptions,
    ) -> Result<Dataset<R>> {
        let options = options(InterleaveOptions::default());
        let Traced { function, structure, .. } = self.trace(map_func)?;
        let (cycle, block) = (options.cycle_length.unwrap_or(AUTOTUNE), options.block_length.unwrap_or(1));
        self.scoped(|| {
            let parallel = options.num_parallel_calls;
            let op =
                self.op(if parallel.is_some() { "ParallelInterleaveDatasetV4" } else { "InterleaveDataset" });
            let mut op = op
                .inputs(function.captures())
                .input(int64("cycle_length", cycle)?)
                .input(int64("block_length", block)?);
            if let Some(calls) = parallel {
                op = op
                    .input(int64("buffer_output_elements", AUTOTUNE)?)
                    .input(int64("prefetch_input_elements", AUTOTUNE)?)
                    .input(int64("num_parallel_calls", calls)?);
                op = op.attr("deterministic", deterministic(options.deterministic));
            }
            let specs = structure.specs().clone();
            let variant = dataset_op(op.attr("f", function_attr(&function)), &specs)?;
            Ok(Dataset::new(variant, specs, structure.shared_structure().clone()))
        })
    }

    /// What [`parallel_interleave`](super::experimental::parallel_interleave) gives of this dataset.
    pub(super) fn parallel_interleave<R: Nest>(
        &self,
        map_func: impl FnOnce(E) -> Result<Dataset<R>>,
        cycle_length: i64,
        options: ParallelInterleaveOptions,
    ) -> Result<Dataset<R>> {
        let Traced { function, structure, .. } = self.trace(map_func)?;
        let twice = |number: i64| number.saturating_mul(2);
        let buffered = options.buffer_output_elements.unwrap_or(twice(options.block_length));
        let prefetched = options.prefetch_input_elements.unwrap_or(twice(cycle_length));
        self.scoped(|| {
            let op = self
                .op("LegacyParallelInterleaveDatasetV2")
                .inputs(function.captures())
                .input(int64("cycle_length", cycle_length)?)
                .input(int64("block_length", options.block_length)?)
                .input(int64("buffer_output_elements", buffered)?)
                .input(int64("prefetch_input_elements", prefetched)?)
                .attr("deterministic", deterministic(Some(!options.sloppy)))
                .attr("f", function_attr(&function));
            let specs = structure.specs().clone();
            Ok(Dataset::new(dataset_op(op, &specs)?, specs, structure.shared_structure().clone()))
        })
    }

    /// What `scan_func` gives for a state and each element; it hands the state on.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let sums = tf::data::Dataset::range(4)?.scan(0i64, |sum, x| {
    ///     let sum = (&sum + &x)?;
    ///     Ok((sum.clone(), sum))
    /// })?;
    /// let sums: Vec<String> = sums.iter()?.map(|n| Ok(n?.to_string())).collect::<tf::Result<_>>()?;
    /// assert_eq!(sums.join(" "), "0 1 3 6");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `TypeError` when the state changes its dtypes; what the closure returns.
    pub fn scan<M, C, R>(
        &self,
        initial_state: C,
        scan_func: impl Fn(C::Element, E) -> Result<(C::Element, R)>,
    ) -> Result<Dataset<R>>
    where
        C: Components<M>,
        R: Nest + Clone,
    {
        self.scoped(|| {
            let (initial, function) = self.trace_with_state(initial_state, scan_func)?;
            let state = initial.to_flat();
            let Traced { function, structure, specs } = function;
            let specs = Specs {
                types: specs.types[state.len()..].to_vec(),
                shapes: specs.shapes[state.len()..].to_vec(),
            };
            let op = Op::named("ScanDataset").input(self.variant()).inputs(state).inputs(function.captures());
            let op = op.attr("f", function_attr(&function)).attr("preserve_cardinality", true);
            Ok(Dataset::new(dataset_op(op, &specs)?, specs, std::sync::Arc::new(structure.1.clone())))
        })
    }

    /// Traces a closure of a state and an element that gives the new state first; the state as it begins.
    pub(super) fn trace_with_state<M, C, R>(
        &self,
        initial_state: C,
        f: impl Fn(C::Element, E) -> Result<R>,
    ) -> Result<(C::Element, Traced<R>)>
    where
        C: Components<M>,
        R: Nest,
    {
        let initial = initial_state.convert(&mut |operand| convert_to_tensor(operand, None))?;
        let state = initial.to_flat();
        let specs = Specs {
            types: state.iter().map(|tensor| tensor.dtype().base()).collect(),
            shapes: state.iter().map(Tensor::shape).collect(),
        };
        let wrong = |wanted: &[DType], found: &[DType]| {
            Error::type_error(format!(
                "The element types for the new state must match the initial state. Expected {}; got {}.",
                names(wanted),
                names(found)
            ))
        };
        let (function, _) = self.trace_on_state(&initial, specs, wrong, f)?;
        Ok((initial, function))
    }

    /// The same for a state of this structure, of which this is known at first; what is known of it after any number of
    /// elements. `wrong` is told the dtypes of a state and those that it changes to.
    pub(super) fn trace_on_state<S: Nest, R: Nest>(
        &self,
        structure: &S,
        mut state: Specs,
        wrong: impl Fn(&[DType], &[DType]) -> Error,
        f: impl Fn(S, E) -> Result<R>,
    ) -> Result<(Traced<R>, Specs)> {
        let count = state.types.len();
        loop {
            let mut all = state.clone();
            all.types.extend(self.specs().types.iter().copied());
            all.shapes.extend(self.specs().shapes.iter().cloned());
            let function = traced("Dataset_function", &arguments(&all), |tensors| {
                let (state, element) = tensors.split_at(count);
                f(structure.with_flat(state.to_vec())?, self.structure().with_flat(element.to_vec())?)
            })?;
            let found = function.specs.types.get(..count).unwrap_or_default();
            if found != state.types {
                return Err(wrong(&state.types, found));
            }
            // A shape that the state did not have before: less is known of it than was thought.
            let relaxed: Vec<_> = state
                .shapes
                .iter()
                .zip(&function.specs.shapes)
                .map(|(before, after)| before.most_specific_compatible(after))
                .collect();
            if relaxed == state.shapes {
                return Ok((function, state));
            }
            state.shapes = relaxed;
        }
    }
}

/// Dtypes as Python shows them.
pub(super) fn names(types: &[DType]) -> String {
    let names: Vec<String> = types.iter().map(|dtype| format!("<dtype: '{}'>", dtype.name())).collect();
    match names.as_slice() {
        [only] => only.clone(),
        names => format!("({})", names.join(", ")),
    }
}
