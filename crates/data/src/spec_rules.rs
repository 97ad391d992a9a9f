//! What is known of the elements that a transformation gives, from what is known of those it takes.

use crate::pipeline::Specs;
use ferroflow_core::{Dim, PartialShape, Result, bail, ensure};

fn with_leading(dim: Dim, shape: &PartialShape) -> PartialShape {
    PartialShape::new([dim]).concatenate(shape)
}

/// The elements in batches, of this size where all batches have one.
pub fn batched(specs: &Specs, size: Dim) -> Specs {
    let shapes = specs.shapes.iter().map(|shape| with_leading(size, shape)).collect();
    Specs { types: specs.types.clone(), shapes }
}

/// The rows of the elements.
///
/// # Errors
/// `ValueError` for components that are scalars, or do not have one number of rows.
pub fn unbatched(specs: &Specs) -> Result<Specs> {
    ensure!(
        specs.shapes.iter().all(|shape| shape.rank() != Some(0)),
        value,
        "Cannot unbatch an input with scalar components."
    );
    let mut known: Dim = None;
    for dim in specs.shapes.iter().filter_map(|shape| shape.dim(0)) {
        if let Some(known) = known.filter(|known| *known != dim) {
            bail!(
                value,
                "`unbatch()` is only supported for datasets of elements whose components have a matching leading \
                 dimension. Encountered both {known} and {dim}."
            );
        }
        known = Some(dim);
    }
    let rest = |shape: &PartialShape| match shape.rank() {
        Some(rank) => shape.slice(1..rank),
        None => PartialShape::unknown(),
    };
    Ok(Specs { types: specs.types.clone(), shapes: specs.shapes.iter().map(rest).collect() })
}

/// The elements filled up to these shapes, in batches. A dimension that is not known is that of the largest element.
///
/// # Errors
/// `ValueError` for a shape that an element cannot be filled up to.
pub fn padded(specs: &Specs, shapes: &[PartialShape], size: Dim) -> Result<Specs> {
    for (found, wanted) in specs.shapes.iter().zip(shapes) {
        let fits = match (found.dims(), wanted.dims()) {
            (Some(found), Some(wanted)) => {
                let fits = |(found, wanted): (&Dim, &Dim)| match (found, wanted) {
                    (Some(found), Some(wanted)) => found <= wanted,
                    _ => true,
                };
                found.len() == wanted.len() && found.iter().zip(wanted).all(fits)
            }
            _ => true,
        };
        ensure!(
            fits,
            value,
            "The padded shape {wanted} is not compatible with the shape {found} of the corresponding input component."
        );
    }
    let shapes = shapes.iter().map(|shape| with_leading(size, shape)).collect();
    Ok(Specs { types: specs.types.clone(), shapes })
}

/// The elements of two datasets of one structure.
pub fn concatenated(first: &Specs, second: &Specs) -> Specs {
    let shapes = first.shapes.iter().zip(&second.shapes);
    Specs {
        types: first.types.clone(),
        shapes: shapes.map(|(first, second)| first.most_specific_compatible(second)).collect(),
    }
}
