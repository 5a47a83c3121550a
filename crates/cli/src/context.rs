//! What every command is given: settings, the environment, and the ways to open packs, databases and models with the
//! right failure for each.

use std::path::{Path, PathBuf};

use answer::engine::LoadedModel;
use answer::pack::Pack;
use database::fill::Recipe;
use database::{Database, DemoSpec, Fault, OpenError, Place, demo_database};
use jiff::civil::Date;
use model::cpu::Cpu;
use model::model_folder::Loaded;

use crate::assets;
use crate::exit::{Exit, Failure};
use crate::output::{self, Paint};
use crate::settings::{Environment, FlagValue, NamedSchema, Resolved, Settings};

/// Seed of the demo database that stands behind `ask` without `--db`.
const DEMO_SEED: u64 = 1;

/// Settings and environment of one run.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The settings with their origins.
    pub(crate) resolved: Resolved,
    /// The environment.
    pub(crate) environment: Environment,
    /// `--json`.
    pub(crate) json: bool,
    quiet: bool,
    config_file: Option<PathBuf>,
    flags: Vec<FlagValue>,
}

/// What the command line says beside the command.
#[derive(Debug)]
pub(crate) struct Said {
    /// `--json`.
    pub(crate) json: bool,
    /// `--quiet`.
    pub(crate) quiet: bool,
    /// `--config`.
    pub(crate) config_file: Option<PathBuf>,
    /// The settings that flags set.
    pub(crate) flags: Vec<FlagValue>,
}

impl Context {
    /// What the command line and the environment came to.
    pub(crate) fn new(resolved: Resolved, environment: Environment, said: Said) -> Self {
        let Said { json, quiet, config_file, flags } = said;
        Context { resolved, environment, json, quiet, config_file, flags }
    }

    /// The settings.
    pub(crate) fn settings(&self) -> &Settings {
        &self.resolved.settings
    }

    /// `--quiet`.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says something on standard error, unless `--quiet`.
    pub(crate) fn note(&self, line: impl std::fmt::Display) {
        if !self.quiet {
            output::talk(format_args!("{line}"));
        }
    }

    /// Colours, where standard output wants them.
    pub(crate) fn paint(&self) -> Paint {
        let wanted = self.settings().output.color == "auto" && self.environment.get("NO_COLOR").is_none();
        Paint { on: wanted && output::is_terminal() && self.environment.get("TERM") != Some("dumb") }
    }

    /// The folder for generated databases and value indexes; `None` where there is no home folder.
    pub(crate) fn cache_folder(&self) -> Option<PathBuf> {
        let set = &self.settings().paths.cache;
        if !set.is_empty() {
            return Some(PathBuf::from(set));
        }
        self.environment.xdg("XDG_CACHE_HOME", ".cache").map(|folder| folder.join("glrl"))
    }

    /// A file or folder of the service: as set, or in the folder for what programs keep; `None` where it is switched off.
    pub(crate) fn state_path(&self, set: &str, name: &str) -> Result<Option<PathBuf>, Failure> {
        if set == "off" {
            return Ok(None);
        }
        if !set.is_empty() {
            return Ok(Some(PathBuf::from(set)));
        }
        let folder = self.environment.xdg("XDG_STATE_HOME", ".local/state").map(|folder| folder.join("glrl"));
        let folder = folder.ok_or_else(|| {
            let failure = Failure::new(Exit::Settings, "settings", "there is no home folder to keep keys and logs in");
            failure.hint("set server.keys, server.audit and server.feedback")
        })?;
        Ok(Some(folder.join(name)))
    }

    /// The settings as they are now, for a service that is told to read them again.
    pub(crate) fn resolve_again(&self) -> Result<Resolved, Failure> {
        crate::settings::resolve(&self.environment, self.config_file.as_deref(), self.flags.clone())
    }

    /// The same with the pack, database and model of one schema among several.
    pub(crate) fn of_schema(&self, schema: &NamedSchema) -> Context {
        let mut own = self.clone();
        let settings = &mut own.resolved.settings;
        settings.pack.clone_from(&schema.pack);
        settings.database.path.clone_from(&schema.db);
        settings.model.path.clone_from(&schema.model);
        own
    }

    /// What each schema is served with: those that settings name, or the one that they describe.
    pub(crate) fn of_schemas(&self) -> Vec<Context> {
        match &self.settings().server.schemas[..] {
            [] => vec![self.clone()],
            named => named.iter().map(|schema| self.of_schema(schema)).collect(),
        }
    }

    /// The same with the settings as they are now.
    pub(crate) fn again(&self) -> Result<Self, Failure> {
        Ok(Context { resolved: self.resolve_again()?, ..self.clone() })
    }

    /// The same with the model of another folder; an empty path names the one inside the program.
    pub(crate) fn with_model(&self, folder: &Path) -> Self {
        let mut context = self.clone();
        context.resolved.settings.model.path = folder.to_string_lossy().into_owned();
        context
    }

    /// The pack that settings name: one inside the program, or a folder.
    pub(crate) fn pack(&self) -> Result<Pack, Failure> {
        let name = &self.settings().pack;
        let pack = match assets::pack(name) {
            Some(files) => Pack::new(files),
            None if Path::new(name).is_dir() => Pack::from_folder(Path::new(name)),
            None => {
                let hint =
                    format!("inside the program: {}; or give the path of a pack's folder", assets::PACKS.join(", "));
                return Err(Failure::data(format_args!("there is no pack \"{name}\"")).hint(hint));
            }
        };
        pack.map_err(Failure::data)
    }

    /// The database that settings name, or the pack's demo database.
    pub(crate) fn database(&self, pack: &Pack) -> Result<Database, Failure> {
        let path = &self.settings().database.path;
        if path.is_empty() {
            return self.demo_database(pack);
        }
        database::open_at(&self.place(path)?, &pack.catalog).map_err(|e| cannot_open(&e))
    }

    /// The file or server that a text names.
    pub(crate) fn place(&self, text: &str) -> Result<Place, Failure> {
        let variable = |name: &str| self.environment.get(name).map(str::to_owned);
        Place::parse(text, &variable).map_err(|e| cannot_open(&e))
    }

    fn demo_database(&self, pack: &Pack) -> Result<Database, Failure> {
        if pack.files.demo.is_empty() {
            let hint = "name one with --db FILE.sqlite";
            return Err(Failure::data(format_args!("pack \"{}\" has no demo database", pack.name())).hint(hint));
        }
        let spec = DemoSpec::from_toml(&pack.files.demo).map_err(Failure::data)?;
        let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec: &spec, seed: DEMO_SEED };
        demo_database(self.cache_folder().as_deref(), &recipe).map_err(Failure::data)
    }

    /// The model that settings name, or the one inside the program, checked against the pack. `Err` holds the exit 8
    /// that a question needing it ends with.
    pub(crate) fn model(&self, pack: &Pack) -> Result<LoadedModel, Failure> {
        let path = &self.settings().model.path;
        if !path.is_empty() {
            return self.model_at(Path::new(path), pack);
        }
        let files = assets::model().filter(|_| assets::PACKS.contains(&pack.name()));
        let Some(files) = files else { return Err(no_model(pack)) };
        self.choose_cpu()?;
        self.checked(model::model_folder::load_embedded(files), pack)
    }

    /// The model of a folder, checked against the pack.
    pub(crate) fn model_at(&self, folder: &Path, pack: &Pack) -> Result<LoadedModel, Failure> {
        self.choose_cpu()?;
        self.checked(model::model_folder::load(folder), pack)
    }

    fn checked(&self, loaded: Result<Loaded, model::Error>, pack: &Pack) -> Result<LoadedModel, Failure> {
        let loaded = loaded.map_err(|e| Failure::new(Exit::Model, "model_damaged", e).hint(MODEL_HINT))?;
        let weights = self.settings().model.weights.parse().map_err(|e| Failure::new(Exit::Settings, "settings", e))?;
        LoadedModel::with_weights(loaded, pack, weights)
            .map_err(|e| Failure::new(Exit::Model, e.cause().code(), e).hint(MODEL_HINT))
    }

    /// Forces the instruction set that settings name.
    pub(crate) fn choose_cpu(&self) -> Result<(), Failure> {
        let name = &self.settings().model.cpu;
        if name == "auto" {
            return Ok(());
        }
        let forced = name.parse::<Cpu>().and_then(model::cpu::force);
        forced.map_err(|e| Failure::new(Exit::Settings, "settings", e))
    }
}

const MODEL_HINT: &str = "`glrl model info` shows what a model folder was made for; `glrl train sft` makes a new one";

fn no_model(pack: &Pack) -> Failure {
    let message = format!("there is no model for pack \"{}\": this program was built without its weights", pack.name());
    Failure::new(Exit::Model, "model_missing", message)
        .hint("name a model folder with --model DIR, or train one with `glrl train sft`")
}

/// A database that cannot be opened: exit 5 where it is out of reach, 7 where it is not what it has to be.
pub(crate) fn cannot_open(error: &OpenError) -> Failure {
    let (exit, code) = match error.fault() {
        Fault::Unavailable => (Exit::Unavailable, "database_unavailable"),
        _ if matches!(error, OpenError::Url(_)) => (Exit::Usage, "database_url"),
        _ => (Exit::Data, "database_invalid"),
    };
    let failure = Failure::new(exit, code, error);
    match error {
        OpenError::Server(_) | OpenError::ServerLacks { .. } => failure
            .hint("see that it runs, and that host, user and rights are right; `glrl doctor --db URL` looks at each"),
        _ => failure,
    }
}

/// A day given as `YYYY-MM-DD`, or the machine's own.
pub(crate) fn today(text: Option<&str>) -> Result<Date, Failure> {
    let Some(text) = text else { return Ok(jiff::Zoned::now().date()) };
    let digits = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    let date = text.parse::<Date>().ok().filter(|_| digits);
    date.ok_or_else(|| Failure::usage(format_args!("--today {text}: expected a day as YYYY-MM-DD")))
}
