//! `Nested`: structures of tensors whose form is known when a program runs.

use crate::nest::{Nest, Structure};
use ferroflow_core::{Error, Result, Tensor, bail};
use std::collections::BTreeMap;

/// A structure of tensors, as functions of loaded models give it.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::Nested;
/// let x = Nested::Tensor(tf::constant(1)?);
/// let both = Nested::Dict([("x".to_string(), x)].into());
/// assert_eq!(both.get("x")?.tensor()?.to_string(), "1");
/// assert!(both.tensor().is_err());
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Nested {
    /// A tensor.
    Tensor(Tensor),
    /// Nothing.
    None,
    /// A list.
    List(Vec<Nested>),
    /// A tuple.
    Tuple(Vec<Nested>),
    /// A dictionary.
    Dict(BTreeMap<String, Nested>),
}

impl Nested {
    /// The tensor that the structure is.
    ///
    /// # Errors
    /// `TypeError` for any other structure.
    pub fn tensor(&self) -> Result<&Tensor> {
        match self {
            Nested::Tensor(tensor) => Ok(tensor),
            other => bail!(type_error, "a tensor was expected, not {}", other.described()),
        }
    }

    /// What a dictionary has under a key.
    ///
    /// # Errors
    /// `KeyError` when it has nothing; `TypeError` for any other structure.
    pub fn get(&self, key: &str) -> Result<&Nested> {
        match self {
            Nested::Dict(items) => items.get(key).ok_or_else(|| Error::key(format!("'{key}'"))),
            other => bail!(type_error, "a dictionary was expected, not {}", other.described()),
        }
    }

    /// An item of a list or tuple.
    ///
    /// # Errors
    /// `IndexError` when there are fewer; `TypeError` for any other structure.
    pub fn at(&self, index: usize) -> Result<&Nested> {
        match self {
            Nested::List(items) | Nested::Tuple(items) => {
                items.get(index).ok_or_else(|| Error::index("list index out of range"))
            }
            other => bail!(type_error, "a list was expected, not {}", other.described()),
        }
    }

    fn described(&self) -> &'static str {
        match self {
            Nested::Tensor(_) => "a tensor",
            Nested::None => "nothing",
            Nested::List(_) => "a list",
            Nested::Tuple(_) => "a tuple",
            Nested::Dict(_) => "a dictionary",
        }
    }

    /// A structure of this form.
    pub(super) fn build(form: &Structure, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Nested> {
        let mut several = |items: &[Structure]| {
            items.iter().map(|item| Nested::build(item, tensors)).collect::<Result<_>>()
        };
        Ok(match form {
            Structure::None => Nested::None,
            Structure::List(items) => Nested::List(several(items)?),
            Structure::Tuple(items) => Nested::Tuple(several(items)?),
            Structure::Dict(items) => {
                let items = items.iter().map(|(key, item)| Ok((key.clone(), Nested::build(item, tensors)?)));
                Nested::Dict(items.collect::<Result<_>>()?)
            }
            Structure::Tensor => Nested::Tensor(tensors.next().ok_or_else(|| {
                Error::invalid_argument("a function has fewer results than the model says")
            })?),
        })
    }
}

impl Nest for Nested {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        match self {
            Nested::Tensor(tensor) => tensors.push(tensor.clone()),
            Nested::None => {}
            Nested::List(items) | Nested::Tuple(items) => items.iter().for_each(|item| item.flatten(tensors)),
            Nested::Dict(items) => items.values().for_each(|item| item.flatten(tensors)),
        }
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Nested> {
        Nested::build(&self.structure(), tensors)
    }

    fn structure(&self) -> Structure {
        match self {
            Nested::Tensor(_) => Structure::Tensor,
            Nested::None => Structure::None,
            Nested::List(items) => Structure::List(items.iter().map(Nest::structure).collect()),
            Nested::Tuple(items) => Structure::Tuple(items.iter().map(Nest::structure).collect()),
            Nested::Dict(items) => {
                Structure::Dict(items.iter().map(|(key, item)| (key.clone(), item.structure())).collect())
            }
        }
    }
}
