//! Making variables, eagerly or in a graph.

use super::{Nodes, Record, Variable};
use crate::constraints::OptionalConstraint;
use crate::scopes::in_eager_scope;
use ferroflow_core::{
    AttrValue, DType, Error, Exception, IntoOperand, Operand, PartialShape, Result, Tensor, bail, context,
    convert_to_tensor, options,
};
use ferroflow_graph::{CollectionItem, Graph, Operation, Port};
use ferroflow_ops_state::{
    ANONYMOUS_NAME, assign_variable, read_variable, var_handle_with, var_is_initialized,
};
use std::sync::Arc;

options! {
    /// Optional arguments of [`Variable::new_with`].
    pub struct VariableOptions {
        /// The name.
        name: String = "Variable".to_string(),
        /// Whether optimizers change it and tapes watch it.
        trainable: bool = true,
        /// The dtype; by default that of the initial value.
        dtype: Option<DType> = None,
        /// The shape; by default that of the initial value. An open shape takes values of different shapes.
        shape: Option<PartialShape> = None,
        /// The graph collections it joins; by default `variables`. A trainable one joins `trainable_variables`, too.
        collections: Option<Vec<String>> = None,
        /// Whether it is a weight of a layer: optimizers name what they keep for it after its name, as Keras does, and
        /// not after the one that ends in `:0`.
        weight: bool = false,
        /// What optimizers make of it after each step.
        constraint: OptionalConstraint = OptionalConstraint::default(),
    }
}

/// What traces may do about variables.
pub(crate) mod tracking {
    use std::cell::Cell;

    thread_local! {
        static FORBIDDEN: Cell<bool> = const { Cell::new(false) };
        static CREATED: Cell<usize> = const { Cell::new(0) };
    }

    /// Runs `f`, in which making variables is an error if `forbidden`; says how many it made.
    pub(crate) fn watch<R>(forbidden: bool, f: impl FnOnce() -> R) -> (R, usize) {
        struct Restore(bool, usize);
        impl Drop for Restore {
            fn drop(&mut self) {
                FORBIDDEN.set(self.0);
                CREATED.set(self.1);
            }
        }
        let _restore = Restore(FORBIDDEN.replace(forbidden), CREATED.replace(0));
        let result = f();
        (result, CREATED.get())
    }

    pub(super) fn is_forbidden() -> bool {
        FORBIDDEN.get()
    }

    pub(super) fn count() {
        CREATED.set(CREATED.get() + 1);
    }
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
    /// In a traced function the variable is made outside of it, once: the initial value must be known while tracing,
    /// and making variables in every call is an error, as in TensorFlow.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let v = tf::Variable::new_with([[1], [2]], |o| o.name("v").dtype(tf::float64).trainable(false))?;
    /// assert_eq!((v.name(), v.dtype()), ("v:0".to_string(), tf::float64));
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` when the value is of another dtype or shape than the options ask for, or in a traced function
    /// that has made its variables; `Unimplemented` where the initial value depends on the arguments of a function.
    pub fn new_with(
        initial_value: impl IntoOperand,
        options: impl FnOnce(VariableOptions) -> VariableOptions,
    ) -> Result<Variable> {
        let initial_value = initial_value.into_operand()?;
        Variable::create(Initial::Value(initial_value), options(VariableOptions::default()), &as_it_is)
    }

    /// A variable whose initial value is computed outside of every traced function, in its own name scope.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let v = tf::Variable::from_fn(|| tf::zeros([2, 2], tf::float32), |o| o.name("v"))?;
    /// assert_eq!(v.shape(), [2, 2].into());
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Variable::new_with`]; what `initial_value` returns.
    pub fn from_fn(
        initial_value: impl FnOnce() -> Result<Tensor>,
        options: impl FnOnce(VariableOptions) -> VariableOptions,
    ) -> Result<Variable> {
        Variable::create(
            Initial::Function(Box::new(initial_value)),
            options(VariableOptions::default()),
            &as_it_is,
        )
    }

    /// The same with a say in what the initializer of a variable of a graph assigns: `guard` is given the variable's
    /// name scope and the initial value. `initial_value` is a closure, or a value under the name `initial_value`.
    ///
    /// # Errors
    /// As [`Variable::new_with`]; what the closures return.
    pub fn guarded(
        initial_value: Result<Operand, Box<dyn FnOnce() -> Result<Tensor> + '_>>,
        options: VariableOptions,
        guard: &dyn Fn(&str, &Tensor) -> Result<Tensor>,
    ) -> Result<Variable> {
        let initial = match initial_value {
            Ok(value) => Initial::Value(value),
            Err(function) => Initial::Function(function),
        };
        Variable::create(initial, options, guard)
    }

    fn create(
        initial: Initial<'_>,
        options: VariableOptions,
        guard: &dyn Fn(&str, &Tensor) -> Result<Tensor>,
    ) -> Result<Variable> {
        ferroflow_graph::install();
        let traced = context::current_graph().is_some_and(|graph| graph.builds_function());
        if traced && tracking::is_forbidden() {
            bail!(
                value,
                "tf.function only supports singleton tf.Variables created on the first call. Make sure the \
                 tf.Variable is only created once or created outside tf.function. See \
                 https://www.tensorflow.org/guide/function#creating_tfvariables for more information."
            );
        }
        let initial = if traced { initial.lifted()? } else { initial };
        let variable = context::init_scope(|| match Graph::current() {
            None => create_eagerly(initial, &options),
            Some(graph) => create_in_graph(&graph, initial, &options, guard),
        })?;
        tracking::count();
        Ok(variable)
    }
}

/// Where an initial value comes from.
enum Initial<'a> {
    Value(Operand),
    Function(Box<dyn FnOnce() -> Result<Tensor> + 'a>),
}

impl<'a> Initial<'a> {
    /// The same for use outside of the trace in force.
    fn lifted(self) -> Result<Initial<'a>> {
        match self {
            Initial::Value(Operand::Tensor(Tensor::Symbolic(symbolic)))
                if symbolic.graph().builds_function() =>
            {
                match symbolic.graph().constant_value(&symbolic) {
                    Some(value) => Ok(Initial::Value(Operand::Value { array: value, weak: false })),
                    None => bail!(
                        unimplemented,
                        "the initial value of a variable made in a traced function is not known while tracing: \
                         tensor '{}'. Compute it in a closure passed to `Variable::from_fn`",
                        symbolic.name()
                    ),
                }
            }
            other => Ok(other),
        }
    }

    /// The tensor, checked against the options.
    fn tensor(self, options: &VariableOptions) -> Result<Tensor> {
        let tensor = match self {
            Initial::Value(operand) => convert_to_tensor(operand, options.dtype),
            Initial::Function(function) => {
                function().and_then(|value| convert_to_tensor(value, options.dtype))
            }
        };
        let tensor = tensor.map_err(|error| match error.exception() {
            Exception::Value => error.context("initial_value"),
            _ => error,
        })?;
        if let Some(shape) = &options.shape
            && !shape.is_compatible_with(&tensor.shape())
        {
            bail!(
                value,
                "In this `tf.Variable` creation, the initial value's shape ({}) is not compatible with the \
                 explicitly supplied `shape` argument ({shape}).",
                tensor.shape()
            );
        }
        Ok(tensor)
    }
}

fn create_eagerly(initial: Initial<'_>, options: &VariableOptions) -> Result<Variable> {
    let value = initial.tensor(options)?;
    let dtype = value.dtype();
    let shape = options.shape.clone().unwrap_or_else(|| value.shape());
    // The slash of a scope whose name a variable takes is no part of the variable's.
    let name = in_eager_scope(options.name.trim_end_matches('/'));
    let handle = var_handle_with(dtype, shape.clone(), |o| {
        o.shared_name(ANONYMOUS_NAME).debug_name(format!("{name}/"))
    })?;
    assign_variable(&handle, value, false)?;
    let variable = Variable {
        record: Arc::new(Record {
            name,
            dtype,
            shape,
            trainable: options.trainable,
            weight: options.weight,
            constraint: options.constraint.clone(),
            nodes: None,
        }),
        handle,
        after: None,
        unread: false,
    };
    let resource = variable.resource()?;
    resource.set_trainable(options.trainable);
    super::known::remember(&resource, &variable.record);
    Ok(variable)
}

fn as_it_is(_scope: &str, initial_value: &Tensor) -> Result<Tensor> {
    Ok(initial_value.clone())
}

/// The nodes have the names, and the order, that TensorFlow gives them.
fn create_in_graph(
    graph: &Graph,
    initial: Initial<'_>,
    options: &VariableOptions,
    guard: &dyn Fn(&str, &Tensor) -> Result<Tensor>,
) -> Result<Variable> {
    let within = |name: &'static str, f: &mut dyn FnMut() -> Result<Tensor>| {
        context::with_name(name, || context::name_scope(name, f))
    };
    let mut initial = Some(initial);
    graph.control_dependencies(None, || {
        context::name_scope_for_op(&options.name, |scope| {
            let name = scope.trim_end_matches('/').to_string();
            let class = AttrValue::Strs(vec![format!("loc:@{name}").into_bytes()]);
            let (value, handle, shape) = graph.attr_scope("_class", class, || {
                let value = within("Initializer", &mut || {
                    graph.without_device(|| match initial.take() {
                        Some(value @ Initial::Value(_)) => {
                            context::with_name("initial_value", || value.tensor(options))
                        }
                        Some(function) => function.tensor(options),
                        None => bail!(internal, "an initial value is used twice"),
                    })
                })?;
                let shape = options.shape.clone().unwrap_or_else(|| value.shape());
                let handle = context::with_name(&scope, || {
                    var_handle_with(value.dtype().base(), shape.clone(), |o| {
                        o.shared_name(name.as_str()).debug_name(format!("{name}/"))
                    })
                })?;
                Ok((value, handle, shape))
            })?;
            let dtype = value.dtype().base();
            let device = Operation::of(&handle)?.device();
            within("IsInitialized", &mut || var_is_initialized(&handle))?;
            context::with_name("Assign", || {
                context::name_scope_for_op("Assign", |assign_scope| {
                    graph.colocate_with_only(None, || {
                        graph.device(&device, || {
                            let assigned = guard(&scope, &value)?;
                            context::with_name(&assign_scope, || assign_variable(&handle, assigned, false))
                        })
                    })
                })
            })?;
            let initializer = graph.get_operation_by_name(&format!("{name}/Assign"))?;
            let snapshot = within("Read", &mut || graph.device(&device, || read_variable(&handle, dtype)))?;
            let port = |tensor: &Tensor| port_in(graph, tensor);
            let nodes = Nodes {
                handle: port(&handle)?,
                initial_value: port(&value)?,
                initializer: initializer.id(),
                snapshot: port(&snapshot)?,
            };
            let record = Arc::new(Record {
                name,
                dtype,
                shape,
                trainable: options.trainable,
                weight: options.weight,
                constraint: options.constraint.clone(),
                nodes: Some(nodes),
            });
            for collection in collections(options) {
                graph.add_to_collection(&collection, CollectionItem::Any(record.clone()))?;
            }
            Ok(Variable { record, handle, after: None, unread: false })
        })
    })
}

fn port_in(graph: &Graph, tensor: &Tensor) -> Result<Port> {
    graph.port(tensor).ok_or_else(|| Error::value("Tensor is not an element of this graph."))
}

fn collections(options: &VariableOptions) -> Vec<String> {
    let trainable = "trainable_variables".to_string();
    let mut collections = options.collections.clone().unwrap_or_else(|| vec!["variables".to_string()]);
    if options.trainable && !collections.contains(&trainable) {
        collections.push(trainable);
    }
    collections
}
