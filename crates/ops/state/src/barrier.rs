//! `Barrier`: tuples that come in parts under keys, and can be taken once they are whole.

use crate::queue::Row;
use crate::queue_order::{Order, Rows};
use crate::staging::Waited;
use ferroflow_core::{DType, Env, NdArray, PartialShape, Resource, Result, Shape, TString, bail, ensure};
use std::collections::HashMap;

/// A barrier behind a handle.
pub(crate) struct Barrier {
    pub(crate) name: String,
    pub(crate) dtypes: Vec<DType>,
    pub(crate) shapes: Vec<PartialShape>,
    held: Waited<Held>,
}

struct Held {
    /// Whole tuples, those whose keys came first before others: the place of the first insertion, the key, the components.
    ready: Rows,
    /// The place of the first insertion, and the components that came.
    incomplete: HashMap<TString, (i64, Vec<Option<NdArray>>)>,
    /// The place of the next insertion that brings new keys.
    place: i64,
    closed: bool,
    /// Whether what is incomplete was given up.
    cancelled: bool,
}

impl Resource for Barrier {
    fn type_name(&self) -> &'static str {
        "tensorflow::barrier::Barrier"
    }
    fn mangled_name() -> &'static str {
        "N10tensorflow7barrier7BarrierE"
    }
    fn debug_string(&self) -> String {
        "A barrier".to_string()
    }
}

impl Held {
    /// No tuple can become ready any more.
    fn is_over(&self) -> bool {
        self.closed && (self.cancelled || self.incomplete.is_empty())
    }
}

impl Barrier {
    pub(crate) fn new(name: String, dtypes: Vec<DType>, shapes: Vec<PartialShape>) -> Barrier {
        let held = Held {
            ready: Rows::new(&Order::Priority),
            incomplete: HashMap::new(),
            place: i64::MIN,
            closed: false,
            cancelled: false,
        };
        Barrier { name, dtypes, shapes, held: Waited::new(held) }
    }

    /// How many tuples are whole, and how many wait for parts.
    pub(crate) fn sizes(&self) -> (usize, usize) {
        let held = self.held.lock();
        (held.ready.len(), held.incomplete.len())
    }

    /// Brings one component of the tuples under these keys. What came before a key that is refused stays.
    pub(crate) fn insert(&self, component: usize, keys: &[TString], values: Vec<NdArray>) -> Result<()> {
        let mut result = Ok(());
        self.held.change(|held| result = self.insert_into(held, component, keys, values));
        result
    }

    fn insert_into(
        &self,
        held: &mut Held,
        component: usize,
        keys: &[TString],
        values: Vec<NdArray>,
    ) -> Result<()> {
        let name = &self.name;
        let cancelled = u8::from(held.cancelled);
        ensure!(
            !held.closed || !held.cancelled && (keys.is_empty() || !held.incomplete.is_empty()),
            cancelled,
            "Barrier {name} is closed.  Pending enqueues cancelled: {cancelled}.  Number of new insertions: {}.  \
             Number of incomplete keys: {}.",
            keys.len(),
            held.incomplete.len()
        );
        let (mut ready, mut has_new_keys) = (Vec::new(), false);
        for (at, (key, value)) in keys.iter().zip(values).enumerate() {
            if !held.incomplete.contains_key(key) {
                ensure!(
                    !held.closed,
                    cancelled,
                    "Barrier {name} is closed, but attempted to insert a brand new key: {}.  Pending enqueues \
                     cancelled: {cancelled}.  Insertion index: {at}.  Number of incomplete keys: {}.",
                    key.to_string_lossy(),
                    held.incomplete.len()
                );
                has_new_keys = true;
            }
            let unset = || (held.place, vec![None; self.dtypes.len()]);
            let (place, parts) = held.incomplete.entry(key.clone()).or_insert_with(unset);
            ensure!(
                parts[component].is_none(),
                invalid_argument,
                "Key {} already has a value for component {component} in barrier {name}",
                key.to_string_lossy()
            );
            parts[component] = Some(value);
            if parts.iter().all(Option::is_some) {
                let mut row: Row = vec![NdArray::scalar(*place), NdArray::scalar(key.clone())];
                row.extend(parts.drain(..).flatten());
                held.incomplete.remove(key);
                ready.push(row);
            }
        }
        if has_new_keys {
            held.place += 1;
        }
        for row in ready {
            self.check_shapes(&row)?;
            held.ready.push(row)?;
        }
        Ok(())
    }

    fn check_shapes(&self, row: &Row) -> Result<()> {
        for (component, (value, expected)) in row.iter().skip(2).zip(&self.shapes).enumerate() {
            ensure!(
                expected.admits(value.shape()),
                invalid_argument,
                "Shape mismatch in tuple component {}. Expected {}, got {}",
                component + 2,
                expected.cpp(),
                value.shape()
            );
        }
        Ok(())
    }

    /// Takes this many whole tuples, waiting for them; fewer once the barrier is closed, if `fewer_do`.
    pub(crate) fn take(&self, count: usize, fewer_do: bool, env: &Env) -> Result<Vec<Row>> {
        let mut begins = true;
        self.held.wait(env, |held| {
            let ready = held.ready.len();
            let wanted = if held.closed && fewer_do { count.min(ready) } else { count };
            if held.closed && begins {
                let available = if fewer_do { ready } else { ready + held.incomplete.len() };
                ensure!(
                    available >= wanted.max(1),
                    out_of_range,
                    "Barrier '{}' is closed and has insufficient elements (requested {wanted}, total size {available})",
                    self.name
                );
            }
            begins = false;
            if ready >= wanted && !(wanted == 0 && count > 0) {
                return (0..wanted).map(|_| held.ready.pop()).collect::<Result<Vec<Row>>>().map(Some);
            }
            if held.is_over() {
                bail!(
                    out_of_range,
                    "PriorityQueue '{}_queue' is closed and has insufficient elements (requested {count}, current size \
                     {ready})",
                    self.name
                );
            }
            Ok(None)
        })
    }

    /// Lets no new keys in; those that wait for parts may still become whole, unless `gives_up`.
    pub(crate) fn close(&self, gives_up: bool) -> Result<()> {
        let mut result = Ok(());
        self.held.change(|held| {
            // Closing again is allowed once, to give up what the first time did not.
            if held.closed && (held.cancelled || !gives_up) {
                result = Err(ferroflow_core::Error::cancelled(format!(
                    "Barrier '{}' is already closed.",
                    self.name
                )));
                return;
            }
            held.closed = true;
            held.cancelled = gives_up;
            if gives_up {
                held.incomplete.clear();
            }
        });
        result
    }

    /// The shape of a component, which a barrier always knows.
    pub(crate) fn element_shape(&self, component: usize) -> Shape {
        self.shapes.get(component).and_then(PartialShape::to_shape).unwrap_or_else(Shape::scalar)
    }
}
