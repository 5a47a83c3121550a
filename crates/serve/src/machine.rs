//! What the system says of this process and of the machine: processors, memory, graphics cards, network and storage, under the
//! names that Prometheus's own clients use. Everything is read from `/proc` and `/sys`; where there is none of it, it is left out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::metrics::Gauge;

/// Ticks of the clock a second: what Linux tells programs on every processor.
const TICKS: f64 = 100.0;
/// Where groups of processes stand.
const GROUPS: &str = "/sys/fs/cgroup";
/// A limit of memory above this is none: cgroups of version 1 say "unlimited" so.
const NO_LIMIT: f64 = 1e18;

/// All of it.
pub fn gauges() -> Vec<Gauge> {
    let cards = cards();
    let busy = cards.iter().sum::<f64>() / cards.len().max(1) as f64;
    let storage = |name| named("/proc/self/io", name);
    let (received, sent) = network().unzip();
    let started = stat(19).zip(named("/proc/stat", "btime")).map(|(ticks, boot)| boot + ticks / TICKS);
    let known = [
        ("process_resident_memory_bytes", "Memory of the process.", bytes("/proc/self/status", "VmRSS:")),
        (
            "process_cpu_seconds_total",
            "Time of processors that the process took.",
            stat(11).zip(stat(12)).map(|(user, system)| (user + system) / TICKS),
        ),
        ("process_start_time_seconds", "When the process began, in seconds since 1970.", started),
        ("process_threads", "Threads of the process.", stat(17)),
        ("process_open_fds", "Files and connections that are open.", open_files()),
        ("process_max_fds", "How many may be.", most_files()),
        ("process_network_receive_bytes_total", "Bytes that came over the network, as the process sees it.", received),
        ("process_network_transmit_bytes_total", "Bytes that went over the network, as the process sees it.", sent),
        ("process_storage_read_bytes_total", "Bytes read from storage.", storage("read_bytes:")),
        ("process_storage_written_bytes_total", "Bytes written to storage.", storage("write_bytes:")),
        (
            "glrl_memory_limit_bytes",
            "Memory that the process may take: the least limit of its groups, or the machine's.",
            memory_limit(),
        ),
        (
            "glrl_cpus",
            "Processors that the process may use.",
            std::thread::available_parallelism().ok().map(|n| n.get() as f64),
        ),
        (
            "glrl_gpus",
            "Graphics cards that tell how busy they are; the network computes on processors.",
            Some(cards.len() as f64),
        ),
        ("glrl_gpu_utilization_ratio", "How busy they are, 0 to 1, on average; 0 without any.", Some(busy)),
    ];
    known.into_iter().filter_map(|(name, help, value)| Some(Gauge::new(name, help, value?))).collect()
}

/// The n-th word behind the name in `/proc/self/stat`, which stands in brackets and may hold spaces.
fn stat(n: usize) -> Option<f64> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(n)?.parse().ok()
}

/// The number behind a word at the beginning of a line.
fn named(file: &str, name: &str) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

/// The same in bytes, of a line that counts in KiB.
fn bytes(file: &str, name: &str) -> Option<f64> {
    named(file, name).map(|kib| kib * 1024.0)
}

fn open_files() -> Option<f64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count() as f64)
}

fn most_files() -> Option<f64> {
    named("/proc/self/limits", "Max open files")
}

/// Bytes in and out of all interfaces but the machine's own loop.
fn network() -> Option<(f64, f64)> {
    of_interfaces(&fs::read_to_string("/proc/self/net/dev").ok()?)
}

fn of_interfaces(text: &str) -> Option<(f64, f64)> {
    let interface = |line: &str| {
        let (name, numbers) = line.split_once(':')?;
        let numbers: Vec<f64> = numbers.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        (name.trim() != "lo").then_some((*numbers.first()?, *numbers.get(8)?))
    };
    Some(text.lines().filter_map(interface).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1)))
}

/// What the groups of the process may take, or all that the machine has.
fn memory_limit() -> Option<f64> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = limits(&groups, Path::new(GROUPS));
    limits.into_iter().chain(bytes("/proc/meminfo", "MemTotal:")).reduce(f64::min)
}

/// The limits of memory of the groups that `/proc/self/cgroup` names and of those above them, which hold too (cgroups(7)): of
/// version 2 as `0::/PATH`, of version 1 as `NUMBER:memory:/PATH`. A container may name groups of the machine that stand
/// nowhere in it; its own is then the uppermost.
fn limits(groups: &str, at: &Path) -> Vec<f64> {
    let files = groups.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let (top, name) = match controllers {
            "" => (at.to_owned(), "memory.max"),
            _ if controllers.split(',').any(|one| one == "memory") => (at.join("memory"), "memory.limit_in_bytes"),
            _ => return None,
        };
        let groups = Path::new(path.trim_start_matches('/')).ancestors();
        Some(groups.map(move |group| top.join(group).join(name)))
    });
    let limit = |file: PathBuf| fs::read_to_string(file).ok()?.trim().parse::<f64>().ok();
    files.flatten().filter_map(limit).filter(|limit| *limit < NO_LIMIT).collect()
}

/// How busy each graphics card is, 0 to 1: what its driver tells in `/sys`, or NVIDIA's own program.
fn cards() -> Vec<f64> {
    if Path::new("/proc/driver/nvidia/gpus").is_dir() {
        let asked = ["--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"];
        let told = Command::new("nvidia-smi").args(asked).output();
        return told.map_or_else(|_| vec![], |told| percents(&String::from_utf8_lossy(&told.stdout)));
    }
    let folders = fs::read_dir("/sys/class/drm").into_iter().flatten().flatten();
    let busy = folders.filter_map(|card| fs::read_to_string(card.path().join("device/gpu_busy_percent")).ok());
    busy.flat_map(|text| percents(&text)).collect()
}

fn percents(text: &str) -> Vec<f64> {
    text.lines().filter_map(|line| Some(line.trim().parse::<f64>().ok()? / 100.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_itself() {
        let value = |name: &str| gauges().iter().find(|gauge| gauge.name == name).map(|gauge| gauge.value);
        assert!(value("process_resident_memory_bytes").unwrap() > 100_000.0);
        assert!(value("process_open_fds").unwrap() >= 3.0 && value("process_max_fds").unwrap() >= 3.0);
        assert!(value("process_threads").unwrap() >= 1.0);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((now - value("process_start_time_seconds").unwrap()).abs() < 3_600.0);
        assert!(value("glrl_memory_limit_bytes").unwrap() > value("process_resident_memory_bytes").unwrap());
    }

    #[test]
    fn a_limit_of_a_group_holds_for_those_below_it() {
        let top = std::env::temp_dir().join(format!("glrl-groups-{}", std::process::id()));
        let of = |group: &str, name: &str, limit: &str| {
            fs::create_dir_all(top.join(group)).unwrap();
            fs::write(top.join(group).join(name), limit).unwrap();
        };
        of("system.slice", "memory.max", "8192\n");
        of("system.slice/glrl.service", "memory.max", "4096\n");
        of("system.slice/glrl.service/own", "memory.max", "max\n");
        of("memory/docker", "memory.limit_in_bytes", "9223372036854771712\n");
        of("memory", "memory.limit_in_bytes", "512\n");
        let least = |groups: &str| limits(groups, &top).into_iter().reduce(f64::min);
        assert_eq!(least("0::/system.slice/glrl.service\n"), Some(4096.0));
        assert_eq!(least("0::/system.slice/glrl.service/own\n"), Some(4096.0));
        assert_eq!(least("0::/system.slice\n"), Some(8192.0));
        assert_eq!(least("3:cpu:/\n2:cpuset,memory:/docker/not/here\n0::/\n"), Some(512.0));
        assert_eq!(least("0::/elsewhere\n"), None);
        fs::remove_dir_all(&top).unwrap();
    }

    #[test]
    fn interfaces_are_added_up_without_the_loop() {
        let text = "Inter-| Receive | Transmit\n face |bytes packets\n    lo: 7 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n  eth0: 10 1 0 0 0 0 0 0 200 2 0 0 0 0 0 0\n  eth1: 5 1 0 0 0 0 0 0 1 2 0 0 0 0 0 0\n";
        assert_eq!(of_interfaces(text), Some((15.0, 201.0)));
        assert_eq!(percents("12\n 100 \n[N/A]\n"), [0.12, 1.0]);
    }
}
