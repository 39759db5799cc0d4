//! What the system allows: open files, ports, connections that wait to be accepted.

use super::fact::{Fact, Grade, read};

/// Open files of a server or client with the most connections that are measured, 10,000.
const FILES_WANTED: u64 = 10_100;

/// Ports for as many connections from one address, and some that rest.
const PORTS_WANTED: u32 = 12_000;

/// Connections that the load generator opens at a time.
const BACKLOG_WANTED: u32 = 1024;

/// What there is to say of the limits.
pub(super) fn facts() -> Vec<Fact> {
    let sysctl = |name: &str| read(&format!("/proc/sys/net/{name}"));
    vec![
        open_files(rlimit::getrlimit(rlimit::Resource::NOFILE).ok()),
        ports(sysctl("ipv4/ip_local_port_range").as_deref()),
        backlog(sysctl("core/somaxconn").as_deref()),
        reuse(sysctl("ipv4/tcp_tw_reuse").as_deref()),
    ]
}

fn open_files(limits: Option<(u64, u64)>) -> Fact {
    let Some((soft, hard)) = limits else { return Fact::unknown("open files") };
    let shown = |limit: u64| match limit {
        rlimit::INFINITY => "unlimited".to_owned(),
        limit => limit.to_string(),
    };
    let grade = if hard >= FILES_WANTED { Grade::Ok } else { Grade::Warn };
    let found = format!("{}, can be raised to {}", shown(soft), shown(hard));
    let change = format!(
        "rows of more than {} connections will be missing: ulimit -Hn {FILES_WANTED} (as root), \
         or hard nofile in /etc/security/limits.conf",
        hard.saturating_sub(100)
    );
    Fact::graded("open files", grade, found, change)
}

fn ports(range: Option<&str>) -> Fact {
    let parsed = range.and_then(|range| {
        let mut ends = range.split_whitespace().map(str::parse::<u32>);
        Some((ends.next()?.ok()?, ends.next()?.ok()?))
    });
    let Some((first, last)) = parsed else { return Fact::unknown("ports") };
    let count = (last + 1).saturating_sub(first);
    let grade = if count >= PORTS_WANTED { Grade::Ok } else { Grade::Warn };
    let change = "clients may run out of them: \
                  sudo sysctl -w net.ipv4.ip_local_port_range='16384 60999'";
    Fact::graded("ports", grade, format!("{count} ({first} to {last})"), change)
}

fn backlog(somaxconn: Option<&str>) -> Fact {
    let Some(most) = somaxconn.and_then(|text| text.parse::<u32>().ok()) else {
        return Fact::unknown("backlog");
    };
    let grade = if most >= BACKLOG_WANTED { Grade::Ok } else { Grade::Warn };
    let change = "connects beyond it are tried again only after a second: \
                  sudo sysctl -w net.core.somaxconn=4096";
    Fact::graded("backlog", grade, format!("{most} connections"), change)
}

fn reuse(tw_reuse: Option<&str>) -> Fact {
    let (grade, found) = match tw_reuse {
        Some("0") => (Grade::Warn, "ports of closed connections rest for a minute"),
        Some("1") => (Grade::Ok, "ports of closed connections are used again"),
        Some("2") => (Grade::Ok, "ports of closed connections are used again on loopback"),
        _ => return Fact::unknown("port reuse"),
    };
    let change = "a connection for each request may run out of ports: \
                  sudo sysctl -w net.ipv4.tcp_tw_reuse=2";
    Fact::graded("port reuse", grade, found, change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_limits_say_how_to_raise_them() {
        let low = open_files(Some((1024, 4096)));
        assert_eq!((low.grade, &*low.found), (Grade::Warn, "1024, can be raised to 4096"));
        assert!(low.change.unwrap().contains("more than 3996 connections"));
        assert_eq!(open_files(Some((1024, rlimit::INFINITY))).grade, Grade::Ok);
        let few = ports(Some("32768\t40000"));
        assert_eq!((few.grade, &*few.found), (Grade::Warn, "7233 (32768 to 40000)"));
        assert_eq!(ports(Some("32768\t60999")).grade, Grade::Ok);
        assert_eq!(backlog(Some("128")).grade, Grade::Warn);
        assert_eq!(backlog(Some("4096")).grade, Grade::Ok);
        assert_eq!(reuse(Some("0")).grade, Grade::Warn);
        assert_eq!(reuse(Some("2")).grade, Grade::Ok);
    }

    #[test]
    fn what_cannot_be_read_is_no_fault() {
        let facts = [open_files(None), ports(Some("x")), backlog(None), reuse(Some("7"))];
        assert!(facts.iter().all(|fact| fact.grade == Grade::Ok && fact.change.is_none()));
    }
}
