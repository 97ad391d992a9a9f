//! PrefetchDataset: elements that are made on another thread, ahead of their use.

use crate::pipeline::{
    Context, Dataset, Element, Place, Specs, Stream, input_dataset, lasting, publish, scalar,
};
use ferroflow_core::{Cancellation, Error, KernelCtx, Result, ensure};
use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

/// How many elements are made ahead where the program does not say.
const CHOSEN_AHEAD: usize = 16;
/// How many are made ahead at most: each has its place from the beginning.
const MOST_AHEAD: usize = 1 << 16;

struct Prefetch {
    input: Arc<dyn Dataset>,
    ahead: usize,
}

struct PrefetchStream {
    /// The input, until a thread takes it over for the first element.
    input: Option<Box<dyn Stream>>,
    elements: Option<Receiver<Result<Element>>>,
    ahead: usize,
    /// Ends the thread's work when nobody waits for it any more.
    stop: Cancellation,
}

impl Dataset for Prefetch {
    fn kind(&self) -> &'static str {
        "Prefetch"
    }
    fn specs(&self) -> &Specs {
        self.input.specs()
    }
    fn cardinality(&self) -> i64 {
        self.input.cardinality()
    }
    fn stream(&self, place: &Place<'_>) -> Result<Box<dyn Stream>> {
        let input = place.input(&*self.input, &place.name("Prefetch"))?;
        if self.ahead == 0 {
            return Ok(input);
        }
        let (input, stop) = (Some(input), Cancellation::default());
        Ok(Box::new(PrefetchStream { input, elements: None, ahead: self.ahead, stop }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for PrefetchStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        if let Some(mut input) = self.input.take() {
            let (sender, receiver) = sync_channel(self.ahead);
            let (mut env, functions) = (lasting(cx.env), cx.functions.clone());
            env.cancellation = self.stop.clone();
            let work = move || {
                let cx = Context { env: &env, functions: &functions };
                while let Some(element) = input.next(cx).transpose() {
                    let failed = element.is_err();
                    // An error that comes of being stopped is nobody's.
                    if sender.send(element).is_err() || (failed && env.cancellation.is_cancelled()) {
                        break;
                    }
                }
            };
            let thread = std::thread::Builder::new().name("prefetch".to_string()).spawn(work);
            thread.map_err(|error| {
                Error::resource_exhausted(format!("no thread for a prefetched dataset: {error}"))
            })?;
            self.elements = Some(receiver);
        }
        let Some(elements) = &self.elements else { return Ok(None) };
        match elements.recv() {
            Ok(element) => element.map(Some),
            // The thread has reached the end.
            Err(_) => {
                self.elements = None;
                Ok(None)
            }
        }
    }
}

impl Drop for PrefetchStream {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn prefetch_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, ahead) = (input_dataset(cx, 0)?, scalar::<i64>(cx, 1, "buffer_size")?);
    ensure!(
        ahead >= -1,
        invalid_argument,
        "buffer_size must be >= 0 or set buffer_size to be -1 for auto-tuning"
    );
    let ahead = usize::try_from(ahead).unwrap_or(CHOSEN_AHEAD).min(MOST_AHEAD);
    publish(cx, Prefetch { input, ahead })
}

dataset_op!(PREFETCH_DATASET "PrefetchDataset" prefetch_kernel, crate::dataset_of_scalars);
