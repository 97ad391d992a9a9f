//! Losses and samplers made of several ops give what `tools/record_loss_functions.py` recorded from TensorFlow.

use ferroflow_core::{DType, NdArray, Result, SparseTensor, Tensor};
use ferroflow_ops::composites as f;

fn array<T: ferroflow_core::Element>(dims: &[usize], elements: Vec<T>) -> Result<NdArray> {
    NdArray::from_vec(dims, elements)
}

fn sampled(softmax: bool, remove: Option<bool>) -> Result<Vec<Tensor>> {
    let weights = array(&[5, 3], (0..15).map(|n| (n as f32 - 7.0) / 4.0).collect())?;
    let biases = array(&[5], vec![0.5f32, -0.25, 0.125, 1.0, -1.0])?;
    let inputs = array(&[2, 3], vec![0.5f32, -1.0, 2.0, 1.5, 0.25, -0.5])?;
    let labels = array(&[2, 2], vec![3i64, 1, 0, 3])?;
    let values = (
        Tensor::from(array(&[3], vec![3i64, 4, 2])?),
        Tensor::from(array(&[2, 2], vec![0.5f32, 0.75, 0.25, 0.5])?),
        Tensor::from(array(&[3], vec![0.5f32, 0.125, 0.625])?),
    );
    Ok(vec![if softmax {
        f::sampled_softmax_loss_with(weights, biases, labels, inputs, 3, 5, |o| {
            let o = o.num_true(2).sampled_values(Some(values));
            match remove {
                Some(remove) => o.remove_accidental_hits(remove),
                None => o,
            }
        })?
    } else {
        f::nce_loss_with(weights, biases, labels, inputs, 3, 5, |o| {
            let o = o.num_true(2).sampled_values(Some(values));
            match remove {
                Some(remove) => o.remove_accidental_hits(remove),
                None => o,
            }
        })?
    }])
}

fn ctc(blank: i64, time_major: bool) -> Result<Vec<Tensor>> {
    let logit = |n: usize| ((n * 7) % 11) as f32;
    let at = |step: usize, batch: usize, class: usize| (logit((step * 2 + batch) * 4 + class) - 5.0) / 3.0;
    let (outer, middle) = if time_major { (5, 2) } else { (2, 5) };
    let mut elements = Vec::new();
    for a in 0..outer {
        for b in 0..middle {
            let (step, batch) = if time_major { (a, b) } else { (b, a) };
            elements.extend((0..4).map(|class| at(step, batch, class)));
        }
    }
    let logits = array(&[outer, middle, 4], elements)?;
    let labels = SparseTensor::new([[0, 0], [0, 1], [1, 0]], [0, 3, 2], [2, 2])?;
    Ok(vec![f::ctc_loss_with(&labels, logits, [5, 4], blank, |o| o.logits_time_major(time_major))?])
}

fn call(name: &str) -> Result<Vec<Tensor>> {
    ferroflow_ops_random::set_eager_seed(Some(11));
    let labels = array(&[2, 2], vec![3i64, 1, 0, 3])?;
    match name {
        "sampled_softmax_loss" => sampled(true, None),
        "sampled_softmax_loss kept" => sampled(true, Some(false)),
        "nce_loss" => sampled(false, None),
        "nce_loss removed" => sampled(false, Some(true)),
        "ctc_loss" => ctc(1, true),
        "ctc_loss batch" => ctc(-3, false),
        "collapse_repeated" => {
            let (labels, lengths) = f::collapse_repeated([[1, 1, 2, 2, 1], [3, 4, 4, 4, 5]], [5, 3])?;
            Ok(vec![labels, lengths])
        }
        "compute_accidental_hits" => {
            let (rows, places, _) = f::compute_accidental_hits(labels, [3i64, 4, 2], 2, None)?;
            Ok(vec![rows, places])
        }
        "log_uniform_candidate_sampler" => {
            let (a, b, c) = f::log_uniform_candidate_sampler(labels, 2, 4, true, 9, Some(3))?;
            Ok(vec![a, b, c])
        }
        "fractional_max_pool" => {
            let images = array(&[1, 6, 7, 1], (0..42).map(|n| n as f32).collect())?;
            let (a, b, c) = f::fractional_max_pool_with(images, &[1.4], |o| o.pseudo_random(true).seed(5))?;
            Ok(vec![a, b, c])
        }
        other => panic!("{other} is recorded but not called"),
    }
}

#[test]
fn they_give_what_was_recorded() -> Result<()> {
    ferroflow_ops::install();
    for line in include_str!("loss_functions.txt").lines() {
        let (name, numbers) = line.split_once('\t').expect("a name and numbers");
        let expected: Vec<f32> = numbers.split(' ').map(|number| number.parse().expect("a number")).collect();
        let mut found = Vec::new();
        for output in call(name)? {
            found.extend(output.numpy()?.cast(DType::FLOAT32)?.into_vec::<f32>()?);
        }
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!(
                (found - expected).abs() <= 2e-5 * expected.abs().max(1.0),
                "{name}: {found}, not {expected}"
            );
        }
    }
    Ok(())
}
