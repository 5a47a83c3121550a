//! A small company database made by hand: projects, companies, contracts, people, tickets.

use jiff::civil::{Date, date};
use schema::{Catalog, Column, ColumnId, Context, ForeignKey, Glossary, Lexicon, Table, TableId, Type, ValueIndex};

/// The day on which every test asks.
pub(crate) const TODAY: Date = date(2025, 6, 18);

/// Everything that a context borrows from.
pub(crate) struct Fixture {
    pub(crate) catalog: Catalog,
    pub(crate) glossary: Glossary,
    pub(crate) lexicon: Lexicon,
    pub(crate) values: ValueIndex,
}

impl Fixture {
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            catalog: &self.catalog,
            glossary: &self.glossary,
            lexicon: &self.lexicon,
            values: &self.values,
            vocabulary: None,
            today: TODAY,
        }
    }
}

pub(crate) fn fixture() -> Fixture {
    with_glossary(GLOSSARY)
}

pub(crate) fn with_glossary(glossary: &str) -> Fixture {
    let catalog = catalog();
    let glossary = Glossary::from_toml(glossary).expect("the glossary parses");
    assert_eq!(glossary.check(&catalog), Vec::<String>::new());
    let lexicon = Lexicon::new(&catalog, &glossary);
    let stored = VALUES.iter().flat_map(|(columns, values)| {
        columns.split(' ').flat_map(|column| values.split(" | ").map(move |value| (column, value)))
    });
    let profiled: Vec<(ColumnId, String, u64)> =
        stored.map(|(column, value)| (catalog.find_qualified(column).expect(column), value.to_owned(), 3)).collect();
    let values = ValueIndex::new(profiled, &catalog, &glossary);
    Fixture { catalog, glossary, lexicon, values }
}

/// Tables as text: `name: column type[!]...; ` where `!` marks the primary key, and foreign keys `a.b -> c.d`.
pub(crate) fn catalog_of(tables: &str, keys: &str) -> Catalog {
    let mut catalog = Catalog::default();
    for line in tables.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (name, columns) = line.split_once(':').expect("a table line has a colon");
        let mut table = Table { name: name.to_owned(), ..Table::default() };
        for (position, column) in columns.split(',').map(str::trim).enumerate() {
            let (name, ty) = column.split_once(' ').expect("a column has a type");
            if ty.ends_with('!') {
                table.primary_key.push(position as u16);
            }
            if ty.ends_with('?') {
                table.unique.push(vec![position as u16]);
            }
            table.columns.push(Column { name: name.to_owned(), ty: type_of(ty), ..Column::default() });
        }
        catalog.tables.push(table);
    }
    for line in keys.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (from, to) = line.split_once(" -> ").expect("a key has an arrow");
        let (from, to) = (find(&catalog, from), find(&catalog, to));
        catalog.foreign_keys.push(ForeignKey {
            from: from.table,
            columns: vec![from.column],
            to: to.table,
            to_columns: vec![to.column],
            confidence: 1.0,
        });
    }
    catalog
}

pub(crate) fn find(catalog: &Catalog, column: &str) -> ColumnId {
    catalog.find_qualified(column).unwrap_or_else(|| panic!("no column {column}"))
}

pub(crate) fn table(catalog: &Catalog, name: &str) -> TableId {
    catalog.find_table(name).unwrap_or_else(|| panic!("no table {name}"))
}

fn type_of(ty: &str) -> Type {
    match ty.trim_end_matches(['!', '?']) {
        "int" => Type::Integer,
        "real" => Type::Real,
        "text" => Type::Text,
        "date" => Type::Date,
        "bool" => Type::Boolean,
        other => panic!("no type {other}"),
    }
}

fn catalog() -> Catalog {
    catalog_of(
        "projects: Code text!, Project_Name text, Budget real, Actual_Cost real, Status text, Department text, Start_Date date, End_Date date
         companies: Company_ID int!, Company_Name text, Industry text, Status text
         contracts: Contract_ID int!, Project_Code text, Company_ID int, Contract_Number text, Contract_Type text, Contract_Value real, Status text, Terms text, End_Date date
         people: Person_Code text!, Person_Name text, Department text, Cost_Rate real
         assignments: Assignment_ID int!, Project_Code text, Person_Code text, Role text, Allocation_Percent real, Status text
         tickets: Ticket_ID int!, Company_ID int, Priority text, Status text, Reported_Date date
         archive_log: Log_ID int!, State text",
        "contracts.Project_Code -> projects.Code
         contracts.Company_ID -> companies.Company_ID
         assignments.Project_Code -> projects.Code
         assignments.Person_Code -> people.Person_Code
         tickets.Company_ID -> companies.Company_ID",
    )
}

const VALUES: &[(&str, &str)] = &[
    ("projects.Status", "Active | Completed | On Hold | Planning | Cancelled"),
    ("projects.Department people.Department", "IT | Engineering | Finance | Sales | R&D | HR"),
    (
        "projects.Project_Name",
        "Apollo | ERP Migration | Customer Portal | Data Warehouse Rollout | Projet Été | Open Door",
    ),
    ("projects.Code contracts.Project_Code assignments.Project_Code", "PRJ-001 | PRJ-002 | CC-100"),
    (
        "companies.Company_Name",
        "Northwind Traders | O'Brien & Sons | Macy's | North West Trading | Blue Harbor Foods | Müller GmbH | Target | Schroeder Werke",
    ),
    ("companies.Industry", "Energy | Healthcare | Public Sector | Financial Services"),
    ("companies.Status", "Active | Prospect | On Hold"),
    ("contracts.Contract_Number", "CN-2021-001 | CN-2024-015"),
    ("contracts.Contract_Type", "Fixed Price | Time & Material | Retainer"),
    ("contracts.Status", "Draft | Active | Expired"),
    ("contracts.Terms", "Net 30 | Net 60"),
    ("people.Person_Name", "Alice Johnson | Bob Johnson | Carol Smith | Priya Patel | Mark Stone"),
    ("assignments.Role", "Developer | Project Manager | QA Engineer"),
    ("assignments.Status", "Assigned | Planned"),
    ("tickets.Priority", "High | Low | Critical | B"),
    ("tickets.Status", "Open | Closed"),
    ("archive_log.State", "Done"),
];

/// The words of the small trade.
pub(crate) const GLOSSARY: &str = r#"
fiscal_year_start = "04-01"

[tables.projects]
singular = ["project", "job"]
plural = ["projects", "jobs"]
[tables.companies]
singular = ["company", "client", "customer"]
plural = ["companies", "clients", "customers"]
[tables.contracts]
singular = ["contract", "deal"]
plural = ["contracts", "deals"]
[tables.people]
singular = ["person", "employee"]
plural = ["people", "employees", "staff"]
[tables.assignments]
singular = ["assignment", "position"]
plural = ["assignments", "positions"]
[tables.tickets]
singular = ["ticket"]
plural = ["tickets", "issues"]

[columns."projects.Budget"]
role = "measure"
terms = ["budget"]
most = ["largest"]
[columns."projects.Actual_Cost"]
role = "measure"
terms = ["actual cost", "cost", "sales cost"]
[columns."projects.Department"]
terms = ["department", "dept"]
[columns."people.Department"]
terms = ["department", "dept"]
[columns."projects.End_Date"]
terms = ["end date"]
verb = ["ended", "finished"]
[columns."contracts.Contract_Value"]
role = "measure"
terms = ["contract value", "worth", "sales"]
[columns."contracts.End_Date"]
terms = ["end date"]
verb = ["expired", "ended"]
[columns."contracts.Status"]
role = "status"
terms = ["status"]
[columns."people.Cost_Rate"]
terms = ["cost rate", "rate"]
[columns."tickets.Priority"]
terms = ["priority"]

[measures.margin]
sql = "projects.Budget - projects.Actual_Cost"
terms = ["margin", "mark-up"]

[conditions.over_budget]
sql = "projects.Actual_Cost > projects.Budget"
adjectives = ["over-budget"]
phrases = ["that are over budget"]
nouns = ["overruns"]
[conditions.open_position]
sql = "assignments.Person_Code IS NULL"
adjectives = ["open", "unfilled"]
phrases = ["with nobody assigned"]
nouns = ["open positions", "vacancies"]

[values."contracts.Contract_Type"]
"Time & Material" = ["T&M", "time and materials"]
[values."contracts.Terms"]
"Net 60" = ["60 days"]
[values."companies.Status"]
"Prospect" = ["would-be"]
[values."archive_log.State"]
"Done" = ["finished"]

[relations."assignments.Project_Code"]
forward = ["assigned to", "on"]
backward = ["staffed with"]
"#;
