//! How often to try, and how long to wait before each time. No waiting here: a decision at a time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::sync::lock;
use crate::workflow::random::Random;
use crate::workflow::settings::{InvalidSetting, demand};

/// What is random in a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// All of it: any time up to the ceiling is as likely. Callers that failed together do not
    /// come again together.
    #[default]
    Full,
    /// Nothing: the wait is the ceiling.
    None,
}

/// The settings of a [`RetryPolicy`].
#[derive(Clone, Debug)]
pub struct RetrySettings {
    /// So many attempts in all; 1 never tries again. Default: 4.
    pub attempts_max: u32,
    /// The ceiling of the first wait; it doubles from wait to wait. Default: 100 ms.
    pub backoff_base: Duration,
    /// No wait's ceiling is higher. Default: 10 s.
    pub backoff_max: Duration,
    /// What is random in a wait. Default: all of it.
    pub jitter: Jitter,
    /// A failure may say after what time to come again ([`Failure::Later`]). It is believed up to
    /// here. Default: one minute.
    pub later_max: Duration,
    /// No attempt begins later than this after the first. Default: no bound.
    pub total_max: Option<Duration>,
    /// The seed of the jitter, for runs that repeat. Default: another in each policy.
    pub seed: Option<u64>,
}

impl Default for RetrySettings {
    fn default() -> Self {
        Self {
            attempts_max: 4,
            backoff_base: Duration::from_millis(100),
            backoff_max: Duration::from_secs(10),
            jitter: Jitter::Full,
            later_max: Duration::from_secs(60),
            total_max: None,
            seed: None,
        }
    }
}

/// How often to try, and how long to wait before each time. Cheap to clone; clones draw their
/// jitter from one generator.
///
/// ```
/// use std::time::Duration;
/// use windlass::workflow::retry::{RetryPolicy, RetrySettings};
///
/// let policy = RetryPolicy::new(RetrySettings {
///     attempts_max: 5,
///     backoff_base: Duration::from_millis(50),
///     backoff_max: Duration::from_millis(300),
///     ..RetrySettings::default()
/// })?;
/// let ceilings: Vec<_> = (1..5).map(|retry| policy.ceiling(retry).as_millis()).collect();
/// assert_eq!(ceilings, [50, 100, 200, 300]);
/// assert!(policy.delay(2) <= Duration::from_millis(100));
/// # Ok::<(), windlass::workflow::InvalidSetting>(())
/// ```
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    settings: Arc<RetrySettings>,
    random: Arc<Mutex<Random>>,
}

impl RetryPolicy {
    /// A policy by these settings.
    ///
    /// # Errors
    /// Names the setting that cannot be meant: no attempts, no wait, a bound below the base.
    pub fn new(settings: RetrySettings) -> Result<Self, InvalidSetting> {
        let RetrySettings { attempts_max, backoff_base: base, backoff_max: max, .. } = settings;
        demand(attempts_max > 0, "attempts_max", &attempts_max, "at least 1")?;
        demand(!base.is_zero(), "backoff_base", &base, "more than zero: who fails waits")?;
        demand(max >= base, "backoff_max", &max, "at least `backoff_base`")?;
        let total = settings.total_max;
        demand(total != Some(Duration::ZERO), "total_max", &total, "more than zero, or none")?;
        let random = settings.seed.map_or_else(Random::unpredictable, Random::new);
        Ok(Self { settings: Arc::new(settings), random: Arc::new(Mutex::new(random)) })
    }

    /// The settings.
    pub fn settings(&self) -> &RetrySettings {
        &self.settings
    }

    /// The longest wait before that retry (the first retry is number 1): the base, doubled each
    /// time, bounded.
    pub fn ceiling(&self, retry: u32) -> Duration {
        let base_ns = self.settings.backoff_base.as_nanos();
        let doublings = retry.saturating_sub(1);
        if doublings >= base_ns.leading_zeros() {
            return self.settings.backoff_max;
        }
        let max_ns = self.settings.backoff_max.as_nanos();
        Duration::from_nanos_u128(max_ns.min(base_ns << doublings))
    }

    /// The wait before that retry, as the jitter has it this time.
    pub fn delay(&self, retry: u32) -> Duration {
        let ceiling = self.ceiling(retry);
        match self.settings.jitter {
            Jitter::Full => lock(&self.random).up_to(ceiling),
            Jitter::None => ceiling,
        }
    }
}

/// What an attempt failed with, and whether to try again: the caller's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure<E> {
    /// It may go better next time.
    Transient(E),
    /// It may go better, but not before so much time has passed: the server said so, or a breaker.
    /// The wait of the policy comes on top, so that not all come at that moment.
    Later(E, Duration),
    /// It will not go better.
    Permanent(E),
}

impl<E> Failure<E> {
    /// What the attempt failed with.
    pub fn into_error(self) -> E {
        match self {
            Self::Transient(error) | Self::Later(error, _) | Self::Permanent(error) => error,
        }
    }
}

/// What to do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To wait for so long, then to try again.
    Again(Duration),
    /// Nothing more.
    GiveUp(Why),
}

/// Why it is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The failure is permanent.
    Permanent,
    /// All attempts were made.
    Attempts,
    /// The next attempt would begin after `total_max`.
    Time,
    /// The callers together have used up their [`RetryBudget`](super::RetryBudget).
    Budget,
}

/// The attempts of one call, as decisions: for who waits in another way than
/// [`retry`](fn@super::retry) does.
///
/// ```
/// use std::time::Instant;
/// use windlass::workflow::retry::{Failure, Retries, RetryPolicy, RetrySettings, Step, Why};
///
/// let policy = RetryPolicy::new(RetrySettings { attempts_max: 2, ..RetrySettings::default() })?;
/// let now = Instant::now();
/// let mut retries = Retries::new(&policy, now);
/// assert!(matches!(retries.failed(&Failure::Transient("busy"), now), Step::Again(_)));
/// assert_eq!(retries.failed(&Failure::Transient("busy"), now), Step::GiveUp(Why::Attempts));
/// # Ok::<(), windlass::workflow::InvalidSetting>(())
/// ```
#[derive(Clone, Debug)]
pub struct Retries {
    policy: RetryPolicy,
    begun: Instant,
    attempt: u32,
}

impl Retries {
    /// The first attempt begins now.
    pub fn new(policy: &RetryPolicy, now: Instant) -> Self {
        Self { policy: policy.clone(), begun: now, attempt: 1 }
    }

    /// The number of the attempt that is under way, from 1 on.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The attempt under way has failed. After [`Step::Again`] the next one counts as under way.
    pub fn failed<E>(&mut self, failure: &Failure<E>, now: Instant) -> Step {
        let settings = self.policy.settings();
        let asked = match failure {
            Failure::Permanent(_) => return Step::GiveUp(Why::Permanent),
            Failure::Transient(_) => Duration::ZERO,
            Failure::Later(_, asked) => (*asked).min(settings.later_max),
        };
        if self.attempt >= settings.attempts_max {
            return Step::GiveUp(Why::Attempts);
        }
        let wait = asked.saturating_add(self.policy.delay(self.attempt));
        let begins = now.saturating_duration_since(self.begun).saturating_add(wait);
        if settings.total_max.is_some_and(|most| begins > most) {
            return Step::GiveUp(Why::Time);
        }
        self.attempt += 1;
        Step::Again(wait)
    }
}
