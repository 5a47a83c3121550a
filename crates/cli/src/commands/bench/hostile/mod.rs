//! Hostile statements: the attack texts of a suite, spliced into literals, names and whole statements, and every named case,
//! each checked and run as the product does; then those that would do harm by the validator alone and by the sandbox alone.

mod cases;
mod unrestricted;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use answer::pack::sha256;
use database::{Database, Limits, run, try_unchecked};
use rusqlite::Connection;
use schema::Catalog;
use sql::ddl::catalog_from_ddl;
use sql::{Dialect, Options, validate, verify};

use super::{Args, Figure, Measured};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use unrestricted::{Deed, Unrestricted};

/// What queries may read.
const SCHEMA: &str = include_str!("schema.sql");
/// What the database holds beside that.
const SECRET: &str = include_str!("secret.sql");
/// How long a statement may run.
const DEADLINE: Duration = Duration::from_millis(100);
/// How much later it may end.
const GRACE: Duration = Duration::from_millis(20);
/// How often a statement that ended late is run again: another program may have held the processor.
const RETRIES: usize = 4;
/// Violations that are shown.
const SHOWN: usize = 20;

/// A database in a folder of its own, opened as the product opens one.
struct Ground {
    folder: PathBuf,
    file: PathBuf,
    hash: String,
    catalog: Catalog,
    database: Database,
    unrestricted: Unrestricted,
}

/// What statements came to.
#[derive(Default)]
struct Tally {
    statements: usize,
    passed: usize,
    violations: usize,
    harmful: usize,
    by_validator: usize,
    by_sandbox: usize,
    by_both: usize,
    late: usize,
    shown: Vec<String>,
}

/// Attacks, and counts what came of it.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let Some(folder) = &args.suite else {
        return Err(Failure::usage("hostile statements are made of a suite's attack texts")
            .hint("name the folder with its text files: --suite DIR"));
    };
    let payloads = cases::payloads(Path::new(folder))?;
    let ground = Ground::new().map_err(|e| Failure::new(Exit::Failed, "internal", e))?;
    let mut tally = Tally::default();
    let statements = cases::statements(&payloads);
    let every = args.count.map_or(1, |count| statements.len().div_ceil(count as usize).max(1));
    for text in statements.iter().step_by(every) {
        tally.add(text, &ground)?;
    }
    let mut figures = tally.figures();
    figures.extend(other_dialects(&ground, &mut tally));
    figures.extend(legal(&ground, &payloads, &mut tally));
    tally.shown.iter().for_each(|told| context.note(told));
    ground.remove();
    Ok(figures)
}

impl Ground {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(format!("glrl-hostile-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("target.sqlite");
        let _ = std::fs::remove_file(&file);
        let mut connection = Connection::open(&file)?;
        connection.execute_batch(SCHEMA)?;
        connection.execute_batch(SECRET)?;
        let catalog = catalog_from_ddl(SCHEMA)?;
        let unrestricted = Unrestricted::new(&mut connection, &catalog)?;
        drop(connection);
        let database = database::open(&file, &catalog)?;
        let hash = sha256(&std::fs::read(&file)?);
        Ok(Ground { folder, file, hash, catalog, database, unrestricted })
    }

    /// Whether the file is what it was, and the only one in its folder.
    fn is_untouched(&self) -> bool {
        let same = std::fs::read(&self.file).is_ok_and(|bytes| sha256(&bytes) == self.hash);
        same && std::fs::read_dir(&self.folder).is_ok_and(|entries| entries.count() == 1)
    }

    fn remove(self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    fn limits(&self) -> Limits {
        Limits { deadline: DEADLINE, ..Limits::default() }
    }

    /// Runs what the validator let through; what is wrong with it, if anything.
    fn violation(&self, text: &str) -> Result<Option<String>, Failure> {
        let Ok(query) = verify(text, &self.catalog, &Options::default()) else { return Ok(None) };
        let deed = self.deed(query.sql())?;
        if deed.is_forbidden() {
            return Ok(Some(format!("let through: {deed:?}")));
        }
        let is_known = |name: &&String| database::functions::is_allowed(name);
        if let Some(function) = deed.functions.iter().find(|name| !is_known(name)) {
            return Ok(Some(format!("calls {function}")));
        }
        let slow = self.is_late(&mut || drop(run(&self.database, &query, &self.limits())));
        Ok(slow.then(|| "not stopped in time".to_owned()))
    }

    /// Whether work takes longer than it may each time it is tried.
    fn is_late(&self, work: &mut dyn FnMut()) -> bool {
        (0..RETRIES).all(|_| {
            let started = Instant::now();
            work();
            started.elapsed() > DEADLINE + GRACE
        })
    }

    fn deed(&self, text: &str) -> Result<Deed, Failure> {
        let deed = self.unrestricted.deed(text, DEADLINE + GRACE);
        deed.map_err(|e| Failure::new(Exit::Failed, "internal", e))
    }

    /// Whether the sandbox stops a text that nothing checked: refuses it, or ends it in time where time is its only harm.
    fn is_stopped(&self, text: &str, deed: &Deed) -> bool {
        let mut outcome = Ok(());
        let late = self.is_late(&mut || outcome = try_unchecked(&self.database, text, &self.limits()));
        !late && (outcome.is_err() || !deed.is_forbidden())
    }
}

impl Tally {
    fn add(&mut self, text: &str, ground: &Ground) -> Result<(), Failure> {
        self.statements += 1;
        let passes = verify(text, &ground.catalog, &Options::default()).is_ok();
        self.passed += usize::from(passes);
        let mut violation = ground.violation(text)?;
        let deed = ground.deed(text)?;
        if deed.is_harmful() {
            let stopped = ground.is_stopped(text, &deed);
            self.harmful += 1;
            self.late += usize::from(!deed.is_forbidden());
            self.by_validator += usize::from(!passes);
            self.by_sandbox += usize::from(stopped);
            self.by_both += usize::from(!passes || stopped);
            if !stopped {
                self.show("the sandbox alone does not stop", text);
            }
        }
        if !ground.is_untouched() {
            violation = Some("the file is another".to_owned());
        }
        if let Some(what) = violation {
            self.violations += 1;
            self.show(&what, text);
        }
        Ok(())
    }

    fn show(&mut self, what: &str, text: &str) {
        if self.shown.len() < SHOWN {
            self.shown.push(format!("{what}: {text}"));
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let share = |n: usize| 100.0 * n as f64 / self.harmful.max(1) as f64;
        let count = |name: &str, n: usize| Figure::new(format!("hostile.{name}"), n as f64, "");
        let percent = |name: &str, n: usize| Figure::new(format!("hostile.{name}"), share(n), "%");
        vec![
            count("statements", self.statements),
            count("violations", self.violations),
            count("let through as harmless", self.passed),
            count("would do harm", self.harmful),
            count("would do harm by running too long only", self.late),
            percent("stopped by the validator alone", self.by_validator),
            percent("stopped by the sandbox alone", self.by_sandbox),
            percent("stopped by either", self.by_both),
        ]
    }
}

/// The named cases of other engines: none may pass the validator by its engine's rules.
fn other_dialects(ground: &Ground, tally: &mut Tally) -> Vec<Figure> {
    let mut let_through = 0;
    for (section, dialect) in [("postgres", Dialect::Postgres), ("mysql", Dialect::MySql)] {
        for text in cases::section(section) {
            let options = Options { dialect, ..Options::default() };
            if verify(text, &ground.catalog, &options).is_ok() {
                let_through += 1;
                tally.show(section, text);
            }
        }
    }
    vec![Figure::new("hostile.let through in other dialects", f64::from(let_through), "")]
}

/// What must pass and run: the legal list, and each attack text as a mere value.
fn legal(ground: &Ground, payloads: &[String], tally: &mut Tally) -> Vec<Figure> {
    let runs = |text: &str| {
        let query = verify(text, &ground.catalog, &Options::default());
        query.is_ok_and(|query| run(&ground.database, &query, &Limits::default()).is_ok())
    };
    let quoted = |payload: &String| format!("SELECT name FROM item WHERE name = '{}'", payload.replace('\'', "''"));
    let postgres = Options { dialect: Dialect::Postgres, ..Options::default() };
    let mut blocked = |is_fine: &dyn Fn(&str) -> bool, texts: &mut dyn Iterator<Item = String>| {
        let blocked: Vec<String> = texts.filter(|text| !is_fine(text)).collect();
        blocked.iter().for_each(|text| tally.show("blocked", text));
        blocked.len()
    };
    let own = |section| cases::section(section).map(str::to_owned);
    let unusual = blocked(&runs, &mut own("legal"));
    let checked = |text: &str| validate(text, &ground.catalog, &postgres).valid;
    let unusual = unusual + blocked(&checked, &mut own("legal postgres"));
    let as_values = blocked(&runs, &mut payloads.iter().map(quoted));
    let all = cases::section("legal").count() + cases::section("legal postgres").count();
    vec![
        Figure::new("hostile.legal statements", (all + payloads.len()) as f64, ""),
        Figure::new("hostile.legal list: blocked", unusual as f64, ""),
        Figure::new("hostile.attack texts as values: blocked", as_values as f64, ""),
    ]
}
