//! How quiet the machine is: what was going on, and what goes on while it is watched.

use std::thread;
use std::time::{Duration, Instant};

use crate::kit::measure::noise::{
    FOREIGN_SHARE_MAX, PRESSURE_SHARE_MAX, STEAL_SHARE_MAX, Snapshot,
};

use super::busy::Census;
use super::fact::{Fact, Grade, above, read};
use super::spin;

/// How long the machine is watched.
const WATCHED: Duration = Duration::from_secs(2);

/// The load of the last minute, for each core, above which something else is going on.
const LOAD_PER_CORE_MAX: f64 = 0.5;

/// So many times a gate's limit, and nothing can be judged.
const BAD_TIMES: f64 = 5.0;

/// What there is to say; takes two seconds.
pub(super) fn facts() -> Vec<Fact> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = read("/proc/loadavg").and_then(|text| one_minute(&text));
    let (census, before) = (Census::take(), Snapshot::take());
    let began = Instant::now();
    let spun = spin::fact();
    thread::sleep(WATCHED.saturating_sub(began.elapsed()));
    let (noise, busiest) = (before.since(false), census.busiest());
    vec![
        self::load(load, cores),
        stolen(noise.steal_share),
        others(noise.foreign_share, &busiest),
        pressure(noise.pressure_share),
        spun,
    ]
}

/// The first figure of `/proc/loadavg`.
fn one_minute(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

fn load(load: Option<f64>, cores: usize) -> Fact {
    let Some(load) = load else { return Fact::unknown("load") };
    let grade = above(load, LOAD_PER_CORE_MAX * cores as f64, f64::INFINITY);
    let found = format!("{load:.2} over the last minute");
    Fact::graded("load", grade, found, "something else was running: wait until it falls")
}

/// A share of the machine against its gate.
fn share(name: &'static str, share: Option<f64>, limit: f64, change: &str) -> Fact {
    let Some(share) = share else { return Fact::unknown(name) };
    let found = format!("{:.1} % now", share * 100.0);
    Fact::graded(name, above(share, limit, BAD_TIMES * limit), found, change)
}

fn stolen(seen: Option<f64>) -> Fact {
    let change = "the host gives this time to others: measure at another hour, or on a machine of \
                  its own";
    share("stolen time", seen, STEAL_SHARE_MAX, change)
}

fn others(seen: Option<f64>, busiest: &[String]) -> Fact {
    let mut fact = share("other processes", seen, FOREIGN_SHARE_MAX, "end them, or wait for them");
    if !busiest.is_empty() {
        fact.found = format!("{}: {}", fact.found, busiest.join(", "));
    }
    fact
}

fn pressure(seen: Option<f64>) -> Fact {
    let change = "tasks wait for a core: end what else runs";
    let mut fact = share("cpu pressure", seen, PRESSURE_SHARE_MAX, change);
    // It is a share of the time, and never above 1: high is worse than the gate, not unusable.
    fact.grade = fact.grade.min(Grade::Warn);
    fact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_machine_is_fit() {
        assert_eq!(load(Some(0.1), 2).grade, Grade::Ok);
        assert_eq!(stolen(Some(0.01)).grade, Grade::Ok);
        assert_eq!(others(Some(0.02), &[]).found, "2.0 % now");
        assert_eq!(pressure(Some(0.01)).grade, Grade::Ok);
        assert_eq!(stolen(None), Fact::unknown("stolen time"));
    }

    #[test]
    fn a_noisy_one_is_not() {
        assert_eq!(load(Some(1.5), 2).grade, Grade::Warn);
        assert_eq!(stolen(Some(0.05)).grade, Grade::Warn);
        assert_eq!(stolen(Some(0.2)).grade, Grade::Bad);
        let busy = others(Some(0.6), &["rustc (7) 98 %".to_owned()]);
        assert_eq!((busy.grade, &*busy.found), (Grade::Bad, "60.0 % now: rustc (7) 98 %"));
        assert_eq!(pressure(Some(0.9)).grade, Grade::Warn);
        assert_eq!(one_minute("0.52 0.58 0.59 1/467 12"), Some(0.52));
    }
}
