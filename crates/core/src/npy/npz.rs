//! `.npz` files: several arrays by name, in a zip archive.

use super::read::{open_error, read as read_array};
use super::write::{write as write_array, write_error};
use super::zip_read::Archive;
use super::zip_write::ArchiveWriter;
use crate::{Error, NdArray, Result};
use std::borrow::Borrow;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

/// Arrays by name, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedArrays(Vec<(String, NdArray)>);

impl NamedArrays {
    /// No arrays yet.
    pub fn new() -> NamedArrays {
        NamedArrays::default()
    }

    /// The array of this name.
    pub fn get(&self, name: &str) -> Option<&NdArray> {
        self.0.iter().find(|(held, _)| held == name).map(|(_, array)| array)
    }

    /// Adds an array, or replaces the one of this name where it stands.
    pub fn insert(&mut self, name: impl Into<String>, array: impl Into<NdArray>) {
        let (name, array) = (name.into(), array.into());
        match self.0.iter_mut().find(|(held, _)| *held == name) {
            Some((_, held)) => *held = array,
            None => self.0.push((name, array)),
        }
    }

    /// The names and arrays in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &NdArray)> {
        self.0.iter().map(|(name, array)| (name.as_str(), array))
    }

    /// The names in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, A: Into<NdArray>> FromIterator<(N, A)> for NamedArrays {
    fn from_iter<I: IntoIterator<Item = (N, A)>>(pairs: I) -> NamedArrays {
        let mut arrays = NamedArrays::new();
        pairs.into_iter().for_each(|(name, array)| arrays.insert(name, array));
        arrays
    }
}

impl IntoIterator for NamedArrays {
    type Item = (String, NdArray);
    type IntoIter = std::vec::IntoIter<(String, NdArray)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The arrays in an `.npz` file, as NumPy's `savez` or `savez_compressed` wrote it.
///
/// # Errors
/// `NotFound` or `PermissionDenied` when the file cannot be opened, and those of [`read_from`].
pub fn read(path: impl AsRef<Path>) -> Result<NamedArrays> {
    let path = path.as_ref();
    let file = File::open(path).map_err(|error| open_error(path, &error))?;
    read_from(BufReader::new(file)).map_err(|error| error.context(path.display()))
}

/// The arrays in `.npz` format in this reader.
///
/// # Errors
/// `DataLoss` for an archive that is malformed, cut short or fails its checksum, `Unimplemented` for one that is
/// encrypted or compressed otherwise than by deflate, and the errors of [`super::read`] under the array's name.
pub fn read_from(reader: impl Read + Seek) -> Result<NamedArrays> {
    let mut archive = Archive::open(reader)?;
    let mut arrays = NamedArrays::new();
    for member in archive.members()? {
        let name = member.name.strip_suffix(".npy").unwrap_or(&member.name).to_string();
        let mut content = archive.content(&member)?;
        let array = read_array(&mut content);
        // A wrong checksum explains whatever else is wrong, so it comes first.
        let array = content.finish().and(array).map_err(|error| error.context(&member.name))?;
        arrays.insert(name, array);
    }
    Ok(arrays)
}

/// Writes the arrays to an `.npz` file, the bytes that NumPy's `savez` would write.
///
/// # Errors
/// `Internal` when the file cannot be written, and those of [`write_to`].
pub fn write<'a>(
    path: impl AsRef<Path>,
    arrays: impl IntoIterator<Item = (&'a str, &'a NdArray)>,
) -> Result<()> {
    let path = path.as_ref();
    let file = File::create(path).map_err(|error| Error::internal(format!("{}: {error}", path.display())))?;
    let mut writer = BufWriter::new(file);
    write_to(&mut writer, arrays)
        .and_then(|()| writer.flush().map_err(write_error))
        .map_err(|error| error.context(path.display()))
}

/// Writes the arrays in `.npz` format, the bytes that NumPy's `savez` would write.
///
/// ```
/// use ferroflow_core::{NdArray, npz};
/// let arrays = npz::NamedArrays::from_iter([("x", NdArray::from([1, 2])), ("y", NdArray::from(0.5f32))]);
/// let mut file = Vec::new();
/// npz::write_to(&mut file, arrays.iter())?;
/// assert_eq!(npz::read_from(std::io::Cursor::new(file))?, arrays);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of [`super::write`], under the array's name.
pub fn write_to<'a>(
    writer: &mut impl Write,
    arrays: impl IntoIterator<Item = (&'a str, &'a NdArray)>,
) -> Result<()> {
    write_each(writer, arrays.into_iter().map(Ok))
}

/// Writes arrays in `.npz` format that are made one after the other, each gone before the next is there.
///
/// # Errors
/// The first that an array's maker returns, and those of [`write_to`].
pub fn write_each<N: std::fmt::Display, A: Borrow<NdArray>>(
    writer: &mut impl Write,
    arrays: impl IntoIterator<Item = Result<(N, A)>>,
) -> Result<()> {
    let mut archive = ArchiveWriter::new(writer);
    for array in arrays {
        let (name, array) = array?;
        let (name, array) = (format!("{name}.npy"), array.borrow());
        archive.add(&name, &|mut out| write_array(&mut out, array)).map_err(|error| error.context(&name))?;
    }
    archive.finish()
}
