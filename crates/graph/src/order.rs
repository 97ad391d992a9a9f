//! An order in which nodes can run.

use std::collections::{BTreeMap, BTreeSet};

/// The nodes, each behind those that `before` names for it. Where the order of their ids is one, that is it; gradients
/// give nodes inputs that were added later.
pub(crate) fn in_order(ids: &BTreeSet<usize>, before: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut users: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut waiting: BTreeMap<usize, usize> = BTreeMap::new();
    for &id in ids {
        let sources: BTreeSet<usize> = before(id).into_iter().filter(|source| ids.contains(source)).collect();
        waiting.insert(id, sources.len());
        for source in sources {
            users.entry(source).or_default().push(id);
        }
    }
    let mut ready: BTreeSet<usize> =
        waiting.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut order = Vec::with_capacity(ids.len());
    while let Some(id) = ready.pop_first() {
        order.push(id);
        for user in users.remove(&id).unwrap_or_default() {
            if let Some(count) = waiting.get_mut(&user) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(user);
                }
            }
        }
    }
    // What is left is in a cycle; it keeps the order of its ids and fails when it runs.
    if order.len() < ids.len() {
        let done: BTreeSet<usize> = order.iter().copied().collect();
        order.extend(ids.difference(&done));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_order_stay_as_they_are() {
        let ids: BTreeSet<usize> = (0..5).collect();
        assert_eq!(in_order(&ids, |id| (0..id).collect()), [0, 1, 2, 3, 4]);
        assert_eq!(in_order(&ids, |id| if id == 1 { vec![4] } else { Vec::new() }), [0, 2, 3, 4, 1]);
    }
}
