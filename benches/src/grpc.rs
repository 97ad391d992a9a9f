//! A client of gRPC that does next to nothing: what a bench measures with it is the server.
//!
//! Messages are written and read by the calling thread, a call at a time, without a runtime. Headers of answers are not
//! read: an answer without a message is a failed call.

use crate::Result;
use ferroflow_proto::Message;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
/// Of a frame of data or headers: the stream's last.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// Of a frame of settings or a ping.
const ACK: u8 = 1;

/// A client's greeting; its settings stay the protocol's.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What the server may send in all before it has to wait: as much as there is.
const WINDOW: u32 = i32::MAX as u32 - 65_535;
/// How many headers are in the protocol's own table; those that a client adds follow, the newest first.
const STATIC_TABLE: u8 = 61;

/// A connection to a server.
pub struct Connection {
    stream: BufReader<TcpStream>,
    /// The number of the next call's stream.
    next: u32,
    authority: String,
    /// The headers that the server remembers, in the order they were sent in.
    sent: Vec<(&'static str, String)>,
    out: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// The system's.
    pub fn open(address: &str) -> Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut connection = Connection {
            stream: BufReader::with_capacity(1 << 14, stream),
            next: 1,
            authority: address.to_string(),
            sent: Vec::new(),
            out: PREFACE.to_vec(),
            answer: Vec::new(),
        };
        connection.frame(SETTINGS, 0, 0, &[]);
        connection.frame(WINDOW_UPDATE, 0, 0, &WINDOW.to_be_bytes());
        connection.send()?;
        Ok(connection)
    }

    /// Calls a method, such as `/package.Service/Method`.
    ///
    /// # Errors
    /// If the call fails, or the connection does.
    pub fn call<R: Message + Default>(&mut self, path: &'static str, message: &impl Message) -> Result<R> {
        let stream = self.next;
        self.next += 2;
        let headers = self.headers(path);
        self.frame(HEADERS, END_HEADERS, stream, &headers);
        let mut data = vec![0];
        data.extend(u32::try_from(message.encoded_len())?.to_be_bytes());
        message.encode(&mut data)?;
        self.frame(DATA, END_STREAM, stream, &data);
        self.send()?;
        self.receive(stream)?;
        // Before the message stand a byte for its compression and four for its length.
        let answer = self.answer.get(5..).ok_or_else(|| format!("{path} has failed"))?;
        Ok(R::decode(answer)?)
    }

    /// The headers of a call, in the protocol's compression. What was sent once is sent as its number, as clients do.
    fn headers(&mut self, path: &'static str) -> Vec<u8> {
        // `:method: POST` and `:scheme: http` of the protocol's own table.
        let mut block = vec![0x83, 0x86];
        let headers = [
            (":path", path),
            (":authority", self.authority.as_str()),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("user-agent", "grpc-bench/1"),
        ];
        for (name, value) in headers {
            match self.sent.iter().rev().position(|sent| sent.0 == name && sent.1 == value) {
                Some(place) => block.push(0x80 | (STATIC_TABLE + 1 + place as u8)),
                None => {
                    add_header(&mut block, name, value);
                    self.sent.push((name, value.to_string()));
                }
            }
        }
        block
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.out.extend(&(payload.len() as u32).to_be_bytes()[1..]);
        self.out.extend([kind, flags]);
        self.out.extend(stream.to_be_bytes());
        self.out.extend(payload);
    }

    fn send(&mut self) -> Result<()> {
        self.stream.get_mut().write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// Reads what a stream brings, until its end.
    fn receive(&mut self, stream: u32) -> Result<()> {
        self.answer.clear();
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head)?;
            let [a, b, c, kind, flags, number @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.stream.read_exact(&mut payload)?;
            match kind {
                DATA => self.answer.extend(payload),
                HEADERS | WINDOW_UPDATE => {}
                SETTINGS | PING if flags == ACK => {}
                SETTINGS => self.frame(SETTINGS, ACK, 0, &[]),
                PING => self.frame(PING, ACK, 0, &payload),
                _ => return Err(format!("the server sends a frame of kind {kind}").into()),
            }
            if !self.out.is_empty() {
                self.send()?;
            }
            if matches!(kind, DATA | HEADERS)
                && flags & END_STREAM != 0
                && u32::from_be_bytes(number) == stream
            {
                return Ok(());
            }
        }
    }
}

/// A header that the server is to remember.
fn add_header(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0x40);
    for text in [name, value] {
        // Lengths from 127 on take more than one byte; there are none.
        block.push(text.len() as u8);
        block.extend(text.as_bytes());
    }
}
