//! `glrl serve`: opens everything once, starts the service, and tells it when to stop.

pub(super) use log::told as traces;

mod log;
mod reload;
mod runs;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use answer::engine::Engine;
use serve::audit::Audit;
use serve::auth::{KeyStore, TokenSettings, Tokens};
use serve::engine::stand_back;
use serve::rewards::Rewards;
use serve::server::Listening;
use serve::service::{Further, Parts, Served, Service};
use serve::settings::{DecoderSettings, Settings, Today};
use serve::swap::Models;
use serve::tls::Tls;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use toml::Value;
use train::evaluate::limits;

use super::eval::reward_databases;
use super::{Arguments, ask, audit, keys};
use crate::access::{AccessArgs, policy_at};
use crate::context::{Context, today};
use crate::exit::{Exit, Failure, Outcome};
use crate::settings::{FlagValue, NamedPolicy, NamedSchema};
use crate::shared;
use reload::Looks;

/// Threads that read and write connections; what computes has threads of its own.
const CONNECTION_THREADS: usize = 1;
/// Threads of what computes beside the network: reading questions, validation, queries.
const COMPUTING_THREADS: usize = 16;

/// Where to listen, and what to serve.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The address to listen on; beyond this machine, a key or a token is asked for.
    #[arg(long)]
    host: Option<String>,
    /// The port of users; 0 takes one that is free.
    #[arg(long)]
    port: Option<u16>,
    /// The port of operators; 0 takes one that is free.
    #[arg(long)]
    operators_port: Option<u16>,
    /// The SQLite file to ask; without it, the pack's demo database.
    #[arg(long, value_name = "FILE")]
    db: Option<String>,
    /// The pack to ask with: a name, or a folder. Several may be given; each is then served under its name, the first where a
    /// request names none.
    #[arg(long)]
    pack: Vec<String>,
    /// The model folder to ask with.
    #[arg(long, value_name = "DIR")]
    model: Option<String>,
    /// The day that "last month" is counted from, YYYY-MM-DD; without it, the day of each question.
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    #[command(flatten)]
    access: AccessArgs,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let text = |key, flag, value: &Option<String>| value.clone().map(|v| (key, flag, Value::String(v)));
        let number = |key, flag, value: Option<u16>| value.map(|v| (key, flag, Value::Integer(i64::from(v))));
        let flags = [
            text("server.host", "--host", &self.host),
            number("server.port", "--port", self.port),
            number("server.operators_port", "--operators-port", self.operators_port),
            text("database.path", "--db", &self.db),
            text("pack", "--pack", &self.pack.first().cloned()),
            self.schemas().map(|schemas| ("server.schemas", "--pack", schemas)),
            text("model.path", "--model", &self.model),
        ];
        flags.into_iter().flatten().collect()
    }
}

impl Args {
    /// The packs as schemas; none, where one is given: it is the one that settings name.
    fn schemas(&self) -> Option<Value> {
        let schema = |pack: &String| Value::Table([("pack".to_owned(), Value::String(pack.clone()))].into_iter().collect());
        match &self.pack[..] {
            [] => None,
            [_] => Some(Value::Array(vec![])),
            several => Some(Value::Array(several.iter().map(schema).collect())),
        }
    }
}

/// Serves until it is told to stop.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let traces = log::start(context)?;
    let settings = settings(args.today.as_deref(), context)?;
    let parts = parts(&args, &settings, context)?;
    let looks = Looks::at(context);
    let service = Service::new(settings, parts);
    let runtime = runtime()?;
    let outcome = runtime.block_on(serve(service, context, looks));
    // A query that still runs has its own deadline; the process does not wait for it.
    runtime.shutdown_background();
    traces.end();
    outcome
}

/// What reads and writes connections, and the threads of what computes.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    let mut runtime = Builder::new_multi_thread();
    runtime.worker_threads(CONNECTION_THREADS).max_blocking_threads(COMPUTING_THREADS).enable_all();
    runtime.on_thread_start(stand_back);
    runtime.build().map_err(|e| Failure::new(Exit::Failed, "runtime", e))
}

async fn serve(service: Arc<Service>, context: &Context, looks: Looks) -> Outcome {
    let cannot = |e: std::io::Error| {
        Failure::new(Exit::Failed, "listen", format_args!("cannot listen: {e}")).hint("choose another --port or --operators-port")
    };
    let listening = Listening::on(&service).await.map_err(cannot)?;
    let (users, operators) = (listening.users().map_err(cannot)?, listening.operators().map_err(cannot)?);
    // Before anybody may tell it to stop: from here on it drains.
    let no_signals = |e: std::io::Error| Failure::new(Exit::Failed, "signals", e);
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(no_signals)?;
    let scheme = |secured| if secured && service.tls.is_some() { "https" } else { "http" };
    let (for_users, for_operators) = (scheme(true), scheme(service.settings.operators_tls));
    context.note(format_args!(
        "{for_users}://{users} for users (/docs), {for_operators}://{operators} for operators (/metrics)"
    ));
    let told = Arc::clone(&service);
    let stop = async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                _ = hang_up.recv() => reload::reload(&told, context, &looks),
            }
        }
    };
    listening.serve(service, stop).await;
    Ok(Exit::Done)
}

/// The service's settings, with the day of every question where one is given.
pub(super) fn settings(day: Option<&str>, context: &Context) -> Result<Settings, Failure> {
    let all = context.settings();
    let server = &all.server;
    let address = |host: &str, port| {
        let host = host.parse::<IpAddr>().map_err(|e| Failure::new(Exit::Settings, "settings", e))?;
        Ok::<_, Failure>(SocketAddr::new(host, port))
    };
    let fixed = day.map(|text| today(Some(text))).transpose()?;
    let today = fixed.map_or(Today::Clock, Today::Fixed);
    let listen = address(&server.host, server.port)?;
    Ok(Settings {
        listen,
        operators: address(&server.operators_host, server.operators_port)?,
        operators_tls: server.operators_tls,
        authentication: server.authentication == "on" || !listen.ip().is_loopback(),
        ask: all.asking(today.date()),
        today,
        decoder: DecoderSettings {
            batch: usize::from(server.batch),
            queue: usize::from(server.queue),
            threads: usize::from(server.threads),
            plan: all.ask.plan,
        },
        deadline: Duration::from_millis(server.deadline_ms),
        max_requests: server.max_requests as usize,
        max_body: server.max_body_bytes,
        rate: server.requests_per_minute,
        burst: server.burst,
        origins: server.cors_origins.split(',').map(str::trim).filter(|o| !o.is_empty()).map(str::to_owned).collect(),
        cache_bytes: server.cache_bytes,
        cache_time: Duration::from_secs(server.cache_seconds),
        history: server.history,
        feedback: context.state_path(&server.feedback, "feedback")?,
        drain: Duration::from_millis(server.drain_ms),
    })
}

/// Engine, keys, tokens and audit log. Where a key is asked for there has to be one, or a way to check tokens.
fn parts(args: &Args, settings: &Settings, context: &Context) -> Result<Parts, Failure> {
    let keys = KeyStore::open(&keys::path(context)?).map_err(|e| keys::failed(&e))?;
    let tokens = tokens(context)?;
    if settings.authentication && tokens.is_none() && !keys.has_good() {
        let message = "a key is asked for beyond this machine, and there is none";
        let failure = Failure::new(Exit::Settings, "settings", message);
        return Err(failure.hint("`glrl keys create --name NAME` makes one; [jwt] takes tokens"));
    }
    let log = context.state_path(&context.settings().server.audit, "audit.jsonl")?;
    let audit = log.as_deref().map(Audit::open).transpose().map_err(|e| audit::failed(&e))?;
    let schemas = schemas(args, settings, context)?;
    let models = Some(models(&schemas, context));
    let runs = some_path(&context.settings().server.runs);
    let further = runs.map(|runs| Box::new(move || runs::gauges(&runs)) as Further);
    Ok(Parts { tokens, audit, models, tls: tls(context)?, further, shared: shared::open(context)?, ..Parts::new(schemas, keys) })
}

/// The schemas that settings name, each with its policies.
fn schemas(args: &Args, settings: &Settings, context: &Context) -> Result<Vec<Served>, Failure> {
    let named = &context.settings().server.schemas;
    if named.is_empty() {
        return with_policies(vec![served(None, args, settings, context)?], context);
    }
    if args.db.is_some() || args.model.is_some() {
        let failure = Failure::usage("--db and --model are of one schema, and there are several");
        return Err(failure.hint("name database and model of each under [[server.schemas]]"));
    }
    let own = |schema: &NamedSchema| served(schema.name.clone(), args, settings, &context.of_schema(schema));
    with_policies(named.iter().map(own).collect::<Result<_, _>>()?, context)
}

/// Schemas are told apart by their names.
///
/// # Errors
/// When two have the same.
pub(super) fn distinct(names: &[String]) -> Result<(), Failure> {
    let again = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    again.map_or(Ok(()), |(_, name)| {
        let failure = Failure::new(Exit::Settings, "settings", format_args!("two schemas are called \"{name}\""));
        Err(failure.hint("give each a `name` under [[server.schemas]]"))
    })
}

/// One schema, ready to be asked; what its rewards need is made when somebody wants one.
fn served(name: Option<String>, args: &Args, settings: &Settings, context: &Context) -> Result<Served, Failure> {
    let engine = engine(context)?;
    let access = args.access.access(&engine.pack.catalog, &engine.pack.files.policies)?;
    let engine = Arc::new(engine.restricted(access));
    let pack = Arc::clone(&engine.pack);
    let images = move || reward_databases(&pack).map_err(|failure| failure.message);
    let served = Served::start(engine, settings.decoder).map_err(|e| Failure::new(Exit::Failed, "thread", e))?;
    let served = served.with_rewards(Rewards::new(images, limits()));
    Ok(match name {
        Some(name) => served.named(name),
        None => served,
    })
}

/// The same with the policies that keys and tokens may name.
fn with_policies(mut schemas: Vec<Served>, context: &Context) -> Result<Vec<Served>, Failure> {
    let names: Vec<String> = schemas.iter().map(|served| served.name.clone()).collect();
    distinct(&names)?;
    for (at, NamedPolicy { name, file, .. }) in placed(&context.settings().server.policies, &names)? {
        let policy = policy_at(file, &schemas[at].engine.pack.catalog)?;
        schemas[at] = schemas[at].clone().with_policy(name, policy).map_err(Failure::data)?;
    }
    Ok(schemas)
}

/// Policies of the settings, each with the place of its schema among those that are served.
///
/// # Errors
/// When one names no schema that is served, or another of the same schema has its name.
pub(super) fn placed<'p>(policies: &'p [NamedPolicy], served: &[String]) -> Result<Vec<(usize, &'p NamedPolicy)>, Failure> {
    let wrong = |message: String| Failure::new(Exit::Settings, "settings", message);
    let mut placed: Vec<(usize, &NamedPolicy)> = vec![];
    for policy in policies {
        let name = &policy.name;
        let at = match &policy.schema {
            Some(schema) => served.iter().position(|known| known == schema),
            None => (served.len() == 1).then_some(0),
        };
        let at = at.ok_or_else(|| wrong(format!("policy \"{name}\" names no schema that is served")))?;
        if placed.iter().any(|(other, known)| *other == at && known.name == *name) {
            return Err(wrong(format!("policy \"{name}\" is named twice")).hint("give each of a schema a `name` of its own"));
        }
        placed.push((at, policy));
    }
    Ok(placed)
}

fn some_path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

/// The certificate, where one is set.
pub(super) fn tls(context: &Context) -> Result<Option<Arc<Tls>>, Failure> {
    let server = &context.settings().server;
    let Some(certificate) = some_path(&server.tls_cert) else { return Ok(None) };
    let tls = Tls::open(&certificate, Path::new(&server.tls_key)).map_err(|e| Failure::new(Exit::Settings, "tls", e))?;
    Ok(Some(Arc::new(tls)))
}

/// How another model is loaded while the service runs: the whole engine anew, with everything else as it was at the start.
fn models(schemas: &[Served], context: &Context) -> Models {
    let names = schemas.iter().map(|served| served.name.clone());
    let at_start: BTreeMap<String, Context> = names.zip(context.of_schemas()).collect();
    let open = move |schema: &str, model: &Path| {
        let own = at_start.get(schema).ok_or_else(|| format!("there is no schema \"{schema}\""))?;
        engine(&own.with_model(model)).map_err(|failure| failure.message)
    };
    Models::new(some_path(&context.settings().server.models), Arc::new(open))
}

/// The engine with as many connections as settings say, for whoever may see all. Without a model it still checks and runs SQL.
fn engine(context: &Context) -> Result<Engine, Failure> {
    let engine = ask::engine(context)?;
    let further = 1..context.settings().server.connections;
    let further = further.map(|_| context.database(&engine.pack)).collect::<Result<Vec<_>, _>>()?;
    Ok(engine.beside(further))
}

pub(super) fn tokens(context: &Context) -> Result<Option<Tokens>, Failure> {
    let jwt = &context.settings().jwt;
    if jwt.algorithm.is_empty() {
        return Ok(None);
    }
    let path = Path::new(&jwt.key_file);
    let key = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(Exit::Settings, "settings", format_args!("jwt.key_file {}: {e}", path.display())))?;
    let wanted = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let settings = TokenSettings {
        algorithm: jwt.algorithm.clone(),
        key,
        issuer: wanted(&jwt.issuer),
        audience: wanted(&jwt.audience),
        leeway: jwt.leeway_s,
    };
    Tokens::new(settings).map(Some).map_err(|e| Failure::new(Exit::Settings, "settings", e))
}
