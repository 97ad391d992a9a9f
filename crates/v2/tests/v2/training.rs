//! Programs train as in TensorFlow: the same losses and variables after 20 steps from the same seeds, under the same
//! names. `tools/record_v2_training.py` holds the same programs, in the same order.

use crate::rows::{array, rows};
use ferroflow_core::{DType, NdArray, Result, Tensor};
use ferroflow_v2 as tf;
use std::fmt::Write as _;
use std::sync::Arc;
use tf::Variable;
use tf::data::Dataset;
use tf::initializers::*;
use tf::layers::*;
use tf::losses::{self, Loss};
use tf::metrics;
use tf::optimizers::schedules::ExponentialDecay;
use tf::optimizers::*;

const RECORD: &str = include_str!("../data/training.txt");
const STEPS: usize = 20;
/// How far losses, and variables, may be from TensorFlow's after 20 steps: what roundings of the first steps have grown to.
const BOUND: f64 = 2e-5;

fn numbers(text: &str) -> Vec<f64> {
    text.split(' ').map(|number| number.parse().expect("a number")).collect()
}

fn data(name: &str) -> NdArray {
    let row = rows(RECORD, "data").find(|row| row[1] == name).expect(name);
    array(row[2], row[3])
}

fn glorot(seed: i64) -> GlorotUniform {
    GlorotUniform::default().seed(seed)
}

/// What a program has done, and how far it is from the record.
struct Report {
    program: &'static str,
    loss: f64,
    variables: f64,
    count: usize,
}

/// The distance of two numbers, in parts of the larger one where that is above 1.
fn distance(found: f64, expected: f64) -> f64 {
    let distance = (found - expected).abs() / expected.abs().max(1.0);
    if distance.is_nan() { f64::INFINITY } else { distance }
}

fn farthest(found: &[f64], expected: &[f64], what: &str) -> f64 {
    assert_eq!(found.len(), expected.len(), "{what}");
    found.iter().zip(expected).map(|(&a, &b)| distance(a, b)).fold(0.0, f64::max)
}

/// Compares variables, and the names of what the optimizer keeps.
fn compare(
    program: &'static str,
    loss: f64,
    variables: &[Variable],
    optimizer: &Optimizer,
) -> Result<Report> {
    let recorded: Vec<_> = rows(RECORD, "variable").filter(|row| row[1] == program).collect();
    let mut far = 0.0f64;
    assert_eq!(variables.len(), recorded.len(), "{program}");
    for (variable, row) in variables.iter().zip(&recorded) {
        let path = row[2].trim_end_matches(":0");
        assert_eq!(variable.path(), path, "{program}");
        let expected = array(row[3], row[4]);
        let found = variable.numpy()?;
        assert_eq!(found.shape(), expected.shape(), "{program} {path}");
        let as_numbers = |array: &NdArray| array.cast(DType::FLOAT64)?.into_vec::<f64>();
        far = far.max(farthest(&as_numbers(&found)?, &as_numbers(&expected)?, path));
    }
    let names: Vec<String> = optimizer.variables().iter().map(|own| own.path().to_string()).collect();
    let row = rows(RECORD, "optimizer").find(|row| row[1] == program).expect(program);
    assert_eq!(names.join(" "), row[2], "{program}");
    Ok(Report { program, loss, variables: far, count: variables.len() })
}

/// Eight samples at a time, one after another.
fn batch(array: &NdArray, step: usize) -> Result<Tensor> {
    let count = array.shape().dims()[0];
    let first = (step * 8 % count) as i64;
    let mut begin = vec![0i64; array.rank()];
    let mut size = vec![-1i64; array.rank()];
    (begin[0], size[0]) = (first, 8);
    tf::slice(array, begin, size)
}

/// Trains by a tape: what is recorded and what is trained follow the first batch, which makes weights.
fn train(
    program: &'static str,
    optimizer: Optimizer,
    names: [&str; 2],
    traced: bool,
    variables: impl Fn() -> [Vec<Variable>; 2] + Send + Sync + 'static,
    loss_of: impl Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<Report> {
    let arrays = names.map(data);
    let optimizer = Arc::new(optimizer);
    // Weights are made outside of the trace, as layers do it in TensorFlow.
    loss_of(&batch(&arrays[0], 0)?, &batch(&arrays[1], 0)?)?;
    reset_generators(&variables()[0])?;
    let variables = Arc::new(variables);
    let (kept, own) = (variables.clone(), optimizer.clone());
    own.build(&variables()[1])?;
    let step = move |x: &Tensor, y: &Tensor| {
        let tape = tf::GradientTape::new();
        let loss = loss_of(x, y)?;
        let trained = &kept()[1];
        let gradients = tape.sparse_gradient(&loss, trained)?;
        own.apply_sparse_gradients(gradients.into_iter().zip(trained))?;
        Ok(loss)
    };
    let mut found = Vec::new();
    {
        let function;
        let run: &dyn Fn(&Tensor, &Tensor) -> Result<Tensor> = if traced {
            function = tf::function(step);
            &|x, y| function.call((x, y))
        } else {
            &step
        };
        for number in 0..STEPS {
            let loss = run(&batch(&arrays[0], number)?, &batch(&arrays[1], number)?)?;
            found.push(f64::from(loss.numpy()?.item::<f32>()?));
        }
    }
    let row = rows(RECORD, "losses").find(|row| row[1] == program).expect(program);
    let far = farthest(&found, &numbers(row[2]), program);
    compare(program, far, &variables()[0], &optimizer)
}

/// Takes back what the call that made weights has changed: generators, and moving averages.
fn reset_generators(variables: &[Variable]) -> Result<()> {
    for variable in variables {
        let path = variable.path().to_string();
        if path.ends_with("seed_generator_state") {
            let seed = variable.numpy()?.as_slice::<i64>()?[0];
            variable.assign(NdArray::vector(vec![seed, 0i64]))?;
        } else if path.ends_with("moving_mean") {
            variable.assign(tf::zeros_like(variable)?)?;
        } else if path.ends_with("moving_variance") {
            variable.assign(tf::ones_like(variable)?)?;
        }
    }
    Ok(())
}

/// Layers one after another, in training.
type Parts = Vec<Arc<dyn Layer>>;

fn through(parts: &Parts, x: &Tensor) -> Result<Tensor> {
    parts.iter().try_fold(x.clone(), |x, part| part.apply(&x, true))
}

fn of_layers(parts: &Parts) -> impl Fn() -> [Vec<Variable>; 2] + Send + Sync + 'static + use<> {
    let parts = parts.clone();
    move || {
        [
            parts.iter().flat_map(|part| part.variables()).collect(),
            parts.iter().flat_map(|part| part.trainable_variables()).collect(),
        ]
    }
}

macro_rules! parts {
    ($($layer:expr),* $(,)?) => { vec![$($layer.into_layer()?),*] };
}

fn train_layers(
    program: &'static str,
    parts: Parts,
    loss: impl Loss,
    optimizer: Result<Optimizer>,
    names: [&str; 2],
    traced: bool,
) -> Result<Report> {
    train(program, optimizer?, names, traced, of_layers(&parts), move |x, y| {
        loss.call(y, through(&parts, x)?)
    })
}

fn linear_regression() -> Result<Report> {
    let w = Variable::from_fn(|| tf::zeros([4, 1], tf::float32), |o| o.name("w"))?;
    let b = Variable::new_with(0.5, |o| o.name("b"))?;
    let both = vec![w.clone(), b.clone()];
    let optimizer = Optimizer::new(SGD::default(), 0.1)?;
    train("linear_regression", optimizer, ["x", "line"], false, move || [both.clone(), both.clone()], {
        move |x, y| {
            let error = ((tf::matmul(x, &w)? + &b.value()?)? - y)?;
            tf::reduce_mean(tf::square(error)?, ())
        }
    })
}

fn two_layers_adam() -> Result<Report> {
    let parts = parts![
        Dense::new_with(8, |o| o.activation("relu").kernel_initializer(glorot(1))),
        Dense::new_with(1, |o| o.kernel_initializer(glorot(2))),
    ];
    let loss = losses::MeanSquaredError::default();
    let adam = Optimizer::new(Adam::default(), 0.02);
    train_layers("two_layers_adam", parts, loss, adam, ["x", "line"], false)
}

fn logistic_regression_nesterov() -> Result<Report> {
    let parts = parts![Dense::new_with(1, |o| o.kernel_initializer(HeNormal::default().seed(3)))];
    let loss = losses::BinaryCrossentropy::default().from_logits(true);
    let sgd = Optimizer::new(SGD::default().momentum(0.9).nesterov(true), 0.2);
    train_layers("logistic_regression_nesterov", parts, loss, sgd, ["x", "bits"], true)
}

fn softmax_regression_rmsprop() -> Result<Report> {
    let parts = parts![Dense::new_with(3, |o| o.kernel_initializer(LecunNormal::default().seed(4)))];
    let loss = losses::SparseCategoricalCrossentropy::default().from_logits(true);
    let rmsprop = Optimizer::new(RMSprop::default().momentum(0.5).centered(true), 0.05);
    train_layers("softmax_regression_rmsprop", parts, loss, rmsprop, ["x", "classes"], true)
}

struct Residual {
    weights: Vec<Variable>,
    out: Variable,
    bias: Variable,
}

impl tf::Trackable for Residual {
    fn children<'a>(&'a self, children: &mut tf::Children<'a>) {
        children.add("weights", &self.weights).add("out", &self.out).add("bias", &self.bias);
    }
}

fn custom_module_adagrad() -> Result<Report> {
    let variable = |seed: i64, sizes: &'static [usize], name: &'static str| {
        Variable::from_fn(move || glorot(seed).call(sizes, tf::float32), |o| o.name(name))
    };
    let module = Arc::new(Residual {
        weights: vec![variable(5, &[4, 4], "w0")?, variable(6, &[4, 4], "w1")?],
        out: variable(7, &[4, 1], "out")?,
        bias: Variable::from_fn(|| tf::zeros([1], tf::float32), |o| o.name("bias"))?,
    });
    let loss = losses::Huber::default().delta(0.7);
    let adagrad = Optimizer::new(Adagrad::default(), 0.1)?;
    let own = module.clone();
    let variables = move || [tf::Module::variables(&*own), tf::Module::trainable_variables(&*own)];
    train("custom_module_adagrad", adagrad, ["x", "line"], true, variables, move |x, y| {
        let mut x = x.clone();
        for weight in &module.weights {
            x = (&x + tf::tanh(tf::matmul(&x, weight)?)?)?;
        }
        loss.call(y, (tf::matmul(x, &module.out)? + module.bias.value()?)?)
    })
}

fn embedding_adam() -> Result<Report> {
    let uniform = RandomUniform::default().seed(8);
    let table = Arc::new(Embedding::new_with(12, 5, |o| o.embeddings_initializer(uniform))?);
    let head = Arc::new(Dense::new_with(1, |o| o.kernel_initializer(glorot(9)))?);
    let parts: Parts = vec![table.clone(), head.clone()];
    let loss = losses::BinaryCrossentropy::default().from_logits(true).label_smoothing(0.1);
    let adam = Optimizer::new(Adam::default().amsgrad(true), 0.05)?;
    train("embedding_adam", adam, ["ids", "bits"], true, of_layers(&parts), move |ids, y| {
        loss.call(y, head.call(tf::reduce_mean(table.call(ids)?, 1)?)?)
    })
}

fn embedding_sgd() -> Result<Report> {
    let normal = RandomNormal::default().stddev(0.5).seed(10);
    let table = Arc::new(Embedding::new_with(12, 3, |o| o.embeddings_initializer(normal))?);
    let parts: Parts = vec![table.clone()];
    let loss = losses::MeanAbsoluteError::default();
    let sgd = Optimizer::new(SGD::default(), 0.05)?;
    train("embedding_sgd", sgd, ["ids", "line"], false, of_layers(&parts), move |ids, y| {
        loss.call(y, tf::expand_dims(tf::reduce_sum(table.call(ids)?, [1, 2])?, -1)?)
    })
}

fn conv_net_momentum() -> Result<Report> {
    let parts = parts![
        Conv2D::new_with(4, 3, |o| o.padding("same").activation("relu").kernel_initializer(glorot(11))),
        MaxPooling2D::new(),
        Conv2D::new_with(3, 3, |o| o.kernel_initializer(glorot(12))),
        ReLU::new(),
        Flatten::new(),
        Dense::new_with(3, |o| o.kernel_initializer(glorot(13))),
    ];
    let loss = losses::SparseCategoricalCrossentropy::default().from_logits(true);
    let sgd = Optimizer::new(SGD::default().momentum(0.9), 0.1);
    train_layers("conv_net_momentum", parts, loss, sgd, ["images", "labels"], true)
}

fn batch_norm_adam() -> Result<Report> {
    let parts = parts![
        Dense::new_with(6, |o| o.use_bias(false).kernel_initializer(glorot(14))),
        BatchNormalization::new_with(|o| o.momentum(0.9)),
        Activation::new("tanh"),
        Dense::new_with(1, |o| o.kernel_initializer(glorot(15))),
    ];
    let loss = losses::MeanSquaredError::default();
    let adam = Optimizer::new(Adam::default(), 0.03);
    train_layers("batch_norm_adam", parts, loss, adam, ["x", "line"], true)
}

fn layer_norm_adamw() -> Result<Report> {
    let parts = parts![
        Dense::new_with(6, |o| o.activation("gelu").kernel_initializer(HeUniform::default().seed(16))),
        LayerNormalization::new(),
        Dense::new_with(3, |o| o.activation("softmax").kernel_initializer(glorot(17))),
    ];
    let loss = losses::CategoricalCrossentropy::default().label_smoothing(0.05);
    let adamw = Optimizer::new(AdamW::default().weight_decay(0.05), 0.02);
    train_layers("layer_norm_adamw", parts, loss, adamw, ["x", "hot"], true)
}

fn dropout_nadam() -> Result<Report> {
    let parts = parts![
        Dense::new_with(8, |o| o.activation("elu").kernel_initializer(glorot(18))),
        Dropout::new_with(0.3, |o| o.seed(19)),
        Dense::new_with(1, |o| o.kernel_initializer(glorot(20))),
    ];
    let nadam = Optimizer::new(Nadam::default(), 0.02);
    train_layers("dropout_nadam", parts, losses::LogCosh::default(), nadam, ["x", "line"], true)
}

fn sparse_weights_ftrl() -> Result<Report> {
    let parts = parts![Dense::new_with(1, |o| o.kernel_initializer(glorot(21)))];
    let loss = losses::BinaryFocalCrossentropy::default().from_logits(true);
    let rule = Ftrl::default().l1_regularization_strength(0.01).l2_regularization_strength(0.02);
    train_layers("sparse_weights_ftrl", parts, loss, Optimizer::new(rule, 0.3), ["x", "bits"], true)
}

fn margins_schedule_clipped() -> Result<Report> {
    let parts = parts![
        Dense::new_with(4, |o| o.activation("softplus").kernel_initializer(glorot(22))),
        Dense::new_with(1, |o| o.kernel_initializer(glorot(23))),
    ];
    let rate = ExponentialDecay::new(0.2, 5, 0.7)?;
    let sgd = Optimizer::new_with(SGD::default(), rate, |o| o.clipnorm(0.5));
    train_layers(
        "margins_schedule_clipped",
        parts,
        losses::SquaredHinge::default(),
        sgd,
        ["x", "signs"],
        true,
    )
}

fn counts_adamax() -> Result<Report> {
    let parts = parts![
        Dense::new_with(5, |o| o.activation("silu").kernel_initializer(Orthogonal::default().seed(24))),
        Dense::new_with(1, |o| o.activation("exponential").kernel_initializer(glorot(25))),
    ];
    let adamax = Optimizer::new(Adamax::default(), 0.05);
    train_layers("counts_adamax", parts, losses::Poisson::default(), adamax, ["x", "counts"], true)
}

fn accumulated_adadelta() -> Result<Report> {
    let normal = TruncatedNormal::default().stddev(0.5).seed(26);
    let parts = parts![Dense::new_with(3, |o| o.kernel_initializer(normal))];
    let adadelta = Optimizer::new_with(Adadelta::default(), 1.0, |o| o.gradient_accumulation_steps(4));
    let loss = losses::CosineSimilarity::default();
    train_layers("accumulated_adadelta", parts, loss, adadelta, ["x", "hot"], true)
}

fn averaged_lion() -> Result<Report> {
    let parts = parts![Dense::new_with(3, |o| o.kernel_initializer(glorot(27)))];
    let lion = Optimizer::new_with(Lion::default(), 0.01, |o| {
        o.use_ema(true).ema_momentum(0.8).ema_overwrite_frequency(6)
    });
    train_layers("averaged_lion", parts, losses::CategoricalHinge::default(), lion, ["x", "hot"], true)
}

fn lstm_adam() -> Result<Report> {
    let parts = parts![
        LSTM::new_with(4, |o| {
            o.kernel_initializer(glorot(28)).recurrent_initializer(Orthogonal::default().seed(29))
        }),
        Dense::new_with(1, |o| o.kernel_initializer(glorot(30))),
    ];
    let own = parts.clone();
    let trained =
        move || -> Vec<Variable> { own.iter().flat_map(|part| part.trainable_variables()).collect() };
    let adam = Optimizer::new(Adam::default(), 0.05)?;
    let loss = losses::MeanSquaredError::default();
    train(
        "lstm_adam",
        adam,
        ["steps", "totals"],
        true,
        move || [trained(), trained()],
        move |x, y| loss.call(y, through(&parts, x)?),
    )
}

/// Compares what `fit` says after each epoch, and `evaluate` and `predict` in the end, on datasets.
fn fit_dataset<E: tf::Nest, V: tf::Nest>(
    program: &'static str,
    mut model: tf::Sequential,
    training: &Dataset<E>,
    evaluation: &Dataset<V>,
    options: impl for<'a> FnOnce(tf::sequential::FitOptions<'a>) -> tf::sequential::FitOptions<'a>,
) -> Result<Report> {
    let history = model.fit_dataset(training, |o| options(o).epochs(5).verbose(0))?;
    let logs = model.evaluate_dataset(evaluation, |o| o.verbose(0))?;
    let mut far = recorded_metrics(program, &history, &logs);
    let row = rows(RECORD, "predicted").find(|row| row[1] == program).expect(program);
    let predicted = model.predict_dataset(evaluation, |o| o.verbose(0))?;
    let expected = array(row[2], row[3]);
    assert_eq!(predicted.shape(), expected.shape(), "{program}");
    let wide = |array: &NdArray| array.cast(DType::FLOAT64)?.into_vec::<f64>();
    far = far.max(farthest(&wide(&predicted)?, &wide(&expected)?, program));
    compare(program, far, &model.variables(), model.optimizer()?)
}

fn slices<const N: usize>(names: [&str; N]) -> Result<Dataset<Vec<Tensor>>> {
    let parts = names.map(data);
    let count = parts[0].shape().dims()[0] as i64;
    let parts = parts.map(Tensor::from);
    Dataset::range(count)?.map(move |row| parts.iter().map(|part| tf::gather(part, &row)).collect())
}

fn dataset_epochs() -> Result<Report> {
    let mut model = tf::sequential![
        Dense::new_with(6, |o| o.activation("tanh").kernel_initializer(glorot(60))),
        Dense::new_with(1, |o| o.kernel_initializer(glorot(61))),
    ]?;
    model.compile(Optimizer::new(Adam::default(), 0.05), "mse", |o| o.metric("mae"))?;
    let pairs = Dataset::from_tensor_slices((data("x"), data("line")))?;
    let validation = pairs.take(9)?.batch(4)?;
    fit_dataset("dataset_epochs", model, &pairs.batch(5)?, &pairs.batch(7)?, |o| {
        o.validation_dataset(&validation)
    })
}

fn dataset_steps() -> Result<Report> {
    let mut model = tf::sequential![
        Input::new([4]),
        Dense::new_with(1, |o| o.activation("sigmoid").kernel_initializer(glorot(62))),
    ]?;
    let sgd = Optimizer::new(SGD::default().momentum(0.5), 0.5);
    model.compile(sgd, "binary_crossentropy", |o| o.metric("accuracy"))?;
    let pairs = slices(["x", "bits"])?;
    let validation = pairs.batch(6)?.repeat(-1)?;
    fit_dataset("dataset_steps", model, &pairs.batch(8)?.repeat(-1)?, &pairs.batch(8)?, |o| {
        o.steps_per_epoch(3)
            .class_weight([(0, 0.5), (1, 2.0)])
            .validation_dataset(&validation)
            .validation_steps(2)
    })
}

fn dataset_runs_out() -> Result<Report> {
    let mut model = tf::sequential![
        Input::new([4]),
        Dense::new_with(3, |o| o.kernel_initializer(glorot(63))),
        Softmax::new(),
    ]?;
    let rmsprop = Optimizer::new(RMSprop::default(), 0.02);
    model.compile(rmsprop, "categorical_crossentropy", |o| o.weighted_metric("accuracy"))?;
    // A filter hides how many elements there are.
    let triples = slices(["x", "hot", "weights"])?;
    let training = triples.filter(|parts| tf::greater(tf::reduce_max(&parts[0], ())?, -10.0))?.batch(8)?;
    let evaluation = slices(["x", "hot"])?.batch(32)?;
    fit_dataset("dataset_runs_out", model, &training, &evaluation, |o| o.steps_per_epoch(3))
}

/// How far the metrics of all epochs, and those in the end, are from the record.
fn recorded_metrics(
    program: &'static str,
    history: &tf::sequential::History,
    logs: &tf::sequential::Logs,
) -> f64 {
    let recorded: Vec<_> = rows(RECORD, "history").filter(|row| row[1] == program).collect();
    let mut names: Vec<&str> = recorded.iter().map(|row| row[2]).collect();
    let mut own = history.names();
    names.sort_unstable();
    own.sort_unstable();
    assert_eq!(own, names, "{program}");
    let mut far = 0.0f64;
    for row in recorded {
        let found = history.get(row[2]).expect(row[2]);
        far = far.max(farthest(found, &numbers(row[3]), &format!("{program} {}", row[2])));
    }
    for row in rows(RECORD, "result").filter(|row| row[1] == program) {
        far = far.max(distance(logs.get(row[2]).expect(row[2]), numbers(row[3])[0]));
    }
    far
}

/// Compares what `fit` says after each epoch, and `evaluate` in the end.
fn fit(
    program: &'static str,
    mut model: tf::Sequential,
    [x, y]: [&str; 2],
    options: impl for<'a> FnOnce(tf::sequential::FitOptions<'a>) -> tf::sequential::FitOptions<'a>,
) -> Result<Report> {
    let (x, y) = (data(x), data(y));
    let history = model.fit(&x, &y, |o| options(o.batch_size(8)).epochs(5).shuffle(false).verbose(0))?;
    let logs = model.evaluate(&x, &y, |o| o.batch_size(8).verbose(0))?;
    let far = recorded_metrics(program, &history, &logs);
    compare(program, far, &model.variables(), model.optimizer()?)
}

fn fit_regression() -> Result<Report> {
    let mut model = tf::sequential![
        Input::new([4]),
        Dense::new_with(8, |o| o.activation("tanh").kernel_initializer(glorot(31))),
        Dense::new_with(1, |o| o.kernel_initializer(glorot(32))),
    ]?;
    let rmse = metrics::RootMeanSquaredError::new()?;
    model.compile(Optimizer::new(Adam::default(), 0.02), "mse", |o| o.metric("mae").metric(rmse))?;
    let first = |name| tf::slice(data(name), [0, 0], [10, -1]);
    let (x, y) = (first("x")?, first("line")?);
    fit("fit_regression", model, ["x", "line"], |o| o.validation_data(x, y))
}

fn fit_classifier() -> Result<Report> {
    let mut model = tf::sequential![
        Dense::new_with(8, |o| o.activation("relu").kernel_initializer(glorot(33))),
        Dropout::new_with(0.2, |o| o.seed(34)),
        Dense::new_with(3, |o| o.activation("softmax").kernel_initializer(glorot(35))),
    ]?;
    let top = metrics::SparseTopKCategoricalAccuracy::new_with(|o| o.k(2))?;
    let rmsprop = Optimizer::new(RMSprop::default(), 0.01);
    model.compile(rmsprop, "sparse_categorical_crossentropy", |o| o.metric("accuracy").metric(top))?;
    fit("fit_classifier", model, ["x", "classes"], |o| o.validation_split(0.25))
}

fn fit_decisions_class_weight() -> Result<Report> {
    let mut model = tf::sequential![
        Input::new([4]),
        Dense::new_with(6, |o| { o.activation("selu").kernel_initializer(LecunUniform::default().seed(36)) }),
        Dense::new_with(1, |o| o.activation("sigmoid").kernel_initializer(glorot(37))),
    ]?;
    let auc = metrics::AUC::new_with(|o| o.num_thresholds(50))?;
    let (precision, recall) = (metrics::Precision::new()?, metrics::Recall::new()?);
    model.compile(Optimizer::new(SGD::default().momentum(0.8), 0.1), "binary_crossentropy", |o| {
        o.metric("accuracy").metric(auc).metric(precision).metric(recall)
    })?;
    fit("fit_decisions_class_weight", model, ["x", "bits"], |o| {
        o.class_weight([(0, 0.5), (1, 2.0)]).batch_size(10)
    })
}

fn fit_weighted() -> Result<Report> {
    let mut model = tf::sequential![
        Input::new([4]),
        Dense::new_with(3, |o| o.kernel_initializer(glorot(38))),
        Softmax::new(),
    ]?;
    let entropy = metrics::CategoricalCrossentropy::new()?;
    let loss = losses::KLDivergence::default();
    model.compile(Optimizer::new(Adam::default(), 0.05), loss, |o| {
        o.metric("categorical_accuracy").weighted_metric("categorical_accuracy").weighted_metric(entropy)
    })?;
    fit("fit_weighted", model, ["x", "hot"], |o| o.sample_weight(data("weights")))
}

fn fit_images() -> Result<Report> {
    let mut model = tf::sequential![
        Input::new([8, 8, 2]),
        Conv2D::new_with(4, 3, |o| o.use_bias(false).kernel_initializer(HeNormal::default().seed(39))),
        BatchNormalization::new_with(|o| o.momentum(0.8)),
        ReLU::new(),
        AveragePooling2D::new(2),
        Conv2D::new_with(3, 2, |o| o.activation("relu").kernel_initializer(glorot(40))),
        GlobalAveragePooling2D::new(),
        Dense::new_with(3, |o| o.kernel_initializer(glorot(41))),
    ]?;
    let loss = losses::SparseCategoricalCrossentropy::default().from_logits(true);
    model.compile(Optimizer::new(Adam::default(), 0.02), loss, |o| o.metric("accuracy"))?;
    fit("fit_images", model, ["images", "labels"], |o| o.batch_size(4))
}

fn fit_default_seeds() -> Result<Report> {
    tf::utils::set_random_seed(42);
    let mut model = tf::sequential![
        Input::new([6]),
        Embedding::new(12, 4),
        Flatten::new(),
        Dense::new_with(8, |o| o.activation("relu")),
        Dropout::new(0.25),
        Dense::new(1),
    ]?;
    model.compile("adam", losses::MeanAbsoluteError::default(), |o| o.metric("mse"))?;
    fit("fit_default_seeds", model, ["ids", "line"], |o| o)
}

fn fit_regularized() -> Result<Report> {
    use tf::constraints::{MaxNorm, NonNeg, UnitNorm};
    use tf::regularizers::{L1, L1L2, L2, OrthogonalRegularizer};
    let (weights, bias, scale) = (L1L2::new(0.01, 0.02)?, L2::new(0.1)?, L1::new(0.05)?);
    let orthogonal = OrthogonalRegularizer::new(0.3, "rows")?;
    let mut model = tf::sequential![
        Input::new([4]),
        Dense::new_with(6, |o| {
            o.activation("relu")
                .kernel_initializer(glorot(64))
                .kernel_regularizer(weights)
                .bias_regularizer(bias)
                .kernel_constraint(MaxNorm::default().max_value(0.9))
        }),
        BatchNormalization::new_with(|o| o.gamma_regularizer(scale).beta_constraint(NonNeg)),
        Dense::new_with(3, |o| {
            o.kernel_initializer(glorot(65))
                .kernel_regularizer(orthogonal)
                .kernel_constraint(UnitNorm::default().axis(vec![1]))
                .bias_constraint(NonNeg)
        }),
    ]?;
    let loss = losses::SparseCategoricalCrossentropy::default().from_logits(true);
    model.compile(Optimizer::new(Adam::default(), 0.05), loss, |o| o.metric("accuracy"))?;
    assert_eq!(model.losses()?.len(), 4);
    fit("fit_regularized", model, ["x", "classes"], |o| o.validation_split(0.25))
}

fn fit_activity() -> Result<Report> {
    use tf::regularizers::{L1, L1L2, L2};
    let (both, l1, l2, weights) =
        (L1L2::new(0.02, 0.03)?, L1::new(0.04)?, tf::regularizers::get("l2")?, L2::new(0.01)?);
    let mut model = tf::sequential![
        Input::new([4]),
        Dense::new_with(6, |o| {
            o.activation("tanh").kernel_initializer(glorot(71)).activity_regularizer(both)
        }),
        Dense::new_with(5, |o| {
            o.activation("relu").kernel_initializer(glorot(72)).activity_regularizer(l1).trainable(false)
        }),
        ActivityRegularization::new(0.01, 0.0),
        Dense::new_with(3, |o| {
            o.kernel_initializer(glorot(73)).kernel_regularizer(weights).activity_regularizer(l2)
        }),
    ]?;
    let loss = losses::SparseCategoricalCrossentropy::default().from_logits(true);
    model.compile(Optimizer::new(Adam::default(), 0.05), loss, |o| o.metric("accuracy"))?;
    fit("fit_activity", model, ["x", "classes"], |o| o.validation_split(0.25))
}

fn fit_activity_of_sequences() -> Result<Report> {
    use tf::regularizers::{L1, L2};
    let (rows, steps, values) = (L2::new(0.1)?, L1::new(0.02)?, L2::new(0.3)?);
    let uniform = RandomUniform::default().seed(74);
    let mut model = tf::sequential![
        Input::new([6]),
        Embedding::new_with(12, 4, |o| {
            o.mask_zero(true).embeddings_initializer(uniform).activity_regularizer(rows)
        }),
        LSTM::new_with(3, |o| {
            o.return_sequences(true)
                .kernel_initializer(glorot(75))
                .recurrent_initializer(glorot(76))
                .activity_regularizer(steps)
                .seed(77)
        }),
        Flatten::new_with(|o| o.activity_regularizer(values)),
        Dense::new_with(1, |o| o.activation("sigmoid").kernel_initializer(glorot(78))),
    ]?;
    model.compile(Optimizer::new(Adam::default(), 0.05), "binary_crossentropy", |o| o.metric("mae"))?;
    fit("fit_activity_of_sequences", model, ["ids", "bits"], |o| o)
}

fn fit_masked() -> Result<Report> {
    let (uniform, l2) = (RandomUniform::default().seed(66), tf::regularizers::L2::new(0.01)?);
    let mut model = tf::sequential![
        Input::new([6]),
        Embedding::new_with(12, 4, |o| {
            o.mask_zero(true).embeddings_initializer(uniform).embeddings_regularizer(l2)
        }),
        LSTM::new_with(3, |o| {
            o.return_sequences(true)
                .kernel_initializer(glorot(67))
                .recurrent_initializer(glorot(68))
                .recurrent_constraint(tf::constraints::MinMaxNorm::default().min_value(0.5).max_value(0.8))
                .seed(70)
        }),
        Dense::new_with(1, |o| o.activation("sigmoid").kernel_initializer(glorot(69))),
    ]?;
    model.compile(Optimizer::new(Adam::default(), 0.05), "binary_crossentropy", |o| o.metric("mae"))?;
    fit("fit_masked", model, ["ids", "parities"], |o| o)
}

struct Clipped;

impl tf::constraints::Constraint for Clipped {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        tf::clip_by_value(w, -0.5, 0.5)
    }
}

fn constrained_variable() -> Result<Report> {
    let w = Variable::from_fn(|| tf::fill([4, 1], 0.1), |o| o.name("w").constraint(Clipped))?;
    let optimizer = Optimizer::new(Nadam::default(), 0.2)?;
    let all = vec![w.clone()];
    let variables = move || [all.clone(), all.clone()];
    train("constrained_variable", optimizer, ["x", "line"], true, variables, move |x, y| {
        tf::reduce_mean(tf::square((tf::matmul(x, &w)? - y)?)?, ())
    })
}

#[test]
fn programs_train_as_in_tensorflow() -> Result<()> {
    let programs: [fn() -> Result<Report>; 31] = [
        linear_regression,
        two_layers_adam,
        logistic_regression_nesterov,
        softmax_regression_rmsprop,
        custom_module_adagrad,
        embedding_adam,
        embedding_sgd,
        conv_net_momentum,
        batch_norm_adam,
        layer_norm_adamw,
        dropout_nadam,
        sparse_weights_ftrl,
        margins_schedule_clipped,
        counts_adamax,
        accumulated_adadelta,
        averaged_lion,
        lstm_adam,
        fit_regression,
        fit_classifier,
        fit_decisions_class_weight,
        fit_weighted,
        fit_images,
        fit_default_seeds,
        dataset_epochs,
        dataset_steps,
        dataset_runs_out,
        fit_regularized,
        fit_activity,
        fit_activity_of_sequences,
        fit_masked,
        constrained_variable,
    ];
    let mut table =
        String::from("program                        variables  losses off by  variables off by\n");
    let mut wrong = Vec::new();
    for run in programs {
        tf::utils::clear_session();
        let Report { program, loss, variables, count } = run()?;
        let _ = writeln!(table, "{program:<30} {count:>9} {loss:>13.1e} {variables:>17.1e}");
        if loss > BOUND || variables > BOUND {
            wrong.push(program);
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{wrong:?}\n{table}");
    Ok(())
}
