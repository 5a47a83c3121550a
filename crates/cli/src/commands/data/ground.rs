//! What question files are looked over with: a pack, databases, and the files that judge.

use std::path::{Path, PathBuf};

use train::canonical::Reader;
use train::lint::{Ground, Linted, lint};
use train::question::{Line, Question, Trouble, read_lines};
use train::synth::studio::Workshop;

use crate::commands::eval::{FILL_SEED, TODAY, databases, failed, fixed_day, image};
use crate::context::Context;
use crate::exit::Failure;

/// The flags of `data lint` and `data import`.
#[derive(Debug, clap::Args)]
pub(crate) struct GroundArgs {
    /// A question file that judges, which none of the questions may be in; several may be given.
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
    /// The pack: a name, or a folder.
    #[arg(long)]
    pub(super) pack: Option<String>,
    /// Run the queries on this database instead of generated ones; several may be given.
    #[arg(long, value_name = "FILE")]
    db: Vec<PathBuf>,
    /// Seed of the generated databases.
    #[arg(long, default_value_t = FILL_SEED)]
    seed: u64,
    /// The day that relative dates are counted from.
    #[arg(long, value_name = "DATE", default_value = TODAY)]
    today: String,
    /// Warnings count as errors.
    #[arg(long)]
    pub(super) strict: bool,
    /// Threads; what is found does not depend on them.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
}

impl GroundArgs {
    /// Calls `work` with what questions are looked over with.
    pub(super) fn with<T>(
        &self,
        context: &Context,
        work: impl FnOnce(&Ground<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (today, pack) = (fixed_day(&self.today)?, context.pack()?);
        let images = match self.db.is_empty() {
            true => databases(&pack, self.seed)?,
            false => self.db.iter().map(|path| image(path, &pack)).collect::<Result<_, _>>()?,
        };
        let workshop = Workshop::new(&pack, images.clone(), today).map_err(Failure::data)?;
        let studio = workshop.studio(0, None);
        let reader = Reader { context: studio.context, lexicon: studio.lexicon, grammar: studio.grammar };
        let threads = usize::from(self.threads);
        work(&Ground { reader, options: pack.validation(), databases: &images, threads })
    }

    /// Looks over lines, beside the files that judge.
    pub(super) fn lint(&self, lines: &[Line], ground: &Ground<'_>) -> Result<Linted, Failure> {
        let against = self.against.iter().map(|path| judging(path)).collect::<Result<Vec<_>, _>>()?.concat();
        lint(lines, &against, ground).map_err(|e| failed(&e))
    }
}

/// The lines of files in their order; questions may follow `known` ones, and those of earlier files.
pub(super) fn lines(files: &[PathBuf], known: Vec<Question>) -> Result<Vec<Line>, Failure> {
    let (mut lines, mut known): (Vec<Line>, Vec<Question>) = (vec![], known);
    for path in files {
        let read = read_lines(path, &known).map_err(|e| failed(&e))?;
        known.extend(read.iter().filter_map(|line| line.question.clone().ok()));
        lines.extend(read);
    }
    Ok(lines)
}

/// The lines of a file that judges, which may have no fault that hides a question.
fn judging(path: &Path) -> Result<Vec<Line>, Failure> {
    let lines = read_lines(path, &[]).map_err(|e| failed(&e))?;
    let hidden = |line: &&Line| matches!(line.question, Err((Trouble::Json | Trouble::Field, _)));
    match lines.iter().find(hidden) {
        None => Ok(lines),
        Some(line) => {
            let reason = line.question.as_ref().err().map_or("", |(_, reason)| reason);
            Err(Failure::data(format_args!("{}, line {}: {reason}", path.display(), line.number)))
        }
    }
}
