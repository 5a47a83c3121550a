//! Row by row: computed order, text functions, a stand-in for what is missing, labels.

use schema::{Role, TableId};

use super::draft::{Draft, Rows, Thing};
use super::pen::Pen;
use super::text::literal;

fn named(pen: &mut Pen<'_, '_>) -> Option<TableId> {
    pen.table(|p, t| !p.columns(t, &[Role::Name]).is_empty())
}

/// The rows with the greatest difference, or ratio, of two amounts.
pub fn computed_order(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.amounts(t).len() >= 2)?;
    let (a, b) = pen.two_amounts(table)?;
    let (rows, n) = (pen.rows(table, 1), pen.few());
    let (ca, cb) = (pen.col("t", a), pen.col("t", b));
    let ratio = pen.dice.chance(0.4);
    let show = pen.dice.chance(0.5);
    let (value, other) = if ratio {
        (format!("1.0 * {ca} / {cb}"), format!("{cb} <> 0"))
    } else {
        (format!("{ca} - {cb}"), format!("{ca} IS NOT NULL"))
    };
    let filter = if ratio { rows.filter(pen, "t", &[other]) } else { rows.filter(pen, "t", &[]) };
    let mut items = pen.display(table, "t");
    if show {
        items.push(format!("{value} AS value"));
    }
    let sql =
        format!("SELECT {} FROM {}{filter} ORDER BY {value} DESC LIMIT {n}", items.join(", "), pen.from(table, "t"));
    let variant = match (ratio, show) {
        (true, true) => "ratio_shown",
        (true, false) => "ratio",
        (false, true) => "shown",
        (false, false) => "frame",
    };
    Some(
        Draft::new("computed_order", variant, sql)
            .with("rows", Thing::Rows(rows))
            .with("a", Thing::Column(a))
            .with("b", Thing::Column(b))
            .with("n", Thing::Number(n, None)),
    )
}

/// Names longer or shorter than so many letters.
pub fn length(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = named(pen)?;
    let name = pen.name(table)?;
    let rows = pen.rows(table, 1);
    let n = *pen.dice.pick(&[8, 10, 12, 15, 18, 20, 25])?;
    let (column, longer) = (pen.col("t", name), pen.dice.chance(0.7));
    let filter = rows.filter(pen, "t", &[format!("LENGTH({column}) {} {n}", if longer { ">" } else { "<" })]);
    let show = pen.dice.chance(0.4);
    let items = if show { format!("{column}, LENGTH({column}) AS letters") } else { column.clone() };
    let sql = format!("SELECT {items} FROM {}{filter}", pen.from(table, "t"));
    let variant = match (longer, show) {
        (true, true) => "longer_shown",
        (true, false) => "longer",
        (false, true) => "shorter_shown",
        (false, false) => "shorter",
    };
    Some(
        Draft::new("length", variant, sql)
            .with("rows", Thing::Rows(rows))
            .with("name", Thing::Column(name))
            .with("n", Thing::Number(n, None)),
    )
}

/// Names in capitals, or in small letters.
pub fn upper(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = named(pen)?;
    let name = pen.name(table)?;
    let rows = pen.rows(table, 2);
    let up = pen.dice.chance(0.7);
    let filter = rows.filter(pen, "t", &[]);
    let function = if up { "UPPER" } else { "LOWER" };
    let sql = format!("SELECT {function}({}) AS name FROM {}{filter}", pen.col("t", name), pen.from(table, "t"));
    Some(
        Draft::new("upper", if up { "frame" } else { "lower" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("name", Thing::Column(name)),
    )
}

/// Code and name in one text.
pub fn joined_text(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| !p.columns(t, &[Role::Name]).is_empty() && !p.columns(t, &[Role::Code]).is_empty())?;
    let (code, name) = (pen.column(table, &[Role::Code])?, pen.name(table)?);
    let rows = pen.rows(table, 2);
    let filter = rows.filter(pen, "t", &[]);
    // Spaces at the ends of quoted text are not read.
    let between = *pen.dice.pick(&["/", "-", "_", ":", "#", "."])?;
    let sql = format!(
        "SELECT {} || {} || {} AS label FROM {}{filter}",
        pen.col("t", code),
        literal(between),
        pen.col("t", name),
        pen.from(table, "t"),
    );
    Some(
        Draft::new("joined_text", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("code", Thing::Column(code))
            .with("name", Thing::Column(name))
            .with("between", Thing::Said(format!("'{between}'"))),
    )
}

/// How many names begin with each letter.
pub fn initials(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = named(pen)?;
    let name = pen.name(table)?;
    let rows = pen.rows(table, 1);
    let first = format!("SUBSTR({}, 1, 1)", pen.col("t", name));
    let filter = rows.filter(pen, "t", &[]);
    let sql = format!("SELECT {first} AS letter, COUNT(*) AS n FROM {}{filter} GROUP BY {first}", pen.from(table, "t"));
    Some(Draft::new("initials", "frame", sql).with("rows", Thing::Rows(rows)).with("name", Thing::Column(name)))
}

/// A column with something else where it is missing.
pub fn or_else(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|_, _| true)?;
    let number = pen.dice.chance(0.5);
    let roles: &[Role] = if number { &[Role::Measure] } else { &[Role::Dimension] };
    let mut columns = pen.columns(table, roles);
    columns.retain(|c| !pen.world.catalog.column(*c).not_null);
    let column = *pen.dice.pick(&columns)?;
    let rows = pen.rows(table, 1);
    let word = *pen.dice.pick(&["unknown", "none", "n/a", "Unassigned", "not set", "Other"])?;
    if pen.is_value(word) {
        return None;
    }
    let other = if number { "0".to_owned() } else { literal(word) };
    let shown = pen.shown_without(table, &[column]);
    let mut items: Vec<String> = shown.iter().map(|c| pen.col("t", *c)).collect();
    items.push(format!("COALESCE({}, {other}) AS value", pen.col("t", column)));
    let filter = rows.filter(pen, "t", &[]);
    let sql = format!("SELECT {} FROM {}{filter}", items.join(", "), pen.from(table, "t"));
    Some(
        Draft::new("or_else", if number { "zero" } else { "word" }, sql)
            .with("rows", Thing::Rows(rows))
            .with("m", Thing::Column(column))
            .with("word", Thing::Said(format!("'{word}'")))
            .with("cols", Thing::List(shown.into_iter().map(Thing::Column).collect())),
    )
}

/// Every row with one of two words, by a condition.
pub fn labelled(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|_, _| true)?;
    let condition = pen.some_condition(table)?;
    let test = pen.condition(&condition, "t")?;
    let rows = Rows::all(table);
    let words =
        [["yes", "no"], ["ok", "check"], ["review", "skip"], ["red", "green"], ["flagged", "fine"], ["hot", "cold"]];
    let words: Vec<[&str; 2]> = words.into_iter().filter(|w| w.iter().all(|w| !pen.is_value(w))).collect();
    let [yes, no] = *pen.dice.pick(&words)?;
    let mut items = pen.display(table, "t");
    items.push(format!("CASE WHEN {test} THEN '{yes}' ELSE '{no}' END AS label"));
    let sql = format!("SELECT {} FROM {}", items.join(", "), pen.from(table, "t"));
    let columns = pen.shown_things(table);
    Some(
        Draft::new("labelled", "frame", sql)
            .with("rows", Thing::Rows(rows))
            .with("does", Thing::Does(table, condition))
            .with("yes", Thing::Said(format!("'{yes}'")))
            .with("no", Thing::Said(format!("'{no}'")))
            .with("cols", Thing::List(columns)),
    )
}

/// By how much two amounts differ, whichever is larger.
pub fn distance(pen: &mut Pen<'_, '_>) -> Option<Draft> {
    let table = pen.table(|p, t| p.amounts(t).len() >= 2)?;
    let (a, b) = pen.two_amounts(table)?;
    let (rows, top, n) = (pen.rows(table, 1), pen.few(), pen.near(a, 0.3)?);
    let value = format!("ABS({} - {})", pen.col("t", a), pen.col("t", b));
    let kind = pen.dice.weighted(&[0.4, 0.35, 0.25]);
    let (others, order) = match kind {
        1 => (vec![format!("{value} > {n}")], String::new()),
        2 => (vec![], format!(" ORDER BY {value} DESC LIMIT {top}")),
        _ => (vec![], String::new()),
    };
    let filter = rows.filter(pen, "t", &others);
    let shown = pen.display(table, "t").join(", ");
    let sql = format!("SELECT {shown}, {value} AS distance FROM {}{filter}{order}", pen.from(table, "t"));
    let columns = pen.shown_things(table);
    let unit = pen.world.glossary.column(pen.world.catalog, a).and_then(|c| c.unit.clone());
    Some(
        Draft::new("distance", ["frame", "more", "top"][kind], sql)
            .with("rows", Thing::Rows(rows))
            .with("a", Thing::Column(a))
            .with("b", Thing::Column(b))
            .with("n", Thing::Number(n, unit))
            .with("top", Thing::Number(top, None))
            .with("cols", Thing::List(columns)),
    )
}
