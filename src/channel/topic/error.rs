//! Why a subscriber received nothing.

/// Why there is no next value just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvError {
    /// So many values were displaced before the next one. The next call goes on with that one.
    Lagged(u64),
    /// The topic is closed and everything was received.
    Closed,
}

/// Why nothing was received at once, or within its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// Nothing was there.
    Empty,
    /// So many values were displaced before the next one. The next call goes on with that one.
    Lagged(u64),
    /// The topic is closed and everything was received.
    Closed,
}

impl From<RecvError> for TryRecvError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Lagged(missed) => Self::Lagged(missed),
            RecvError::Closed => Self::Closed,
        }
    }
}

says!([] RecvError: |own, f| match own {
    Self::Lagged(missed) => write!(f, "{missed} values were missed"),
    Self::Closed => f.write_str("the topic is closed, and everything was received"),
});

says!([] TryRecvError: |own, f| match *own {
    Self::Empty => f.write_str("no value is there"),
    Self::Lagged(missed) => RecvError::Lagged(missed).fmt(f),
    Self::Closed => RecvError::Closed.fmt(f),
});
