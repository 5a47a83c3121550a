//! `glrl reward`: what completions are worth, one line out for each line in.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use answer::pack::Pack;
use database::Image;
use judge::reward::{Case, Court, Profile, Settings, feedback, reward};
use serde_json::{Value as Json, json};
use sql::verify;
use toml::Value;
use train::evaluate::limits;

use super::Arguments;
use super::eval::{image, reward_databases};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::lines::{Line, Lines};
use crate::output;
use crate::settings::FlagValue;

/// Questions whose references' rows are kept for the next completion.
const KEPT: usize = 32;
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
        false => args.db.iter().map(|path| image(path, &pack)).collect::<Result<_, _>>()?,
    };
    let profile = match args.profile {
        Named::Execution => Profile::Execution,
        Named::Seed => Profile::Seed,
    };
    let bench = Bench { pack: &pack, images: &images, settings: Settings { profile, ..Settings::default() }, kept: Mutex::default() };
    in_order(&mut lines, usize::from(args.threads), &|line| bench.reply(line), context)?;
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

/// What rewards are computed with, and what is known already.
struct Bench<'a> {
    pack: &'a Pack,
    images: &'a [Image],
    settings: Settings,
    /// By what a line says of its question.
    kept: Mutex<HashMap<String, Arc<Known>>>,
}

/// A question with what its completions were worth.
struct Known {
    case: Result<Case, String>,
    replies: Mutex<HashMap<String, Json>>,
}

impl Bench<'_> {
    fn reply(&self, line: Line) -> Json {
        let Line { number, id, text, rest } = line;
        let found = text.and_then(|completion| {
            let asked = Asked::of(&rest)?;
            self.reward(&asked, &completion)
        });
        match found {
            Ok(mut reply) => {
                reply["id"] = id;
                reply
            }
            Err(message) => json!({
                "id": id, "line": number, "reward": null, "components": null, "feedback": null,
                "error": { "code": "line", "message": message, "hint": null },
            }),
        }
    }

    /// The reply without its id; equal completions of one question are run once.
    fn reward(&self, asked: &Asked<'_>, completion: &str) -> Result<Json, String> {
        let known = self.known(asked);
        let case = known.case.as_ref().map_err(String::clone)?;
        let replies = || known.replies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reply) = replies().get(completion) {
            return Ok(reply.clone());
        }
        let court = Court { images: self.images, limits: limits(), witnesses: self.settings.witnesses, in_words: true };
        let options = sql::Options { question: asked.question, ..self.pack.validation() };
        let trial = court.text(case, completion, &options);
        let reply = json!({
            "id": null,
            "reward": reward(&trial, &self.settings),
            "components": trial.components,
            "feedback": feedback(&trial, &self.settings),
        });
        replies().insert(completion.to_owned(), reply.clone());
        Ok(reply)
    }

    /// The question of a line, its references run on every database unless they were before.
    fn known(&self, asked: &Asked<'_>) -> Arc<Known> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{asked:?}");
        if let Some(known) = kept().get(&key) {
            return Arc::clone(known);
        }
        let known = Arc::new(Known { case: self.case(asked), replies: Mutex::default() });
        let mut all = kept();
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(key, Arc::clone(&known));
        known
    }

    fn case(&self, asked: &Asked<'_>) -> Result<Case, String> {
        if asked.must_decline {
            return Ok(Case::to_be_declined());
        }
        let catalog = &self.pack.catalog;
        let verified = |sql: &&str| {
            verify(sql, catalog, &sql::Options::default()).map_err(|report| {
                let first = report.diagnostics.first().map_or("it is no query", |found| found.message.as_str());
                format!("the reference cannot be used: {first}")
            })
        };
        let queries = asked.references.iter().map(verified).collect::<Result<Vec<_>, _>>()?;
        let case = Case::open(self.images, &queries, asked.ordered, &limits());
        case.map_err(|e| format!("the reference cannot be run: {e}"))
    }
}

/// What a line says of its question.
#[derive(Debug)]
struct Asked<'a> {
    question: Option<&'a str>,
    references: Vec<&'a str>,
    ordered: bool,
    must_decline: bool,
}

impl<'a> Asked<'a> {
    fn of(rest: &'a Json) -> Result<Self, String> {
        let text = |field: &str| match &rest[field] {
            Json::Null => Ok(None),
            Json::String(text) => Ok(Some(text.as_str())),
            _ => Err(format!("\"{field}\" is not a text")),
        };
        let alternatives = match &rest["alternatives"] {
            Json::Null => vec![],
            Json::Array(all) => all.iter().map(|one| one.as_str().ok_or("\"alternatives\" are not texts")).collect::<Result<_, _>>()?,
            _ => return Err("\"alternatives\" are no list of texts".to_owned()),
        };
        let ordered = match &rest["ordered"] {
            Json::Null => false,
            Json::Bool(ordered) => *ordered,
            _ => return Err("\"ordered\" is neither true nor false".to_owned()),
        };
        let must_decline = match text("status")? {
            None | Some("answered") => false,
            Some("refused" | "abstained") => true,
            Some(other) => return Err(format!("\"status\" is \"{other}\": expected answered, refused or abstained")),
        };
        let references: Vec<&str> = text("sql")?.into_iter().chain(alternatives).collect();
        Ok(Asked { question: text("question")?, references, ordered, must_decline })
    }
}
