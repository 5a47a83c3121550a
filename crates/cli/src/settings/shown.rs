//! Values as anybody may read them: without secrets, and without the passwords of URLs.

use database::server::url::without_password;
use toml::Value;

/// A setting's value, and what stands in it, with stars for what is secret.
pub(crate) fn shown(key: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if key.ends_with("secret") && !text.is_empty() => Value::String("***".to_owned()),
        Value::String(text) if is_of_the_web(text) => value.clone(),
        Value::String(text) => Value::String(without_password(text)),
        Value::Array(values) => Value::Array(values.iter().map(|value| shown(key, value)).collect()),
        Value::Table(table) => {
            Value::Table(table.iter().map(|(key, value)| (key.clone(), shown(key, value))).collect())
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => value.clone(),
    }
}

/// Whether these are addresses of the web that name nobody: no databases, and without a password.
fn is_of_the_web(text: &str) -> bool {
    (text.starts_with("http://") || text.starts_with("https://")) && !text.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_is_starred_wherever_it_stands() {
        let check = |value: &str, wanted: &str| {
            let table: toml::Table = toml::from_str(&format!("key = {value}")).unwrap();
            assert_eq!(shown("some.key", &table["key"]).to_string(), wanted);
        };
        check("'postgres://ann:hush@h/d'", r#""postgres://ann:***@h/d""#);
        check("'redis://:hush@h'", r#""redis:***""#);
        check("[{ db = 'postgres://ann:hush@h/d', n = 1 }]", r#"[{ db = "postgres://ann:***@h/d", n = 1 }]"#);
        check("[['mysql://ann:hush@h/d']]", r#"[["mysql://ann:***@h/d"]]"#);
        check("{ inner = { secret = 'hush' } }", r#"{ inner = { secret = "***" } }"#);
        check("'https://ann:hush@h'", r#""https:***""#);
        check("'https://bi.example.com, http://h:1'", r#""https://bi.example.com, http://h:1""#);
        check("7", "7");
        assert_eq!(shown("cache.secret", &Value::from("hush")), Value::from("***"));
        assert_eq!(shown("cache.secret", &Value::from("")), Value::from(""));
    }
}
