//! `GradientTape`: derivatives of eager code, by tensors and by variables.

use crate::{Nest, Variable};
use ferroflow_core::{Gradient, Result, Tensor, options};
use ferroflow_graph::{UnconnectedGradients, dense};

options! {
    /// Optional arguments of [`GradientTape::with`].
    pub struct GradientTapeOptions {
        /// Whether the tape gives more than one gradient.
        persistent: bool = false,
        /// Whether trainable variables are watched when they are read.
        watch_accessed_variables: bool = true,
    }
}

/// Notes ops while it lives, to differentiate them (`tf.GradientTape`).
///
/// Recording begins with [`GradientTape::new`], and ends with the first gradient unless the tape is persistent.
/// Trainable variables are watched when they are read; tensors where [`GradientTape::watch`] asks for it.
///
/// ```
/// use ferroflow_v2 as tf;
/// let (w, b) = (tf::Variable::new(3.0)?, tf::Variable::new(1.0)?);
/// let tape = tf::GradientTape::new();
/// let loss = (&w * &w + &b)?;
/// let (by_w, by_b) = tape.gradient(&loss, &(&w, &b))?;
/// assert_eq!(format!("{} {}", by_w.unwrap(), by_b.unwrap()), "6.0 1.0");
/// # Ok::<(), tf::Error>(())
/// ```
pub struct GradientTape(ferroflow_graph::GradientTape);

/// What a derivative can be taken by, or a tape can watch.
pub trait Source {
    /// The tensor that stands for it: of a variable, the handle.
    fn source(&self) -> &Tensor;
}

impl Source for Tensor {
    fn source(&self) -> &Tensor {
        self
    }
}

impl Source for Variable {
    fn source(&self) -> &Tensor {
        self.handle()
    }
}

impl<S: Source + ?Sized> Source for &S {
    fn source(&self) -> &Tensor {
        (**self).source()
    }
}

/// One source or several, and the structure their derivatives come back in: one, a vector, or a tuple.
pub trait Sources {
    /// The derivatives; `None` where the target does not depend on a source.
    type Gradients;
    /// The sources.
    fn sources(&self) -> Vec<Tensor>;
    /// The derivatives, one for each source, in their structure.
    fn arrange(gradients: Vec<Option<Tensor>>) -> Self::Gradients;
}

impl<S: Source> Sources for S {
    type Gradients = Option<Tensor>;

    fn sources(&self) -> Vec<Tensor> {
        vec![self.source().clone()]
    }

    fn arrange(gradients: Vec<Option<Tensor>>) -> Option<Tensor> {
        gradients.into_iter().next().flatten()
    }
}

impl<S: Source> Sources for [S] {
    type Gradients = Vec<Option<Tensor>>;

    fn sources(&self) -> Vec<Tensor> {
        self.iter().map(|source| source.source().clone()).collect()
    }

    fn arrange(gradients: Vec<Option<Tensor>>) -> Vec<Option<Tensor>> {
        gradients
    }
}

impl<S: Source, const N: usize> Sources for [S; N] {
    type Gradients = Vec<Option<Tensor>>;

    fn sources(&self) -> Vec<Tensor> {
        self.as_slice().sources()
    }

    fn arrange(gradients: Vec<Option<Tensor>>) -> Vec<Option<Tensor>> {
        gradients
    }
}

impl<S: Source> Sources for Vec<S> {
    type Gradients = Vec<Option<Tensor>>;

    fn sources(&self) -> Vec<Tensor> {
        self.as_slice().sources()
    }

    fn arrange(gradients: Vec<Option<Tensor>>) -> Vec<Option<Tensor>> {
        gradients
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(impl<$($name: Source),*> Sources for ($($name,)*) {
            type Gradients = ($(tuples!(@gradient $name),)*);

            fn sources(&self) -> Vec<Tensor> {
                vec![$(self.$index.source().clone()),*]
            }

            fn arrange(gradients: Vec<Option<Tensor>>) -> Self::Gradients {
                let mut gradients = gradients.into_iter();
                ($({
                    let _ = $index;
                    gradients.next().flatten()
                },)*)
            }
        })*
    };
    (@gradient $name:ident) => { Option<Tensor> };
}

tuples! {
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
}

impl Default for GradientTape {
    fn default() -> GradientTape {
        GradientTape::new()
    }
}

impl GradientTape {
    /// A tape that records from now on, for one gradient.
    pub fn new() -> GradientTape {
        GradientTape::with(|options| options)
    }

    /// A tape that records from now on.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let x = tf::constant(2.0)?;
    /// let tape = tf::GradientTape::with(|o| o.persistent(true));
    /// tape.watch(&x);
    /// let (square, cube) = ((&x * &x)?, (&x * &x * &x)?);
    /// assert_eq!(format!("{}", tape.gradient(&square, &x)?.unwrap()), "4.0");
    /// assert_eq!(format!("{}", tape.gradient(&cube, &x)?.unwrap()), "12.0");
    /// # Ok::<(), tf::Error>(())
    /// ```
    pub fn with(options: impl FnOnce(GradientTapeOptions) -> GradientTapeOptions) -> GradientTape {
        let options = options(GradientTapeOptions::default());
        GradientTape(ferroflow_graph::GradientTape::with(
            options.persistent,
            options.watch_accessed_variables,
        ))
    }

    /// Records what depends on a tensor, or on a variable.
    pub fn watch(&self, source: &(impl Source + ?Sized)) {
        self.0.watch(source.source());
    }

    /// The variables that are watched, in the order in which they were made.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let (a, b) = (tf::Variable::new(3.0)?, tf::Variable::new(1.0)?);
    /// let tape = tf::GradientTape::new();
    /// let _product = (&b * &a)?;
    /// let watched = tape.watched_variables();
    /// assert!(watched.len() == 2 && watched[0].is_same(&a) && watched[1].is_same(&b));
    /// # Ok::<(), tf::Error>(())
    /// ```
    pub fn watched_variables(&self) -> Vec<Variable> {
        crate::variable::of_handles(&self.0.watched_handles())
    }

    /// Forgets everything recorded.
    pub fn reset(&self) {
        self.0.reset();
    }

    /// Runs `f` without recording it.
    pub fn stop_recording<R>(&self, f: impl FnOnce() -> R) -> R {
        self.0.stop_recording(f)
    }

    /// The derivative of the sum of `target` by each source.
    ///
    /// # Errors
    /// `RuntimeError` when the tape is not persistent and was used; `Unimplemented` for an op without a gradient.
    pub fn gradient<S: Sources + ?Sized>(&self, target: &impl Nest, sources: &S) -> Result<S::Gradients> {
        self.gradient_with(target, sources, &[], UnconnectedGradients::None)
    }

    /// The same with gradients that flow into the target, one for each of its tensors, and a rule for sources that
    /// the target does not depend on.
    ///
    /// # Errors
    /// As [`GradientTape::gradient`].
    pub fn gradient_with<S: Sources + ?Sized>(
        &self,
        target: &impl Nest,
        sources: &S,
        output_gradients: &[Option<Tensor>],
        unconnected: UnconnectedGradients,
    ) -> Result<S::Gradients> {
        let gradients =
            self.0.gradients_with(&target.to_flat(), &sources.sources(), output_gradients, unconnected)?;
        let gradients = gradients.into_iter().map(|gradient| gradient.map(dense).transpose());
        Ok(S::arrange(gradients.collect::<Result<_>>()?))
    }

    /// The derivatives of each element of `target` by each of `source`: a tensor of the shape of `target` followed by
    /// that of `source`; `None` where it does not depend on it.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let x = tf::constant([1.0, 2.0])?;
    /// let tape = tf::GradientTape::new();
    /// tape.watch(&x);
    /// let jacobian = tape.jacobian(&(&x * &x)?, &x)?.unwrap();
    /// assert_eq!(format!("{jacobian}"), "[[2. 0.]\n [0. 4.]]");
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`GradientTape::gradient`].
    pub fn jacobian(&self, target: &Tensor, source: &(impl Source + ?Sized)) -> Result<Option<Tensor>> {
        self.0.jacobian(target, source.source())
    }

    /// The derivatives of each element of a row of `target` by each of the same row of `source`, for rows that do not
    /// depend on each other: of shape `[rows, ...target, ...source]`.
    ///
    /// # Errors
    /// `ValueError` for tensors without rows, or of different numbers of them; else as [`GradientTape::gradient`].
    pub fn batch_jacobian(&self, target: &Tensor, source: &Tensor) -> Result<Option<Tensor>> {
        self.0.batch_jacobian(target, source)
    }

    /// As [`GradientTape::gradient`], with the slices of gathered rows left as they are.
    ///
    /// # Errors
    /// As [`GradientTape::gradient`].
    pub fn sparse_gradient<S: Sources + ?Sized>(
        &self,
        target: &impl Nest,
        sources: &S,
    ) -> Result<Vec<Option<Gradient>>> {
        self.sparse_gradient_with(target, sources, &[], UnconnectedGradients::None)
    }

    /// The same with gradients that flow into the target, and a rule for sources that the target does not depend on.
    ///
    /// # Errors
    /// As [`GradientTape::gradient`].
    pub fn sparse_gradient_with<S: Sources + ?Sized>(
        &self,
        target: &impl Nest,
        sources: &S,
        output_gradients: &[Option<Tensor>],
        unconnected: UnconnectedGradients,
    ) -> Result<Vec<Option<Gradient>>> {
        self.0.gradients_with(&target.to_flat(), &sources.sources(), output_gradients, unconnected)
    }
}
