//! What the owner of a MySQL database would change about the account that asks it.

use super::MySql;
use super::client::Client;
use crate::server::session::{Client as _, PATIENCE, Texts};
use crate::server::{Advice, ServerError};

/// Rights that reading needs.
const NEEDED: [&str; 3] = ["SELECT", "USAGE", "SHOW VIEW"];
/// Rights that stand for all others.
const ALL: &str = "ALL PRIVILEGES";
const SUPER: &str = "SUPER";

impl MySql {
    /// Looks at the account's rights; each finding names the statement to run.
    pub(crate) fn advice(&self) -> Result<Vec<Advice>, ServerError> {
        let ask = |sql| self.session.ask(PATIENCE, sql).map(first_column);
        let one = |sql| ask(sql).map(|texts| texts.into_iter().next().unwrap_or_default());
        let (version, account) = (one("SELECT VERSION()")?, one("SELECT CURRENT_USER()")?);
        let (user, host) = account.rsplit_once('@').unwrap_or((&account, "%"));
        let who = format!("'{}'@'{host}'", user.replace('\'', "''"));
        let mut advice = vec![Advice::fine(format!("{version} as account {account}"))];
        let grants = ask("SHOW GRANTS FOR CURRENT_USER()")?;
        let granted: Vec<Granted<'_>> = grants.iter().filter_map(|grant| granted(grant)).collect();
        if granted.iter().any(Granted::is_everything) {
            let what = format!("{account} may do everything: give this program an account of its own");
            let make = format!(
                "CREATE USER 'glrl_reader'@'{host}' IDENTIFIED BY '…'; GRANT SELECT ON {}.* TO 'glrl_reader'@'{host}'",
                Client::quoted(&self.server().schema)
            );
            advice.push(Advice::warning(what, make));
            return Ok(advice);
        }
        advice.extend(granted.iter().filter_map(|granted| granted.advice(&account, &who)));
        Ok(advice)
    }
}

fn first_column(rows: Texts) -> Vec<String> {
    rows.into_iter().filter_map(|row| row.into_iter().next()?).collect()
}

/// One line of an account's grants.
#[derive(Debug, PartialEq, Eq)]
enum Granted<'a> {
    /// Rights, those on single columns with the columns behind them, on a place.
    Rights { rights: Vec<&'a str>, place: &'a str },
    /// Roles, as they are written.
    Roles(&'a str),
}

impl Granted<'_> {
    fn is_everything(&self) -> bool {
        matches!(self, Granted::Rights { rights, place: "*.*" } if rights.iter().any(|right| [ALL, SUPER].contains(right)))
    }

    fn advice(&self, account: &str, who: &str) -> Option<Advice> {
        let (rights, place) = match self {
            Granted::Roles(roles) => {
                let what = format!("{account} has the rights of {roles} too, which were not looked at");
                return Some(Advice::warning(what, format!("SHOW GRANTS FOR {roles}")));
            }
            Granted::Rights { rights, place } => (rights, place),
        };
        let beyond: Vec<&str> = rights.iter().copied().filter(|right| !NEEDED.contains(&name_of(right))).collect();
        let rights = Some(beyond.join(", ")).filter(|rights| !rights.is_empty())?;
        let mut undo = format!("REVOKE {rights} ON {place} FROM {who}");
        if beyond.contains(&ALL) {
            // SELECT was one of them.
            undo.push_str(&format!("; GRANT SELECT ON {place} TO {who}"));
        }
        Some(Advice::warning(format!("{account} has more than reading on {place}: {rights}"), undo))
    }
}

/// A right without its columns.
fn name_of(right: &str) -> &str {
    right.split('(').next().unwrap_or(right).trim()
}

/// Reads `GRANT SELECT, INSERT (a, b) ON place TO …` and `GRANT role TO …`.
fn granted(grant: &str) -> Option<Granted<'_>> {
    let shape = shape(grant);
    let from = shape.strip_prefix("GRANT ").map(|_| "GRANT ".len())?;
    let to = shape.find(" TO ")?;
    let Some(on) = shape[..to].find(" ON ") else { return Some(Granted::Roles(&grant[from..to])) };
    let commas = shape[from..on].match_indices(',').map(|(at, _)| from + at);
    let mut rights = Vec::new();
    let mut begun = from;
    for end in commas.chain([on]) {
        rights.push(grant[begun..end].trim());
        begun = end + 1;
    }
    Some(Granted::Rights { rights, place: &grant[on + " ON ".len()..to] })
}

/// A text of the same length that shows words and commas outside of quotes and brackets only: what is there may look like
/// anything.
fn shape(grant: &str) -> String {
    let (mut quote, mut depth) = (None, 0_usize);
    let seen = |byte: u8| {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'`' | b'\'') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 && byte.is_ascii() => return char::from(byte),
            _ => {}
        }
        'x'
    };
    grant.bytes().map(seen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(grant: &str, rights: &[&str], place: &str) {
        assert_eq!(granted(grant), Some(Granted::Rights { rights: rights.to_vec(), place }), "{grant}");
    }

    #[test]
    fn a_grant_is_read() {
        check("GRANT SELECT, INSERT ON `books`.* TO `ann`@`%`", &["SELECT", "INSERT"], "`books`.*");
        let grant = "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED VIA unix_socket WITH GRANT OPTION";
        check(grant, &["ALL PRIVILEGES"], "*.*");
        // As MySQL 8 writes them.
        let grant = "GRANT BACKUP_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO `ann`@`%`";
        check(grant, &["BACKUP_ADMIN", "SYSTEM_VARIABLES_ADMIN"], "*.*");
        let grant = "GRANT SELECT (`a`, `b`), INSERT (`a) ON x.* TO y`) ON `books`.`ü TO t` TO `ann`@`%`";
        check(grant, &["SELECT (`a`, `b`)", "INSERT (`a) ON x.* TO y`)"], "`books`.`ü TO t`");
        assert_eq!(granted("GRANT `reader`@`%` TO `ann`@`%`"), Some(Granted::Roles("`reader`@`%`")));
        assert_eq!(granted("SET DEFAULT ROLE `reader` FOR `ann`@`%`"), None);
    }

    #[test]
    fn what_is_beyond_reading_is_taken_back_and_reading_is_not() {
        let undo = |grant| granted(grant).and_then(|it| it.advice("ann@%", "'ann'@'%'")).and_then(|it| it.remedy);
        let revoked = "REVOKE UPDATE (`a`), TRIGGER ON `b`.`t` FROM 'ann'@'%'";
        assert_eq!(undo("GRANT SELECT, UPDATE (`a`), TRIGGER ON `b`.`t` TO `ann`@`%`").as_deref(), Some(revoked));
        let revoked = "REVOKE ALL PRIVILEGES ON `b`.* FROM 'ann'@'%'; GRANT SELECT ON `b`.* TO 'ann'@'%'";
        assert_eq!(undo("GRANT ALL PRIVILEGES ON `b`.* TO `ann`@`%`").as_deref(), Some(revoked));
        assert_eq!(undo("GRANT `writer` TO `ann`@`%`").as_deref(), Some("SHOW GRANTS FOR `writer`"));
        assert_eq!(undo("GRANT SELECT (`a`), SHOW VIEW ON `b`.`t` TO `ann`@`%`"), None);
        assert_eq!(undo("GRANT USAGE ON *.* TO `ann`@`%`"), None);
    }
}
