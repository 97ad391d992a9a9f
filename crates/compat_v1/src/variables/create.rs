//! Making variables.

use super::guard::initialized;
use super::{Kind, PartitionedVariable, Record, Reference, Variable};
use crate::mode::{executing_eagerly, facade, resource_variables_enabled};
use ferroflow_core::{
    AttrValue, DType, Error, IntoOperand, Operand, PartialShape, Result, Tensor, bail, context,
    convert_to_tensor, ensure, options,
};
use ferroflow_graph::{CollectionItem, Graph, Operation};
use ferroflow_ops_state::{assign, ref_variable_with};
use std::sync::Arc;

/// The shape asked for, if one is: anything that converts to a shape.
#[derive(Clone, Debug, Default)]
pub struct GivenShape(pub Option<PartialShape>);

impl<S: Into<PartialShape>> From<S> for GivenShape {
    fn from(shape: S) -> GivenShape {
        GivenShape(Some(shape.into()))
    }
}

options! {
    /// Optional arguments of [`Variable::new_with`].
    pub struct VariableOptions {
        /// The name; `Variable` if it is empty.
        name: String = String::new(),
        /// Whether optimizers change it.
        trainable: bool = true,
        /// The graph collections it joins; by default `variables`. A trainable one joins `trainable_variables`, too.
        collections: Option<Vec<String>> = None,
        /// Whether the initial value must be of a known shape, which later values keep.
        validate_shape: bool = true,
        /// Where a copy for reading is kept.
        caching_device: Option<String> = None,
        /// The dtype; by default that of the initial value.
        dtype: Option<DType> = None,
        /// The shape; by default that of the initial value.
        shape: GivenShape = GivenShape(None),
        /// Whether it is a resource variable; by default what
        /// [`enable_resource_variables`](crate::enable_resource_variables) says.
        use_resource: Option<bool> = None,
    }
}

/// Where an initial value comes from.
pub(crate) enum Initial<'a> {
    Value(Operand),
    Function(Box<dyn FnOnce() -> Result<Tensor> + 'a>),
}

impl Variable {
    /// A variable with this initial value, and its dtype and shape.
    ///
    /// # Errors
    /// As [`Variable::new_with`].
    pub fn new(initial_value: impl IntoOperand) -> Result<Variable> {
        Variable::new_with(initial_value, |options| options)
    }

    /// A variable with this initial value.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let v = tf::Variable::new_with(0, |o| o.name("step").trainable(false))?;
    /// assert_eq!((v.name(), v.trainable()), ("step:0".to_string(), false));
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` for an initial value of another dtype or shape than the options ask for, or without a shape;
    /// `RuntimeError` for a reference variable in eager mode.
    pub fn new_with(
        initial_value: impl IntoOperand,
        options: impl FnOnce(VariableOptions) -> VariableOptions,
    ) -> Result<Variable> {
        let initial_value = initial_value.into_operand()?;
        Variable::create(Initial::Value(initial_value), options(VariableOptions::default()))
    }

    /// A variable whose initial value is computed in a name scope of its own, `NAME/Initializer`.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// use ferroflow_core::DType;
    /// let v = tf::Variable::from_fn(|| tf::zeros([2, 3], DType::FLOAT32), |o| o.name("w"))?;
    /// assert_eq!(v.initial_value()?.name()?, "w/Initializer/zeros:0");
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Variable::new_with`]; what `initial_value` returns.
    pub fn from_fn(
        initial_value: impl FnOnce() -> Result<Tensor>,
        options: impl FnOnce(VariableOptions) -> VariableOptions,
    ) -> Result<Variable> {
        Variable::create(Initial::Function(Box::new(initial_value)), options(VariableOptions::default()))
    }

    pub(crate) fn create(initial: Initial<'_>, options: VariableOptions) -> Result<Variable> {
        facade(|| {
            let default = context::take_name().unwrap_or_else(|| "Variable".to_string());
            let name = if options.name.is_empty() { default } else { options.name.clone() };
            // Eager variables are resource variables.
            if options.use_resource.unwrap_or_else(|| resource_variables_enabled() || executing_eagerly()) {
                return create_resource(initial, &options, &name);
            }
            let graph = context::init_scope(Graph::current);
            let Some(graph) = graph else {
                bail!(
                    runtime,
                    "Reference variables are not supported when eager execution is enabled. Please run \
                     `tf.compat.v1.enable_resource_variables()` to switch to resource variables."
                )
            };
            context::init_scope(|| create_reference(&graph, initial, &options, &name))
        })
    }

    /// The variable as an item of a collection of its graph.
    pub fn to_item(&self) -> CollectionItem {
        match &self.0 {
            Kind::Reference(reference) => CollectionItem::Any(reference.record.clone()),
            Kind::Resource(resource) => resource.to_item(),
            Kind::Partitioned(whole) => whole.to_item(),
        }
    }

    /// The variable that is meant by an item of a collection of this graph.
    pub fn of_item(graph: &Graph, item: &CollectionItem) -> Option<Variable> {
        if let CollectionItem::Any(any) = item
            && let Ok(record) = any.clone().downcast::<Record>()
        {
            return Some(Variable(Kind::Reference(Reference { record, graph: graph.clone() })));
        }
        if let Some(whole) = PartitionedVariable::of_item(graph, item) {
            return Some(whole.into());
        }
        let resource = ferroflow_v2::Variable::of_item(graph, item.clone())?;
        Some(Variable(Kind::Resource(resource)))
    }
}

fn create_resource(initial: Initial<'_>, options: &VariableOptions, name: &str) -> Result<Variable> {
    if options.caching_device.is_some() {
        bail!(unimplemented, "caching_device of a resource variable is not supported (variable '{name}')");
    }
    let v2_options = ferroflow_v2::VariableOptions::default()
        .name(name)
        .trainable(options.trainable)
        .dtype(options.dtype)
        .shape(options.shape.0.clone())
        .collections(options.collections.clone());
    let initial = match initial {
        Initial::Value(value) => Ok(value),
        Initial::Function(function) => Err(function),
    };
    let variable = ferroflow_v2::Variable::guarded(initial, v2_options, &initialized)?;
    Ok(Variable(Kind::Resource(variable)))
}

/// The nodes have the names, and the order, that TensorFlow gives them.
fn create_reference(
    graph: &Graph,
    initial: Initial<'_>,
    options: &VariableOptions,
    name: &str,
) -> Result<Variable> {
    graph.control_dependencies(None, || {
        context::name_scope_for_op(name, |scope| {
            let name = scope.trim_end_matches('/').to_string();
            let (value, reference) = match initial {
                Initial::Value(value) => {
                    let value =
                        context::with_name("initial_value", || convert_to_tensor(value, options.dtype))?;
                    let reference = reference_node(&scope, &value, options)?;
                    (value, reference)
                }
                Initial::Function(function) => {
                    let class = AttrValue::Strs(vec![format!("loc:@{name}").into_bytes()]);
                    graph.attr_scope("_class", class, || {
                        let value = context::name_scope("Initializer", || {
                            graph.without_device(|| convert_to_tensor(function()?, options.dtype))
                        })?;
                        let reference = reference_node(&scope, &value, options)?;
                        Ok((value, reference))
                    })?
                }
            };
            ensure!(
                !options.validate_shape || value.shape().is_fully_defined(),
                value,
                "initial_value must have a shape specified: {value}"
            );
            let assigned = initialized(&scope, &value)?;
            let initializer = Operation::of(&assign(&reference, assigned, options.validate_shape)?)?;
            let read = || context::with_name("read", || crate::identity(&reference));
            let snapshot = match &options.caching_device {
                Some(device) => graph.device(device, read)?,
                None => graph.colocate_with(&Operation::of(&reference)?, read)?,
            };
            let port = |tensor: &Tensor| {
                graph
                    .port(tensor)
                    .ok_or_else(|| Error::value(format!("{tensor} is not an element of this graph.")))
            };
            let record = Arc::new(Record {
                name,
                dtype: reference.dtype(),
                trainable: options.trainable,
                reference: port(&reference)?,
                initial_value: port(&value)?,
                initializer: initializer.id(),
                snapshot: port(&snapshot)?,
            });
            for collection in collections(options) {
                graph.add_to_collection(&collection, CollectionItem::Any(record.clone()))?;
            }
            Ok(Variable(Kind::Reference(Reference { record, graph: graph.clone() })))
        })
    })
}

fn reference_node(scope: &str, value: &Tensor, options: &VariableOptions) -> Result<Tensor> {
    let shape = match &options.shape.0 {
        Some(shape) => shape.clone(),
        None if options.validate_shape => value.shape(),
        None => PartialShape::unknown(),
    };
    context::with_name(scope, || ref_variable_with(shape, value.dtype().base(), |o| o))
}

fn collections(options: &VariableOptions) -> Vec<String> {
    let mut names = options.collections.clone().unwrap_or_else(|| vec!["variables".to_string()]);
    let trainable = "trainable_variables".to_string();
    if options.trainable && !names.contains(&trainable) {
        names.push(trainable);
    }
    names
}
