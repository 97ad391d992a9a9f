//! What a call costs beside its arithmetic: small graphs, eager ops, loops.

use ferroflow_benches::{Comparison, Result, Run};
use ferroflow_core::operators::add;
use ferroflow_core::{DType, FuncRef, NdArray, Op, PartialShape, Tensor, constant};
use ferroflow_graph::{ArgSpec, Graph, trace};
use ferroflow_ops_array::placeholder;
use ferroflow_ops_math::less;

fn main() -> Result<()> {
    ferroflow_graph::install();
    let table = Comparison::start("overhead")?;
    table.graph("run: x * 2 + 1, 4 floats", |_| {
        let x = placeholder(DType::FLOAT32, [4])?;
        let fetch = ((&x * 2.0)? + 1.0)?;
        Ok(Run { feeds: vec![(x, four_floats())], fetch })
    })?;
    table.graph("run: matmul 2x2, then add", |_| {
        let x = placeholder(DType::FLOAT32, [2, 2])?;
        let fetch = (&ferroflow_ops_math::matmul(&x, &x)? + &x)?;
        let value = NdArray::from_vec(&[2, 2], vec![0.1f32, 0.2, 0.3, 0.4])?;
        Ok(Run { feeds: vec![(x, value)], fetch })
    })?;
    table.graph("run: chain of 200 ops, 4 floats", |_| chain())?;
    eager_add(&table)?;
    table.graph("While, 1,000 iterations", while_loop)
}

fn four_floats() -> NdArray {
    NdArray::vector(vec![0.1f32, 0.2, 0.3, 0.4])
}

/// Both operands change from op to op, so that neither side can fold the chain.
fn chain() -> ferroflow_core::Result<Run> {
    let x = placeholder(DType::FLOAT32, [4])?;
    let factor = placeholder(DType::FLOAT32, [4])?;
    let mut fetch = x.clone();
    for _ in 0..100 {
        fetch = (&(&fetch + &x)? * &factor)?;
    }
    let factors = NdArray::vector(vec![0.5f32; 4]);
    Ok(Run { feeds: vec![(x, four_floats()), (factor, factors)], fetch })
}

fn eager_add(table: &Comparison) -> Result<()> {
    let (a, b) = (four_floats(), four_floats());
    let peer = table.peer().map(|peer| peer.eager_op("AddV2", [&a, &b])).transpose()?;
    let (a, b) = (Tensor::from(a), Tensor::from(b));
    if let Some(peer) = &peer {
        assert_eq!(add(&a, &b)?.numpy()?, peer.run()?.to_array()?, "eager add");
    }
    let mut ours = || {
        add(&a, &b)?;
        Ok(())
    };
    let mut theirs = peer.as_ref().map(|op| move || op.run().map(drop));
    table.row("eager: add, 4 floats", &mut ours, theirs.as_mut().map(|call| call as _))
}

/// `i, x = i + 1, x * 0.5 + 1` while `i < 1000`, lowered by TensorFlow as its Python front end asks for.
fn while_loop(graph: &Graph) -> ferroflow_core::Result<Run> {
    let argument =
        |name: &str, dtype| ArgSpec { name: name.to_string(), dtype, shape: PartialShape::scalar() };
    let arguments = [argument("i", DType::INT32), argument("x", DType::FLOAT32)];
    let cond = trace("loop_cond", &arguments, |args| Ok(vec![less(&args[0], 1000)?]))?;
    let body = trace("loop_body", &arguments, |args| Ok(vec![(&args[0] + 1)?, ((&args[1] * 0.5)? + 1.0)?]))?;
    graph.add_function(cond.function().clone());
    graph.add_function(body.function().clone());
    let x = placeholder(DType::FLOAT32, PartialShape::scalar())?;
    let results = Op::named("While")
        .inputs([constant(0)?, x.clone()])
        .attr("cond", FuncRef::new(cond.function().name()))
        .attr("body", FuncRef::new(body.function().name()))
        .attr("output_shapes", vec![PartialShape::scalar(), PartialShape::scalar()])
        .attr("_lower_using_switch_merge", true)
        .all()?;
    let fetch = results.into_iter().nth(1).ok_or_else(|| ferroflow_core::Error::internal("no result"))?;
    Ok(Run { feeds: vec![(x, NdArray::scalar(3.0f32))], fetch })
}
