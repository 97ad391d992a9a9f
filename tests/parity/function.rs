//! Cases run in traced functions: the steps and the op are the body, the literals are its arguments.

use ferroflow_case_harness::eager;
use ferroflow_case_harness::engine::{self, Builder, Engine, Outputs};
use ferroflow_case_harness::instance::Instance;
use ferroflow_case_harness::report::Outcome;
use ferroflow_core::schema::OpSchema;
use ferroflow_core::{Attrs, Error, NdArray, PartialShape, Result, Tensor};
use ferroflow_graph::{ArgSpec, trace};

/// Ops that join the function under the trace; literals are its arguments, in order.
struct Traced<'a>(std::slice::Iter<'a, Tensor>);

impl Engine for Traced<'_> {
    type Value = Tensor;

    const RUNS_AT_ONCE: bool = false;

    fn constant(&mut self, _array: NdArray) -> Result<Tensor> {
        self.0.next().cloned().ok_or_else(|| Error::internal("more literals than arguments"))
    }

    fn call(&mut self, schema: &OpSchema, args: Vec<Vec<Tensor>>, attrs: Attrs) -> Result<Vec<Tensor>> {
        engine::op(schema, args, &attrs).all()
    }

    fn fetch(&mut self, _values: &[Tensor]) -> Result<Vec<Option<NdArray>>> {
        Err(Error::internal("nothing can be fetched during a trace"))
    }
}

fn run(instance: &Instance<'_>) -> Result<Outputs> {
    let arrays = engine::literals(instance)?;
    let spec = |(index, array): (usize, &NdArray)| ArgSpec {
        name: format!("arg_{index}"),
        dtype: array.dtype(),
        shape: PartialShape::unknown(),
    };
    let specs: Vec<ArgSpec> = arrays.iter().enumerate().map(spec).collect();
    let mut names = Vec::new();
    let function = trace("case", &specs, |args| {
        let mut traced = Traced(args.iter());
        let (found, values) = Builder::new(&mut traced, instance)?.apply_all()?;
        names = found;
        Ok(values)
    })?;
    let args: Vec<Tensor> = arrays.into_iter().map(Tensor::from).collect();
    for _ in 1..instance.case.runs {
        function.call(&args)?;
    }
    let values = function.call(&args)?.into_iter().map(|tensor| tensor.value().cloned().map(Some));
    Ok(names.into_iter().zip(values.collect::<Result<Vec<_>>>()?).collect())
}

/// The case is traced on arguments of unknown shape and called eagerly.
pub(crate) fn traced(instance: &Instance<'_>) -> Outcome {
    if instance.is_graph_only() || instance.is_of_old_graphs() {
        return Outcome::Ignored("graph only".to_string());
    }
    eager::reset();
    let ran = run(instance);
    let failure = instance.failure_for(&ran);
    engine::judge(ran, instance, failure).map_or_else(Outcome::Failed, |()| Outcome::Ok)
}
