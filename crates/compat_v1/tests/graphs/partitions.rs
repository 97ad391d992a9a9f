//! Programs with variables in parts.

use crate::Program;
use crate::record::{Run, Scratch};
use ferroflow_compat_v1 as tf;
use ferroflow_core::Result;

pub(crate) const PROGRAMS: &[(&str, Program)] = &[
    ("partitioned_variables", partitioned_variables),
    ("partitioned_scopes", partitioned_scopes),
    ("partitioned_resources", partitioned_resources),
    ("partitioned_assignments", partitioned_assignments),
    ("partitioned_initializers", partitioned_initializers),
    ("create_partitioned_variables", create_partitioned_variables),
    ("lookup_in_parts", lookup_in_parts),
    ("lookup_in_parts_of_a_resource", lookup_in_parts_of_a_resource),
    ("lookup_in_one_part", lookup_in_one_part),
    ("lookup_in_a_resource", lookup_in_a_resource),
    ("lookup_in_tensors", lookup_in_tensors),
    ("saver_of_parts", saver_of_parts),
    ("training_of_parts", training_of_parts),
];

/// The parts, in order.
fn parts(variable: &tf::Variable) -> Vec<tf::Variable> {
    variable.as_partitioned().expect("a variable in parts").iter().cloned().collect()
}

/// The parts, joined.
fn joined(variable: &tf::Variable) -> Result<tf::Tensor> {
    variable.as_partitioned().expect("a variable in parts").as_tensor()
}

fn partitioned_variables(run: &mut Run) -> Result<()> {
    let initial = tf::Initializer::new(|shape, _| {
        let sizes: Vec<i32> = shape.iter().map(|size| *size as i32).collect();
        tf::fill(sizes, tf::constant(2.0)?)
    });
    let three = tf::fixed_size_partitioner(3, 0);
    let v = tf::get_variable_with("v", |o| {
        let value = tf::constant_initializer(1.5).expect("a value");
        o.shape([5, 2]).initializer(value).partitioner(three.clone())
    })?;
    let value = tf::constant([1, 2, 3, 4])?;
    let w = tf::get_variable_with("w", |o| {
        o.initializer(tf::Initializer::from(&value)).dtype(tf::int32).partitioner(three.clone())
    })?;
    let whole = tf::get_variable_with("x", |o| {
        o.shape([3]).initializer(initial).partitioner(tf::fixed_size_partitioner(1, 0))
    })?;
    let doubled = tf::multiply(&v, 2.0)?;
    let total = tf::add(&w, 1)?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&doubled, &total, &joined(&whole)?))?;
    run.run(parts(&v))
}

fn partitioned_scopes(run: &mut Run) -> Result<()> {
    let double = tf::CustomGetter::new(|getter, name, options| getter(&format!("{name}_twice"), options));
    let columns = tf::variable_axis_size_partitioner(32, |o| o.axis(1usize))?;
    let (scope, scalar, w, x) = tf::variable_scope_with(
        "a",
        |o| o.partitioner(columns).initializer(tf::ones_initializer()),
        |scope| {
            tf::get_variable("v", [4, 5])?;
            let scalar = tf::get_variable("s", ())?;
            let w =
                tf::variable_scope_with("b", |o| o.custom_getter(double), |_| tf::get_variable("w", [2, 3]))?;
            let small = tf::min_max_variable_partitioner(4, |o| o.min_slice_size(16usize));
            let x = tf::variable_scope_with(
                "c",
                |o| o.partitioner(small),
                |_| {
                    let sum = tf::Regularizer::new(|part| tf::reduce_sum(part, (), false));
                    tf::get_variable_with("x", |o| o.shape([6, 2]).regularizer(sum))
                },
            )?;
            Ok((scope.clone(), scalar, w, x))
        },
    )?;
    let again = tf::variable_scope_with(&scope, |o| o.reuse(true), |_| tf::get_variable("v", [4, 5]))?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((&joined(&again)?, &scalar, &joined(&w)?, &joined(&x)?))?;
    let losses = tf::get_collection("regularization_losses").into_iter().map(|item| match item {
        ferroflow_graph::CollectionItem::Tensor(loss) => loss,
        _ => panic!("a loss"),
    });
    run.run(losses.collect::<Vec<_>>())
}

fn partitioned_resources(run: &mut Run) -> Result<()> {
    let v = tf::get_variable_with("v", |o| {
        o.shape([3, 2])
            .initializer(tf::ones_initializer())
            .use_resource(true)
            .partitioner(tf::fixed_size_partitioner(2, 0))
    })?;
    let whole = v.as_partitioned().expect("parts");
    let assigned = whole.assign(tf::constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])?)?;
    let added = whole.assign_add(tf::ones([3, 2], tf::float32)?)?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(assigned)?;
    run.run(added)?;
    run.run(&whole.as_tensor()?)
}

fn partitioned_assignments(run: &mut Run) -> Result<()> {
    let v = tf::get_variable_with("v", |o| {
        o.shape([2, 3]).initializer(tf::ones_initializer()).partitioner(tf::fixed_size_partitioner(2, 1))
    })?;
    let whole = v.as_partitioned().expect("parts");
    let assigned = whole.assign(tf::constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])?)?;
    let lessened = whole.iter().map(|part| part.assign_sub(part)).collect::<Result<Vec<_>>>()?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(assigned)?;
    run.run(&whole.as_tensor()?)?;
    run.run(lessened)
}

fn partitioned_initializers(run: &mut Run) -> Result<()> {
    let variable = |name: &str, initializer: Option<tf::Initializer>, dtype: Option<tf::DType>| {
        tf::get_variable_with(name, |o| {
            o.shape([4, 3])
                .initializer(initializer)
                .dtype(dtype)
                .partitioner(tf::fixed_size_partitioner(2, 0))
        })
    };
    variable("glorot", None, None)?;
    let variables = [
        variable("integers", None, Some(tf::int32))?,
        variable("he", Some(tf::he_normal_initializer(Some(1))), None)?,
        variable("identity", Some(tf::identity_initializer(2.0)), None)?,
        variable("scaled", Some(tf::uniform_unit_scaling_initializer(1.0, Some(3))), None)?,
        variable("orthogonal", Some(tf::orthogonal_initializer(1.0, Some(4))), None)?,
        variable("uniform", Some(tf::random_uniform_initializer(-1.0, 1.0, Some(5))), None)?,
    ];
    run.run(tf::global_variables_initializer()?)?;
    run.run(variables.iter().map(joined).collect::<Result<Vec<_>>>()?)
}

fn create_partitioned_variables(run: &mut Run) -> Result<()> {
    let pieces = tf::create_partitioned_variables(&[4, 2], &[2, 1], tf::ones_initializer(), "v", |o| o)?;
    let unnamed =
        tf::create_partitioned_variables(&[3], &[3], tf::zeros_initializer(), (), |o| o.trainable(false))?;
    run.run(tf::global_variables_initializer()?)?;
    run.run((pieces, unnamed))?;
    run.run(&tf::constant(tf::trainable_variables().len() as i32)?)
}

fn lookup(run: &mut Run, parts: Option<usize>, use_resource: Option<bool>) -> Result<()> {
    let value = tf::constant(std::array::from_fn::<_, 7, _>(|row| [row as f64, -(row as f64)]))?;
    let table = tf::get_variable_with("table", |o| {
        let partitioner = parts.map(|parts| tf::fixed_size_partitioner(parts, 0));
        o.initializer(tf::Initializer::from(value)).partitioner(partitioner).use_resource(use_resource)
    })?;
    let ids = tf::with_name("ids", || tf::placeholder(tf::int32, vec![None]))?;
    let rows = tf::nn::embedding_lookup_with(&table, [[0, 6], [3, 1]], |o| o.partition_strategy("div"))?;
    let others = tf::with_name("others", || tf::nn::embedding_lookup(&table, &ids))?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(&rows)?;
    run.feed(&others, tf::feeds![&ids => [0, 3, 1]])
}

fn lookup_in_parts(run: &mut Run) -> Result<()> {
    lookup(run, Some(3), None)
}

fn lookup_in_parts_of_a_resource(run: &mut Run) -> Result<()> {
    lookup(run, Some(2), Some(true))
}

fn lookup_in_one_part(run: &mut Run) -> Result<()> {
    lookup(run, Some(1), None)
}

fn lookup_in_a_resource(run: &mut Run) -> Result<()> {
    lookup(run, None, Some(true))
}

fn lookup_in_tensors(run: &mut Run) -> Result<()> {
    let tables = [tf::constant([[1.0], [2.0]])?, tf::constant([[3.0], [4.0]])?];
    run.run(&tf::nn::embedding_lookup(&tables[..], tf::constant([3i64, 0, 2])?)?)
}

fn saver_of_parts(run: &mut Run) -> Result<()> {
    let two = tf::fixed_size_partitioner(2, 0);
    let value = tf::constant([[1.0], [2.0], [3.0]])?;
    let v =
        tf::get_variable_with("v", |o| o.initializer(tf::Initializer::from(value)).partitioner(two.clone()))?;
    let value = tf::constant([4, 5])?;
    let w = tf::get_variable_with("w", |o| {
        o.initializer(tf::Initializer::from(value)).dtype(tf::int32).use_resource(true).partitioner(two)
    })?;
    let plain = tf::Variable::new_with(7, |o| o.name("plain"))?;
    let keeper = tf::train::Saver::new()?;
    run.run(tf::global_variables_initializer()?)?;
    let scratch = Scratch::new();
    let path = keeper.save(run.session()?, scratch.0.join("m"))?.expect("a checkpoint");
    let zeros = v.as_partitioned().expect("parts").assign(tf::zeros([3, 1], tf::float32)?)?;
    run.run((zeros, &tf::assign(&plain, 0)?))?;
    keeper.restore(run.session()?, &path)?;
    run.run((&joined(&v)?, &joined(&w)?, &plain))?;
    let reader = tf::train::NewCheckpointReader(&path)?;
    run.run(&tf::constant(reader.read("v")?)?)?;
    tf::train::Saver::new_with(|o| {
        o.var_list([("other", &v), ("plain", &plain)]).sharded(true).reshape(true)
    })?;
    tf::train::Saver::new_with(|o| o.var_list([&w])).map(drop)
}

fn training_of_parts(run: &mut Run) -> Result<()> {
    let two = tf::fixed_size_partitioner(2, 0);
    let w = tf::variable_scope_with(
        "layer",
        |o| o.partitioner(two),
        |_| tf::get_variable_with("w", |o| o.shape([3, 2]).initializer(tf::ones_initializer())),
    )?;
    let x = tf::constant([[1.0, 2.0, 3.0]])?;
    let loss = tf::reduce_sum(tf::matmul(&x, &w)?, (), false)?;
    let step = tf::train::MomentumOptimizer::new(0.5, 0.9)?.minimize(&loss)?;
    tf::train::Saver::new()?;
    run.run(tf::global_variables_initializer()?)?;
    run.run(&step)?;
    run.run(&step)?;
    run.run(&joined(&w)?)
}
