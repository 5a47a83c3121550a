//! A pack of two tables, two databases for it, and twenty questions with their references.

use answer::pack::{Pack, PackFiles};
use database::Image;
use rusqlite::Connection;
use train::question::{Question, Status};

pub(crate) const SCHEMA: &str = "
    CREATE TABLE shops (shop_id INTEGER PRIMARY KEY, name TEXT, city TEXT, sales DECIMAL(10,2));
    CREATE TABLE orders (order_id INTEGER PRIMARY KEY, shop_id INTEGER REFERENCES shops(shop_id), amount INTEGER);";

const GLOSSARY: &str = r#"
    [tables.shops]
    singular = ["shop"]
    plural = ["shops"]
    display = ["name"]
    name = "name"
    [tables.orders]
    singular = ["order"]
    plural = ["orders"]
    display = ["order_id"]
    [columns."shops.city"]
    role = "dimension"
    [columns."shops.name"]
    role = "name"
    [columns."shops.sales"]
    role = "measure"
    [columns."orders.amount"]
    role = "measure"
"#;

pub(crate) fn pack() -> Pack {
    let files =
        PackFiles { name: "shops".into(), schema: SCHEMA.into(), glossary: GLOSSARY.into(), ..PackFiles::default() };
    Pack::new(files).unwrap()
}

/// Two databases on which wrong queries differ.
pub(crate) fn databases() -> Vec<Image> {
    let rows = [
        "INSERT INTO shops VALUES (1, 'North', 'Oslo', 10), (2, 'South', 'Rome', 20), (3, 'Quay', 'Oslo', 4);
         INSERT INTO orders VALUES (1, 1, 5), (2, 1, 7), (3, 2, 9);",
        "INSERT INTO shops VALUES (1, 'East', 'Oslo', 30), (2, 'West', 'Oslo', 15), (3, 'Port', 'Rome', 7);
         INSERT INTO orders VALUES (1, 3, 1), (2, 3, 12);",
    ];
    let image = |rows: &str| {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(&format!("{SCHEMA}{rows}")).unwrap();
        Image::of(&mut connection, &pack().catalog).unwrap()
    };
    rows.map(image).into()
}

pub(crate) fn question(id: &str, text: &str, sql: Option<&str>) -> Question {
    Question {
        id: id.to_owned(),
        question: text.to_owned(),
        sql: sql.map(str::to_owned),
        ordered: sql.is_some_and(|sql| sql.contains("ORDER BY") && !sql.contains("LIMIT")),
        difficulty: "easy".to_owned(),
        tags: vec!["tag".to_owned()],
        status: if sql.is_some() { Status::Answered } else { Status::Refused },
        ..Question::default()
    }
}

/// Twenty questions of many shapes, one of which must be declined.
pub(crate) fn questions() -> Vec<Question> {
    let pairs = [
        ("show all shops", "SELECT name FROM shops"),
        ("how many shops are there", "SELECT COUNT(*) FROM shops"),
        ("total sales", "SELECT SUM(sales) FROM shops"),
        ("average sales", "SELECT AVG(sales) FROM shops"),
        ("shops in Oslo", "SELECT name FROM shops WHERE city = 'Oslo'"),
        ("names of shops with sales over 8", "SELECT name FROM shops WHERE sales > 8"),
        ("how many orders do we have", "SELECT COUNT(*) FROM orders"),
        ("largest order amount", "SELECT MAX(amount) FROM orders"),
        ("smallest order amount", "SELECT MIN(amount) FROM orders"),
        ("number of shops per city", "SELECT city, COUNT(*) FROM shops GROUP BY city"),
        ("total sales by city", "SELECT city, SUM(sales) FROM shops GROUP BY city"),
        (
            "shops with orders",
            "SELECT name FROM shops WHERE EXISTS (SELECT 1 FROM orders WHERE orders.shop_id = shops.shop_id)",
        ),
        (
            "shops without any order",
            "SELECT name FROM shops WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.shop_id = shops.shop_id)",
        ),
        ("shops sorted by sales", "SELECT name FROM shops ORDER BY sales"),
        ("top 2 shops by sales", "SELECT name FROM shops ORDER BY sales DESC LIMIT 2"),
        ("different cities", "SELECT DISTINCT city FROM shops"),
        ("orders over 5", "SELECT order_id FROM orders WHERE amount > 5"),
        (
            "total amount per shop",
            "SELECT shops.name, SUM(orders.amount) FROM orders JOIN shops ON shops.shop_id = orders.shop_id GROUP BY shops.name",
        ),
        ("shops in Rome with sales over 5", "SELECT name FROM shops WHERE city = 'Rome' AND sales > 5"),
    ];
    let mut questions: Vec<Question> =
        pairs.iter().enumerate().map(|(i, (text, sql))| question(&format!("q{i}"), text, Some(sql))).collect();
    questions.push(question("q19", "will it rain tomorrow", None));
    questions
}
