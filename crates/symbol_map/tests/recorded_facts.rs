//! The map against facts that were asked of TensorFlow another way (`tests/data`), and against itself.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use ferroflow_symbol_map::{Arg, Kind, Status, Symbol, V2Home, iter, lookup, near_misses, paths, search};

fn positional(args: &Option<Vec<Arg>>) -> String {
    let names: Vec<&str> = args.iter().flatten().take_while(|a| a.is_named()).map(|a| a.name).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}

#[test]
fn counts() {
    let all: Vec<Symbol> = iter().collect();
    let v1 = all.iter().filter(|s| s.v2 != V2Home::OnlyV2);
    let endpoints = v1
        .clone()
        .filter(|s| !matches!(s.kind, Kind::Method | Kind::Property | Kind::Field | Kind::Unknown))
        .filter(|s| {
            !matches!(s.kind, Kind::Constant) || lookup(parent(&s.name)).is_ok_and(|p| p.kind == Kind::Module)
        })
        .count();
    assert!(endpoints > 4_700, "{endpoints}");
    assert!(v1.filter(|s| s.kind == Kind::Method).count() > 1_500);
    assert!(all.iter().filter(|s| s.v2 == V2Home::OnlyV2).count() > 2_000);
    assert!(all.iter().filter(|s| s.name.starts_with("raw_ops.")).count() > 1_400);
    assert!(all.iter().filter(|s| s.name.starts_with("keras.") && s.v2 != V2Home::OnlyV2).count() > 1_000);
    let estimator: Vec<&Symbol> = all.iter().filter(|s| s.name.starts_with("estimator.")).collect();
    assert!(estimator.len() > 50 && estimator.iter().all(|s| matches!(s.v2, V2Home::Removed { .. })));
    assert!(all.iter().filter(|s| s.note.is_some()).count() > 300);
}

fn parent(name: &str) -> &str {
    name.rsplit_once('.').map_or("nn", |(parent, _)| parent)
}

#[test]
fn spot_checks_recorded_from_tensorflow() {
    let mut checked = 0;
    for line in include_str!("data/spot_checks.txt").lines() {
        let f: Vec<&str> = line.split('\t').collect();
        let [name, known, relation, v1_args, v2_args, upgrade] = f[..] else { panic!("{line}") };
        let s = lookup(name).unwrap();
        if known == "missing" {
            assert!(s.kind == Kind::Unknown || name.starts_with("keras"), "{name}");
        }
        match relation {
            "same" => assert_eq!(s.v2, V2Home::Same, "{name}"),
            "different" => assert_eq!(s.v2, V2Home::Changed, "{name}"),
            _ => assert!(
                !matches!(s.v2, V2Home::Same | V2Home::Changed | V2Home::OnlyV2),
                "{name}: {:?}",
                s.v2
            ),
        }
        if v1_args != "-" {
            assert_eq!(positional(&s.args), v1_args, "{name}");
        }
        if v2_args != "-" {
            assert_eq!(positional(&s.v2_args), v2_args, "{name}");
        }
        if upgrade != "-" {
            let told = s.upgrade.map(str::to_owned).or(s.v2_name().map(str::to_owned));
            assert_eq!(told.as_deref(), Some(upgrade), "{name}");
        }
        checked += 1;
    }
    assert!(checked >= 40);
}

#[test]
fn every_rename_of_the_upgrade_tables_is_answered() {
    let mut checked = 0;
    for line in include_str!("data/renames.txt").lines() {
        let (old, new) = line.split_once('\t').unwrap();
        let s = lookup(old).unwrap_or_else(|e| panic!("{e}"));
        let new = new.trim_start_matches("tf.").trim_start_matches("compat.v2.");
        let home = s.v2_name();
        assert!(home == Some(new) || s.upgrade == Some(new), "{old} to {new}, not {:?}", s.v2);
        checked += 1;
    }
    assert!(checked > 1_000);
}

/// TensorFlow's table names the functions whose calls need keywords, because arguments moved, went or got
/// another name.
#[test]
fn every_reorder_of_the_upgrade_tables_shows() {
    for name in include_str!("data/reorders.txt").lines() {
        let s = lookup(name).unwrap_or_else(|e| panic!("{e}"));
        if s.v2_args.is_none() || matches!(s.v2, V2Home::Same | V2Home::Renamed { same_object: true, .. }) {
            continue;
        }
        assert!(s.reordered || s.args != s.v2_args, "{name} shows no change");
    }
}

#[test]
fn reorders_that_matter_are_flagged() {
    for name in
        ["argmax", "boolean_mask", "gather_nd", "pad", "transpose", "while_loop", "gradients", "shape"]
    {
        assert!(lookup(name).unwrap().reordered, "{name}");
    }
    for name in ["reduce_sum", "squeeze", "expand_dims", "add", "log"] {
        assert!(!lookup(name).unwrap().reordered, "{name}");
    }
}

#[test]
fn every_spelling_of_a_name_finds_it() {
    for spelling in
        ["reduce_sum", "tf.reduce_sum", "tf.compat.v1.reduce_sum", "tensorflow.compat.v1.reduce_sum"]
    {
        assert_eq!(lookup(spelling).unwrap().name, "reduce_sum");
    }
    for s in iter() {
        let again = lookup(&s.name).unwrap();
        assert_eq!(again, s);
        for alias in &s.aliases {
            let other = lookup(alias).unwrap();
            assert_eq!(other.canonical, s.canonical, "{alias}");
            assert!(other.aliases.contains(&s.name), "{alias} does not lead back to {}", s.name);
        }
    }
}

#[test]
fn members_are_found_through_aliases_and_bases() {
    let enqueue = lookup("tf.FIFOQueue.enqueue").unwrap();
    assert_eq!(enqueue.v2_name(), Some("queue.FIFOQueue.enqueue"));
    let minimize = lookup("train.AdamOptimizer.minimize").unwrap();
    assert_eq!(
        (minimize.name.as_ref(), minimize.v2.clone()),
        ("train.AdamOptimizer.minimize", V2Home::CompatOnly)
    );
    assert!(minimize.note.is_some());
    assert!(lookup("keras.layers.Dense.get_weights").is_ok());
    assert!(lookup("Session.run").is_ok());
    assert!(lookup("train.AdamOptimizer.nonsense").is_err());
    assert!(lookup("log.nonsense").is_err());
}

#[test]
fn v2_homes_exist() {
    for s in iter() {
        if let Some(v2) = s.v2_name() {
            assert!(lookup(v2).is_ok(), "{} goes to {v2}, which is not in the map", s.name);
        }
    }
}

#[test]
fn near_misses_are_useful() {
    for (typed, meant) in [
        ("tf.reduce_sun", "reduce_sum"),
        ("tf.Sesion", "Session"),
        ("tf.Placeholder", "placeholder"),
        ("tf.resize_bilinear", "image.resize_bilinear"),
        ("train.AdamOptimiser", "train.AdamOptimizer"),
        ("nn.conv2d_transpos", "nn.conv2d_transpose"),
        ("tf.AdamOptimizer", "train.AdamOptimizer"),
        ("global_variable_initializer", "global_variables_initializer"),
    ] {
        assert_eq!(near_misses(typed).first(), Some(&meant), "{typed}");
        let error = lookup(typed).unwrap_err();
        assert!(error.to_string().contains(&format!("did you mean `tf.{meant}`")), "{error}");
    }
    for hopeless in ["", "tf.", "x", "zzzzqqqq", "\u{1f980}", &"a".repeat(100_000), "...", "a.b.c.d"] {
        assert!(lookup(hopeless).is_err());
    }
}

#[test]
fn search_puts_beginnings_first() {
    let found = search("resize_bil");
    assert_eq!(found.first(), Some(&"image.resize_bilinear"));
    assert!(search("tf.SPARSE_TENSOR_TO").contains(&"sparse_tensor_to_dense"));
    assert!(search("no such thing").is_empty());
}

#[test]
fn notes_are_of_existing_symbols_and_short() {
    let names: Vec<&str> =
        include_str!("../data/notes.txt").lines().map(|l| l.split_once('\t').unwrap().0).collect();
    assert!(names.len() >= 300 && names.is_sorted());
    for line in include_str!("../data/notes.txt").lines() {
        let (name, text) = line.split_once('\t').unwrap();
        let s = lookup(name).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(s.note, Some(text));
        assert!(text.ends_with('.') && text.len() < 360, "{name}");
    }
}

#[test]
fn both_renderings_of_every_symbol_are_whole() {
    for s in iter() {
        let text = s.to_text();
        assert!(text.contains(s.name.as_ref()) && text.ends_with('\n') && !text.contains("\n\n"), "{text}");
        let json = s.to_json();
        assert_balanced(&json);
    }
}

/// Braces and brackets pair up outside strings, and strings end.
fn assert_balanced(json: &str) {
    let (mut open, mut in_string, mut escaped) = (Vec::new(), false, false);
    for c in json.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '{' | '[' => open.push(c),
            '}' => assert_eq!(open.pop(), Some('{'), "{json}"),
            ']' => assert_eq!(open.pop(), Some('['), "{json}"),
            _ => {}
        }
    }
    assert!(open.is_empty() && !in_string, "{json}");
}

#[test]
fn the_data_is_sorted_without_repeats() {
    let names: Vec<&str> =
        include_str!("../data/symbols.txt").lines().map(|l| l.split('\t').next().unwrap()).collect();
    let unique: BTreeSet<&str> = names.iter().copied().collect();
    assert!(names.is_sorted() && unique.len() == names.len());
    assert!(include_str!("../data/symbols.txt").len() < 1_200_000);
}

#[test]
fn statuses_come_from_the_claims() {
    for entry in paths().filter(|e| !e.name.ends_with('*')) {
        assert_eq!(lookup(entry.name).unwrap().status, entry.status, "{}", entry.name);
    }
    assert!(matches!(lookup("tpu.rewrite").unwrap().status, Status::NotPlanned(_)));
    assert!(matches!(lookup("lite.Interpreter").unwrap().status, Status::NotPlanned(_)));
    let error = lookup("tf.contrib.layers.fully_connected").unwrap_err();
    assert!(error.to_string().contains("dropped with TensorFlow 2.0"), "{error}");
    let contrib = lookup("contrib.framework.nest.flatten").unwrap();
    assert_eq!(contrib.v2_path.as_deref(), Some("ferroflow::v2::nest::flatten"));
}
