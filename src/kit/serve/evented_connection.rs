//! One connection of the evented model: a task that serves it until it ends.
//!
//! Requests are read into, and replies written from, buffers of the worker that happens to poll the
//! task. Only what a connection leaves unfinished is kept with it: an idle one owns no buffer. Its
//! one timer is armed once and then only when it fires, so that a common request costs no timer.

use std::cell::RefCell;
use std::future::{self, Future, poll_fn};
use std::io;
use std::mem;
use std::net::{Shutdown, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_io::{AsyncRead, AsyncWrite};

use crate::kit::http::{
    DownstreamReply, Outbox, Session, Turn, Verdict, WaitEnd, Watch, downstream_request,
};
use crate::net::TcpStream;
use crate::time::{Sleep, sleep, sleep_until, timeout};

use super::blocking_io::LINGER_MAX;
use super::registry::Ticket;
use super::service::{Answer, Boxed, Events};
use super::shared::Shared;

/// Bytes read at a time.
const READ_BYTES: usize = 64 * 1024;

/// Turns of one poll, after which other tasks have their go.
const TURNS_MAX: u32 = 64;

struct Scratch {
    input: Box<[u8]>,
    out: Outbox,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        input: vec![0; READ_BYTES].into_boxed_slice(),
        out: Outbox::default(),
    });
}

/// Serves the connection until it ends.
pub(super) async fn serve(shared: Arc<Shared<TcpStream>>, ticket: Ticket<TcpStream>) {
    let now = Instant::now();
    let fires_at = now + shared.config.deadlines.head;
    let mut timer = pin!(sleep_until(fires_at));
    let mut connection = Connection {
        shared: &shared,
        ticket: &ticket,
        session: Session::default(),
        watch: Watch::default(),
        out: Outbox::default(),
        todo: Turn::Read,
        fires_at,
        write_until: None,
    };
    connection.judge(now);
    // An error here is a client that has gone, or that takes its replies too slowly: nobody is
    // left who could be told.
    while let Ok(turn) = poll_fn(|cx| connection.poll_turns(timer.as_mut(), cx)).await {
        match turn {
            Turn::Wait { wait_ms } => {
                let end = wait(&shared, wait_ms).await;
                connection.waited(end);
            }
            Turn::Work => {
                let answer = connection.work().await;
                // No answer is held while anything is waited for: the task has no room for one.
                let Some(events) = connection.answered(answer) else { continue };
                return Box::pin(tell(&mut connection, timer.as_mut(), events)).await;
            }
            Turn::Linger => return Box::pin(linger(&ticket.live.stream)).await,
            Turn::Read | Turn::Write | Turn::Close => return,
        }
    }
}

struct Connection<'a> {
    shared: &'a Shared<TcpStream>,
    ticket: &'a Ticket<TcpStream>,
    session: Session,
    watch: Watch,
    /// Replies that the socket did not take at once.
    out: Outbox,
    /// What comes next, once `out` is empty.
    todo: Turn,
    /// When the timer fires.
    fires_at: Instant,
    write_until: Option<Instant>,
}

impl Connection<'_> {
    /// Reads, answers and writes until something is to be done that is not reading or writing.
    fn poll_turns(
        &mut self,
        mut timer: Pin<&mut Sleep>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Turn>> {
        for _ in 0..TURNS_MAX {
            if !self.out.is_empty() {
                ready!(self.poll_flush(timer.as_mut(), cx))?;
            }
            match self.todo {
                Turn::Read => match SCRATCH.with_borrow_mut(|it| self.poll_read_turn(it, cx)) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Ok(Turn::Close)),
                    Poll::Ready(Ok(_)) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => match ready!(self.poll_late(timer.as_mut(), cx)) {
                        Verdict::TimedOut => {
                            self.session.time_out(&mut self.out);
                            self.todo = Turn::Linger;
                        }
                        Verdict::Idle | Verdict::Until(_) => return Poll::Ready(Ok(Turn::Close)),
                    },
                },
                Turn::Write => SCRATCH.with_borrow_mut(|it| self.answer(it, 0, cx))?,
                Turn::Wait { .. } | Turn::Work | Turn::Close | Turn::Linger => {
                    return Poll::Ready(Ok(self.todo));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_read_turn(
        &mut self,
        scratch: &mut Scratch,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut stream = &self.ticket.live.stream;
        let bytes = ready!(Pin::new(&mut stream).poll_read(cx, &mut scratch.input))?;
        if bytes > 0 {
            self.answer(scratch, bytes, cx)?;
        }
        Poll::Ready(Ok(bytes))
    }

    /// Answers what stands in the first `bytes` of the scratch input, and writes the replies; what
    /// the socket does not take at once is kept in `out`.
    fn answer(
        &mut self,
        scratch: &mut Scratch,
        bytes: usize,
        cx: &mut Context<'_>,
    ) -> io::Result<()> {
        let (rules, closing) = (&self.shared.config.rules, self.is_closing());
        // Nothing of a connection that panicked here may reach another one.
        scratch.out.clear();
        self.todo = self.session.turn(&scratch.input[..bytes], rules, closing, &mut scratch.out);
        // Before a `100 Continue` goes out: who has received it may count on being served.
        if self.todo == Turn::Read {
            let unfinished = self.session.is_unfinished();
            self.ticket.live.set_unfinished(unfinished);
        }
        let mut stream = &self.ticket.live.stream;
        while !scratch.out.is_empty() {
            match Pin::new(&mut stream).poll_write(cx, scratch.out.unsent()) {
                Poll::Ready(Ok(written)) if written > 0 => scratch.out.advance(written),
                Poll::Ready(Ok(_)) | Poll::Pending => {
                    self.out = mem::take(&mut scratch.out);
                    return Ok(());
                }
                Poll::Ready(Err(error)) => {
                    scratch.out.clear();
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn poll_flush(
        &mut self,
        mut timer: Pin<&mut Sleep>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stream = &self.ticket.live.stream;
        while !self.out.is_empty() {
            match Pin::new(&mut stream).poll_write(cx, self.out.unsent())? {
                Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(written) => self.out.advance(written),
                Poll::Pending => {
                    if self.write_until.is_none() {
                        let allowed =
                            self.shared.config.deadlines.transfer(self.out.unsent_bytes());
                        self.write_until = Some(Instant::now() + allowed);
                        self.arm(timer.as_mut(), Instant::now() + allowed);
                    }
                    ready!(timer.poll(cx));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        self.out = Outbox::default();
        if self.write_until.take().is_some() {
            self.arm(timer, Instant::now() + self.shared.config.deadlines.head);
        }
        Poll::Ready(Ok(()))
    }

    /// Pending while the client is in time; to be polled whenever reading is pending.
    fn poll_late(&mut self, mut timer: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<Verdict> {
        if self.session.is_unfinished() {
            match self.judge(Instant::now()) {
                Verdict::Until(at) if at < self.fires_at => self.arm(timer.as_mut(), at),
                Verdict::Until(_) => {}
                late => return Poll::Ready(late),
            }
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            match self.judge(Instant::now()) {
                Verdict::Until(at) => self.arm(timer.as_mut(), at),
                late => return Poll::Ready(late),
            }
        }
    }

    fn arm(&mut self, mut timer: Pin<&mut Sleep>, at: Instant) {
        self.fires_at = at;
        timer.set(sleep_until(at));
    }

    fn judge(&mut self, now: Instant) -> Verdict {
        self.watch.judge(self.session.progress(), now, &self.shared.config.deadlines)
    }

    fn is_closing(&self) -> bool {
        self.shared.registry.is_stopping()
    }

    /// Lets the service answer.
    fn work(&mut self) -> Boxed<'_, Answer> {
        match (&self.shared.config.service, self.session.take_work()) {
            (Some(service), Some(ask)) => service.answer(*ask),
            _ => Box::pin(future::ready(Answer::Gone)),
        }
    }

    /// Takes the answer; events are passed on by [`tell`].
    fn answered(&mut self, answer: Answer) -> Option<Box<dyn Events>> {
        match answer {
            Answer::Reply(reply) => {
                self.session.worked(reply, self.is_closing(), &mut self.out);
                self.todo = Turn::Write;
                None
            }
            Answer::Events(events) => Some(events),
            Answer::Gone => {
                self.todo = Turn::Close;
                None
            }
        }
    }

    fn waited(&mut self, end: WaitEnd) {
        self.session.waited(end, self.is_closing(), &mut self.out);
        self.todo = Turn::Write;
    }
}

/// Passes events on until there are no more, the client has gone, or the server stops: then the
/// input ends.
async fn tell(
    connection: &mut Connection<'_>,
    mut timer: Pin<&mut Sleep>,
    mut events: Box<dyn Events>,
) {
    let mut wanted = connection.session.begin_events(&mut connection.out);
    let ticket = connection.ticket;
    let mut ended = pin!(async {
        let mut input = [0; 256];
        while matches!(ticket.live.stream.read(&mut input).await, Ok(bytes) if bytes > 0) {}
    });
    // Whoever takes the events too slowly, or has gone, hears no more.
    while poll_fn(|cx| connection.poll_flush(timer.as_mut(), cx)).await.is_ok() && wanted {
        let mut next = events.next();
        let event = poll_fn(|cx| match next.as_mut().poll(cx) {
            Poll::Pending => ended.as_mut().poll(cx).map(|()| None),
            event => event,
        });
        match event.await {
            Some(event) => connection.session.event(&event, &mut connection.out),
            None => wanted = false,
        }
    }
}

/// Waits for the downstream, or for as long as it would take if a timer stands in for it.
async fn wait(shared: &Shared<TcpStream>, wait_ms: u32) -> WaitEnd {
    let wait = Duration::from_millis(u64::from(wait_ms));
    match shared.config.downstream {
        None => {
            sleep(wait).await;
            WaitEnd::Done
        }
        // Boxed, so that tasks which never wait for a downstream have no room for it.
        Some(downstream) => {
            let call = Box::pin(call(downstream, wait_ms));
            match timeout(wait + shared.config.downstream_slack, call).await {
                Ok(Ok(true)) => WaitEnd::Done,
                Ok(Ok(false) | Err(_)) => WaitEnd::Failed,
                Err(_) => WaitEnd::TimedOut,
            }
        }
    }
}

/// Calls `/wait/N` of the downstream: whether it replied as it should.
async fn call(downstream: SocketAddr, wait_ms: u32) -> io::Result<bool> {
    let stream = TcpStream::connect(downstream).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&downstream_request(downstream, wait_ms)).await?;
    let mut reply = DownstreamReply::default();
    let mut buffer = [0; 512];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(reply.is_ok()),
            bytes if reply.feed(&buffer[..bytes]) => {}
            _ => return Ok(false),
        }
    }
}

/// Ends the sending side and swallows what the client still sends: closing at once would make the
/// system throw away the reply together with the unread input.
async fn linger(stream: &TcpStream) {
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let swallow = async {
        let mut buffer = [0; 4096];
        while matches!(stream.read(&mut buffer).await, Ok(bytes) if bytes > 0) {}
    };
    // The client may as well go on sending: that is then its loss.
    let _ = timeout(LINGER_MAX, swallow).await;
}
