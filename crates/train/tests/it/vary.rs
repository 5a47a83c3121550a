//! Pairs made from hand-written ones: words and query change together, or not at all.

use answer::pack::{Pack, PackFiles};
use database::Image;
use jiff::civil::date;
use rusqlite::Connection;
use sql::dialect::Dialect;
use train::synth::dice::Dice;
use train::synth::pair::Drops;
use train::synth::split::Split;
use train::synth::studio::{Studio, Workshop};
use train::synth::vary::reword::reworded;
use train::synth::vary::{Draft, Reading, Rule, VARIED, correction, frame, variants};

const SCHEMA: &str = "CREATE TABLE shops (shop_id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL,
    format TEXT NOT NULL, sales INTEGER NOT NULL, rent INTEGER NOT NULL, opened DATE);
    CREATE TABLE depots (depot_id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL);";
const GLOSSARY: &str = r#"
    [tables.shops]
    singular = ["shop", "store"]
    plural = ["shops", "stores"]
    display = ["name"]
    name = "name"
    [columns."shops.name"]
    role = "name"
    terms = ["name"]
    [columns."shops.city"]
    role = "dimension"
    terms = ["city", "town"]
    plural = ["cities", "towns"]
    [columns."shops.format"]
    role = "dimension"
    terms = ["format"]
    [columns."shops.sales"]
    role = "measure"
    terms = ["sales"]
    plural = ["sales"]
    most = ["best-selling"]
    [columns."shops.rent"]
    role = "measure"
    terms = ["rent"]
    [columns."shops.opened"]
    role = "date"
    terms = ["opening date", "opened"]
    verb = ["opened"]
    [tables.depots]
    singular = ["depot"]
    plural = ["depots"]
    display = ["name"]
    name = "name"
    [columns."depots.name"]
    role = "name"
    terms = ["depot name"]
    [columns."depots.city"]
    role = "dimension"
    terms = ["city"]
    plural = ["cities"]
    [conditions.costly]
    sql = "shops.rent > shops.sales"
    phrases = ["with too much rent"]
"#;
const ROWS: &str = "INSERT INTO shops VALUES
    (1, 'North', 'Oslo', 'Kiosk', 10, 3, '2024-01-01'), (2, 'South', 'Rome', 'Outlet', 20, 30, '2025-02-01'),
    (3, 'Quay', 'Oslo', 'Outlet', 40, 9, '2025-03-01'), (4, 'Hill', 'Rome', 'Kiosk', 7, 8, '2026-03-01');
    INSERT INTO depots VALUES (1, 'East', 'Oslo'), (2, 'West', 'Bonn');";

fn pack() -> Pack {
    let files =
        PackFiles { name: "shops".into(), schema: SCHEMA.into(), glossary: GLOSSARY.into(), ..PackFiles::default() };
    Pack::new(files).unwrap()
}

fn with_workshop(check: impl FnOnce(&Workshop<'_>)) {
    let pack = pack();
    let mut connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&format!("{SCHEMA}{ROWS}")).unwrap();
    let image = Image::of(&mut connection, &pack.catalog).unwrap();
    check(&Workshop::new(&pack, vec![image], date(2026, 11, 20)).unwrap());
}

/// What a rule makes of a pair, over many dice: pairs of question and SQL, each once, sorted.
fn after(rule: Rule, question: &str, sql: &str) -> Vec<(String, String)> {
    made(question, sql, |studio, reading, dice| rule.apply(studio, reading, dice))
}

fn made(
    question: &str,
    sql: &str,
    change: impl Fn(&Studio<'_>, &Reading<'_>, &mut Dice) -> Option<Draft>,
) -> Vec<(String, String)> {
    let mut found = vec![];
    with_workshop(|workshop| {
        let studio = workshop.studio(0, None);
        let query = sql::resolve::parse(sql, studio.world.catalog, Dialect::Sqlite).query.unwrap();
        let draft = Draft::new(question, query);
        for stream in 0..60 {
            let changed = change(&studio, &Reading::new(&studio, &draft), &mut Dice::new(1, stream));
            let text = |d: &Draft| sql::print::compact(&d.query, studio.world.catalog).replace("shops.", "");
            found.extend(changed.map(|d| (d.question.clone(), text(&d))));
        }
    });
    found.sort();
    found.dedup();
    found
}

fn pair(question: &str, sql: &str) -> (String, String) {
    (question.to_owned(), sql.to_owned())
}

#[test]
fn a_named_column_gives_way_to_one_of_its_kind() {
    let found = after(Rule::Column, "total sales by city", "SELECT city, SUM(sales) FROM shops GROUP BY city");
    let expected = [
        pair("total rent by city", "SELECT city, SUM(rent) FROM shops GROUP BY city"),
        pair("total sales by format", "SELECT format, SUM(sales) FROM shops GROUP BY format"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_column_that_is_also_meant_by_other_words_stays() {
    let ranked = "SELECT name, sales FROM shops ORDER BY sales DESC LIMIT 1";
    assert_eq!(after(Rule::Column, "the best-selling shop and its sales", ranked), []);
    let condition = "SELECT name, rent FROM shops WHERE rent > sales";
    assert_eq!(after(Rule::Column, "shops with too much rent, show rent", condition), []);
    let value = "SELECT name FROM shops WHERE city = 'Oslo'";
    assert_eq!(after(Rule::Column, "shops in the city of Oslo", value), []);
}

#[test]
fn a_list_of_columns_changes_in_words_and_outputs_alike() {
    let found = after(Rule::List, "show name and city of shops", "SELECT name, city FROM shops");
    assert!(found.contains(&pair("show city and name of shops", "SELECT city, name FROM shops")), "{found:?}");
    assert!(found.len() > 8, "{found:?}");
    for (question, sql) in &found {
        let (words, columns) =
            (question.replace("town", "city").replace("opening date", "opened"), sql.trim_start_matches("SELECT "));
        let listed = words.trim_start_matches("show ").trim_end_matches(" of shops").replace(" & ", ", ");
        let listed = listed.replace(", and ", ", ").replace(" and ", ", ").replace(" + ", ", ");
        assert_eq!(format!("{listed} FROM shops"), columns, "{question}");
    }
    let grouped = "SELECT city, COUNT(*) FROM shops GROUP BY city";
    assert_eq!(after(Rule::List, "city and number of shops", grouped), [], "groups would change");
}

#[test]
fn comparisons_aggregates_and_directions_change_with_their_words() {
    let found = after(Rule::Comparison, "shops with sales over 8", "SELECT name FROM shops WHERE sales > 8");
    assert!(
        found.contains(&pair("shops with sales at least 8", "SELECT name FROM shops WHERE sales >= 8")),
        "{found:?}"
    );
    assert!(found.contains(&pair("shops with sales below 8", "SELECT name FROM shops WHERE sales < 8")), "{found:?}");
    assert!(found.iter().all(|(_, sql)| !sql.contains("> 8")), "{found:?}");
    let twice = "Sales over 8 were reported. Name of shops with sales over 8?";
    assert_eq!(after(Rule::Comparison, twice, "SELECT name FROM shops WHERE sales > 8"), [], "which of the two?");
    let cases = "SELECT CASE WHEN sales > 8 THEN 'big' ELSE 'small' END FROM shops";
    assert_eq!(after(Rule::Comparison, "shops with sales over 8 are big, others small", cases), []);
    let found = after(Rule::Aggregate, "average rent", "SELECT AVG(rent) FROM shops");
    assert!(found.contains(&pair("total rent", "SELECT SUM(rent) FROM shops")), "{found:?}");
    assert!(found.contains(&pair("max rent", "SELECT MAX(rent) FROM shops")), "{found:?}");
    let (question, sql) = ("shop with the highest rent", "SELECT name FROM shops ORDER BY rent DESC LIMIT 1");
    let lowest = pair("shop with the lowest rent", "SELECT name FROM shops ORDER BY rent LIMIT 1");
    assert_eq!(after(Rule::Direction, question, sql), [lowest]);
    let (question, sql) = ("shop opened at the latest date", "SELECT name FROM shops ORDER BY opened DESC LIMIT 1");
    assert_eq!(after(Rule::Direction, question, sql), [], "the earliest of a column with NULL would be NULL");
}

#[test]
fn a_value_before_the_noun_gives_way_to_one_of_another_list() {
    let found = after(Rule::Value, "all Kiosk shops", "SELECT name FROM shops WHERE format = 'Kiosk'");
    let cities: Vec<&str> = found.iter().map(|(_, sql)| sql.as_str()).collect();
    assert!(cities.contains(&"SELECT name FROM shops WHERE city = 'Oslo'"), "{found:?}");
    assert!(found.iter().all(|(question, sql)| {
        let value = sql.rsplit('\'').nth(1).unwrap();
        question.to_lowercase() == format!("all {} shops", value.to_lowercase())
    }));
    assert_eq!(after(Rule::Value, "shops in Oslo", "SELECT name FROM shops WHERE city = 'Oslo'"), []);
}

#[test]
fn variants_are_new_pairs_that_a_model_could_write() {
    with_workshop(|workshop| {
        let studio = workshop.studio(0, None);
        let sql = "SELECT name, city FROM shops WHERE sales > 8";
        let query = sql::resolve::parse(sql, studio.world.catalog, Dialect::Sqlite).query.unwrap();
        let draft = Draft::new("Show me name and city of shops with sales over 8", query);
        let made = |seed| variants(&studio, &draft, (seed, 0), 12, &mut Drops::default());
        let found = made(1);
        assert_eq!(found.len(), 12);
        assert!(found.iter().all(|e| e.tags.contains(&VARIED.to_owned()) && !e.lexemes.is_empty()));
        let mut texts: Vec<_> = found.iter().map(|e| (&e.normalized, &e.lexemes)).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 12, "each once");
        assert!(found.iter().any(|e| e.sql.as_ref().is_some_and(|text| text.replace("shops.", "") != sql)));
        assert_eq!(made(1), found, "the same seed makes the same pairs");
        assert_ne!(made(2), found);
    });
}

#[test]
fn a_condition_more_is_said_and_tested_alike() {
    let found = after(Rule::Narrow, "show name of shops", "SELECT name FROM shops");
    assert!(found.len() > 20, "{found:?}");
    for (question, sql) in &found {
        assert!(sql.contains(" WHERE "), "{question}: {sql}");
        let texts = sql.split('\'').skip(1).step_by(2).filter(|text| text.starts_with(char::is_alphabetic));
        for text in texts {
            let text = text.trim_matches('%').to_lowercase();
            assert!(question.to_lowercase().contains(&text), "{question}: {sql}");
        }
    }
    let named = "SELECT city FROM shops WHERE name = 'North'";
    assert_eq!(after(Rule::Narrow, "the city of North", named), [], "one row needs no other condition");
    let top = "SELECT name FROM shops ORDER BY sales DESC LIMIT 3";
    assert_eq!(after(Rule::Narrow, "top 3 shops by sales", top), [], "before or after the cut?");
}

#[test]
fn a_condition_goes_with_its_words() {
    let sql = "SELECT name FROM shops WHERE format = 'Kiosk' AND city = 'Oslo'";
    let found = after(Rule::Widen, "Kiosk shops in Oslo, show name", sql);
    let expected = [
        pair("Kiosk shops, show name", "SELECT name FROM shops WHERE format = 'Kiosk'"),
        pair("Shops in Oslo, show name", "SELECT name FROM shops WHERE city = 'Oslo'"),
    ];
    assert_eq!(found, expected);
    let clause = "SELECT name FROM shops WHERE sales > 8";
    let found = after(Rule::Widen, "Shops, only those with sales over 8. Name.", clause);
    assert_eq!(found, [pair("Shops. Name.", "SELECT name FROM shops")]);
    let twice =
        "SELECT name FROM shops WHERE city = 'Oslo' AND sales > (SELECT AVG(sales) FROM shops WHERE city = 'Oslo')";
    assert_eq!(after(Rule::Widen, "shops in Oslo with sales above the average in Oslo", twice), []);
}

#[test]
fn entries_of_a_list_keep_to_their_outputs() {
    let sql = "SELECT city, COUNT(*) AS shops, SUM(sales) AS total FROM shops GROUP BY city ORDER BY 3 DESC";
    let found = after(Rule::Columns, "Shops by city: city, number of shops, total sales.", sql);
    assert!(found.len() > 15, "{found:?}");
    for (question, sql) in &found {
        let (_, list) = question.split_once(':').unwrap();
        let at = |words: &str, text: &str| text.to_lowercase().find(words);
        let outputs = sql.split(" FROM").next().unwrap();
        let said = [at("city", list), at("number of shops", list), at("total sales", list)];
        let shown = [at("city", outputs), at("count(*)", outputs), at("sum(sales)", outputs)];
        let order = |places: [Option<usize>; 3]| {
            let mut known: Vec<usize> = (0..3).filter(|i| places[*i].is_some()).collect();
            known.sort_by_key(|i| places[*i]);
            known
        };
        assert_eq!(order(said), order(shown), "{question}: {sql}");
        assert!(sql.contains("ORDER BY SUM(sales) DESC") || sql.contains("ORDER BY total DESC"), "{sql}");
    }
    let leaning = "SELECT name, sales, sales - rent FROM shops";
    assert_eq!(after(Rule::Columns, "Shops: name, sales, that minus rent", leaning), []);
}

#[test]
fn an_order_comes_and_goes_with_its_clause() {
    let sorted = "SELECT name, sales FROM shops ORDER BY sales DESC";
    let found = after(Rule::Order, "name and sales of shops, highest sales first", sorted);
    assert_eq!(found, [pair("name and sales of shops", "SELECT name, sales FROM shops")]);
    let found = after(Rule::Order, "name and sales of shops", "SELECT name, sales FROM shops");
    assert!(found.len() > 10 && found.iter().all(|(_, sql)| sql.contains("ORDER BY")), "{found:?}");
    for (question, sql) in &found {
        assert_eq!(
            sql.contains("ORDER BY sales"),
            question["name and sales of shops".len()..].contains("sales"),
            "{question}: {sql}"
        );
    }
    let total = "SELECT SUM(sales) FROM shops";
    assert_eq!(after(Rule::Order, "total sales of shops", total), [], "one row has no order");
}

#[test]
fn other_values_stand_in_words_and_query() {
    let found = after(
        Rule::Other,
        "shops in Oslo opened in 2025",
        "SELECT name FROM shops WHERE city = 'Oslo' AND opened >= '2025-01-01' AND opened < '2026-01-01'",
    );
    assert!(found.iter().any(|(question, sql)| question.contains("in Rome") && sql.contains("'Rome'")), "{found:?}");
    assert!(found.iter().any(|(question, sql)| question.ends_with("2024") && sql.contains("'2024-01-01' AND opened < '2025-01-01'")), "{found:?}");
    let found = after(Rule::Other, "shops with sales over 8", "SELECT name FROM shops WHERE sales > 8");
    assert!(found.len() > 5 && found.iter().all(|(_, sql)| !sql.ends_with("> 8")), "{found:?}");
}

#[test]
fn a_question_moves_to_a_table_of_the_same_kind() {
    let found = after(Rule::Parallel, "how many shops per city", "SELECT city, COUNT(*) FROM shops GROUP BY city");
    assert!(
        found.contains(&pair(
            "how many depots per city",
            "SELECT depots.city, COUNT(*) FROM depots GROUP BY depots.city"
        )),
        "{found:?}"
    );
    let opened = "SELECT city, COUNT(*) FROM shops WHERE opened IS NOT NULL GROUP BY city";
    assert_eq!(after(Rule::Parallel, "how many shops that opened per city", opened), [], "a word is not understood");
}

#[test]
fn variants_with_another_query_keep_to_the_templates_of_training() {
    with_workshop(|workshop| {
        let studio = workshop.studio(0, Some(Split::Train));
        let sql = "SELECT name, city, sales FROM shops WHERE sales > 8";
        let query = sql::resolve::parse(sql, studio.world.catalog, Dialect::Sqlite).query.unwrap();
        let own = format!("{:016x}", sql::features::template_hash(&query));
        let draft = Draft::new("Show me name, city and sales of shops with sales over 8", query);
        let mut drops = Drops::default();
        let found = variants(&studio, &draft, (1, 0), 200, &mut drops);
        let others: Vec<_> = found.iter().filter(|e| e.template != own).collect();
        assert!(others.len() > 50, "{}", others.len());
        let split = |template: &str| Split::of(u64::from_str_radix(template, 16).unwrap());
        assert!(others.iter().all(|e| split(&e.template) == Split::Train));
        assert!(format!("{drops:?}").contains("template of another split"), "{drops:?}");
    });
}

#[test]
fn a_superlative_stays_where_other_words_hang_on_it() {
    let sql = "SELECT city, MAX(rent) FROM shops GROUP BY city";
    let smallest = pair("smallest rent by city", "SELECT city, MIN(rent) FROM shops GROUP BY city");
    assert_eq!(after(Rule::Direction, "largest rent by city", sql), [smallest]);
    let ordered = "SELECT city, COUNT(*), MAX(rent) FROM shops GROUP BY city ORDER BY COUNT(*) DESC";
    for words in ["city, count, peak rent, by count, largest to", "city, count, max rent, by count, largest first"] {
        assert_eq!(after(Rule::Direction, words, ordered), [], "{words}");
    }
    assert_eq!(after(Rule::Direction, "by city, largest on top, the max rent", sql), []);
    let cut = "SELECT name FROM shops ORDER BY rent DESC LIMIT 2";
    for words in ["the 2 shops with the highest rent (A first)", "which 2 shops share the top with the highest rent"] {
        assert_eq!(after(Rule::Direction, words, cut), [], "{words}");
    }
}

#[test]
fn a_condition_stays_where_something_else_hangs_on_it() {
    let joined = "SELECT shops.name FROM shops JOIN depots ON depots.city = shops.city WHERE depots.name = 'East'";
    assert_eq!(after(Rule::Widen, "name of shops with depot name East", joined), [], "a join for nothing");
    let both = after(Rule::Widen, "name of shops near depots with depot name East", joined);
    assert_eq!(both.len(), 1, "{both:?}");
    let left_out = "SELECT name FROM shops WHERE format <> 'Kiosk'";
    assert_eq!(after(Rule::Widen, "Name of shops. Kiosk shops have no place here.", left_out), []);
    let kept = "SELECT name FROM shops WHERE format = 'Kiosk'";
    assert_eq!(after(Rule::Widen, "Name of shops. Restrict it to Kiosk shops.", kept).len(), 1, "a clause of its own");
    assert_eq!(after(Rule::Widen, "Kiosk shops have a place in it, show name", kept), []);
    assert_eq!(after(Rule::Widen, "Shops by name, only Kiosk shops, and they are many", kept), []);
}

#[test]
fn a_condition_more_stands_where_rows_are_asked_for() {
    let found = after(Rule::Narrow, "We run many shops. Show every name", "SELECT name FROM shops");
    assert!(found.len() > 10, "{found:?}");
    assert!(found.iter().all(|(question, _)| question.contains("We run many shops. Show every name")), "{found:?}");
    let against_all = "SELECT shops.name FROM shops JOIN depots ON depots.city = shops.city
        WHERE shops.sales > (SELECT AVG(other.sales) FROM shops other)";
    assert_eq!(after(Rule::Narrow, "name of shops near depots with sales above the average", against_all), []);
}

#[test]
fn totals_over_a_join_miss_those_without_any() {
    let sql = "SELECT depots.name FROM depots JOIN shops ON shops.city = depots.city GROUP BY depots.name
        HAVING SUM(shops.sales) > 8";
    let found = after(Rule::Comparison, "depots with total sales over 8", sql);
    assert!(!found.is_empty() && found.iter().all(|(_, sql)| !sql.contains('<')), "{found:?}");
}

#[test]
fn the_first_of_texts_stays_what_it_is() {
    assert_eq!(after(Rule::Column, "the first city", "SELECT MIN(city) FROM shops"), []);
}

#[test]
fn an_order_takes_names_without_what_leads_to_them() {
    let found = after(Rule::Order, "For all shops, show name, city", "SELECT name, city FROM shops");
    assert!(found.len() > 5, "{found:?}");
    for (question, _) in &found {
        let added = question.replacen("show name", "", 1);
        assert!(!added.contains("show"), "{question}");
    }
}

#[test]
fn a_verb_gives_way_to_no_noun() {
    with_workshop(|workshop| {
        let studio = workshop.studio(0, None);
        let sql = "SELECT opened, city FROM shops WHERE name = 'North'";
        let query = sql::resolve::parse(sql, studio.world.catalog, Dialect::Sqlite).query.unwrap();
        let draft = Draft::new("when North opened, and its city", query);
        let reading = Reading::new(&studio, &draft);
        assert_eq!(reading.mentions.len(), 2);
        let said: Vec<String> = (0..60).map(|n| reworded(&studio.world, &reading, &mut Dice::new(3, n))).collect();
        assert!(said.iter().all(|text| text.starts_with("when North opened,")), "{said:?}");
        assert!(said.iter().any(|text| text.ends_with("its town")), "{said:?}");
    });
}

#[test]
fn a_list_of_values_gets_other_values_and_more_of_them() {
    let found = after(
        Rule::Several,
        "sales of shops of the format Kiosk or Outlet",
        "SELECT sales FROM shops WHERE format IN ('Kiosk', 'Outlet')",
    );
    assert!(!found.is_empty());
    for (question, sql) in &found {
        let listed = question.strip_prefix("sales of shops of the format ").unwrap_or_else(|| panic!("{question}"));
        let values: Vec<&str> = listed.split([',', ' ']).filter(|word| !["", "or"].contains(word)).collect();
        let list: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
        assert_eq!(*sql, format!("SELECT sales FROM shops WHERE format IN ({})", list.join(", ")), "{question}");
        assert!(listed.contains(" or "), "{question}");
    }
    // One value becomes several where nothing is named by it.
    let grown = after(Rule::Several, "sales of shops in Rome", "SELECT sales FROM shops WHERE city = 'Rome'");
    assert!(grown.iter().any(|(question, sql)| question.contains("Oslo") && sql.contains("IN ('")), "{grown:?}");
    assert!(after(Rule::Several, "rent of the shop Quay", "SELECT rent FROM shops WHERE name = 'Quay'").is_empty());
}

#[test]
fn a_value_said_wrongly_at_first_leaves_the_query_as_it_was() {
    let sql = "SELECT sales FROM shops WHERE city = 'Rome' AND rent > 8";
    let found = made("sales of the Rome shops with a rent above 8", sql, correction::changed);
    assert!(found.len() > 10, "{found:?}");
    for (question, left) in &found {
        assert_eq!(left, sql);
        let city = question.strip_prefix("sales of the ").and_then(|rest| rest.split_once(" shops with a rent above "));
        let (city, rent) = city.unwrap_or_else(|| panic!("{question}"));
        let is_corrected = |said: &str, wrong: fn(&str) -> bool, right: &str| {
            let said = said.trim_end_matches([',', ' ', '-', ')']);
            said.strip_suffix(right).is_some_and(wrong)
        };
        let other_city = is_corrected(city, |before| before.starts_with("Oslo"), "Rome") && rent == "8";
        let other_rent = is_corrected(rent, |before| before.starts_with(|c: char| c.is_ascii_alphanumeric()), "8");
        assert!(other_city || other_rent && city == "Rome", "{question}");
    }
    assert!(
        found.iter().any(|(question, _)| question.contains("the Oslo") && question.contains("the Rome")),
        "{found:?}"
    );
    // A second value that the question asks for as well corrects nothing.
    let both = "sales of the shops in Rome and Oslo";
    assert!(made(both, "SELECT sales FROM shops WHERE city IN ('Rome', 'Oslo')", correction::changed).is_empty());
}

#[test]
fn what_stands_around_a_question_leaves_the_query_as_it_was() {
    let sql = "SELECT sales FROM shops WHERE city = 'Rome'";
    let found = made("sales of shops in Rome", sql, frame::changed);
    assert!(found.len() > 30, "{found:?}");
    for (question, left) in &found {
        assert_eq!(left, sql);
        assert!(question.contains("Rome") && !question.contains(['{', '}']), "{question}");
    }
    let starts = found.iter().filter(|(question, _)| question.to_lowercase().starts_with("sales of shops in rome"));
    let of_starts = starts.count();
    assert!(of_starts > 0 && of_starts < found.len(), "sentences stand before and after: {found:?}");
}
