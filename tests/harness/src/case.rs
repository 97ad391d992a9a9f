//! What a `*.cases` file says: the types, and the reading of its lines. README.md holds the grammar.

use crate::text::{split_top, strip_comment};
use ferroflow_core::literal::Cursor;
use ferroflow_core::schema::{AttrKind, AttrType, parse_attr_value};
use ferroflow_core::{AttrValue, DType, Error, PartialShape, Result, bail};

/// A case: one op with inputs and attributes, perhaps for several dtypes, and what TensorFlow answered.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// The op under test.
    pub op: String,
    /// The case's name, unique for the op in its file.
    pub name: String,
    /// The line it starts on, from 1.
    pub line: usize,
    /// The template's variables with their dtypes.
    pub variables: Vec<(String, Vec<DType>)>,
    /// Attributes as text.
    pub attrs: Vec<(String, String)>,
    /// Inputs by name, members of lists as `name.0`, `name.1`, ...
    pub inputs: Vec<(String, Arg)>,
    /// `let` and `do` steps, which run before the op.
    pub before: Vec<Step>,
    /// `then` steps, which run after it.
    pub after: Vec<Step>,
    /// Inputs whose gradient is recorded.
    pub grads: Vec<String>,
    /// How often the op runs; what the last run gives is recorded. 0 stands for once.
    pub runs: usize,
    /// Only dtypes and shapes of outputs are reproducible.
    pub check_shape_only: bool,
    /// The case runs in a graph and nowhere else.
    pub graph_only: bool,
    /// Gradients are not compared with differences: the op jumps or bends at these inputs.
    pub no_differences: bool,
    /// What a graph knows of the outputs' shapes is not compared: TensorFlow dies over it.
    pub no_static: bool,
    /// How far outputs may be off.
    pub tolerances: Vec<Tolerance>,
    /// What was recorded.
    pub records: Vec<Record>,
}

/// How far floats may be off.
#[derive(Clone, Debug, Default)]
pub struct Tolerance {
    /// The dtypes it is for; all when empty.
    pub dtypes: Vec<DType>,
    /// Whether it is for gradients, not outputs.
    pub of_gradients: bool,
    /// In units of the last place.
    pub ulp: f64,
    /// Absolute.
    pub abs: f64,
}

/// An op run before or after the one under test.
#[derive(Clone, Debug)]
pub struct Step {
    /// What later lines call its outputs, behind a `$`.
    pub name: Option<String>,
    /// The op.
    pub op: String,
    /// A value per input.
    pub args: Vec<Arg>,
    /// Attributes as text.
    pub attrs: Vec<(String, String)>,
}

/// An input.
#[derive(Clone, Debug)]
pub enum Arg {
    /// The output of a step.
    Output {
        /// The step's name.
        step: String,
        /// Which of its outputs.
        index: usize,
    },
    /// Values given in the case.
    Literal(Literal),
    /// The members of a list input.
    List(Vec<Arg>),
}

/// A tensor as text.
#[derive(Clone, Debug)]
pub struct Literal {
    /// A dtype or a variable of the template.
    pub dtype: String,
    /// The shape; `None` when it was not known to TensorFlow.
    pub shape: Option<Vec<usize>>,
    /// The elements; `None` where only dtype and shape are recorded.
    pub values: Option<String>,
}

/// Something TensorFlow answered.
#[derive(Clone, Debug)]
pub struct Record {
    /// The combinations of dtypes it is for; all when empty.
    pub labels: Vec<String>,
    /// The answer.
    pub answer: Answer,
}

/// The kinds of answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// An output of the op, or of a `then` step under `$name`.
    Out(String, Literal),
    /// The gradient for an input; `None` where there is none.
    Gradient(String, Option<Literal>),
    /// The shape that is known of an output before the op runs, where it is not the result's.
    Static(String, PartialShape),
    /// The status the op gives.
    Failure(Failure),
    /// The status the shape function gives when all shapes and values are known, where it is another.
    ShapeFailure(Failure),
}

/// A status: code as in `InvalidArgument`, and message.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The status code's name in `tf.errors` without `Error`.
    pub code: String,
    /// The message without what says where it happened.
    pub message: String,
}

/// Reads a file.
///
/// # Errors
/// `InvalidArgument` with the number of the line and what is wrong there.
pub fn parse(text: &str) -> Result<Vec<Case>> {
    let mut reader = Reader::default();
    for (index, raw) in text.lines().enumerate() {
        reader.line(index + 1, raw).map_err(|error| error.context(format!("line {}", index + 1)))?;
    }
    Ok(reader.cases)
}

#[derive(Default)]
struct Reader {
    op: Option<String>,
    inside: bool,
    cases: Vec<Case>,
}

impl Reader {
    fn line(&mut self, number: usize, raw: &str) -> Result<()> {
        // A recorded message may hold a `#` and quotes of its own.
        let first = raw.trim_start();
        let is_message = first.starts_with("error") || first.starts_with("shape_error");
        let line = if is_message { raw.trim() } else { strip_comment(raw).trim() };
        if line.is_empty() {
            return Ok(());
        }
        let (head, rest) = split_head(line);
        let (word, bracket) = match head.split_once('[') {
            Some((word, bracket)) => (word, bracket.trim_end_matches(']')),
            None => (head, ""),
        };
        match word {
            "op" => {
                self.op = Some(rest.to_string());
                self.inside = false;
                return Ok(());
            }
            "case" => return self.start(number, rest),
            _ => {}
        }
        let Some(case) = self.cases.last_mut().filter(|_| self.inside) else {
            bail!(invalid_argument, "'{word}' outside a case");
        };
        let labels = || bracket.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        let answer = match word {
            "out" => Answer::Out(name_of(rest)?.0, recorded(name_of(rest)?.1)?),
            "dgrad" => {
                let (name, value) = name_of(rest)?;
                Answer::Gradient(name, if value == "none" { None } else { Some(recorded(value)?) })
            }
            "static" => {
                let (name, shape) = name_of(rest)?;
                let AttrValue::Shape(shape) = parse_attr_value(AttrType::one(AttrKind::Shape), shape)? else {
                    bail!(invalid_argument, "expected a shape");
                };
                Answer::Static(name, shape)
            }
            "error" => Answer::Failure(failure(rest)?),
            "shape_error" => Answer::ShapeFailure(failure(rest)?),
            _ => return authored(case, word, bracket, rest),
        };
        case.records.push(Record { labels: labels(), answer });
        Ok(())
    }

    fn start(&mut self, line: usize, rest: &str) -> Result<()> {
        let Some(op) = &self.op else { bail!(invalid_argument, "a case before any `op`") };
        let mut parts = rest.split(" for ");
        let name = parts.next().unwrap_or("").trim().to_string();
        let mut case = Case { op: op.clone(), name, line, ..Case::default() };
        for template in parts {
            let Some((variable, dtypes)) = template.split_once(" in ") else {
                bail!(invalid_argument, "expected `for T in DTYPE ...`");
            };
            case.variables.push((variable.trim().to_string(), dtype_list(dtypes)?));
        }
        if self.cases.iter().any(|other| other.op == case.op && other.name == case.name) {
            bail!(invalid_argument, "a second case '{}' of {}", case.name, case.op);
        }
        self.cases.push(case);
        self.inside = true;
        Ok(())
    }
}

fn authored(case: &mut Case, word: &str, bracket: &str, rest: &str) -> Result<()> {
    match word {
        "attr" => {
            let Some((name, value)) = rest.split_once('=') else {
                bail!(invalid_argument, "expected `attr NAME = VALUE`");
            };
            case.attrs.push((name.trim().to_string(), value.trim().to_string()));
        }
        "in" => case.inputs.push(input(rest)?),
        "let" | "do" => case.before.push(step(rest)?),
        "then" => case.after.push(step(rest)?),
        "grad" => case.grads.extend(rest.split_whitespace().map(str::to_string)),
        "check" if rest == "shape" => case.check_shape_only = true,
        "check" if rest == "no_differences" => case.no_differences = true,
        "check" if rest == "no_static" => case.no_static = true,
        "mode" if rest == "graph" => case.graph_only = true,
        "runs" => {
            case.runs =
                rest.parse().map_err(|_| Error::invalid_argument(format!("no number of runs: {rest}")))?;
        }
        "ulp" | "abs" | "grad_ulp" | "grad_abs" => {
            let bound =
                rest.parse::<f64>().map_err(|_| Error::invalid_argument(format!("no number: {rest}")))?;
            let (ulp, abs) = if word.ends_with("ulp") { (bound, 0.0) } else { (0.0, bound) };
            let (dtypes, of_gradients) = (dtype_list(bracket)?, word.starts_with("grad"));
            case.tolerances.push(Tolerance { dtypes, of_gradients, ulp, abs });
        }
        _ => bail!(invalid_argument, "unknown line '{word} {rest}'"),
    }
    Ok(())
}

/// The first word, with a bracket behind it that may hold spaces, and the rest.
fn split_head(line: &str) -> (&str, &str) {
    let end = match line.find([' ', '[']) {
        Some(at) if line[at..].starts_with('[') => line.find(']').map_or(line.len(), |close| close + 1),
        Some(at) => at,
        None => line.len(),
    };
    (&line[..end], line[end..].trim())
}

fn dtype_list(text: &str) -> Result<Vec<DType>> {
    text.split_whitespace()
        .map(|word| {
            DType::from_name(word).ok_or_else(|| Error::invalid_argument(format!("no dtype: {word}")))
        })
        .collect()
}

fn name_of(text: &str) -> Result<(String, &str)> {
    match text.split_once(':') {
        Some((name, value)) => Ok((name.trim().to_string(), value.trim())),
        None => bail!(invalid_argument, "expected `NAME: ...` in '{text}'"),
    }
}

fn failure(text: &str) -> Result<Failure> {
    let (code, message) = name_of(text)?;
    Ok(Failure { code, message: unescaped(message) })
}

/// A recorded message: `\n` is a new line, `\\` a backslash.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some(escaped)) => out.push(escaped),
            (c, _) => out.push(c),
        }
    }
    out
}

/// `DTYPE[SHAPE]` or `DTYPE<unknown>`, and what follows.
fn kind(text: &str) -> Result<(Literal, &str)> {
    let mut cursor = Cursor::new(text);
    let dtype = cursor.word()?.to_string();
    let shape = if cursor.eat("<unknown>") {
        None
    } else {
        cursor.expect("[")?;
        Some(cursor.separated("]", Cursor::parse)?)
    };
    let end = text.find([']', '>']).map_or(text.len(), |at| at + 1);
    Ok((Literal { dtype, shape, values: None }, text[end..].trim()))
}

/// `DTYPE[SHAPE] = VALUES`, or without values.
fn recorded(text: &str) -> Result<Literal> {
    let (literal, rest) = kind(text)?;
    match rest.strip_prefix('=') {
        Some(values) => Ok(Literal { values: Some(values.trim().to_string()), ..literal }),
        None if rest.is_empty() => Ok(literal),
        None => bail!(invalid_argument, "expected `=` before '{rest}'"),
    }
}

fn input(rest: &str) -> Result<(String, Arg)> {
    if let Some((name, reference)) = rest.split_once('=')
        && let Some(output) = reference.trim().strip_prefix('$')
    {
        return Ok((name.trim().to_string(), output_of(output)?));
    }
    let (name, value) = name_of(rest)?;
    let literal = recorded(value)?;
    if literal.values.is_none() || literal.shape.is_none() {
        bail!(invalid_argument, "expected `in NAME: DTYPE[SHAPE] = VALUES`");
    }
    Ok((name, Arg::Literal(literal)))
}

fn output_of(text: &str) -> Result<Arg> {
    let (step, index) = text.split_once('.').unwrap_or((text, "0"));
    let index = index.parse().map_err(|_| Error::invalid_argument(format!("no output number: {index}")))?;
    Ok(Arg::Output { step: step.to_string(), index })
}

/// `[NAME =] OP(ARGS; ATTRS)`
fn step(text: &str) -> Result<Step> {
    let expected = || Error::invalid_argument(format!("expected [NAME =] OP(ARGS; ATTRS), found '{text}'"));
    let (head, body) = text.split_once('(').ok_or_else(expected)?;
    let body = body.trim_end().strip_suffix(')').ok_or_else(expected)?;
    let (name, op) = match head.split_once('=') {
        Some((name, op)) => (Some(name.trim().to_string()), op.trim()),
        None => (None, head.trim()),
    };
    let parts = split_top(body, ';');
    let args = parts.first().map_or(Ok(Vec::new()), |args| arguments(args))?;
    let mut attrs = Vec::new();
    for attr in parts.iter().skip(1).flat_map(|attrs| split_top(attrs, ',')).filter(|attr| !attr.is_empty()) {
        let (name, value) = attr.split_once('=').ok_or_else(expected)?;
        attrs.push((name.trim().to_string(), value.trim().to_string()));
    }
    Ok(Step { name, op: op.to_string(), args, attrs })
}

fn arguments(text: &str) -> Result<Vec<Arg>> {
    split_top(text, ',').into_iter().filter(|arg| !arg.is_empty()).map(argument).collect()
}

fn argument(text: &str) -> Result<Arg> {
    if let Some(output) = text.strip_prefix('$') {
        return output_of(output);
    }
    if let Some(members) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return arguments(members).map(Arg::List);
    }
    let (literal, values) = kind(text)?;
    Ok(Arg::Literal(Literal { values: Some(values.to_string()), ..literal }))
}
