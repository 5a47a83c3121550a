//! A service as a process of its own, and what the system says of it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::failed;
use crate::exit::Failure;

/// How long it may take to start, on a machine that others use too.
const START: Duration = Duration::from_secs(60);
/// Bytes of a page, as Linux has them on the processors it runs on here.
const PAGE: f64 = 4096.0;

/// A service.
pub(super) struct Node {
    child: Child,
    /// Where users connect.
    pub(super) users: SocketAddr,
    log: PathBuf,
}

impl Node {
    /// Starts one with its files in a folder. It takes the port, or one that is free; settings are named as in the environment.
    pub(super) fn start(folder: &Path, port: u16, settings: &[(&str, &str)]) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(failed)?;
        let log = folder.join("log.jsonl");
        let own = fs::File::create(&log).map_err(failed)?;
        let program = std::env::current_exe().map_err(failed)?;
        let mut command = Command::new(program);
        command.args(["serve", "--today", "2026-11-20", "--operators-port", "0", "--port", &port.to_string()]);
        command.env("XDG_STATE_HOME", folder).env("GLRL_SERVER__REQUESTS_PER_MINUTE", "4000000000");
        command.env("GLRL_SERVER__BURST", "1000000").env("GLRL_SERVER__CACHE_BYTES", "0");
        command.envs(settings.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(own);
        let mut child = command.spawn().map_err(failed)?;
        let users = listening(&log, &mut child);
        match users {
            Ok(users) => Ok(Node { child, users, log }),
            Err(failure) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(failure)
            }
        }
    }

    /// What it has written to its log.
    pub(super) fn log(&self) -> Result<String, Failure> {
        fs::read_to_string(&self.log).map_err(failed)
    }

    /// Bytes of memory that it holds.
    pub(super) fn resident(&self) -> Result<f64, Failure> {
        let text = fs::read_to_string(format!("/proc/{}/statm", self.child.id())).map_err(failed)?;
        let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok());
        pages.map(|pages| pages * PAGE).ok_or_else(|| failed("no memory in /proc"))
    }

    /// Files and connections that it has open.
    pub(super) fn files(&self) -> Result<usize, Failure> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_err(failed)?.count())
    }

    /// Tells it to stop, and waits until it has.
    pub(super) fn stop(&mut self) -> Result<(), Failure> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().map_err(failed)?;
        let ended = self.child.wait().map_err(failed)?;
        if told.success() && ended.success() {
            Ok(())
        } else {
            Err(failed(format_args!("the service ended with {ended}")))
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the first line of its log.
fn listening(log: &Path, child: &mut Child) -> Result<SocketAddr, Failure> {
    let started = Instant::now();
    loop {
        let text = fs::read_to_string(log).map_err(failed)?;
        let found = text.lines().find_map(|line| line.strip_prefix("http://")?.split(' ').next()?.parse().ok());
        if let Some(address) = found.filter(|_| text.ends_with('\n')) {
            return Ok(address);
        }
        let ended: io::Result<Option<_>> = child.try_wait();
        if started.elapsed() > START || !matches!(ended, Ok(None)) {
            return Err(failed(format_args!("the service did not start: {text}")));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
