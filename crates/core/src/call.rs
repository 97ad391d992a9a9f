//! `Op` and `OpCall`: applying an op to operands, in whichever mode is in force.

use crate::schema::{Allowed, ArgDef, ArgType, AttrKind, OpSchema};
use crate::{
    AttrValue, Attrs, DType, EagerTensor, Error, GraphLike, IntoOperand, IntoOperands, NdArray, OpDef,
    Operand, Result, Tensor, bail, context, registry, run_op,
};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::sync::Arc;

/// One input argument of a call.
#[derive(Clone)]
pub enum Arg {
    /// A single tensor.
    One(Operand),
    /// A list of tensors.
    List(Vec<Operand>),
}

impl Arg {
    /// The operands, in order.
    pub fn operands(&self) -> &[Operand] {
        match self {
            Arg::One(operand) => std::slice::from_ref(operand),
            Arg::List(operands) => operands,
        }
    }
}

/// An op with its inputs and attributes, complete and checked, on its way into a graph or to its kernel.
#[derive(Clone)]
pub struct OpCall {
    /// The op.
    pub def: &'static OpDef,
    /// One entry for each input argument of the signature. Values have the dtypes that the op wants.
    pub args: SmallVec<[Arg; 3]>,
    /// Every attribute of the signature.
    pub attrs: Attrs,
    /// The name asked for, if any.
    pub name: Option<String>,
}

impl OpCall {
    /// All operands, in order.
    pub fn operands(&self) -> impl Iterator<Item = &Operand> {
        self.args.iter().flat_map(Arg::operands)
    }
}

/// Builds a call of an op and runs it: how every public function of an op is written.
///
/// ```
/// use ferroflow_core::{Op, OpDef, Tensor, IntoOperand, Result, shape_fn};
/// static IDENTITY: OpDef = OpDef {
///     name: "Identity",
///     shape: shape_fn::unchanged,
///     kernel: Some(|cx| { let x = cx.take(0)?; cx.set(0, x) }),
///     ..OpDef::NEW
/// };
/// fn identity(input: impl IntoOperand) -> Result<Tensor> {
///     Op::new(&IDENTITY).input(input).one()
/// }
/// assert_eq!(identity([1.5, 2.5])?.numpy()?.as_slice::<f32>()?, [1.5, 2.5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[must_use = "nothing happens before `one`, `all` or `run`"]
pub struct Op {
    def: Result<&'static OpDef>,
    args: SmallVec<[Arg; 3]>,
    attrs: Attrs,
    name: Option<String>,
    default_name: Option<&'static str>,
    error: Option<Error>,
}

impl Op {
    /// A call of this op.
    pub fn new(def: &'static OpDef) -> Op {
        Op {
            def: Ok(def),
            args: SmallVec::new(),
            attrs: Attrs::new(),
            name: None,
            default_name: None,
            error: None,
        }
    }

    /// A call of the op of this name: for gradients, which use ops of other families.
    pub fn named(name: &str) -> Op {
        let def = registry::lookup(name)
            .ok_or_else(|| Error::unimplemented(format!("unsupported op: {name} (node '{name}')")));
        Op { def, args: SmallVec::new(), attrs: Attrs::new(), name: None, default_name: None, error: None }
    }

    /// The next input argument.
    pub fn input(mut self, operand: impl IntoOperand) -> Op {
        match operand.into_operand() {
            Ok(operand) => self.args.push(Arg::One(operand)),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// The next input argument, a list of tensors.
    pub fn inputs(mut self, operands: impl IntoOperands) -> Op {
        match operands.into_operands() {
            Ok(operands) => self.args.push(Arg::List(operands)),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// Sets an attribute.
    pub fn attr(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<AttrValue>) -> Op {
        self.attrs.set(name, value);
        self
    }

    /// Sets attributes.
    pub fn attrs(mut self, attrs: &Attrs) -> Op {
        for (name, value) in attrs.iter() {
            self.attrs.set(name.to_string(), value.clone());
        }
        self
    }

    /// Names the node.
    pub fn name(mut self, name: impl Into<String>) -> Op {
        self.name = Some(name.into());
        self
    }

    /// Names the node where the caller does not: by default its name is the op's.
    pub fn default_name(mut self, name: &'static str) -> Op {
        self.default_name = Some(name);
        self
    }

    /// Runs the op, which has one output.
    ///
    /// # Errors
    /// As [`Op::all`].
    pub fn one(self) -> Result<Tensor> {
        let mut outputs = self.all()?;
        match (outputs.pop(), outputs.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => bail!(internal, "the op does not have one output"),
        }
    }

    /// Runs the op, which has `N` outputs.
    ///
    /// # Errors
    /// As [`Op::all`].
    pub fn outputs<const N: usize>(self) -> Result<[Tensor; N]> {
        let outputs = self.all()?;
        outputs
            .try_into()
            .map_err(|all: Vec<Tensor>| Error::internal(format!("the op has {} outputs, not {N}", all.len())))
    }

    /// Runs the op for its effect.
    ///
    /// # Errors
    /// As [`Op::all`].
    pub fn run(self) -> Result<()> {
        self.all().map(drop)
    }

    /// Runs the op: adds a node to the graph in force, or computes at once.
    ///
    /// # Errors
    /// `TypeError` and `ValueError` for inputs and attributes that the signature does not allow, what the shape
    /// function or the kernel finds wrong, `Unimplemented` for an op without a kernel for the dtype.
    pub fn all(self) -> Result<Vec<Tensor>> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let name = self.name.or_else(context::take_name).or_else(|| self.default_name.map(str::to_string));
        let call = complete(self.def?, self.args, self.attrs, name)?;
        match target_graph(&call)? {
            Some(graph) => graph.add_op(call),
            None => run_eagerly(&call),
        }
    }
}

/// The graph a call joins: the open one, or that of its symbolic inputs; `None` to run it at once.
fn target_graph(call: &OpCall) -> Result<Option<Arc<dyn GraphLike>>> {
    let current = context::current_graph();
    if current.is_some() {
        return Ok(current);
    }
    let symbolic = call.operands().find_map(|operand| match operand {
        Operand::Tensor(tensor @ Tensor::Symbolic(symbolic)) => Some((tensor, symbolic.graph())),
        _ => None,
    });
    match symbolic {
        None => Ok(None),
        Some((tensor, graph)) if context::has_scope() || graph.builds_function() => {
            Err(context::out_of_scope(tensor))
        }
        Some((_, graph)) => Ok(Some(graph.clone())),
    }
}

/// Fills in and checks the attributes, and casts weak values to the dtypes that follow from them.
fn complete(
    def: &'static OpDef,
    args: SmallVec<[Arg; 3]>,
    attrs: Attrs,
    name: Option<String>,
) -> Result<OpCall> {
    let schema = def.schema();
    if args.len() != schema.inputs.len() {
        bail!(
            type_error,
            "{} takes {} inputs ({}), got {}",
            def.name,
            schema.inputs.len(),
            schema.inputs.iter().map(|arg| arg.name.as_str()).collect::<Vec<_>>().join(", "),
            args.len()
        );
    }
    let mut call = OpCall { def, args, attrs, name };
    infer_attrs(schema, &mut call)?;
    fill_defaults(schema, &mut call.attrs)?;
    check_allowed(schema, &call.attrs, def.name)?;
    cast_values(schema, &mut call)?;
    Ok(call)
}

fn infer_attrs(schema: &OpSchema, call: &mut OpCall) -> Result<()> {
    for (arg_def, arg) in schema.inputs.iter().zip(&call.args) {
        let operands = arg.operands();
        if let Arg::List(_) = arg
            && !arg_def.is_list()
        {
            bail!(
                type_error,
                "Input '{}' of '{}' Op takes one tensor, not a list",
                arg_def.name,
                call.def.name
            );
        }
        match &arg_def.kind {
            ArgType::Repeated { number_attr, .. } if call.attrs.get(number_attr).is_none() => {
                call.attrs.set(number_attr.clone(), operands.len());
            }
            ArgType::TypeList(attr) if call.attrs.get(attr).is_none() => {
                let dtypes: Vec<DType> = operands.iter().map(Operand::natural_dtype).collect();
                call.attrs.set(attr.clone(), dtypes);
            }
            _ => {}
        }
    }
    // Fixed dtypes decide before weak ones, wherever they stand in the signature.
    for weak in [false, true] {
        for (arg_def, arg) in schema.inputs.iter().zip(&call.args) {
            let Some(attr) = arg_def.kind.type_attr() else { continue };
            let candidates = arg.operands();
            let dtype = if weak {
                weak_dtype(schema, attr, candidates)
            } else {
                candidates.iter().find_map(Operand::fixed_dtype)
            };
            if let (None, Some(dtype)) = (call.attrs.get(attr), dtype) {
                call.attrs.set(attr.to_string(), dtype);
            }
        }
    }
    Ok(())
}

/// The dtype of weak values that nothing else decides: their own, else the attribute's default when they fit it.
fn weak_dtype(schema: &OpSchema, attr: &str, operands: &[Operand]) -> Option<DType> {
    let natural =
        operands.iter().map(Operand::natural_dtype).reduce(|a, b| if b.is_floating() { b } else { a })?;
    let allowed = schema.attr(attr).map(|attr| &attr.allowed);
    match allowed {
        Some(Allowed::Types(dtypes)) if !dtypes.contains(&natural) => {
            // As TensorFlow's conversion of Python numbers: the attribute's default decides, then any float.
            let default = schema.attr(attr).and_then(|attr| match attr.default {
                // Fractions are not cut off: the signature refuses them.
                Some(AttrValue::Type(dtype)) if !(natural.is_floating() && dtype.is_integer()) => Some(dtype),
                _ => None,
            });
            default
                .or_else(|| dtypes.iter().copied().find(|dtype| *dtype == DType::FLOAT32))
                .or(Some(natural))
        }
        _ => Some(natural),
    }
}

fn fill_defaults(schema: &OpSchema, attrs: &mut Attrs) -> Result<()> {
    for attr in &schema.attrs {
        match attrs.get(&attr.name) {
            None => match &attr.default {
                Some(default) => attrs.set(attr.name.clone(), default.clone()),
                None => bail!(type_error, "No argument for attr {} found in {} Op", attr.name, schema.name),
            },
            // An empty list says nothing of the kind of its members.
            Some(AttrValue::Ints(values)) if values.is_empty() && attr.ty.is_list => {
                let empty = match attr.ty.kind {
                    AttrKind::Float => AttrValue::Floats(Vec::new()),
                    AttrKind::Type => AttrValue::Types(Vec::new()),
                    AttrKind::Str => AttrValue::Strs(Vec::new()),
                    AttrKind::Shape => AttrValue::Shapes(Vec::new()),
                    _ => AttrValue::Ints(Vec::new()),
                };
                attrs.set(attr.name.clone(), empty);
            }
            Some(_) => {}
        }
    }
    if attrs.len() > schema.attrs.len() {
        let unknown = attrs.iter().find(|(name, _)| !name.starts_with('_') && schema.attr(name).is_none());
        if let Some((name, _)) = unknown {
            bail!(type_error, "{} got an unexpected keyword argument '{name}'", schema.name);
        }
    }
    Ok(())
}

/// Refuses values of attributes that the signature does not allow, in the words of the mode in force: eagerly it is
/// TensorFlow's runtime that finds them, in a graph its Python code.
fn check_allowed(schema: &OpSchema, attrs: &Attrs, op: &str) -> Result<()> {
    let eager = context::executing_eagerly();
    for attr in &schema.attrs {
        let Some(value) = attrs.get(&attr.name) else { continue };
        match (&attr.allowed, value) {
            (Allowed::Types(allowed), AttrValue::Type(dtype)) if !allowed.contains(dtype) => {
                return Err(dtype_not_allowed(schema, &attr.name, *dtype, allowed, eager));
            }
            (Allowed::Strs(allowed), AttrValue::Str(text)) if !allowed.contains(text) => {
                let quote = |text: &Vec<u8>| format!("\"{}\"", String::from_utf8_lossy(text));
                let quoted = allowed.iter().map(quote).collect::<Vec<_>>().join(", ");
                let (name, text) = (&attr.name, String::from_utf8_lossy(text));
                if eager {
                    let message = format!(
                        "Value for attr '{name}' of \"{text}\" is not in the list of allowed values: {quoted}"
                    );
                    return Err(Error::invalid_argument(message));
                }
                bail!(value, "Attr '{name}' of '{op}' Op passed string '{text}' not in: {quoted}.");
            }
            _ => {}
        }
        if let (Some(minimum), AttrValue::Int(value)) = (attr.minimum, value)
            && *value < minimum
        {
            let name = &attr.name;
            if eager {
                bail!(
                    invalid_argument,
                    "Value for attr '{name}' of {value} must be at least minimum {minimum}"
                );
            }
            bail!(value, "Attr '{name}' of '{op}' Op passed {value} less than minimum {minimum}.");
        }
    }
    Ok(())
}

fn dtype_not_allowed(schema: &OpSchema, attr: &str, dtype: DType, allowed: &[DType], eager: bool) -> Error {
    let names = |name: &dyn Fn(DType) -> String| {
        allowed.iter().map(|dtype| name(*dtype)).collect::<Vec<_>>().join(", ")
    };
    if eager {
        return Error::invalid_argument(format!(
            "Value for attr '{attr}' of {} is not in the list of allowed values: {}",
            dtype.cpp_name(),
            names(&DType::cpp_name)
        ));
    }
    let argument = schema.inputs.iter().find(|arg| arg.kind.type_attr() == Some(attr));
    Error::type_error(format!(
        "Value passed to parameter '{}' has DataType {} not in list of allowed values: {}",
        argument.map_or(attr, |arg| arg.name.as_str()),
        dtype.name(),
        names(&|dtype| dtype.name().to_string())
    ))
}

fn cast_values(schema: &OpSchema, call: &mut OpCall) -> Result<()> {
    for (arg_def, arg) in schema.inputs.iter().zip(call.args.iter_mut()) {
        let dtypes = arg_def.kind.dtypes(&call.attrs)?;
        let operands = match arg {
            Arg::One(operand) => std::slice::from_mut(operand),
            Arg::List(operands) => operands.as_mut_slice(),
        };
        if operands.len() != dtypes.len() {
            bail!(
                value,
                "List argument '{}' to '{}' Op with length {} must match length {} of its attribute",
                arg_def.name,
                call.def.name,
                operands.len(),
                dtypes.len()
            );
        }
        for (operand, dtype) in operands.iter_mut().zip(dtypes) {
            cast_operand(schema, arg_def, operand, dtype)?;
        }
    }
    Ok(())
}

fn cast_operand(schema: &OpSchema, arg_def: &ArgDef, operand: &mut Operand, dtype: DType) -> Result<()> {
    match operand {
        Operand::Value { array, weak: true } => {
            if array.dtype() != dtype {
                let natural = match array.dtype() {
                    DType::FLOAT64 => DType::FLOAT32,
                    other => other,
                };
                *array = crate::convert::cast_weak(array, dtype)
                    .map_err(|_| dtype_mismatch(schema, arg_def, natural, dtype))?;
            }
            Ok(())
        }
        other => {
            let found = other.natural_dtype();
            if found == dtype {
                return Ok(());
            }
            Err(dtype_mismatch(schema, arg_def, found, dtype))
        }
    }
}

/// The error for a tensor whose dtype is not the one that the op's other inputs, or its signature, ask for.
fn dtype_mismatch(schema: &OpSchema, arg_def: &ArgDef, found: DType, wanted: DType) -> Error {
    if context::executing_eagerly() {
        let position = schema.inputs.iter().position(|arg| arg.name == arg_def.name).unwrap_or(0);
        return Error::invalid_argument(format!(
            "cannot compute {} as input #{position}(zero-based) was expected to be a {} tensor but is a {} tensor",
            schema.name,
            wanted.cpp_name(),
            found.cpp_name()
        ));
    }
    match arg_def.kind.type_attr() {
        None => Error::type_error(format!(
            "Input '{}' of '{}' Op has type {} that does not match expected type of {}.",
            arg_def.name,
            schema.name,
            found.name(),
            wanted.name()
        )),
        Some(attr) => {
            let first = schema.inputs.iter().find(|arg| arg.kind.type_attr() == Some(attr));
            Error::type_error(format!(
                "Input '{}' of '{}' Op has type {} that does not match type {} of argument '{}'.",
                arg_def.name,
                schema.name,
                found.name(),
                wanted.name(),
                first.map_or("", |arg| arg.name.as_str())
            ))
        }
    }
}

fn run_eagerly(call: &OpCall) -> Result<Vec<Tensor>> {
    let mut inputs: SmallVec<[NdArray; 4]> = SmallVec::new();
    for operand in call.operands() {
        match operand.value() {
            Some(value) => inputs.push(value.clone()),
            None => bail!(internal, "a symbolic tensor reached the eager runtime"),
        }
    }
    let env = context::eager_env();
    let recorded = context::has_recorders();
    let outputs = run_op(call.def, &call.attrs, call.def.name, &mut inputs, &env, None)
        .map_err(|error| error.in_op(call.def.name))?;
    let outputs: Vec<Tensor> =
        outputs.into_iter().map(|value| Tensor::Eager(EagerTensor::new(value))).collect();
    if recorded {
        let inputs: Vec<Tensor> = call
            .operands()
            .map(|operand| match operand {
                Operand::Tensor(tensor) => tensor.clone(),
                Operand::Value { array, .. } => Tensor::from(array.clone()),
            })
            .collect();
        context::record(call, &inputs, &outputs);
    }
    Ok(outputs)
}
