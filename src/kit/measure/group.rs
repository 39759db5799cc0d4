//! A group of contenders that answer one question, described once and measured twice: by criterion
//! for drill-down, and in interleaved rounds for the record.

use std::time::Duration;

use super::contender::{Better, Role, Sample};
use super::record::{self, Axis, Claim};
use super::rounds::Plan;
use super::rule::Rule;

/// What a batch of operations took, and what was measured beside it.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The time the operations took, without setting up and tearing down.
    pub elapsed: Duration,
    /// Named values, unit last in the name.
    pub side: Vec<(String, f64)>,
}

impl From<Duration> for Batch {
    fn from(elapsed: Duration) -> Self {
        Self { elapsed, side: Vec::new() }
    }
}

impl Batch {
    /// Adds a value measured beside it (`fairness`, `cpu_us_per_request`).
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.side.push((name.to_owned(), value));
        self
    }
}

/// What a window is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Measure for about so long.
    pub duration: Duration,
    /// Smoke mode: do the least that shows that it works, whatever the duration says.
    pub smoke: bool,
}

pub(super) type BatchFn<'a> = Box<dyn FnMut(u64) -> Result<Batch, String> + 'a>;
pub(super) type WindowFn<'a> = Box<dyn FnMut(&Window) -> Result<Sample, String> + 'a>;

pub(super) enum Work<'a> {
    Batch(BatchFn<'a>),
    Window(WindowFn<'a>),
    Broken,
}

/// One contender of a group that is being described.
pub struct Contender<'a> {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) work: Work<'a>,
    pub(super) ops: u64,
    pub(super) failure: Option<String>,
}

impl Contender<'_> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it measures windows of time, not batches of operations.
    #[must_use]
    pub fn is_window(&self) -> bool {
        matches!(self.work, Work::Window(_))
    }

    /// Why it cannot be measured, if so.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Records why it cannot be measured, unless a reason is known already.
    pub fn fail(&mut self, why: String) {
        self.failure.get_or_insert(why);
    }
}

/// One question and its contenders.
pub struct Group<'a> {
    pub(super) spec: record::Group,
    pub(super) plan: Plan,
    pub(super) sample: Duration,
    pub(super) ops_fixed: Option<u64>,
    pub(super) ops_max: u64,
    pub(super) smoke_ops: u64,
    pub(super) drill: bool,
    pub(super) contenders: Vec<Contender<'a>>,
}

impl<'a> Group<'a> {
    /// A group without contenders; `id` is short and stable, unique in its bench or claim.
    #[must_use]
    pub fn new(id: &str) -> Self {
        let spec = record::Group {
            id: id.to_owned(),
            title: id.to_owned(),
            question: String::new(),
            unit: "ns per operation".to_owned(),
            better: Better::Lower,
            method: String::new(),
            not_shown: String::new(),
            family: None,
            x: None,
            crowded: false,
            boundary: false,
            claims: Vec::new(),
            rounds: Vec::new(),
            contenders: Vec::new(),
            run: 0,
            failure: None,
        };
        Self {
            spec,
            plan: Plan::default(),
            sample: Duration::from_millis(20),
            ops_fixed: None,
            ops_max: u64::MAX,
            smoke_ops: 16,
            drill: true,
            contenders: Vec::new(),
        }
    }

    /// What is measured, in a few words: the terminal shows 33 characters. Default: the id.
    pub fn title(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.spec.title);
        self
    }

    /// The question it answers.
    pub fn question(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.spec.question);
        self
    }

    /// How it is measured: retry policy, threads, sizes.
    pub fn method(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.spec.method);
        self
    }

    /// What it does *not* show.
    pub fn not_shown(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.spec.not_shown);
        self
    }

    /// The values are rates (`requests per second`), higher is better; a batch's value is then
    /// operations per second. Default: `ns per operation`, lower is better.
    pub fn rate(&mut self, unit: &str) -> &mut Self {
        self.unit(unit, Better::Higher)
    }

    /// The values' unit and direction. For a batch, `Lower` means nanoseconds per operation and
    /// `Higher` operations per second; a window may measure what it likes.
    pub fn unit(&mut self, unit: &str, better: Better) -> &mut Self {
        unit.clone_into(&mut self.spec.unit);
        self.spec.better = better;
        self
    }

    /// Groups of one `family` make one plot over the axis `name`, this one at `value`.
    pub fn over(&mut self, family: &str, name: &str, value: f64) -> &mut Self {
        self.spec.family = Some(family.to_owned());
        self.spec.x = Some(Axis { name: name.to_owned(), value });
        self
    }

    /// This group shows where the baseline is as good or better: its claims are shown, and do not
    /// decide the verdict of the claim it belongs to.
    pub fn boundary(&mut self) -> &mut Self {
        self.spec.boundary = true;
        self
    }

    /// The workload has more threads than the machine has cores: pressure and involuntary switches
    /// are then recorded, and do not make a round noisy.
    pub fn crowded(&mut self) -> &mut Self {
        self.spec.crowded = true;
        self
    }

    /// Claims that the subject is at least `bar` times better than the contender `against`.
    pub fn claim(&mut self, text: &str, against: &str, bar: f64) -> &mut Self {
        self.claim_made(text, Some(against), None, (bar, Rule::AtLeast))
    }

    /// Claims that the subject is better than the contender `against`: level with it refutes.
    pub fn beats(&mut self, text: &str, against: &str) -> &mut Self {
        self.claim_made(text, Some(against), None, (1.0, Rule::Beats))
    }

    /// Claims that the subject is at least `least` times as good (1 at most) as the contender
    /// `against`: level with that holds.
    pub fn no_worse(&mut self, text: &str, against: &str, least: f64) -> &mut Self {
        self.claim_made(text, Some(against), None, (least, Rule::NoWorse))
    }

    /// Claims that the subject is at most `most` times as good (1 at least) as the contender
    /// `against`, that it does not win: level with that holds.
    pub fn no_better(&mut self, text: &str, against: &str, most: f64) -> &mut Self {
        self.claim_made(text, Some(against), None, (most, Rule::NoBetter))
    }

    /// Claims that of `measure`, a value measured beside of which less is better, the subject has
    /// at most `most` times as much as the contender `against`.
    pub fn claim_of(&mut self, text: &str, measure: &str, against: &str, most: f64) -> &mut Self {
        self.claim_made(text, Some(against), Some(measure), (1.0 / most, Rule::AtLeast))
    }

    /// Claims that of `measure`, a value measured beside of which less is better, the subject has
    /// less than the contender `against`: as much refutes.
    pub fn beats_of(&mut self, text: &str, measure: &str, against: &str) -> &mut Self {
        self.claim_made(text, Some(against), Some(measure), (1.0, Rule::Beats))
    }

    /// Claims that of `measure`, a value measured beside of which less is better, the subject has
    /// at most `most`.
    pub fn limit_of(&mut self, text: &str, measure: &str, most: f64) -> &mut Self {
        self.claim_made(text, None, Some(measure), (most, Rule::AtLeast))
    }

    /// Claims that of `measure`, a value measured beside, the subject never has more than `most`,
    /// in no round at all.
    pub fn never_of(&mut self, text: &str, measure: &str, most: f64) -> &mut Self {
        self.claim_made(text, None, Some(measure), (most, Rule::Never))
    }

    /// Claims that the subject's own value keeps to `bar` (at most, where lower is better).
    pub fn limit(&mut self, text: &str, bar: f64) -> &mut Self {
        self.claim_made(text, None, None, (bar, Rule::AtLeast))
    }

    fn claim_made(
        &mut self,
        text: &str,
        against: Option<&str>,
        of: Option<&str>,
        (bar, rule): (f64, Rule),
    ) -> &mut Self {
        let (against, of) = (against.map(str::to_owned), of.map(str::to_owned));
        self.spec.claims.push(Claim { text: text.to_owned(), against, of, bar, rule });
        self
    }

    /// Rounds in the default profile; between the two, precision and the budget decide.
    pub fn rounds(&mut self, min: usize, max: usize) -> &mut Self {
        self.plan.rounds_min = min;
        self.plan.rounds_max = max;
        self
    }

    /// Beyond the least number of rounds, begin none after this time (default profile).
    pub fn budget(&mut self, time: Duration) -> &mut Self {
        self.plan.budget = time;
        self
    }

    /// How long one sample is in the default profile: batches are calibrated to it, windows are
    /// given it. Default: 20 ms.
    pub fn sample(&mut self, time: Duration) -> &mut Self {
        self.sample = time;
        self
    }

    /// Fixes the operations in each batch, where their number is part of the workload (fill, then
    /// drain). Default: calibrated for each contender.
    pub fn ops(&mut self, ops: u64) -> &mut Self {
        self.ops_fixed = Some(ops);
        self.smoke_ops = self.smoke_ops.min(ops);
        self
    }

    /// No call of a batch gets more operations than this (tasks alive at once); larger batches are
    /// several calls.
    pub fn ops_max(&mut self, ops: u64) -> &mut Self {
        self.ops_max = ops.max(1);
        self
    }

    /// Operations in smoke mode. Default: 16.
    pub fn smoke_ops(&mut self, ops: u64) -> &mut Self {
        self.smoke_ops = ops;
        self
    }

    /// Leaves out the A/A control (the subject a second time), where a sample is too dear.
    pub fn without_control(&mut self) -> &mut Self {
        self.plan.control = false;
        self
    }

    /// Keeps the A/A control in after all.
    pub fn with_control(&mut self) -> &mut Self {
        self.plan.control = true;
        self
    }

    /// Leaves criterion out: rounds only.
    pub fn without_criterion(&mut self) -> &mut Self {
        self.drill = false;
        self
    }

    /// A contender that does `ops` operations and returns the time they took.
    pub fn batch(
        &mut self,
        name: &str,
        role: Role,
        mut work: impl FnMut(u64) -> Duration + 'a,
    ) -> &mut Self {
        self.checked(name, role, move |ops| Ok(work(ops).into()))
    }

    /// Like [`Group::batch`], for work that checks itself or measures something beside.
    pub fn checked(
        &mut self,
        name: &str,
        role: Role,
        work: impl FnMut(u64) -> Result<Batch, String> + 'a,
    ) -> &mut Self {
        self.push(name, role, Work::Batch(Box::new(work)), None)
    }

    /// A contender that measures a window of time by itself and returns the value in the group's
    /// unit. criterion knows only times, and is told `ns per operation` or operations per second,
    /// by the group's direction: a group of bytes or shares wants [`Group::without_criterion`].
    pub fn window(
        &mut self,
        name: &str,
        role: Role,
        work: impl FnMut(&Window) -> Result<Sample, String> + 'a,
    ) -> &mut Self {
        self.push(name, role, Work::Window(Box::new(work)), None)
    }

    /// A contender that could not be set up: recorded with the reason, never dropped silently. In
    /// smoke mode a peer's reason is printed and fails nothing.
    pub fn broken(&mut self, name: &str, role: Role, why: &str) -> &mut Self {
        self.push(name, role, Work::Broken, Some(why.to_owned()))
    }

    /// Whether criterion is to measure it too.
    #[must_use]
    pub fn is_drilled(&self) -> bool {
        self.drill
    }

    /// Its contenders so far.
    pub fn contenders(&mut self) -> &mut [Contender<'a>] {
        &mut self.contenders
    }

    fn push(
        &mut self,
        name: &str,
        role: Role,
        work: Work<'a>,
        failure: Option<String>,
    ) -> &mut Self {
        let name = name.to_owned();
        self.contenders.push(Contender { name, role, work, ops: 1, failure });
        self
    }
}
