//! `lookup.experimental` in the mode of the v1 API: tables whose keys come and go.

use crate::facade;
use ferroflow_core::{DType, IntoOperand, Result, Tensor};
use ferroflow_graph::Operation;
use ferroflow_v2::lookup::{TableOptions, experimental as v2};
use ferroflow_v2::{Children, Identity, ObjectState, Trackable};

/// Declares v2's table in the mode of the v1 API; the keys that some begin with are named.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident($($key:ident),*);)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(v2::$name);

        impl Trackable for $name {
            fn children<'a>(&'a self, children: &mut Children<'a>) {
                self.0.children(children);
            }

            fn as_state(&self) -> Option<&dyn ObjectState> {
                self.0.as_state()
            }

            fn identity(&self) -> Identity {
                self.0.identity()
            }
        }

        impl $name {
            /// A table without entries.
            ///
            /// # Errors
            /// `ValueError` for a default value of another dtype.
            pub fn new(
                key_dtype: DType,
                value_dtype: DType,
                default_value: impl IntoOperand,
                $($key: impl IntoOperand,)*
            ) -> Result<$name> {
                $name::new_with(key_dtype, value_dtype, default_value, $($key,)* |options| options)
            }

            /// The same with optional arguments.
            ///
            /// # Errors
            /// `ValueError` for a default value of another dtype.
            pub fn new_with(
                key_dtype: DType,
                value_dtype: DType,
                default_value: impl IntoOperand,
                $($key: impl IntoOperand,)*
                options: impl FnOnce(TableOptions) -> TableOptions,
            ) -> Result<$name> {
                facade(|| v2::$name::new_with(key_dtype, value_dtype, default_value, $($key,)* options)).map($name)
            }

            /// The table's handle.
            pub fn resource_handle(&self) -> &Tensor {
                self.0.resource_handle()
            }

            /// How many entries there are.
            ///
            /// # Errors
            /// Those of the graph.
            pub fn size(&self) -> Result<Tensor> {
                facade(|| self.0.size())
            }

            /// The values of keys, with the default value where a key is not there.
            ///
            /// # Errors
            /// `ValueError` for keys of another dtype.
            pub fn lookup(&self, keys: impl IntoOperand) -> Result<Tensor> {
                facade(|| self.0.lookup(keys))
            }

            /// An operation that puts values under keys.
            ///
            /// # Errors
            /// `ValueError` for keys or values of another dtype.
            pub fn insert(&self, keys: impl IntoOperand, values: impl IntoOperand) -> Result<Option<Operation>> {
                facade(|| self.0.insert(keys, values))
            }

            /// An operation that removes keys.
            ///
            /// # Errors
            /// `ValueError` for keys of another dtype.
            pub fn remove(&self, keys: impl IntoOperand) -> Result<Option<Operation>> {
                facade(|| self.0.remove(keys))
            }

            /// The keys and the values.
            ///
            /// # Errors
            /// Those of the graph.
            pub fn export(&self) -> Result<[Tensor; 2]> {
                facade(|| self.0.export())
            }
        }
    )* };
}

tables! {
    /// A table of values by key that can change.
    ///
    /// Source: `tf.compat.v1.lookup.experimental.MutableHashTable`.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let table = tf::lookup::experimental::MutableHashTable::new(tf::string, tf::int64, -1i64)?;
    /// let insert = table.insert(["one", "two"], [1i64, 2])?;
    /// let found = table.lookup(["two", "three"])?;
    /// let sess = tf::Session::new()?;
    /// sess.run(&insert)?;
    /// assert_eq!(sess.run(&found)?.to_string(), "[ 2 -1]");
    /// # Ok::<(), tf::Error>(())
    /// ```
    MutableHashTable();
    /// The same, faster and larger: two keys that are never used stand for places that hold nothing, and for those whose
    /// entry was removed.
    ///
    /// Source: `tf.compat.v1.lookup.experimental.DenseHashTable`.
    DenseHashTable(empty_key, deleted_key);
}

/// `tf.compat.v1.lookup.experimental`
pub mod experimental {
    pub use super::{DenseHashTable, MutableHashTable};
}
