//! A case for one choice of dtypes: its values, its attributes and what was recorded for it.

use crate::case::{Answer, Case, Failure, Literal};
use crate::compare::{Bound, compare};
use crate::value;
use ferroflow_core::schema::{self, AttrKind, OpSchema, parse_attr_value};
use ferroflow_core::{Attrs, DType, Error, Exception, NdArray, PartialShape, Result, bail};

/// A case whose template variables have dtypes.
pub struct Instance<'a> {
    /// The case.
    pub case: &'a Case,
    /// A dtype for each variable.
    pub combo: Vec<(&'a str, DType)>,
    /// The dtypes joined by commas, as recorded lines name the combination.
    pub label: String,
}

/// All instances of a case, the last variable varying fastest.
pub fn instances(case: &Case) -> Vec<Instance<'_>> {
    let mut combos: Vec<Vec<(&str, DType)>> = vec![Vec::new()];
    for (variable, dtypes) in &case.variables {
        let mut longer = Vec::new();
        for combo in &combos {
            longer.extend(
                dtypes.iter().map(|&dtype| [combo.as_slice(), &[(variable.as_str(), dtype)]].concat()),
            );
        }
        combos = longer;
    }
    combos
        .into_iter()
        .map(|combo| {
            let label = combo.iter().map(|(_, dtype)| dtype.name()).collect::<Vec<_>>().join(",");
            Instance { case, combo, label }
        })
        .collect()
}

impl Instance<'_> {
    /// `Op/case` or `Op/case[dtypes]`, the name tests are filtered by.
    pub fn name(&self) -> String {
        let (op, name) = (&self.case.op, self.case.name.replace(' ', "_"));
        if self.label.is_empty() { format!("{op}/{name}") } else { format!("{op}/{name}[{}]", self.label) }
    }

    /// The dtype that a word stands for.
    ///
    /// # Errors
    /// `InvalidArgument` when it is neither a variable nor a dtype.
    pub fn dtype(&self, word: &str) -> Result<DType> {
        let variable = self.combo.iter().find(|(name, _)| *name == word).map(|(_, dtype)| *dtype);
        variable
            .or_else(|| DType::from_name(word))
            .ok_or_else(|| Error::invalid_argument(format!("no dtype: {word}")))
    }

    /// The array of an input.
    ///
    /// # Errors
    /// `InvalidArgument` where the text is no such array.
    pub fn array(&self, literal: &Literal) -> Result<NdArray> {
        match (&literal.values, &literal.shape) {
            (Some(values), Some(shape)) => value::values(values, self.dtype(&literal.dtype)?, shape),
            _ => bail!(invalid_argument, "an input needs a shape and values"),
        }
    }

    /// The attributes that a call names, without defaults and without those the inputs fix.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown attribute or a value of another type.
    pub fn attrs(&self, schema: &OpSchema, given: &[(String, String)]) -> Result<Attrs> {
        let mut attrs = Attrs::new();
        for (name, text) in given {
            let Some(def) = schema.attr(name) else {
                bail!(invalid_argument, "{} has no attribute '{name}'", schema.name);
            };
            let text = match def.ty.kind {
                AttrKind::Type | AttrKind::Tensor => self.with_dtypes(text),
                _ => text.clone(),
            };
            attrs.set(name.clone(), parse_attr_value(def.ty, &text)?);
        }
        Ok(attrs)
    }

    /// The text with the template's variables replaced.
    fn with_dtypes(&self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut out = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            let variable = self.combo.iter().find(|(name, _)| *name == word);
            out.push_str(variable.map_or(word, |(_, dtype)| dtype.name()));
            let gap = tail.find(is_word).unwrap_or(tail.len());
            out.push_str(&tail[..gap]);
            rest = &tail[gap..];
        }
        out
    }

    /// Whether the case runs in v1 graphs only: it says so, or an op of it takes or gives references.
    pub fn is_graph_only(&self) -> bool {
        let has_references = |op: &str| {
            let schema = schema::lookup(op);
            schema.is_some_and(|schema| schema.inputs.iter().chain(&schema.outputs).any(|arg| arg.is_ref))
        };
        self.case.graph_only || self.ops().any(has_references)
    }

    /// Whether an op of the case is one that graphs of today cannot hold.
    pub fn is_of_old_graphs(&self) -> bool {
        self.ops().any(|op| schema::lookup(op).is_some_and(|schema| schema.deprecation.is_some()))
    }

    /// The op and those of the steps around it.
    fn ops(&self) -> impl Iterator<Item = &str> {
        let steps = self.case.before.iter().chain(&self.case.after).map(|step| step.op.as_str());
        steps.chain([self.case.op.as_str()])
    }

    /// What was recorded for this combination.
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        let applies = |labels: &Vec<String>| labels.is_empty() || labels.contains(&self.label);
        self.case.records.iter().filter(move |record| applies(&record.labels)).map(|record| &record.answer)
    }

    /// The status recorded for the op, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.answers().find_map(|answer| match answer {
            Answer::Failure(failure) => Some(failure),
            _ => None,
        })
    }

    /// The status recorded for the shape function, if it is another.
    pub fn shape_failure(&self) -> Option<&Failure> {
        self.answers().find_map(|answer| match answer {
            Answer::ShapeFailure(failure) => Some(failure),
            _ => None,
        })
    }

    /// The status that an error should be, given where it arose: a `ValueError` comes from a shape function while a
    /// graph is built, everything else from running.
    pub fn failure_for<T>(&self, outcome: &Result<T>) -> Option<&Failure> {
        match outcome {
            Err(error) if error.exception() == Exception::Value => self.shape_failure().or(self.failure()),
            _ => self.failure(),
        }
    }

    /// What is to be known of an output's shape when the inputs are constants; `None` where nothing is recorded.
    pub fn static_shape(&self, output: &str) -> Option<PartialShape> {
        if self.case.no_static {
            return None;
        }
        let recorded = self.answers().find_map(|answer| match answer {
            Answer::Static(name, shape) if name == output => Some(shape.clone()),
            _ => None,
        });
        let of_result = || {
            self.answers().find_map(|answer| match answer {
                Answer::Out(name, literal) if name == output => {
                    literal.shape.as_deref().map(PartialShape::from)
                }
                _ => None,
            })
        };
        recorded.or_else(of_result)
    }

    /// The bound for values of this dtype.
    pub fn bound(&self, dtype: DType, of_gradients: bool) -> Bound {
        let mut bound = Bound::default();
        for tolerance in &self.case.tolerances {
            let applies = tolerance.dtypes.is_empty() || tolerance.dtypes.contains(&dtype);
            if applies && (of_gradients || !tolerance.of_gradients) {
                bound.ulp = bound.ulp.max(tolerance.ulp);
                bound.abs = bound.abs.max(tolerance.abs);
            }
        }
        bound
    }

    /// Checks a value against a recorded one.
    ///
    /// # Errors
    /// How they differ.
    pub fn check(&self, found: &NdArray, expected: &Literal, of_gradients: bool) -> Result<(), String> {
        let dtype = self.dtype(&expected.dtype).map_err(|error| error.to_string())?;
        if found.dtype() != dtype {
            return Err(format!("dtype {}, expected {}", found.dtype().name(), dtype.name()));
        }
        let Some(shape) = &expected.shape else { return Ok(()) };
        if found.shape().dims() != shape.as_slice() {
            return Err(format!("shape {}, expected {shape:?}", found.shape()));
        }
        let Some(values) = &expected.values else { return Ok(()) };
        let recorded = value::recorded(values, dtype, shape).map_err(|error| error.to_string())?;
        compare(found, &recorded, self.bound(dtype, of_gradients))
    }
}

/// The signature of an op.
///
/// # Errors
/// `NotFound` when TensorFlow has no such op.
pub fn schema_of(op: &str) -> Result<&'static OpSchema> {
    schema::lookup(op).ok_or_else(|| Error::not_found(format!("no op '{op}'")))
}

impl Failure {
    /// Whether an error is this status.
    pub fn matches(&self, error: &Error) -> bool {
        // Shape functions' errors say at which node, which recorded messages do not.
        let message = error.message().split(" for '{{node").next().unwrap_or("");
        format!("{:?}", error.code()) == self.code && message == self.message
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
