//! Lines of stdin to records, in chunks of whatever is there.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use crossbeam_channel::{Receiver, RecvError, TryRecvError, bounded};

use crate::mention::{Origin, Record};

/// A line longer than this is refused, as a Kafka record of that size would be.
pub(super) const MAX_LINE_BYTES: usize = 1 << 20;

/// Lines of a chunk, at most.
const LINES: usize = 512;

/// Chunks that a thread of its own reads ahead, one at a time.
pub(super) struct Chunks {
    from: Receiver<io::Result<Vec<Record>>>,
}

impl Chunks {
    /// Starts to read stdin. Blank lines are passed over.
    pub(super) fn of_stdin() -> Self {
        let (to, from) = bounded(1);
        std::thread::spawn(move || {
            let mut input = BufReader::with_capacity(1 << 20, io::stdin().lock());
            let mut number = 0;
            loop {
                let chunk = read(&mut input, &mut number);
                let last = !matches!(&chunk, Ok(records) if !records.is_empty());
                if matches!(&chunk, Ok(records) if records.is_empty()) || to.send(chunk).is_err() || last {
                    break;
                }
            }
        });
        Self { from }
    }

    /// Waits for the next chunk; an error once there is none.
    pub(super) fn recv(&self) -> Result<io::Result<Vec<Record>>, RecvError> {
        self.from.recv()
    }

    /// The next chunk, if it is there.
    pub(super) fn try_recv(&self) -> Result<io::Result<Vec<Record>>, TryRecvError> {
        self.from.try_recv()
    }
}

/// Reads lines until there are enough, or until reading on would mean waiting for more input. Empty at the end of input.
fn read(input: &mut BufReader<impl Read>, number: &mut i64) -> io::Result<Vec<Record>> {
    let topic: Arc<str> = "stdin".into();
    let mut records = Vec::new();
    while records.len() < LINES {
        if !records.is_empty() && !input.buffer().contains(&b'\n') {
            break;
        }
        let mut line = Vec::new();
        // A line that is far too long is read to its end in pieces, so that it cannot fill the memory.
        if input.by_ref().take(2 * MAX_LINE_BYTES as u64).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        *number += 1;
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() == 2 * MAX_LINE_BYTES {
            input.skip_until(b'\n')?;
        }
        if !line.trim_ascii().is_empty() {
            let origin = Origin { topic: Arc::clone(&topic), partition: 0, offset: *number };
            records.push(Record { origin, key: None, payload: Some(line), headers: Vec::new(), timestamp: None });
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8], buffer: usize) -> Vec<(i64, usize)> {
        let mut input = BufReader::with_capacity(buffer, input);
        let mut number = 0;
        let mut seen = Vec::new();
        loop {
            let chunk = read(&mut input, &mut number).unwrap();
            if chunk.is_empty() {
                return seen;
            }
            seen.extend(chunk.into_iter().map(|record| (record.origin.offset, record.payload.unwrap().len())));
        }
    }

    #[test]
    fn lines_keep_their_numbers_whatever_the_buffer() {
        for buffer in [1, 4, 4096] {
            assert_eq!(all(b"{}\n\n  \n{\"a\":1}\nlast", buffer), [(1, 2), (4, 7), (5, 4)], "buffer of {buffer}");
        }
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_is_still_read() {
        let mut input = vec![b'x'; 5 * MAX_LINE_BYTES];
        input.extend(b"\nok\n");
        assert_eq!(all(&input, 4096), [(1, 2 * MAX_LINE_BYTES), (2, 2)]);
    }
}
