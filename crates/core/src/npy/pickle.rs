//! Object arrays of strings: the one kind of Python pickle that `.npy` files of tensors hold.
//!
//! A pickle is a program for a small stack machine. This one runs what NumPy writes for an array of `bytes` and `str`
//! and calls nothing: of what would be called in Python it only looks at the name.

use super::read::take;
use crate::{NdArray, Result, Shape, TString, bail, ensure};
use std::io::Read;
use std::rc::Rc;

/// NumPy's array holds its elements this deep; nothing else needs to nest.
const DEEPEST: usize = 8;
/// Numbers, such as those of a shape, have few bytes.
const LONGEST_NUMBER: u64 = 16;
/// All strings of an array together.
const MOST_BYTES: usize = 1 << 30;

/// What lies on the stack. Values are shared, so that one that is fetched again and again takes no memory.
#[derive(Clone)]
enum Value {
    Mark,
    /// A number, a bool or nothing at all: none of them is an element.
    Other,
    String(Rc<[u8]>),
    /// A tuple or a list.
    Sequence(Rc<Vec<Value>>, usize),
    /// One of the functions and classes that make up an array.
    Name,
    /// What a class would make, and the state it was given, with its depth.
    Object(Option<(Rc<Vec<Value>>, usize)>),
}

fn refused<T>(what: &str) -> Result<T> {
    bail!(
        unimplemented,
        "unsupported numpy dtype: an object array whose pickle holds {what}, not strings alone"
    )
}

fn malformed<T>() -> Result<T> {
    bail!(value, "the pickle of an object array is malformed")
}

/// The array of strings whose pickle follows in this reader; its shape is that of the file's header.
pub(super) fn strings(reader: &mut impl Read, shape: Shape) -> Result<NdArray> {
    let mut machine = Machine { reader, stack: Vec::new(), memo: Vec::new() };
    while machine.step()? {}
    let Some(Value::Object(Some((state, _)))) = machine.stack.pop() else { return refused("no array") };
    // The state of an array: version, shape, dtype, order, elements.
    let [_, _, _, _, Value::Sequence(elements, _)] = state.as_slice() else { return refused("no array") };
    ensure!(
        elements.len() == shape.num_elements(),
        value,
        "the pickle of an object array is of another shape"
    );
    // A pickle may name one long string again and again.
    let length = |value: &Value| if let Value::String(bytes) = value { bytes.len() } else { 0 };
    let total = elements.iter().map(length).fold(0, usize::saturating_add);
    ensure!(
        total <= MOST_BYTES,
        resource_exhausted,
        "OOM when reading {total} bytes of strings from a pickle"
    );
    let string = |value: &Value| match value {
        Value::String(bytes) => Ok(TString::from(&**bytes)),
        _ => refused("something else"),
    };
    NdArray::from_shape(shape, elements.iter().map(string).collect::<Result<Vec<TString>>>()?)
}

struct Machine<'a, R> {
    reader: &'a mut R,
    stack: Vec<Value>,
    memo: Vec<Value>,
}

impl<R: Read> Machine<'_, R> {
    /// Carries out the next instruction; `false` at the end.
    fn step(&mut self) -> Result<bool> {
        let instruction = self.number(1)?;
        match u8::try_from(instruction).unwrap_or(0) {
            0x80 => drop(self.number(1)?),
            0x95 => drop(self.number(8)?),
            b'.' => return Ok(false),
            b'(' => self.stack.push(Value::Mark),
            b'0' => drop(self.pop()?),
            b'N' | 0x88 | 0x89 => self.stack.push(Value::Other),
            b'K' => self.skip_number(1)?,
            b'M' => self.skip_number(2)?,
            b'J' => self.skip_number(4)?,
            0x8a => {
                let length = self.number(1)?;
                ensure!(length <= LONGEST_NUMBER, value, "the pickle of an object array is malformed");
                self.skip_number(length)?;
            }
            b'U' | b'C' | 0x8c => self.string(1)?,
            b'T' | b'B' | b'X' => self.string(4)?,
            0x8d | 0x8e => self.string(8)?,
            b')' | b']' => self.stack.push(Value::Sequence(Rc::default(), 1)),
            0x85 => self.sequence(1)?,
            0x86 => self.sequence(2)?,
            0x87 => self.sequence(3)?,
            b't' | b'l' => {
                let items = self.since_mark()?;
                self.push_sequence(items)?;
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.since_mark()?;
                self.append(items)?;
            }
            b'c' => {
                let (_, name) = (self.line()?, self.line()?);
                self.name(&name)?;
            }
            0x93 => match (self.pop()?, self.pop()?) {
                (Value::String(name), Value::String(_)) => self.name(&name)?,
                _ => return malformed(),
            },
            // A function and its arguments.
            b'R' | 0x81 => match (self.pop()?, self.pop()?) {
                (Value::Sequence(..), Value::Name) => self.stack.push(Value::Object(None)),
                _ => return malformed(),
            },
            b'b' => match (self.pop()?, self.pop()?) {
                (Value::Sequence(state, depth), Value::Object(_)) => {
                    self.stack.push(Value::Object(Some((state, depth))));
                }
                _ => return malformed(),
            },
            0x94 => self.remember(self.memo.len())?,
            b'q' => {
                let at = self.number(1)?;
                self.remember(usize::try_from(at).unwrap_or(usize::MAX))?;
            }
            b'r' => {
                let at = self.number(4)?;
                self.remember(usize::try_from(at).unwrap_or(usize::MAX))?;
            }
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            other => return refused(&format!("the instruction {other:#x}")),
        }
        Ok(true)
    }

    /// A little-endian number of so many bytes.
    fn number(&mut self, bytes: usize) -> Result<u64> {
        let bytes = take(self.reader, bytes, "a pickle")?;
        Ok(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn skip_number(&mut self, bytes: u64) -> Result<()> {
        take(self.reader, usize::try_from(bytes).unwrap_or(0), "a pickle")?;
        self.stack.push(Value::Other);
        Ok(())
    }

    /// A string behind its length, which has so many bytes.
    fn string(&mut self, bytes: usize) -> Result<()> {
        let Ok(length) = usize::try_from(self.number(bytes)?) else { return malformed() };
        let text = take(self.reader, length, "a pickle")?;
        self.stack.push(Value::String(text.into()));
        Ok(())
    }

    fn line(&mut self) -> Result<Vec<u8>> {
        const LONGEST: usize = 256;
        let mut line = Vec::new();
        loop {
            match self.number(1)? {
                10 => return Ok(line),
                _ if line.len() == LONGEST => return malformed(),
                byte => line.push(u8::try_from(byte).unwrap_or(0)),
            }
        }
    }

    /// Only what makes up an array of objects may be named.
    fn name(&mut self, name: &[u8]) -> Result<()> {
        match std::str::from_utf8(name) {
            Ok("_reconstruct" | "ndarray" | "dtype") => {
                self.stack.push(Value::Name);
                Ok(())
            }
            _ => refused("objects of other classes"),
        }
    }

    fn pop(&mut self) -> Result<Value> {
        match self.stack.pop() {
            None | Some(Value::Mark) => malformed(),
            Some(value) => Ok(value),
        }
    }

    fn since_mark(&mut self) -> Result<Vec<Value>> {
        let Some(mark) = self.stack.iter().rposition(|value| matches!(value, Value::Mark)) else {
            return malformed();
        };
        let items = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(items)
    }

    fn sequence(&mut self, count: usize) -> Result<()> {
        let start = self.stack.len().checked_sub(count);
        let Some(start) = start else { return malformed() };
        let items = self.stack.split_off(start);
        self.push_sequence(items)
    }

    fn push_sequence(&mut self, items: Vec<Value>) -> Result<()> {
        let inner = items.iter().map(depth).max().unwrap_or(0);
        self.push_of_depth(items, inner)
    }

    fn push_of_depth(&mut self, items: Vec<Value>, inner: usize) -> Result<()> {
        ensure!(inner < DEEPEST, value, "the pickle of an object array is malformed");
        self.stack.push(Value::Sequence(Rc::new(items), inner + 1));
        Ok(())
    }

    /// Adds to the list on top of the stack. One that was remembered is copied, which NumPy's pickles never need.
    fn append(&mut self, items: Vec<Value>) -> Result<()> {
        match self.pop()? {
            Value::Sequence(held, _) if held.is_empty() => self.push_sequence(items),
            Value::Sequence(held, depth_before) => match Rc::try_unwrap(held) {
                Ok(mut held) => {
                    let inner = items.iter().map(depth).max().unwrap_or(0).max(depth_before - 1);
                    held.extend(items);
                    self.push_of_depth(held, inner)
                }
                Err(_) => refused("a list that is changed elsewhere"),
            },
            _ => malformed(),
        }
    }

    fn remember(&mut self, at: usize) -> Result<()> {
        let Some(top) = self.stack.last() else { return malformed() };
        // A list is remembered before it is filled, and never recalled.
        let value = if matches!(top, Value::Sequence(..)) { Value::Other } else { top.clone() };
        let count = self.memo.len();
        match self.memo.get_mut(at) {
            Some(slot) => *slot = value,
            None if at == count => self.memo.push(value),
            None => return malformed(),
        }
        Ok(())
    }

    fn recall(&mut self, bytes: usize) -> Result<()> {
        let at = self.number(bytes)?;
        let value = usize::try_from(at).ok().and_then(|at| self.memo.get(at)).cloned();
        let Some(value) = value else { return malformed() };
        self.stack.push(value);
        Ok(())
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Sequence(_, depth) => *depth,
        Value::Object(Some((_, depth))) => *depth,
        _ => 0,
    }
}
