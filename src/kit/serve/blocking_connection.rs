//! One connection of a blocking model: the calling thread serves it until it ends.

use std::io::{self, Read};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::kit::http::{Outbox, Phase, Rules, Session, Turn, Verdict, Watch};

use super::blocking_io::{Stand, flush, is_gone, is_pause, linger, wait};
use super::registry::Live;
use super::service::{Answer, Events, Heard};
use super::shared::Shared;

/// Bytes read at a time between and within heads, and within a body.
const HEAD_READ_BYTES: usize = 2 * 1024;
const BODY_READ_BYTES: usize = 64 * 1024;

/// How often a thread that waits for events looks whether they are still wanted.
const EVENTS_TICK: Duration = Duration::from_millis(200);

/// What the blocking models do differently within a connection.
#[derive(Clone, Copy)]
pub(super) struct Manner<'a> {
    /// Limits, and whether each reply ends its connection.
    pub(super) rules: Rules,
    /// How often a thread that reads in vain looks at the clock and at `crowded`.
    pub(super) tick: Duration,
    /// Whether other connections wait for this thread, so that this one should end soon.
    pub(super) crowded: &'a (dyn Fn() -> bool + Sync),
}

impl Manner<'static> {
    /// The manner of a thread that nobody waits for.
    pub(super) fn own_thread(shared: &Shared<TcpStream>) -> Manner<'static> {
        let deadlines = &shared.config.deadlines;
        let tick = deadlines.head.min(deadlines.idle);
        Manner { rules: shared.config.rules, tick, crowded: &|| false }
    }
}

/// Serves the connection until it ends.
pub(super) fn serve(shared: &Shared<TcpStream>, live: &Live<TcpStream>, manner: &Manner<'_>) {
    let mut connection = Connection {
        shared,
        live,
        manner,
        session: Session::default(),
        watch: Watch::default(),
        out: Outbox::default(),
        input: vec![0; HEAD_READ_BYTES],
    };
    // An error here is a client that has gone, or that takes its replies too slowly: nobody is
    // left who could be told.
    let _ = connection.run();
}

struct Connection<'a> {
    shared: &'a Shared<TcpStream>,
    live: &'a Live<TcpStream>,
    manner: &'a Manner<'a>,
    session: Session,
    watch: Watch,
    out: Outbox,
    input: Vec<u8>,
}

impl Connection<'_> {
    fn run(&mut self) -> io::Result<()> {
        let stream = &self.live.stream;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(self.manner.tick))?;
        stream.set_write_timeout(Some(self.shared.config.deadlines.head))?;
        self.judge();
        let mut fresh = 0..0;
        loop {
            let (closing, rules) = (self.is_closing(), &self.manner.rules);
            let turn = self.session.turn(&self.input[fresh.clone()], rules, closing, &mut self.out);
            // Before a `100 Continue` goes out: who has received it may count on being served.
            if turn == Turn::Read {
                self.live.set_unfinished(self.session.is_unfinished());
            }
            flush(stream, &mut self.out, &self.shared.config.deadlines)?;
            fresh = 0..0;
            match turn {
                Turn::Read => match self.read()? {
                    0 => return Ok(()),
                    bytes => fresh = 0..bytes,
                },
                Turn::Write => {}
                Turn::Wait { wait_ms } => {
                    let end = wait(self.shared, self.live, wait_ms);
                    self.session.waited(end, self.is_closing(), &mut self.out);
                }
                Turn::Work => match self.work() {
                    Answer::Reply(reply) => {
                        self.session.worked(reply, self.is_closing(), &mut self.out);
                    }
                    Answer::Events(events) => return self.tell(events),
                    Answer::Gone => return Ok(()),
                },
                Turn::Close => return Ok(()),
                Turn::Linger => {
                    linger(stream, &mut self.input);
                    return Ok(());
                }
            }
        }
    }

    /// Lets the service answer, on this thread. Its panic ends the connection, and nothing else.
    fn work(&mut self) -> Answer {
        let (Some(service), Some(ask)) = (&self.shared.config.service, self.session.take_work())
        else {
            return Answer::Gone;
        };
        let stand = Stand { shared: self.shared, live: self.live };
        let answered = catch_unwind(AssertUnwindSafe(|| service.answer_blocking(*ask, &stand)));
        answered.unwrap_or(Answer::Gone)
    }

    /// Passes events on until there are no more, the client has gone, or the server stops.
    fn tell(&mut self, mut events: Box<dyn Events>) -> io::Result<()> {
        let (stream, deadlines) = (&self.live.stream, &self.shared.config.deadlines);
        let wanted = self.session.begin_events(&mut self.out);
        flush(stream, &mut self.out, deadlines)?;
        let within = self.manner.tick.min(EVENTS_TICK);
        while wanted && !self.is_closing() {
            match events.next_blocking(within) {
                Heard::Event(event) => self.session.event(&event, &mut self.out),
                Heard::Nothing if is_gone(stream)? => break,
                Heard::Nothing => {}
                Heard::End => break,
            }
            flush(stream, &mut self.out, deadlines)?;
        }
        Ok(())
    }

    fn is_closing(&self) -> bool {
        self.shared.registry.is_stopping() || (self.manner.crowded)()
    }

    fn judge(&mut self) -> Verdict {
        let deadlines = &self.shared.config.deadlines;
        self.watch.judge(self.session.progress(), Instant::now(), deadlines)
    }

    /// Reads into `input`: how many bytes; 0 at the end of the connection.
    fn read(&mut self) -> io::Result<usize> {
        let unfinished = self.session.is_unfinished();
        self.resize_input(unfinished);
        if unfinished && self.judge() == Verdict::TimedOut {
            return self.time_out();
        }
        loop {
            match (&self.live.stream).read(&mut self.input) {
                Ok(bytes) => return Ok(bytes),
                Err(error) if is_pause(&error) => {}
                Err(error) => return Err(error),
            }
            match self.judge() {
                Verdict::Until(_) if !unfinished && (self.manner.crowded)() => return Ok(0),
                Verdict::Until(_) => {}
                Verdict::Idle => return Ok(0),
                Verdict::TimedOut => return self.time_out(),
            }
        }
    }

    fn time_out(&mut self) -> io::Result<usize> {
        self.session.time_out(&mut self.out);
        flush(&self.live.stream, &mut self.out, &self.shared.config.deadlines)?;
        linger(&self.live.stream, &mut self.input);
        Ok(0)
    }

    fn resize_input(&mut self, unfinished: bool) {
        let in_body = unfinished && self.session.progress().phase == Phase::Body;
        let bytes = if in_body { BODY_READ_BYTES } else { HEAD_READ_BYTES };
        if self.input.len() != bytes {
            self.input = vec![0; bytes];
        }
    }
}
