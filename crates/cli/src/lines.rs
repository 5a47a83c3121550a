//! Batches: files of JSON lines `{"id", …}`, read one line at a time, however long, broken or oddly encoded they are.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::exit::Failure;
use crate::output;

/// A longer line is not read.
const LONGEST: u64 = 1_000_000;

/// A file of lines, or standard input.
pub(crate) struct Lines {
    path: PathBuf,
    input: Box<dyn BufRead>,
    number: usize,
    field: &'static str,
}

/// One line, with the id it carries.
#[derive(Debug, PartialEq)]
pub(crate) struct Line {
    /// Its number in the file, from 1.
    pub(crate) number: usize,
    /// As given; null without one.
    pub(crate) id: Json,
    /// The text of the wanted field, or what is wrong with the line.
    pub(crate) text: Result<String, String>,
    /// The other fields; null where there are none.
    pub(crate) rest: Json,
}

impl Lines {
    /// Opens a file whose lines hold the text `field`; "-" is standard input.
    ///
    /// # Errors
    /// When it cannot be read (exit 7).
    pub(crate) fn open(path: &Path, field: &'static str) -> Result<Self, Failure> {
        let unreadable = |e: std::io::Error| Failure::unreadable(path, &e);
        let mut input: Box<dyn BufRead> = if path.as_os_str() == "-" {
            Box::new(BufReader::new(stdin()))
        } else {
            Box::new(BufReader::new(File::open(path).map_err(unreadable)?))
        };
        // A folder opens, and only then cannot be read.
        input.fill_buf().map_err(unreadable)?;
        Ok(Lines { path: path.to_owned(), input, number: 0, field })
    }

    /// The next line that is not blank.
    ///
    /// # Errors
    /// When the file cannot be read on (exit 7).
    pub(crate) fn next(&mut self) -> Result<Option<Line>, Failure> {
        loop {
            let read = next_line(&mut *self.input).map_err(|e| Failure::unreadable(&self.path, &e))?;
            let Some(bytes) = read else { return Ok(None) };
            self.number += 1;
            let start = if self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            if !bytes[start..].iter().all(u8::is_ascii_whitespace) {
                let (id, text, rest) = parse(&bytes[start..], self.field);
                return Ok(Some(Line { number: self.number, id, text, rest }));
            }
        }
    }
}

/// The next line with its end; of a line beyond [`LONGEST`] the rest is passed over.
fn next_line(input: &mut dyn BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = vec![];
    if input.take(LONGEST + 1).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 > LONGEST && !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

fn parse(line: &[u8], field: &str) -> (Json, Result<String, String>, Json) {
    let bad = |problem: String| (Json::Null, Err(problem), Json::Null);
    if line.len() as u64 > LONGEST {
        return bad(format!("the line is longer than {} bytes", output::separated(i128::from(LONGEST))));
    }
    let object = match std::str::from_utf8(line) {
        Err(e) => Err(format!("not UTF-8 text: {e}")),
        Ok(text) => serde_json::from_str::<Json>(text).map_err(|e| format!("not a line of JSON: {e}")),
    };
    match object {
        Err(problem) => bad(problem),
        Ok(mut object) if object.is_object() => {
            let text = match object[field].take() {
                Json::String(text) => Ok(text),
                Json::Null => Err(format!("the line has no \"{field}\"")),
                _ => Err(format!("\"{field}\" is not a text")),
            };
            (object["id"].take(), text, object)
        }
        Ok(_) => bad(format!("expected an object {{\"id\", \"{field}\"}}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_or_named() {
        let read = |line: &[u8]| {
            let (id, text, _) = parse(line, "question");
            (id, text)
        };
        assert_eq!(read(b"{\"id\":7,\"question\":\"a\"}\r\n"), (Json::from(7), Ok("a".to_owned())));
        assert_eq!(read(b"{\"question\":\"a\"}"), (Json::Null, Ok("a".to_owned())));
        assert_eq!(read(b"{\"id\":\"x\"}"), (Json::from("x"), Err("the line has no \"question\"".to_owned())));
        assert!(read(b"{\"id\":1,\"question\":2}").1.is_err());
        for broken in [&b"[1]"[..], b"{", b"\xff", b"7"] {
            let (id, text) = read(broken);
            assert!(id.is_null() && text.is_err());
        }
        let (_, _, rest) = parse(b"{\"question\":\"a\",\"sql\":\"b\"}", "question");
        assert_eq!(rest["sql"], "b");
    }

    #[test]
    fn a_line_of_any_length_is_passed_over() {
        let mut file = vec![b'x'; 3_000_000];
        file.extend_from_slice(b"\n{\"id\":1}\n");
        let mut input = &file[..];
        assert!(next_line(&mut input).unwrap().is_some_and(|line| line.len() as u64 > LONGEST));
        assert_eq!(next_line(&mut input).unwrap(), Some(b"{\"id\":1}\n".to_vec()));
        assert_eq!(next_line(&mut input).unwrap(), None);
    }
}
