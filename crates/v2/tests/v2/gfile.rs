//! `tf.io.gfile`, against what TensorFlow's does in the same directory (`tools/record_gfile.py`).

use ferroflow_v2 as tf;
use std::fmt::Debug;
use tf::io::gfile::{self, GFile};

/// A value as Python shows it.
fn shown(value: impl Debug) -> String {
    format!("{value:?}").replace('"', "'")
}

fn truth(value: bool) -> String {
    if value { "True".to_string() } else { "False".to_string() }
}

fn call(directory: &str, name: &str) -> tf::Result<String> {
    let at = |path: &str| format!("{directory}/{path}");
    let none = |()| "None".to_string();
    let put = |path: &str, text: &str| GFile::new(&at(path), "w")?.write(text).map(none);
    let walked = |topdown: bool| {
        let entries = gfile::walk(&at("a"), topdown)?.into_iter();
        let entries =
            entries.map(|(top, directories, files)| [vec![top], directories, files].concat().join(" "));
        Ok(shown(entries.collect::<Vec<_>>()))
    };
    match name {
        "mkdir" | "mkdir again" => gfile::mkdir(&at("a")).map(none),
        "mkdir deep" => gfile::mkdir(&at("x/y")).map(none),
        "makedirs" => gfile::makedirs(&at("a/b/c")).map(none),
        "put" => put("a/f", "one\ntwo\n"),
        "put deep" => put("a/b/g", "hello"),
        "makedirs in a file" => gfile::makedirs(&at("a/f/z")).map(none),
        "exists" => gfile::exists(&at("a/f")).map(truth),
        "exists not" => gfile::exists(&at("no")).map(truth),
        "isdir" => gfile::isdir(&at("a")).map(truth),
        "isdir of a file" => gfile::isdir(&at("a/f")).map(truth),
        "listdir" => gfile::listdir(&at("a")).map(shown),
        "listdir of a file" => gfile::listdir(&at("a/f")).map(shown),
        "walk" => walked(true),
        "walk from below" => walked(false),
        "walk of nothing" => gfile::walk(&at("no"), true).map(shown),
        "copy" | "copy again" => gfile::copy(&at("a/f"), &at("a/h"), false).map(none),
        "copy over" => gfile::copy(&at("a/f"), &at("a/h"), true).map(none),
        "copy nothing" => gfile::copy(&at("no"), &at("z"), false).map(none),
        "rename" => gfile::rename(&at("a/h"), &at("a/i"), false).map(none),
        "rename to another" => gfile::rename(&at("a/i"), &at("a/f"), false).map(none),
        "rename nothing" => gfile::rename(&at("no"), &at("y"), false).map(none),
        "stat" => {
            let (file, directory) = (gfile::stat(&at("a/b/g"))?, gfile::stat(&at("a"))?);
            Ok(format!("[{}, {}]", file.length, truth(directory.is_directory)))
        }
        "stat nothing" => gfile::stat(&at("no")).map(shown),
        "glob" => gfile::glob(&at("a/*")).map(shown),
        "glob nothing" => gfile::glob(&at("q*")).map(shown),
        "remove nothing" => gfile::remove(&at("no")).map(none),
        "remove a directory" => gfile::remove(&at("a")).map(none),
        "read nothing" => GFile::new(&at("no"), "r")?.read().map(shown),
        "write what is read" => GFile::new(&at("a/f"), "r")?.write("x").map(none),
        "read what is written" => GFile::new(&at("a/w"), "w")?.read().map(shown),
        "another mode" => GFile::new(&at("a/f"), "q")?.read().map(shown),
        "lines" => GFile::new(&at("a/f"), "r")?.readlines().map(shown),
        "rmtree nothing" => gfile::rmtree(&at("no")).map(none),
        "rmtree" => gfile::rmtree(&at("a")).map(none),
        "exists no longer" => gfile::exists(&at("a")).map(truth),
        name => panic!("no call is written for {name}"),
    }
}

#[test]
fn files_and_directories_are_handled_as_tensorflow_does() {
    let directory = std::env::temp_dir().join(format!("ferroflow_gfile_calls_{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.display().to_string();
    for line in include_str!("../data/gfile.txt").lines() {
        let (name, expected) = line.split_once('\t').expect("two fields");
        let found = match call(&path, name) {
            Ok(text) => text,
            Err(error) => format!("{}: {}", error.class_name(), error.message()),
        };
        assert_eq!(found.replace(&format!("{path}/"), ""), expected, "{name}");
    }
    std::fs::remove_dir_all(&directory).expect("the directory");
}
