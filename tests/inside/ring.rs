//! What channels and workers ask of a ring: to be told of the next move, and to push alone.

use crate::ring::{Pop, Push, PushError, Ring};

#[test]
fn who_moves_a_marked_word_is_told() {
    let ring = Ring::new(8);
    assert_eq!(ring.push_marked(1), Ok(false));
    ring.mark::<Push>(true);
    assert_eq!(ring.push_marked(2), Ok(true));
    assert_eq!(ring.push_vec_marked(&mut vec![3, 4]), (2, true));
    ring.mark::<Push>(false);
    assert_eq!(ring.push_vec_marked(&mut vec![5]), (1, false));
    assert_eq!(ring.push_marked(6), Ok(false));

    let mut came = Vec::new();
    assert_eq!(ring.pop_marked(), Some((1, false)));
    ring.mark::<Pop>(true);
    assert_eq!(ring.pop_marked(), Some((2, true)));
    assert_eq!(ring.pop_many_marked(2, &mut came), (2, true));
    ring.mark::<Pop>(false);
    assert_eq!(ring.pop_many_marked(1, &mut came), (1, false));
    assert_eq!(ring.pop_marked(), Some((6, false)));
    assert_eq!(came, [3, 4, 5]);
    assert_eq!(ring.pop_marked(), None);
}

#[test]
fn marks_are_no_part_of_the_index() {
    for start in [0, usize::MAX, usize::MAX / 4] {
        let ring = Ring::starting_at(3, start);
        ring.mark::<Push>(true);
        ring.mark::<Pop>(true);
        assert!(ring.is_empty());
        assert_eq!(ring.len(), 0);
        assert_eq!(ring.pop(), None);
        assert_eq!(ring.push_slice(&[1, 2, 3, 4]), 3);
        assert!(ring.is_full() && ring.len() == 3);
        assert_eq!(ring.push(4), Err(PushError::Full(4)));
        assert_eq!(ring.force_push(4), Ok(Some(1)));
        assert!(ring.close() && !ring.close());
        assert_eq!(ring.push_marked(5), Err(PushError::Closed(5)));
        assert_eq!(ring.drain().collect::<Vec<i32>>(), [2, 3, 4]);
    }
}

#[test]
fn no_push_goes_in_where_the_closed_tail_looks_like_a_guess() {
    let ring = Ring::starting_at(1, usize::MAX);
    ring.mark::<Push>(true);
    ring.close();
    assert_eq!(ring.force_push(1), Err(PushError::Closed(1)));
    assert_eq!(ring.pop(), None);
}

#[test]
fn one_thread_pushes_alone() {
    for (capacity, start) in [(1, 0), (2, 5), (3, usize::MAX - 1), (4, 0), (5, usize::MAX)] {
        let ring = Ring::starting_at(capacity, start);
        for round in 0..4 * capacity {
            for number in 0..capacity {
                // SAFETY: there is one thread; the ring is neither closed nor marked.
                assert_eq!(unsafe { ring.try_push_alone((round, number)) }, Ok(()));
            }
            // SAFETY: as above.
            assert_eq!(unsafe { ring.try_push_alone((round, capacity)) }, Err((round, capacity)));
            assert!(ring.drain().eq((0..capacity).map(|number| (round, number))));
        }
    }
}
