//! The processor: how many cores, how steady they are, and what reading the clock costs.

use std::hint::black_box;
use std::time::Instant;

use super::fact::{Fact, Grade, above, read};

const BOOST: &str = "/sys/devices/system/cpu/cpufreq/boost";
const NO_TURBO: &str = "/sys/devices/system/cpu/intel_pstate/no_turbo";
const CLOCK: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// So many readings of the clock are timed.
const READINGS: u32 = 20_000;

/// Dearer readings than this show in figures of microseconds, and of anything, in nanoseconds.
const READING_NS_WARN: f64 = 200.0;
const READING_NS_BAD: f64 = 2_000.0;

/// What there is to say of the processor.
pub(super) fn facts(virtualised: Option<&str>) -> Vec<Fact> {
    let usable = std::thread::available_parallelism().map_or(1, usize::from);
    let present = read("/proc/cpuinfo").map(|text| processors(&text));
    let quota = read("/sys/fs/cgroup/cpu.max");
    let governor = read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    let clock = read(CLOCK);
    let mut facts = vec![build(cfg!(debug_assertions)), cores(usable, present)];
    facts.extend(quota.and_then(|text| self::quota(&text)));
    facts.extend([
        self::governor(governor.as_deref()),
        turbo(read(NO_TURBO).as_deref(), read(BOOST).as_deref()),
        self::virtualised(virtualised),
        self::clock(clock.as_deref(), reading_ns()),
    ]);
    facts
}

fn build(debug: bool) -> Fact {
    let (grade, found) =
        if debug { (Grade::Warn, "a debug build") } else { (Grade::Ok, "optimised") };
    let change = "its figures are worth nothing: build with `cargo build --release`";
    Fact::graded("this windlass", grade, found, change)
}

/// The processors that `/proc/cpuinfo` lists.
fn processors(cpuinfo: &str) -> usize {
    cpuinfo.lines().filter(|line| line.starts_with("processor")).count()
}

fn cores(usable: usize, present: Option<usize>) -> Fact {
    let found = match present {
        Some(present) if present > usable => format!("{usable} of {present} may be used"),
        _ => format!("{usable}"),
    };
    let (grade, change) = match usable {
        0 | 1 => (Grade::Bad, "client and server take turns on one core: give at least 2"),
        2 | 3 => (
            Grade::Warn,
            "client and server share them: figures compare contenders, and do not say what a \
             server reaches alone; 4 or more are better",
        ),
        _ => (Grade::Ok, ""),
    };
    Fact::graded("cores", grade, found, change)
}

/// The control group's limit, where there is one.
fn quota(cpu_max: &str) -> Option<Fact> {
    let (quota, period) = cpu_max.split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    let found = format!("{:.1} cores' worth in each {:.0} ms", quota / period, period / 1000.0);
    let change = "who uses it up stands still until the next period, which shows in the tail: \
                  run outside that container, or lift its limit";
    Some(Fact::graded("cpu limit", Grade::Warn, found, change))
}

fn governor(name: Option<&str>) -> Fact {
    let Some(name) = name else { return Fact::unknown("governor") };
    let grade = if name == "performance" { Grade::Ok } else { Grade::Warn };
    let change = "the clock rises with the load, so who measures second measures on a faster \
                  core: sudo cpupower frequency-set -g performance";
    Fact::graded("governor", grade, name, change)
}

fn turbo(no_turbo: Option<&str>, boost: Option<&str>) -> Fact {
    let (is_on, off) = match (no_turbo, boost) {
        (Some(no_turbo), _) => (no_turbo == "0", format!("echo 1 | sudo tee {NO_TURBO}")),
        (None, Some(boost)) => (boost == "1", format!("echo 0 | sudo tee {BOOST}")),
        (None, None) => return Fact::unknown("turbo"),
    };
    let (grade, found) = if is_on { (Grade::Warn, "on") } else { (Grade::Ok, "off") };
    let change = format!("the clock falls as the processor warms up: {off}");
    Fact::graded("turbo", grade, found, change)
}

fn virtualised(said: Option<&str>) -> Fact {
    let Some(said) = said else { return Fact::unknown("virtual machine") };
    let grade = if said == "no" { Grade::Ok } else { Grade::Warn };
    let change = "neighbours may take time and caches: let the noise gates decide, or measure on \
                  a machine of its own";
    Fact::graded("virtual machine", grade, said, change)
}

fn clock(name: Option<&str>, reading_ns: f64) -> Fact {
    let name = name.unwrap_or("unknown");
    let grade = above(reading_ns, READING_NS_WARN, READING_NS_BAD);
    let change = format!(
        "each latency holds two readings: choose another source (see available_clocksource beside \
         {CLOCK})"
    );
    Fact::graded("clock", grade, format!("{name}, {reading_ns:.0} ns a reading"), change)
}

/// What one reading of the clock costs: the best of five runs, in nanoseconds.
fn reading_ns() -> f64 {
    let run = |_| {
        let began = Instant::now();
        for _ in 0..READINGS {
            black_box(Instant::now());
        }
        began.elapsed().as_nanos() as f64 / f64::from(READINGS)
    };
    (0..5).map(run).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_is_bad_two_are_few() {
        assert_eq!(cores(1, Some(8)).grade, Grade::Bad);
        assert_eq!(cores(1, Some(8)).found, "1 of 8 may be used");
        assert_eq!(cores(2, Some(2)).grade, Grade::Warn);
        assert_eq!(cores(4, None), Fact::ok("cores", "4"));
        assert_eq!(processors("processor\t: 0\nmodel name: x\nprocessor\t: 1\n"), 2);
    }

    #[test]
    fn what_moves_the_clock_is_warned_of() {
        assert_eq!(governor(Some("powersave")).grade, Grade::Warn);
        assert_eq!(governor(Some("performance")).grade, Grade::Ok);
        assert_eq!(governor(None).grade, Grade::Ok);
        assert_eq!(turbo(Some("0"), None).grade, Grade::Warn);
        assert_eq!(turbo(Some("1"), None).grade, Grade::Ok);
        assert_eq!(turbo(None, Some("1")).grade, Grade::Warn);
        assert_eq!(turbo(None, None).found, "not readable here");
        assert_eq!(quota("max 100000"), None);
        let limited = quota("150000 100000").unwrap();
        assert_eq!(limited.found, "1.5 cores' worth in each 100 ms");
    }

    #[test]
    fn dear_clocks_are_warned_of() {
        assert_eq!(clock(Some("tsc"), 25.0).grade, Grade::Ok);
        assert_eq!(clock(Some("hpet"), 900.0).grade, Grade::Warn);
        assert_eq!(clock(None, 5000.0).grade, Grade::Bad);
        assert!(reading_ns() > 0.0);
    }
}
