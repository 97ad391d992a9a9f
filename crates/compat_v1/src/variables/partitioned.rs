//! `PartitionedVariable`: a variable in parts along one axis.

use super::{Assigned, Kind, Variable};
use crate::mode::facade;
use ferroflow_core::{DType, IntoOperand, NdArray, Operand, Result, Shape, Tensor, context};
use ferroflow_graph::{CollectionItem, Graph};
use ferroflow_ops_array as array;
use std::fmt;
use std::sync::Arc;

/// A variable whose value lies in several variables, its parts along one axis.
///
/// [`get_variable`](crate::get_variable) gives one where a partitioner is in force: see
/// [`Variable::as_partitioned`]. Wherever an op takes an operand, the parts are joined; savers write the parts as slices
/// of one tensor, and [`nn::embedding_lookup`](crate::nn::embedding_lookup) looks each row up in the part that has it.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let v = tf::get_variable_with("v", |o| {
///     o.shape([5, 2]).initializer(tf::ones_initializer()).partitioner(tf::fixed_size_partitioner(2, 0))
/// })?;
/// let parts = v.as_partitioned().expect("a variable in parts");
/// let shapes: Vec<String> = parts.iter().map(|part| part.shape().to_string()).collect();
/// assert_eq!((parts.name(), shapes.join(" ")), ("v", "(3, 2) (2, 2)".to_string()));
/// let sess = tf::Session::new()?;
/// sess.run(tf::global_variables_initializer()?)?;
/// assert_eq!(sess.run(tf::reduce_sum(&v, (), false)?)?.item::<f32>()?, 10.0);
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone)]
pub struct PartitionedVariable(Arc<Whole<Variable>>);

/// What a variable in parts consists of. Collections, which must not hold their graph, hold the parts as items.
pub(crate) struct Whole<P> {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) dtype: DType,
    /// How many parts there are along each axis.
    pub(crate) partitions: Vec<usize>,
    pub(crate) parts: Vec<P>,
}

impl<P> Whole<P> {
    fn with<Q>(&self, parts: Vec<Q>) -> Whole<Q> {
        Whole {
            name: self.name.clone(),
            shape: self.shape.clone(),
            dtype: self.dtype,
            partitions: self.partitions.clone(),
            parts,
        }
    }
}

impl PartitionedVariable {
    pub(crate) fn new(whole: Whole<Variable>) -> PartitionedVariable {
        PartitionedVariable(Arc::new(whole))
    }

    pub(super) fn to_item(&self) -> CollectionItem {
        CollectionItem::Any(Arc::new(self.0.with(self.iter().map(Variable::to_item).collect())))
    }

    pub(super) fn of_item(graph: &Graph, item: &CollectionItem) -> Option<PartitionedVariable> {
        let CollectionItem::Any(any) = item else { return None };
        let whole = any.clone().downcast::<Whole<CollectionItem>>().ok()?;
        let parts = whole.parts.iter().map(|part| Variable::of_item(graph, part));
        Some(PartitionedVariable::new(whole.with(parts.collect::<Option<Vec<_>>>()?)))
    }

    /// The name that the parts' names begin with.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The shape of the whole.
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// The same under TensorFlow's older name.
    pub fn get_shape(&self) -> &Shape {
        self.shape()
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// How many parts there are along each axis.
    pub(crate) fn partitions(&self) -> &[usize] {
        &self.0.partitions
    }

    /// The parts in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Variable> {
        self.0.parts.iter()
    }

    /// How many parts there are.
    pub fn len(&self) -> usize {
        self.0.parts.len()
    }

    /// Whether there are none, which is never so.
    pub fn is_empty(&self) -> bool {
        self.0.parts.is_empty()
    }

    pub(super) fn is_same(&self, other: &PartitionedVariable) -> bool {
        let pairs = || self.iter().zip(other.iter());
        self.len() == other.len() && pairs().all(|(ours, theirs)| ours.is_same(theirs))
    }

    /// The axis along which there are parts.
    fn axis(&self) -> i32 {
        let axis = self.0.partitions.iter().position(|count| *count > 1).unwrap_or(0);
        i32::try_from(axis).unwrap_or(i32::MAX)
    }

    /// The parts, joined.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn as_tensor(&self) -> Result<Tensor> {
        let in_root = |value: Tensor| {
            ferroflow_v2::name_scope("", || context::with_name(&self.0.name, || array::identity(value)))
        };
        facade(|| {
            crate::ops::without_control_dependencies(|| match self.0.parts.as_slice() {
                [only] => in_root(only.value()?),
                parts => {
                    let scope = format!("{}/ConcatPartitions/", self.0.name);
                    let joined = context::with_name(&scope, || {
                        context::name_scope("ConcatPartitions", || {
                            context::name_scope_for_op("concat", |name| {
                                let values = parts.iter().map(Variable::value).collect::<Result<Vec<_>>>()?;
                                context::with_name(&name, || array::concat(&values, self.axis()))
                            })
                        })
                    })?;
                    in_root(joined)
                }
            })
        })
    }

    /// Each part after it was given its share of a value. (Where each part has a value of its own, assign to the parts
    /// that [`PartitionedVariable::iter`] gives.)
    ///
    /// # Errors
    /// `ValueError` for a value that cannot be cut as the parts are; as [`Variable::assign`].
    pub fn assign(&self, value: impl IntoOperand) -> Result<Vec<Assigned>> {
        self.changed(value, |part, value| part.assign(value))
    }

    /// Each part after its share of a value was added.
    ///
    /// # Errors
    /// As [`PartitionedVariable::assign`].
    pub fn assign_add(&self, value: impl IntoOperand) -> Result<Vec<Assigned>> {
        self.changed(value, |part, value| part.assign_add(value))
    }

    /// Each part after its share of a value was subtracted.
    ///
    /// # Errors
    /// As [`PartitionedVariable::assign`].
    pub fn assign_sub(&self, value: impl IntoOperand) -> Result<Vec<Assigned>> {
        self.changed(value, |part, value| part.assign_sub(value))
    }

    fn changed(
        &self,
        value: impl IntoOperand,
        change: impl Fn(&Variable, Tensor) -> Result<Assigned>,
    ) -> Result<Vec<Assigned>> {
        facade(|| {
            let axis = self.axis();
            let sizes = self.iter().map(|part| {
                let size = usize::try_from(axis).ok().and_then(|axis| part.shape().dim(axis)).unwrap_or(0);
                i32::try_from(size).unwrap_or(i32::MAX)
            });
            let shares = array::split_v(value, NdArray::vector(sizes.collect::<Vec<_>>()), axis)?;
            self.iter().zip(shares).map(|(part, share)| change(part, share)).collect()
        })
    }
}

impl<'a> IntoIterator for &'a PartitionedVariable {
    type Item = &'a Variable;
    type IntoIter = std::slice::Iter<'a, Variable>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for PartitionedVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<tf.PartitionedVariable '{}' shape={} dtype={}>", self.0.name, self.0.shape, self.0.dtype)
    }
}

/// A variable of v2 is a resource variable.
impl From<ferroflow_v2::Variable> for Variable {
    fn from(variable: ferroflow_v2::Variable) -> Variable {
        Variable(Kind::Resource(variable))
    }
}

impl From<PartitionedVariable> for Variable {
    fn from(whole: PartitionedVariable) -> Variable {
        Variable(Kind::Partitioned(whole))
    }
}

impl IntoOperand for &PartitionedVariable {
    fn into_operand(self) -> Result<Operand> {
        self.as_tensor().map(Operand::Tensor)
    }
}
