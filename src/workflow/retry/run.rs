//! The attempts of a call, one after the other, for tasks and for threads.

use super::budget::{RetryBudget, RetryToken};
use super::policy::{Failure, Retries, RetryPolicy, Step, Why};
use crate::time::sleep;
use crate::workflow::moment::now;

/// A call that failed for good: with what, after how many attempts, and why there was no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaveUp<E> {
    /// What the last attempt failed with.
    pub error: E,
    /// So many attempts were made.
    pub attempts: u32,
    /// Why there was no other.
    pub why: Why,
}

impl<E: std::fmt::Display> std::fmt::Display for GaveUp<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { error, attempts, why } = self;
        let why = match why {
            Why::Permanent => "it is permanent",
            Why::Attempts => "no attempt is left",
            Why::Time => "no time is left",
            Why::Budget => "the retry budget is used up",
        };
        write!(f, "failed after {attempts} attempts, and {why}: {error}")
    }
}

impl<E: std::error::Error + 'static> std::error::Error for GaveUp<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Makes attempts until one succeeds or there is no other. `attempt` begins one, and is told its
/// number, from 1 on; its [`Failure`] says whether to try again. With a `budget`, the call pays
/// into it, and its retries are paid from it.
///
/// A time limit for an attempt is put around it, and the caller says what it means that it ran out
/// (the attempt may have had its effect):
///
/// ```
/// use std::time::Duration;
/// use windlass::time::timeout;
/// use windlass::workflow::retry::{Failure, RetryPolicy, RetrySettings, retry};
///
/// async fn reserve(attempt: u32) -> Result<&'static str, &'static str> {
///     match attempt {
///         1 => std::future::pending().await, // it stalls
///         2 => Err("busy"),
///         _ => Ok("reserved"),
///     }
/// }
///
/// let policy = RetryPolicy::new(RetrySettings {
///     backoff_base: Duration::from_millis(1),
///     ..RetrySettings::default()
/// })?;
/// let runtime = windlass::Runtime::new()?;
/// let reserved = runtime.block_on(retry(&policy, None, async |attempt| {
///     match timeout(Duration::from_millis(5), reserve(attempt)).await {
///         Ok(Err("busy")) => Err(Failure::Transient("busy")),
///         Ok(reply) => reply.map_err(Failure::Permanent),
///         Err(_elapsed) => Err(Failure::Transient("no reply in time")),
///     }
/// }));
/// assert_eq!(reserved, Ok("reserved"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// **Cancel safety.** Dropped while it waits, it gives the retry that it did not make back to the
/// budget. A panic of an attempt goes through.
///
/// # Errors
/// [`GaveUp`], with the last failure.
///
/// # Panics
/// As [`sleep`](fn@crate::time::sleep), when it must wait.
pub async fn retry<T, E, Attempt, Trying>(
    policy: &RetryPolicy,
    budget: Option<&RetryBudget>,
    mut attempt: Attempt,
) -> Result<T, GaveUp<E>>
where
    Attempt: FnMut(u32) -> Trying,
    Trying: Future<Output = Result<T, Failure<E>>>,
{
    let mut retries = begin(policy, budget);
    loop {
        let failure = match attempt(retries.attempt()).await {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let (wait, token) = decide(&mut retries, budget, failure)?;
        sleep(wait).await;
        token.into_iter().for_each(RetryToken::spend);
    }
}

/// As [`retry`], on a thread, which sleeps between the attempts.
///
/// ```
/// use windlass::workflow::retry::{
///     BudgetSettings, Failure, RetryBudget, RetryPolicy, RetrySettings, Why, retry_blocking,
/// };
///
/// let policy = RetryPolicy::new(RetrySettings::default())?;
/// let budget = RetryBudget::new(BudgetSettings::default())?;
/// let failed = retry_blocking(&policy, Some(&budget), |_| -> Result<(), _> {
///     Err(Failure::Permanent("no such order"))
/// })
/// .unwrap_err();
/// assert_eq!((failed.attempts, failed.why), (1, Why::Permanent));
/// # Ok::<(), windlass::workflow::InvalidSetting>(())
/// ```
///
/// # Errors
/// As [`retry`].
pub fn retry_blocking<T, E>(
    policy: &RetryPolicy,
    budget: Option<&RetryBudget>,
    mut attempt: impl FnMut(u32) -> Result<T, Failure<E>>,
) -> Result<T, GaveUp<E>> {
    let mut retries = begin(policy, budget);
    loop {
        let failure = match attempt(retries.attempt()) {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let (wait, token) = decide(&mut retries, budget, failure)?;
        std::thread::sleep(wait);
        token.into_iter().for_each(RetryToken::spend);
    }
}

fn begin(policy: &RetryPolicy, budget: Option<&RetryBudget>) -> Retries {
    budget.into_iter().for_each(RetryBudget::deposit);
    Retries::new(policy, now())
}

/// The wait before the next attempt and the token that pays for it, or the end.
fn decide<E>(
    retries: &mut Retries,
    budget: Option<&RetryBudget>,
    failure: Failure<E>,
) -> Result<(std::time::Duration, Option<RetryToken>), GaveUp<E>> {
    let attempts = retries.attempt();
    let why = match retries.failed(&failure, now()) {
        Step::GiveUp(why) => why,
        Step::Again(wait) => match budget.map(RetryBudget::withdraw) {
            Some(None) => Why::Budget,
            token => return Ok((wait, token.flatten())),
        },
    };
    Err(GaveUp { error: failure.into_error(), attempts, why })
}
