//! A system that refuses to bind or to start a worker's thread: a filter of system calls on the
//! building thread, which the threads that it starts inherit.

use std::io;
use std::thread;

use windlass::{BuildError, CorePlan, Runtime};

const LOAD_WORD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const JUMP_IF_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

fn instruction(code: u16, if_true: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt: if_true, jf: 0, k }
}

/// From now on `calls` of this thread fail with `error`. Whether the system has such filters.
fn refuse(calls: [libc::c_long; 2], error: i32) -> bool {
    // The number of the call is the first word of what the filter sees.
    let mut program = [
        instruction(LOAD_WORD, 0, 0),
        instruction(JUMP_IF_EQUAL, 2, calls[0] as u32),
        instruction(JUMP_IF_EQUAL, 1, calls[1] as u32),
        instruction(RETURN, 0, libc::SECCOMP_RET_ALLOW),
        instruction(RETURN, 0, libc::SECCOMP_RET_ERRNO | error as u32),
    ];
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the call takes numbers only.
    let allowed = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    // SAFETY: the kernel copies the program, whose length is right, during the call.
    let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter) };
    allowed == 0 && set == 0
}

/// What `build` says on a thread where `calls` fail with `error`.
fn build_without(calls: [libc::c_long; 2], error: i32) -> Option<BuildError> {
    let build = move || {
        let plan = CorePlan::Compact;
        if !refuse(calls, error) {
            eprintln!("skipped: {}", io::Error::last_os_error());
            return None;
        }
        let built = Runtime::builder().workers(2).cores(plan).build();
        Some(built.expect_err("the system refuses"))
    };
    thread::spawn(build).join().unwrap()
}

#[test]
fn a_worker_that_cannot_be_bound_is_named() {
    let calls = [libc::SYS_sched_setaffinity; 2];
    if let Some(error) = build_without(calls, libc::EPERM) {
        assert!(matches!(error, BuildError::Pin { worker: 0 | 1, .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.starts_with("the system refused to bind worker"), "{said}");
    }
}

#[test]
fn a_worker_that_cannot_be_started_is_told() {
    let calls = [libc::SYS_clone, libc::SYS_clone3];
    if let Some(error) = build_without(calls, libc::EAGAIN) {
        assert!(matches!(error, BuildError::Thread(_)), "{error:?}");
        let said = error.to_string();
        assert!(said.starts_with("cannot start a worker thread"), "{said}");
    }
}
