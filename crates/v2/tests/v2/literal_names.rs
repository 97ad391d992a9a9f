//! Which constants literal arguments become, against the nodes that `tools/record_literals.py` saw in TensorFlow.

use ferroflow_core::IntoOperand;
use ferroflow_v2 as tf;
use tf::{Result, Tensor};

const M: [[f32; 2]; 2] = [[1.0, 2.0], [3.0, 4.0]];

fn call(name: &str, x: &Tensor) -> Result<()> {
    let pad = [[1, 1], [0, 0]];
    match name {
        "matmul right" => tf::matmul(x, M).map(drop),
        "matmul left" => tf::matmul(M, x).map(drop),
        "matmul batch" => tf::matmul([M], [M]).map(drop),
        "matvec" => tf::linalg::matvec(x, [1.0, 2.0]).map(drop),
        "reduce_sum" => tf::reduce_sum(x, 1).map(drop),
        "reduce_sum all" => tf::reduce_sum(x, ()).map(drop),
        "reduce_sum literal" => tf::reduce_sum([1.0, 2.0], ()).map(drop),
        "reduce_mean literal" => tf::reduce_mean([1.0, 2.0], ()).map(drop),
        "reduce_max" => tf::reduce_max(x, [0, 1]).map(drop),
        "reduce_logsumexp" => tf::reduce_logsumexp(M, ()).map(drop),
        "reduce_std" => tf::math::reduce_std(M, ()).map(drop),
        "reshape" => tf::reshape(x, [4]).map(drop),
        "reshape literal" => tf::reshape(M, [4]).map(drop),
        "transpose" => tf::transpose_with(x, |o| o.perm(vec![1, 0])).map(drop),
        "transpose none" => tf::transpose(x).map(drop),
        "transpose literal" => tf::transpose(M).map(drop),
        "concat" => tf::concat([x.into_operand()?, [[1.0, 2.0]].into_operand()?], 0).map(drop),
        "stack" => tf::stack([x.into_operand()?, M.into_operand()?]).map(drop),
        "stack literals" => tf::stack([[1.0], [2.0]]).map(drop),
        "unstack" => tf::unstack(M).map(drop),
        "gather" => tf::gather(x, [1, 0]).map(drop),
        "gather literal" => tf::gather(M, [1, 0]).map(drop),
        "gather_nd" => tf::gather_nd(x, [[1, 0]]).map(drop),
        "scatter_nd" => tf::scatter_nd([[1]], [2.0], [3]).map(drop),
        "where" => tf::where_(true, x, 0.0).map(drop),
        "where single" => ferroflow_ops_array::where_true([true, false]).map(drop),
        "bias_add" => tf::nn::bias_add(x, [1.0, 2.0]).map(drop),
        "one_hot" => tf::one_hot([1, 0], 3).map(drop),
        "tile" => tf::tile(x, [1, 2]).map(drop),
        "pad" => tf::pad(x, pad).map(drop),
        "pad value" => {
            let value = tf::constant(5.0)?;
            tf::pad_with(x, pad, |o| o.constant_values(value)).map(drop)
        }
        "top_k" => tf::math::top_k(x, 1).map(drop),
        "argmax" => tf::argmax(x, 0).map(drop),
        "argmax literal" => tf::argmax([1.0, 2.0], 0).map(drop),
        "expand_dims" => tf::expand_dims(x, 0).map(drop),
        "squeeze" => tf::squeeze([[1.0]]).map(drop),
        "slice" => tf::slice(x, [0, 0], [1, 1]).map(drop),
        "split" => tf::split(x, 2, 0).map(drop),
        "split sizes" => tf::split(x, [1, 1], 0).map(drop),
        "cumsum" => tf::cumsum([1.0, 2.0], 0).map(drop),
        "clip_by_value" => tf::clip_by_value(x, 0.0, 1.0).map(drop),
        "softmax" => tf::nn::softmax([1.0, 2.0]).map(drop),
        "log_softmax" => tf::nn::log_softmax(M).map(drop),
        "range" => tf::range(0, 3, 1).map(drop),
        "range limits" => tf::range(3, 18, 3).map(drop),
        "fill" => tf::fill([2], 3.0).map(drop),
        "zeros" => tf::zeros([2], tf::float32).map(drop),
        "ones" => tf::ones([2, 2], tf::float32).map(drop),
        "zeros_like" => tf::zeros_like(x).map(drop),
        "ones_like literal" => tf::ones_like(M).map(drop),
        "cast" => tf::cast([1, 2], tf::float32).map(drop),
        "maximum" => tf::maximum(x, 0.0).map(drop),
        "maximum left" => tf::maximum(0.0, x).map(drop),
        "subtract" => tf::subtract(2.0, x).map(drop),
        "subtract operator" => (2.0 - x).map(drop),
        "divide" => tf::divide(x, 2.0).map(drop),
        "pow" => tf::pow(x, 2.0).map(drop),
        "exp" => tf::exp([1.0]).map(drop),
        "abs" => tf::abs([-1.0]).map(drop),
        "square" => tf::square([-1.0]).map(drop),
        "equal" => tf::equal(x, 1.0).map(drop),
        "less" => tf::less(x, 1.0).map(drop),
        "logical_and" => tf::logical_and([true], [false]).map(drop),
        "squared_difference" => tf::math::squared_difference(x, 1.0).map(drop),
        "sigmoid" => tf::sigmoid([1.0]).map(drop),
        "tanh" => tf::tanh([1.0]).map(drop),
        "relu" => tf::nn::relu([1.0]).map(drop),
        "leaky_relu" => tf::nn::leaky_relu([1.0]).map(drop),
        "sigmoid_cross_entropy" => tf::nn::sigmoid_cross_entropy_with_logits([1.0], [2.0]).map(drop),
        "sparse_softmax_cross_entropy" => {
            tf::nn::sparse_softmax_cross_entropy_with_logits([1], [[2.0, 1.0]]).map(drop)
        }
        "softmax_cross_entropy" => {
            tf::nn::softmax_cross_entropy_with_logits([[1.0, 0.0]], [[2.0, 1.0]]).map(drop)
        }
        "l2_normalize" => tf::nn::l2_normalize(x, &[1], 1e-12).map(drop),
        "embedding_lookup" => tf::nn::embedding_lookup(x, [1, 0]).map(drop),
        "reverse" => tf::reverse(x, [0]).map(drop),
        "roll" => tf::roll([1, 2, 3], 1, 0).map(drop),
        "sequence_mask" => tf::sequence_mask([1, 3], 4).map(drop),
        "boolean_mask" => tf::boolean_mask(x, [true, false]).map(drop),
        "segment_sum" => tf::math::segment_sum(x, [0, 1]).map(drop),
        "unsorted_segment_sum" => tf::math::unsorted_segment_sum(x, [0, 1], 2).map(drop),
        "broadcast_to" => tf::broadcast_to([1.0, 2.0], [2, 2]).map(drop),
        "eye" => tf::eye(2).map(drop),
        "identity" => tf::identity([1.0]).map(drop),
        "add_n" => tf::add_n([[1.0], [2.0]]).map(drop),
        "shape" => tf::shape([1.0]).map(drop),
        "size" => tf::size([1.0]).map(drop),
        "rank" => tf::rank([1.0]).map(drop),
        "unique" => tf::unique([1, 1]).map(drop),
        "cholesky" => tf::linalg::cholesky(M).map(drop),
        "diag" => tf::linalg::diag([1.0, 2.0]).map(drop),
        "string_join" => tf::strings::join([["a"], ["b"]], "").map(drop),
        "string_length" => tf::strings::length(["a"], "BYTE").map(drop),
        "string_substr" => tf::strings::substr(["abc"], 0, 1, "BYTE").map(drop),
        "string_to_number" => tf::strings::to_number(["1"], tf::float32).map(drop),
        "regex_replace" => tf::strings::regex_replace(["a"], "a", "b", true).map(drop),
        "random_uniform" => tf::random::uniform([2]).map(drop),
        "random_normal" => tf::random::normal_with([2], |o| o.stddev(2.0)).map(drop),
        "dropout" => tf::nn::dropout(x, 0.5, None).map(drop),
        "stop_gradient" => tf::stop_gradient([1.0]).map(drop),
        "nothing" => tf::no_op().map(drop),
        "while_loop" => tf::while_loop(|i| tf::less(i, 10), |i: &Tensor| i + 1, tf::constant(1)?).map(drop),
        "while_loop limited" => {
            let limited = |o: tf::WhileLoopOptions| o.maximum_iterations(5);
            tf::while_loop_with(|i| tf::less(i, 100), |i: &Tensor| i + 1, tf::constant(1)?, limited).map(drop)
        }
        "linspace" => tf::linspace(0.0, 1.0, 5).map(drop),
        "repeat" => tf::repeat(x, 2, Some(0)).map(drop),
        "repeat each" => tf::repeat([3, 4], [1, 2], None).map(drop),
        "TensorArray" => tf::TensorArray::new(tf::float32, 2)?.write(0, x)?.stack().map(drop),
        "fftshift" => tf::signal::fftshift(x, None).map(drop),
        "bincount" => tf::math::bincount([1, 1, 3]).map(drop),
        name => panic!("no call is written for {name}"),
    }
}

#[test]
fn literal_arguments_become_tensorflows_constants() {
    let mut failed = Vec::new();
    for (name, expected) in
        include_str!("../data/literals.txt").lines().filter_map(|line| line.split_once('\t'))
    {
        let graph = tf::Graph::new();
        let built = graph.as_default_scope(|| {
            let x = ferroflow_core::context::with_name("x", || {
                ferroflow_ops_array::placeholder(tf::float32, [2, 2])
            })?;
            call(name, &x)
        });
        let nodes: Vec<String> = graph
            .get_operations()
            .iter()
            .filter(|operation| operation.name() != "x")
            .map(|operation| format!("{}={}", operation.name(), operation.op_type()))
            .collect();
        let nodes = nodes.join(" ");
        match built {
            Err(error) => failed.push(format!("{name}: {error}")),
            Ok(()) if nodes != expected => failed.push(format!("{name}:\n  ours {nodes}\n  TF   {expected}")),
            Ok(()) => {}
        }
    }
    assert!(failed.is_empty(), "{} differ\n{}", failed.len(), failed.join("\n"));
}
