//! `lookup.experimental`: tables whose keys come and go.

use ferroflow_core::{
    AttrValue, DType, IntoOperand, Op, Operand, PartialShape, Result, Tensor, bail, context,
    convert_to_tensor, options,
};
use ferroflow_graph::{Graph, Operation};
use std::sync::Arc;

options! {
    /// Optional arguments of [`MutableHashTable::new_with`] and [`DenseHashTable::new_with`].
    pub struct TableOptions {
        /// The node's name; that of the class if it is empty.
        name: String = String::new(),
        /// How many buckets a dense table begins with; TensorFlow's number by default.
        initial_num_buckets: Option<i64> = None,
    }
}

/// A table of one of the classes.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) handle: Tensor,
    pub(super) name: String,
    pub(super) key_dtype: DType,
    pub(super) value_dtype: DType,
    default_value: Tensor,
}

impl Table {
    /// A table whose node `make` begins; eager code has no other use for it than this, so nobody else finds it.
    fn new(
        (anonymous, named, name): (&str, &str, &str),
        (key_dtype, value_dtype): (DType, DType),
        default_value: Tensor,
        make: impl FnOnce(Op) -> Op,
    ) -> Result<Table> {
        let handle = context::init_scope(|| {
            let eager = context::executing_eagerly();
            let op = make(Op::named(if eager { anonymous } else { named })).attr("value_dtype", value_dtype);
            if eager { op.one() } else { op.name(name).one() }
        })?;
        Ok(Table { handle, name: name.to_string(), key_dtype, value_dtype, default_value })
    }

    fn value_shape(default_value: &Tensor) -> Result<PartialShape> {
        let shape = default_value.shape();
        if !shape.is_fully_defined() {
            bail!(value, "The shape of a table's default value must be known");
        }
        Ok(shape)
    }

    /// Runs `f` in a scope of its own, for nodes that stay with the table's.
    fn scoped<R>(&self, what: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
        context::name_scope(&format!("{}_{what}", self.name), f)
    }

    fn beside<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        match (Graph::current(), Operation::of(&self.handle)) {
            (Some(graph), Ok(table)) if table.graph() == &graph => graph.colocate_with(&table, f),
            _ => f(),
        }
    }

    fn operand(&self, value: Operand, dtype: DType, name: &str) -> Result<Tensor> {
        context::with_name(name, || convert_to_tensor(value, Some(dtype)))
    }

    fn size(&self) -> Result<Tensor> {
        self.scoped("Size", || self.beside(|| Op::named("LookupTableSizeV2").input(&self.handle).one()))
    }

    fn lookup(&self, keys: Operand) -> Result<Tensor> {
        self.scoped("lookup_table_find", || {
            let keys = self.operand(keys, self.key_dtype, "keys")?;
            self.beside(|| {
                let op = Op::named("LookupTableFindV2").input(&self.handle).input(keys);
                op.input(&self.default_value).one()
            })
        })
    }

    fn insert(&self, keys: Operand, values: Operand) -> Result<Option<Operation>> {
        self.scoped("lookup_table_insert", || {
            let keys = self.operand(keys, self.key_dtype, "keys")?;
            let values = self.operand(values, self.value_dtype, "values")?;
            let op = Op::named("LookupTableInsertV2").input(&self.handle).input(keys).input(values);
            self.beside(|| self.changed(op))
        })
    }

    fn remove(&self, keys: Operand) -> Result<Option<Operation>> {
        self.scoped("lookup_table_remove", || {
            let keys = self.operand(keys, self.key_dtype, "keys")?;
            self.changed(Op::named("LookupTableRemoveV2").input(&self.handle).input(keys))
        })
    }

    /// The node that changes the table; nothing in eager code, where that is done.
    fn changed(&self, op: Op) -> Result<Option<Operation>> {
        let Some(graph) = Graph::current() else {
            op.run()?;
            return Ok(None);
        };
        op.run()?;
        Ok(graph.num_nodes().checked_sub(1).map(|last| graph.operation(last)))
    }

    pub(super) fn export(&self) -> Result<[Tensor; 2]> {
        self.scoped("lookup_table_export_values", || {
            let op = Op::named("LookupTableExportV2").input(&self.handle);
            self.beside(|| op.attr("Tkeys", self.key_dtype).attr("Tvalues", self.value_dtype).outputs())
        })
    }
}

macro_rules! common_methods {
    () => {
        /// What all clones share.
        pub(super) fn table(&self) -> &Table {
            &self.0
        }

        /// The table's handle.
        pub fn resource_handle(&self) -> &Tensor {
            &self.0.handle
        }

        /// The table's name.
        pub fn name(&self) -> &str {
            &self.0.name
        }

        /// The dtype of keys.
        pub fn key_dtype(&self) -> DType {
            self.0.key_dtype
        }

        /// The dtype of values.
        pub fn value_dtype(&self) -> DType {
            self.0.value_dtype
        }

        /// How many entries there are.
        ///
        /// # Errors
        /// Those of the graph in force.
        pub fn size(&self) -> Result<Tensor> {
            self.0.size()
        }

        /// The values of keys, with the default value where a key is not there.
        ///
        /// # Errors
        /// `ValueError` for keys of another dtype, `InvalidArgument` for keys of another shape.
        pub fn lookup(&self, keys: impl IntoOperand) -> Result<Tensor> {
            self.0.lookup(keys.into_operand()?)
        }

        /// Puts values under keys; in a graph, the operation that does.
        ///
        /// # Errors
        /// `ValueError` for keys or values of another dtype, `InvalidArgument` for other shapes.
        pub fn insert(&self, keys: impl IntoOperand, values: impl IntoOperand) -> Result<Option<Operation>> {
            self.0.insert(keys.into_operand()?, values.into_operand()?)
        }

        /// Removes keys, those that are there; in a graph, the operation that does.
        ///
        /// # Errors
        /// As [`Self::lookup`].
        pub fn remove(&self, keys: impl IntoOperand) -> Result<Option<Operation>> {
            self.0.remove(keys.into_operand()?)
        }

        /// The keys and the values.
        ///
        /// # Errors
        /// Those of the graph in force.
        pub fn export(&self) -> Result<[Tensor; 2]> {
            self.0.export()
        }
    };
}

/// A table of values by key that can change. [`Checkpoint`](crate::train::Checkpoint) saves its entries; savers of v1 leave
/// them out.
///
/// Source: `tf.lookup.experimental.MutableHashTable`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let table = tf::lookup::experimental::MutableHashTable::new(tf::string, tf::int64, -1i64)?;
/// table.insert(["one", "two"], [1i64, 2])?;
/// table.remove(["one"])?;
/// assert_eq!(table.lookup(["one", "two"])?.to_string(), "[-1  2]");
/// assert_eq!(table.size()?.to_string(), "1");
///
/// let directory = std::env::temp_dir().join(format!("tables-{}", std::process::id()));
/// let checkpoint = tf::train::Checkpoint::new().track("table", table.clone());
/// let path = checkpoint.save(directory.join("ckpt"))?;
/// table.insert(["two"], [22i64])?;
/// checkpoint.restore(path)?.assert_consumed()?;
/// assert_eq!(table.lookup(["two"])?.to_string(), "[2]");
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MutableHashTable(Arc<Table>);

impl MutableHashTable {
    /// A table without entries.
    ///
    /// # Errors
    /// `ValueError` for a default value of another dtype.
    pub fn new(
        key_dtype: DType,
        value_dtype: DType,
        default_value: impl IntoOperand,
    ) -> Result<MutableHashTable> {
        MutableHashTable::new_with(key_dtype, value_dtype, default_value, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` for a default value of another dtype.
    pub fn new_with(
        key_dtype: DType,
        value_dtype: DType,
        default_value: impl IntoOperand,
        options: impl FnOnce(TableOptions) -> TableOptions,
    ) -> Result<MutableHashTable> {
        ferroflow_graph::install();
        let options = options(TableOptions::default());
        let name = if options.name.is_empty() { "MutableHashTable" } else { &options.name };
        let default_value = convert_to_tensor(default_value, Some(value_dtype))?;
        let shape = Table::value_shape(&default_value)?;
        let (anonymous, named) = match shape.rank() {
            Some(0) => ("AnonymousMutableHashTable", "MutableHashTableV2"),
            _ => ("AnonymousMutableHashTableOfTensors", "MutableHashTableOfTensorsV2"),
        };
        Table::new((anonymous, named, name), (key_dtype, value_dtype), default_value, |op| {
            let op = op.attr("key_dtype", key_dtype);
            if shape.rank() == Some(0) { op } else { op.attr("value_shape", AttrValue::Shape(shape)) }
        })
        .map(|table| MutableHashTable(Arc::new(table)))
    }

    common_methods!();
}

/// The same, faster and larger: two keys that are never used stand for places that hold nothing, and for those whose entry
/// was removed.
///
/// Source: `tf.lookup.experimental.DenseHashTable`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let table = tf::lookup::experimental::DenseHashTable::new(tf::string, tf::int64, -1i64, "", "$")?;
/// table.insert(["one", "two"], [1i64, 2])?;
/// table.erase(["one"])?;
/// assert_eq!(table.lookup(["one", "two"])?.to_string(), "[-1  2]");
/// assert!(table.lookup([""]).is_err());
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DenseHashTable(Arc<Table>);

impl DenseHashTable {
    /// A table without entries.
    ///
    /// # Errors
    /// `ValueError` for a default value or keys of another dtype.
    pub fn new(
        key_dtype: DType,
        value_dtype: DType,
        default_value: impl IntoOperand,
        empty_key: impl IntoOperand,
        deleted_key: impl IntoOperand,
    ) -> Result<DenseHashTable> {
        DenseHashTable::new_with(key_dtype, value_dtype, default_value, empty_key, deleted_key, |options| {
            options
        })
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` for a default value or keys of another dtype.
    pub fn new_with(
        key_dtype: DType,
        value_dtype: DType,
        default_value: impl IntoOperand,
        empty_key: impl IntoOperand,
        deleted_key: impl IntoOperand,
        options: impl FnOnce(TableOptions) -> TableOptions,
    ) -> Result<DenseHashTable> {
        ferroflow_graph::install();
        let options = options(TableOptions::default());
        let name = if options.name.is_empty() { "MutableDenseHashTable" } else { &options.name };
        let named = |name: &str, value: Operand, dtype: DType| {
            context::with_name(name, || convert_to_tensor(value, Some(dtype)))
        };
        let default_value = named("default_value", default_value.into_operand()?, value_dtype)?;
        let shape = Table::value_shape(&default_value)?;
        let empty = named("empty_key", empty_key.into_operand()?, key_dtype)?;
        let deleted = named("deleted_key", deleted_key.into_operand()?, key_dtype)?;
        let ops = ("AnonymousMutableDenseHashTable", "MutableDenseHashTableV2", name);
        Table::new(ops, (key_dtype, value_dtype), default_value, |op| {
            let op = op.input(empty).input(deleted).attr("value_shape", AttrValue::Shape(shape));
            match options.initial_num_buckets {
                Some(buckets) => op.attr("initial_num_buckets", buckets),
                None => op,
            }
        })
        .map(|table| DenseHashTable(Arc::new(table)))
    }

    common_methods!();

    /// Removes keys, as [`DenseHashTable::remove`].
    ///
    /// # Errors
    /// As [`DenseHashTable::lookup`].
    pub fn erase(&self, keys: impl IntoOperand) -> Result<Option<Operation>> {
        self.remove(keys)
    }
}
