//! RepeatDataset, TakeDataset, SkipDataset, ShardDataset: more or fewer of the same elements.

use crate::pipeline::{
    Context, Dataset, Element, INFINITE, Nothing, Place, Specs, Stream, UNKNOWN, input_dataset, publish,
    scalar,
};
use crate::shuffle::Shuffle;
use ferroflow_core::{KernelCtx, Result, bail, ensure};
use std::any::Any;
use std::sync::Arc;

/// The elements of a dataset, several times over; without end where the count is negative.
pub(crate) struct Repeat {
    pub(crate) input: Arc<dyn Dataset>,
    pub(crate) count: i64,
}

struct RepeatStream {
    input: Arc<dyn Dataset>,
    current: Option<Box<dyn Stream>>,
    /// How often the input may still be begun anew; `None` for ever.
    left: Option<i64>,
    /// Whether the present pass has had an element.
    any: bool,
    name: String,
}

impl Dataset for Repeat {
    fn kind(&self) -> &'static str {
        "Repeat"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        match (self.count, self.input.cardinality()) {
            (0, _) | (_, 0) => 0,
            (count, _) if count < 0 => INFINITE,
            (_, INFINITE) => INFINITE,
            (_, UNKNOWN) => UNKNOWN,
            (count, elements) => elements.saturating_mul(count),
        }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        if self.count == 0 {
            // TensorFlow rewrites the two to one op, which refuses such a count.
            ensure!(
                !self.input.as_any().is::<Shuffle>(),
                invalid_argument,
                "count must be greater than zero or equal to -1.\n\t [[{{{{node ShuffleAndRepeatDataset}}}}]]"
            );
            return Ok(Box::new(Nothing));
        }
        let name = place.name(if self.count < 0 { "ForeverRepeat" } else { "FiniteRepeat" });
        let first = place.input(&*self.input, &name)?;
        let left = (self.count > 0).then(|| self.count - 1);
        Ok(Box::new(RepeatStream { input: self.input.clone(), current: Some(first), left, any: false, name }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for RepeatStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            let Some(current) = &mut self.current else { return Ok(None) };
            if let Some(element) = current.next(cx)? {
                self.any = true;
                return Ok(Some(element));
            }
            self.current = None;
            match &mut self.left {
                // Nothing would ever come of a dataset without elements.
                None if !self.any => return Ok(None),
                None => {}
                Some(0) => {
                    // TensorFlow begins anew before it counts, which what is shuffled on the way takes seeds for. It
                    // rewrites a repeated shuffle to one op, which does not.
                    if !self.input.as_any().is::<Shuffle>() {
                        Place { prefix: "", cx }.input(&*self.input, &self.name)?;
                    }
                    return Ok(None);
                }
                Some(left) => *left -= 1,
            }
            self.any = false;
            cx.env.check()?;
            self.current = Some(Place { prefix: "", cx }.input(&*self.input, &self.name)?);
        }
    }
}

fn repeat_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, count) = (input_dataset(cx, 0)?, scalar::<i64>(cx, 1, "count")?);
    publish(cx, Repeat { input, count })
}

/// The first elements of a dataset; all of them where the count is negative.
struct Take {
    input: Arc<dyn Dataset>,
    count: i64,
}

struct TakeStream {
    input: Option<Box<dyn Stream>>,
    left: i64,
}

impl Dataset for Take {
    fn kind(&self) -> &'static str {
        "Take"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        match self.input.cardinality() {
            elements if self.count < 0 => elements,
            UNKNOWN => UNKNOWN,
            INFINITE => self.count,
            elements => elements.min(self.count),
        }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        if self.count == 0 {
            return Ok(Box::new(Nothing));
        }
        let input = place.input(&*self.input, &place.name("FiniteTake"))?;
        Ok(match self.count {
            count if count < 0 => input,
            count => Box::new(TakeStream { input: Some(input), left: count }),
        })
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for TakeStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        if self.left > 0 {
            self.left -= 1;
            if let Some(element) = input.next(cx)? {
                return Ok(Some(element));
            }
        }
        self.input = None;
        Ok(None)
    }
}

fn take_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, count) = (input_dataset(cx, 0)?, scalar(cx, 1, "count")?);
    publish(cx, Take { input, count })
}

/// All but the first elements of a dataset; none where the count is negative.
struct Skip {
    input: Arc<dyn Dataset>,
    count: i64,
}

struct SkipStream {
    input: Box<dyn Stream>,
    left: i64,
}

impl Dataset for Skip {
    fn kind(&self) -> &'static str {
        "Skip"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        match self.input.cardinality() {
            _ if self.count < 0 => 0,
            elements @ (INFINITE | UNKNOWN) => elements,
            elements => elements.saturating_sub(self.count).max(0),
        }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        if self.count < 0 {
            return Ok(Box::new(Nothing));
        }
        let input = place.input(&*self.input, &place.name("FiniteSkip"))?;
        Ok(Box::new(SkipStream { input, left: self.count }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for SkipStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        while self.left > 0 {
            cx.env.check()?;
            self.left -= 1;
            if self.input.next(cx)?.is_none() {
                self.left = 0;
                return Ok(None);
            }
        }
        self.input.next(cx)
    }
}

fn skip_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, count) = (input_dataset(cx, 0)?, scalar(cx, 1, "count")?);
    publish(cx, Skip { input, count })
}

/// Every so-many-th element of a dataset.
struct Shard {
    input: Arc<dyn Dataset>,
    num_shards: i64,
    index: i64,
    require_non_empty: bool,
}

struct ShardStream {
    input: Box<dyn Stream>,
    position: i64,
    num_shards: i64,
    index: i64,
    require_non_empty: bool,
}

impl Dataset for Shard {
    fn kind(&self) -> &'static str {
        "Shard"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        match self.input.cardinality() {
            elements @ (INFINITE | UNKNOWN) => elements,
            elements => elements / self.num_shards + i64::from(self.index < elements % self.num_shards),
        }
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(ShardStream {
            input: place.input(&*self.input, &place.name("Shard"))?,
            position: 0,
            num_shards: self.num_shards,
            index: self.index,
            require_non_empty: self.require_non_empty,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for ShardStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            cx.env.check()?;
            let Some(element) = self.input.next(cx)? else {
                if self.require_non_empty && self.position < self.num_shards {
                    bail!(
                        invalid_argument,
                        "Could not apply FILE based sharding: the dataset only has {} file(s), which is not enough \
                         for the required {} shards/workers.",
                        self.position,
                        self.num_shards
                    );
                }
                return Ok(None);
            };
            let mine = self.position % self.num_shards == self.index;
            self.position = self.position.saturating_add(1);
            if mine {
                return Ok(Some(element));
            }
        }
    }
}

fn shard_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, num_shards) = (input_dataset(cx, 0)?, scalar::<i64>(cx, 1, "num_shards")?);
    let index = scalar::<i64>(cx, 2, "index")?;
    ensure!(
        num_shards > 0,
        invalid_argument,
        "Number of shards must be greater than zero (currently num_shards = {num_shards})."
    );
    ensure!(
        (0..num_shards).contains(&index),
        invalid_argument,
        "Index must be between 0 and {} (currently index = {index}).",
        num_shards - 1
    );
    let require_non_empty = cx.bool("require_non_empty")?;
    publish(cx, Shard { input, num_shards, index, require_non_empty })
}

dataset_op!(REPEAT_DATASET "RepeatDataset" repeat_kernel, crate::dataset_of_scalars);
dataset_op!(TAKE_DATASET "TakeDataset" take_kernel, crate::dataset_of_scalars);
dataset_op!(SKIP_DATASET "SkipDataset" skip_kernel, crate::dataset_of_scalars);
dataset_op!(SHARD_DATASET "ShardDataset" shard_kernel, crate::dataset_of_scalars);
