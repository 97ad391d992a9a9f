//! Comparing the v1 and v2 argument lists of a symbol.

use crate::symbol::Arg;

/// What happened to the arguments on the way to v2.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ArgChanges {
    pub(crate) renamed: Vec<(&'static str, &'static str)>,
    pub(crate) removed: Vec<&'static str>,
    pub(crate) added: Vec<&'static str>,
    pub(crate) reordered: bool,
}

/// Compares two argument lists, given which v1 names are spelled otherwise in v2.
pub(crate) fn compare(v1: &[Arg], v2: &[Arg], renamed: Vec<(&'static str, &'static str)>) -> ArgChanges {
    let old: Vec<&'static str> = v1.iter().filter(|a| a.is_named()).map(|a| a.name).collect();
    let new: Vec<&'static str> = v2.iter().filter(|a| a.is_named()).map(|a| a.name).collect();
    let spelled_now = |name: &'static str| renamed.iter().find(|r| r.0 == name).map_or(name, |r| r.1);
    // A v2 list that ends in **kwargs may still take the name; Python does not say.
    let open = v2.iter().any(|a| a.name.starts_with("**"));
    let removed = old.iter().copied().filter(|a| !open && !new.contains(&spelled_now(a))).collect();
    let added =
        new.iter().copied().filter(|n| !old.contains(n) && !renamed.iter().any(|r| r.1 == *n)).collect();
    // v1 often kept a deprecated spelling at the end of the list beside the current one (`axis` and
    // `dimension`); such a leftover says nothing about the order.
    let reordered = positional(v1).enumerate().any(|(at, a)| {
        let now = spelled_now(a);
        let leftover = now != a && old.contains(&now);
        !leftover && positional(v2).position(|n| n == now).is_some_and(|in_v2| in_v2 != at)
    });
    ArgChanges { renamed, removed, added, reordered }
}

/// The arguments that may be passed by position.
fn positional(args: &[Arg]) -> impl Iterator<Item = &'static str> {
    args.iter().take_while(|a| a.is_named()).map(|a| a.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &'static str) -> Vec<Arg> {
        text.split('|').map(Arg::parse).collect()
    }

    #[test]
    fn a_moved_argument_is_a_reorder_and_a_lost_tail_is_not() {
        let moved = compare(&args("x|name=None|axis=0"), &args("x|axis=0|name=None"), Vec::new());
        assert!(moved.reordered && moved.removed.is_empty() && moved.added.is_empty());
        let lost = compare(&args("x|axis=0|dim=None"), &args("x|axis=0"), vec![("dim", "axis")]);
        assert_eq!(lost, ArgChanges { renamed: vec![("dim", "axis")], ..ArgChanges::default() });
        let both = compare(&args("sizes|x"), &args("input|shape"), vec![("sizes", "shape"), ("x", "input")]);
        assert!(both.reordered);
    }

    #[test]
    fn keyword_only_arguments_have_no_position() {
        let c = compare(&args("x|*|b=1|a=2"), &args("x|*|a=2|b=1"), Vec::new());
        assert!(!c.reordered);
    }

    #[test]
    fn added_and_removed_arguments_are_told_apart() {
        let c = compare(&args("x|old"), &args("x|new=1"), Vec::new());
        assert_eq!((c.removed, c.added), (vec!["old"], vec!["new"]));
    }
}
