//! The bytes of replies on their way out.

/// A body larger than this is not copied behind the other replies but travels alone.
const LARGE_BYTES: usize = 32 * 1024;

/// Bytes of small replies that may gather before they must be written.
const GATHER_BYTES_MAX: usize = 64 * 1024;

/// Capacity kept when the outbox has been emptied; more is given back.
const CAPACITY_BYTES_KEPT: usize = 2 * GATHER_BYTES_MAX;

/// Replies that wait to be written: small ones gathered, and behind them at most one large body.
#[derive(Debug, Default)]
pub struct Outbox {
    small: Vec<u8>,
    large: Vec<u8>,
    sent: usize,
}

impl Outbox {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.small.is_empty()
    }

    /// Whether it must be written before more may be added.
    pub fn is_full(&self) -> bool {
        !self.large.is_empty() || self.small.len() >= GATHER_BYTES_MAX
    }

    /// The next bytes to write; empty when all are written.
    pub fn unsent(&self) -> &[u8] {
        match self.sent < self.small.len() {
            true => &self.small[self.sent..],
            false => &self.large[self.sent - self.small.len()..],
        }
    }

    /// Bytes that wait to be written.
    pub fn unsent_bytes(&self) -> usize {
        self.small.len() + self.large.len() - self.sent
    }

    /// Marks the first `bytes` of [`Outbox::unsent`] as written. When these were the last ones, the
    /// outbox is empty again.
    pub fn advance(&mut self, bytes: usize) {
        self.sent += bytes;
        debug_assert!(self.sent <= self.small.len() + self.large.len());
        if self.sent >= self.small.len() + self.large.len() {
            self.clear();
        }
    }

    /// Throws away what waits.
    pub fn clear(&mut self) {
        self.sent = 0;
        self.small.clear();
        self.large = Vec::new();
        if self.small.capacity() > CAPACITY_BYTES_KEPT {
            self.small = Vec::new();
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.small.extend_from_slice(bytes);
    }

    pub(super) fn push_number(&mut self, mut number: usize) {
        let mut digits = [0_u8; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.push(&digits[at..]);
    }

    /// Adds a body; nothing may be added behind a large one until it is written.
    pub(super) fn push_body(&mut self, body: Vec<u8>) {
        debug_assert!(self.large.is_empty());
        if body.len() > LARGE_BYTES && self.large.is_empty() {
            self.large = body;
        } else {
            self.push(&body);
        }
    }
}
