//! Columns of features and their crosses: every way to take one feature of each column within a row.

use ferroflow_core::hash::{fingerprint_cat64, fingerprint64};
use ferroflow_core::{Error, NdArray, Result, TString, ensure, reserve};

/// More crosses than any result has: a bound on what bad inputs make us set aside.
const MOST_CROSSES: usize = 1 << 28;

/// A column: its features, and where those of each row stand among them.
pub(crate) struct Column<F> {
    pub(crate) features: Vec<F>,
    /// The first feature of each row, and how many there are.
    pub(crate) rows: Vec<(usize, usize)>,
}

/// The rows of a dense matrix of features.
pub(crate) fn dense_rows(count: usize, width: usize) -> Result<Vec<(usize, usize)>> {
    let mut rows = reserve(count)?;
    rows.extend((0..count).map(|row| (row * width, width)));
    Ok(rows)
}

/// The features of a column as texts: numbers in decimal.
pub(crate) fn texts(values: &NdArray) -> Result<Vec<TString>> {
    match values.as_slice::<TString>() {
        Ok(texts) => Ok(texts.to_vec()),
        Err(_) => {
            Ok(values.as_slice::<i64>()?.iter().map(|value| TString::from(value.to_string())).collect())
        }
    }
}

/// The features of a column as numbers: texts by their fingerprints.
pub(crate) fn fingerprints(values: &NdArray) -> Result<Vec<u64>> {
    match values.as_slice::<TString>() {
        Ok(texts) => Ok(texts.iter().map(|text| fingerprint64(text)).collect()),
        Err(_) => Ok(values.as_slice::<i64>()?.iter().map(|value| *value as u64).collect()),
    }
}

/// Texts with a separator between them.
pub(crate) fn joined(parts: &[&TString], separator: &[u8]) -> TString {
    let mut text = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        if position > 0 {
            text.extend_from_slice(separator);
        }
        text.extend_from_slice(part);
    }
    TString::from(text)
}

/// Numbers hashed into one, each into what came before.
pub(crate) fn hashed(start: u64, parts: &[&u64]) -> u64 {
    parts.iter().fold(start, |hash, part| fingerprint_cat64(hash, **part))
}

/// The bucket of a hash; without buckets it is only made a number that is not negative.
pub(crate) fn bucket(hash: u64, buckets: i64) -> i64 {
    let buckets = if buckets > 0 { buckets } else { i64::MAX };
    (hash % buckets as u64) as i64
}

/// How many crosses each row has: none where a column has no feature.
pub(crate) fn counts<F>(columns: &[Column<F>], rows: usize) -> Result<Vec<usize>> {
    let mut counts = reserve(rows)?;
    let mut total = 0usize;
    for row in 0..rows {
        let sizes = columns.iter().map(|column| column.rows.get(row).map_or(0, |(_, count)| *count));
        let count = sizes.clone().try_fold(1usize, |product, size| match size {
            0 => Some(0),
            size => product.checked_mul(size),
        });
        let count = if sizes.clone().any(|size| size == 0) { Some(0) } else { count };
        let count = count.ok_or_else(too_many)?;
        total = total.checked_add(count).filter(|total| *total <= MOST_CROSSES).ok_or_else(too_many)?;
        counts.push(count);
    }
    Ok(counts)
}

fn too_many() -> Error {
    Error::resource_exhausted("OOM when allocating the crosses of all columns")
}

/// The crosses of all rows, the features of the last column changing fastest.
pub(crate) fn crosses<F, T>(
    columns: &[Column<F>],
    counts: &[usize],
    join: impl Fn(&[&F]) -> T,
) -> Result<Vec<T>> {
    let mut crosses = reserve(counts.iter().sum())?;
    let mut chosen = vec![0usize; columns.len()];
    let mut parts: Vec<&F> = Vec::with_capacity(columns.len());
    for (row, &count) in counts.iter().enumerate() {
        chosen.fill(0);
        for _ in 0..count {
            parts.clear();
            for (column, at) in columns.iter().zip(&chosen) {
                let feature = column.rows.get(row).and_then(|(first, _)| column.features.get(first + at));
                parts.push(feature.ok_or_else(|| Error::internal("a row reaches beyond its column"))?);
            }
            ensure!(parts.len() == columns.len(), internal, "a column without a feature was crossed");
            crosses.push(join(&parts));
            for (column, at) in columns.iter().zip(&mut chosen).rev() {
                *at += 1;
                if column.rows.get(row).is_some_and(|(_, count)| *at < *count) {
                    break;
                }
                *at = 0;
            }
        }
    }
    Ok(crosses)
}
