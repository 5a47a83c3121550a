//! What `glrl serve` needs: policies, ports, keys, tokens, the certificate, the audit log, folders. What only will be wrong one
//! day, or is wrong only while another service runs, is a warning.

use std::fs::OpenOptions;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use answer::pack::Pack;
use database::server::Advice;
use jiff::{Timestamp, ToSpan};
use ::serve::auth::KeyStore;
use ::serve::settings::Settings;

use super::Check;
use crate::access::policy_at;
use crate::commands::{audit, keys, serve};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::settings::NamedPolicy;

/// A certificate that ends within so many days is worth a word.
const SOON: i64 = 14;

/// Looks at all of it.
pub(super) fn look(context: &Context) -> Vec<Check> {
    let settings = match serve::settings(None, context) {
        Ok(settings) => settings,
        Err(failure) => return vec![Check::of("service", Err(failure))],
    };
    let server = &context.settings().server;
    let folders = [("models", &server.models), ("runs", &server.runs)];
    let folders = folders.into_iter().filter(|(_, path)| !path.is_empty());
    let folders = folders.map(|(name, path)| Check::of(name, folder(name, path)));
    let checks = [
        Check::advised("listen", Ok(listen(&settings))),
        Check::advised("keys", look_at_keys(&settings, context)),
        Check::of("tokens", tokens(context)),
        Check::advised("tls", certificate(&settings, context)),
        Check::of("audit", look_at_audit(context)),
        Check::of("feedback", feedback(&settings)),
        Check::of("traces", serve::traces(context)),
    ];
    checks.into_iter().chain(folders).collect()
}

/// The names that schemas are served under; of a pack that cannot be opened, what settings call it.
pub(super) fn names(context: &Context, packs: &[Result<Pack, Failure>]) -> Vec<String> {
    let settings = context.settings();
    let name = |(at, pack): (usize, &Result<Pack, Failure>)| {
        let (own, path) = settings.server.schemas.get(at).map_or((None, &settings.pack), |s| (s.name.clone(), &s.pack));
        own.unwrap_or_else(|| pack.as_ref().map_or_else(|_| path.clone(), |pack| pack.name().to_owned()))
    };
    packs.iter().enumerate().map(name).collect()
}

/// The policies that keys and tokens may name, and whether schemas can be told apart.
pub(super) fn policies(context: &Context, names: &[String], packs: &[Result<Pack, Failure>]) -> Vec<Check> {
    if let Err(failure) = serve::distinct(names) {
        return vec![Check::of("schemas", Err(failure))];
    }
    let placed = match serve::placed(&context.settings().server.policies, names) {
        Ok(placed) => placed,
        Err(failure) => return vec![Check::of("policy", Err(failure))],
    };
    let look = |(at, NamedPolicy { name, file, .. }): (usize, &NamedPolicy)| {
        let pack = packs[at].as_ref().ok()?;
        let found = policy_at(file, &pack.catalog).map(|_| format!("{name}: {}", file.display()));
        let check = Check::of("policy", found);
        Some(Check { schema: (names.len() > 1).then(|| names[at].clone()), ..check })
    };
    placed.into_iter().filter_map(look).collect()
}

/// Something that may be better, and what to do about it.
struct Remark {
    found: String,
    remedy: String,
}

impl Remark {
    fn new(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Remark { found: found.into(), remedy: remedy.into() }
    }
}

/// What was found, with what is to be said of it.
fn advice(found: String, remarks: impl IntoIterator<Item = Remark>) -> Advice {
    let (said, remedies): (Vec<String>, Vec<String>) = remarks.into_iter().map(|one| (one.found, one.remedy)).unzip();
    let remedy = (!remedies.is_empty()).then(|| remedies.join("; "));
    Advice { found: [vec![found], said].concat().join("; "), remedy }
}

/// Whether the ports are free. A service that runs has them, which is no fault.
fn listen(settings: &Settings) -> Advice {
    let taken = |address: SocketAddr| TcpListener::bind(address).err().map(|e| format!("{address}: {e}"));
    let found = [settings.listen, settings.operators].map(|address| (address, taken(address)));
    let remedy = found.iter().any(|(_, taken)| taken.is_some());
    let remedy = remedy.then(|| "choose another --port or --operators-port, unless that is a service of yours".to_owned());
    let found = found.map(|(address, taken)| taken.unwrap_or_else(|| format!("{address} is free"))).join("; ");
    Advice { found, remedy }
}

fn look_at_keys(settings: &Settings, context: &Context) -> Result<Advice, Failure> {
    let path = keys::path(context)?;
    let store = KeyStore::open(&path).map_err(|e| keys::failed(&e))?;
    let now = Timestamp::now();
    let good = store.list().iter().filter(|key| key.is_good(now)).count();
    if settings.authentication && good == 0 && context.settings().jwt.algorithm.is_empty() {
        let message = format!("{}: a key is asked for, and there is none", path.display());
        return Err(Failure::new(Exit::Settings, "keys", message).hint("`glrl keys create --name NAME` makes one; [jwt] takes tokens"));
    }
    let asked = if settings.authentication { "asked for" } else { "not asked for on this machine alone" };
    Ok(advice(format!("{}: {good} good; a key is {asked}", path.display()), readable_by_others(&path)))
}

fn tokens(context: &Context) -> Result<String, Failure> {
    let jwt = &context.settings().jwt;
    Ok(match serve::tokens(context)? {
        Some(_) => format!("{} with {}", jwt.algorithm, jwt.key_file),
        None => "none are taken".to_owned(),
    })
}

fn certificate(settings: &Settings, context: &Context) -> Result<Advice, Failure> {
    let key = Path::new(&context.settings().server.tls_key);
    let Some(tls) = serve::tls(context)? else {
        let remedy = "set server.tls_cert and server.tls_key, unless a proxy holds the certificate";
        let is_open = !settings.listen.ip().is_loopback();
        return Ok(advice("none".to_owned(), is_open.then(|| Remark::new("keys travel in plain sight", remedy))));
    };
    let until = tls.until();
    let found = until.map_or("no word of until when it is good".to_owned(), |until| format!("good until {until}"));
    let soon = Timestamp::now() + (24 * SOON).hours();
    let is_soon = until.is_some_and(|until| until < soon);
    let ends = is_soon.then(|| Remark::new("that is soon", "put a new one in its place and send SIGHUP"));
    Ok(advice(found, ends.into_iter().chain(readable_by_others(key))))
}

/// A secret that others on the machine may read.
fn readable_by_others(path: &Path) -> Option<Remark> {
    let (mode, path) = (path.metadata().map_or(0, |about| about.permissions().mode()), path.display());
    (mode & 0o044 != 0).then(|| Remark::new(format!("others may read {path}"), format!("chmod 600 {path}")))
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
