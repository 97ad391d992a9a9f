//! `DenseTable`: a hash table in two arrays, keys and values side by side in buckets, laid out as TensorFlow lays it out.

use crate::combine::{Combine, combine_slices};
use crate::lookup_table::{Key, keys_of};
use ferroflow_core::{DType, NdArray, Result, Shape, TString, bail, dispatch, ensure, hash, reserve};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The fewest buckets of a table.
const FEWEST: usize = 4;

/// A table without a place of its own for each entry. Two keys stand for buckets: one for those that hold nothing, one
/// for those whose entry was removed.
pub(crate) struct DenseTable {
    key_dtype: DType,
    pub(crate) key_shape: Shape,
    value_shape: Shape,
    value_dtype: DType,
    empty: Vec<Key>,
    deleted: Vec<Key>,
    max_load: f32,
    buckets: Mutex<Buckets>,
}

/// The buckets, in a number that is a power of two.
struct Buckets {
    count: usize,
    entries: usize,
    /// The parts of each bucket's key, one bucket after the other.
    keys: Vec<Key>,
    /// A row for each bucket.
    values: NdArray,
}

fn hash_of(key: &[Key]) -> u64 {
    let part = |key: &Key| match key {
        Key::Int(number) => number.cast_unsigned(),
        Key::Text(text) => hash::hash64(text),
    };
    match key {
        [only] => part(only),
        parts => parts.iter().fold(0, |hash, key| {
            let next = part(key).wrapping_add(0x9e37_79b9_7f4a_7800);
            hash ^ next.wrapping_add(hash << 10).wrapping_add(hash >> 4)
        }),
    }
}

impl DenseTable {
    /// An empty table; both keys are of the shape of all keys.
    pub(crate) fn new(
        keys: [&NdArray; 2],
        values: (DType, Shape),
        buckets: i64,
        max_load: f32,
    ) -> Result<DenseTable> {
        let [empty, deleted] = keys;
        ensure!(
            max_load > 0.0 && max_load < 1.0,
            invalid_argument,
            "max_load_factor must be between 0 and 1, got: {max_load}"
        );
        ensure!(
            empty.rank() <= 1,
            invalid_argument,
            "Empty key must be a scalar or a vector, got shape {}",
            empty.shape()
        );
        let (value_dtype, value_shape) = values;
        ensure!(
            value_shape.rank() <= 1,
            invalid_argument,
            "Empty value must be a scalar or a vector, got shape {value_shape}"
        );
        ensure!(
            empty.shape() == deleted.shape(),
            invalid_argument,
            "Empty and deleted keys must have same shape, got shapes: {} and {}",
            empty.shape(),
            deleted.shape()
        );
        let table = DenseTable {
            key_dtype: empty.dtype(),
            key_shape: empty.shape().clone(),
            value_shape,
            value_dtype,
            empty: keys_of(empty)?,
            deleted: keys_of(deleted)?,
            max_load,
            buckets: Mutex::new(Buckets {
                count: 0,
                entries: 0,
                keys: Vec::new(),
                values: NdArray::vector(Vec::<bool>::new()),
            }),
        };
        ensure!(!table.empty.is_empty(), invalid_argument, "keys must have elements");
        ensure!(table.empty != table.deleted, invalid_argument, "Empty and deleted keys cannot be equal");
        let count = usize::try_from(buckets).ok();
        let Some(count) = count.filter(|count| *count >= FEWEST && count.is_power_of_two()) else {
            bail!(
                invalid_argument,
                "Number of buckets must be at least {FEWEST} and a power of 2, got: {buckets}"
            );
        };
        *table.lock() = table.emptied(count)?;
        Ok(table)
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn width(&self) -> usize {
        self.value_shape.num_elements()
    }

    /// So many buckets that hold nothing.
    fn emptied(&self, count: usize) -> Result<Buckets> {
        let shape = Shape::new(&[count, self.width()])?;
        let mut keys = reserve::<Key>(count.saturating_mul(self.empty.len()))?;
        for _ in 0..count {
            keys.extend_from_slice(&self.empty);
        }
        let values = NdArray::zeros(self.value_dtype, shape)?;
        Ok(Buckets { count, entries: 0, keys, values })
    }

    pub(crate) fn size(&self) -> usize {
        self.lock().entries
    }

    /// The keys in an array, a row of parts each.
    fn rows(&self, keys: &NdArray) -> Result<Vec<Key>> {
        let count = keys.shape().dims().first().copied().unwrap_or(1);
        let expected = Shape::new(&[&[count], self.key_shape.dims()].concat())?;
        ensure!(
            keys.len() == expected.num_elements(),
            invalid_argument,
            "Expected key shape {expected} got {}",
            keys.shape()
        );
        keys_of(keys)
    }

    /// Refuses the keys that stand for something else.
    fn check(&self, key: &[Key]) -> Result<()> {
        for (what, reserved) in [("empty_key", &self.empty), ("deleted_key", &self.deleted)] {
            ensure!(key != *reserved, invalid_argument, "Using the {what} as a table key is not allowed");
        }
        Ok(())
    }

    /// The bucket of a key, or the first that the search meets and `stops` at.
    fn bucket(
        &self,
        buckets: &Buckets,
        key: &[Key],
        stops: impl Fn(&[Key]) -> bool,
    ) -> Result<(usize, bool)> {
        let (mask, parts) = (buckets.count - 1, self.empty.len());
        let mut at = hash_of(key) as usize & mask;
        for probe in 1..=buckets.count {
            let held = &buckets.keys[at * parts..(at + 1) * parts];
            if held == key {
                return Ok((at, true));
            }
            if stops(held) {
                return Ok((at, false));
            }
            at = (at + probe) & mask;
        }
        bail!(internal, "Internal error in MutableDenseHashTable lookup")
    }

    /// The values of keys, with the default where a key is not there.
    pub(crate) fn find(&self, keys: &NdArray, default: &NdArray) -> Result<NdArray> {
        let rows = self.rows(keys)?;
        let (width, count) = (self.width(), rows.len() / self.empty.len());
        ensure!(
            default.len() >= width,
            invalid_argument,
            "Expected shape {} for default value, got {}",
            self.value_shape,
            default.shape()
        );
        let rank = keys.rank().saturating_sub(self.key_shape.rank());
        let shape = Shape::new(&[&keys.shape().dims()[..rank], self.value_shape.dims()].concat())?;
        let buckets = self.lock();
        let mut found = reserve(count)?;
        for key in rows.chunks(self.empty.len()) {
            self.check(key)?;
            let (at, is_there) = self.bucket(&buckets, key, |held| held == self.empty)?;
            found.push(is_there.then_some(at));
        }
        dispatch!(self.value_dtype, ALL, |T| {
            let (values, default) = (buckets.values.as_slice::<T>()?, default.as_slice::<T>()?);
            let mut elements = reserve::<T>(shape.num_elements())?;
            for at in found {
                elements.extend_from_slice(match at {
                    Some(at) => &values[at * width..(at + 1) * width],
                    None => &default[..width],
                });
            }
            NdArray::from_shape(shape, elements)
        })
    }

    /// Refuses keys and values that do not belong together.
    fn check_pairs(&self, keys: &NdArray, values: &NdArray) -> Result<()> {
        let (dims, own) = (keys.shape().dims(), self.key_shape.dims());
        let Some(batch) = dims.strip_suffix(own) else {
            bail!(
                invalid_argument,
                "Input key shape {} must end with the table's key shape {}",
                keys.shape(),
                self.key_shape
            );
        };
        self.check_values(batch, values)
    }

    fn check_values(&self, batch: &[usize], values: &NdArray) -> Result<()> {
        let expected = Shape::new(&[batch, self.value_shape.dims()].concat())?;
        ensure!(
            *values.shape() == expected,
            invalid_argument,
            "Expected shape {expected} for value, got {}",
            values.shape()
        );
        Ok(())
    }

    /// Puts values under keys. The table grows as if all keys were new.
    pub(crate) fn insert(&self, keys: &NdArray, values: &NdArray) -> Result<()> {
        self.check_pairs(keys, values)?;
        let rows = self.rows(keys)?;
        let mut buckets = self.lock();
        let pending = buckets.entries + rows.len() / self.empty.len();
        let holds = |count: usize| pending as f32 <= count as f32 * self.max_load;
        if !holds(buckets.count) {
            let mut count = buckets.count;
            while !holds(count) {
                let Some(doubled) = count.checked_mul(2) else {
                    bail!(resource_exhausted, "a table with {pending} entries is too large");
                };
                count = doubled;
            }
            let mut grown = self.emptied(count)?;
            self.put(&mut grown, &buckets.keys, &buckets.values, true)?;
            *buckets = grown;
        }
        self.put(&mut buckets, &rows, values, false)
    }

    /// Puts rows into buckets; the keys that stand for something else are left out if `skips_reserved`.
    fn put(&self, buckets: &mut Buckets, rows: &[Key], values: &NdArray, skips_reserved: bool) -> Result<()> {
        let (parts, width) = (self.empty.len(), self.width());
        // Rows that are left out go to a place of their own, which is none of the buckets.
        let mut places = reserve(rows.len() / parts)?;
        let mut failed = Ok(());
        for key in rows.chunks(parts) {
            if skips_reserved && (key == self.empty || key == self.deleted) {
                places.push(None);
                continue;
            }
            failed = self.check(key);
            if failed.is_err() {
                break;
            }
            let is_free = |held: &[Key]| held == self.empty || held == self.deleted;
            let (at, is_there) = self.bucket(buckets, key, is_free)?;
            if !is_there {
                buckets.entries += 1;
                buckets.keys[at * parts..(at + 1) * parts].clone_from_slice(key);
            }
            places.push(Some(at));
        }
        let (starts, kept): (Vec<usize>, Vec<usize>) = places
            .iter()
            .enumerate()
            .filter_map(|(row, place)| place.map(|place| (place * width, row)))
            .unzip();
        let update = rows_of(values, &kept, width)?;
        combine_slices(&mut buckets.values, &starts, width, &update, Combine::Update)?;
        failed
    }

    /// Removes keys; those that are not there are passed over.
    pub(crate) fn remove(&self, keys: &NdArray) -> Result<()> {
        let (rows, parts) = (self.rows(keys)?, self.empty.len());
        let mut buckets = self.lock();
        for key in rows.chunks(parts) {
            self.check(key)?;
            let (at, is_there) = self.bucket(&buckets, key, |held| held == self.empty)?;
            if is_there {
                buckets.entries -= 1;
                buckets.keys[at * parts..(at + 1) * parts].clone_from_slice(&self.deleted);
            }
        }
        Ok(())
    }

    /// All buckets: a row of key parts and a row of values for each.
    pub(crate) fn export(&self) -> Result<(NdArray, NdArray)> {
        let buckets = self.lock();
        let shape = Shape::new(&[buckets.count, self.empty.len()])?;
        let numbers = || buckets.keys.iter().map(|key| if let Key::Int(number) = key { *number } else { 0 });
        let keys = match self.key_dtype {
            DType::STRING => {
                let texts = buckets.keys.iter().map(|key| match key {
                    Key::Text(text) => text.clone(),
                    Key::Int(_) => TString::default(),
                });
                NdArray::from_shape(shape, texts.collect())?
            }
            dtype => NdArray::from_shape(shape, numbers().collect::<Vec<i64>>())?.cast(dtype)?,
        };
        Ok((keys, buckets.values.clone()))
    }

    /// Takes buckets as [`DenseTable::export`] gives them in place of what is there.
    pub(crate) fn import(&self, keys: &NdArray, values: &NdArray) -> Result<()> {
        let parts = self.empty.len();
        let count = keys.shape().dims().first().copied().unwrap_or(0);
        ensure!(
            keys.shape().dims() == [count, parts],
            invalid_argument,
            "Expected shape [{count},{parts}] for key, got {}",
            keys.shape()
        );
        ensure!(
            values.shape().dims() == [count, self.width()],
            invalid_argument,
            "Expected shape [{count},{}] for value, got {}",
            self.width(),
            values.shape()
        );
        ensure!(
            count >= FEWEST && count.is_power_of_two(),
            invalid_argument,
            "Number of buckets must be at least {FEWEST} and a power of 2, got: {count}"
        );
        let keys = keys_of(keys)?;
        let entries = keys.chunks(parts).filter(|key| *key != self.empty && *key != self.deleted).count();
        *self.lock() = Buckets { count, entries, keys, values: values.clone() };
        Ok(())
    }
}

/// Some rows of an array, each of `width` elements.
fn rows_of(array: &NdArray, rows: &[usize], width: usize) -> Result<NdArray> {
    let shape = Shape::new(&[rows.len(), width])?;
    dispatch!(array.dtype(), ALL, |T| {
        let from = array.as_slice::<T>()?;
        let mut elements = reserve::<T>(shape.num_elements())?;
        for row in rows {
            elements.extend_from_slice(&from[row * width..(row + 1) * width]);
        }
        NdArray::from_shape(shape, elements)
    })
}
