//! Background work: what is made ahead costs a request nothing. A summary made by a periodic job,
//! against one made for each request, while data grows.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rusqlite::{Connection, Transaction};

use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::cores;
use crate::kit::measure::group::{Group, Window};
use crate::kit::stage::folder::Folder;
use crate::runtime::Runtime;
use crate::sync::lock;
use crate::workflow::jobs::{Every, Jobs, JobsSettings};
use crate::workflow::sqlite::{Database, Options, Synchronous};

use super::bits::{OwnCpu, ms, record, sleep_to};
use super::claim::{Claim, Course};

/// Orders that are summed up: little, more, much.
const ROWS: [u64; 3] = [1_000, 10_000, 100_000];

/// Requests for the summary, per second: many, and few.
const MANY: u32 = 50;
const FEW: u32 = 5;

/// How often the summary is made ahead.
const PERIOD: Duration = Duration::from_millis(100);

/// Orders come in at this pace meanwhile.
const GROWTH: Duration = Duration::from_millis(10);

/// Shortest window: in less time there are too few requests.
const WINDOW_MIN: Duration = Duration::from_millis(200);

/// How long the last replies may take.
const PATIENCE: Duration = Duration::from_secs(60);

const SUBJECT: &str = "windlass, made ahead";
const IN_LINE: &str = "made for each request, threads";

/// Processor time of the whole process, by requests.
const CPU: &str = "cpu_us_per_request";

const TABLE: &str = "
    CREATE TABLE orders (
        number INTEGER PRIMARY KEY,
        status INTEGER NOT NULL,
        total_cents INTEGER NOT NULL
    ) STRICT;
";

const SUMS: &str = "SELECT status, count(*), sum(total_cents) FROM orders GROUP BY status";

const INSERT: &str = "INSERT INTO orders (status, total_cents) VALUES (?1, ?2)";

const FILL: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                    INSERT INTO orders SELECT i, i % 3, i * 7 % 10000 FROM n";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "background-work",
    title: "Background work",
    claimed: "A summary that a background job makes ahead is answered at once however much data \
              there is, and costs less than one made for each request.",
    measured: "50 requests per second for the sums over 10,000 and 100,000 orders in SQLite, \
               while orders come in: latency from when a request was due (median), and \
               processor time by requests.",
    refuted_by: "A latency or a processor time, with 10,000 or 100,000 orders, that is no better \
                 than when each request has the sums made.",
    rule: "Holds when both hold for both sizes. With 1,000 orders, and with requests rarer than \
           the job, the comparison is shown and decides nothing.",
    not_shown: "That what is made ahead is old: age_ms_max says how old it was at most.",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    for rows in ROWS {
        let little = rows == ROWS[0];
        if little && course.is_quick() && !course.is_smoke() {
            continue;
        }
        let id = format!("rows_{rows}");
        let rows = if course.is_smoke() { rows.min(2_000) } else { rows };
        course.group(&id, |group| {
            group
                .title(&format!("summary of {rows} orders, p50"))
                .unit("ms", Better::Lower)
                .over("latency of the summary", "orders", rows as f64)
                .claim("answered sooner than when made for each request", IN_LINE, 1.0)
                .claim_of("costs less than when made for each request", CPU, IN_LINE, 1.0);
            if little {
                group.boundary();
            }
            contenders(group, Plan { rows, per_s: MANY, grows: true, value: Value::Latency });
        });
    }
    course.group("rare_requests", |group| {
        group
            .title("rare requests, CPU each")
            .unit("us CPU per request", Better::Lower)
            .boundary()
            .claim("costs less than when made for each request", IN_LINE, 1.0);
        contenders(group, Plan { rows: ROWS[0], per_s: FEW, grows: false, value: Value::Cost });
    });
}

/// What stands for a window.
#[derive(Clone, Copy)]
enum Value {
    Latency,
    Cost,
}

#[derive(Clone, Copy)]
struct Plan {
    rows: u64,
    per_s: u32,
    grows: bool,
    value: Value,
}

fn contenders(group: &mut Group<'_>, plan: Plan) {
    let Plan { rows, per_s, grows, .. } = plan;
    let growth = if grows { "one comes in each 10 ms meanwhile" } else { "none comes in" };
    group
        .question("What does an answer cost that could have been made before?")
        .method(&format!(
            "A database of {rows} orders; {growth}. {per_s} requests per second, open loop, each \
             answered with count and sum by status. windlass: a periodic job makes the sums every \
             100 ms, a request takes the last ones. In line: threads, twice as many as cores, \
             make the sums for each request. The same database with as many readers as cores, in \
             the same process, which is the whole experiment: no HTTP. Each answer must count all \
             orders there were at the beginning."
        ))
        .not_shown("A summary kept up to date by each write.")
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::from_secs(1))
        .sample(WINDOW_MIN);
    match Shop::open(rows).map(Arc::new) {
        Ok(shop) => {
            let in_line = shop.clone();
            group.window(SUBJECT, Role::Subject, move |window| ahead(&shop, plan, window)).window(
                IN_LINE,
                Role::Baseline,
                move |window| threads(&in_line, plan, window),
            );
        }
        Err(why) => {
            group.broken(SUBJECT, Role::Subject, &why).broken(IN_LINE, Role::Baseline, &why);
        }
    }
}

/// Sums by status, and when they were made.
#[derive(Clone, Copy)]
struct Sums {
    orders: [u64; 3],
    cents: [u64; 3],
    made: Instant,
}

impl Sums {
    fn read(db: &Connection) -> rusqlite::Result<Sums> {
        let mut sums = Sums { orders: [0; 3], cents: [0; 3], made: Instant::now() };
        let mut statement = db.prepare_cached(SUMS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let at = row.get::<_, i64>(0)?.clamp(0, 2) as usize;
            sums.orders[at] = row.get::<_, i64>(1)? as u64;
            sums.cents[at] = row.get::<_, i64>(2)? as u64;
        }
        Ok(sums)
    }

    /// Whether they are of all orders that were there at the beginning.
    fn is_right(&self, rows: u64) -> bool {
        self.orders.iter().sum::<u64>() >= rows && self.cents.iter().all(|cents| *cents > 0)
    }
}

/// The database. It goes before its folder.
struct Shop {
    database: Database,
    rows: u64,
    _folder: Folder,
}

impl Shop {
    fn open(rows: u64) -> Result<Shop, String> {
        let folder = Folder::fresh("background")?;
        let file: &Path = &folder.path().join("orders.db");
        let options = Options {
            migrations: &[TABLE],
            readers: cores::count(),
            synchronous: Synchronous::Normal,
            ..Options::default()
        };
        let database = Database::open(file, options).map_err(|error| error.to_string())?;
        let shop = Shop { database, rows, _folder: folder };
        shop.write(move |tx| tx.execute(FILL, [rows as i64]))?;
        Ok(shop)
    }

    fn write(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<(), String> {
        self.database.write_blocking(job).map(drop).map_err(|error| error.to_string())
    }

    /// Takes out the orders that came in.
    fn as_before(&self) -> Result<(), String> {
        let rows = self.rows as i64;
        self.write(move |tx| tx.execute("DELETE FROM orders WHERE number > ?1", [rows]))
    }
}

/// What the requests of one window came to.
#[derive(Clone)]
struct Answers(Arc<Mutex<Told>>);

struct Told {
    late: Histogram<u64>,
    oldest: Duration,
    wrong: Option<String>,
}

impl Answers {
    fn new() -> Result<Answers, String> {
        let late = nanos_histogram();
        Ok(Answers(Arc::new(Mutex::new(Told { late, oldest: Duration::ZERO, wrong: None }))))
    }

    /// A request that was due then was answered with these sums.
    fn add(&self, due: Instant, sums: Result<Sums, String>, rows: u64) {
        let now = Instant::now();
        let mut told = lock(&self.0);
        record(&mut told.late, now - due);
        match sums {
            Ok(sums) if sums.is_right(rows) => told.oldest = told.oldest.max(now - sums.made),
            Ok(sums) => {
                let found = sums.orders;
                told.wrong.get_or_insert_with(|| format!("{found:?} orders of {rows}"));
            }
            Err(error) => drop(told.wrong.get_or_insert(error)),
        }
    }

    fn count(&self) -> u64 {
        lock(&self.0).late.len()
    }
}

/// Makes the requests of one window, with orders that come in meanwhile, and waits for all answers.
fn ask(
    shop: &Shop,
    plan: Plan,
    window: &Window,
    mut request: impl FnMut(Instant, Answers) -> Result<(), String>,
) -> Result<Sample, String> {
    let time = window.duration.max(WINDOW_MIN);
    let (answers, stop) = (Answers::new()?, AtomicBool::new(false));
    let cpu = OwnCpu::now()?;
    let asked = thread::scope(|scope| {
        let grown = scope.spawn(|| {
            let mut due = Instant::now();
            while plan.grows && !stop.load(Ordering::Relaxed) {
                due += GROWTH;
                sleep_to(due);
                shop.write(|tx| tx.prepare_cached(INSERT)?.execute([0, 2_500]))?;
            }
            Ok::<_, String>(())
        });
        let asked = requests(plan, time, &answers, &mut request);
        stop.store(true, Ordering::Relaxed);
        grown.join().map_err(|_| "who writes panicked".to_owned())??;
        asked
    })?;
    let cpu_us = (cpu.spent_us()? / asked as f64).max(1.0);
    shop.as_before()?;
    let told = lock(&answers.0);
    if let Some(wrong) = &told.wrong {
        return Err(wrong.clone());
    }
    let value = match plan.value {
        Value::Latency => ms(&told.late, 0.5),
        Value::Cost => cpu_us,
    };
    Ok(Sample::new(value)
        .with("latency_ms_p99", ms(&told.late, 0.99))
        .with("age_ms_max", told.oldest.as_secs_f64() * 1e3)
        .with(CPU, cpu_us)
        .with_latencies("latency", told.late.clone()))
}

/// Open loop; returns when all are answered: how many there were.
fn requests(
    plan: Plan,
    time: Duration,
    answers: &Answers,
    request: &mut impl FnMut(Instant, Answers) -> Result<(), String>,
) -> Result<u64, String> {
    let (began, each) = (Instant::now(), Duration::from_secs(1) / plan.per_s);
    let asked = (time.as_secs_f64() * f64::from(plan.per_s)).ceil() as u32;
    for number in 0..asked {
        let due = began + each * number;
        sleep_to(due);
        request(due, answers.clone())?;
    }
    // So that also of the last one the whole pause counts.
    sleep_to(began + time);
    let until = Instant::now() + PATIENCE;
    while answers.count() < u64::from(asked) {
        if Instant::now() > until {
            return Err(format!("{} of {asked} requests were answered", answers.count()));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(u64::from(asked))
}

/// A job makes the sums, a request takes the last ones.
fn ahead(shop: &Arc<Shop>, plan: Plan, window: &Window) -> Result<Sample, String> {
    let runtime = Runtime::builder().workers(1).build().map_err(|error| error.to_string())?;
    let jobs = Jobs::new(runtime.handle().clone(), JobsSettings::default());
    let jobs = jobs.map_err(|error| error.to_string())?;
    let first = shop.database.read_blocking(Sums::read).map_err(|error| error.to_string())?;
    let last = Arc::new(Mutex::new(first));
    let (database, made) = (shop.database.clone(), last.clone());
    let job = move || {
        let (database, made) = (database.clone(), made.clone());
        async move {
            // Where it fails the last sums stand; age_ms_max tells.
            if let Ok(sums) = database.read(Sums::read).await {
                *lock(&made) = sums;
            }
        }
    };
    jobs.spawn_every("sums", Every::new(PERIOD), job).map_err(|error| error.to_string())?;
    let rows = plan.rows;
    let sample = ask(shop, plan, window, |due, answers| {
        let last = last.clone();
        runtime
            .spawn(async move {
                let sums = *lock(&last);
                answers.add(due, Ok(sums), rows);
            })
            .detach();
        Ok(())
    });
    if !jobs.shutdown_blocking(PATIENCE).is_complete() {
        return Err(format!("the job did not end within {PATIENCE:?}"));
    }
    sample
}

/// Threads make the sums for each request.
fn threads(shop: &Arc<Shop>, plan: Plan, window: &Window) -> Result<Sample, String> {
    let (requests, come) = mpsc::channel::<(Instant, Answers)>();
    let (come, rows) = (Mutex::new(come), plan.rows);
    thread::scope(|scope| {
        for _ in 0..cores::count() * 2 {
            scope.spawn(|| {
                loop {
                    let next = lock(&come).recv();
                    let Ok((due, answers)) = next else { return };
                    let sums = shop.database.read_blocking(Sums::read);
                    answers.add(due, sums.map_err(|error| error.to_string()), rows);
                }
            });
        }
        let gone = |_| "the threads have ended".to_owned();
        // The threads end with the sender.
        ask(shop, plan, window, move |due, answers| requests.send((due, answers)).map_err(gone))
    })
}
