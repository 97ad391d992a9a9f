//! What elements are made of: values on their way into a dataset, signatures, and datasets that are zipped.

use super::Dataset;
use crate::{Nest, TensorSpec};
use ferroflow_core::{IntoOperand, Operand, Result, Tensor};
use std::collections::BTreeMap;
use std::fmt::Display;

/// A structure of values that become the components of elements: one operand, a tuple of up to six structures, or a
/// map of them. The marker `M` is found by the compiler.
pub trait Components<M> {
    /// The same structure of tensors.
    type Element: Nest;

    /// Makes a tensor of each value, in the order of [`Nest::flatten`].
    ///
    /// # Errors
    /// What `convert` returns, and the error of a `Result` that is passed on as a value.
    fn convert(self, convert: &mut dyn FnMut(Operand) -> Result<Tensor>) -> Result<Self::Element>;
}

/// Marks a structure that is one value.
pub struct Leaf;

/// Marks a map of structures of one kind.
pub struct Map<M>(std::marker::PhantomData<M>);

impl<O: IntoOperand> Components<Leaf> for O {
    type Element = Tensor;

    fn convert(self, convert: &mut dyn FnMut(Operand) -> Result<Tensor>) -> Result<Tensor> {
        convert(self.into_operand()?)
    }
}

impl<K: Ord + Clone + Display, C: Components<M>, M> Components<Map<M>> for BTreeMap<K, C> {
    type Element = BTreeMap<K, C::Element>;

    fn convert(self, convert: &mut dyn FnMut(Operand) -> Result<Tensor>) -> Result<Self::Element> {
        self.into_iter().map(|(key, value)| Ok((key, value.convert(convert)?))).collect()
    }
}

/// A structure of [`TensorSpec`]s: what is known of elements before there are any.
pub trait Signature {
    /// The same structure of tensors.
    type Element: Nest;

    /// Adds the specifications, in the order of [`Nest::flatten`].
    fn flatten(&self, specs: &mut Vec<TensorSpec>);

    /// An element of these tensors.
    ///
    /// # Errors
    /// `Internal` when there are too few.
    fn element(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self::Element>;
}

impl Signature for TensorSpec {
    type Element = Tensor;

    fn flatten(&self, specs: &mut Vec<TensorSpec>) {
        specs.push(self.clone());
    }

    fn element(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Tensor> {
        tensors.next().ok_or_else(|| ferroflow_core::Error::internal("a signature has more specifications"))
    }
}

impl<K: Ord + Clone + Display, S: Signature> Signature for BTreeMap<K, S> {
    type Element = BTreeMap<K, S::Element>;

    fn flatten(&self, specs: &mut Vec<TensorSpec>) {
        self.values().for_each(|signature| signature.flatten(specs));
    }

    fn element(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self::Element> {
        self.iter().map(|(key, signature)| Ok((key.clone(), signature.element(tensors)?))).collect()
    }
}

/// A structure of datasets, to be zipped: a tuple of up to six, a vector of datasets of one kind, or one dataset.
pub trait Datasets {
    /// The structure of their elements.
    type Element: Nest;

    /// Adds the datasets' variant tensors and what is known of their elements; gives a structure like the elements'.
    fn collect(&self, parts: &mut Vec<(Tensor, ferroflow_data::Specs)>) -> Self::Element;
}

impl<E: Nest + Clone> Datasets for Dataset<E> {
    type Element = E;

    fn collect(&self, parts: &mut Vec<(Tensor, ferroflow_data::Specs)>) -> E {
        parts.push((self.variant().clone(), self.specs().clone()));
        self.structure().clone()
    }
}

impl<D: Datasets> Datasets for &D {
    type Element = D::Element;

    fn collect(&self, parts: &mut Vec<(Tensor, ferroflow_data::Specs)>) -> D::Element {
        (*self).collect(parts)
    }
}

impl<D: Datasets> Datasets for Vec<D> {
    type Element = Vec<D::Element>;

    fn collect(&self, parts: &mut Vec<(Tensor, ferroflow_data::Specs)>) -> Vec<D::Element> {
        self.iter().map(|dataset| dataset.collect(parts)).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident $marker:ident $index:tt),*);)*) => {
        $(
            impl<$($name: Components<$marker>, $marker),*> Components<($($marker,)*)> for ($($name,)*) {
                type Element = ($($name::Element,)*);

                fn convert(self, convert: &mut dyn FnMut(Operand) -> Result<Tensor>) -> Result<Self::Element> {
                    Ok(($(self.$index.convert(convert)?,)*))
                }
            }

            impl<$($name: Signature),*> Signature for ($($name,)*) {
                type Element = ($($name::Element,)*);

                fn flatten(&self, specs: &mut Vec<TensorSpec>) {
                    $(self.$index.flatten(specs);)*
                }

                fn element(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self::Element> {
                    Ok(($(self.$index.element(tensors)?,)*))
                }
            }

            impl<$($name: Datasets),*> Datasets for ($($name,)*) {
                type Element = ($($name::Element,)*);

                fn collect(&self, parts: &mut Vec<(Tensor, ferroflow_data::Specs)>) -> Self::Element {
                    ($(self.$index.collect(parts),)*)
                }
            }
        )*
    };
}

tuples! {
    (A MA 0);
    (A MA 0, B MB 1);
    (A MA 0, B MB 1, C MC 2);
    (A MA 0, B MB 1, C MC 2, D MD 3);
    (A MA 0, B MB 1, C MC 2, D MD 3, E ME 4);
    (A MA 0, B MB 1, C MC 2, D MD 3, E ME 4, F MF 5);
}
