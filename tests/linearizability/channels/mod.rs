//! Histories of the channels: bounded by hand, by thread and by task, oneshot, topic.

mod waits;
mod promises;
mod ends;
mod broken;

use crate::channels::broken::{NEWS_FAULTS, NewsFault, ONE_FAULTS, OneFault};
use crate::channels::broken::{QUEUE_FAULTS, QueueFault};
use crate::channels::promises::{Bounded, News, One};
use crate::rounds::{rejected, sound};

#[test]
fn bounded_channels_polled_by_hand() {
    let seen = sound::<Bounded>(&ends::by_hand(), 60_000);
    seen.expect(&[("full", 20_000), ("empty", 10_000), ("overlapping", 5_000)]);
    seen.expect(&[("missed", 10_000), ("in part", 3_000), ("closed", 10_000)]);
}

#[test]
fn the_end_of_a_bounded_channel_comes_last() {
    let seen = sound::<Bounded>(&ends::closing(), 20_000);
    seen.expect(&[("empty", 6_000), ("overlapping", 2_000), ("closed", 6_000)]);
}

#[test]
fn bounded_channels_by_threads_that_sleep() {
    let seen = sound::<Bounded>(&ends::by_thread(), 4_000);
    seen.expect(&[("full", 1_000), ("empty", 500), ("overlapping", 500), ("closed", 500)]);
}

#[test]
fn bounded_channels_by_tasks() {
    let seen = sound::<Bounded>(&ends::by_task(), 4_000);
    seen.expect(&[("full", 1_000), ("empty", 500), ("overlapping", 1_000), ("closed", 500)]);
}

#[test]
fn a_oneshot_yields_its_value_once() {
    let seen = sound::<One>(&ends::oneshots(), 60_000);
    seen.expect(&[("empty", 10_000), ("overlapping", 5_000), ("closed", 10_000)]);
}

#[test]
fn a_topic_tells_each_gap() {
    for subject in [ends::one_publisher(), ends::two_publishers()] {
        let seen = sound::<News>(&subject, 30_000);
        seen.expect(&[("lagged", 8_000), ("empty", 2_000), ("overlapping", 2_000)]);
        seen.expect(&[("closed", 2_000)]);
    }
}

#[test]
fn honest_channels_are_accepted() {
    sound::<Bounded>(&broken::queue(QueueFault::None), 3_000);
    sound::<One>(&broken::one(OneFault::None), 3_000);
    sound::<News>(&broken::news(NewsFault::None), 3_000);
}

#[test]
fn every_broken_channel_is_rejected() {
    for fault in QUEUE_FAULTS {
        rejected::<Bounded>(&format!("bounded, {fault:?}"), &broken::queue(fault));
    }
    for fault in ONE_FAULTS {
        rejected::<One>(&format!("oneshot, {fault:?}"), &broken::one(fault));
    }
    for fault in NEWS_FAULTS {
        rejected::<News>(&format!("topic, {fault:?}"), &broken::news(fault));
    }
}
