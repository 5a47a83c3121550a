//! Requests in plain words to a statement of SQL: "create an index on staff (role)", "rename column A to B in T". A small
//! grammar over such words and the names and terms of the pack; what does not fit it as a whole is not understood.

use schema::TableId;
use sql::dialect::quote_name;

use crate::guard::POLITE;
use crate::pack::Pack;

/// Words of types and what they are written as.
const TYPES: [(&str, &str); 20] = [
    ("integer", "INTEGER"),
    ("int", "INTEGER"),
    ("bigint", "BIGINT"),
    ("smallint", "SMALLINT"),
    ("text", "TEXT"),
    ("string", "TEXT"),
    ("varchar", "VARCHAR"),
    ("char", "CHAR"),
    ("real", "REAL"),
    ("float", "REAL"),
    ("double", "REAL"),
    ("decimal", "DECIMAL"),
    ("numeric", "NUMERIC"),
    ("date", "DATE"),
    ("timestamp", "TIMESTAMP"),
    ("datetime", "TIMESTAMP"),
    ("boolean", "BOOLEAN"),
    ("bool", "BOOLEAN"),
    ("blob", "BLOB"),
    ("json", "TEXT"),
];
const ARTICLES: [&str; 5] = ["a", "an", "the", "new", "my"];
const CALLED: [&str; 2] = ["called", "named"];

/// The statement that a request in plain words asks for; None where it is not understood.
pub fn statement_of(request: &str, pack: &Pack) -> Option<String> {
    let mut words = Words { list: split(request), at: 0, pack };
    words.skip(&POLITE);
    let verb = words.next()?.to_lowercase();
    words.skip(&ARTICLES);
    let statement = match verb.as_str() {
        "create" | "make" | "build" | "add" if words.is_index() => words.create_index(),
        "create" | "make" => words.create_table(),
        "add" => words.add_column(),
        "drop" | "remove" | "delete" => words.removed(),
        "rename" => words.rename(),
        "change" | "alter" | "set" => words.change_type(),
        _ => None,
    }?;
    words.rest().is_empty().then_some(statement)
}

/// Words, and the marks `(`, `)` and `,` by themselves; the mark that ends a sentence is left out.
fn split(text: &str) -> Vec<String> {
    let text = text.trim().trim_end_matches(['.', '?', '!', ';']);
    let spaced: String =
        text.chars().flat_map(|c| if "(),:".contains(c) { vec![' ', c, ' '] } else { vec![c] }).collect();
    spaced.split_whitespace().map(|word| word.trim_matches(['"', '\'', '`']).to_owned()).collect()
}

/// A request being read.
struct Words<'a> {
    list: Vec<String>,
    at: usize,
    pack: &'a Pack,
}

impl Words<'_> {
    fn rest(&self) -> &[String] {
        self.list.get(self.at..).unwrap_or(&[])
    }

    fn next(&mut self) -> Option<String> {
        let word = self.list.get(self.at)?.clone();
        self.at += 1;
        Some(word)
    }

    fn is(&self, words: &[&str]) -> bool {
        self.rest().first().is_some_and(|word| words.iter().any(|wanted| wanted.eq_ignore_ascii_case(word)))
    }

    fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.is(words);
        self.at += usize::from(found);
        found
    }

    fn skip(&mut self, words: &[&str]) {
        while self.eat(words) {}
    }

    /// Words up to one of these, which is stepped over; None where none of them follows.
    fn until(&mut self, stops: &[&str]) -> Option<Vec<String>> {
        let length = self.rest().iter().position(|word| stops.iter().any(|stop| stop.eq_ignore_ascii_case(word)))?;
        let words = self.rest()[..length].to_vec();
        self.at += length + 1;
        Some(words)
    }

    fn all(&mut self) -> Vec<String> {
        let words = self.rest().to_vec();
        self.at = self.list.len();
        words
    }

    fn is_index(&self) -> bool {
        let index = |at: usize| self.rest().get(at).is_some_and(|word| word.eq_ignore_ascii_case("index"));
        index(0) || self.is(&["unique"]) && index(1)
    }

    /// "unique index called i on T.C", "index on the columns A and B of T", "index on T (A, B)".
    fn create_index(&mut self) -> Option<String> {
        let unique = if self.eat(&["unique"]) { "UNIQUE " } else { "" };
        self.eat(&["index"]);
        let name = if self.eat(&CALLED) { Some(plain_name(&[self.next()?])?) } else { None };
        if !self.eat(&["on", "for"]) {
            return None;
        }
        let (table, columns) = self.indexed()?;
        let name = name.unwrap_or_else(|| {
            format!("idx_{table}_{}", columns.join("_")).replace(|c: char| !c.is_alphanumeric(), "_")
        });
        let columns: Vec<String> = columns.iter().map(|column| quote_name(column)).collect();
        Some(format!("CREATE {unique}INDEX {} ON {} ({})", quote_name(&name), quote_name(&table), columns.join(", ")))
    }

    /// The table and the columns of an index.
    fn indexed(&mut self) -> Option<(String, Vec<String>)> {
        self.skip(&ARTICLES);
        if self.rest().iter().any(|word| word == "(") {
            let table = self.until(&["("])?;
            let columns = self.until(&[")"])?;
            let table = self.table(&table)?;
            let columns = self.columns(&table, &columns)?;
            return Some((table, columns));
        }
        if let [one] = self.rest()
            && let Some((table, column)) = self.qualified(std::slice::from_ref(one))
        {
            self.all();
            return Some((table, vec![column]));
        }
        self.skip(&["column", "columns", "field", "fields"]);
        let columns = self.until(&["of", "in", "from"])?;
        let table = self.all();
        let table = self.table(&table)?;
        let columns = self.columns(&table, &columns)?;
        Some((table, columns))
    }

    /// "table Y with the columns a integer, b text".
    fn create_table(&mut self) -> Option<String> {
        if !self.eat(&["table"]) {
            return None;
        }
        self.eat(&CALLED);
        let name = self.until(&["with", "("])?;
        let bracket = self.list[self.at - 1] == "(";
        self.skip(&ARTICLES);
        self.skip(&["column", "columns", "field", "fields", ":"]);
        let mut columns = vec![self.definition()?];
        while self.eat(&[","]) | self.eat(&["and"]) {
            columns.push(self.definition()?);
        }
        if bracket && !self.eat(&[")"]) {
            return None;
        }
        Some(format!("CREATE TABLE {} ({})", quote_name(&plain_name(&name)?), columns.join(", ")))
    }

    /// "a integer", "b of type text not null".
    fn definition(&mut self) -> Option<String> {
        self.skip(&ARTICLES);
        let name = plain_name(&[self.next()?])?;
        self.definition_of(&name)
    }

    /// A name with the type and the constraints that follow.
    fn definition_of(&mut self, name: &str) -> Option<String> {
        self.skip(&["of", "as", "with", "type", ":"]);
        let mut text = format!("{} {}", quote_name(name), self.type_words()?);
        loop {
            if self.eat(&["primary"]) && self.eat(&["key"]) {
                text += " PRIMARY KEY";
            } else if self.is(&["not"])
                && self.list.get(self.at + 1).is_some_and(|word| word.eq_ignore_ascii_case("null"))
            {
                self.at += 2;
                text += " NOT NULL";
            } else if self.eat(&["unique"]) {
                text += " UNIQUE";
            } else {
                return Some(text);
            }
        }
    }

    /// "text", "varchar (20)", "decimal (15, 2)".
    fn type_words(&mut self) -> Option<String> {
        let word = self.next()?;
        let (_, ty) = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(&word))?;
        if !self.eat(&["("]) {
            return Some((*ty).to_owned());
        }
        let sizes = self.until(&[")"])?.concat();
        let is_size = sizes.chars().all(|c| c.is_ascii_digit() || c == ',');
        is_size.then(|| format!("{ty}({sizes})"))
    }

    /// "column Priority of type text to T", "text column Priority to T".
    fn add_column(&mut self) -> Option<String> {
        let typed_before = !self.is(&["column", "field"]);
        let ty = if typed_before { Some(self.type_words()?) } else { None };
        if !self.eat(&["column", "field"]) {
            return None;
        }
        self.eat(&CALLED);
        let name = plain_name(&[self.next()?])?;
        let definition = match ty {
            Some(ty) => format!("{} {ty}", quote_name(&name)),
            None => {
                let bracket = self.eat(&["("]);
                let definition = self.definition_of(&name)?;
                if bracket && !self.eat(&[")"]) {
                    return None;
                }
                definition
            }
        };
        if !self.eat(&["to", "in", "on", "for"]) {
            return None;
        }
        let table = self.all();
        Some(format!("ALTER TABLE {} ADD COLUMN {definition}", quote_name(&self.table(&table)?)))
    }

    /// "table T", "index i", "column C from T", "column T.C".
    fn removed(&mut self) -> Option<String> {
        if self.eat(&["column", "field"]) {
            let (table, column) = self.column_of_table(&["from", "of", "in"])?;
            return Some(format!("ALTER TABLE {} DROP COLUMN {}", quote_name(&table), quote_name(&column)));
        }
        let word = self.next()?.to_uppercase();
        let words = self.all();
        match word.as_str() {
            "TABLE" => Some(format!("DROP TABLE {}", quote_name(&self.table(&words)?))),
            "INDEX" | "VIEW" | "TRIGGER" => Some(format!("DROP {word} {}", quote_name(&plain_name(&words)?))),
            _ => None,
        }
    }

    /// "column A to B in T", "column A of T to B", "column T.A to B", "table A to B".
    fn rename(&mut self) -> Option<String> {
        if self.eat(&["table"]) {
            let table = self.until(&["to"])?;
            let new = self.all();
            let (table, new) = (self.table(&table)?, plain_name(&new)?);
            return Some(format!("ALTER TABLE {} RENAME TO {}", quote_name(&table), quote_name(&new)));
        }
        // Without the word, only a column that is there may be meant: rows are renamed too.
        let said = self.eat(&["column", "field"]);
        let old = self.until(&["to"])?;
        if !said && !matches!(old.as_slice(), [one] if self.pack.catalog.find_qualified(one).is_some()) {
            return None;
        }
        let new = plain_name(&[self.next()?])?;
        let place: Vec<String> = match self.rest().is_empty() {
            true => old,
            false if self.is(&["in", "of", "from"]) => old.into_iter().chain(self.all()).collect(),
            false => return None,
        };
        let mut place = Words { list: place, at: 0, pack: self.pack };
        let (table, column) = place.column_of_table(&["in", "of", "from"])?;
        let [table, column, new] = [table, column, new].map(|name| quote_name(&name));
        Some(format!("ALTER TABLE {table} RENAME COLUMN {column} TO {new}"))
    }

    /// "type of column C in T to text".
    fn change_type(&mut self) -> Option<String> {
        if !self.eat(&["type"]) || !self.eat(&["of"]) {
            return None;
        }
        self.skip(&ARTICLES);
        self.eat(&["column", "field"]);
        let place = self.until(&["to"])?;
        let ty = self.type_words()?;
        let mut place = Words { list: place, at: 0, pack: self.pack };
        let (table, column) = place.column_of_table(&["in", "of", "from"])?;
        Some(format!("ALTER TABLE {} ALTER COLUMN {} TYPE {ty}", quote_name(&table), quote_name(&column)))
    }

    /// "C from T", or "T.C".
    fn column_of_table(&mut self, between: &[&str]) -> Option<(String, String)> {
        let Some(column) = self.until(between) else {
            let words = self.all();
            return self.qualified(&words);
        };
        let table = self.all();
        let table = self.table(&table)?;
        let column = self.column(&table, &column)?;
        Some((table, column))
    }

    /// "T.C" in one word.
    fn qualified(&self, words: &[String]) -> Option<(String, String)> {
        let [word] = words else { return None };
        let (table, column) = word.split_once('.')?;
        let table = self.table(&[table.to_owned()])?;
        let column = self.column(&table, &[column.to_owned()])?;
        Some((table, column))
    }

    /// "A, B and C".
    fn columns(&self, table: &str, words: &[String]) -> Option<Vec<String>> {
        let is_mark = |word: &String| word == "," || word.eq_ignore_ascii_case("and");
        let parts = words.split(is_mark).filter(|part| !part.is_empty());
        let columns: Option<Vec<String>> = parts.map(|part| self.column(table, part)).collect();
        columns.filter(|columns| !columns.is_empty())
    }

    /// A table by its name, or by what the glossary calls its rows; a name that means nothing stays as it is.
    fn table(&self, words: &[String]) -> Option<String> {
        let words = bare(words, &["table"]);
        let said = words.join(" ");
        if let Some(id) = self.pack.catalog.find_table(&said) {
            return Some(self.pack.catalog.table(id).name.clone());
        }
        let of = |id: &TableId| {
            let terms = self.pack.glossary.table(&self.pack.catalog, *id);
            terms.is_some_and(|terms| {
                terms.singular.iter().chain(&terms.plural).any(|term| term.eq_ignore_ascii_case(&said))
            })
        };
        let called: Vec<TableId> = self.pack.catalog.table_ids().filter(of).collect();
        match called.as_slice() {
            [one] => Some(self.pack.catalog.table(*one).name.clone()),
            [] => plain_name(words),
            _ => None,
        }
    }

    /// A column of a table by its name, or by what the glossary calls it; a name that means nothing stays as it is.
    fn column(&self, table: &str, words: &[String]) -> Option<String> {
        let words = bare(words, &["column", "columns", "field", "fields"]);
        let catalog = &self.pack.catalog;
        let Some(table) = catalog.find_table(table) else { return plain_name(words) };
        let said = words.join(" ");
        if let Some(id) = catalog.find_column(table, &said) {
            return Some(catalog.column(id).name.clone());
        }
        let of = |id: &schema::ColumnId| {
            let terms = self.pack.glossary.column(catalog, *id);
            terms.is_some_and(|terms| terms.terms.iter().any(|term| term.eq_ignore_ascii_case(&said)))
        };
        let called: Vec<schema::ColumnId> = catalog.columns_of(table).filter(of).collect();
        match called.as_slice() {
            [one] => Some(catalog.column(*one).name.clone()),
            [] => plain_name(words),
            _ => None,
        }
    }
}

/// Words without articles before them and the word for their kind before or behind.
fn bare<'w>(mut words: &'w [String], kinds: &[&str]) -> &'w [String] {
    let is = |word: &String, list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    while let [first, rest @ ..] = words
        && !rest.is_empty()
        && (is(first, &ARTICLES) || is(first, kinds))
    {
        words = rest;
    }
    while let [rest @ .., last] = words
        && !rest.is_empty()
        && is(last, kinds)
    {
        words = rest;
    }
    words
}

/// One word that can be a name.
fn plain_name(words: &[String]) -> Option<String> {
    let [word] = words else { return None };
    let plain =
        word.chars().all(|c| c.is_alphanumeric() || c == '_') && !word.starts_with(|c: char| c.is_ascii_digit());
    let filler = ["to", "of", "in", "on", "from", "with", "and", "the", "a"];
    (plain && !word.is_empty() && !filler.iter().any(|f| f.eq_ignore_ascii_case(word))).then(|| word.clone())
}
