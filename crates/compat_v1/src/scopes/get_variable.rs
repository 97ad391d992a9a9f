//! `get_variable`: a variable by its name, new or found.

use super::partition::{Part, partitioned_variable};
use super::settings::{CustomGetter, Partitioner, Regularizer, Reuse};
use super::store::ScopeStore;
use crate::initializers::{Initializer, glorot_uniform_initializer, zeros_initializer};
use crate::mode::{executing_eagerly, facade, get_default_graph};
use crate::variables::{GivenShape, Variable, VariableOptions};
use ferroflow_core::{DType, PartialShape, Result, bail, context, ensure, options};
use ferroflow_graph::CollectionItem;

options! {
    /// Optional arguments of [`get_variable_with`].
    pub struct GetVariableOptions {
        /// The shape; by default that of the initial value.
        shape: GivenShape = GivenShape(None),
        /// The dtype; by default the scope's, which is `float32`.
        dtype: Option<DType> = None,
        /// Makes the initial value; by default the scope's, then Glorot's uniform numbers, or zeros.
        initializer: Option<Initializer> = None,
        /// Makes a loss, which joins the collection `regularization_losses`.
        regularizer: Option<Regularizer> = None,
        /// Whether the variable exists; by default what the scope says.
        reuse: Reuse = Reuse::Inherit,
        /// Whether optimizers change it.
        trainable: bool = true,
        /// The collections it joins; by default `variables`.
        collections: Option<Vec<String>> = None,
        /// Where a copy for reading is kept.
        caching_device: Option<String> = None,
        /// How it is split: see [`Variable::as_partitioned`].
        partitioner: Option<Partitioner> = None,
        /// Whether the initial value must be of a known shape.
        validate_shape: bool = true,
        /// Whether it is a resource variable.
        use_resource: Option<bool> = None,
        /// Stands between this call and the variable.
        custom_getter: Option<CustomGetter> = None,
    }
}

/// The variable of this name in the open variable scope: a new one, or, where the scope reuses variables, the one
/// there is.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let w = tf::get_variable("weights", [2, 3])?;
/// assert_eq!(format!("{w:?}"), "<tf.Variable 'weights:0' shape=(2, 3) dtype=float32_ref>");
/// assert!(tf::get_variable("weights", [2, 3]).is_err());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`get_variable_with`].
pub fn get_variable(name: &str, shape: impl Into<PartialShape>) -> Result<Variable> {
    let shape = shape.into();
    get_variable_with(name, |options| options.shape(shape))
}

/// The variable of this name in the open variable scope, as the options describe it.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let ones = tf::get_variable_with("ones", |o| o.shape([2]).initializer(tf::ones_initializer()).trainable(false))?;
/// assert_eq!(ones.initial_value()?.name()?, "ones/Initializer/ones:0");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a variable that exists and may not, or the other way round; for one of another shape or dtype than
/// asked for; for one without a shape; for a partitioner that cannot split it.
pub fn get_variable_with(
    name: &str,
    options: impl FnOnce(GetVariableOptions) -> GetVariableOptions,
) -> Result<Variable> {
    let mut options = options(GetVariableOptions::default());
    let scope = super::get_variable_scope().settings();
    options.regularizer = options.regularizer.or(scope.regularizer);
    options.caching_device = options.caching_device.or(scope.caching_device);
    options.partitioner = options.partitioner.or(scope.partitioner);
    let custom_getter = options.custom_getter.take().or(scope.custom_getter);
    if executing_eagerly() {
        options.reuse = Reuse::Never;
        options.use_resource = Some(true);
    } else {
        options.reuse = if options.reuse == Reuse::Inherit { scope.reuse } else { options.reuse };
        options.use_resource = options.use_resource.or(scope.use_resource);
    }
    let full_name = if scope.name.is_empty() { name.to_string() } else { format!("{}/{name}", scope.name) };
    facade(|| {
        // The name is full as it is, whatever name scopes are open.
        ferroflow_v2::name_scope("", || {
            if let (Some(wanted), Some(given)) = (options.dtype, &options.initializer)
                && let Some(found) = given.value_dtype()
            {
                ensure!(
                    found == wanted,
                    value,
                    "Initializer type '{found}' and explicit dtype '{wanted}' don't match."
                );
            }
            options.initializer = options.initializer.take().or(scope.initializer);
            options.dtype = options.dtype.or(Some(scope.dtype));
            match custom_getter {
                Some(custom) => (custom.0)(&variable_of_name, &full_name, options),
                None => variable_of_name(&full_name, options),
            }
        })
    })
}

/// A variable of this process alone: not saved, not trained, in the collection `local_variables`.
///
/// # Errors
/// As [`get_variable_with`].
pub fn get_local_variable(
    name: &str,
    options: impl FnOnce(GetVariableOptions) -> GetVariableOptions,
) -> Result<Variable> {
    get_variable_with(name, |defaults| {
        let mut options = options(defaults).trainable(false);
        let local = "local_variables".to_string();
        match &mut options.collections {
            Some(named) => named.push(local),
            None => options.collections = Some(vec![local]),
        }
        options
    })
}

/// The variable of this full name, in parts where a partitioner is given or it was made with one.
fn variable_of_name(name: &str, options: GetVariableOptions) -> Result<Variable> {
    let graph = get_default_graph();
    let store = ScopeStore::of(&graph);
    let scalar = options.shape.0.as_ref().and_then(PartialShape::rank) == Some(0);
    let split = options.partitioner.is_some() && !scalar;
    if split || options.reuse == Reuse::Always && store.partitioned(&graph, name).is_some() {
        return partitioned_variable(name, options).map(Variable::from);
    }
    ensure!(
        store.variable(&graph, &format!("{name}/part_0")).is_none(),
        value,
        "No partitioner was provided, but a partitioned version of the variable was found: {name}/part_0. Perhaps a \
         variable of the same name was already created with partitioning?"
    );
    single_variable(name, options, None)
}

/// The variable of this full name, which may be a part of another.
pub(super) fn single_variable(
    name: &str,
    options: GetVariableOptions,
    part: Option<&Part>,
) -> Result<Variable> {
    let GetVariableOptions { shape: GivenShape(shape), initializer, .. } = options;
    let dtype = options.dtype.unwrap_or(DType::FLOAT32).base();
    let from_value = initializer.as_ref().is_some_and(Initializer::is_value);
    ensure!(shape.is_none() || !from_value, value, "If initializer is a constant, do not specify shape.");
    let graph = get_default_graph();
    let store = ScopeStore::of(&graph);
    if let Some(found) = store.variable(&graph, name) {
        return check_found(found, name, shape.as_ref(), dtype, options.reuse);
    }
    ensure!(
        options.reuse != Reuse::Always,
        value,
        "Variable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set \
         reuse=tf.AUTO_REUSE in VarScope?"
    );
    let initializer = match initializer {
        Some(initializer) => initializer,
        None => default_initializer(name, shape.as_ref(), dtype)?,
    };
    let (initial, variable_dtype) = initializer.bind(shape.as_ref(), dtype, part)?;
    let variable = Variable::create(
        initial,
        VariableOptions::default()
            .name(name)
            .trainable(options.trainable)
            .collections(options.collections)
            .validate_shape(options.validate_shape)
            .caching_device(options.caching_device)
            .dtype(variable_dtype)
            .shape(GivenShape(shape))
            .use_resource(options.use_resource),
    )?;
    if !executing_eagerly() {
        store.insert(name, &variable);
    }
    if let Some(regularizer) = options.regularizer {
        add_loss(&variable, name, &regularizer)?;
    }
    Ok(variable)
}

fn check_found(
    found: Variable,
    name: &str,
    shape: Option<&PartialShape>,
    dtype: DType,
    reuse: Reuse,
) -> Result<Variable> {
    if matches!(reuse, Reuse::Never | Reuse::Inherit) {
        let origin = match found.is_resource() {
            true => String::new(),
            false => format!(" Originally defined at:\n\n  node '{name}'"),
        };
        bail!(
            value,
            "Variable {name} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in \
             VarScope?{origin}"
        );
    }
    if let Some(shape) = shape {
        ensure!(
            shape.is_compatible_with(&found.shape()),
            value,
            "Trying to share variable {name}, but specified shape {shape} and found shape {}.",
            found.shape()
        );
    }
    ensure!(
        dtype == found.dtype().base(),
        value,
        "Trying to share variable {name}, but specified dtype {} and found dtype {}.",
        dtype.name(),
        found.dtype().name()
    );
    Ok(found)
}

pub(super) fn default_initializer(
    name: &str,
    shape: Option<&PartialShape>,
    dtype: DType,
) -> Result<Initializer> {
    ensure!(
        shape.is_some(),
        value,
        "Variable {name} did not get an initializer, so its `shape` argument must be specified."
    );
    if dtype.is_floating() {
        return Ok(glorot_uniform_initializer(None));
    }
    if dtype.is_integer() || matches!(dtype, DType::BOOL | DType::STRING) {
        return Ok(zeros_initializer());
    }
    bail!(value, "An initializer for variable {name} of {dtype} is required")
}

/// Computes the loss of a new variable, under the variable's name.
fn add_loss(variable: &Variable, name: &str, regularizer: &Regularizer) -> Result<()> {
    // As in TensorFlow, a first call finds out whether there is a loss at all.
    if (regularizer.0)(variable)?.is_none() || executing_eagerly() {
        return Ok(());
    }
    let operation = variable.op()?;
    let graph = operation.graph().clone();
    let loss = graph.colocate_with(&operation, || {
        context::with_name(&format!("{name}/Regularizer/"), || {
            context::name_scope("Regularizer", || (regularizer.0)(variable))
        })
    })?;
    match loss {
        Some(loss) => graph.add_to_collection("regularization_losses", CollectionItem::Tensor(loss)),
        None => Ok(()),
    }
}
