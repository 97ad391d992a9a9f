//! Elements of some classes, in other shares than they come in.

use super::Dataset;
use super::choosing::sampled_by;
use crate::{Nest, cast, get_static_value};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor, options,
};

options! {
    /// Optional arguments of [`Dataset::rejection_resample_with`].
    pub struct ResampleOptions {
        /// In which shares classes come, one for each; estimated as elements are seen where nothing is given.
        initial_dist: Option<Tensor> = None,
        /// The seed of what is left out.
        seed: Option<i64> = None,
    }
}

/// How many elements shares are estimated of at once.
const ESTIMATED: i64 = 32;
/// How many elements of each class are taken to have been seen before the first.
const SMOOTHING: i64 = 10;

impl<E: Nest + Clone> Dataset<E> {
    /// Elements with their classes, left out by chance so that classes come in the shares of `target_dist`. `class_func` gives
    /// the class of an element, an `int32` from 0 on.
    ///
    /// # Errors
    /// As [`Dataset::rejection_resample_with`].
    pub fn rejection_resample(
        &self,
        class_func: impl Fn(E) -> Result<Tensor>,
        target_dist: impl IntoOperand,
    ) -> Result<Dataset<(Tensor, E)>> {
        self.rejection_resample_with(class_func, target_dist, |options| options)
    }

    /// The same with optional arguments.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// let numbers = tf::data::Dataset::range(1000)?;
    /// let is_tenth = |x: tf::Tensor| tf::cast(tf::equal(tf::math::floormod(x, 10i64)?, 0i64)?, tf::int32);
    /// let initial = tf::constant([0.9, 0.1])?;
    /// let even = numbers.rejection_resample_with(is_tenth, [0.5, 0.5], |o| o.initial_dist(initial).seed(1))?;
    /// let classes: Vec<tf::Tensor> = even.map(|(class, _)| Ok(class))?.iter()?.collect::<tf::Result<_>>()?;
    /// assert!((150..250).contains(&classes.len()));
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the closure returns; while iterating, `InvalidArgument` for a class that has no share.
    pub fn rejection_resample_with(
        &self,
        class_func: impl Fn(E) -> Result<Tensor>,
        target_dist: impl IntoOperand,
        options: impl FnOnce(ResampleOptions) -> ResampleOptions,
    ) -> Result<Dataset<(Tensor, E)>> {
        let options = options(ResampleOptions::default());
        let target_dist = target_dist.into_operand()?;
        self.scoped(|| {
            let target = cast(
                context::with_name("target_dist", || convert_to_tensor(target_dist, None))?,
                DType::FLOAT32,
            )?;
            let with_class = |element: E| Ok((class_func(element.clone())?, element));
            let (initial, acceptance, original, known) = match &options.initial_dist {
                Some(initial) => {
                    let initial = cast(initial, DType::FLOAT32)?;
                    let (acceptance, original) = acceptance(&initial, &target)?;
                    let known = share_kept(&initial, &target)?;
                    let forever = |tensor: &Tensor| Dataset::from_tensors(tensor)?.repeat(-1);
                    (forever(&initial)?, forever(&acceptance)?, forever(&original)?, known)
                }
                None => {
                    let initial = estimated(&self.map(&class_func)?, &target)?;
                    let both = initial.map(|initial| acceptance(&initial, &target))?;
                    let (accepted, original) =
                        (both.map(|(accepted, _)| Ok(accepted))?, both.map(|(_, m)| Ok(m))?);
                    (initial, accepted, original, None)
                }
            };
            let accepted = self.accepted(&acceptance, &initial, &class_func, options.seed)?.prefetch(3)?;
            match known {
                Some(1.0) => self.map(with_class),
                Some(0.0) => Ok(accepted),
                _ => {
                    let weights = original.map(|share| {
                        let rest = (1.0 - &share)?;
                        crate::expand_dims(crate::stack([&share, &rest])?, 0)
                    })?;
                    sampled_by(&[self.map(with_class)?, accepted], &weights, options.seed)
                }
            }
        })
    }

    /// The elements that are accepted, with their classes.
    fn accepted(
        &self,
        acceptance: &Dataset<Tensor>,
        initial: &Dataset<Tensor>,
        class_func: &impl Fn(E) -> Result<Tensor>,
        seed: Option<i64>,
    ) -> Result<Dataset<(Tensor, E)>> {
        let acceptance = Dataset::zip((acceptance, initial))?.map(|(accept, initial)| {
            let rejected = crate::reduce_sum(((1.0 - &accept)? * &initial)?, ())?;
            crate::cond(
                crate::less(&rejected, 0.5)?,
                || Ok(accept.clone()),
                || {
                    let op = Op::named("Print").input(&accept).inputs([&rejected, &initial, &accept]);
                    op.attr("message", "Proportion of examples rejected by sampler is high: ")
                        .attr("summarize", 100i64)
                        .attr("first_n", 10i64)
                        .one()
                },
            )
        })?;
        let drawn = Dataset::zip((&acceptance, self))?.map(|(accept, element)| {
            let class = class_func(element.clone())?;
            Ok((class.clone(), crate::gather(accept, class)?, element))
        })?;
        let kept = drawn.filter(|(_, share, _)| {
            let shape = NdArray::vector(Vec::<i32>::new());
            let number = crate::random::uniform_with(shape, |o| o.seed(seed).dtype(share.dtype()))?;
            crate::less(number, share)
        })?;
        kept.map(|(class, _, element)| Ok((class, element)))
    }
}

/// How likely elements of each class are accepted, and the share of elements that are taken as they come.
fn acceptance(initial: &Tensor, target: &Tensor) -> Result<(Tensor, Tensor)> {
    let ratio = (target / (initial + f64::from(f32::MIN_POSITIVE))?)?;
    let (most, least) = (crate::reduce_max(&ratio, ())?, crate::reduce_min(&ratio, ())?);
    Ok((((&ratio - &least)? / (most - &least)?)?, least))
}

/// The share of elements that are taken as they come, where all shares are known.
fn share_kept(initial: &Tensor, target: &Tensor) -> Result<Option<f32>> {
    let (Some(initial), Some(target)) = (get_static_value(initial), get_static_value(target)) else {
        return Ok(None);
    };
    let pairs = target.as_slice::<f32>()?.iter().zip(initial.as_slice::<f32>()?);
    Ok(pairs.map(|(target, initial)| target / initial).reduce(f32::min))
}

/// The shares of classes as they become known, for each element.
fn estimated(classes: &Dataset<Tensor>, target: &Tensor) -> Result<Dataset<Tensor>> {
    let shape = target.shape();
    let Some(count) = shape.dim(0).and_then(|count| i32::try_from(count).ok()) else {
        bail!(unimplemented, "rejection_resample of an unknown number of classes: {shape}")
    };
    let seen = crate::fill(NdArray::vector(vec![count]), NdArray::scalar(SMOOTHING))?;
    let shares = classes.batch(ESTIMATED)?.scan(seen, |seen, classes| {
        let found = Op::named("OneHot").input(classes).input(NdArray::scalar(count));
        let found = found.input(NdArray::scalar(1i64)).input(NdArray::scalar(0i64)).one()?;
        let seen = (seen + crate::reduce_sum(found, 0)?)?;
        let share = crate::truediv(&seen, crate::reduce_sum(&seen, ())?)?;
        let share = crate::expand_dims(cast(share, DType::FLOAT32)?, 0)?;
        Ok((seen, crate::tile(share, NdArray::vector(vec![ESTIMATED as i32, 1]))?))
    })?;
    shares.unbatch()
}
