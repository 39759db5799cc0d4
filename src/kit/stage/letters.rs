//! A receiver of letters as a process of its own, which can be killed: this very program, started
//! again. It takes letters on its standard input, and says on its standard output what it has
//! taken; what it has received stands in a database.
//!
//! ```text
//!  "7\n" --> takes letter 7 (mailbox: commits it; memory: queues it; in line: receives it)
//!        <-- "taken 7"
//!  end   --> receives what waits
//!        <-- "received LETTERS DIFFERENT MISORDERED", and ends
//! ```

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use rusqlite::Transaction;

use crate::runtime::Runtime;
use crate::time::sleep;
use crate::workflow::mailbox::{Mailbox, MailboxOptions};
use crate::workflow::queue::{ReceiveError, Settle, SqliteStore};
use crate::workflow::sqlite::{Database, Options};

use super::binary;

/// Tells this program to be such a process: how it takes letters, and where its database is.
const VARIABLE: &str = "WINDLASS_LETTERS";

/// How long it takes to receive a letter, beside what the database takes.
pub const WORK: Duration = Duration::from_millis(2);

/// How long the process may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

const TABLE: &str = "CREATE TABLE received (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    number INTEGER NOT NULL
) STRICT";

const INSERT: &str = "INSERT INTO received (number) VALUES (?1)";

/// For who may be sent a letter twice, and knows it by its number.
const INSERT_ONCE: &str = "INSERT INTO received (number) SELECT ?1 \
                           WHERE NOT EXISTS (SELECT 1 FROM received WHERE number = ?1)";

const COUNT: &str = "SELECT count(*), count(DISTINCT number), \
                     (SELECT count(*) FROM received a JOIN received b \
                      ON b.position = a.position + 1 WHERE b.number < a.number) FROM received";

/// How letters are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Into a mailbox in the database: taken when it is committed, received later.
    Mailbox,
    /// Into a queue in memory: taken at once, received later.
    Memory,
    /// Received before they count as taken.
    InLine,
}

impl Way {
    const ALL: [Way; 3] = [Way::Mailbox, Way::Memory, Way::InLine];

    fn name(self) -> &'static str {
        match self {
            Way::Mailbox => "mailbox",
            Way::Memory => "memory",
            Way::InLine => "in-line",
        }
    }
}

/// What the process has received when it ended in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Letters, those that came twice counted twice.
    pub letters: u64,
    /// Different ones.
    pub different: u64,
    /// Letters that came behind one with a higher number.
    pub misordered: u64,
}

/// The process; killed when this is dropped.
pub struct Letters {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Letters {
    /// Starts the process on a database, made if it is not there.
    ///
    /// # Errors
    /// What kept it from starting.
    pub fn start(way: Way, database: &Path) -> Result<Letters, String> {
        let mut command = binary::command()?;
        command.env(VARIABLE, format!("{} {}", way.name(), database.display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        binary::keep_from_terminal(&mut command);
        let mut child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (told, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = output.into_iter().flat_map(|output| BufReader::new(output).lines());
            // Ends with the process, or when nobody listens any more.
            lines.map_while(Result::ok).try_for_each(|line| told.send(line))
        });
        let letters = Letters { child, input, lines };
        letters.expect("ready")?;
        Ok(letters)
    }

    /// Sends a letter, and does not wait until it is taken.
    ///
    /// # Errors
    /// The process is gone.
    pub fn send(&mut self, number: u64) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("its input is closed")?;
        let sent = writeln!(input, "{number}").and_then(|()| input.flush());
        sent.map_err(|error| format!("letter {number} cannot be sent: {error}"))
    }

    /// Waits until the letter is taken.
    ///
    /// # Errors
    /// The process is gone, or does not answer.
    pub fn taken(&self, number: u64) -> Result<(), String> {
        self.expect(&format!("taken {number}"))
    }

    /// Kills it, as `kill -9` does.
    pub fn kill(self) {}

    /// Sends no more, and waits until all that waits is received.
    ///
    /// # Errors
    /// The process is gone, or does not answer.
    pub fn finish(mut self) -> Result<Received, String> {
        drop(self.input.take());
        let line = self.line()?;
        let numbers = line.strip_prefix("received ").unwrap_or_default().split(' ');
        let numbers: Vec<u64> = numbers.filter_map(|number| number.parse().ok()).collect();
        let [letters, different, misordered] = numbers[..] else {
            return Err(format!("the receiver said {line:?} at its end"));
        };
        self.child.wait().map_err(|error| error.to_string())?;
        Ok(Received { letters, different, misordered })
    }

    fn line(&self) -> Result<String, String> {
        let line = self.lines.recv_timeout(PATIENCE);
        line.map_err(|error| format!("the receiver says nothing: {error}"))
    }

    fn expect(&self, wanted: &str) -> Result<(), String> {
        let line = self.line()?;
        if line == wanted { Ok(()) } else { Err(format!("the receiver said {line:?}")) }
    }
}

impl Drop for Letters {
    fn drop(&mut self) {
        // Both fail only if it has ended and is collected already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where this process is told to be a receiver of letters: runs it, to its exit code.
#[must_use]
pub fn told() -> Option<ExitCode> {
    let told = env::var(VARIABLE).ok()?;
    let receive = || {
        let (way, path) = told.split_once(' ').ok_or("WAY and PATH are wanted")?;
        let way = Way::ALL.into_iter().find(|it| it.name() == way).ok_or("no such way")?;
        run(way, &PathBuf::from(path))
    };
    Some(match receive() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("windlass: {VARIABLE}={told:?}: {error}");
            ExitCode::FAILURE
        }
    })
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn run(way: Way, path: &Path) -> Result<(), Failure> {
    let database = Database::open(path, Options { migrations: &[TABLE], ..Options::default() })?;
    match way {
        Way::Mailbox => mailbox(&database)?,
        Way::Memory => memory(&database)?,
        Way::InLine => letters(|number| received(&database, number))?,
    }
    let counts = database.read_blocking(|db| {
        db.query_row(COUNT, [], |row| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?]))
    })?;
    let [letters, different, misordered] = counts;
    say(&format!("received {letters} {different} {misordered}"))?;
    Ok(())
}

/// Takes each letter that comes, by `take`, and says so.
fn letters(mut take: impl FnMut(u64) -> Result<(), Failure>) -> Result<(), Failure> {
    say("ready")?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let number = line.parse().map_err(|_| format!("{line:?} is no letter's number"))?;
        take(number)?;
        say(&format!("taken {number}"))?;
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

/// A letter is received: once, also when it is sent again.
fn received(database: &Database, number: u64) -> Result<(), Failure> {
    thread::sleep(WORK);
    database.write_blocking(move |tx| tx.execute(INSERT_ONCE, [number as i64]))?;
    Ok(())
}

fn memory(database: &Database) -> Result<(), Failure> {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let receiving =
            scope.spawn(move || receiver.iter().try_for_each(|number| received(database, number)));
        letters(move |number| Ok(sender.send(number)?))?;
        receiving.join().map_err(|_| "who receives panicked")?
    })
}

fn mailbox(database: &Database) -> Result<(), Failure> {
    let mailbox = Mailbox::open(database, "letters", MailboxOptions::default())?;
    let runtime = Runtime::builder().workers(1).build()?;
    let receiving = runtime.spawn(receive(mailbox.clone(), database.clone()));
    letters(|number| {
        let body = number.to_string();
        runtime.block_on(mailbox.post_once(body.clone(), body))?;
        Ok(())
    })?;
    mailbox.close();
    runtime.block_on(receiving)?
}

/// Receives one letter after the other. That it was, and that it is done, is one transaction: so
/// none is received twice.
async fn receive(mailbox: Mailbox<SqliteStore>, database: Database) -> Result<(), Failure> {
    let mut inbox = mailbox.inbox()?;
    loop {
        let letter = match inbox.next().await {
            Ok(letter) => letter,
            Err(ReceiveError::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let number: i64 = std::str::from_utf8(letter.body())?.parse()?;
        sleep(WORK).await;
        let (store, lease) = (mailbox.store().clone(), letter.lease());
        let done = database.write(move |tx: &Transaction<'_>| -> Result<_, Failure> {
            tx.execute(INSERT, [number])?;
            Ok(store.settle_in(tx, lease, &Settle::Done)?)
        });
        let settled = done.await.map_err(|error| error.to_string())?;
        letter.settled(settled);
    }
}
