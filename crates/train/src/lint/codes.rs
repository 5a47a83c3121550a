//! What can be found in question files, beside what the validator says of their queries. Codes are stable.

use sql::Severity::{self, Error, Warning};

/// A kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `DAT7xx`.
    pub code: &'static str,
    /// An error keeps a question from being learnt from.
    pub severity: Severity,
    /// What is the matter, in a few words.
    pub title: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $severity:ident, $title:literal, $help:literal;)*) => {
        $(
            #[doc = $title]
            pub const $name: Code = Code { code: $code, severity: $severity, title: $title, help: $help };
        )*
        /// Every code, in order.
        pub const ALL: &[Code] = &[$($name,)*];
    };
}

codes! {
    NO_JSON = "DAT701", Error, "The line is no JSON.",
        "write one object a line: {\"query\": …, \"sql\": …}; line breaks within a text are \\n";
    NO_FIELD = "DAT702", Error, "A field is missing or of another kind.",
        "\"query\" (or \"question\") and \"sql\" are texts that hold something";
    FOLLOWS_NOTHING = "DAT703", Error, "The question follows none that can be used.",
        "\"after\" names the \"id\" of a question with SQL that stands before it; mend that one first";
    NAME_TWICE = "DAT704", Error, "Two questions have one name.",
        "give each question an \"id\" of its own, or none";
    DOES_NOT_RUN = "DAT705", Error, "The query does not run to its end.",
        "run it by itself: it has to return all its rows within ten seconds";
    NO_ROWS = "DAT706", Warning, "The query returns no rows on any database.",
        "look whether its values are spelled as they are stored; --db FILE checks on your own rows";
    TOO_MANY_ROWS = "DAT707", Error, "The query returns more rows than are compared.",
        "ask for less: a total, or the first rows";
    ASKED_TWICE = "DAT708", Warning, "The question stands twice, with the same answer.",
        "leave one out; other words for one question go into its \"also\"";
    ANSWERED_TWICE = "DAT709", Error, "The question stands twice, with different answers.",
        "leave the wrong one out, or name its \"id\" in \"corrects\" of the right one";
    JUDGES = "DAT710", Error, "The question is also in a file that judges.",
        "leave it out: a model that learnt from it cannot be judged by it";
    OTHER_REASONING = "DAT711", Warning, "The reasoning tells of another query.",
        "name the tables that the query reads, and no others";
    NOT_LEARNT = "DAT712", Warning, "The model cannot write the query from the question.",
        "have the question say every value as it is stored; it still serves to evaluate";
    NO_INTENT = "DAT713", Warning, "Nothing says why the question must not be answered.",
        "add a tag: unanswerable, ambiguous, write or chitchat";
    NEVER_ASKED = "DAT714", Warning, "The question never reaches the model.",
        "it is taken for a request to change data; reword it as a question";
    CORRECTS_NOTHING = "DAT715", Error, "The question corrects none that is there.",
        "\"corrects\" names the \"id\" of a question that was imported before or stands in the same files";
    CORRECTED = "DAT716", Warning, "The question was corrected.",
        "nothing: it is kept here so that it is not lost";
}
