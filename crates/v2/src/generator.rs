//! `random::Generator`: random numbers from a state that a variable holds.

use crate::{Children, Trackable, Variable, bitcast, cast, init_scope, name_scope};
use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, bail, convert_to_tensor, ensure};
use ferroflow_ops_array::{getitem, reshape, stack, unstack, zeros_like};
use std::sync::{Arc, Mutex, PoisonError};

/// How a [`Generator`] makes bits of its state.
///
/// Source: `tf.random.Algorithm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// A counter of 128 bits and a key (Salmon et al. 2011).
    #[default]
    Philox,
    /// A counter and a key of 64 bits each. A state can be made; numbers cannot, as on TensorFlow's CPU.
    ThreeFry,
    /// Philox.
    AutoSelect,
}

impl Algorithm {
    /// TensorFlow's number for it.
    fn number(self) -> i32 {
        match self {
            Algorithm::Philox => 1,
            Algorithm::ThreeFry => 2,
            Algorithm::AutoSelect => 3,
        }
    }

    fn counter_size(self) -> usize {
        if self == Algorithm::ThreeFry { 1 } else { 2 }
    }

    fn state_size(self) -> usize {
        self.counter_size() + 1
    }
}

/// The state that a generator begins with for a seed: a number and zeros behind it, or zeros and the numbers of a vector.
///
/// Source: `tf.random.create_rng_state`.
///
/// ```
/// use ferroflow_v2::random::{Algorithm, create_rng_state};
/// assert_eq!(format!("{}", create_rng_state(7, Algorithm::Philox)?), "[7 0 0]");
/// assert_eq!(format!("{}", create_rng_state([7, 8], Algorithm::Philox)?), "[0 7 8]");
/// # Ok::<(), ferroflow_v2::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a seed that is no number.
pub fn create_rng_state(seed: impl IntoOperand, alg: Algorithm) -> Result<Tensor> {
    let size = alg.state_size();
    let operand = seed.into_operand()?;
    // One number in the program is a number of any size in Python: its low 64 bits come first.
    if let Some(array) = operand.value().filter(|array| array.rank() == 0 && array.dtype().is_integer()) {
        let low = match array.dtype() {
            DType::UINT64 => array.item::<u64>()? as i64,
            _ => array.cast(DType::INT64)?.item::<i64>()?,
        };
        let mut state = vec![if low < 0 && array.dtype() != DType::UINT64 { -1i64 } else { 0 }; size];
        if let Some(first) = state.first_mut() {
            *first = low;
        }
        return convert_to_tensor(NdArray::vector(state), None);
    }
    let seed = reshape(cast(convert_to_tensor(operand, None)?, DType::INT64)?, [-1])?;
    let seed = getitem(seed, 0..size as i64)?;
    let Some(given) = seed.shape().dim(0) else {
        bail!(unimplemented, "a seed of a generator whose number of elements is not known");
    };
    let padding = NdArray::vector(vec![0i64; size.saturating_sub(given)]);
    crate::concat(vec![convert_to_tensor(padding, None)?, seed], 0)
}

fn state_tensor(state: impl IntoOperand) -> Result<Tensor> {
    cast(convert_to_tensor(state, None)?, DType::INT64)
}

fn check_shape(tensor: &Tensor, wanted: &[usize]) -> Result<()> {
    let found = tensor.shape();
    let fits = found.is_compatible_with(&ferroflow_core::PartialShape::from(wanted));
    ensure!(fits, value, "Shapes {found} and {wanted:?} are incompatible");
    Ok(())
}

/// The state of a key and a counter.
fn key_counter_state(key: impl IntoOperand, counter: impl IntoOperand, alg: Algorithm) -> Result<Tensor> {
    let (counter, key) = (state_tensor(counter)?, state_tensor(key)?);
    check_shape(&counter, &[alg.counter_size()])?;
    check_shape(&key, &[])?;
    crate::concat(vec![counter, reshape(key, [1])?], 0)
}

/// A generator of random numbers whose state is a variable: in checkpoints it is a part like any other, and in traced
/// functions each call goes on where the last one ended. Clones share the state.
///
/// Source: `tf.random.Generator`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let generator = tf::random::Generator::from_seed(1)?;
/// let first = generator.normal([2])?;
/// generator.reset_from_seed(1)?;
/// assert_eq!(first.numpy()?, generator.normal([2])?.numpy()?);
/// assert_eq!(format!("{}", generator.state().numpy()?), "[513   0   0]");
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    state: Variable,
    algorithm: Algorithm,
}

impl Generator {
    /// A generator with this state: a counter, then a key.
    ///
    /// # Errors
    /// `ValueError` for a state of another size.
    pub fn from_state(state: impl IntoOperand, alg: Algorithm) -> Result<Generator> {
        let state = state_tensor(state)?;
        check_shape(&state, &[alg.state_size()])?;
        let make = || Variable::new_with(state, |o| o.name("StateVar").trainable(false));
        Ok(Generator { state: name_scope("random_generator", make)?, algorithm: alg })
    }

    /// A generator that keeps its state in this variable.
    ///
    /// # Errors
    /// `ValueError` for a variable of another shape.
    pub fn from_variable(state: &Variable, alg: Algorithm) -> Result<Generator> {
        check_shape(&state.value()?, &[alg.state_size()])?;
        Ok(Generator { state: state.clone(), algorithm: alg })
    }

    /// A generator that a seed determines.
    ///
    /// # Errors
    /// As [`create_rng_state`].
    pub fn from_seed(seed: impl IntoOperand) -> Result<Generator> {
        Generator::from_seed_with(seed, Algorithm::default())
    }

    /// The same with another algorithm.
    ///
    /// # Errors
    /// As [`create_rng_state`].
    pub fn from_seed_with(seed: impl IntoOperand, alg: Algorithm) -> Result<Generator> {
        Generator::from_state(create_rng_state(seed, alg)?, alg)
    }

    /// A generator that nobody can foretell.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn from_non_deterministic_state(alg: Algorithm) -> Result<Generator> {
        let op = Op::named("NonDeterministicInts").input(NdArray::vector(vec![alg.state_size() as i64]));
        Generator::from_state(op.attr("dtype", DType::INT64).one()?, alg)
    }

    /// A generator with this key that stands at this counter.
    ///
    /// # Errors
    /// `ValueError` for a key or a counter of another size.
    pub fn from_key_counter(
        key: impl IntoOperand,
        counter: impl IntoOperand,
        alg: Algorithm,
    ) -> Result<Generator> {
        Generator::from_state(key_counter_state(key, counter, alg)?, alg)
    }

    /// The variable that holds the state.
    pub fn state(&self) -> &Variable {
        &self.state
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn key(&self) -> Result<Tensor> {
        getitem(self.state.value()?, -1)
    }

    /// Gives the generator a state.
    ///
    /// # Errors
    /// `ValueError` for a state of another size.
    pub fn reset(&self, state: impl IntoOperand) -> Result<()> {
        let state = state_tensor(state)?;
        check_shape(&state, &[self.algorithm.state_size()])?;
        self.state.assign(state).map(drop)
    }

    /// Gives the generator the state of a seed.
    ///
    /// # Errors
    /// As [`create_rng_state`].
    pub fn reset_from_seed(&self, seed: impl IntoOperand) -> Result<()> {
        self.state.assign(create_rng_state(seed, self.algorithm)?).map(drop)
    }

    /// Gives the generator a key and a counter.
    ///
    /// # Errors
    /// `ValueError` for a key or a counter of another size.
    pub fn reset_from_key_counter(&self, key: impl IntoOperand, counter: impl IntoOperand) -> Result<()> {
        self.state.assign(key_counter_state(key, counter, self.algorithm)?).map(drop)
    }

    /// Leaves out as many numbers as `delta` says; the state before that.
    ///
    /// # Errors
    /// `Unimplemented` for ThreeFry.
    pub fn skip(&self, delta: impl IntoOperand) -> Result<Tensor> {
        let delta = cast(convert_to_tensor(delta, None)?, DType::UINT64)?;
        let op = Op::named("RngReadAndSkip").input(self.state.handle()).input(self.algorithm.number());
        op.input(delta).one()
    }

    /// A stateless op that takes the numbers of this shape from the state.
    fn op(&self, name: &'static str, shape: &Tensor) -> Result<Op> {
        let before = self.skip(crate::reduce_prod(shape, ())?)?;
        let size = self.algorithm.counter_size() as i64;
        let counter = bitcast(getitem(&before, 0..size)?, DType::UINT64)?;
        let key = bitcast(getitem(&before, size..size + 1)?, DType::UINT64)?;
        Ok(Op::named(name).input(shape).input(key).input(counter).input(self.algorithm.number()))
    }

    fn scaled(
        &self,
        op: &'static str,
        shape: impl IntoOperand,
        mean: impl IntoOperand,
        stddev: impl IntoOperand,
        dtype: DType,
    ) -> Result<Tensor> {
        let shape = shape_tensor(shape)?;
        let (mean, stddev) = (convert_to_tensor(mean, Some(dtype))?, convert_to_tensor(stddev, Some(dtype))?);
        let drawn = self.op(op, &shape)?.attr("dtype", dtype).one()?;
        (drawn * stddev)? + mean
    }

    /// Numbers of the standard normal distribution.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape with negative sizes.
    pub fn normal(&self, shape: impl IntoOperand) -> Result<Tensor> {
        self.normal_with(shape, 0.0, 1.0, DType::FLOAT32)
    }

    /// Numbers of normal distributions.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape with negative sizes.
    pub fn normal_with(
        &self,
        shape: impl IntoOperand,
        mean: impl IntoOperand,
        stddev: impl IntoOperand,
        dtype: DType,
    ) -> Result<Tensor> {
        name_scope("stateful_normal", || self.scaled("StatelessRandomNormalV2", shape, mean, stddev, dtype))
    }

    /// Numbers of the standard normal distribution, drawn again where they are more than 2 from 0.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape with negative sizes.
    pub fn truncated_normal(&self, shape: impl IntoOperand) -> Result<Tensor> {
        self.truncated_normal_with(shape, 0.0, 1.0, DType::FLOAT32)
    }

    /// Numbers of normal distributions within two standard deviations.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape with negative sizes.
    pub fn truncated_normal_with(
        &self,
        shape: impl IntoOperand,
        mean: impl IntoOperand,
        stddev: impl IntoOperand,
        dtype: DType,
    ) -> Result<Tensor> {
        name_scope("truncated_normal", || {
            self.scaled("StatelessTruncatedNormalV2", shape, mean, stddev, dtype)
        })
    }

    /// Uniform numbers on [0, 1).
    ///
    /// # Errors
    /// `InvalidArgument` for a shape with negative sizes.
    pub fn uniform(&self, shape: impl IntoOperand) -> Result<Tensor> {
        self.uniform_with(shape, 0.0, 1.0, DType::FLOAT32)
    }

    /// Uniform numbers from `minval` on and below `maxval`.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape with negative sizes, or an empty range of integers.
    pub fn uniform_with(
        &self,
        shape: impl IntoOperand,
        minval: impl IntoOperand,
        maxval: impl IntoOperand,
        dtype: DType,
    ) -> Result<Tensor> {
        name_scope("stateful_uniform", || {
            let shape = shape_tensor(shape)?;
            let (low, high) =
                (convert_to_tensor(minval, Some(dtype))?, convert_to_tensor(maxval, Some(dtype))?);
            if dtype.is_integer() {
                let op = self.op("StatelessRandomUniformIntV2", &shape)?;
                return op.input(low).input(high).one();
            }
            let drawn = self.op("StatelessRandomUniformV2", &shape)?.attr("dtype", dtype).one()?;
            (drawn * (high - &low)?)? + low
        })
    }

    /// Integers of which each bit is as likely as not.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape with negative sizes.
    pub fn uniform_full_int(&self, shape: impl IntoOperand, dtype: DType) -> Result<Tensor> {
        name_scope("stateful_uniform_full_int", || {
            let shape = shape_tensor(shape)?;
            self.op("StatelessRandomUniformFullIntV2", &shape)?.attr("dtype", dtype).one()
        })
    }

    /// How many of `counts` trials succeed, each with the probability `probs`.
    ///
    /// # Errors
    /// `InvalidArgument` for a shape that does not end with that of the parameters.
    pub fn binomial(
        &self,
        shape: impl IntoOperand,
        counts: impl IntoOperand,
        probs: impl IntoOperand,
        dtype: DType,
    ) -> Result<Tensor> {
        name_scope("binomial", || {
            let (counts, probs) = (convert_to_tensor(counts, None)?, convert_to_tensor(probs, None)?);
            let op = Op::named("StatefulRandomBinomial").input(self.state.handle());
            let op = op.input(i64::from(self.algorithm.number())).input(shape_tensor(shape)?);
            op.input(counts).input(probs).attr("dtype", dtype).one()
        })
    }

    fn keys(&self, count: i64) -> Result<Tensor> {
        self.uniform_full_int(NdArray::vector(vec![count]), DType::INT64)
    }

    /// `count` seeds for stateless ops: a column for each.
    ///
    /// # Errors
    /// `InvalidArgument` for a negative number.
    pub fn make_seeds(&self, count: i64) -> Result<Tensor> {
        let keys = self.keys(count)?;
        let zeros = zeros_like(&keys)?;
        stack([keys, zeros])
    }

    /// `count` generators that are independent of this one and of each other.
    ///
    /// # Errors
    /// `InvalidArgument` for a negative number.
    pub fn split(&self, count: i64) -> Result<Vec<Generator>> {
        let zeros = vec![0i64; self.algorithm.counter_size()];
        let keys = unstack(self.keys(count)?)?;
        let made = keys
            .into_iter()
            .map(|key| Generator::from_key_counter(key, NdArray::vector(zeros.clone()), self.algorithm));
        made.collect()
    }
}

/// A shape as a tensor; that of a scalar has no elements, and a dtype all the same.
fn shape_tensor(shape: impl IntoOperand) -> Result<Tensor> {
    let shape = convert_to_tensor(shape, None)?;
    match shape.dtype().is_integer() {
        true => Ok(shape),
        false => cast(shape, DType::INT64),
    }
}

/// The state under the name that TensorFlow's checkpoints have for it.
impl Trackable for Generator {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        children.add("_state_var", &self.state);
    }
}

static GLOBAL: Mutex<Option<Arc<Generator>>> = Mutex::new(None);

/// The generator of the program, which begins anywhere unless one was set.
///
/// Source: `tf.random.get_global_generator`.
///
/// # Errors
/// Those of [`Generator::from_non_deterministic_state`].
pub fn get_global_generator() -> Result<Arc<Generator>> {
    let mut global = GLOBAL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(generator) = global.as_ref() {
        return Ok(generator.clone());
    }
    let made = Arc::new(init_scope(|| Generator::from_non_deterministic_state(Algorithm::Philox))?);
    *global = Some(made.clone());
    Ok(made)
}

/// Puts another generator in the place of the program's.
///
/// Source: `tf.random.set_global_generator`.
///
/// ```
/// use ferroflow_v2 as tf;
/// tf::random::set_global_generator(tf::random::Generator::from_seed(3)?);
/// assert_eq!(format!("{}", tf::random::get_global_generator()?.key()?), "0");
/// # Ok::<(), tf::Error>(())
/// ```
pub fn set_global_generator(generator: Generator) {
    *GLOBAL.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(generator));
}
