//! `variable_scope`: prefixes of variables' names, with what the variables below them share.

use super::settings::{CustomGetter, Partitioner, Regularizer, Reuse};
use super::store::{Counts, ScopeStore};
use crate::initializers::Initializer;
use crate::mode::{executing_eagerly, facade, get_default_graph};
use crate::variables::{Variable, variables_in};
use ferroflow_core::{DType, Result, bail, context, options};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

options! {
    /// Optional arguments of [`variable_scope_with`].
    pub struct VariableScopeOptions {
        /// The name of a scope that has no other, made unique.
        default_name: String = String::new(),
        /// Makes the initial values of variables that do not say so themselves.
        initializer: Option<Initializer> = None,
        /// Makes a loss for each variable that does not say so itself.
        regularizer: Option<Regularizer> = None,
        /// Where copies of variables for reading are kept.
        caching_device: Option<String> = None,
        /// How variables are split.
        partitioner: Option<Partitioner> = None,
        /// Stands between `get_variable` and the variables.
        custom_getter: Option<CustomGetter> = None,
        /// Whether variables exist.
        reuse: Reuse = Reuse::Inherit,
        /// The dtype of variables that do not say so themselves.
        dtype: Option<DType> = None,
        /// Whether variables are resource variables.
        use_resource: Option<bool> = None,
        /// Whether a name scope is opened, too.
        auxiliary_name_scope: bool = true,
    }
}

/// A variable scope, open or not. Clones share its settings.
#[derive(Clone)]
pub struct VariableScope(Arc<Mutex<Settings>>);

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) name: String,
    original_name_scope: String,
    pub(super) reuse: Reuse,
    pub(super) initializer: Option<Initializer>,
    pub(super) regularizer: Option<Regularizer>,
    pub(super) caching_device: Option<String>,
    pub(super) partitioner: Option<Partitioner>,
    pub(super) custom_getter: Option<CustomGetter>,
    pub(super) dtype: DType,
    pub(super) use_resource: Option<bool>,
}

impl Settings {
    /// The settings with those put over them that are given.
    fn overlaid(mut self, options: &VariableScopeOptions) -> Settings {
        self.initializer = options.initializer.clone().or(self.initializer);
        self.regularizer = options.regularizer.clone().or(self.regularizer);
        self.caching_device = options.caching_device.clone().or(self.caching_device);
        self.partitioner = options.partitioner.clone().or(self.partitioner);
        self.custom_getter = match options.custom_getter.clone() {
            Some(custom) => Some(custom.around(self.custom_getter)),
            None => self.custom_getter,
        };
        self.dtype = options.dtype.unwrap_or(self.dtype);
        self.use_resource = options.use_resource.or(self.use_resource);
        self.reuse = match (executing_eagerly(), options.reuse) {
            (true, _) => Reuse::Auto,
            (false, Reuse::Always | Reuse::Auto) => options.reuse,
            (false, Reuse::Inherit | Reuse::Never) => self.reuse,
        };
        self
    }
}

impl VariableScope {
    pub(super) fn root() -> VariableScope {
        VariableScope::new(Settings {
            name: String::new(),
            original_name_scope: String::new(),
            reuse: Reuse::Never,
            initializer: None,
            regularizer: None,
            caching_device: None,
            partitioner: None,
            custom_getter: None,
            dtype: DType::FLOAT32,
            use_resource: None,
        })
    }

    fn new(settings: Settings) -> VariableScope {
        VariableScope(Arc::new(Mutex::new(settings)))
    }

    fn lock(&self) -> MutexGuard<'_, Settings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self) -> Settings {
        self.lock().clone()
    }

    /// The full name, without a slash at its end.
    pub fn name(&self) -> String {
        self.lock().name.clone()
    }

    /// The name scope that was opened with it, with a slash at its end.
    pub fn original_name_scope(&self) -> String {
        self.lock().original_name_scope.clone()
    }

    /// Whether variables exist.
    pub fn reuse(&self) -> Reuse {
        self.lock().reuse
    }

    /// The dtype of variables that do not say so themselves.
    pub fn dtype(&self) -> DType {
        self.lock().dtype
    }

    /// Whether variables are resource variables, where the scope says so.
    pub fn use_resource(&self) -> Option<bool> {
        self.lock().use_resource
    }

    /// What makes initial values.
    pub fn initializer(&self) -> Option<Initializer> {
        self.lock().initializer.clone()
    }

    /// From now on, variables of this scope exist.
    pub fn reuse_variables(&self) {
        self.lock().reuse = Reuse::Always;
    }

    /// Sets what makes initial values.
    pub fn set_initializer(&self, initializer: Option<Initializer>) {
        self.lock().initializer = initializer;
    }

    /// Sets what makes losses.
    pub fn set_regularizer(&self, regularizer: Option<Regularizer>) {
        self.lock().regularizer = regularizer;
    }

    /// Sets the dtype of variables that do not say so themselves.
    pub fn set_dtype(&self, dtype: DType) {
        self.lock().dtype = dtype;
    }

    /// Sets whether variables are resource variables.
    ///
    /// # Errors
    /// `ValueError` in eager mode, where they are.
    pub fn set_use_resource(&self, use_resource: bool) -> Result<()> {
        if executing_eagerly() && !use_resource {
            bail!(value, "When eager execution is enabled, use_resource cannot be set to false.");
        }
        self.lock().use_resource = Some(use_resource);
        Ok(())
    }

    /// Sets how variables are split.
    pub fn set_partitioner(&self, partitioner: Option<Partitioner>) {
        self.lock().partitioner = partitioner;
    }

    /// Sets what stands between `get_variable` and the variables.
    pub fn set_custom_getter(&self, custom_getter: Option<CustomGetter>) {
        self.lock().custom_getter = custom_getter;
    }

    /// Sets where copies of variables for reading are kept.
    ///
    /// # Errors
    /// `NotImplementedError` in eager mode.
    pub fn set_caching_device(&self, caching_device: Option<String>) -> Result<()> {
        if executing_eagerly() {
            bail!(not_implemented, "Caching devices are not yet supported when eager execution is enabled.");
        }
        self.lock().caching_device = caching_device;
        Ok(())
    }

    /// Whether it is said where copies of variables for reading are kept.
    pub(crate) fn has_caching_device(&self) -> bool {
        self.lock().caching_device.is_some()
    }

    fn collection(&self, name: &str) -> Vec<Variable> {
        let scope = self.name();
        variables_in(name, &if scope.is_empty() { scope } else { format!("{scope}/") })
    }

    /// The global variables of this scope.
    pub fn global_variables(&self) -> Vec<Variable> {
        self.collection("variables")
    }

    /// The trainable variables of this scope.
    pub fn trainable_variables(&self) -> Vec<Variable> {
        self.collection("trainable_variables")
    }

    /// The local variables of this scope.
    pub fn local_variables(&self) -> Vec<Variable> {
        self.collection("local_variables")
    }
}

impl fmt::Debug for VariableScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<tf.VariableScope '{}'>", self.name())
    }
}

/// What a scope is called: a name within the open scope, or a scope that was open before. `()` leaves it to the
/// default name.
#[derive(Clone, Debug)]
pub enum ScopeName {
    /// The default name.
    Default,
    /// A name.
    Name(String),
    /// A scope that was open before: it is opened under its full name, whatever is open now.
    Scope(VariableScope),
}

impl From<()> for ScopeName {
    fn from((): ()) -> ScopeName {
        ScopeName::Default
    }
}

impl From<&str> for ScopeName {
    fn from(name: &str) -> ScopeName {
        ScopeName::Name(name.to_string())
    }
}

impl From<String> for ScopeName {
    fn from(name: String) -> ScopeName {
        ScopeName::Name(name)
    }
}

impl From<&VariableScope> for ScopeName {
    fn from(scope: &VariableScope) -> ScopeName {
        ScopeName::Scope(scope.clone())
    }
}

/// The innermost open variable scope.
pub fn get_variable_scope() -> VariableScope {
    ScopeStore::of(&get_default_graph()).current()
}

/// Runs `f` while variables get names that start with `name/`, and ops, too.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let (w, scope) = tf::variable_scope("layer", |scope| Ok((tf::get_variable("w", [2])?, scope.clone())))?;
/// let same = tf::variable_scope_with(&scope, |o| o.reuse(true), |_| tf::get_variable("w", [2]))?;
/// assert_eq!(w.name(), "layer/w:0");
/// assert!(w.is_same(&same));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a name TensorFlow does not allow; what `f` returns.
pub fn variable_scope<R>(
    name_or_scope: impl Into<ScopeName>,
    f: impl FnOnce(&VariableScope) -> Result<R>,
) -> Result<R> {
    variable_scope_with(name_or_scope, |options| options, f)
}

/// [`variable_scope`] with settings for the variables below it.
///
/// # Errors
/// As [`variable_scope`]; `TypeError` for a scope without any name, `ValueError` for one that reuses variables and
/// has only a default name.
pub fn variable_scope_with<R>(
    name_or_scope: impl Into<ScopeName>,
    options: impl FnOnce(VariableScopeOptions) -> VariableScopeOptions,
    f: impl FnOnce(&VariableScope) -> Result<R>,
) -> Result<R> {
    let (name, options) = (name_or_scope.into(), options(VariableScopeOptions::default()));
    let name_scope = match &name {
        ScopeName::Default if options.default_name.is_empty() => {
            bail!(type_error, "If default_name is None then name_or_scope is required")
        }
        ScopeName::Default if matches!(options.reuse, Reuse::Always | Reuse::Auto) => {
            bail!(value, "reuse=True cannot be used without a name_or_scope")
        }
        ScopeName::Default => options.default_name.clone(),
        ScopeName::Name(name) => name.clone(),
        ScopeName::Scope(scope) => scope.name().rsplit('/').next().map(str::to_string).unwrap_or_default(),
    };
    let auxiliary = options.auxiliary_name_scope;
    facade(|| {
        let current = context::current_graph().map(|graph| graph.name_scope()).unwrap_or_default();
        let name_scope = match (auxiliary, current.is_empty()) {
            (true, _) => name_scope,
            (false, true) => String::new(),
            (false, false) => format!("{current}/"),
        };
        if auxiliary && name_scope.is_empty() {
            return open(name, &options, None, f);
        }
        // In eager code there is no name scope of ops, but variables' names have one all the same.
        ferroflow_v2::name_scope(&name_scope, || {
            let opened = context::current_graph().map(|graph| graph.name_scope()).unwrap_or_default();
            let opened = if opened.is_empty() { opened } else { format!("{opened}/") };
            open(name, &options, Some(opened), f)
        })
    })
}

/// The older form of [`variable_scope`], which opens the graph of `values`.
///
/// # Errors
/// As [`variable_scope_with`].
pub fn variable_op_scope<R>(
    values: &[ferroflow_core::Tensor],
    name_or_scope: impl Into<ScopeName>,
    options: impl FnOnce(VariableScopeOptions) -> VariableScopeOptions,
    f: impl FnOnce(&VariableScope) -> Result<R>,
) -> Result<R> {
    let graph = values.iter().find_map(|value| ferroflow_graph::Operation::of(value).ok());
    match graph {
        Some(operation) => {
            operation.graph().as_default_scope(|| variable_scope_with(name_or_scope, options, f))
        }
        None => variable_scope_with(name_or_scope, options, f),
    }
}

/// Makes a scope the current one while `f` runs.
fn open<R>(
    name: ScopeName,
    options: &VariableScopeOptions,
    name_scope: Option<String>,
    f: impl FnOnce(&VariableScope) -> Result<R>,
) -> Result<R> {
    struct Close(Arc<ScopeStore>, VariableScope, After);
    impl Drop for Close {
        fn drop(&mut self) {
            match &self.2 {
                After::Restore(counts) => self.0.set_counts(counts.clone()),
                After::Forget(name) => self.0.forget_inner(name),
            }
            self.0.set_current(self.1.clone());
        }
    }
    enum After {
        Restore(Counts),
        Forget(String),
    }
    let store = ScopeStore::of(&get_default_graph());
    let outer = store.current();
    let (settings, after) = match name {
        ScopeName::Scope(scope) => {
            let settings = scope.settings().overlaid(options);
            store.count_opened(&settings.name);
            let counts = store.counts();
            (settings, After::Restore(counts))
        }
        ScopeName::Name(name) => named(&store, &outer, name, name_scope, options),
        ScopeName::Default => {
            let unique = store.unique(&outer.name(), &options.default_name);
            named(&store, &outer, unique, name_scope, options)
        }
    };
    let scope = VariableScope::new(settings);
    store.set_current(scope.clone());
    let _close = Close(store.clone(), outer.clone(), after);
    return f(&scope);

    fn named(
        store: &ScopeStore,
        outer: &VariableScope,
        name: String,
        name_scope: Option<String>,
        options: &VariableScopeOptions,
    ) -> (Settings, After) {
        let mut settings = outer.settings().overlaid(options);
        let full = if settings.name.is_empty() { name.clone() } else { format!("{}/{name}", settings.name) };
        settings.original_name_scope = name_scope.unwrap_or(name);
        settings.name = full.clone();
        store.count_opened(&full);
        (settings, After::Forget(full))
    }
}
