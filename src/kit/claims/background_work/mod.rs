//! Background work: what is made ahead costs a request nothing. A summary made by a periodic job,
//! against one made for each request, while data grows.
//!
//! Bottom-up: the database, one window of requests, the ways of answering them, the claim.

mod shop;
mod ask;
mod ways;

use std::sync::Arc;
use std::time::Duration;

use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::group::{Group, Window};

use self::ask::{CPU, Plan, Value, WINDOW_MIN};
use self::shop::Shop;
use super::claim::{Claim, Course};

/// Orders that are summed up: little, more, much.
const ROWS: [u64; 3] = [1_000, 10_000, 100_000];

/// Requests for the summary, per second: many, and few.
const MANY: u32 = 50;
const FEW: u32 = 5;

const SUBJECT: &str = "windlass, made ahead";
const THREAD_AHEAD: &str = "made ahead by a plain thread";
const IN_LINE: &str = "made for each request, threads";

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
    not_shown: "That it takes windlass, or async, to make something ahead: a plain thread that \
                does so stands beside, and is about as good. What wins is that it is made ahead. \
                Nor that what is made ahead is old: age_ms_max says how old it was at most.",
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
                .beats("answered sooner than when made for each request", IN_LINE)
                .beats_of("costs less than when made for each request", CPU, IN_LINE);
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
            .beats("costs less than when made for each request", IN_LINE);
        contenders(group, Plan { rows: ROWS[0], per_s: FEW, grows: false, value: Value::Cost });
    });
}

fn contenders(group: &mut Group<'_>, plan: Plan) {
    let Plan { rows, per_s, grows, .. } = plan;
    let growth = if grows { "one comes in each 10 ms meanwhile" } else { "none comes in" };
    group
        .question("What does an answer cost that could have been made before?")
        .method(&format!(
            "A database of {rows} orders; {growth}. {per_s} requests per second, open loop, each \
             answered with count and sum by status. windlass: a periodic job makes the sums every \
             100 ms, a request takes the last ones. A plain thread does the same, where threads, \
             twice as many as cores, take the last ones. In line: such threads make the sums for \
             each request. The same database with as many readers as cores, in \
             the same process, which is the whole experiment: no HTTP. Each answer must count all \
             orders there were at the beginning."
        ))
        .not_shown("A summary kept up to date by each write.")
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::from_secs(1))
        .sample(WINDOW_MIN);
    let shop = Shop::open(rows).map(Arc::new);
    let mut contenders =
        vec![(SUBJECT, Role::Subject, ways::job as Way), (IN_LINE, Role::Baseline, ways::in_line)];
    if grows {
        contenders.push((THREAD_AHEAD, Role::Baseline, ways::thread_ahead));
    }
    for (name, role, way) in contenders {
        match shop.clone() {
            Ok(shop) => group.window(name, role, move |window| way(&shop, plan, window)),
            Err(why) => group.broken(name, role, &why),
        };
    }
}

/// How requests for the summary are answered.
type Way = fn(&Arc<Shop>, Plan, &Window) -> Result<Sample, String>;
