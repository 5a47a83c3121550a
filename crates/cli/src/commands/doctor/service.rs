//! What `glrl serve` needs: ports, keys, tokens, the certificate, the audit log, folders. What only will be wrong one day, or
//! is wrong only while another service runs, is a warning.

use std::fs::OpenOptions;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::{Timestamp, ToSpan};
use ::serve::auth::KeyStore;
use ::serve::settings::Settings;

use super::Check;
use crate::commands::{audit, keys, serve};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// A certificate that ends within so many days is worth a word.
const SOON: i64 = 14;

/// Looks at all of it.
pub(super) fn look(context: &Context) -> Vec<Check> {
    let settings = match serve::settings(None, context) {
        Ok(settings) => settings,
        Err(failure) => return vec![Check { name: "service", found: Err(failure) }],
    };
    let server = &context.settings().server;
    let folders = [("models", &server.models), ("runs", &server.runs)];
    let folders = folders.into_iter().filter(|(_, path)| !path.is_empty());
    let folders = folders.map(|(name, path)| Check::of(name, folder(name, path)));
    let checks = [
        Check::of("listen", Ok(listen(&settings))),
        Check::of("keys", look_at_keys(&settings, context)),
        Check::of("tokens", tokens(context)),
        Check::of("tls", certificate(&settings, context)),
        Check::of("audit", look_at_audit(context)),
        Check::of("feedback", feedback(&settings)),
        Check::of("traces", serve::traces(context)),
    ];
    checks.into_iter().chain(folders).collect()
}

/// Whether the ports are free. A service that runs has them, which is no fault.
fn listen(settings: &Settings) -> String {
    let place = |address: SocketAddr| match TcpListener::bind(address) {
        Ok(_) => format!("{address} is free"),
        Err(e) => format!("warning: {address}: {e}; if that is no service of yours, choose another --port or --operators-port"),
    };
    format!("{}; {}", place(settings.listen), place(settings.operators))
}

fn look_at_keys(settings: &Settings, context: &Context) -> Result<String, Failure> {
    let path = keys::path(context)?;
    let store = KeyStore::open(&path).map_err(|e| keys::failed(&e))?;
    let now = Timestamp::now();
    let good = store.list().iter().filter(|key| key.is_good(now)).count();
    if settings.authentication && good == 0 && context.settings().jwt.algorithm.is_empty() {
        let message = format!("{}: a key is asked for, and there is none", path.display());
        return Err(Failure::new(Exit::Settings, "keys", message).hint("`glrl keys create --name NAME` makes one; [jwt] takes tokens"));
    }
    let asked = if settings.authentication { "asked for" } else { "not asked for on this machine alone" };
    Ok(format!("{}: {good} good; a key is {asked}{}", path.display(), readable_by_others(&path)))
}

fn tokens(context: &Context) -> Result<String, Failure> {
    let jwt = &context.settings().jwt;
    Ok(match serve::tokens(context)? {
        Some(_) => format!("{} with {}", jwt.algorithm, jwt.key_file),
        None => "none are taken".to_owned(),
    })
}

fn certificate(settings: &Settings, context: &Context) -> Result<String, Failure> {
    let key = Path::new(&context.settings().server.tls_key);
    let Some(tls) = serve::tls(context)? else {
        let open = !settings.listen.ip().is_loopback();
        let advice = "; warning: keys travel in plain sight unless a proxy holds the certificate: set server.tls_cert and server.tls_key";
        return Ok(format!("none{}", if open { advice } else { "" }));
    };
    let Some(until) = tls.until() else { return Ok("a certificate that does not say until when it is good".to_owned()) };
    let soon = Timestamp::now() + (24 * SOON).hours();
    let advice = if until < soon { "; warning: that is soon: put a new one in its place and send SIGHUP" } else { "" };
    Ok(format!("good until {until}{advice}{}", readable_by_others(key)))
}

/// A secret that others on the machine may read.
fn readable_by_others(path: &Path) -> String {
    let mode = path.metadata().map_or(0, |about| about.permissions().mode());
    let advice = format!("; warning: others may read it. Run: chmod 600 {}", path.display());
    if mode & 0o044 == 0 { String::new() } else { advice }
}

/// The log as it stands, whole and open to be written, without a line more.
fn look_at_audit(context: &Context) -> Result<String, Failure> {
    let Some(path) = context.state_path(&context.settings().server.audit, "audit.jsonl")? else {
        return Ok("off".to_owned());
    };
    if !path.exists() {
        return writable(path.parent().unwrap_or(Path::new("."))).map(|()| format!("{}: begins with the service", path.display()));
    }
    let (lines, _) = ::serve::audit::verify(&path).map_err(|e| audit::failed(&e))?;
    OpenOptions::new().append(true).open(&path).map_err(|e| cannot_write(&path, &e))?;
    Ok(format!("{}: {lines} lines, whole", path.display()))
}

fn feedback(settings: &Settings) -> Result<String, Failure> {
    let Some(folder) = &settings.feedback else { return Ok("off".to_owned()) };
    writable(folder).map(|()| folder.display().to_string())
}

/// Whether files can be made in a folder, or in the nearest one above it that exists.
fn writable(folder: &Path) -> Result<(), Failure> {
    let existing = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let probe = existing.join(format!(".glrl-probe-{}", std::process::id()));
    let written = std::fs::write(&probe, b"");
    let _ = std::fs::remove_file(&probe);
    written.map_err(|e| cannot_write(folder, &e))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::new(Exit::Settings, "settings", format_args!("{} cannot be written: {error}", path.display()));
    failure.hint("let the service's user write it, or name another place under [server]")
}

fn folder(name: &str, path: &str) -> Result<String, Failure> {
    let entries = std::fs::read_dir(path).map_err(|e| {
        let failure = Failure::new(Exit::Settings, "settings", format_args!("server.{name} = {path}: {e}"));
        failure.hint("make the folder, or leave the setting empty")
    })?;
    let folders = entries.flatten().filter(|entry| entry.path().is_dir()).count();
    Ok(format!("{path}: {folders} folders"))
}
