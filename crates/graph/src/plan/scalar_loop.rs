//! `ScalarLoop`: a while loop whose variables are all single values, run without arrays.

use super::{Action, Plan, Source, Step};
use crate::FunctionBody;
use ferroflow_core::{Attrs, DType, Env, NdArray, OpDef, Result, Scalar, ScalarFn, dispatch};
use std::sync::Arc;

/// Rounds between two looks at whether the run shall end.
const ROUNDS_UNWATCHED: u32 = 256;

/// One op on registers.
struct Instruction {
    f: ScalarFn,
    a: usize,
    b: usize,
    output: usize,
}

/// A plan in which every op has a form for single values.
struct Program {
    instructions: Vec<Instruction>,
    /// The registers at the start: the inputs come first, then constants and results.
    registers: Vec<u64>,
    outputs: Vec<usize>,
}

impl Program {
    fn run(&self, registers: &mut Vec<u64>, inputs: &[u64]) {
        registers.clear();
        registers.extend_from_slice(inputs);
        registers.extend_from_slice(&self.registers[inputs.len()..]);
        for step in &self.instructions {
            registers[step.output] = match step.f {
                ScalarFn::Unary(f) => f(registers[step.a]),
                ScalarFn::Binary(f) => f(registers[step.a], registers[step.b]),
            };
        }
    }
}

/// The program of a plan in the making, with the dtype of each register.
struct Translation<'a> {
    plan: &'a Plan,
    dtypes: Vec<DType>,
    registers: Vec<u64>,
    /// The register of each slot.
    of_slot: Vec<Option<usize>>,
    instructions: Vec<Instruction>,
}

impl Translation<'_> {
    /// The program of a plan on inputs of these dtypes, and the dtypes of its outputs; `None` where some step has no
    /// form for single values.
    fn of(plan: &Plan, inputs: &[DType]) -> Option<(Program, Vec<DType>)> {
        if plan.feeds.len() != inputs.len() || plan.has_branches {
            return None;
        }
        let mut made = Translation {
            plan,
            dtypes: inputs.to_vec(),
            registers: vec![0; inputs.len()],
            of_slot: vec![None; plan.num_slots],
            instructions: Vec::new(),
        };
        for (register, slot) in plan.feeds.iter().enumerate() {
            if let Some(slot) = slot {
                made.of_slot[*slot] = Some(register);
            }
        }
        for step in &plan.steps {
            made.step(step)?;
        }
        let fetches =
            plan.fetches.iter().map(|fetch| if fetch.deref { None } else { made.source(fetch.source) });
        let outputs: Vec<usize> = fetches.collect::<Option<_>>()?;
        let dtypes = outputs.iter().map(|output| made.dtypes[*output]).collect();
        Some((Program { instructions: made.instructions, registers: made.registers, outputs }, dtypes))
    }

    fn register(&mut self, dtype: DType, value: u64) -> usize {
        self.dtypes.push(dtype);
        self.registers.push(value);
        self.registers.len() - 1
    }

    fn source(&mut self, source: Source) -> Option<usize> {
        match source {
            Source::Slot { slot, .. } => self.of_slot[slot],
            Source::Constant(id) => {
                let value = &self.plan.constants[id];
                let word = to_word(value)?;
                Some(self.register(value.dtype(), word))
            }
        }
    }

    fn step(&mut self, step: &Step) -> Option<()> {
        let mut inputs = Vec::new();
        for input in &step.inputs {
            if input.deref {
                return None;
            }
            inputs.push(self.source(input.source)?);
        }
        let result = match &step.action {
            Action::Kernel(def) => self.apply(def, &step.attrs, &inputs)?,
            Action::Fused(chain) => {
                let (&first, others) = inputs.split_first()?;
                let mut value = first;
                for member in &chain.members {
                    let argument = value;
                    let mut operands = vec![value];
                    operands.extend(member.others.iter().map(|&other| others[other]));
                    if member.reversed {
                        operands.swap(0, 1);
                    }
                    value = self.apply(member.op.def, &member.op.attrs, &operands)?;
                    if let Some(gate) = &member.gate {
                        value = self.apply(gate.def, &gate.attrs, &[argument, value])?;
                    }
                }
                value
            }
            _ => return None,
        };
        match step.outputs.as_slice() {
            [slot] => {
                if let Some(slot) = slot {
                    self.of_slot[*slot] = Some(result);
                }
                Some(())
            }
            _ => None,
        }
    }

    fn apply(&mut self, def: &'static OpDef, attrs: &Attrs, inputs: &[usize]) -> Option<usize> {
        let dtype = self.dtypes[*inputs.first()?];
        if inputs.iter().any(|input| self.dtypes[*input] != dtype) {
            return None;
        }
        let f = (def.scalar)(dtype)?;
        let (a, b) = match (f, inputs) {
            (ScalarFn::Unary(_), [a]) => (*a, *a),
            (ScalarFn::Binary(_), [a, b]) => (*a, *b),
            _ => return None,
        };
        let result = *def.schema().output_types(attrs).ok()?.first()?;
        let output = self.register(result, 0);
        self.instructions.push(Instruction { f, a, b, output });
        Some(output)
    }
}

/// The bits of a single value; `None` for other shapes, and for dtypes that are no scalars of programs.
fn to_word(value: &NdArray) -> Option<u64> {
    if value.rank() != 0 {
        return None;
    }
    macro_rules! word {
        ($($name:ident $ty:ty),*) => {
            match value.dtype() {
                $(DType::$name => value.item::<$ty>().ok().map(Scalar::to_word),)*
                _ => None,
            }
        };
    }
    word!(INT32 i32, INT64 i64, FLOAT32 f32, FLOAT64 f64, BOOL bool)
}

fn from_word(dtype: DType, word: u64) -> Result<NdArray> {
    match dtype {
        DType::BOOL => Ok(NdArray::scalar(bool::from_word(word))),
        DType::INT32 | DType::INT64 => dispatch!(dtype, INDICES, |T| Ok(NdArray::scalar(T::from_word(word)))),
        dtype => dispatch!(dtype, FLOATS, |T| Ok(NdArray::scalar(T::from_word(word)))),
    }
}

/// A loop on single values: its condition and its body.
pub(super) struct ScalarLoop {
    /// The dtypes of the variables, then of what stays the same.
    dtypes: Vec<DType>,
    num_vars: usize,
    condition: Program,
    body: Program,
}

impl ScalarLoop {
    /// The loop of two plans, of which the body gives the next values of the first `num_vars` inputs; `None` where that
    /// takes arrays.
    pub(super) fn of(
        condition: &Plan,
        body: &Plan,
        inputs: &[NdArray],
        num_vars: usize,
    ) -> Option<ScalarLoop> {
        let dtypes: Vec<DType> =
            inputs.iter().map(|input| to_word(input).map(|_| input.dtype())).collect::<Option<_>>()?;
        let (condition, goes_on) = Translation::of(condition, &dtypes)?;
        let (body, next) = Translation::of(body, &dtypes)?;
        let fits = goes_on == [DType::BOOL] && dtypes.get(..num_vars) == Some(next.as_slice());
        fits.then_some(ScalarLoop { dtypes, num_vars, condition, body })
    }

    /// Runs the loop; gives the variables at its end, or `None` where the inputs are no single values of its dtypes.
    ///
    /// # Errors
    /// `Cancelled`, `DeadlineExceeded`.
    pub(super) fn run(&self, inputs: &[NdArray], env: &Env) -> Result<Option<Vec<NdArray>>> {
        let fits = inputs.len() == self.dtypes.len()
            && inputs.iter().zip(&self.dtypes).all(|(input, dtype)| input.dtype() == *dtype);
        let values: Option<Vec<u64>> = inputs.iter().map(to_word).collect();
        let Some(mut values) = values.filter(|_| fits) else { return Ok(None) };
        let (mut of_condition, mut of_body) = (Vec::new(), Vec::new());
        let mut rounds = 0u32;
        loop {
            self.condition.run(&mut of_condition, &values);
            let goes_on = self.condition.outputs.first().map(|output| of_condition[*output]);
            if goes_on != Some(1) {
                break;
            }
            self.body.run(&mut of_body, &values);
            for (value, output) in values.iter_mut().zip(&self.body.outputs) {
                *value = of_body[*output];
            }
            rounds = rounds.wrapping_add(1);
            if rounds.is_multiple_of(ROUNDS_UNWATCHED) {
                env.check()?;
            }
        }
        let results = self.dtypes.iter().zip(values).take(self.num_vars);
        results.map(|(dtype, value)| from_word(*dtype, value)).collect::<Result<_>>().map(Some)
    }
}

/// The functions of a `While` op.
pub(super) struct WhileFunctions {
    condition: Arc<FunctionBody>,
    body: Arc<FunctionBody>,
    made: std::sync::OnceLock<Option<ScalarLoop>>,
}

impl WhileFunctions {
    /// The functions that a node names; `None` where they are not known when the plan is made.
    pub(super) fn of(graph: &crate::Graph, attrs: &Attrs) -> Option<WhileFunctions> {
        let find = |name: &str| {
            let function = attrs.func(name).ok()?;
            graph.function(&function.name)?.instance(&function.attrs).ok()
        };
        Some(WhileFunctions { condition: find("cond")?, body: find("body")?, made: Default::default() })
    }

    /// Runs the loop where its variables are single values and its functions have forms for them; `None` elsewhere.
    ///
    /// # Errors
    /// As [`ScalarLoop::run`].
    pub(super) fn run(&self, inputs: &[NdArray], env: &Env) -> Result<Option<Vec<NdArray>>> {
        if inputs.iter().any(|input| input.rank() != 0) {
            return Ok(None);
        }
        let made = self.made.get_or_init(|| {
            let (condition, body) = (self.condition.plan().ok()?, self.body.plan().ok()?);
            ScalarLoop::of(&condition, &body, inputs, inputs.len())
        });
        match made {
            Some(made) => made.run(inputs, env),
            None => Ok(None),
        }
    }
}
