//! Running an instance on some engine and checking what comes out.

use crate::case::{Answer, Arg, Case, Failure, Step};
use crate::instance::{Instance, schema_of};
use ferroflow_core::schema::{ArgDef, ArgType, OpSchema};
use ferroflow_core::{AttrValue, Attrs, Error, NdArray, Op, Result, Tensor, bail};
use std::collections::HashMap;

/// A way to run ops: kernels alone, eagerly, in a graph, in a function.
pub trait Engine {
    /// A tensor of the engine.
    type Value: Clone;

    /// Whether a call computes something; else only [`Engine::fetch`] does.
    const RUNS_AT_ONCE: bool;

    /// A tensor with these elements.
    ///
    /// # Errors
    /// What the engine finds wrong.
    fn constant(&mut self, array: NdArray) -> Result<Self::Value>;

    /// Applies an op. `args` has a vector per input of the signature, of one member unless it is a list; `attrs`
    /// are those the case names.
    ///
    /// # Errors
    /// What the engine finds wrong.
    fn call(
        &mut self,
        schema: &OpSchema,
        args: Vec<Vec<Self::Value>>,
        attrs: Attrs,
    ) -> Result<Vec<Self::Value>>;

    /// The values of tensors; `None` for those that cannot leave the engine (a variant in a graph).
    ///
    /// # Errors
    /// What the engine finds wrong.
    fn fetch(&mut self, values: &[Self::Value]) -> Result<Vec<Option<NdArray>>>;
}

/// A call of an op with these tensors, a vector per input of the signature.
pub fn op(schema: &OpSchema, args: Vec<Vec<Tensor>>, attrs: &Attrs) -> Op {
    let mut op = Op::named(&schema.name).attrs(attrs);
    for (arg, members) in schema.inputs.iter().zip(args) {
        op = match <[Tensor; 1]>::try_from(members) {
            Ok([only]) if !arg.is_list() => op.input(only),
            Ok(one) => op.inputs(one),
            Err(members) => op.inputs(members),
        };
    }
    op
}

/// How many tensors an output list has: what the attributes name, or else an input list shares with it.
fn list_length(schema: &OpSchema, kind: &ArgType, attrs: &Attrs, lengths: &[usize]) -> Result<usize> {
    let (attr, named) = match kind {
        ArgType::Repeated { number_attr, .. } => {
            (number_attr, attrs.int(number_attr).ok().map(|n| n as usize))
        }
        ArgType::TypeList(attr) => (attr, attrs.dtypes(attr).ok().map(<[_]>::len)),
        ArgType::Fixed(_) | ArgType::Attr(_) => bail!(internal, "no list: {kind}"),
    };
    let shares = |arg: &ArgDef| match &arg.kind {
        ArgType::Repeated { number_attr, .. } => number_attr == attr,
        ArgType::TypeList(list) => list == attr,
        ArgType::Fixed(_) | ArgType::Attr(_) => false,
    };
    let from_inputs = || {
        let position = schema.inputs.iter().position(shares)?;
        lengths.get(position).copied()
    };
    let by_default = || match schema.attr(attr)?.default.as_ref()? {
        AttrValue::Int(count) => usize::try_from(*count).ok(),
        AttrValue::Types(types) => Some(types.len()),
        _ => None,
    };
    let length = named.or_else(from_inputs).or_else(by_default);
    length.ok_or_else(|| Error::invalid_argument(format!("{} needs attribute '{attr}'", schema.name)))
}

/// The names of an op's outputs, members of lists as `name.0`, `name.1`, ...
fn output_names(schema: &OpSchema, attrs: &Attrs, lengths: &[usize]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for arg in &schema.outputs {
        if arg.is_list() {
            let length = list_length(schema, &arg.kind, attrs, lengths)?;
            names.extend((0..length).map(|index| format!("{}.{index}", arg.name)));
        } else {
            names.push(arg.name.clone());
        }
    }
    Ok(names)
}

/// Inputs of an op, a vector per input of the signature, and their names in the case in flat order.
pub type Inputs<V> = (Vec<Vec<V>>, Vec<String>);

/// Builds the calls of one instance on an engine.
pub struct Builder<'a, E: Engine> {
    /// The engine.
    pub engine: &'a mut E,
    instance: &'a Instance<'a>,
    steps: HashMap<&'a str, Vec<E::Value>>,
}

impl<'a, E: Engine> Builder<'a, E> {
    /// A builder that has run the `let` and `do` steps.
    ///
    /// # Errors
    /// What a step gives.
    pub fn new(engine: &'a mut E, instance: &'a Instance<'a>) -> Result<Builder<'a, E>> {
        let mut builder = Builder { engine, instance, steps: HashMap::new() };
        for step in &instance.case.before {
            builder.step(step)?;
        }
        Ok(builder)
    }

    fn value(&mut self, arg: &Arg) -> Result<E::Value> {
        match arg {
            Arg::Literal(literal) => self.engine.constant(self.instance.array(literal)?),
            Arg::Output { step, index } => {
                let value = self.steps.get(step.as_str()).and_then(|outputs| outputs.get(*index));
                value.cloned().ok_or_else(|| Error::not_found(format!("no output {index} of step '{step}'")))
            }
            Arg::List(_) => bail!(invalid_argument, "a list stands for a list input only"),
        }
    }

    fn step(&mut self, step: &'a Step) -> Result<Vec<E::Value>> {
        let schema = schema_of(&step.op)?;
        let args = step.args.iter().map(|arg| match arg {
            Arg::List(members) => members.iter().map(|member| self.value(member)).collect(),
            one => self.value(one).map(|value| vec![value]),
        });
        let args = args.collect::<Result<_>>()?;
        let attrs = self.instance.attrs(schema, &step.attrs)?;
        let outputs = self.engine.call(schema, args, attrs)?;
        if let Some(name) = &step.name {
            self.steps.insert(name, outputs.clone());
        }
        Ok(outputs)
    }

    /// The op's inputs.
    ///
    /// # Errors
    /// `InvalidArgument` when one is missing.
    pub fn inputs(&mut self) -> Result<Inputs<E::Value>> {
        let given: &'a Case = self.instance.case;
        let find = |name: &str| given.inputs.iter().find(|input| input.0 == name).map(|input| &input.1);
        let (mut args, mut names) = (Vec::new(), Vec::new());
        for arg in &schema_of(&given.op)?.inputs {
            let mut members = Vec::new();
            if arg.is_list() {
                while let Some(member) = find(&format!("{}.{}", arg.name, members.len())) {
                    names.push(format!("{}.{}", arg.name, members.len()));
                    members.push(self.value(member)?);
                }
            } else {
                let one = find(&arg.name);
                let one = one.ok_or_else(|| Error::invalid_argument(format!("no input '{}'", arg.name)))?;
                names.push(arg.name.clone());
                members.push(self.value(one)?);
            }
            args.push(members);
        }
        Ok((args, names))
    }

    /// Applies the op under test.
    ///
    /// # Errors
    /// What the op gives.
    pub fn apply(&mut self, args: Vec<Vec<E::Value>>) -> Result<Vec<E::Value>> {
        let case = self.instance.case;
        let schema = schema_of(&case.op)?;
        let attrs = self.instance.attrs(schema, &case.attrs)?;
        let earlier = if E::RUNS_AT_ONCE { case.runs.max(1) - 1 } else { 0 };
        for _ in 0..earlier {
            self.engine.call(schema, args.clone(), attrs.clone())?;
        }
        self.engine.call(schema, args, attrs)
    }

    /// Applies the op and the `then` steps; gives all outputs under the names of recorded lines.
    ///
    /// # Errors
    /// What the op or a step gives.
    pub fn apply_all(&mut self) -> Result<(Vec<String>, Vec<E::Value>)> {
        let case = self.instance.case;
        let schema = schema_of(&case.op)?;
        let (args, _) = self.inputs()?;
        let lengths: Vec<usize> = args.iter().map(Vec::len).collect();
        let mut names = output_names(schema, &self.instance.attrs(schema, &case.attrs)?, &lengths)?;
        let mut values = self.apply(args)?;
        if values.len() != names.len() {
            bail!(internal, "{} outputs, expected {}", values.len(), names.len());
        }
        for step in &case.after {
            let outputs = self.step(step)?;
            if let Some(name) = &step.name {
                match outputs.len() {
                    1 => names.push(format!("${name}")),
                    count => names.extend((0..count).map(|index| format!("${name}.{index}"))),
                }
                values.extend(outputs);
            }
        }
        Ok((names, values))
    }
}

/// The literals of an instance in the order in which a [`Builder`] makes constants of them.
///
/// # Errors
/// `InvalidArgument` where a text is no array.
pub fn literals(instance: &Instance<'_>) -> Result<Vec<NdArray>> {
    fn add(instance: &Instance<'_>, arg: &Arg, into: &mut Vec<NdArray>) -> Result<()> {
        match arg {
            Arg::Literal(literal) => into.push(instance.array(literal)?),
            Arg::Output { .. } => {}
            Arg::List(members) => members.iter().try_for_each(|member| add(instance, member, into))?,
        }
        Ok(())
    }
    let case = instance.case;
    let mut arrays = Vec::new();
    for arg in case.before.iter().flat_map(|step| &step.args) {
        add(instance, arg, &mut arrays)?;
    }
    for input in &schema_of(&case.op)?.inputs {
        let is_this = |name: &str| match name.rsplit_once('.') {
            Some((list, _)) if input.is_list() => list == input.name,
            _ => name == input.name,
        };
        // Members of a list stand in a case in their order.
        for (_, arg) in case.inputs.iter().filter(|(name, _)| is_this(name)) {
            add(instance, arg, &mut arrays)?;
        }
    }
    for arg in case.after.iter().flat_map(|step| &step.args) {
        add(instance, arg, &mut arrays)?;
    }
    Ok(arrays)
}

/// Outputs by name; `None` for those that cannot leave the engine.
pub type Outputs = Vec<(String, Option<NdArray>)>;

/// Runs an instance.
///
/// # Errors
/// What an op gives.
pub fn run<E: Engine>(engine: &mut E, instance: &Instance<'_>) -> Result<Outputs> {
    let mut builder = Builder::new(engine, instance)?;
    let (names, values) = builder.apply_all()?;
    Ok(names.into_iter().zip(builder.engine.fetch(&values)?).collect())
}

/// Compares what an instance gave with what is recorded; `failure` is the status it should give, if any.
///
/// # Errors
/// How they differ.
pub fn judge(
    outcome: Result<Outputs>,
    instance: &Instance<'_>,
    failure: Option<&Failure>,
) -> Result<(), String> {
    let expected: HashMap<&str, _> = instance
        .answers()
        .filter_map(|answer| match answer {
            Answer::Out(name, literal) => Some((name.as_str(), literal)),
            _ => None,
        })
        .collect();
    match (outcome, failure) {
        (Err(error), Some(failure)) if failure.matches(&error) => Ok(()),
        (Err(error), Some(failure)) => Err(format!("gave {error:?}\n  expected {failure}")),
        (Err(error), None) => Err(format!("gave {error:?}")),
        (Ok(_), Some(failure)) => Err(format!("succeeded, expected {failure}")),
        (Ok(outputs), None) => {
            if outputs.len() != expected.len() || instance.case.records.is_empty() && !outputs.is_empty() {
                return Err(format!(
                    "{} outputs, {} recorded; record with `cargo xtask record`",
                    outputs.len(),
                    expected.len()
                ));
            }
            for (name, value) in &outputs {
                let literal = expected.get(name.as_str()).ok_or(format!("output {name} is not recorded"))?;
                if let Some(value) = value {
                    instance.check(value, literal, false).map_err(|error| format!("{name}: {error}"))?;
                }
            }
            Ok(())
        }
    }
}
