//! Datasets of the records of files, in graphs.

use super::{Dataset, FixedLengthRecordOptions, ReaderOptions};
use crate::{Result, Tensor, facade};
use ferroflow_core::IntoOperand;
use ferroflow_v2::data as v2;
use std::ops::Deref;

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident ($options:ident $(, $argument:ident: $ty:ty)?);)*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Dataset<Tensor>);

        impl Deref for $name {
            type Target = Dataset<Tensor>;

            fn deref(&self) -> &Dataset<Tensor> {
                &self.0
            }
        }

        impl $name {
            /// The records of the files of these names, which may be a tensor of the graph.
            ///
            /// # Errors
            /// `TypeError` for names that are no strings.
            pub fn new(filenames: impl IntoOperand $(, $argument: $ty)?) -> Result<$name> {
                $name::new_with(filenames, $($argument,)? |options| options)
            }

            /// The same with optional arguments.
            ///
            /// # Errors
            /// `TypeError` for names that are no strings.
            pub fn new_with(
                filenames: impl IntoOperand,
                $($argument: $ty,)?
                options: impl FnOnce($options) -> $options,
            ) -> Result<$name> {
                let reader = facade(|| v2::$name::new_with(filenames, $($argument,)? options))?;
                Ok($name(Dataset(reader.into())))
            }
        })*
    };
}

readers! {
    /// The records of TFRecord files, a scalar of dtype `string` each.
    ///
    /// Source: `tf.compat.v1.data.TFRecordDataset`.
    TFRecordDataset(ReaderOptions);
    /// The lines of text files without their ends, a scalar of dtype `string` each.
    ///
    /// Source: `tf.compat.v1.data.TextLineDataset`.
    TextLineDataset(ReaderOptions);
    /// Records of one length in files, a scalar of dtype `string` each.
    ///
    /// Source: `tf.compat.v1.data.FixedLengthRecordDataset`.
    FixedLengthRecordDataset(FixedLengthRecordOptions, record_bytes: i64);
}
