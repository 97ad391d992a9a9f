//! Tables in checkpoints: their keys and their values, under TensorFlow's names.

use super::tables::{DenseHashTable, MutableHashTable, Table};
use crate::trackable::{Children, Identity, ObjectState, Prepared, ReadState, Trackable};
use ferroflow_core::{NdArray, Op, Result, bail, context, ensure};

impl ObjectState for Table {
    fn attribute(&self) -> &'static str {
        "table"
    }

    fn describe(&self) -> String {
        format!("<{}>", self.name)
    }

    fn save(&self) -> Result<Vec<(&'static str, NdArray)>> {
        if !self.handle.is_eager() {
            bail!(unimplemented, "tf.train.Checkpoint with tables of a graph");
        }
        let [keys, values] = self.export()?;
        Ok(vec![("-keys", keys.numpy()?), ("-values", values.numpy()?)])
    }

    fn restore<'a>(&'a self, read: &ReadState<'_>) -> Result<Prepared<'a>> {
        if !self.handle.is_eager() {
            bail!(unimplemented, "tf.train.Checkpoint with tables of a graph");
        }
        let (keys, values) = (read("-keys", self.key_dtype)?, read("-values", self.value_dtype)?);
        // What the shapes have to do with the table's own, the op looks at before it changes anything.
        ensure!(
            keys.shape().dims().first() == values.shape().dims().first(),
            invalid_argument,
            "a checkpoint has keys of shape {} and values of shape {} for a table",
            keys.shape(),
            values.shape()
        );
        Ok(Box::new(move || {
            context::init_scope(|| {
                Op::named("LookupTableImportV2").input(&self.handle).input(keys).input(values).run()
            })
        }))
    }
}

macro_rules! tracked {
    ($($table:ident),*) => {
        $(impl Trackable for $table {
            fn children<'a>(&'a self, _children: &mut Children<'a>) {}

            fn as_state(&self) -> Option<&dyn ObjectState> {
                Some(self.table())
            }

            /// Clones are one table.
            fn identity(&self) -> Identity {
                Identity::of(self.table())
            }
        })*
    };
}

tracked!(MutableHashTable, DenseHashTable);
