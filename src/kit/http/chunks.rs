//! Decodes a chunked body, fed in pieces of any size.
//!
//! Here a line ends with CR LF and holds neither byte before: were a bare one taken, a proxy in
//! front might see other lines, and so other requests, than this server does.

use super::limits::Limits;
use super::refusal::{Refusal, Status};

/// Longest chunk-size line, extensions included, in bytes.
const SIZE_LINE_BYTES_MAX: usize = 256;

/// Where in the chunked body the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunks {
    /// In a size line, which stands whole at the start of the input or not at all.
    Size,
    /// In the data of a chunk that lacks so many bytes.
    Data(u64),
    /// At the CR LF behind the data of a chunk.
    DataEnd,
    /// In the trailers, of which so many bytes have gone by.
    Trailers(usize),
}

impl Chunks {
    /// Decodes from the start of `input` into `body`: bytes used, and whether the body is whole.
    pub(super) fn decode(
        &mut self,
        input: &[u8],
        body: &mut Vec<u8>,
        limits: &Limits,
    ) -> Result<(usize, bool), Refusal> {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            let step = match *self {
                Chunks::Size => self.size(rest, body.len(), limits)?,
                Chunks::Data(lacking) => self.data(rest, lacking, body),
                Chunks::DataEnd => self.data_end(rest)?,
                Chunks::Trailers(gone) => match self.trailer(rest, gone, limits)? {
                    Some((bytes, true)) => return Ok((used + bytes, true)),
                    Some((bytes, false)) => Some(bytes),
                    None => None,
                },
            };
            match step {
                Some(bytes) => used += bytes,
                None => return Ok((used, false)),
            }
        }
    }

    fn size(
        &mut self,
        input: &[u8],
        body_bytes: usize,
        limits: &Limits,
    ) -> Result<Option<usize>, Refusal> {
        const WHY: Refusal = Refusal::bad("a chunk starts with its size in hexadecimal and CR LF");
        let window = &input[..input.len().min(SIZE_LINE_BYTES_MAX)];
        if window.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) {
            return Err(WHY);
        }
        let parsed = httparse::parse_chunk_size(window);
        // In an extension httparse takes any byte, a bare LF too.
        let line = match parsed {
            Ok(httparse::Status::Complete((line_bytes, _))) => &window[..line_bytes - 2],
            _ => window,
        };
        if line.contains(&b'\n') {
            return Err(WHY);
        }
        match parsed {
            Err(_) => Err(WHY),
            Ok(httparse::Status::Partial) if window.len() == SIZE_LINE_BYTES_MAX => Err(WHY),
            Ok(httparse::Status::Partial) => Ok(None),
            Ok(httparse::Status::Complete((line_bytes, 0))) => {
                *self = Chunks::Trailers(0);
                Ok(Some(line_bytes))
            }
            Ok(httparse::Status::Complete((line_bytes, size))) => {
                if size > (limits.body_bytes_max - body_bytes) as u64 {
                    return Err(too_large());
                }
                *self = Chunks::Data(size);
                Ok(Some(line_bytes))
            }
        }
    }

    fn data(&mut self, input: &[u8], lacking: u64, body: &mut Vec<u8>) -> Option<usize> {
        if input.is_empty() {
            return None;
        }
        let bytes = (input.len() as u64).min(lacking) as usize;
        body.extend_from_slice(&input[..bytes]);
        *self = match lacking - bytes as u64 {
            0 => Chunks::DataEnd,
            lacking => Chunks::Data(lacking),
        };
        Some(bytes)
    }

    fn data_end(&mut self, input: &[u8]) -> Result<Option<usize>, Refusal> {
        const WHY: Refusal = Refusal::bad("the data of a chunk ends with CR LF");
        match input {
            [b'\r', b'\n', ..] => {
                *self = Chunks::Size;
                Ok(Some(2))
            }
            [] | [b'\r'] => Ok(None),
            _ => Err(WHY),
        }
    }

    /// Skips one trailer line: its bytes, and whether it was the empty one at the end.
    fn trailer(
        &mut self,
        input: &[u8],
        gone: usize,
        limits: &Limits,
    ) -> Result<Option<(usize, bool)>, Refusal> {
        const WHY: Refusal = Refusal::bad("a trailer line ends with CR LF");
        let room = limits.header_bytes_max.saturating_sub(gone);
        let window = &input[..input.len().min(room)];
        match window.iter().position(|byte| *byte == b'\n') {
            Some(at) => match window[..at].split_last() {
                Some((b'\r', line)) if !line.contains(&b'\r') => {
                    *self = Chunks::Trailers(gone + at + 1);
                    Ok(Some((at + 1, line.is_empty())))
                }
                _ => Err(WHY),
            },
            None if window.len() == room => {
                Err(Refusal::new(Status::HeadersTooLarge, "the trailers are too large"))
            }
            None => Ok(None),
        }
    }
}

/// The refusal of a body over the limit.
pub(super) fn too_large() -> Refusal {
    Refusal::new(Status::ContentTooLarge, "the body is larger than this server takes")
}
