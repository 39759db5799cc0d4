//! A purse that callers share, so that retries stay a share of the calls.

use std::sync::{Arc, Mutex};

use crate::sync::lock;
use crate::workflow::settings::{InvalidSetting, MILLION, demand, millionths};

/// The settings of a [`RetryBudget`].
#[derive(Clone, Debug)]
pub struct BudgetSettings {
    /// So many retries each call pays for. Default: 0.2, one retry for five calls.
    pub share: f64,
    /// So many retries may be saved up; the purse begins full. Default: 10.
    pub burst: u32,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self { share: 0.2, burst: 10 }
    }
}

/// A token bucket that callers share: each call puts in a share of a token, each retry takes a
/// whole one. So there are never more than `burst + share x calls` retries: a service that is down
/// is not hit several times as hard by those who try again. Cheap to clone; clones are one budget.
///
/// Where calls are rare, the purse fills slowly: after an outage the first calls may have no
/// retries.
///
/// ```
/// use windlass::workflow::retry::{BudgetSettings, RetryBudget};
///
/// let budget = RetryBudget::new(BudgetSettings { share: 0.5, burst: 1 })?;
/// budget.deposit(); // a call: the purse was full
/// budget.withdraw().expect("it was full").spend();
/// assert!(budget.withdraw().is_none(), "one retry was saved up");
/// budget.deposit();
/// budget.deposit();
/// assert!(budget.withdraw().is_some(), "two more calls pay for another");
/// # Ok::<(), windlass::workflow::InvalidSetting>(())
/// ```
#[derive(Clone, Debug)]
pub struct RetryBudget(Arc<Mutex<Purse>>);

#[derive(Debug)]
struct Purse {
    share_millionths: u64,
    most_millionths: u64,
    millionths: u64,
    figures: BudgetMetrics,
}

/// The figures of a [`RetryBudget`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BudgetMetrics {
    /// Calls that put their share in.
    pub calls: u64,
    /// Retries that were made.
    pub retries: u64,
    /// Retries that were not made, as there was no token.
    pub refused: u64,
    /// Retries that are paid for.
    pub tokens: u64,
}

/// A token for one retry. Dropped without [`RetryToken::spend`] it goes back.
#[derive(Debug)]
#[must_use = "a token that is dropped goes back into the budget"]
pub struct RetryToken(Option<RetryBudget>);

impl RetryBudget {
    /// A budget by these settings.
    ///
    /// # Errors
    /// Names the setting that cannot be meant: a share that is none (or more than 1, which
    /// guards nothing), or no token to save.
    pub fn new(settings: BudgetSettings) -> Result<Self, InvalidSetting> {
        let share_millionths = millionths("share", settings.share)?;
        demand(settings.burst > 0, "burst", &settings.burst, "at least 1")?;
        let most_millionths = u64::from(settings.burst) * MILLION;
        let figures = BudgetMetrics::default();
        let purse =
            Purse { share_millionths, most_millionths, millionths: most_millionths, figures };
        Ok(Self(Arc::new(Mutex::new(purse))))
    }

    /// A call begins (not a retry): its share goes in.
    pub fn deposit(&self) {
        let mut purse = lock(&self.0);
        purse.figures.calls += 1;
        let share = purse.share_millionths;
        purse.put(share);
    }

    /// Takes a token for a retry, if there is one.
    pub fn withdraw(&self) -> Option<RetryToken> {
        let mut purse = lock(&self.0);
        match purse.millionths.checked_sub(MILLION) {
            Some(left) => purse.millionths = left,
            None => {
                purse.figures.refused += 1;
                return None;
            }
        }
        drop(purse);
        Some(RetryToken(Some(self.clone())))
    }

    /// The figures.
    pub fn metrics(&self) -> BudgetMetrics {
        let purse = lock(&self.0);
        BudgetMetrics { tokens: purse.millionths / MILLION, ..purse.figures }
    }
}

impl Purse {
    fn put(&mut self, millionths: u64) {
        self.millionths = self.millionths.saturating_add(millionths).min(self.most_millionths);
    }
}

impl RetryToken {
    /// The retry is made.
    pub fn spend(mut self) {
        if let Some(budget) = self.0.take() {
            lock(&budget.0).figures.retries += 1;
        }
    }
}

impl Drop for RetryToken {
    fn drop(&mut self) {
        if let Some(budget) = &self.0 {
            lock(&budget.0).put(MILLION);
        }
    }
}
