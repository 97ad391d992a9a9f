//! `tf.nest` and `Nest`: structures of tensors, taken apart into a list and put together again.

use ferroflow_core::{Error, Result, Tensor, bail, ensure};
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// A structure of tensors: what traced functions return and loops carry.
pub trait Nest: Sized {
    /// Adds the tensors, in order.
    fn flatten(&self, tensors: &mut Vec<Tensor>);

    /// The same structure with other tensors, taken from an iterator in the order of [`Nest::flatten`].
    ///
    /// # Errors
    /// `Internal` when there are too few.
    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self>;

    /// What the structure is made of, as files tell it; by default a tuple of its tensors.
    fn structure(&self) -> Structure {
        Structure::Tuple(vec![Structure::Tensor; self.to_flat().len()])
    }

    /// The tensors, in order.
    fn to_flat(&self) -> Vec<Tensor> {
        let mut tensors = Vec::new();
        self.flatten(&mut tensors);
        tensors
    }

    /// The same structure with these tensors.
    ///
    /// # Errors
    /// `Internal` when there are too few.
    fn with_flat(&self, tensors: Vec<Tensor>) -> Result<Self> {
        self.rebuild(&mut tensors.into_iter())
    }
}

/// The form of a structure of tensors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Structure {
    /// A tensor.
    Tensor,
    /// Nothing.
    None,
    /// A list.
    List(Vec<Structure>),
    /// A tuple.
    Tuple(Vec<Structure>),
    /// A dictionary, in the order of its keys.
    Dict(BTreeMap<String, Structure>),
}

impl Nest for Tensor {
    fn structure(&self) -> Structure {
        Structure::Tensor
    }

    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        tensors.push(self.clone());
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Tensor> {
        tensors.next().ok_or_else(|| Error::internal("a structure has more tensors than there are values"))
    }
}

impl<N: Nest> Nest for Vec<N> {
    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        self.iter().for_each(|nest| nest.flatten(tensors));
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Vec<N>> {
        self.iter().map(|nest| nest.rebuild(tensors)).collect()
    }

    fn structure(&self) -> Structure {
        Structure::List(self.iter().map(Nest::structure).collect())
    }
}

impl<N: Nest> Nest for Option<N> {
    fn structure(&self) -> Structure {
        self.as_ref().map_or(Structure::None, Nest::structure)
    }

    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        self.iter().for_each(|nest| nest.flatten(tensors));
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Option<N>> {
        self.as_ref().map(|nest| nest.rebuild(tensors)).transpose()
    }
}

impl<N: Nest, const COUNT: usize> Nest for [N; COUNT] {
    fn structure(&self) -> Structure {
        Structure::List(self.iter().map(Nest::structure).collect())
    }

    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        self.iter().for_each(|nest| nest.flatten(tensors));
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<[N; COUNT]> {
        let rebuilt: Vec<N> = self.iter().map(|nest| nest.rebuild(tensors)).collect::<Result<_>>()?;
        rebuilt.try_into().map_err(|_| Error::internal("an array has changed its length"))
    }
}

/// Maps go in the order of their keys, as TensorFlow's dictionaries do.
impl<K: Ord + Clone + Display, N: Nest> Nest for BTreeMap<K, N> {
    fn structure(&self) -> Structure {
        Structure::Dict(self.iter().map(|(key, nest)| (key.to_string(), nest.structure())).collect())
    }

    fn flatten(&self, tensors: &mut Vec<Tensor>) {
        self.values().for_each(|nest| nest.flatten(tensors));
    }

    fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<BTreeMap<K, N>> {
        self.iter().map(|(key, nest)| Ok((key.clone(), nest.rebuild(tensors)?))).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(impl<$($name: Nest),*> Nest for ($($name,)*) {
            fn structure(&self) -> Structure {
                Structure::Tuple(vec![$(self.$index.structure()),*])
            }

            #[allow(unused_variables)]
            fn flatten(&self, tensors: &mut Vec<Tensor>) {
                $(self.$index.flatten(tensors);)*
            }

            #[allow(unused_variables, clippy::unused_unit)]
            fn rebuild(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self> {
                Ok(($(self.$index.rebuild(tensors)?,)*))
            }
        })*
    };
}

tuples! {
    ();
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
}

impl Display for Structure {
    /// As TensorFlow's messages show a structure: a dot for each tensor.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |f: &mut fmt::Formatter<'_>, items: &[Structure]| {
            for (at, item) in items.iter().enumerate() {
                write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
            }
            Ok(())
        };
        match self {
            Structure::Tensor => f.write_str("."),
            Structure::None => f.write_str("."),
            Structure::List(items) => {
                f.write_str("[")?;
                listed(f, items)?;
                f.write_str("]")
            }
            Structure::Tuple(items) => {
                f.write_str("(")?;
                listed(f, items)?;
                f.write_str(if items.len() == 1 { ",)" } else { ")" })
            }
            Structure::Dict(items) => {
                f.write_str("{")?;
                for (at, (key, item)) in items.iter().enumerate() {
                    write!(f, "{}'{key}': {item}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The tensors of a structure, in order; those of a map by its keys.
///
/// ```
/// use ferroflow_v2 as tf;
/// let (a, b) = (tf::constant(1)?, tf::constant([2, 3])?);
/// let structure = (a, vec![b]);
/// let doubled = tf::nest::map_structure(|tensor| tensor * 2, &structure)?;
/// assert_eq!(doubled.1[0].numpy()?.as_slice::<i32>()?, [4, 6]);
/// assert_eq!(tf::nest::flatten(&doubled).len(), 2);
/// # Ok::<(), tf::Error>(())
/// ```
pub fn flatten(structure: &impl Nest) -> Vec<Tensor> {
    structure.to_flat()
}

/// The same structure with what `func` makes of each tensor.
///
/// # Errors
/// What `func` returns.
pub fn map_structure<N: Nest>(func: impl FnMut(&Tensor) -> Result<Tensor>, structure: &N) -> Result<N> {
    structure.with_flat(structure.to_flat().iter().map(func).collect::<Result<_>>()?)
}

/// A structure with these tensors, in order.
///
/// # Errors
/// `ValueError` for more or fewer of them than the structure has.
pub fn pack_sequence_as<N: Nest>(structure: &N, flat_sequence: Vec<Tensor>) -> Result<N> {
    let (atoms, items) = (structure.to_flat().len(), flat_sequence.len());
    ensure!(
        atoms == items,
        value,
        "Could not pack sequence. Structure had {atoms} atoms, but flat_sequence had {items} items."
    );
    structure.with_flat(flat_sequence)
}

/// Checks that two structures are alike: as many tensors in lists, tuples and maps of the same kinds.
///
/// # Errors
/// `ValueError` for structures of other sizes, `TypeError` for those of other kinds.
pub fn assert_same_structure(nest1: &impl Nest, nest2: &impl Nest) -> Result<()> {
    let (first, second) = (nest1.structure(), nest2.structure());
    if first == second {
        return Ok(());
    }
    let message = format!(
        "The two structures don't have the same nested structure.\n\nEntire first structure:\n{first}\nEntire second \
         structure:\n{second}"
    );
    if nest1.to_flat().len() == nest2.to_flat().len() {
        bail!(type_error, "{message}");
    }
    bail!(value, "{message}")
}
