//! Everything that is opened once and asked many times: pack, database, values, model.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use database::{Database, ProfileLimits};
use jiff::civil::Date;
use model::inference::{Model, Weights};
use model::model_folder::{self, Loaded};
use model::weights::Metadata;
use schema::{Context, Lexicon, ValueIndex};
use sql::matcher::{Grammar, Limits};
use sql::policy::{Access, PolicyError};
use sql::validate::{BusinessRule, RuleKind};

use crate::channel::{CHANNEL_USUAL, CHANNEL_WEIGHT, Channel};
use crate::confidence::{Calibration, LEAST_ANSWERABLE, SINGLE, VOTED, read_number};
use crate::pack::{Pack, PackError};
use crate::plan::PlanOrder;
use crate::prompt::PROMPT_FORMAT;
use crate::query_generator::Generator;
use crate::reply::{Cause, Problem};
use crate::values::value_index;
use crate::vocabulary::{Vocabulary, VocabularyError};

const CATALOG: &str = "glrl.catalog";
const VOCABULARY: &str = "glrl.vocabulary";
const FORMAT: &str = "glrl.prompt_format";
const PLAN: &str = "glrl.plan";
const GENERATED: &str = "generated";
/// Stands in the metadata of networks that write anything but queries.
const WRITES: &str = "glrl.writes";
/// What the network of a model writes.
pub const QUERIES: &str = "queries";
/// What the one beside it writes ([`crate::channel`]).
pub const QUESTIONS: &str = "questions";

/// A model that fits a pack, ready to run.
pub struct LoadedModel {
    /// The network.
    pub model: Model,
    /// Its tokens.
    pub vocabulary: Vocabulary,
    /// What may follow what.
    pub grammar: Grammar,
    /// What a plan may name, for a model that was taught to plan before it writes.
    pub plan: Option<PlanOrder>,
    /// From likelihood to confidence.
    pub calibration: Calibration,
    /// How sure a result is that several candidates were asked for.
    pub voted_calibration: Calibration,
    /// Questions that are less likely to be answerable are declined ([`crate::confidence::least_answerable`]).
    pub least_answerable: f64,
    /// What tells how likely a candidate makes the question, where the model has it.
    pub channel: Option<Channel>,
    /// What the weights file says of itself.
    pub metadata: Metadata,
}

impl std::fmt::Debug for LoadedModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedModel").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

/// Why a model does not serve a pack.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It was made for something else.
    #[error("the model was made for another {what}: it carries {given}, this is {wanted}")]
    Other {
        /// "catalog", "vocabulary", "prompt format" or "purpose".
        what: &'static str,
        /// What the weights carry.
        given: String,
        /// What they would have to carry.
        wanted: String,
    },
    /// It has no vocabulary of this program's kind.
    #[error("the model has no tokenizer.json of this program's kind")]
    NoVocabulary,
    /// The width of its output is not that of its vocabulary.
    #[error("the model's output has {given} tokens, its vocabulary {wanted}")]
    Width {
        /// `vocab_size` of `config.json`.
        given: usize,
        /// Tokens of `tokenizer.json`.
        wanted: usize,
    },
    /// Its vocabulary lacks tokens that the pack needs.
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    /// The pack's own words do not read.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The network does not fit itself.
    #[error(transparent)]
    Model(#[from] model::error::Error),
}

impl ModelError {
    /// What a question that needs the model is told.
    pub fn cause(&self) -> Cause {
        match self {
            ModelError::Other { .. } | ModelError::Vocabulary(_) => Cause::ModelForAnother,
            _ => Cause::ModelDamaged,
        }
    }
}

/// What a network is taught to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// Queries for questions.
    Queries,
    /// The same; some of them behind a plan.
    PlansAndQueries,
    /// Questions for queries ([`crate::channel`]).
    Questions,
}

/// What the weights of a network for this pack and vocabulary carry.
pub fn metadata(pack: &Pack, vocabulary: &Vocabulary, writes: Writes) -> Metadata {
    let plan = if writes == Writes::PlansAndQueries { GENERATED } else { "none" };
    let pairs = [
        (CATALOG, pack.catalog_hash()),
        (VOCABULARY, vocabulary.hash()),
        (FORMAT, PROMPT_FORMAT.to_owned()),
        (PLAN, plan.to_owned()),
    ];
    let other = (writes == Writes::Questions).then(|| (WRITES, QUESTIONS.to_owned()));
    pairs.into_iter().chain(other).map(|(key, value)| (key.to_owned(), value)).collect()
}

impl LoadedModel {
    /// How sure an answer is that so many candidates were asked for.
    pub fn calibration_for(&self, candidates: usize) -> Calibration {
        if candidates > 1 { self.voted_calibration } else { self.calibration }
    }

    /// Checks a model against a pack and makes it ready.
    ///
    /// # Errors
    /// When it was made for something else, or its parts do not fit each other.
    pub fn new(loaded: Loaded, pack: &Pack) -> Result<Self, ModelError> {
        LoadedModel::with_weights(loaded, pack, Weights::F32)
    }

    /// As [`LoadedModel::new`], with the network's matrices kept in the given way.
    ///
    /// # Errors
    /// As [`LoadedModel::new`].
    pub fn with_weights(loaded: Loaded, pack: &Pack, weights: Weights) -> Result<Self, ModelError> {
        fits(&loaded.metadata, pack, QUERIES)?;
        let tokenizer = loaded.tokenizer.ok_or(ModelError::NoVocabulary)?;
        let vocabulary = Vocabulary::new(tokenizer, &pack.catalog, pack.lexicon()?)?;
        same(&loaded.metadata, "vocabulary", VOCABULARY, vocabulary.hash())?;
        let (width, wanted) = (loaded.parameters.config.vocab_size, vocabulary.size());
        if width != wanted {
            return Err(ModelError::Width { given: width, wanted });
        }
        let grammar = grammar(pack, &vocabulary);
        let plans = loaded.metadata.get(PLAN).is_some_and(|plan| plan == GENERATED);
        let channel = |channel: model_folder::Channel| {
            fits(&channel.metadata, pack, QUESTIONS)?;
            same(&channel.metadata, "vocabulary", VOCABULARY, vocabulary.hash())?;
            let [weight, usual] = [CHANNEL_WEIGHT, CHANNEL_USUAL].map(|name| read_number(&loaded.metadata, name));
            Ok::<_, ModelError>(Channel { network: Model::with_weights(channel.parameters, weights)?, weight, usual })
        };
        Ok(LoadedModel {
            channel: loaded.channel.map(channel).transpose()?,
            plan: plans.then(|| PlanOrder::new(&vocabulary.lexicon)),
            model: Model::with_weights(loaded.parameters, weights)?,
            vocabulary,
            grammar,
            calibration: Calibration::from_metadata(&loaded.metadata, SINGLE),
            voted_calibration: Calibration::from_metadata(&loaded.metadata, VOTED),
            least_answerable: read_number(&loaded.metadata, LEAST_ANSWERABLE),
            metadata: loaded.metadata,
        })
    }

    /// What candidates are generated with; with a plan first where one is asked for and the model was taught to.
    pub fn generator(&self, threads: usize, plans: bool) -> Generator<'_> {
        let plan = self.plan.as_ref().filter(|_| plans);
        Generator {
            model: &self.model,
            vocabulary: &self.vocabulary,
            grammar: &self.grammar,
            plan,
            threads,
            constrained: true,
        }
    }
}

/// Whether weights carry this.
fn same(metadata: &Metadata, what: &'static str, key: &str, wanted: String) -> Result<(), ModelError> {
    let given = metadata.get(key).map_or("none", String::as_str).to_owned();
    if given == wanted { Ok(()) } else { Err(ModelError::Other { what, given, wanted }) }
}

/// What a network with such metadata writes.
pub fn written_by(metadata: &Metadata) -> &str {
    metadata.get(WRITES).map_or(QUERIES, String::as_str)
}

/// Whether a network was made for this pack, and to write this.
fn fits(metadata: &Metadata, pack: &Pack, wanted: &str) -> Result<(), ModelError> {
    same(metadata, "catalog", CATALOG, pack.catalog_hash())?;
    same(metadata, "prompt format", FORMAT, PROMPT_FORMAT.to_owned())?;
    let given = written_by(metadata);
    if given == wanted {
        return Ok(());
    }
    Err(ModelError::Other { what: "purpose", given: given.to_owned(), wanted: wanted.to_owned() })
}

/// The grammar that a model of this pack decodes under.
pub fn grammar(pack: &Pack, vocabulary: &Vocabulary) -> Grammar {
    Grammar::new(&pack.catalog, &vocabulary.lexicon, Some(&pack.glossary), Limits::default())
}

/// Everything a question is answered with. Copies share all of it but who asks.
#[derive(Debug, Clone)]
pub struct Engine {
    /// The domain.
    pub pack: Arc<Pack>,
    /// The model, or why there is none: questions then end with that, SQL and refusals do not need it.
    pub model: Result<Arc<LoadedModel>, Problem>,
    /// One query at a time each; everything else may be asked from several threads.
    databases: Vec<Arc<Mutex<Database>>>,
    /// The pack's rules; a list of values has those of the database beside its own.
    rules: Arc<[BusinessRule]>,
    values: Arc<ValueIndex>,
    words: Arc<Lexicon>,
    /// What the asker may see; all, where there is no policy.
    access: Option<Access>,
}

impl Engine {
    /// Builds the indexes that questions are read with; values are remembered in the cache folder, if there is one.
    pub fn new(
        pack: Pack,
        database: Database,
        model: Result<LoadedModel, Problem>,
        cache: Option<&Path>,
        limits: &ProfileLimits,
    ) -> Self {
        let values = value_index(&pack, &database, cache, limits);
        let words = Arc::new(Lexicon::new(&pack.catalog, &pack.glossary));
        let rules = with_values(&pack.checked, &values).into();
        let databases = vec![Arc::new(Mutex::new(database))];
        let (pack, model, values) = (Arc::new(pack), model.map(Arc::new), Arc::new(values));
        Engine { pack, model, databases, rules, values, words, access: None }
    }

    /// The same, asked by a user who may see what a policy lets through. Values of tables that it keeps something back of
    /// are not known to questions any more: a spelling mended by a hidden row would tell of it.
    pub fn restricted(self, access: Option<Access>) -> Self {
        let Some(seen) = &access else { return Engine { access, ..self } };
        let open = self.values.entries().iter().filter(|entry| !seen.policy().keeps_back(entry.column.table));
        let found = open.filter(|entry| entry.said.is_none());
        let found = found.map(|entry| (entry.column, entry.stored.clone(), entry.rows));
        let values = Arc::new(ValueIndex::new(found, &self.pack.catalog, &self.pack.glossary));
        Engine { access, values, ..self }
    }

    /// The same, where more is known of the user; without a policy it makes no difference.
    ///
    /// # Errors
    /// When the policy does not take what is said of the user.
    pub fn with_user<'v>(&self, user: impl IntoIterator<Item = (&'v str, &'v str)>) -> Result<Self, PolicyError> {
        let access = self.access.as_ref().map(|access| access.with(user)).transpose()?;
        Ok(Engine { access, ..self.clone() })
    }

    /// What the asker may see, where a policy says it.
    pub fn access(&self) -> Option<&Access> {
        self.access.as_ref()
    }

    /// The same with further connections to the same database, so that several queries may run at once.
    pub fn beside(mut self, further: impl IntoIterator<Item = Database>) -> Self {
        self.databases.extend(further.into_iter().map(|database| Arc::new(Mutex::new(database))));
        self
    }

    /// The database asked, for one query: a connection that is free, or the first one once it is.
    pub fn database(&self) -> MutexGuard<'_, Database> {
        let free = self.databases.iter().find_map(|database| match database.try_lock() {
            Ok(free) => Some(free),
            Err(TryLockError::Poisoned(free)) => Some(free.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        free.unwrap_or_else(|| self.databases[0].lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether a query would find a connection at once.
    pub fn database_is_free(&self) -> bool {
        self.databases.iter().any(|database| database.try_lock().is_ok())
    }

    /// How queries are validated.
    pub fn validation(&self) -> sql::Options<'_> {
        sql::Options { rules: &self.rules, ..self.pack.validation() }
    }

    /// What a question asked on this day is read against.
    pub fn context(&self, today: Date) -> Context<'_> {
        Context {
            catalog: &self.pack.catalog,
            glossary: &self.pack.glossary,
            lexicon: &self.words,
            values: &self.values,
            vocabulary: None,
            today,
        }
    }
}

/// A value that the database holds is no mistake, whatever the pack's list says.
fn with_values(rules: &[BusinessRule], index: &ValueIndex) -> Vec<BusinessRule> {
    let mut rules = rules.to_vec();
    for rule in &mut rules {
        let RuleKind::ValueInList { column, values } = &mut rule.kind else { continue };
        let held = index.entries().iter().filter(|entry| entry.column == *column && entry.rows > 0);
        values.extend(held.map(|entry| entry.stored.clone()));
    }
    rules
}
