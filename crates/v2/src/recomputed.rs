//! `recompute_grad`: functions whose gradients compute once more what they need.

use crate::custom_gradient;
use ferroflow_core::{Error, Result, Tensor, context, ensure};
use ferroflow_graph::{GradientFn, GradientTape, Graph, UnconnectedGradients, dense};
use std::sync::Arc;

/// The same function, whose gradient calls it once more in place of keeping what it computed on the way: memory is saved, and
/// time is spent. Gradients flow to its arguments and, in eager code, to the variables that it reads.
///
/// Source: `tf.recompute_grad`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let block = tf::recompute_grad(|x: &[tf::Tensor]| Ok(vec![tf::sin((&x[0] * &x[0])?)?]));
/// let x = tf::constant(2.0)?;
/// let tape = tf::GradientTape::new();
/// tape.watch(&x);
/// let y = block(&[x.clone()])?;
/// let slope = tape.gradient(&y[0], &x)?.unwrap().numpy()?.item::<f32>()?;
/// assert!((slope - 4.0 * 4f32.cos()).abs() < 1e-5);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// The function that this gives returns what `f` returns, and `Unimplemented` for a variable that is read in a graph: pass its
/// value as an argument there.
pub fn recompute_grad<F>(f: F) -> impl Fn(&[Tensor]) -> Result<Vec<Tensor>>
where
    F: Fn(&[Tensor]) -> Result<Vec<Tensor>> + Send + Sync + 'static,
{
    let f = Arc::new(f);
    move |args| {
        // A first call finds out which variables are read.
        let (results, handles) = context::without_recorders(|| {
            let tape = GradientTape::new();
            let results = f(args)?;
            Ok((results, tape.watched_handles()))
        })?;
        ensure!(
            handles.is_empty() || Graph::current().is_none(),
            unimplemented,
            "recompute_grad of a function that reads a variable in a graph: pass the variable's value as an argument"
        );
        let all: Vec<Tensor> = args.iter().chain(&handles).cloned().collect();
        let (count, sources, again) = (args.len(), all.clone(), f.clone());
        let gradient: GradientFn = Arc::new(move |flowing: &[Tensor]| {
            let tape = GradientTape::new();
            sources.iter().for_each(|source| tape.watch(source));
            let Some(args) = sources.get(..count) else { return Err(Error::internal("arguments are lost")) };
            let results = again(args)?;
            let flowing: Vec<Option<Tensor>> = flowing.iter().cloned().map(Some).collect();
            let gradients = tape.gradients_with(&results, &sources, &flowing, UnconnectedGradients::None)?;
            gradients.into_iter().map(|gradient| gradient.map(dense).transpose()).collect()
        });
        custom_gradient(&all, |_| Ok((results, gradient)))
    }
}
