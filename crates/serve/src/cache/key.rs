//! Keys of answers: hashes of everything that decides one, so that nothing has to be thrown away, and no question can be read
//! from a key.

use answer::engine::Engine;
use answer::orchestrator::Options;
use database::Limits;
use sha2::{Digest, Sha256};

use crate::auth::keys::hex;
use crate::service::Served;

/// The form of shared values; another form has other keys.
pub(super) const FORM: &str = "v1";

/// The keys of one question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Of its answer with rows, in memory; none where it cannot be told whether the database has changed.
    pub own: Option<[u8; 32]>,
    /// Of its query, in the stores that instances share; none where rows or a conversation had part in choosing it.
    pub shared: Option<String>,
}

impl Keys {
    /// Of a question that is no part of a conversation; `shares`, where instances share a store.
    pub fn of(served: &Served, question: &str, options: &Options, shares: bool) -> Self {
        if options.previous.is_some() {
            return Keys::default();
        }
        let question = normalised(question);
        let reads_rows = options.execute || options.candidates > 1;
        let state = if reads_rows { served.database_state() } else { Some(String::new()) };
        // Every field of the options decides: the day, limits, candidates, seed, threshold.
        let chosen = format!("{options:?}");
        let own = state.map(|state| hash(&[&served.name, &served.subject, &state, &question, &chosen]));
        let shared = (shares && is_shared(served, options)).then(|| {
            let chosen = format!("{:?}", without_rows(options));
            format!("glrl:{FORM}:{}", hex(&hash(&[&served.subject, &question, &chosen])))
        });
        Keys { own, shared }
    }
}

/// What decides a query beside question and options, as a hash: this program, tables, words, rules, values, the kind of
/// database, weights, and what the asker may see. How many rows hold a value is left out: it breaks ties only, and changes
/// all the time.
pub fn subject(engine: &Engine, fingerprint: &str) -> String {
    let files = &engine.pack.files;
    let kind = engine.database().server().map_or("sqlite".to_owned(), |server| format!("{:?}", server.kind));
    let access = format!("{:?}", engine.access());
    let version = env!("CARGO_PKG_VERSION");
    let mut texts = vec![version, fingerprint, &kind, &access, &files.schema, &files.glossary, &files.rules];
    texts.extend(files.values.iter().flat_map(|(name, values)| [name.as_str(), values.as_str()]));
    let mut values: Vec<String> = engine
        .context(jiff::civil::Date::default())
        .values
        .entries()
        .iter()
        .map(|entry| format!("{:?}", (entry.column, &entry.stored, &entry.said)))
        .collect();
    values.sort_unstable();
    texts.extend(values.iter().map(String::as_str));
    hex(&hash(&texts))
}

/// Whether another instance would come to the same query whatever rows it sees.
fn is_shared(served: &Served, options: &Options) -> bool {
    // Under a policy, alternatives are kept as the policy rewrote them, and cannot be checked again.
    let can_check = served.engine.access().is_none() || options.alternatives == 0;
    options.candidates <= 1 && !options.plan && can_check
}

/// The options with what concerns rows alone set to the same for all.
fn without_rows(options: &Options) -> Options {
    Options { execute: true, limits: Limits::default(), threads: 1, ..options.clone() }
}

/// A question without what means nothing: the ends, and how many blanks stand between words. Within quotes blanks count.
fn normalised(question: &str) -> String {
    if question.contains(['"', '\'', '`', '“', '”', '‘', '’', '«', '»']) {
        return question.trim().to_owned();
    }
    question.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The hash of texts; their lengths are part of it, so that none can pass for a part of its neighbour.
fn hash(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_between_words_mean_nothing_and_within_quotes_they_do() {
        assert_eq!(normalised("  all\n active   projects "), "all active projects");
        assert_eq!(normalised(" called 'a  b' "), "called 'a  b'");
        assert_ne!(normalised("Projects of ACME"), normalised("projects of acme"));
    }

    #[test]
    fn no_part_of_a_key_passes_for_another() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["ab", ""]), hash(&["ab"]));
    }
}
