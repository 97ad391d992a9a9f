//! What can be fetched: the leaves, and the structures they stand in.

use super::fetch::{Fetch, FetchPlan, FetchValue, FetchedValues};
use ferroflow_core::{
    Error, IndexedSlices, IndexedSlicesValue, NdArray, RaggedTensor, RaggedTensorValue, Result, SparseTensor,
    SparseTensorValue, Tensor,
};
use ferroflow_graph::Operation;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

impl<F: Fetch + ?Sized> Fetch for &F {
    type Output = F::Output;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        (**self).collect(plan)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<F::Output> {
        (**self).rebuild(values)
    }
}

impl<F: Fetch + ?Sized> Fetch for Box<F> {
    type Output = F::Output;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        (**self).collect(plan)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<F::Output> {
        (**self).rebuild(values)
    }
}

impl Fetch for Tensor {
    type Output = NdArray;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.tensor(self)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<NdArray> {
        values.array()
    }
}

impl Fetch for Operation {
    type Output = ();

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.operation(self)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<()> {
        values.any().map(drop)
    }
}

impl Fetch for str {
    type Output = FetchValue;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.name(self)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<FetchValue> {
        values.any()
    }
}

impl Fetch for String {
    type Output = FetchValue;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.name(self)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<FetchValue> {
        values.any()
    }
}

impl Fetch for SparseTensor {
    type Output = SparseTensorValue;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        [&self.indices, &self.values, &self.dense_shape].into_iter().try_for_each(|part| plan.tensor(part))
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<SparseTensorValue> {
        // As in TensorFlow, the parts are passed on as they are, whether or not they fit each other.
        Ok(SparseTensorValue {
            indices: values.array()?,
            values: values.array()?,
            dense_shape: values.array()?,
        })
    }
}

impl Fetch for IndexedSlices {
    type Output = IndexedSlicesValue;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.tensor(&self.values)?;
        plan.tensor(&self.indices)?;
        self.dense_shape.iter().try_for_each(|shape| plan.tensor(shape))
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<IndexedSlicesValue> {
        Ok(IndexedSlicesValue {
            values: values.array()?,
            indices: values.array()?,
            dense_shape: self.dense_shape.as_ref().map(|_| values.array()).transpose()?,
        })
    }
}

impl Fetch for RaggedTensor {
    type Output = RaggedTensorValue;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        plan.tensor(&self.flat_values)?;
        self.nested_row_splits.iter().try_for_each(|splits| plan.tensor(splits))
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<RaggedTensorValue> {
        let flat_values = values.array()?;
        let splits = self.nested_row_splits.iter().map(|_| values.array()).collect::<Result<Vec<_>>>()?;
        RaggedTensorValue::new(flat_values, splits)
    }
}

impl<F: Fetch> Fetch for Option<F> {
    type Output = Option<F::Output>;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        self.iter().try_for_each(|fetch| fetch.collect(plan))
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<Option<F::Output>> {
        self.as_ref().map(|fetch| fetch.rebuild(values)).transpose()
    }
}

impl<F: Fetch> Fetch for [F] {
    type Output = Vec<F::Output>;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        self.iter().try_for_each(|fetch| fetch.collect(plan))
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<Vec<F::Output>> {
        self.iter().map(|fetch| fetch.rebuild(values)).collect()
    }
}

impl<F: Fetch> Fetch for Vec<F> {
    type Output = Vec<F::Output>;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        self.as_slice().collect(plan)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<Vec<F::Output>> {
        self.as_slice().rebuild(values)
    }
}

impl<F: Fetch, const N: usize> Fetch for [F; N] {
    type Output = [F::Output; N];

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        self.as_slice().collect(plan)
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<[F::Output; N]> {
        let all = self.as_slice().rebuild(values)?;
        all.try_into().map_err(|_| Error::internal("an array changed its length"))
    }
}

impl<K: Clone + Eq + Hash, F: Fetch, S: BuildHasher + Default> Fetch for HashMap<K, F, S> {
    type Output = HashMap<K, F::Output, S>;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        self.values().try_for_each(|fetch| fetch.collect(plan))
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<HashMap<K, F::Output, S>> {
        self.iter().map(|(key, fetch)| Ok((key.clone(), fetch.rebuild(values)?))).collect()
    }
}

impl<K: Clone + Ord, F: Fetch> Fetch for BTreeMap<K, F> {
    type Output = BTreeMap<K, F::Output>;

    fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
        self.values().try_for_each(|fetch| fetch.collect(plan))
    }

    fn rebuild(&self, values: &mut FetchedValues) -> Result<BTreeMap<K, F::Output>> {
        self.iter().map(|(key, fetch)| Ok((key.clone(), fetch.rebuild(values)?))).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident),*))*) => {
        $(impl<$($name: Fetch),*> Fetch for ($($name,)*) {
            type Output = ($($name::Output,)*);

            #[allow(non_snake_case, unused_variables)]
            fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
                let ($($name,)*) = self;
                $($name.collect(plan)?;)*
                Ok(())
            }

            #[allow(non_snake_case, unused_variables)]
            fn rebuild(&self, values: &mut FetchedValues) -> Result<Self::Output> {
                let ($($name,)*) = self;
                Ok(($($name.rebuild(values)?,)*))
            }
        })*
    };
}

tuples! {
    ()
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
    (A, B, C, D, E, F, G, H, I)
    (A, B, C, D, E, F, G, H, I, J)
    (A, B, C, D, E, F, G, H, I, J, K)
    (A, B, C, D, E, F, G, H, I, J, K, L)
}
