//! The receiver is away for a while: letters wait in a mailbox; a synchronous caller finds nobody.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::Sample;
use crate::kit::measure::figure::Series;
use crate::kit::measure::group::Window;
use crate::kit::stage::folder::Folder;
use crate::sync::lock;
use crate::workflow::mailbox::{Mailbox, MailboxOptions};
use crate::workflow::queue::{ReceiveError, SqliteStore};
use crate::workflow::sqlite::{Database, Options};

use super::super::bits::{ms, record, sleep_to};
use super::counts::{DUPLICATES, HELD, LOST, MISORDERED};

/// A letter is due each of these.
const EACH: Duration = Duration::from_millis(5);

/// How long a caller that tries again waits before it does.
const AGAIN: Duration = Duration::from_millis(10);

/// How long the last letters may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How letters get to the receiver.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// By a mailbox in a database.
    Mailbox,
    /// By a call, which fails while nobody is there.
    CallOnce,
    /// By a call that is made again until somebody is there.
    CallAgain,
}

/// How long the receiver is away from the window's beginning on.
#[derive(Clone, Copy)]
pub(super) enum Away {
    /// As long as the window is; letters go on for half as long after its return.
    Window,
    /// Not at all.
    Never,
}

/// When which letter was received.
type Log = Mutex<Vec<(u64, Instant)>>;

/// What the sender saw.
struct Sent {
    held: Histogram<u64>,
    letters: u64,
}

/// One window.
pub(super) fn run(way: Way, away: Away, window: &Window) -> Result<Sample, String> {
    let away = match away {
        Away::Window => window.duration.max(Duration::from_millis(40)),
        Away::Never => Duration::ZERO,
    };
    let whole = if away.is_zero() { window.duration.max(EACH * 8) } else { away.mul_f64(1.5) };
    let (folder, log) = (Folder::fresh("letters")?, Log::default());
    let scene = Scene { folder: folder.path(), away, whole, log: &log };
    let (began, sent) = match way {
        Way::Mailbox => scene.mailbox()?,
        Way::CallOnce => scene.calls(false)?,
        Way::CallAgain => scene.calls(true)?,
    };
    let log = std::mem::take(&mut *lock(&log));
    sample(&log, began, away, sent)
}

struct Scene<'s> {
    folder: &'s Path,
    away: Duration,
    whole: Duration,
    log: &'s Log,
}

impl Scene<'_> {
    /// Sends a letter each time one is due, in an open loop.
    fn send(
        &self,
        began: Instant,
        mut letter: impl FnMut(u64) -> Result<(), String>,
    ) -> Result<Sent, String> {
        let (mut held, mut letters) = (nanos_histogram(), 0);
        let mut due = began;
        while due < began + self.whole {
            sleep_to(due);
            letter(letters)?;
            record(&mut held, due.elapsed());
            letters += 1;
            due += EACH;
        }
        Ok(Sent { held, letters })
    }

    fn mailbox(&self) -> Result<(Instant, Sent), String> {
        let file = self.folder.join("letters.db");
        let database =
            Database::open(file, Options::default()).map_err(|error| error.to_string())?;
        let mailbox = Mailbox::open(&database, "letters", MailboxOptions::default());
        let mailbox = mailbox.map_err(|error| error.to_string())?;
        let began = Instant::now();
        let sent = thread::scope(|scope| {
            let receiver = scope.spawn(|| {
                sleep_to(began + self.away);
                receive(&mailbox, self.log)
            });
            let sent = self.send(began, |number| {
                let posted = mailbox.post_blocking(number.to_string());
                posted.map(drop).map_err(|error| error.to_string())
            });
            mailbox.close();
            receiver.join().map_err(|_| "the receiver panicked".to_owned())??;
            sent
        })?;
        Ok((began, sent))
    }

    fn calls(&self, again: bool) -> Result<(Instant, Sent), String> {
        let socket = self.folder.join("receiver");
        let began = Instant::now();
        let (end, ended) = mpsc::channel::<()>();
        let sent = thread::scope(|scope| {
            let receiver = scope.spawn(|| {
                sleep_to(began + self.away);
                answer(&socket, self.log, ended)
            });
            if self.away.is_zero() {
                wait_for(&socket)?;
            }
            let mut kept = None;
            let sent = self.send(began, |number| {
                let until = Instant::now() + PATIENCE;
                while let Err(error) = call(&mut kept, &socket, number)
                    && again
                {
                    if Instant::now() > until {
                        return Err(format!("nobody is there within {PATIENCE:?}: {error}"));
                    }
                    thread::sleep(AGAIN);
                }
                Ok(())
            });
            drop((kept, end));
            receiver.join().map_err(|_| "the receiver panicked".to_owned())??;
            sent
        })?;
        Ok((began, sent))
    }
}

/// Receives until the mailbox is closed and empty.
fn receive(mailbox: &Mailbox<SqliteStore>, log: &Log) -> Result<(), String> {
    let mut inbox = mailbox.inbox().map_err(|error| error.to_string())?;
    loop {
        let letter = match inbox.next_timeout(PATIENCE) {
            Ok(Some(letter)) => letter,
            Ok(None) => return Err(format!("no letter and no end within {PATIENCE:?}")),
            Err(ReceiveError::Closed) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let number = std::str::from_utf8(letter.body()).ok().and_then(|text| text.parse().ok());
        let number = number.ok_or("a letter says something else than was posted")?;
        lock(log).push((number, Instant::now()));
        letter.done_blocking().map_err(|error| error.to_string())?;
    }
}

/// Waits until the receiver of calls is there.
fn wait_for(socket: &Path) -> Result<(), String> {
    let until = Instant::now() + PATIENCE;
    while !socket.exists() {
        if Instant::now() > until {
            return Err(format!("the receiver is not there within {PATIENCE:?}"));
        }
        thread::sleep(Duration::from_micros(200));
    }
    Ok(())
}

/// Receives calls until their sender is gone.
fn answer(socket: &Path, log: &Log, ended: mpsc::Receiver<()>) -> Result<(), String> {
    let said = |error: std::io::Error| format!("{}: {error}", socket.display());
    let listener = UnixListener::bind(socket).map_err(said)?;
    listener.set_nonblocking(true).map_err(said)?;
    loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nonblocking(false).map_err(said)?;
                let mut number = [0; 8];
                while stream.read_exact(&mut number).is_ok() {
                    lock(log).push((u64::from_le_bytes(number), Instant::now()));
                    stream.write_all(&[1]).map_err(said)?;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                match ended.recv_timeout(Duration::from_millis(1)) {
                    Err(mpsc::RecvTimeoutError::Timeout) => {}
                    _ => return Ok(()),
                }
            }
            Err(error) => return Err(said(error)),
        }
    }
}

/// One call on the kept connection, or on a new one.
fn call(kept: &mut Option<UnixStream>, socket: &Path, number: u64) -> std::io::Result<()> {
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => UnixStream::connect(socket)?,
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&number.to_le_bytes())?;
    stream.read_exact(&mut [0])?;
    *kept = Some(stream);
    Ok(())
}

fn sample(
    log: &[(u64, Instant)],
    began: Instant,
    away: Duration,
    sent: Sent,
) -> Result<Sample, String> {
    let mut came = vec![0u32; sent.letters as usize];
    let mut delivered = Series::new("letters delivered");
    if !away.is_zero() {
        delivered.mark(away.as_secs_f64(), "receiver is back");
    }
    for (at, (number, when)) in log.iter().enumerate() {
        *came.get_mut(*number as usize).ok_or("a letter came that was not sent")? += 1;
        delivered.push((*when - began).as_secs_f64(), (at + 1) as f64);
    }
    let lost = came.iter().filter(|times| **times == 0).count();
    let duplicates: u32 = came.iter().map(|times| times.saturating_sub(1)).sum();
    let misordered = log.windows(2).filter(|pair| pair[1].0 < pair[0].0).count();
    // Letters that were due before the return are received by then.
    let waited = |number: u64| EACH.mul_f64(number as f64) < away;
    let last = log.iter().rfind(|(number, _)| waited(*number));
    let catch_up =
        last.map_or(Duration::ZERO, |(_, when)| when.saturating_duration_since(began + away));
    // While nobody is there the longest are what counts.
    let share = if away.is_zero() { 0.5 } else { 0.99 };
    let sample = Sample::new(ms(&sent.held, share))
        .with(HELD, ms(&sent.held, 0.5))
        .with(LOST, lost as f64)
        .with(DUPLICATES, f64::from(duplicates))
        .with(MISORDERED, misordered as f64)
        .with("catch_up_ms", catch_up.as_secs_f64() * 1e3)
        .with_latencies("sender held", sent.held)
        .with_series("delivered", delivered);
    Ok(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_lost_doubled_or_overtaken_is_counted() {
        let began = Instant::now();
        let at = |number, ms| (number, began + Duration::from_millis(ms));
        // Of letters 0 to 5: 2 is lost, 3 came twice, 1 behind 3; 0 to 3 were due in 20 ms.
        let log = [at(0, 21), at(3, 22), at(1, 30), at(3, 34), at(4, 40), at(5, 41)];
        let mut held = nanos_histogram();
        record(&mut held, Duration::from_millis(7));
        let sent = Sent { held, letters: 6 };
        let sample = sample(&log, began, Duration::from_millis(20), sent).expect("a sample");
        let counts = [LOST, DUPLICATES, MISORDERED, "catch_up_ms"].map(|name| sample.side[name]);
        assert_eq!(counts, [1.0, 1.0, 1.0, 14.0]);
        assert!((sample.value / 7.0 - 1.0).abs() < 0.01, "{}", sample.value);
        assert_eq!(sample.series["delivered"].points.len(), 6);
    }

    #[test]
    fn a_letter_that_was_not_sent_is_an_error() {
        let (began, held) = (Instant::now(), nanos_histogram());
        let sent = Sent { held, letters: 1 };
        assert!(sample(&[(1, began)], began, Duration::ZERO, sent).is_err());
    }
}
