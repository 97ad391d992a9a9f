//! ParseExampleDataset, ParseExampleDatasetV2: examples, a batch in each element, as columns in the order of their names.

use crate::map::parallel_calls;
use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, input_dataset, list, publish, scalar,
};
use ferroflow_core::{
    Attrs, DType, Env, Error, KernelCtx, NdArray, PartialShape, Result, Shape, TString, bail, ensure,
    registry, reserve, run_op,
};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The columns of batches of examples.
struct ParseExample {
    input: Arc<dyn Dataset>,
    columns: Arc<Columns>,
    specs: Specs,
    kind: &'static str,
}

struct ParseStream {
    input: Box<dyn Stream>,
    columns: Arc<Columns>,
    specs: Specs,
}

/// What is read, as the op that reads it takes it.
struct Columns {
    attrs: Attrs,
    /// The inputs of that op behind the examples.
    arguments: Vec<NdArray>,
    sparse: Vec<DType>,
    dense: usize,
    ragged: Vec<(DType, DType)>,
    /// Where each column stands in an element: sparse ones, then dense ones, then ragged ones.
    places: Vec<usize>,
}

/// Runs an op of another family.
fn run(name: &str, attrs: &Attrs, inputs: &mut [NdArray], env: &Env) -> Result<Element> {
    let Some(def) = registry::lookup(name) else { bail!(unimplemented, "unsupported op: {name}") };
    run_op(def, attrs, "ParseExampleDataset", inputs, env, None).map(|found| found.into_vec())
}

impl Columns {
    /// The outputs of the op that reads examples.
    fn parse(&self, examples: NdArray, env: &Env) -> Result<Element> {
        let mut inputs = vec![examples];
        inputs.extend(self.arguments.iter().cloned());
        run("ParseExampleV2", &self.attrs, &mut inputs, env)
    }

    /// The columns of a batch, as elements hold them.
    fn read(&self, examples: NdArray, specs: &Specs, env: &Env) -> Result<Element> {
        let found = self.parse(examples, env)?;
        let (sparse, ragged) = (self.sparse.len(), self.ragged.len());
        let part = |index: usize| {
            found.get(index).cloned().ok_or_else(|| Error::internal("a column of examples is missing"))
        };
        let mut element: Element = vec![NdArray::scalar(false); self.places.len()];
        let mut put = |column: usize, number: usize, value: NdArray| -> Result<()> {
            let place = self.places[column];
            check(&value, number, place, specs)?;
            element[place] = value;
            Ok(())
        };
        // TensorFlow looks at dense columns first.
        for number in 0..self.dense {
            put(sparse + number, number, part(3 * sparse + number)?)?;
        }
        for (number, dtype) in self.sparse.iter().enumerate() {
            let mut parts = [part(number)?, part(sparse + number)?, part(2 * sparse + number)?];
            let attrs = Attrs::new().with("out_type", DType::VARIANT).with("T", *dtype);
            put(number, number, only(run("SerializeSparse", &attrs, &mut parts, env)?)?)?;
        }
        let first = 3 * sparse + self.dense;
        for (number, (values, splits)) in self.ragged.iter().enumerate() {
            let mut parts = [part(first + ragged + number)?, part(first + number)?];
            let attrs = Attrs::new()
                .with("RAGGED_RANK", 1i64)
                .with("Tvalues", *values)
                .with("Tsplits", *splits)
                .with("batched_input", false);
            let value = only(run("RaggedTensorToVariant", &attrs, &mut parts, env)?)?;
            put(sparse + self.dense + number, number, value)?;
        }
        ensure!(
            specs.types.len() == self.places.len(),
            internal,
            "Expected {} components but got {}.",
            specs.types.len(),
            self.places.len()
        );
        Ok(element)
    }
}

/// The only output of an op.
fn only(outputs: Element) -> Result<NdArray> {
    outputs.into_iter().next().ok_or_else(|| Error::internal("an op gave nothing"))
}

/// Whether a column is what the op's attributes say.
fn check(value: &NdArray, number: usize, place: usize, specs: &Specs) -> Result<()> {
    // Columns that have no type are noticed when all are read.
    let (Some(dtype), Some(shape)) = (specs.types.get(place), specs.shapes.get(place)) else { return Ok(()) };
    ensure!(
        value.dtype() == *dtype,
        invalid_argument,
        "Got wrong type for FastParseExample return value {number} (expected {}, got {}).",
        dtype.cpp_name(),
        value.dtype().cpp_name()
    );
    ensure!(
        shape.is_compatible_with(&PartialShape::from(value.shape())),
        invalid_argument,
        "Got wrong shape for FastParseExample return value {number} (expected {}, got {}).",
        shape.cpp(),
        value.shape()
    );
    Ok(())
}

impl Dataset for ParseExample {
    fn kind(&self) -> &'static str {
        self.kind
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(ParseStream {
            input: place.input(&*self.input, &place.name(self.kind))?,
            columns: self.columns.clone(),
            specs: self.specs.clone(),
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for ParseStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(element) = self.input.next(cx)? else { return Ok(None) };
        // Every string of every component is an example, whatever the shapes.
        let mut examples = Vec::new();
        for component in &element {
            // TensorFlow 2.21 crashes.
            ensure!(
                component.dtype() == DType::STRING,
                invalid_argument,
                "Expected serialized examples of type string, got {}",
                component.dtype().cpp_name()
            );
            examples.push(component);
        }
        let examples = match examples.as_slice() {
            [component] => component.reshape(Shape::new(&[component.len()])?)?,
            several => {
                let mut joined = reserve(several.iter().map(|component| component.len()).sum())?;
                for component in several {
                    joined.extend_from_slice(component.as_slice::<TString>()?);
                }
                NdArray::vector(joined)
            }
        };
        self.columns.read(examples, &self.specs, cx.env).map(Some)
    }
}

/// Where each of these keys stands among all of them in order.
fn places(keys: &[TString]) -> Result<Vec<usize>> {
    let mut ordered: BTreeMap<&[u8], usize> = BTreeMap::new();
    for key in keys {
        ensure!(
            ordered.insert(key.as_bytes(), 0).is_none(),
            invalid_argument,
            "Duplicate key not allowed: {}",
            key.to_string_lossy()
        );
    }
    ordered.values_mut().enumerate().for_each(|(place, slot)| *slot = place);
    Ok(keys.iter().map(|key| ordered.get(key.as_bytes()).copied().unwrap_or(0)).collect())
}

fn columns(cx: &KernelCtx<'_>, has_ragged: bool) -> Result<Columns> {
    let attrs = cx.attrs();
    let keys = |attr: &str| -> Result<Vec<TString>> {
        Ok(attrs.byte_strings(attr)?.iter().map(|key| TString::from(key.as_slice())).collect())
    };
    let (sparse_keys, dense_keys) = (keys("sparse_keys")?, keys("dense_keys")?);
    let (ragged_keys, values, splits) = if has_ragged {
        let values = attrs.dtypes("ragged_value_types")?.to_vec();
        (keys("ragged_keys")?, values, attrs.dtypes("ragged_split_types")?.to_vec())
    } else {
        Default::default()
    };
    ensure!(
        values.len() == splits.len(),
        invalid_argument,
        "len(ragged_value_types) != len(ragged_split_types)"
    );
    let mut shapes = attrs.shapes("dense_shapes")?.to_vec();
    for (index, shape) in shapes.iter().enumerate() {
        let inner = shape.dims().map(|dims| dims.get(1..).unwrap_or_default());
        ensure!(
            inner.is_some_and(|inner| inner.iter().all(Option::is_some)),
            invalid_argument,
            "dense_shapes[{index}] has unknown rank or unknown inner dimensions: {}",
            shape.cpp()
        );
    }
    parallel_calls(scalar(cx, 1, "num_parallel_calls")?)?;
    let defaults = list(cx, 2)?;
    ensure!(
        defaults.len() == dense_keys.len(),
        invalid_argument,
        "Expected len(dense_defaults) == len(dense_keys) but got: {} vs. {}",
        defaults.len(),
        dense_keys.len()
    );
    // Shapes of no key are passed over, as in TensorFlow 2.21.
    shapes.truncate(dense_keys.len());
    let sparse = attrs.dtypes("sparse_types")?.to_vec();
    let dense = defaults.len();
    let mut arguments = vec![NdArray::vector(Vec::<TString>::new())];
    arguments.extend([&sparse_keys, &dense_keys, &ragged_keys].map(|keys| NdArray::vector(keys.clone())));
    arguments.extend(defaults);
    let inner = Attrs::new()
        .with("num_sparse", sparse.len() as i64)
        .with("sparse_types", sparse.clone())
        .with("Tdense", attrs.dtypes("Tdense")?.to_vec())
        .with("dense_shapes", shapes)
        .with("ragged_value_types", values.clone())
        .with("ragged_split_types", splits.clone());
    let ragged = values.into_iter().zip(splits).collect();
    let mut columns = Columns { attrs: inner, arguments, sparse, dense, ragged, places: Vec::new() };
    // No examples at all say whether the columns can be read.
    columns.parse(NdArray::vector(Vec::<TString>::new()), cx.env())?;
    columns.places = places(&[sparse_keys, dense_keys, ragged_keys].concat())?;
    Ok(columns)
}

fn parse(cx: &mut KernelCtx<'_>, has_ragged: bool, kind: &'static str) -> Result<()> {
    let (input, specs) = (input_dataset(cx, 0)?, Specs::from_attrs(cx)?);
    let columns = Arc::new(columns(cx, has_ragged)?);
    publish(cx, ParseExample { input, columns, specs, kind })
}

fn experimental_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    parse(cx, false, "ParseExample")
}

fn first_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    parse(cx, true, "ParseExample")
}

fn second_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.str("deterministic")? {
        // Where another order may be had, it need not be.
        "true" | "false" | "default" => {}
        other => bail!(invalid_argument, "Unrecognized determinism policy: {other}"),
    }
    parse(cx, true, "ParseExampleV2")
}

dataset_op!(PARSE_EXAMPLE_DATASET "ParseExampleDataset" first_kernel);
dataset_op!(PARSE_EXAMPLE_DATASET_V2 "ParseExampleDatasetV2" second_kernel);
dataset_op!(EXPERIMENTAL_PARSE_EXAMPLE_DATASET "ExperimentalParseExampleDataset" experimental_kernel);
