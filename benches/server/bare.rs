//! The limit: an event loop on bare mio, written for this service and nothing else.
//!
//! It does the work that the kit's evented server does, with the kit's own parser, handlers and
//! replies: bounded requests, waits, deadlines. It has no tasks, wakers, queues or registry, no
//! bound on connections and no stop in order. Connections stand in a slab; waits in a heap; the
//! deadlines are looked after by one coarse scan over all connections.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read, Write};
use std::mem;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Protocol, Socket, Type};
use windlass::kit::http::{Deadlines, Outbox, Rules, Session, Turn, Verdict, WaitEnd, Watch};

/// The same as the kit's listener has.
const BACKLOG: i32 = 4096;

/// Bytes read at a time.
const READ_BYTES: usize = 64 * 1024;

/// Events taken at a time.
const EVENTS: usize = 1024;

/// How often the deadlines are looked after.
const SCAN: Duration = Duration::from_secs(1);

/// How long the loop stands back after an accept that failed for lack of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(5);

const LISTENER: Token = Token(usize::MAX - 1);

/// Starts `loops` of them, each a thread with a listener of its own on one and the same port; they
/// run until the process ends.
pub(crate) fn start(loops: usize, rules: Rules, deadlines: Deadlines) -> io::Result<SocketAddr> {
    let mut addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    for _ in 0..loops {
        let listener = listen(addr, loops > 1)?;
        addr = listener.local_addr()?;
        let mut server = Loop::new(listener, rules, deadlines)?;
        std::thread::Builder::new().name("bare-loop".into()).spawn(move || {
            if let Err(error) = server.run() {
                eprintln!("the bare loop ended: {error}");
                std::process::exit(1);
            }
        })?;
    }
    Ok(addr)
}

fn listen(addr: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}

struct Connection {
    stream: TcpStream,
    session: Session,
    watch: Watch,
    /// Replies that the socket did not take at once.
    out: Outbox,
    /// What comes next, once `out` is empty.
    todo: Turn,
    /// An event said that there is something to read, and it has not all been read.
    readable: bool,
    /// The peer has closed its side: no more events will come, it stays readable.
    closed: bool,
}

/// Whether a connection lives on.
enum Next {
    Lives,
    /// The reply to its request is due later.
    Waits(u32),
    Ends,
}

struct Loop {
    poll: Poll,
    listener: TcpListener,
    rules: Rules,
    deadlines: Deadlines,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    waits: BinaryHeap<Reverse<(Instant, usize)>>,
    scan_at: Instant,
    accept_at: Option<Instant>,
    input: Box<[u8]>,
    out: Outbox,
}

impl Loop {
    fn new(mut listener: TcpListener, rules: Rules, deadlines: Deadlines) -> io::Result<Loop> {
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Loop {
            poll,
            listener,
            rules,
            deadlines,
            connections: Vec::new(),
            free: Vec::new(),
            waits: BinaryHeap::new(),
            scan_at: Instant::now() + SCAN,
            accept_at: None,
            input: vec![0; READ_BYTES].into_boxed_slice(),
            out: Outbox::default(),
        })
    }

    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let timeout = self.next_due().saturating_duration_since(Instant::now());
            match self.poll.poll(&mut events, Some(timeout)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept_all(),
                    Token(at) => {
                        if let Some(Some(connection)) = self.connections.get_mut(at) {
                            connection.closed |= event.is_read_closed();
                            connection.readable |= event.is_readable() || connection.closed;
                            self.drive(at);
                        }
                    }
                }
            }
            self.look_after(Instant::now());
        }
    }

    fn next_due(&self) -> Instant {
        let wait = self.waits.peek().map(|Reverse((at, _))| *at);
        [wait, self.accept_at].into_iter().flatten().fold(self.scan_at, Instant::min)
    }

    fn accept_all(&mut self) {
        self.accept_at = None;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => self.admit(stream),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                // Descriptors may be short for a while; no event will tell when they are not.
                Err(_) => {
                    self.accept_at = Some(Instant::now() + ACCEPT_PAUSE);
                    return;
                }
            }
        }
    }

    fn admit(&mut self, mut stream: TcpStream) {
        // Fails only if the client has gone already: its first event will tell.
        let _ = stream.set_nodelay(true);
        let at = self.free.pop().unwrap_or(self.connections.len());
        let interest = Interest::READABLE | Interest::WRITABLE;
        if self.poll.registry().register(&mut stream, Token(at), interest).is_err() {
            return self.free.extend((at < self.connections.len()).then_some(at));
        }
        let mut connection = Connection {
            stream,
            session: Session::default(),
            watch: Watch::default(),
            out: Outbox::default(),
            todo: Turn::Read,
            readable: false,
            closed: false,
        };
        connection.judge(Instant::now(), &self.deadlines);
        if at == self.connections.len() {
            self.connections.push(None);
        }
        self.connections[at] = Some(connection);
    }

    /// Reads, answers and writes what can be.
    fn drive(&mut self, at: usize) {
        let Some(connection) = &mut self.connections[at] else {
            return;
        };
        match connection.turns(&self.rules, &mut self.input, &mut self.out) {
            Ok(Next::Lives) => {}
            Ok(Next::Waits(wait_ms)) => {
                let until = Instant::now() + Duration::from_millis(wait_ms.into());
                self.waits.push(Reverse((until, at)));
            }
            // An error is a client that has gone.
            Ok(Next::Ends) | Err(_) => self.end(at),
        }
    }

    /// Closes the socket, which the poll then forgets by itself.
    fn end(&mut self, at: usize) {
        self.connections[at] = None;
        self.free.push(at);
    }

    /// Ends waits that are due; looks after the deadlines when it is time to.
    fn look_after(&mut self, now: Instant) {
        while let Some(&Reverse((until, at))) = self.waits.peek()
            && until <= now
        {
            self.waits.pop();
            // One that waits is not ended meanwhile, so that its place is still its own.
            if let Some(connection) = &mut self.connections[at] {
                connection.session.waited(WaitEnd::Done, false, &mut connection.out);
                connection.todo = Turn::Write;
            }
            self.drive(at);
        }
        if self.accept_at.is_some_and(|at| at <= now) {
            self.accept_all();
        }
        if self.scan_at <= now {
            self.scan_at = now + SCAN;
            for at in 0..self.connections.len() {
                self.scan(at, now);
            }
        }
    }

    fn scan(&mut self, at: usize, now: Instant) {
        let Some(connection) = &mut self.connections[at] else {
            return;
        };
        if matches!(connection.todo, Turn::Wait { .. }) {
            return;
        }
        match connection.judge(now, &self.deadlines) {
            Verdict::Until(_) => {}
            Verdict::TimedOut if connection.out.is_empty() && connection.todo == Turn::Read => {
                connection.session.time_out(&mut connection.out);
                connection.todo = Turn::Linger;
                self.drive(at);
            }
            Verdict::TimedOut | Verdict::Idle => self.end(at),
        }
    }
}

impl Connection {
    fn judge(&mut self, now: Instant, deadlines: &Deadlines) -> Verdict {
        self.watch.judge(self.session.progress(), now, deadlines)
    }

    fn turns(&mut self, rules: &Rules, input: &mut [u8], out: &mut Outbox) -> io::Result<Next> {
        loop {
            if !self.out.is_empty() && !write(&mut self.stream, &mut self.out)? {
                return Ok(Next::Lives);
            }
            let bytes = match self.todo {
                Turn::Write => 0,
                Turn::Read if !self.readable => return Ok(Next::Lives),
                Turn::Read => match self.stream.read(input) {
                    Ok(0) => return Ok(Next::Ends),
                    Ok(bytes) => {
                        // A read that did not fill the buffer has taken all there was.
                        self.readable = self.closed || bytes == input.len();
                        bytes
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        self.readable = false;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
                // The reply is not due yet, and its wait stands in the heap already.
                Turn::Wait { .. } => return Ok(Next::Lives),
                // The hello service hands nothing on.
                Turn::Work | Turn::Close => return Ok(Next::Ends),
                Turn::Linger => return self.linger(input),
            };
            self.todo = self.session.turn(&input[..bytes], rules, false, out);
            if !write(&mut self.stream, out)? {
                self.out = mem::take(out);
            }
            if let Turn::Wait { wait_ms } = self.todo {
                return Ok(Next::Waits(wait_ms));
            }
        }
    }

    /// Swallows what the client still sends, so that it can read its last reply.
    fn linger(&mut self, input: &mut [u8]) -> io::Result<Next> {
        self.stream.shutdown(Shutdown::Write)?;
        loop {
            match self.stream.read(input) {
                Ok(0) => return Ok(Next::Ends),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Next::Lives),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Writes the replies: whether all of them went out.
fn write(stream: &mut TcpStream, out: &mut Outbox) -> io::Result<bool> {
    while !out.is_empty() {
        match stream.write(out.unsent()) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => out.advance(written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => {
                out.clear();
                return Err(error);
            }
        }
    }
    Ok(true)
}
