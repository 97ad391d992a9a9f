//! `export`: a model as a SavedModel that computes its outputs.

use super::Sequential;
use super::model::locked;
use super::step::forward;
use crate::layers::UNNAMED;
use crate::{Children, Function, TensorSpec, Trackable, Variable, function_with, saved_model};
use ferroflow_core::{PartialShape, Result, Tensor, bail};
use std::path::Path;

/// What is exported, under the names that Keras gives its parts.
struct Exported {
    lists: [(&'static str, Vec<Variable>); 3],
    serve: Function<'static, Tensor>,
}

impl Trackable for Exported {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        for (name, variables) in &self.lists {
            children.add_variables(*name, variables.clone());
        }
        children.add("serve", &self.serve);
    }
}

impl Sequential {
    /// Writes a SavedModel with the endpoint `serve`, which computes the outputs of the model as in inference: for
    /// TensorFlow, for servers, for `ferroflow run`. The signature is `serving_default`; its input has the name of the
    /// [`Input`](crate::layers::Input) layer, or else `keras_tensor`, its output is `output_0`.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::layers::{Dense, Input};
    /// let ones = tf::initializers::Ones::default();
    /// let model = tf::sequential![
    ///     Input::new_with([2], |o| o.name("x".to_string())),
    ///     Dense::new_with(1, |o| o.kernel_initializer(ones)),
    /// ]?;
    /// let directory = std::env::temp_dir().join(format!("exported-{}", std::process::id()));
    /// model.export(&directory)?;
    /// let loaded = tf::saved_model::load(&directory)?;
    /// let outputs = loaded.signature("serving_default")?.call_named([("x", tf::constant([[1.0, 2.0]])?)])?;
    /// assert_eq!(outputs["output_0"].to_string(), "[[3.]]");
    /// # std::fs::remove_dir_all(directory).unwrap();
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` before weights are made; those of the file system.
    pub fn export(&self, filepath: impl AsRef<Path>) -> Result<()> {
        let name = self.input_layer().map_or(UNNAMED, |input| input.tensor_name());
        let spec = self.input_spec()?.named(name);
        let lists = [
            ("variables", self.variables()),
            ("trainable_variables", self.trainable_variables()),
            ("non_trainable_variables", self.non_trainable_variables()),
        ];
        let exported = Exported { lists, serve: self.inference("serve", spec) };
        let serve: &dyn Trackable = &exported.serve;
        saved_model::save(&exported, filepath, &[("serve", serve), ("serving_default", serve)])
    }

    /// What inputs are like, in batches of any size unless the input layer says otherwise.
    pub(super) fn input_spec(&self) -> Result<TensorSpec> {
        let input = self.input_layer();
        let built = locked(&self.traced.shapes).map(|(shape, _)| match input {
            Some(input) => input.batch_shape().clone(),
            None => PartialShape::new([None]).concatenate(&shape.slice(1..shape.rank().unwrap_or(1))),
        });
        let Some(shape) = built else {
            bail!(value, "The model provided has not yet been built. It must be built before export.");
        };
        Ok(TensorSpec { shape, dtype: self.input_dtype(), name: None })
    }

    /// The outputs for such inputs, as a function of them alone.
    pub(super) fn inference(&self, name: &'static str, inputs: TensorSpec) -> Function<'static, Tensor> {
        let layers = self.shared_layers();
        function_with(
            move |x: &Tensor| forward(&layers, x, false),
            |o| o.name(name).input_signature(vec![inputs]),
        )
    }
}
