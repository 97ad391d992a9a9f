//! `tf.gfile`: files and directories under v1's names.

pub use ferroflow_ops_io::gfile::{
    copy as Copy, exists as Exists, glob as Glob, isdir as IsDirectory, listdir as ListDirectory,
    makedirs as MakeDirs, mkdir as MkDir, remove as Remove, rename as Rename, rmtree as DeleteRecursively,
    stat as Stat, walk as Walk,
};
pub use ferroflow_v2::io::gfile::GFile;
pub use ferroflow_v2::io::gfile::{GFile as FastGFile, GFile as Open};
