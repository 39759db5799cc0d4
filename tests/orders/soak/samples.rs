//! What the processes hold: samples from /proc, a table of them, and whether that grows.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::stage::{NAMES, SLOW, Stage, locked, pause};

/// From then on in its life a process is compared with others.
const WARM_S: f64 = 10.0;

/// With fewer samples in a quarter nothing is said of it.
const SAMPLES_MIN: usize = 20;

/// By so much the median of resident memory may differ: a tenth, or so many KiB.
const RSS_KIB_MAX: f64 = 4096.0;

/// What the slow service's books take for each order, in bytes: a key, a tree's share, counts.
const BOOKS_BYTES: f64 = 256.0;

/// By so much descriptors and threads may differ.
const FDS_MAX: f64 = 16.0;
const THREADS_MAX: f64 = 2.0;

/// One look at one process.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    at_s: f64,
    who: usize,
    life: u32,
    age_s: f64,
    rss_kib: f64,
    pub(super) fds: f64,
    threads: f64,
    orders: usize,
}

/// What a process holds: resident memory in KiB, descriptors, threads.
pub(super) fn look(id: u32) -> Option<(f64, f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let of = |name: &str| -> Option<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let fds = std::fs::read_dir(format!("/proc/{id}/fd")).ok()?.count();
    Some((of("VmRSS:")?, fds as f64, of("Threads:")?))
}

/// Looks at all processes, again and again.
pub(super) fn watch(stage: &Stage, every: Duration, samples: &Mutex<Vec<Sample>>) {
    let mut born = [(0, 0.0); 3];
    while !stage.is_over() {
        let at_s = stage.begun.elapsed().as_secs_f64();
        for (who, running) in stage.running.iter().enumerate() {
            let life = running.life.load(Ordering::SeqCst);
            let Some(held) = look(running.id.load(Ordering::SeqCst)) else { continue };
            if born[who].0 != life {
                born[who] = (life, at_s);
            }
            let (rss_kib, fds, threads) = held;
            let age_s = at_s - born[who].1;
            let orders = stage.count();
            let sample = Sample { at_s, who, life, age_s, rss_kib, fds, threads, orders };
            locked(samples).push(sample);
        }
        pause(every);
    }
}

/// The table, as tab-separated text.
pub(super) fn write(samples: &[Sample], path: &Path) {
    let mut text = "s\tprocess\tlife\tage_s\trss_kib\tfds\tthreads\torders\n".to_owned();
    for Sample { at_s, who, life, age_s, rss_kib, fds, threads, orders } in samples {
        let name = NAMES[*who];
        let line = format!(
            "{at_s:.1}\t{name}\t{life}\t{age_s:.1}\t{rss_kib}\t{fds}\t{threads}\t{orders}\n"
        );
        text.push_str(&line);
    }
    std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// A quarter of the run: medians of what one process held.
struct Quarter {
    rss_kib: f64,
    fds: f64,
    threads: f64,
    orders: f64,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn quarter(samples: &[Sample], who: usize, from_s: f64, to_s: f64) -> Option<Quarter> {
    let inside = |it: &&Sample| it.who == who && it.age_s >= WARM_S && it.at_s >= from_s;
    let samples: Vec<&Sample> = samples.iter().filter(inside).filter(|it| it.at_s < to_s).collect();
    if samples.len() < SAMPLES_MIN {
        return None;
    }
    let of = |value: fn(&Sample) -> f64| median(samples.iter().map(|it| value(it)).collect());
    Some(Quarter {
        rss_kib: of(|it| it.rss_kib),
        fds: of(|it| it.fds),
        threads: of(|it| it.threads),
        orders: of(|it| it.orders as f64),
    })
}

/// KiB an hour by least squares.
fn slope(samples: &[Sample], who: usize) -> f64 {
    let points: Vec<(f64, f64)> = samples
        .iter()
        .filter(|it| it.who == who && it.age_s >= WARM_S)
        .map(|it| (it.at_s / 3600.0, it.rss_kib))
        .collect();
    let count = points.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / count;
    let (x, y) = (mean(|it| it.0), mean(|it| it.1));
    let both: f64 = points.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
    both / points.iter().map(|it| (it.0 - x).powi(2)).sum::<f64>()
}

/// Compares the last quarter of the run with the second: what was found, and what is too much.
pub(super) fn judge(samples: &[Sample], run_s: f64) -> (String, Vec<String>) {
    let (mut said, mut wrong) = (String::new(), Vec::new());
    for (who, name) in NAMES.iter().enumerate() {
        let [early, late] =
            [0.25, 0.75].map(|from| quarter(samples, who, from * run_s, (from + 0.25) * run_s));
        let (Some(early), Some(late)) = (early, late) else {
            let _ = writeln!(said, "{name}: too few samples to say whether it grows");
            continue;
        };
        let _ = writeln!(
            said,
            "{name}: resident {:.0} KiB, then {:.0} ({:+.0} KiB an hour); descriptors {}, then {}; \
             threads {}, then {}",
            early.rss_kib,
            late.rss_kib,
            slope(samples, who),
            early.fds,
            late.fds,
            early.threads,
            late.threads
        );
        let books =
            if who == SLOW { BOOKS_BYTES * (late.orders - early.orders) / 1024.0 } else { 0.0 };
        let grown = [
            (
                "resident KiB",
                early.rss_kib,
                late.rss_kib,
                RSS_KIB_MAX.max(early.rss_kib / 10.0) + books,
            ),
            ("descriptors", early.fds, late.fds, FDS_MAX),
            ("threads", early.threads, late.threads, THREADS_MAX),
        ];
        for (what, early, late, more) in grown {
            if late > early + more {
                wrong
                    .push(format!("{name}: {what} {early}, then {late}: more than {more:.0} more"));
            }
        }
    }
    (said, wrong)
}

#[test]
fn what_grows_is_told() {
    let sample = |at: usize, rss_kib: f64, fds: f64| Sample {
        at_s: at as f64,
        who: 0,
        life: 1,
        age_s: at as f64,
        rss_kib,
        fds,
        threads: 3.0,
        orders: at,
    };
    let run = |rss: f64, fds: f64| -> Vec<Sample> {
        let grown = |at: usize, by: f64| 9000.0 + by * at as f64;
        (0..400).map(|at| sample(at, grown(at, rss), 20.0 + fds * at as f64)).collect()
    };
    assert_eq!(judge(&run(0.0, 0.0), 400.0).1, [""; 0]);
    assert_eq!(judge(&run(10.0, 0.05), 400.0).1, [""; 0], "within bounds");
    let wrong = judge(&run(30.0, 0.2), 400.0).1;
    assert!(wrong[0].starts_with("echo: resident KiB 13") && wrong.len() == 2, "{wrong:?}");
    assert!((slope(&run(1.0, 0.0), 0) - 3600.0).abs() < 1e-6);
    assert!(judge(&run(30.0, 0.2)[..200], 400.0).0.contains("too few"));
}
