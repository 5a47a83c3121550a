//! `glrl reward`: what completions are worth, one line out for each line in.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use answer::pack::Pack;
use judge::reward::{Asked, Bench, Profile, Settings, Worth};
use serde_json::{Value as Json, json};
use toml::Value;
use train::evaluate::limits;

use super::Arguments;
use super::eval::{image, reward_databases};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::lines::{Line, Lines};
use crate::output;
use crate::settings::FlagValue;

/// Lines on their way.
const AHEAD: usize = 64;

/// What to reward, on which databases.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Reward each line `{"id", "question", "completion", "sql"}` of this file with one line of JSON; "-" is standard input.
    /// "sql" is the reference; without it rows are compared with nothing. A line may also hold "alternatives", "ordered" and
    /// "status" as question files do: what is "refused" or "abstained" must be declined.
    #[arg(long, value_name = "FILE")]
    batch: PathBuf,
    /// What decides: "execution" (the rows) or "seed" (the weighted sum of six components).
    #[arg(long, value_name = "NAME", default_value = "execution")]
    profile: Named,
    /// Run on this database instead of generated ones; several may be given.
    #[arg(long, value_name = "FILE")]
    db: Vec<PathBuf>,
    /// The pack: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    /// Threads; the replies do not depend on them.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Named {
    Execution,
    Seed,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        self.pack.iter().map(|pack| ("pack", "--pack", Value::String(pack.clone()))).collect()
    }
}

/// Rewards.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let mut lines = Lines::open(&args.batch, "completion")?;
    let pack = context.pack()?;
    let images = match args.db.is_empty() {
        true => reward_databases(&pack)?,
        false => args.db.iter().map(|path| image(path, &pack)).collect::<Result<Vec<_>, _>>()?,
    };
    let profile = match args.profile {
        Named::Execution => Profile::Execution,
        Named::Seed => Profile::Seed,
    };
    let bench = Bench::new(images.into(), limits(), Settings { profile, ..Settings::default() });
    in_order(&mut lines, usize::from(args.threads), &|line| reply(&pack, &bench, line), context)?;
    Ok(Exit::Done)
}

/// Replies to all lines, on several threads, in their order, each as soon as it and those before it are known.
fn in_order(
    lines: &mut Lines,
    threads: usize,
    reply: &(dyn Fn(Line) -> Json + Sync),
    context: &Context,
) -> Result<(), Failure> {
    let (give, take) = sync_channel::<(usize, Line)>(AHEAD);
    let (done, all) = sync_channel::<(usize, Json)>(AHEAD);
    let (take, closed) = (Mutex::new(take), AtomicBool::new(false));
    let json = context.json;
    std::thread::scope(|scope| {
        let printer = scope.spawn(move || print(&all, json));
        for _ in 0..threads {
            let (take, done, closed) = (&take, done.clone(), &closed);
            scope.spawn(move || work(take, &done, closed, reply));
        }
        drop(done);
        let read = feed(lines, &give, &closed);
        drop(give);
        let printed = printer.join().unwrap_or_else(|_| Err(io::Error::other("the printer stopped")));
        read.and_then(|()| Ok(printed?))
    })
}

/// Reads lines until there are none, or nobody listens to the replies.
fn feed(lines: &mut Lines, give: &SyncSender<(usize, Line)>, closed: &AtomicBool) -> Result<(), Failure> {
    let mut number = 0;
    while let Some(line) = lines.next()? {
        if closed.load(Ordering::Relaxed) || give.send((number, line)).is_err() {
            break;
        }
        number += 1;
    }
    Ok(())
}

/// Replies to lines as they come. Where nobody listens, what is on its way is taken and dropped.
fn work(
    take: &Mutex<Receiver<(usize, Line)>>,
    done: &SyncSender<(usize, Json)>,
    closed: &AtomicBool,
    reply: &(dyn Fn(Line) -> Json + Sync),
) {
    loop {
        let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, line)) = next else { return };
        if !closed.load(Ordering::Relaxed) && done.send((number, reply(line))).is_err() {
            closed.store(true, Ordering::Relaxed);
        }
    }
}

/// Prints replies in the order of their lines.
fn print(all: &Receiver<(usize, Json)>, json: bool) -> io::Result<()> {
    let (mut next, mut early) = (0, BTreeMap::new());
    for (number, reply) in all {
        early.insert(number, reply);
        while let Some(reply) = early.remove(&next) {
            if json { output::line(reply)? } else { output::line(for_people(&reply))? }
            next += 1;
        }
    }
    Ok(())
}

fn for_people(reply: &Json) -> String {
    let id = reply["id"].as_str().map_or_else(|| reply["id"].to_string(), str::to_owned);
    let said = reply["feedback"].as_str().or(reply["error"]["message"].as_str()).unwrap_or_default();
    let worth = reply["reward"].as_f64().map_or_else(|| "error".to_owned(), |reward| format!("{reward:6.3}"));
    output::plain(&format!("{id}  {worth}  {said}"))
}

/// The reply to a line; one that cannot be rewarded is told so in its place.
fn reply(pack: &Pack, bench: &Bench, line: Line) -> Json {
    let Line { number, id, text, rest } = line;
    let worth = text.and_then(|completion| {
        bench.worth(&pack.catalog, &pack.validation(), &asked(&rest)?, &completion)
    });
    match worth {
        Ok(Worth { reward, components, feedback }) => {
            json!({ "id": id, "reward": reward, "components": components, "feedback": feedback })
        }
        Err(message) => json!({
            "id": id, "line": number, "reward": null, "components": null, "feedback": null,
            "error": { "code": "line", "message": message, "hint": null },
        }),
    }
}

/// What a line says of its question.
fn asked(rest: &Json) -> Result<Asked, String> {
    let text = |field: &str| match &rest[field] {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text.clone())),
        _ => Err(format!("\"{field}\" is not a text")),
    };
    let alternatives = match &rest["alternatives"] {
        Json::Null => vec![],
        Json::Array(all) => {
            all.iter().map(|one| one.as_str().map(str::to_owned).ok_or("\"alternatives\" are not texts")).collect::<Result<_, _>>()?
        }
        _ => return Err("\"alternatives\" are no list of texts".to_owned()),
    };
    let ordered = match &rest["ordered"] {
        Json::Null => false,
        Json::Bool(ordered) => *ordered,
        _ => return Err("\"ordered\" is neither true nor false".to_owned()),
    };
    let must_decline = match text("status")?.as_deref() {
        None | Some("answered") => false,
        Some("refused" | "abstained") => true,
        Some(other) => return Err(format!("\"status\" is \"{other}\": expected answered, refused or abstained")),
    };
    let references = text("sql")?.into_iter().chain(alternatives).collect();
    Ok(Asked { question: text("question")?, references, ordered, must_decline })
}
