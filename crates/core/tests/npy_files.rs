//! NumPy's files, read and written as NumPy does.
//!
//! The record comes from `tools/record_npy.py`.

#![allow(clippy::print_stdout, reason = "the test says how many files it compared")]

mod notation;

use ferroflow_core::{Code, NdArray, Result, TString, npy, npz};
use std::io::Cursor;
use std::path::{Path, PathBuf};

const RECORD: &str = include_str!("data/npy_files.txt");

fn archive(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/npz").join(name)
}

/// Equal to the bit, NaN and the sign of zero included.
fn same(one: &NdArray, other: &NdArray) -> bool {
    let bits = one.as_bytes().zip(other.as_bytes()).map_or(one == other, |(one, other)| one == other);
    one.dtype() == other.dtype() && one.shape() == other.shape() && bits
}

fn written(array: &NdArray) -> Vec<u8> {
    let mut file = Vec::new();
    npy::write(&mut file, array).expect("written");
    file
}

fn read(file: &[u8]) -> Result<NdArray> {
    npy::read(&mut &file[..])
}

#[test]
fn files_are_read_and_written_as_numpy_does() {
    let (mut arrays, mut errors) = (0, 0);
    let mut file = Vec::new();
    // The array read last, and what NumPy writes for it.
    let mut pending: Option<(NdArray, Vec<u8>)> = None;
    let check = |pending: &mut Option<(NdArray, Vec<u8>)>| {
        if let Some((array, expected)) = pending.take() {
            let got = written(&array);
            assert_eq!(TString::from(got), TString::from(expected), "written for {array:?}");
        }
    };
    for line in RECORD.lines().take_while(|line| !line.starts_with("npz ")) {
        let (kind, rest) = line.split_once(' ').expect("a kind and a rest");
        match kind {
            "npy" => {
                check(&mut pending);
                file = notation::bytes(rest);
            }
            "array" => {
                let expected = notation::array(&mut rest.split_whitespace());
                let got = read(&file).unwrap_or_else(|error| panic!("{expected:?}: {error:?}"));
                assert!(same(&got, &expected), "should be\n{expected:?}\nand is\n{got:?}");
                arrays += 1;
                // Bytes behind the array are none of its own.
                file.truncate(file.len() - file.ends_with(b"what follows") as usize * 12);
                pending = Some((got, file.clone()));
            }
            "written" => {
                let (array, _) = pending.take().expect("an array before");
                pending = Some((array, notation::bytes(rest)));
            }
            "error" | "error_start" => {
                let error = read(&file).expect_err(rest);
                let got = if kind == "error" { error.message() } else { &error.message()[..rest.len()] };
                assert_eq!(got, rest);
                errors += 1;
            }
            "unsupported" => {
                let error = read(&file).expect_err(rest);
                assert_eq!(error.code(), Code::Unimplemented);
                assert!(error.message().contains(rest), "{error} should name {rest}");
                errors += 1;
            }
            other => panic!("unknown line: {other}"),
        }
    }
    check(&mut pending);
    println!("compared {arrays} arrays and {errors} errors");
    assert!(arrays > 150 && errors > 30);
}

#[test]
fn archives_hold_what_numpy_put_in() {
    let mut expected: Vec<(&str, npz::NamedArrays)> = Vec::new();
    let mut member = "";
    for line in RECORD.lines().skip_while(|line| !line.starts_with("npz ")) {
        let (kind, rest) = line.split_once(' ').expect("a kind and a rest");
        match kind {
            "npz" => expected.push((rest, npz::NamedArrays::new())),
            "member" => member = rest,
            _ => {
                let array = notation::array(&mut rest.split_whitespace());
                expected.last_mut().expect("an archive").1.insert(member, array);
            }
        }
    }
    assert_eq!(expected.len(), 6);
    for (name, arrays) in &expected {
        let read = npz::read(archive(name)).expect(name);
        assert!(read.names().eq(arrays.names()), "{name}: {:?}", read.names().collect::<Vec<_>>());
        for ((member, one), (_, other)) in read.iter().zip(arrays.iter()) {
            assert!(same(one, other), "{member} in {name} should be\n{other:?}\nand is\n{one:?}");
        }
    }
    for name in ["stored.npz", "empty.npz", "positional.npz"] {
        let arrays = npz::read(archive(name)).expect(name);
        let mut file = Vec::new();
        npz::write_to(&mut file, arrays.iter()).expect(name);
        assert_eq!(file, std::fs::read(archive(name)).expect(name), "{name} written anew");
    }
}

#[test]
fn files_cut_short_are_errors() {
    let npy = written(&NdArray::from([1.5f64, 2.5]));
    for length in 0..npy.len() {
        assert!(read(&npy[..length]).is_err(), "{length} bytes");
    }
    for name in ["stored.npz", "deflated.npz", "streamed.npz"] {
        let file = std::fs::read(archive(name)).expect(name);
        for length in 0..file.len() {
            assert!(npz::read_from(Cursor::new(&file[..length])).is_err(), "{length} bytes of {name}");
        }
    }
}

#[test]
fn no_changed_byte_makes_a_panic() {
    let arrays = npz::read(archive("deflated.npz")).expect("an archive");
    let small: npz::NamedArrays = arrays.into_iter().take(3).collect();
    let mut file = Vec::new();
    npz::write_to(&mut file, small.iter()).expect("written");
    let comment = std::fs::read(archive("comment.npz")).expect("an archive");
    for mut file in [file, comment] {
        for position in 0..file.len() {
            for change in [1, 0x80, 0xff] {
                file[position] ^= change;
                let _ = npz::read_from(Cursor::new(&file));
                let _ = read(file.get(30..).unwrap_or_default());
                file[position] ^= change;
            }
        }
    }
}

/// Pickles of objects (dtype '|O'), cut short or changed anywhere: an array or an error.
#[test]
fn damaged_pickles() {
    let is_of_objects = |line: &&str| line.starts_with("npy ") && line.contains("277c4f27");
    let files = RECORD.lines().filter(is_of_objects).map(|line| notation::bytes(&line[4..]));
    let mut count = 0;
    for mut file in files {
        for length in 128..file.len() {
            assert!(read(&file[..length]).is_err(), "{length} bytes");
        }
        for position in 128..file.len() {
            for change in [1, 0x10, 0x80, 0xff] {
                file[position] ^= change;
                let _ = read(&file);
                file[position] ^= change;
            }
        }
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn a_wrong_checksum_is_named() {
    let mut file = std::fs::read(archive("positional.npz")).expect("an archive");
    let data = file.windows(6).position(|window| window == b"\x93NUMPY").expect("an array") + 128;
    file[data] ^= 1;
    let error = npz::read_from(Cursor::new(&file)).expect_err("another value");
    assert_eq!(error.code(), Code::DataLoss);
    assert_eq!(error.message(), "arr_0.npy: Bad CRC-32 for file 'arr_0.npy'");
}

#[test]
fn a_claimed_size_takes_no_memory() {
    for (shape, words) in [("(4611686018427387904,)", "big"), ("(1099511627776,)", "EOF: reading array data")]
    {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let length = u16::try_from(header.len()).expect("a short header").to_le_bytes();
        let file = [b"\x93NUMPY\x01\x00".as_slice(), &length, header.as_bytes(), b"few bytes"].concat();
        let error = read(&file).expect_err("too few bytes");
        assert!(error.message().contains(words), "{error}");
    }
}

#[test]
fn strings_that_end_in_nul_are_refused() {
    let array = NdArray::from(vec![TString::from("a"), TString::from("b\0")]);
    let error = npy::write(&mut Vec::new(), &array).expect_err("a NUL at the end");
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().starts_with(r"element 1, b'b\x00', ends in a NUL byte"), "{error}");
}

#[test]
fn paths_are_named_in_errors() {
    let directory = std::env::temp_dir().join(format!("ferroflow-npy-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("x.npy");
    assert_eq!(npy::load(&path).expect_err("no file yet").code(), Code::NotFound);
    let array = NdArray::from([[1u8, 2], [3, 4]]);
    npy::save(&path, &array).expect("saved");
    assert_eq!(npy::load(&path), Ok(array.clone()));
    let path = directory.join("x.npz");
    npz::write(&path, [("a", &array)]).expect("written");
    assert_eq!(npz::read(&path).expect("read").get("a"), Some(&array));
    std::fs::write(&path, b"PK").expect("written");
    let error = npz::read(&path).expect_err("no archive");
    assert!(error.message().contains("x.npz: File is not a zip file"), "{error}");
    std::fs::remove_dir_all(&directory).expect("removed");
}
