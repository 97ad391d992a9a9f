//! Where the tensors of one step change hands: what this server's part of it sends, its own nodes and other servers take.

use ferroflow_core::{Error, Result, ensure};
use ferroflow_graph::{OnReceipt, Sent};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The tensors of a step that were sent and not taken yet, or asked for and not sent yet.
pub(crate) struct Exchange {
    table: Mutex<Table>,
    /// How many bytes may lie here.
    limit: usize,
    ended: watch::Sender<bool>,
}

#[derive(Default)]
struct Table {
    places: HashMap<String, Place>,
    bytes: usize,
    end: Option<Error>,
}

/// What is there under a key. Whoever asks first is served first.
enum Place {
    Sent(VecDeque<Sent>),
    Asked(VecDeque<OnReceipt>),
}

fn size(value: &Sent) -> usize {
    value.as_ref().map_or(0, |value| value.len().saturating_mul(value.dtype().size().max(1)))
}

impl Exchange {
    /// One that holds so many bytes at most.
    pub(crate) fn new(limit: usize) -> Exchange {
        Exchange { table: Mutex::default(), limit, ended: watch::Sender::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a tensor to whoever asks, or has asked, for it.
    ///
    /// # Errors
    /// The error that ended the step; `ResourceExhausted` where too much lies here.
    pub(crate) fn send(&self, key: &str, value: Sent) -> Result<()> {
        let mut table = self.lock();
        if let Some(end) = &table.end {
            return Err(end.clone());
        }
        if let Some(Place::Asked(asked)) = table.places.get_mut(key) {
            let receipt = asked.pop_front();
            if asked.is_empty() {
                table.places.remove(key);
            }
            drop(table);
            if let Some(receipt) = receipt {
                receipt(Ok(value));
            }
            return Ok(());
        }
        let bytes = table.bytes.saturating_add(size(&value));
        ensure!(
            bytes <= self.limit,
            resource_exhausted,
            "the tensors of a step that nobody has taken yet take more than the server's limit of {} bytes \
             (--max-step-bytes)",
            self.limit
        );
        table.bytes = bytes;
        match table.places.entry(key.to_string()).or_insert_with(|| Place::Sent(VecDeque::new())) {
            Place::Sent(sent) => sent.push_back(value),
            Place::Asked(_) => {}
        }
        Ok(())
    }

    /// Asks for a tensor that is sent here.
    pub(crate) fn recv(&self, key: &str, receipt: OnReceipt) {
        let mut table = self.lock();
        if let Some(end) = &table.end {
            let end = end.clone();
            drop(table);
            return receipt(Err(end));
        }
        if let Some(Place::Sent(sent)) = table.places.get_mut(key) {
            let value = sent.pop_front().flatten();
            if sent.is_empty() {
                table.places.remove(key);
            }
            table.bytes = table.bytes.saturating_sub(size(&value));
            drop(table);
            return receipt(Ok(value));
        }
        match table.places.entry(key.to_string()).or_insert_with(|| Place::Asked(VecDeque::new())) {
            Place::Asked(asked) => asked.push_back(receipt),
            Place::Sent(_) => {}
        }
    }

    /// Ends the step: whoever has asked for something gets this error, and so does everybody from now on.
    pub(crate) fn end(&self, error: &Error) {
        let mut table = self.lock();
        if table.end.is_none() {
            table.end = Some(error.clone());
        }
        let places = std::mem::take(&mut table.places);
        table.bytes = 0;
        drop(table);
        self.ended.send_replace(true);
        for place in places.into_values() {
            if let Place::Asked(asked) = place {
                asked.into_iter().for_each(|receipt| receipt(Err(error.clone())));
            }
        }
    }

    /// Why the step has ended, once it has.
    pub(crate) async fn ended(&self) -> Error {
        let mut ended = self.ended.subscribe();
        // It fails where nobody can end the step any more.
        let _ = ended.wait_for(|ended| *ended).await;
        let end = self.lock().end.clone();
        end.unwrap_or_else(|| Error::cancelled("the step is over"))
    }

    /// Whether nothing lies here.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().places.values().all(|place| matches!(place, Place::Asked(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferroflow_core::{Code, NdArray};
    use std::sync::mpsc::{Receiver, channel};

    fn ask(exchange: &Exchange, key: &str) -> Receiver<Result<Sent>> {
        let (sender, received) = channel();
        exchange.recv(key, Box::new(move |value| drop(sender.send(value))));
        received
    }

    #[test]
    fn tensors_reach_those_who_ask_before_and_after() {
        let exchange = Exchange::new(64);
        let before = ask(&exchange, "a");
        assert!(before.try_recv().is_err());
        exchange.send("a", Some(NdArray::scalar(1))).unwrap();
        assert_eq!(before.recv().unwrap().unwrap(), Some(NdArray::scalar(1)));
        exchange.send("a", None).unwrap();
        exchange.send("a", Some(NdArray::scalar(2))).unwrap();
        assert_eq!(ask(&exchange, "a").recv().unwrap().unwrap(), None);
        assert_eq!(ask(&exchange, "a").recv().unwrap().unwrap(), Some(NdArray::scalar(2)));
        assert!(exchange.is_empty());
        let large = exchange.send("b", Some(NdArray::from_vec(&[9], vec![0i64; 9]).unwrap()));
        assert_eq!(large.unwrap_err().code(), Code::ResourceExhausted);
    }

    #[test]
    fn the_end_reaches_all() {
        let exchange = Exchange::new(64);
        let waiting = ask(&exchange, "a");
        exchange.end(&Error::aborted("over"));
        for received in [waiting, ask(&exchange, "b")] {
            assert_eq!(received.recv().unwrap().unwrap_err(), Error::aborted("over"));
        }
        assert_eq!(exchange.send("c", None).unwrap_err(), Error::aborted("over"));
    }
}
