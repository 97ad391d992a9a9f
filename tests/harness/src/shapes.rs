//! Whether a shape function's answers agree with the shapes of real results, however little it is told.

use crate::instance::Instance;
use ferroflow_core::{Attrs, InputFacts, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, ShapeInputs};

/// What a shape function may be told.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Knowledge {
    /// Shapes, and the values that the case gives.
    Full,
    /// Shapes.
    Shapes,
    /// Every other size, from the first or the second.
    Alternate(usize),
    /// Ranks.
    Ranks,
    /// Nothing.
    None,
}

const LEVELS: [Knowledge; 6] = [
    Knowledge::Full,
    Knowledge::Shapes,
    Knowledge::Alternate(0),
    Knowledge::Alternate(1),
    Knowledge::Ranks,
    Knowledge::None,
];

fn facts(array: &NdArray, is_literal: bool, knowledge: Knowledge) -> InputFacts {
    let dims = array.shape().dims();
    let known = |keep: &dyn Fn(usize) -> bool| {
        PartialShape::new(dims.iter().enumerate().map(|(axis, &dim)| keep(axis).then_some(dim)))
    };
    InputFacts {
        shape: match knowledge {
            Knowledge::Full | Knowledge::Shapes => array.shape().into(),
            Knowledge::Alternate(from) => known(&|axis| axis % 2 == from),
            Knowledge::Ranks => known(&|_| false),
            Knowledge::None => PartialShape::unknown(),
        },
        value: (knowledge == Knowledge::Full && is_literal).then(|| array.clone()),
        value_as_shape: None,
        handle: if knowledge == Knowledge::None { None } else { std::slice::from_ref(array).handle(0) },
    }
}

fn infer(def: &OpDef, attrs: &Attrs, inputs: &[InputFacts]) -> Result<Vec<PartialShape>> {
    let facts = FactsOf(inputs);
    let mut cx = ShapeCtx::new(def.schema(), attrs, &facts, inputs.len(), false)?;
    (def.shape)(&mut cx)?;
    Ok(cx.into_outputs().into_vec())
}

struct FactsOf<'a>(&'a [InputFacts]);

impl ShapeInputs for FactsOf<'_> {
    fn shape(&self, index: usize) -> PartialShape {
        self.0.shape(index)
    }
    fn value(&self, index: usize) -> Option<NdArray> {
        self.0.value(index)
    }
    fn value_as_shape(&self, index: usize) -> Option<PartialShape> {
        self.0.value_as_shape(index)
    }
    fn handle(&self, index: usize) -> Option<Vec<(ferroflow_core::DType, PartialShape)>> {
        self.0.handle(index)
    }
}

/// Checks an op's shape function on the inputs of an instance, given its completed attributes, which inputs are
/// literals of the case, and the shapes of the real outputs, which are `None` where the op fails.
///
/// # Errors
/// What does not agree, and at which level of knowledge.
pub fn check(
    def: &OpDef,
    instance: &Instance<'_>,
    attrs: &Attrs,
    inputs: &[NdArray],
    literal: &[bool],
    outputs: Option<&[Shape]>,
) -> Result<(), String> {
    for knowledge in LEVELS {
        let inputs: Vec<InputFacts> =
            inputs.iter().zip(literal).map(|(array, known)| facts(array, *known, knowledge)).collect();
        let inferred = infer(def, attrs, &inputs);
        let wrong = |what: String| Err(format!("shape function, told {knowledge:?}: {what}"));
        match (&inferred, outputs) {
            // A shape function may refuse what the kernel takes.
            (Err(error), Some(_))
                if instance.shape_failure().is_some_and(|failure| failure.matches(error)) => {}
            (Err(error), Some(_)) => return wrong(format!("{error:?}")),
            (Ok(shapes), Some(outputs)) => {
                for (index, (shape, output)) in shapes.iter().zip(outputs).enumerate() {
                    if !shape.admits(output) {
                        return wrong(format!("output {index} is {}, result {output}", shape.cpp()));
                    }
                }
            }
            (_, None) if knowledge != Knowledge::Full => {}
            (Err(error), None) => {
                let expected = instance.shape_failure().or(instance.failure());
                if !expected.is_some_and(|failure| failure.matches(error)) {
                    let expected = expected.map_or("success".to_string(), ToString::to_string);
                    return wrong(format!("{error:?}\n  expected {expected}"));
                }
            }
            (Ok(_), None) => {
                if let Some(failure) = instance.shape_failure() {
                    return wrong(format!("no error, expected {failure}"));
                }
            }
        }
    }
    Ok(())
}
