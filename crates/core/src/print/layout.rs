//! `Layout`: nested brackets, wrapped rows and elided axes, as NumPy lays them out.

use super::float_format::pad;
use super::options::PrintOptions;

/// How the elements of an array are laid out; what each prints as is the caller's.
pub(super) struct Layout<'a> {
    shape: &'a [usize],
    separator: &'a str,
    edge_items: usize,
    elided: bool,
    /// Columns to fill; below 0 when nested deeper than the line is wide.
    width: isize,
}

/// What stands at a place along an axis.
#[derive(Clone, Copy)]
enum Item {
    At(usize),
    Ellipsis,
}

impl<'a> Layout<'a> {
    /// A layout for this shape. `reserved` columns at the end of a line are kept free.
    pub(super) fn new(
        shape: &'a [usize],
        options: &PrintOptions,
        separator: &'a str,
        reserved: usize,
    ) -> Layout<'a> {
        let count = shape.iter().fold(1usize, |product, &dim| product.saturating_mul(dim));
        let width = isize::try_from(options.linewidth).unwrap_or(isize::MAX) - reserved as isize;
        Layout { shape, separator, edge_items: options.edgeitems, elided: count > options.threshold, width }
    }

    /// Whether some elements may be left out.
    pub(super) fn is_elided(&self) -> bool {
        self.elided
    }

    /// Positions of the elements that NumPy looks at to choose columns: those at the edges of each axis.
    pub(super) fn sampled(&self) -> Vec<usize> {
        let mut positions = vec![0usize];
        for &dim in self.shape {
            let edge = self.edge_items;
            // With no edge items NumPy's slice `[-0:]` is the whole axis.
            let skipped = if self.elided && edge > 0 && dim / 2 >= edge && dim > 2 * edge {
                edge..dim - edge
            } else {
                0..0
            };
            positions = positions
                .iter()
                .flat_map(|position| {
                    let skipped = skipped.clone();
                    (0..skipped.start).chain(skipped.end..dim).map(move |index| position * dim + index)
                })
                .collect();
        }
        positions
    }

    /// Appends the whole array, the text before it being `prefix` columns wide. `word` appends the element at a
    /// row-major position.
    pub(super) fn write(&self, out: &mut String, prefix: usize, word: &mut dyn FnMut(usize, &mut String)) {
        self.write_axis(out, self.shape, 0, prefix + 1, self.width, word);
    }

    fn items(&self, length: usize) -> impl Iterator<Item = Item> + Clone + use<> {
        let edge = self.edge_items;
        let elided = self.elided && length / 2 >= edge && length > edge.saturating_mul(2);
        let leading = if elided { 0..edge } else { 0..length };
        // The last item always shows.
        let trailing = if elided { length - edge.max(1)..length } else { 0..0 };
        let ellipsis = elided.then_some(Item::Ellipsis);
        leading.map(Item::At).chain(ellipsis).chain(trailing.map(Item::At))
    }

    fn write_axis(
        &self,
        out: &mut String,
        shape: &[usize],
        position: usize,
        indent: usize,
        width: isize,
        word: &mut dyn FnMut(usize, &mut String),
    ) {
        let Some((&length, inner)) = shape.split_first() else {
            return word(position, out);
        };
        if inner.is_empty() {
            return self.write_row(out, position * length, length, indent, width - 1, word);
        }
        out.push('[');
        for (place, item) in self.items(length).enumerate() {
            if place > 0 {
                out.push_str(self.separator.trim_end());
                out.extend(std::iter::repeat_n('\n', inner.len()));
                pad(out, indent);
            }
            match item {
                Item::Ellipsis => out.push_str("..."),
                Item::At(index) => {
                    self.write_axis(out, inner, position * length + index, indent + 1, width - 1, word);
                }
            }
        }
        out.push(']');
    }

    fn write_row(
        &self,
        out: &mut String,
        start: usize,
        length: usize,
        indent: usize,
        width: isize,
        word: &mut dyn FnMut(usize, &mut String),
    ) {
        out.push('[');
        let mut line = Line { out, column: indent, indent, width };
        let mut text = String::new();
        for (place, item) in self.items(length).enumerate() {
            if place > 0 {
                line.push(self.separator);
            }
            text.clear();
            match item {
                Item::Ellipsis => text.push_str("..."),
                Item::At(index) => word(start + index, &mut text),
            }
            line.push_word(&text);
        }
        out.push(']');
    }
}

/// The line that a row is being written to.
struct Line<'a> {
    out: &'a mut String,
    column: usize,
    indent: usize,
    width: isize,
}

impl Line<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn start_new(&mut self, indent: usize) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        pad(self.out, indent);
        self.column = indent;
    }

    fn push_word(&mut self, word: &str) {
        let widest = word.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let fits = self.column.saturating_add(widest) as isize <= self.width;
        // A wrap at the start of a line would not help.
        if !fits && self.column > self.indent {
            self.start_new(self.indent);
        }
        let hang = self.column;
        let mut last = 0;
        for (place, line) in word.lines().enumerate() {
            if place > 0 {
                self.start_new(hang);
            }
            self.push(line);
            last = line.chars().count();
        }
        // What follows a word of several lines stands right of the widest one.
        pad(self.out, widest - last);
        self.column += widest - last;
    }
}
