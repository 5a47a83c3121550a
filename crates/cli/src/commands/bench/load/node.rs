//! A service as a process of its own, and what the system says of it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::failed;
use crate::context::Context;
use crate::exit::Failure;

/// How long it may take to start, on a machine that others use too.
const START: Duration = Duration::from_secs(60);
/// Bytes of a page, as Linux has them on the processors it runs on here.
const PAGE: f64 = 4096.0;
/// The settings that it is measured with: what is asked, and how much at once, but for what a benchmark sets. All others, above
/// all the databases, stores, keys and logs of whoever measures, are left behind.
const MEASURED: [&str; 13] = [
    "pack",
    "ask.",
    "limits.",
    "values.",
    "model.",
    "paths.",
    "server.batch",
    "server.connections",
    "server.deadline_ms",
    "server.max_body_bytes",
    "server.max_requests",
    "server.queue",
    "server.threads",
];
/// Variables of other programs that it would read, beside those with these beginnings.
const OTHERS: [&str; 3] = ["DATABASE_URL", "REDIS_URL", "REDIS_URL_FILE"];
const BEGINNINGS: [&str; 3] = ["GLRL_", "OTEL_", "AWS_"];

/// A service.
pub(super) struct Node {
    child: Child,
    /// Where users connect.
    pub(super) users: SocketAddr,
    log: PathBuf,
}

impl Node {
    /// Starts one with its files in a folder. It takes the port, or one that is free; settings are named as in the environment.
    pub(super) fn start(
        context: &Context,
        folder: &Path,
        port: u16,
        settings: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(failed)?;
        let log = folder.join("log.jsonl");
        let own = fs::File::create(&log).map_err(failed)?;
        let mut command = command(context, folder).map_err(failed)?;
        command.args(["--port", &port.to_string()]).envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(own);
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

/// The program as a service of its own, measured with the settings of this run and with nothing else of its user's.
fn command(context: &Context, folder: &Path) -> io::Result<Command> {
    let is_measured = |key: &str| MEASURED.iter().any(|measured| key.starts_with(measured));
    let lines = context.resolved.values.iter().filter(|(key, _)| is_measured(key));
    let config = folder.join("glrl.toml");
    fs::write(&config, lines.map(|(key, (value, _))| format!("{key} = {value}\n")).collect::<String>())?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", "--today", "2026-11-20", "--operators-port", "0", "--config"]).arg(config);
    let is_others = |name: &str| OTHERS.contains(&name) || BEGINNINGS.iter().any(|begin| name.starts_with(begin));
    let variables = context.environment.variables.iter().map(|(name, _)| name);
    for name in variables.filter(|name| is_others(name)) {
        command.env_remove(name);
    }
    command.env("XDG_CONFIG_HOME", folder).env("XDG_STATE_HOME", folder);
    command.env("GLRL_SERVER__REQUESTS_PER_MINUTE", "4000000000").env("GLRL_SERVER__BURST", "1000000");
    command.env("GLRL_SERVER__CACHE_BYTES", "0");
    Ok(command)
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

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use toml::Value;

    use super::*;
    use crate::context::Said;
    use crate::settings::{Environment, resolve};

    const USERS: [(&str, &str); 7] = [
        ("GLRL_SERVER__AUDIT", "/users/audit.jsonl"),
        ("GLRL_SERVER__BATCH", "7"),
        ("GLRL_CACHE__SECRET", "hush"),
        ("DATABASE_URL", "postgres://ann:hush@h/d"),
        ("REDIS_URL", "redis://h"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"),
    ];

    fn context(flags: Vec<crate::settings::FlagValue>) -> Context {
        let variables = USERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment { variables: variables.to_vec() };
        let resolved = resolve(&environment, None, flags.clone()).unwrap();
        Context::new(resolved, environment, Said { json: false, quiet: true, config_file: None, flags })
    }

    #[test]
    fn it_has_the_settings_that_are_measured_and_no_stores_of_its_user() {
        let context = context(vec![("model.path", "--model", Value::String("own model".to_owned()))]);
        let folder = std::env::temp_dir().join(format!("glrl-node-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let command = command(&context, &folder).unwrap();
        for (name, _) in USERS {
            assert!(command.get_envs().any(|set| set == (OsStr::new(name), None)), "{name} is inherited");
        }
        assert!(command.get_envs().any(|set| set == (OsStr::new("XDG_CONFIG_HOME"), Some(folder.as_os_str()))));
        assert!(command.get_args().any(|arg| arg == folder.join("glrl.toml")));
        let own = resolve(&Environment::default(), Some(&folder.join("glrl.toml")), vec![]).unwrap().settings;
        assert_eq!((own.model.path.as_str(), own.server.batch), ("own model", 7));
        assert_eq!((own.server.audit.as_str(), own.cache.secret.as_str(), own.database.path.as_str()), ("", "", ""));
        assert_eq!(own.cache.redis_url, "");
        fs::remove_dir_all(&folder).unwrap();
    }
}
