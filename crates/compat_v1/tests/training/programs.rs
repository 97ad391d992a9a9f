//! The programs, in the order of `tools/record_training.py`.

use super::{Program, Start, layers};
use ferroflow_compat_v1::losses::{self, Reduction};
use ferroflow_compat_v1::optimizers::{GateGradients, Rule};
use ferroflow_compat_v1::train::{self, Optimizer};
use ferroflow_compat_v1::{self as tf, GraphKeys, Variable};
use ferroflow_core::{DType, Error, Gradient, NdArray, Result, Tensor};
use ferroflow_graph::{CollectionItem, Operation};

/// The numbers that the record was made with.
pub(crate) fn data(shape: &[usize]) -> Result<NdArray> {
    let count: usize = shape.iter().product();
    NdArray::from_vec(shape, (0..count).map(|i| ((i * 37 % 101) as f64 / 101.0 - 0.5) as f32).collect())
}

pub(crate) fn constant(shape: &[usize]) -> Result<Tensor> {
    tf::constant(data(shape)?)
}

pub(crate) fn variable(name: &str, shape: &[usize], resource: bool) -> Result<Variable> {
    tf::get_variable_with(name, |o| o.shape(tf::TensorShape::from(shape)).use_resource(resource))
}

fn zeros(name: &str, shape: &[usize], resource: bool) -> Result<Variable> {
    tf::get_variable_with(name, |o| {
        o.shape(tf::TensorShape::from(shape)).use_resource(resource).initializer(tf::zeros_initializer())
    })
}

pub(crate) fn mean_square(y: Tensor, target: &[usize]) -> Result<Tensor> {
    let square = tf::square((y - constant(target)?)?)?;
    tf::with_name("loss", || tf::reduce_mean(square, (), false))
}

/// A loss with a dense gradient by `w` and `b`, and a sparse one by `e`, in which a row occurs twice.
fn rows_and_products(resource: bool) -> Result<Tensor> {
    tf::set_random_seed(7);
    let w = variable("w", &[3, 2], resource)?;
    let b = zeros("b", &[2], resource)?;
    let e = variable("e", &[5, 3], resource)?;
    let rows = tf::nn::embedding_lookup(&e, [0, 3, 3, 1])?;
    let y = tf::nn::bias_add(tf::matmul(rows, w.value()?)?, b.value()?)?;
    mean_square(y, &[4, 2])
}

fn line() -> Result<Tensor> {
    tf::set_random_seed(3);
    let w = variable("w", &[3, 2], false)?;
    mean_square(tf::matmul(constant(&[4, 3])?, &w)?, &[4, 2])
}

type Boxed = Optimizer<Box<dyn Rule>>;

type Make = fn(&Variable) -> Result<Boxed>;

const OPTIMIZERS: &[(&str, Make)] = &[
    ("gradient_descent", |_| Ok(train::GradientDescentOptimizer::new(0.5)?.boxed())),
    ("momentum", |_| Ok(train::MomentumOptimizer::new(0.1, 0.9)?.boxed())),
    ("nesterov", |_| Ok(train::MomentumOptimizer::new_with(0.1, 0.9, |o| o.use_nesterov(true))?.boxed())),
    ("adam", |_| Ok(train::AdamOptimizer::new(0.05)?.boxed())),
    ("adagrad", |_| Ok(train::AdagradOptimizer::new(0.3)?.boxed())),
    ("adagrad_da", |step| {
        Ok(train::AdagradDAOptimizer::new_with(0.3, step, |o| o.l2_regularization_strength(0.01))?.boxed())
    }),
    ("adadelta", |_| Ok(train::AdadeltaOptimizer::new_with(1.0, |o| o.epsilon(1e-3))?.boxed())),
    ("rms_prop", |_| Ok(train::RMSPropOptimizer::new_with(0.02, |o| o.momentum(0.5))?.boxed())),
    ("centered_rms_prop", |_| Ok(train::RMSPropOptimizer::new_with(0.02, |o| o.centered(true))?.boxed())),
    ("ftrl", |_| Ok(train::FtrlOptimizer::new_with(0.3, |o| o.l1_regularization_strength(0.001))?.boxed())),
    ("ftrl_with_shrinkage", |_| {
        let optimizer = train::FtrlOptimizer::new_with(0.3, |o| {
            o.l2_regularization_strength(0.01).l2_shrinkage_regularization_strength(0.01).beta(0.1)
        });
        Ok(optimizer?.boxed())
    }),
    ("proximal_gradient_descent", |_| {
        let optimizer = train::ProximalGradientDescentOptimizer::new_with(0.3, |o| {
            o.l1_regularization_strength(0.001).l2_regularization_strength(0.01)
        });
        Ok(optimizer?.boxed())
    }),
    ("proximal_adagrad", |_| {
        let optimizer =
            train::ProximalAdagradOptimizer::new_with(0.3, |o| o.l1_regularization_strength(0.001));
        Ok(optimizer?.boxed())
    }),
];

fn optimized(make: Make, resource: bool) -> Result<(Tensor, Operation)> {
    let loss = rows_and_products(resource)?;
    let step = train::get_or_create_global_step()?;
    let optimizer = make(&step)?;
    let train = optimizer.minimize_with(&loss, |o| o.global_step(step))?;
    Ok((loss, train))
}

type Decay = fn(&Variable) -> Result<Tensor>;

const DECAYS: &[(&str, Decay)] = &[
    ("exponential_decay", |step| train::exponential_decay(0.9, step, 5, 0.7, false)),
    ("exponential_decay_in_stairs", |step| train::exponential_decay(0.9, step, 5, 0.7, true)),
    ("natural_exp_decay", |step| train::natural_exp_decay(0.9, step, 5, 0.7, false)),
    ("inverse_time_decay", |step| train::inverse_time_decay(0.9, step, 5, 0.7, false)),
    ("polynomial_decay", |step| {
        train::polynomial_decay_with(0.9, step, 10, |o| o.end_learning_rate(0.01).power(0.5))
    }),
    ("polynomial_decay_in_cycles", |step| {
        train::polynomial_decay_with(0.9, step, 6, |o| o.end_learning_rate(0.01).cycle(true))
    }),
    ("cosine_decay", |step| train::cosine_decay(0.9, step, 15, 0.1)),
    ("cosine_decay_restarts", |step| train::cosine_decay_restarts_with(0.9, step, 5, |o| o.m_mul(0.8))),
    ("linear_cosine_decay", |step| train::linear_cosine_decay(0.9, step, 15)),
    ("piecewise_constant", |step| train::piecewise_constant(step, [5, 12], [0.9, 0.5, 0.1])),
];

fn decayed(decay: Decay) -> Result<(Tensor, Operation)> {
    let loss = line()?;
    let step = train::get_or_create_global_step()?;
    let optimizer = train::GradientDescentOptimizer::new(decay(&step)?)?;
    let train = optimizer.minimize_with(&loss, |o| o.global_step(step))?;
    Ok((loss, train))
}

fn clipped_gradients() -> Result<(Tensor, Operation)> {
    let loss = line()?;
    let optimizer = train::MomentumOptimizer::new(0.5, 0.5)?;
    let (mut gradients, mut variables) = (Vec::new(), Vec::new());
    for (gradient, variable) in optimizer.compute_gradients(&loss)? {
        let Some(Gradient::Dense(gradient)) = gradient else { return Err(Error::internal("a gradient")) };
        gradients.push(gradient);
        variables.push(variable);
    }
    let (clipped, _) = tf::clip_by_global_norm(&gradients, 0.05)?;
    let pairs: Vec<_> = clipped.into_iter().map(|g| Some(Gradient::Dense(g))).zip(variables).collect();
    let step = optimizer.apply_gradients_with(&pairs, |o| o.name("step"))?;
    let step = step.ok_or_else(|| Error::internal("a graph gives an operation"))?;
    Ok((loss, step))
}

fn all_gradients_at_once() -> Result<(Tensor, Operation)> {
    let loss = rows_and_products(false)?;
    let optimizer = train::GradientDescentOptimizer::new(0.5)?;
    let step = optimizer.minimize_with(&loss, |o| o.gate_gradients(GateGradients::Graph))?;
    Ok((loss, step))
}

fn gradients_with_their_ops() -> Result<(Tensor, Operation)> {
    let loss = rows_and_products(false)?;
    let step =
        train::AdamOptimizer::new(0.05)?.minimize_with(&loss, |o| o.colocate_gradients_with_ops(true))?;
    Ok((loss, step))
}

fn moving_averages() -> Result<(Tensor, Operation)> {
    let loss = line()?;
    let step = train::get_or_create_global_step()?;
    let descent = train::GradientDescentOptimizer::new(0.5)?;
    let descent = descent.minimize_with(&loss, |o| o.global_step(step.clone()))?;
    let updates = step.value()?;
    let averages = train::ExponentialMovingAverage::new_with(0.9, |o| o.num_updates(updates))?;
    let apply = tf::control_dependencies([descent], || averages.apply_to_trainable())?;
    Ok((loss, apply))
}

fn moving_average_of_a_loss() -> Result<(Tensor, Operation)> {
    let loss = line()?;
    let averages = train::ExponentialMovingAverage::new_with(0.9, |o| o.zero_debias(true))?;
    let descent = train::GradientDescentOptimizer::new(0.5)?.minimize(&loss)?;
    let apply = tf::control_dependencies([descent], || averages.apply(&[(&loss).into()]))?;
    Ok((loss, apply))
}

fn regularized() -> Result<(Tensor, Operation)> {
    tf::set_random_seed(3);
    let penalty = tf::Regularizer::new(|w| 0.01 * tf::nn::l2_loss(w)?);
    let w = tf::get_variable_with("w", |o| o.shape([3, 2]).regularizer(penalty))?;
    let y = tf::matmul(constant(&[4, 3])?, &w)?;
    let error = tf::reduce_mean(tf::square((y - constant(&[4, 2])?)?)?, (), false)?;
    let mut losses = vec![error];
    for item in tf::get_collection(GraphKeys::REGULARIZATION_LOSSES) {
        let CollectionItem::Tensor(loss) = item else { return Err(Error::internal("a tensor")) };
        losses.push(loss);
    }
    let loss = tf::with_name("loss", || tf::add_n(&losses))?;
    let step = train::AdamOptimizer::new(0.05)?.minimize(&loss)?;
    Ok((loss, step))
}

fn convolutions() -> Result<(Tensor, Operation)> {
    tf::set_random_seed(5);
    let images = constant(&[2, 6, 6, 1])?;
    let k = variable("conv/kernel", &[3, 3, 1, 4], false)?;
    let b = zeros("conv/bias", &[4], false)?;
    let hidden = tf::nn::relu(tf::nn::bias_add(tf::nn::conv2d(images, &k, [1, 1, 1, 1], "SAME")?, &b)?)?;
    let pooled = tf::nn::max_pool(hidden, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")?;
    let w = variable("dense/kernel", &[36, 3], false)?;
    let logits = tf::matmul(tf::reshape(pooled, [2, 36])?, &w)?;
    let losses = tf::nn::sparse_softmax_cross_entropy_with_logits([0, 2], logits)?;
    let loss = tf::with_name("loss", || tf::reduce_mean(losses, (), false))?;
    let step = train::MomentumOptimizer::new(0.05, 0.9)?.minimize(&loss)?;
    Ok((loss, step))
}

fn dropout() -> Result<(Tensor, Operation)> {
    tf::set_random_seed(5);
    let w = variable("w", &[3, 8], false)?;
    let v = variable("v", &[8, 2], false)?;
    let hidden = tf::nn::relu(tf::matmul(constant(&[4, 3])?, &w)?)?;
    let hidden = tf::nn::dropout(hidden, 0.5, Some(11))?;
    let loss = mean_square(tf::matmul(hidden, &v)?, &[4, 2])?;
    let step = train::AdamOptimizer::new(0.02)?.minimize(&loss)?;
    Ok((loss, step))
}

type Loss = fn(&Tensor, &Tensor) -> Result<Tensor>;

fn weights() -> Result<Tensor> {
    tf::constant([[1.0f32], [0.0], [2.0], [0.5]])
}

const LOSSES: &[(&str, Loss)] = &[
    ("absolute_difference", |t, y| losses::absolute_difference(t, y)),
    ("absolute_difference_with_weights", |t, y| {
        let weights = weights()?;
        losses::absolute_difference_with(t, y, |o| o.weights(weights))
    }),
    ("mean_squared_error", |t, y| losses::mean_squared_error(t, y)),
    ("mean_squared_error_on_average", |t, y| {
        let weights = weights()?;
        losses::mean_squared_error_with(t, y, |o| o.weights(weights).reduction(Reduction::Mean))
    }),
    ("mean_squared_error_of_a_batch", |t, y| {
        let weights = weights()?;
        losses::mean_squared_error_with(t, y, |o| o.weights(weights).reduction(Reduction::SumOverBatchSize))
    }),
    ("mean_squared_error_in_sum", |t, y| {
        losses::mean_squared_error_with(t, y, |o| o.reduction(Reduction::Sum))
    }),
    ("huber_loss", |t, y| losses::huber_loss(t, y, 0.2)),
    ("hinge_loss", |t, y| losses::hinge_loss(tf::cast(tf::greater(t, 0.0)?, DType::FLOAT32)?, y)),
    ("log_loss", |t, y| losses::log_loss((t + 0.5)?, tf::sigmoid(y)?, 1e-7)),
    ("cosine_distance", |t, y| losses::cosine_distance(t, y, 1)),
    ("mean_pairwise_squared_error", |t, y| losses::mean_pairwise_squared_error(t, y)),
    ("mean_pairwise_squared_error_with_weights", |t, y| {
        let weights = weights()?;
        losses::mean_pairwise_squared_error_with(t, y, |o| o.weights(weights))
    }),
    ("sigmoid_cross_entropy", |t, y| losses::sigmoid_cross_entropy_with((t + 0.5)?, y, 0.1, |o| o)),
    ("softmax_cross_entropy", |t, y| losses::softmax_cross_entropy_with(tf::nn::softmax(t)?, y, 0.1, |o| o)),
    ("sparse_softmax_cross_entropy", |_, y| losses::sparse_softmax_cross_entropy([0, 1, 1, 0], y)),
];

fn with_loss(loss: Loss) -> Result<(Tensor, Operation)> {
    tf::set_random_seed(3);
    let w = variable("w", &[3, 2], false)?;
    let y = tf::matmul(constant(&[4, 3])?, &w)?;
    loss(&constant(&[4, 2])?, &y)?;
    let total = losses::get_total_loss(true, "")?;
    let step = train::GradientDescentOptimizer::new(0.1)?.minimize(&total)?;
    Ok((total, step))
}

/// One replica: its gradients are added up, and a thread changes the variables when enough of them came.
fn synchronized(loss: Tensor, rule: Boxed) -> Result<(Tensor, Operation, Option<Start>)> {
    let step = train::get_or_create_global_step()?;
    let optimizer = train::SyncReplicasOptimizer::new_with(rule, 1, |o| o.total_num_replicas(1));
    let descent = optimizer.minimize(&loss, &step)?;
    // Without tokens at the start each step waits for the change it asks for.
    let tokens = optimizer.get_init_tokens_op(Some(0))?;
    let start = move |sess: &tf::Session| {
        sess.run(tf::local_variables_initializer()?)?;
        sess.run((&optimizer.chief_init_op()?, &tokens))?;
        optimizer.get_chief_queue_runner()?.create_threads(sess, None)
    };
    Ok((loss, descent, Some(Box::new(start))))
}

/// A loss, and the optimizer that makes the changes.
type MakeReplica = fn() -> Result<(Tensor, Boxed)>;

const SYNCHRONIZED: &[(&str, MakeReplica)] = &[
    ("synchronized_replicas", || Ok((line()?, train::MomentumOptimizer::new(0.5, 0.5)?.boxed()))),
    ("synchronized_replicas_of_resources", || {
        Ok((rows_and_products(true)?, train::MomentumOptimizer::new(0.1, 0.9)?.boxed()))
    }),
    ("synchronized_replicas_with_slices", || {
        Ok((rows_and_products(false)?, train::GradientDescentOptimizer::new(0.5)?.boxed()))
    }),
];

type Build = fn() -> Result<(Tensor, Operation)>;

/// A program that only trains.
fn plain(build: impl Fn() -> Result<(Tensor, Operation)> + 'static) -> Program {
    Box::new(move || build().map(|(loss, step)| (loss, step, None)))
}

pub(crate) fn all() -> Vec<(String, Program)> {
    let mut all: Vec<(String, Program)> = Vec::new();
    for (name, make) in OPTIMIZERS {
        all.push((name.to_string(), plain(|| optimized(*make, false))));
        all.push((format!("{name}_of_resources"), plain(|| optimized(*make, true))));
    }
    for (name, decay) in DECAYS {
        all.push((name.to_string(), plain(|| decayed(*decay))));
    }
    for (name, loss) in LOSSES {
        all.push((name.to_string(), plain(|| with_loss(*loss))));
    }
    for (name, build) in SYNCHRONIZED {
        let program = || build().and_then(|(loss, rule)| synchronized(loss, rule));
        all.push((name.to_string(), Box::new(program)));
    }
    let others: [(&str, Build); 15] = [
        ("clipped_gradients", clipped_gradients),
        ("all_gradients_at_once", all_gradients_at_once),
        ("gradients_with_their_ops", gradients_with_their_ops),
        ("moving_averages", moving_averages),
        ("moving_average_of_a_loss", moving_average_of_a_loss),
        ("regularized", regularized),
        ("convolutions", convolutions),
        ("dropout", dropout),
        ("dense_layers", layers::dense_layers),
        ("convolutional_layers", layers::convolutional_layers),
        ("lstm", layers::lstm),
        ("gru_of_lengths", layers::gru_of_lengths),
        ("stacked_cells", layers::stacked_cells),
        ("static_network", layers::static_network),
        ("loop", layers::training_loop),
    ];
    all.extend(others.map(|(name, program)| (name.to_string(), plain(program))));
    all
}
