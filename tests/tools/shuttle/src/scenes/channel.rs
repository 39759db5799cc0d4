//! The bounded channel between threads that sleep.

use super::{Note, Role, check, together};
use crate::channel;
use crate::run::Scene;

pub(crate) const SCENES: &[Scene] = &[
    Scene::new("channel: three send, three receive, one place", 6, || play(3, 3, 1)),
    Scene::new("channel: four send, two receive, two places", 6, || play(4, 2, 2)),
    Scene::new("channel: two send in batches, three receive", 5, batches),
    Scene::new("channel: close against two senders, two receivers", 5, close),
];

const EACH: usize = 2;

fn receiving(receiver: &channel::Receiver<usize>, taken: &Note<Vec<Vec<usize>>>) -> Role {
    let (receiver, taken) = (receiver.clone(), taken.clone());
    Box::new(move || {
        let came = std::iter::from_fn(|| receiver.recv_blocking().ok()).collect();
        taken.with(|taken| taken.push(came));
    })
}

/// All values come, then the end does: the senders go.
fn play(senders: usize, receivers: usize, places: usize) {
    let (sender, receiver) = channel::bounded(places);
    let taken = Note::new(Vec::new());
    let mut roles: Vec<Role> = (0..receivers).map(|_| receiving(&receiver, &taken)).collect();
    for number in 0..senders {
        let sender = sender.clone();
        roles.push(Box::new(move || {
            for at in 0..EACH {
                sender.send_blocking(number * 100 + at).expect("somebody receives");
            }
        }));
    }
    drop((sender, receiver));
    together(roles);
    check(taken.with(std::mem::take), senders, EACH);
}

fn batches() {
    let (sender, receiver) = channel::bounded(2);
    let taken = Note::new(Vec::new());
    let mut roles: Vec<Role> = (0..3).map(|_| receiving(&receiver, &taken)).collect();
    for number in 0..2 {
        let sender = sender.clone();
        roles.push(Box::new(move || {
            let mut values = (0..3).map(|at| number * 100 + at).collect();
            sender.send_many_blocking(&mut values).expect("somebody receives");
        }));
    }
    drop((sender, receiver));
    together(roles);
    check(taken.with(std::mem::take), 2, 3);
}

/// Who waits is told; what was sent before the close is received.
fn close() {
    let (sender, receiver) = channel::bounded(1);
    let (taken, sent) = (Note::new(Vec::new()), Note::new(Vec::new()));
    let mut roles: Vec<Role> = (0..2).map(|_| receiving(&receiver, &taken)).collect();
    for number in 0..2 {
        let (sender, sent) = (sender.clone(), sent.clone());
        roles.push(Box::new(move || {
            let own = (0..EACH).map(|at| number * 100 + at);
            let went_in = own.take_while(|value| sender.send_blocking(*value).is_ok());
            let went_in: Vec<usize> = went_in.collect();
            sent.with(|sent| sent.extend(went_in));
        }));
    }
    roles.push(Box::new(move || _ = receiver.close()));
    together(roles);
    let (mut taken, mut sent) = (taken.with(std::mem::take).concat(), sent.with(std::mem::take));
    taken.sort_unstable();
    sent.sort_unstable();
    assert_eq!(taken, sent);
}
