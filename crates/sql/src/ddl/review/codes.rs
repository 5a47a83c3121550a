//! What may be found in statements that define things. An error is what the engine would refuse; a warning, what runs and may
//! not be wanted. Each has its manual page in `pages`.

use crate::diagnostic::Severity::{Error, Warning};
use crate::validate::Rule;

macro_rules! codes {
    ($($name:ident = $code:literal, $severity:ident, $title:literal;)*) => {
        $(pub(super) const $name: Rule = Rule::reading($code, $severity, $title, include_str!(concat!("pages/", $code, ".md")));)*

        /// The codes, in order.
        pub(crate) const RULES: &[Rule] = &[$($name),*];
    };
}

codes! {
    NO_DEFINITION = "DDL601", Error, "a statement that is not reviewed";
    TAKEN = "DDL602", Error, "a name that is taken";
    NO_CHANGE = "DDL603", Warning, "a statement that would change nothing";
    UNKNOWN_OBJECT = "DDL604", Error, "an unknown table, view, index or trigger";
    UNKNOWN_COLUMN = "DDL605", Error, "a definition that names an unknown column";
    COLUMN_TWICE = "DDL606", Error, "a column defined twice";
    NEEDED = "DDL607", Error, "a column or constraint that something needs";
    LAST_COLUMN = "DDL608", Error, "the last column of a table";
    UNFILLED = "DDL609", Error, "a new column without a value for the rows there are";
    KEY_ADDED = "DDL610", Error, "a key added with a column";
    DIALECT = "DDL611", Error, "a form that this engine does not have";
    ADDS_NOTHING = "DDL612", Warning, "an index that adds nothing";
    NO_KEY = "DDL613", Warning, "a foreign key that leads to no key";
    OTHER_TYPE = "DDL614", Warning, "a foreign key of another type than its key";
    MISFIT = "DDL615", Error, "parts of a definition that do not fit together";
    LOSS = "DDL616", Warning, "data that is lost";
    NARROWED = "DDL617", Warning, "a type that may not hold what is there";
    DEPENDS = "DDL618", Warning, "something that depends on what is changed";
    QUOTED = "DDL619", Warning, "a name that must always be quoted";
    ROWS = "DDL620", Warning, "rows that may stand against it";
    OTHER_KIND = "DDL621", Error, "a thing of another kind";
    KEYLESS = "DDL622", Warning, "a table without a key";
    EXPRESSION = "DDL623", Error, "an expression that cannot stand in a definition";
}
