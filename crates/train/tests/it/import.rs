//! Lines of one's own taken into a folder, again and again: nothing is lost, nothing stands twice, and what is mended
//! leaves quarantine.

use std::fs;
use std::path::{Path, PathBuf};

use train::import::{Collection, Imported, QUARANTINE, QUESTIONS, import};
use train::lint::lint;
use train::question::{Question, Status, read_lines, read_questions};

use crate::folder::Folder;
use crate::lint::with_ground;

/// A folder of files to import, and the folder to import into.
struct Desk(Folder);

impl Desk {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        fs::create_dir_all(&folder.0).unwrap();
        Desk(folder)
    }

    fn out(&self) -> PathBuf {
        self.0.0.join("out")
    }

    /// Imports a file of these lines, as the command does.
    fn import(&self, name: &str, lines: &[&str]) -> Imported {
        let path: PathBuf = self.0.0.join(name);
        fs::write(&path, lines.join("\n")).unwrap();
        self.again(&path)
    }

    fn again(&self, path: &Path) -> Imported {
        let mut collection = Collection::open(&self.out()).unwrap();
        let lines = read_lines(path, &collection.known()).unwrap();
        let done = with_ground(2, |ground| {
            let mut found = lint(&lines, &[], ground).unwrap();
            import(&lines, &mut found, &mut collection, ground, false).unwrap()
        });
        collection.save(&self.out()).unwrap();
        done
    }

    fn questions(&self) -> Vec<Question> {
        read_questions(&self.out().join(QUESTIONS)).unwrap()
    }

    /// Text and first code of each line in quarantine.
    fn quarantine(&self) -> Vec<(String, String)> {
        let collection = Collection::open(&self.out()).unwrap();
        collection.quarantine.into_iter().map(|aside| (aside.text, aside.reasons[0].code.clone())).collect()
    }

    fn bytes(&self) -> [Vec<u8>; 2] {
        [QUESTIONS, QUARANTINE].map(|name| fs::read(self.out().join(name)).unwrap())
    }
}

const COUNT: &str = r#"{"query":"How many shops are there?","sql":"SELECT COUNT(*) FROM shops;","reasoning":"count them","source":"ticket 7"}"#;
const CITIES: &str = r#"{"query":"How many shops are there?","sql":"SELECT COUNT(DISTINCT city) FROM shops"}"#;
const OSLO: &str = r#"{"id":"oslo","question":"shops in Oslo","sql":"SELECT name FROM shops WHERE city = 'Oslo'"}"#;
const BAD: &str = r#"{"id":"rome","question":"shops in Rome","sql":"SELECT nam FROM shops WHERE city = 'Rome'"}"#;

#[test]
fn what_passes_is_a_question_line_and_what_does_not_is_kept_as_it_stood() {
    let desk = Desk::new("import-first");
    let repeated = r#"{"query":"how many shops are there","sql":"SELECT COUNT(shop_id) FROM shops"}"#;
    let done = desk.import("own.jsonl", &[COUNT, BAD, "{\"query\":", OSLO, repeated]);
    assert_eq!((done.questions, done.added, done.refused, done.repeated, done.quarantine), (2, 2, 2, 1, 3));
    let questions = desk.questions();
    assert_eq!(questions[0].sql.as_deref(), Some("SELECT COUNT(*) FROM shops"), "without what ends a statement");
    assert_eq!((questions[0].difficulty.as_str(), questions[0].reasoning.as_deref()), ("easy", Some("count them")));
    let text = fs::read_to_string(desk.out().join(QUESTIONS)).unwrap();
    assert!(text.contains("\"source\":\"ticket 7\"") && !text.contains("\"query\""), "{text}");
    let aside: Vec<(String, String)> = desk.quarantine();
    let expected = [(BAD, "SCH202"), ("{\"query\":", "DAT701"), (repeated, "DAT708")];
    assert_eq!(aside, expected.map(|(text, code)| (text.to_owned(), code.to_owned())));
}

#[test]
fn the_same_import_twice_gives_the_same_bytes() {
    let desk = Desk::new("import-twice");
    let mended = r#"{"id":"new","question":"shops in Oslo by name","sql":"SELECT name FROM shops WHERE city = 'Oslo' ORDER BY name","corrects":"oslo"}"#;
    let lines = [COUNT, BAD, OSLO, OSLO, CITIES, mended];
    let first = desk.import("own.jsonl", &lines);
    let bytes = desk.bytes();
    let second = desk.import("own.jsonl", &lines);
    assert_eq!(desk.bytes(), bytes);
    assert_eq!((second.added, second.questions, second.quarantine), (0, first.questions, first.quarantine));
}

#[test]
fn a_later_answer_corrects_an_earlier_one() {
    let desk = Desk::new("import-correct");
    desk.import("own.jsonl", &[COUNT, OSLO]);
    let id = desk.questions()[0].id.clone();
    let done = desk.import("later.jsonl", &[CITIES]);
    let told: Vec<(&str, usize)> = done.corrected.iter().map(|one| (one.id.as_str(), one.place.line)).collect();
    assert_eq!((told, done.added, done.questions), (vec![(id.as_str(), 1)], 0, 2));
    assert_eq!(desk.questions()[0].sql.as_deref(), Some("SELECT COUNT(DISTINCT city) FROM shops"));
    let aside = desk.quarantine();
    assert!(aside.len() == 1 && aside[0].1 == "DAT716" && aside[0].0.contains("ticket 7"), "{aside:?}");
    let bytes = desk.bytes();
    assert_eq!(desk.import("later.jsonl", &[CITIES]).known, 1);
    assert_eq!(desk.bytes(), bytes);
    // By its name a question may change its words too.
    let renamed = r#"{"id":"oslo","question":"shops in Rome","sql":"SELECT name FROM shops WHERE city = 'Rome'"}"#;
    assert_eq!(desk.import("last.jsonl", &[renamed]).corrected.len(), 1);
    assert_eq!(desk.questions()[1].question, "shops in Rome");
}

#[test]
fn of_two_answers_in_one_import_none_is_believed_unless_one_says_that_it_corrects() {
    let desk = Desk::new("import-quarrel");
    let done = desk.import("own.jsonl", &[COUNT, CITIES]);
    assert_eq!((done.questions, done.refused), (0, 2));
    let first = COUNT.replacen('{', r#"{"id":"a","#, 1);
    let second = CITIES.replacen('{', r#"{"id":"b","corrects":"a","#, 1);
    let done = desk.import("mended.jsonl", &[&first, &second]);
    assert_eq!((done.questions, done.refused, done.corrected.len()), (1, 0, 1));
    let question = &desk.questions()[0];
    assert_eq!((question.id.as_str(), question.corrects.as_deref()), ("a", None));
    assert!(question.sql.as_deref().is_some_and(|sql| sql.contains("DISTINCT")));
    let nothing = OSLO.replacen('{', r#"{"corrects":"nobody","#, 1);
    let done = desk.import("nothing.jsonl", &[&nothing]);
    assert_eq!((done.refused, desk.quarantine().last().map(|aside| aside.1.clone())), (1, Some("DAT715".to_owned())));
}

#[test]
fn what_is_mended_leaves_quarantine() {
    let desk = Desk::new("import-mended");
    desk.import("own.jsonl", &[BAD, "{"]);
    assert_eq!(desk.quarantine().len(), 2);
    let done = desk.import("own.jsonl", &[&BAD.replace("nam ", "name "), "{"]);
    assert_eq!((done.added, desk.quarantine()), (1, vec![("{".to_owned(), "DAT701".to_owned())]));
}

#[test]
fn conversations_go_on_over_imports_and_are_never_broken() {
    let desk = Desk::new("import-follow");
    desk.import("own.jsonl", &[r#"{"id":"all","question":"show all shops","sql":"SELECT name FROM shops"}"#]);
    let follows = r#"{"id":"then","question":"only those in Oslo","sql":"SELECT name FROM shops WHERE city = 'Oslo'","after":"all"}"#;
    assert_eq!(desk.import("next.jsonl", &[follows]).added, 1);
    assert_eq!(desk.questions()[1].previous.as_deref(), Some("SELECT name FROM shops"));
    let declined = r#"{"id":"all","question":"show all shops","sql":null,"status":"refused","tags":["ambiguous"]}"#;
    let behind = r#"{"id":"all","question":"show all","sql":"SELECT name FROM shops","after":"then"}"#;
    for line in [declined, behind] {
        let done = desk.import("broken.jsonl", &[line]);
        assert_eq!((done.refused, done.corrected.len()), (1, 0), "{line}");
        assert_eq!(desk.questions()[0].status, Status::Answered);
    }
    let lost = follows.replace("\"then\"", "\"x\"").replace("\"all\"", "\"rome\"");
    let done = desk.import("lost.jsonl", &[BAD, &lost]);
    assert_eq!((done.refused, done.questions), (2, 2));
}

#[test]
fn a_folder_that_was_damaged_is_named() {
    let desk = Desk::new("import-damaged");
    desk.import("own.jsonl", &[COUNT, BAD]);
    for name in [QUESTIONS, QUARANTINE] {
        let path = desk.out().join(name);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}{{\"half\n")).unwrap();
        let message = Collection::open(&desk.out()).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains("line 2"), "{message}");
        fs::write(&path, whole).unwrap();
    }
    assert!(Collection::open(&desk.out()).is_ok());
}
