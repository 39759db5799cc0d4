//! The three processes: started, killed, stopped, starved, and never left behind.

use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use windlass::kit::load::ServerProcess;

use crate::world::{serve_at, started};

use super::samples::look;
use super::stage::{ECHO, NAMES, ORDERS, SLOW, Stage, pause};

/// The processes, and how to start each again.
pub(super) struct Fleet {
    folder: PathBuf,
    pub(super) addrs: [SocketAddr; 3],
    processes: [Option<ServerProcess>; 3],
}

/// Addresses of the soak's own, so that nobody else takes a port while a service is down.
const HOSTS: [&str; 3] = ["127.0.0.91:0", "127.0.0.92:0", "127.0.0.93:0"];

impl Fleet {
    /// Starts all three.
    pub(super) fn start(folder: PathBuf) -> Fleet {
        let addrs = HOSTS.map(|host| host.parse().expect("an address"));
        let mut fleet = Fleet { folder, addrs, processes: [None, None, None] };
        for who in [ECHO, SLOW, ORDERS] {
            let process = started(fleet.command(who)).process;
            fleet.addrs[who] = process.addr();
            fleet.processes[who] = Some(process);
        }
        fleet
    }

    fn command(&self, who: usize) -> Command {
        let addr = self.addrs[who].to_string();
        let service = if who == ECHO { "hello" } else { NAMES[who] };
        let mut command = serve_at(&addr, service, &[]);
        match who {
            ECHO => command.args(["--idle-deadline-ms", "4000", "--head-deadline-ms", "3000"]),
            ORDERS => command
                .args(["--backlog-max", "300", "--order-workers", "64", "--attempts-max", "500"])
                .args(["--attempt-timeout", "500ms", "--backoff", "20ms", "--backoff-max", "1s"])
                .args(["--downstream", &self.addrs[SLOW].to_string(), "--database"])
                .arg(self.folder.join("orders.db")),
            _ => command
                .args(["--latency", "30ms", "--jitter", "20ms", "--fail-rate", "0.05", "--books"])
                .arg(self.folder.join("books")),
        };
        // SAFETY: between fork and exec there is one thread, and only an async-signal-safe system
        // call is made, which touches no memory.
        unsafe {
            command.pre_exec(|| {
                // Also when it is stopped, and whatever becomes of this process.
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            })
        };
        command
    }

    /// Tells who runs.
    pub(super) fn tell(&self, stage: &Stage) {
        for (running, process) in stage.running.iter().zip(&self.processes) {
            let id = process.as_ref().map_or(0, ServerProcess::id);
            if running.id.swap(id, Ordering::SeqCst) != id && id != 0 {
                running.life.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn id(&self, who: usize) -> libc::pid_t {
        self.processes[who].as_ref().expect("it runs").id() as libc::pid_t
    }

    fn signal(&self, who: usize, signal: libc::c_int) {
        // SAFETY: a system call without pointers; the process is a child not yet waited for.
        assert_eq!(unsafe { libc::kill(self.id(who), signal) }, 0, "{}", NAMES[who]);
    }

    /// SIGKILL, and after `down` another one at the same place.
    pub(super) fn kill(&mut self, stage: &Stage, who: usize, down: Duration) {
        drop(self.processes[who].take());
        self.tell(stage);
        pause(down);
        self.again(stage, who);
    }

    /// SIGTERM: it must end by itself, and well.
    pub(super) fn end_and_start(&mut self, stage: &Stage, who: usize) {
        self.signal(who, libc::SIGTERM);
        let mut process = self.processes[who].take().expect("it runs");
        let ended = process.wait(Duration::from_secs(30));
        if !ended.is_some_and(|status| status.success()) {
            stage.failed(format!("{} was asked to end: {ended:?}", NAMES[who]));
        }
        self.again(stage, who);
    }

    fn again(&mut self, stage: &Stage, who: usize) {
        self.processes[who] = Some(started(self.command(who)).process);
        self.tell(stage);
    }

    /// SIGSTOP for a while.
    pub(super) fn stop(&self, who: usize, time: Duration) {
        self.signal(who, libc::SIGSTOP);
        pause(time);
        self.signal(who, libc::SIGCONT);
    }

    /// Leaves it next to no descriptors for a while, in which many want to be let in.
    pub(super) fn starve(&self, who: usize, time: Duration) {
        let id = self.id(who);
        let (_, fds, _) = look(id as u32).expect("it runs");
        let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        let limit = |new: *const libc::rlimit, old: *mut libc::rlimit| {
            // SAFETY: each pointer is null or leads to a limit of this function's own.
            assert_eq!(unsafe { libc::prlimit(id, libc::RLIMIT_NOFILE, new, old) }, 0);
        };
        limit(std::ptr::null(), &raw mut old);
        let low = libc::rlimit { rlim_cur: fds as libc::rlim_t + 3, ..old };
        limit(&raw const low, std::ptr::null_mut());
        // The backlog has room for them, so the kernel answers.
        let guests: Vec<_> = (0..50).map(|_| TcpStream::connect(self.addrs[who])).collect();
        pause(time);
        drop(guests);
        limit(&raw const old, std::ptr::null_mut());
    }

    /// Ends all, well.
    pub(super) fn end(mut self) {
        for who in [ORDERS, SLOW, ECHO] {
            let process = self.processes[who].take().expect("it runs");
            let ended = process.stop(Duration::from_secs(30));
            assert!(ended.is_some_and(|status| status.success()), "{}: {ended:?}", NAMES[who]);
        }
    }
}
