//! What is wrong with a setting, and what would be right.

use std::fmt::Debug;

/// A setting that cannot be meant: which one, what it is, what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    setting: &'static str,
    given: String,
    wanted: &'static str,
}

says!([] InvalidSetting: |own, f| {
    write!(f, "`{}` is {}; it must be {}", own.setting, own.given, own.wanted)
});

/// Parts of a whole, in which shares are counted.
pub(super) const MILLION: u64 = 1_000_000;

impl InvalidSetting {
    pub(super) fn new(setting: &'static str, given: &dyn Debug, wanted: &'static str) -> Self {
        Self { setting, given: format!("{given:?}"), wanted }
    }

    /// The setting's name.
    pub fn setting(&self) -> &'static str {
        self.setting
    }
}

/// Refuses a setting unless `holds`.
pub(super) fn demand(
    holds: bool,
    setting: &'static str,
    given: &dyn Debug,
    wanted: &'static str,
) -> Result<(), InvalidSetting> {
    if holds { Ok(()) } else { Err(InvalidSetting::new(setting, given, wanted)) }
}

/// A share of a whole in millionths, of which there must be at least one, so that sums are exact.
pub(super) fn millionths(setting: &'static str, share: f64) -> Result<u64, InvalidSetting> {
    let parts = share * MILLION as f64;
    let wanted = "a share: at least 0.000001, at most 1";
    demand((1.0..=MILLION as f64).contains(&parts.round()), setting, &share, wanted)?;
    Ok(parts.round() as u64)
}
