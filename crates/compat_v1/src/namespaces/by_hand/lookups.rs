//! Looking rows of variables up, so that only those rows have a gradient; also where a table lies in several parts.

use crate::mode::facade;
use crate::variables::{PartitionedVariable, Variable};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, PartialShape, Result, Shape, Tensor, bail, constant, context,
    convert_to_tensor, ensure, operators, options,
};
use ferroflow_graph::Operation;
use ferroflow_ops::composites;
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// What rows are looked up in: a variable, one in parts, a tensor, or a list of them, each of which has a part of the
/// rows.
pub trait LookupParams {
    /// The tables that together have all rows.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on.
    fn tables(self) -> Result<Vec<Table>>;
}

/// A table of rows.
#[derive(Clone, Debug)]
pub enum Table {
    /// A variable, of which no more than the rows is read.
    Variable(Variable),
    /// A tensor.
    Tensor(Tensor),
}

impl Table {
    fn shape(&self) -> PartialShape {
        match self {
            Table::Variable(variable) => variable.shape(),
            Table::Tensor(tensor) => tensor.shape(),
        }
    }

    /// Runs `f` while nodes are placed with the table.
    fn beside<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<R> {
        let operation = match self {
            Table::Variable(variable) => variable.op(),
            Table::Tensor(tensor) => Operation::of(tensor),
        };
        match operation {
            Ok(operation) => operation.graph().colocate_with_only(Some(&operation), f),
            Err(_) => f(),
        }
    }

    /// The rows, beside the table.
    fn gather(&self, ids: &Tensor, name: Option<&str>) -> Result<Tensor> {
        let named = |default: &str, build: &dyn Fn() -> Result<Tensor>| {
            context::with_name(name.unwrap_or(default), build)
        };
        self.beside(|| match self {
            Table::Variable(variable) => match variable.as_resource() {
                Some(resource) => named("Gather", &|| {
                    let op = Op::named("ResourceGather").input(resource.handle()).input(ids);
                    op.attr("dtype", resource.dtype()).one()
                }),
                None => named("GatherV2", &|| array::gather(variable.value()?, ids)),
            },
            Table::Tensor(tensor) => named("GatherV2", &|| array::gather(tensor, ids)),
        })
    }
}

macro_rules! params {
    ($($type:ty, $self:ident => $tables:expr;)*) => {
        $(impl LookupParams for $type {
            fn tables($self) -> Result<Vec<Table>> {
                Ok($tables)
            }
        })*
    };
}

params! {
    &PartitionedVariable, self => self.iter().cloned().map(Table::Variable).collect();
    &Tensor, self => vec![Table::Tensor(self.clone())];
    Tensor, self => vec![Table::Tensor(self)];
    &[Tensor], self => self.iter().cloned().map(Table::Tensor).collect();
    Vec<Tensor>, self => self.into_iter().map(Table::Tensor).collect();
    &[Variable], self => self.iter().cloned().map(Table::Variable).collect();
    Vec<Variable>, self => self.into_iter().map(Table::Variable).collect();
}

impl LookupParams for &Variable {
    fn tables(self) -> Result<Vec<Table>> {
        match self.as_partitioned() {
            Some(whole) => whole.tables(),
            None => Ok(vec![Table::Variable(self.clone())]),
        }
    }
}

impl LookupParams for Variable {
    fn tables(self) -> Result<Vec<Table>> {
        (&self).tables()
    }
}

options! {
    /// Optional arguments of [`embedding_lookup_with`].
    pub struct LookupOptions {
        /// Which of several tables has a row: `"mod"` deals the rows out one by one, `"div"` gives each table rows that
        /// follow each other.
        partition_strategy: String = "mod".to_string(),
        /// Rows that are longer are scaled to this norm.
        max_norm: Option<f64> = None,
    }
}

/// The rows of `params` at `ids`. The gradient of a variable has these rows alone, and optimizers change no other.
///
/// `params` may be several tables, as of a variable in parts; then row `i` of all is row `i / n` of table `i % n`, and
/// [`embedding_lookup_with`] knows another way to deal them out.
///
/// Source: `tf.compat.v1.nn.embedding_lookup`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let words = tf::get_variable_with("words", |o| o.shape([3, 2]).initializer(tf::ones_initializer()))?;
/// let rows = tf::nn::embedding_lookup(&words, [2, 0])?;
/// let gradients = tf::gradients(&[&rows], &[&words])?;
/// assert!(matches!(gradients[0], Some(ferroflow_core::Gradient::Slices(_))));
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an id that is no row, `ValueError` without a table.
pub fn embedding_lookup(params: impl LookupParams, ids: impl IntoOperand) -> Result<Tensor> {
    embedding_lookup_with(params, ids, |options| options)
}

/// [`embedding_lookup`] with the way in which rows are dealt out to several tables, and a bound on their norms.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let tables = [tf::constant([[0.0], [1.0]])?, tf::constant([[2.0], [3.0]])?];
/// let rows = tf::nn::embedding_lookup_with(&tables[..], [3, 1], |o| o.partition_strategy("div"))?;
/// assert_eq!(tf::Session::new()?.run(&rows)?.as_slice::<f32>()?, [3.0, 1.0]);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`embedding_lookup`]; `ValueError` for another strategy.
pub fn embedding_lookup_with(
    params: impl LookupParams,
    ids: impl IntoOperand,
    options: impl FnOnce(LookupOptions) -> LookupOptions,
) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "embedding_lookup".to_string());
    let (ids, options) = (ids.into_operand()?, options(LookupOptions::default()));
    facade(|| {
        let tables = params.tables()?;
        ensure!(!tables.is_empty(), value, "Length of params is currently 0. Need at least one param.");
        context::name_scope_for_op(&name, |name| {
            let ids = context::with_name("ids", || convert_to_tensor(ids, None))?;
            if let [table] = tables.as_slice() {
                let rows = table.gather(&ids, Some(&name))?;
                return array::identity(table.beside(|| clipped(rows, &ids, options.max_norm))?);
            }
            let rows = in_parts(&tables, &ids, &options.partition_strategy, &name)?;
            clipped(rows, &ids, options.max_norm)
        })
    })
}

/// Rows scaled to a norm; the axes of the ids are not summed over.
fn clipped(rows: Tensor, ids: &Tensor, max_norm: Option<f64>) -> Result<Tensor> {
    let Some(max_norm) = max_norm else { return Ok(rows) };
    let (outer, rank) = match (ids.shape().rank(), rows.shape().rank()) {
        (Some(outer), Some(rank)) if outer < rank => (outer, rank),
        _ => bail!(
            unimplemented,
            "a lookup of numbers, or of rows of unknown rank, with a bound on their norms"
        ),
    };
    let axes: Vec<i64> = (outer..rank).map(|axis| i64::try_from(axis).unwrap_or(i64::MAX)).collect();
    composites::clip_by_norm_with(rows, max_norm, |o| o.axes(axes))
}

/// For each id the table that has its row, and the row's number there.
fn dealt(tables: &[Table], ids: &Tensor, strategy: &str) -> Result<(Tensor, Tensor)> {
    let count = i32::try_from(tables.len()).unwrap_or(i32::MAX);
    let modulo = |x: &Tensor, y: Operand| context::with_name("mod", || operators::floormod(x, y));
    let quotient = |x: &Tensor, y: Operand| context::with_name("floordiv", || math::floordiv(x, y));
    match strategy {
        "mod" => Ok((modulo(ids, count.into_operand()?)?, quotient(ids, count.into_operand()?)?)),
        "div" => {
            let total = match tables.iter().map(|table| table.shape().dim(0)).sum::<Option<usize>>() {
                Some(total) if total > 0 => {
                    let total = i64::try_from(total).unwrap_or(i64::MAX);
                    constant(NdArray::scalar(total).cast(ids.dtype())?)?
                }
                _ => total_of(tables, ids.dtype())?,
            };
            let each = quotient(&total, count.into_operand()?)?;
            let extras = modulo(&total, count.into_operand()?)?;
            let one_more = || context::with_name("add", || operators::add(&each, 1));
            let less_extras = || context::with_name("sub", || operators::subtract(ids, &extras));
            let long = quotient(ids, one_more()?.into_operand()?)?;
            let short = quotient(&less_extras()?, (&each).into_operand()?)?;
            let table = math::maximum(long, short)?;
            let is_long = math::less(&table, &extras)?;
            let long = modulo(ids, one_more()?.into_operand()?)?;
            let short = modulo(&less_extras()?, each.into_operand()?)?;
            let row = array::select(is_long, long, short)?;
            Ok((table, row))
        }
        other => {
            bail!(value, "Unrecognized partition strategy: {other}.Must be one of either `mod` or `div`.")
        }
    }
}

/// How many rows all tables have, where that is known only when they are there.
fn total_of(tables: &[Table], dtype: DType) -> Result<Tensor> {
    let size = |table: &Table| match table.shape().dim(0) {
        Some(size) => constant(NdArray::scalar(i32::try_from(size).unwrap_or(i32::MAX))),
        None => table.beside(|| array::getitem(size_of(table)?, 0)),
    };
    let sizes = tables.iter().map(size).collect::<Result<Vec<_>>>()?;
    math::reduce_sum(operators::cast(array::stack(&sizes)?, dtype)?, ())
}

fn size_of(table: &Table) -> Result<Tensor> {
    match table {
        Table::Variable(variable) => array::shape(variable),
        Table::Tensor(tensor) => array::shape(tensor),
    }
}

/// The rows of several tables: each is asked for those it has, and the answers are put in order.
fn in_parts(tables: &[Table], ids: &Tensor, strategy: &str, name: &str) -> Result<Tensor> {
    let flat = array::reshape(ids, [-1])?;
    let count = array::size_with(&flat, |o| o.out_type(DType::INT32))?;
    let places = math::range(0, count, 1)?;
    let (owners, rows) = dealt(tables, &flat, strategy)?;
    let owners = operators::cast(owners, DType::INT32)?;
    let rows = array::dynamic_partition(rows, &owners, tables.len())?;
    let places = array::dynamic_partition(places, &owners, tables.len())?;
    let found = tables.iter().zip(&rows).map(|(table, rows)| table.gather(rows, None));
    let found = found.collect::<Result<Vec<_>>>()?;
    let joined =
        Op::named("ParallelDynamicStitch").inputs(&places).inputs(&found).name(name.to_string()).one()?;
    let mut element = PartialShape::unknown();
    for table in tables {
        let shape = table.shape();
        let rank = shape.rank().unwrap_or(0);
        element = element.merge_with(&shape.slice(rank.min(1)..rank))?;
    }
    let inner = match element.to_shape() {
        Some(element) => constant_sizes(&element)?,
        None => {
            let Some(first) = tables.first() else { bail!(internal, "a lookup without tables") };
            array::getitem(first.beside(|| size_of(first))?, 1..)?.into_operand()?
        }
    };
    let sizes = array::concat([array::shape(ids)?.into_operand()?, inner], 0)?;
    let rows = array::reshape(joined, sizes)?;
    if let Some(symbolic) = rows.as_symbolic() {
        let shape = ids.shape().concatenate(&element);
        symbolic.graph().set_output_shape(symbolic.node(), symbolic.index(), &shape)?;
    }
    Ok(rows)
}

fn constant_sizes(shape: &Shape) -> Result<Operand> {
    NdArray::vector(shape.to_i64()).cast(DType::INT32)?.into_operand()
}
