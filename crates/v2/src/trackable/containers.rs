//! Trackable containers: variables themselves, lists, maps, and what only points to an object.

use super::{Children, Deferred, Identity, ObjectState, Trackable, TrackableKind};
use crate::Variable;
use crate::models::SavedFunction;
use ferroflow_core::Result;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::sync::Arc;

impl Trackable for Variable {
    fn children<'a>(&'a self, _children: &mut Children<'a>) {}

    fn as_variable(&self) -> Option<&Variable> {
        Some(self)
    }

    fn identity(&self) -> Identity {
        self.shared_identity()
    }
}

macro_rules! pointers {
    ($($pointer:ty),*) => {
        $(impl<T: Trackable + ?Sized> Trackable for $pointer {
            fn children<'a>(&'a self, children: &mut Children<'a>) {
                (**self).children(children);
            }

            fn as_variable(&self) -> Option<&Variable> {
                (**self).as_variable()
            }

            fn as_state(&self) -> Option<&dyn ObjectState> {
                (**self).as_state()
            }

            fn as_function(&self) -> Result<Option<SavedFunction>> {
                (**self).as_function()
            }

            fn kind(&self) -> TrackableKind {
                (**self).kind()
            }

            fn restore_later(&self, values: &Deferred) {
                (**self).restore_later(values);
            }

            fn identity(&self) -> Identity {
                (**self).identity()
            }
        })*
    };
}

pointers!(&T, Box<T>, Arc<T>);

impl<T: Trackable> Trackable for [T] {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        for (position, item) in self.iter().enumerate() {
            children.add(position.to_string(), item);
        }
    }

    fn kind(&self) -> TrackableKind {
        TrackableKind::List
    }
}

impl<T: Trackable> Trackable for Vec<T> {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        self.as_slice().children(children);
    }

    fn kind(&self) -> TrackableKind {
        TrackableKind::List
    }
}

impl<T: Trackable, const COUNT: usize> Trackable for [T; COUNT] {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        self.as_slice().children(children);
    }

    fn kind(&self) -> TrackableKind {
        TrackableKind::List
    }
}

impl<K: Ord + Display, T: Trackable> Trackable for BTreeMap<K, T> {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        for (key, item) in self {
            children.add(key.to_string(), item);
        }
    }

    fn kind(&self) -> TrackableKind {
        TrackableKind::Dict
    }
}

/// The parts go in the order of their names: the map has none.
impl<K: Display, T: Trackable> Trackable for HashMap<K, T> {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        let sorted: BTreeMap<String, &T> = self.iter().map(|(key, item)| (key.to_string(), item)).collect();
        for (key, item) in sorted {
            children.add(key, item);
        }
    }

    fn kind(&self) -> TrackableKind {
        TrackableKind::Dict
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*);)*) => {
        $(impl<$($name: Trackable),*> Trackable for ($($name,)*) {
            fn children<'a>(&'a self, children: &mut Children<'a>) {
                $(children.add(stringify!($index), &self.$index);)*
            }

            fn kind(&self) -> TrackableKind {
                TrackableKind::Tuple
            }
        })*
    };
}

tuples! {
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
}
