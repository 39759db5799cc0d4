//! What bounds the time of a connection: deadlines that cost the common request nothing.
//!
//! A connection that reads whole requests is looked at only when its timer fires, and is then found
//! to have moved on. Only a read that leaves a request unfinished looks at the clock.

use std::time::{Duration, Instant};

use super::session::{Phase, Progress};

/// Bounds on how long a client may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For the head of a request, from its first byte (of the first one: from the connect) on.
    pub head: Duration,
    /// For the next request on a connection.
    pub idle: Duration,
    /// Slowest rate, in bytes per second, at which a body is taken or a reply is given away; held
    /// against the average beyond the first `head`.
    pub bytes_per_s_min: u32,
}

impl Default for Deadlines {
    /// 10 s for a head, 60 s between requests, 64 KiB/s.
    fn default() -> Deadlines {
        Deadlines {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            bytes_per_s_min: 64 * 1024,
        }
    }
}

impl Deadlines {
    /// How long `bytes` may take to be moved.
    pub fn transfer(&self, bytes: usize) -> Duration {
        let ms = (bytes as u64).saturating_mul(1000) / u64::from(self.bytes_per_s_min.max(1));
        self.head + Duration::from_millis(ms)
    }

    fn of(&self, progress: Progress) -> Duration {
        match progress.phase {
            Phase::Fresh | Phase::Head => self.head,
            Phase::Idle => self.idle,
            Phase::Body => self.transfer(progress.body_bytes),
        }
    }
}

/// Whether a connection is in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is; ask again at this instant.
    Until(Instant),
    /// A request was not whole in time: reply 408.
    TimedOut,
    /// No request came in time: close without a word.
    Idle,
}

/// Since when a connection stands where it stands.
#[derive(Debug, Default)]
pub struct Watch {
    seen: Option<(Phase, u64, Instant)>,
}

impl Watch {
    /// Judges the connection at `now`. A phase counts from the first time that it is seen here.
    pub fn judge(&mut self, progress: Progress, now: Instant, deadlines: &Deadlines) -> Verdict {
        let since = match self.seen {
            Some((phase, requests, since))
                if (phase, requests) == (progress.phase, progress.requests) =>
            {
                since
            }
            // A head that follows the silence before it is one and the same first head.
            Some((Phase::Fresh, 0, since)) if progress.requests == 0 => since,
            _ => now,
        };
        self.seen = Some((progress.phase, progress.requests, since));
        let until = since + deadlines.of(progress);
        match progress.phase {
            _ if now < until => Verdict::Until(until),
            Phase::Fresh | Phase::Idle => Verdict::Idle,
            Phase::Head | Phase::Body => Verdict::TimedOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(phase: Phase, requests: u64) -> Progress {
        Progress { phase, requests, body_bytes: 0 }
    }

    #[test]
    fn phases_count_from_when_they_are_first_seen() {
        let deadlines = Deadlines::default();
        let start = Instant::now();
        let after = |s| start + Duration::from_secs(s);
        let mut watch = Watch::default();
        let judge = |watch: &mut Watch, progress, s| watch.judge(progress, after(s), &deadlines);
        assert_eq!(judge(&mut watch, at(Phase::Fresh, 0), 0), Verdict::Until(after(10)));
        assert_eq!(judge(&mut watch, at(Phase::Head, 0), 9), Verdict::Until(after(10)));
        assert_eq!(judge(&mut watch, at(Phase::Head, 0), 10), Verdict::TimedOut);
        assert_eq!(judge(&mut watch, at(Phase::Idle, 5), 10), Verdict::Until(after(70)));
        assert_eq!(judge(&mut watch, at(Phase::Idle, 6), 70), Verdict::Until(after(130)));
        assert_eq!(judge(&mut watch, at(Phase::Idle, 6), 130), Verdict::Idle);
        assert_eq!(judge(&mut watch, at(Phase::Head, 6), 131), Verdict::Until(after(141)));
    }

    #[test]
    fn a_body_that_moves_has_time() {
        let deadlines = Deadlines::default();
        let start = Instant::now();
        let mut watch = Watch::default();
        let mut body = |bytes, s| {
            let progress = Progress { phase: Phase::Body, requests: 0, body_bytes: bytes };
            watch.judge(progress, start + Duration::from_secs(s), &deadlines)
        };
        assert_eq!(body(0, 0), Verdict::Until(start + Duration::from_secs(10)));
        assert_eq!(body(1 << 20, 20), Verdict::Until(start + Duration::from_secs(26)));
        assert_eq!(body(1 << 20, 26), Verdict::TimedOut);
    }
}
