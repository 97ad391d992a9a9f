//! Every printed form that NumPy and TensorFlow were seen to print, compared with ours.
//!
//! The record and its notation come from `tools/record_prints.py`.

#![allow(clippy::print_stdout, reason = "the test says how many forms it compared")]

mod notation;

use ferroflow_core::print::{self, PrintOptions, array_repr, array_str};
use ferroflow_core::{
    DType, Element, HandleData, IndexedSlicesValue, NdArray, NestedList, PartialShape, RaggedTensorValue,
    Resource, ResourceHandle, Result, Shape, SparseTensorValue, TString, Variant, VariantData,
};
use notation::{array, full_shape, parse, partial_shape};
use std::str::SplitWhitespace;
use std::sync::Arc;

/// The input of a record: what the forms after it are forms of.
#[derive(Default)]
struct Record {
    arrays: Vec<NdArray>,
    options: PrintOptions,
    symbols: Vec<Symbol>,
    words: Vec<String>,
}

/// What a symbolic tensor says of itself.
struct Symbol {
    dtype: DType,
    shape: PartialShape,
    name: String,
}

impl Record {
    fn array(&self) -> &NdArray {
        &self.arrays[0]
    }

    /// The first word, empty if there is none.
    fn word(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The `str` of each symbol.
    fn parts(&self) -> Vec<String> {
        let text = |symbol: &Symbol| print::symbolic_str(&symbol.name, &symbol.shape, symbol.dtype, "");
        self.symbols.iter().map(text).collect()
    }

    fn try_sparse(&self) -> Result<SparseTensorValue> {
        let [indices, values, dense_shape] = &self.arrays[..] else { panic!("three arrays") };
        SparseTensorValue::new(indices.clone(), values.clone(), dense_shape.clone())
    }

    fn sparse(&self) -> SparseTensorValue {
        self.try_sparse().expect("a sparse value")
    }

    fn slices(&self) -> IndexedSlicesValue {
        let dense_shape = self.arrays.get(2).cloned();
        IndexedSlicesValue::new(self.arrays[0].clone(), self.arrays[1].clone(), dense_shape)
    }

    fn try_ragged(&self) -> Result<RaggedTensorValue> {
        RaggedTensorValue::new(self.arrays[0].clone(), self.arrays[1..].to_vec())
    }

    fn ragged(&self) -> RaggedTensorValue {
        self.try_ragged().expect("a ragged value")
    }

    fn print(&self, form: &str) -> String {
        match form {
            "str" => array_str(self.array(), &self.options),
            "repr" => array_repr(self.array(), &self.options),
            "eager_repr" => print::eager_tensor_repr(self.array()),
            "eager_str" => print::eager_tensor_str(self.array()),
            "eager_format" => print::eager_tensor_format(self.array()),
            "operation" => print::operation_repr(self.word(), &self.words[1]),
            "python_str" => print::python_str_repr(&text(self.array())),
            "named_spec" => {
                let shape = PartialShape::new([None, Some(3)]);
                print::tensor_spec_repr(&shape, DType::FLOAT32, Some(&text(self.array())))
            }
            "sparse_tensor" => print::eager_sparse_tensor_repr(&self.sparse()),
            "sparse_value" => format!("{:?}", self.sparse()),
            "slices_str" => print::eager_indexed_slices_str(&self.slices()),
            "slices_value" => format!("{:?}", self.slices()),
            "ragged_tensor" => print::eager_ragged_tensor_repr(&self.ragged()),
            "ragged_value_repr" => format!("{:?}", self.ragged()),
            "ragged_value_str" => self.ragged().to_string(),
            "sparse_error" => self.try_sparse().expect_err("parts that do not fit").message().to_string(),
            "ragged_error" => self.try_ragged().expect_err("parts that do not fit").message().to_string(),
            "symbolic_sparse" => {
                let parts = self.parts();
                print::sparse_tensor_repr(&parts[0], &parts[1], &parts[2])
            }
            "symbolic_slices" => {
                let parts = self.parts();
                print::indexed_slices_str(&parts[1], &parts[0], parts.get(2))
            }
            "symbolic_ragged" => {
                let parts = self.parts();
                print::symbolic_ragged_tensor_repr(&parts[0], &parts[1])
            }
            _ => self.print_symbol(form),
        }
    }

    fn print_symbol(&self, form: &str) -> String {
        let Symbol { dtype, shape, name } = &self.symbols[0];
        let dtype = *dtype;
        match form {
            "variable" => print::variable_repr(name, shape, dtype, self.arrays.first()),
            "symbolic_repr" => print::symbolic_repr(name, shape, dtype),
            "symbolic_str" => print::symbolic_str(name, shape, dtype, self.word()),
            "dtype_repr" => format!("{dtype:?}"),
            "dtype_str" => dtype.to_string(),
            "shape_repr" => format!("{shape:?}"),
            "shape_str" => shape.to_string(),
            "tensor_spec" => print::tensor_spec_repr(shape, dtype, None),
            "sparse_spec" => print::sparse_tensor_spec_repr(shape, dtype),
            "ragged_spec" => {
                let splits = DType::from_name(&self.words[1]).expect("a dtype");
                print::ragged_tensor_spec_repr(shape, dtype, parse(self.word()), splits)
            }
            "slices_spec" => {
                let indices = DType::from_name(self.word()).expect("a dtype");
                let dense = DType::from_name(&self.words[1]);
                print::indexed_slices_spec_repr(shape, dtype, indices, dense, &PartialShape::of_rank(1))
            }
            other => panic!("no such form: {other}"),
        }
    }
}

fn text(array: &NdArray) -> String {
    array.item::<TString>().expect("a string").to_string_lossy().into_owned()
}

#[test]
fn all_recorded_forms_are_equal() {
    let text = include_str!("data/printed_forms.txt");
    let mut lines = text.lines();
    let mut record = Record::default();
    let (mut compared, mut different, mut complete) = (0, Vec::new(), false);
    while let Some(line) = lines.next() {
        let mut words = line.split_whitespace();
        let kind = words.next().expect("a kind of line");
        if kind != "form" && std::mem::take(&mut complete) {
            record = Record::default();
        }
        match kind {
            "array" => record.arrays.push(array(&mut words)),
            "options" => words.for_each(|word| set(&mut record.options, word)),
            "symbol" => record.symbols.push(symbol(&mut words)),
            "words" => record.words = words.map(str::to_string).collect(),
            "resource" => record.arrays.push(resource(&mut words)),
            "variant" => {
                let shape = full_shape(&mut words);
                record.arrays.push(full(shape, Variant::new(Described(words.collect()))));
            }
            "form" => {
                complete = true;
                let form = words.next().expect("a form");
                let count = words.next().map(parse::<usize>).expect("a number of lines");
                let expected: Vec<&str> = lines.by_ref().take(count).collect();
                let (expected, got) = (expected.join("\n"), record.print(form));
                compared += 1;
                if expected != got {
                    different.push(format!("{form} should be\n{expected}\nand is\n{got}"));
                }
            }
            other => panic!("unknown line: {other}"),
        }
    }
    println!("compared {compared} printed forms");
    assert!(compared >= 450, "only {compared} forms were compared");
    let shown = different.iter().take(20).map(String::as_str).collect::<Vec<_>>().join("\n\n");
    assert!(different.is_empty(), "{} of {compared} forms differ:\n\n{shown}", different.len());
}

fn set(options: &mut PrintOptions, assignment: &str) {
    let (key, value) = assignment.split_once('=').expect("KEY=VALUE");
    let value: usize = parse(value);
    match key {
        "threshold" => options.threshold = value,
        "edgeitems" => options.edgeitems = value,
        "linewidth" => options.linewidth = value,
        "precision" => options.precision = value,
        "suppress" => options.suppress = value != 0,
        other => panic!("unknown option: {other}"),
    }
}

fn symbol(words: &mut SplitWhitespace<'_>) -> Symbol {
    let dtype = words.next().and_then(DType::from_name).expect("a dtype");
    let shape = partial_shape(words);
    Symbol { dtype, shape, name: words.next().expect("a name").to_string() }
}

fn full<T: Element>(shape: Shape, value: T) -> NdArray {
    NdArray::full(shape, value).expect("a small array")
}

fn resource(words: &mut SplitWhitespace<'_>) -> NdArray {
    let shape = full_shape(words);
    let dtype = words.next().and_then(DType::from_name).expect("a dtype");
    let dtypes_and_shapes = vec![(dtype, partial_shape(words))];
    let mut text = || words.next().expect("a part of the handle").to_string();
    let (name, device, container) = (text(), text(), text());
    let resource: Option<Arc<dyn Resource>> = Some(Arc::new(Variable));
    assert_eq!(text(), Variable.type_name());
    full(
        shape,
        ResourceHandle::new(HandleData {
            device,
            container,
            name,
            dtypes_and_shapes,
            resource,
            ..HandleData::default()
        }),
    )
}

struct Variable;

impl Resource for Variable {
    fn type_name(&self) -> &'static str {
        "tensorflow::Var"
    }
    fn debug_string(&self) -> String {
        String::new()
    }
}

struct Described(String);

impl VariantData for Described {
    fn type_name(&self) -> &'static str {
        "described"
    }
    fn debug_string(&self) -> String {
        self.0.clone()
    }
}

#[test]
fn elided_elements_cost_nothing() {
    let shape = Shape::new(&[1 << 12, 1 << 12]).expect("a shape");
    let array = NdArray::zeros(DType::FLOAT32, shape).expect("room");
    let start = std::time::Instant::now();
    let text = format!("{array:?}");
    // All of them would take far longer, and eighteen far less, however busy the machine.
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "took {:?}", start.elapsed());
    assert!(text.ends_with("shape=(4096, 4096), dtype=float32)"));
}

#[test]
fn ragged_values_become_nested_lists() {
    let value =
        RaggedTensorValue::new([1, 2, 3], vec![NdArray::from([0i64, 2, 2, 3])]).expect("a ragged value");
    let list = |items: &[i32]| NestedList::List(items.iter().map(|&item| NestedList::Item(item)).collect());
    assert_eq!(value.to_list(), Ok(NestedList::List(vec![list(&[1, 2]), list(&[]), list(&[3])])));
    assert!(value.to_list::<f32>().is_err());
    assert_eq!(value.shape(), PartialShape::new([Some(3), None]));
}
