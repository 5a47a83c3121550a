//! What the owner of a MySQL database would change about the account that asks it.

use super::{MySql, PATIENCE, ask, quoted};
use crate::server::{Advice, ServerError};

/// Rights that reading needs.
const NEEDED: [&str; 3] = ["SELECT", "USAGE", "SHOW VIEW"];

impl MySql {
    /// Looks at the account's rights; each finding names the statement to run.
    pub(crate) fn advice(&self) -> Result<Vec<Advice>, ServerError> {
        let server = self.server();
        let first = |rows: Vec<Vec<Option<String>>>| rows.into_iter().next().and_then(|row| row.into_iter().next()?);
        let version = first(ask(&self.session, PATIENCE, "SELECT VERSION()")?).unwrap_or_default();
        let account = first(ask(&self.session, PATIENCE, "SELECT CURRENT_USER()")?).unwrap_or_default();
        let (user, host) = account.rsplit_once('@').unwrap_or((&account, "%"));
        let who = format!("'{}'@'{host}'", user.replace('\'', "''"));
        let make = format!(
            "CREATE USER 'glrl_reader'@'{host}' IDENTIFIED BY '…'; GRANT SELECT ON {}.* TO 'glrl_reader'@'{host}'",
            quoted(&server.schema)
        );
        let mut advice = vec![Advice::fine(format!("{version} as account {account}"))];
        let grants = ask(&self.session, PATIENCE, "SHOW GRANTS FOR CURRENT_USER()")?;
        let mut excess: Vec<(String, String)> = vec![];
        for grant in grants.into_iter().filter_map(|row| row.into_iter().next()?) {
            let Some((rights, place)) = rights_of(&grant) else { continue };
            let beyond: Vec<&str> = rights.into_iter().filter(|right| !NEEDED.contains(right)).collect();
            if !beyond.is_empty() {
                excess.push((beyond.join(", "), place.to_owned()));
            }
        }
        if excess.iter().any(|(rights, place)| place == "*.*" && (rights.contains("ALL") || rights.contains("SUPER"))) {
            let what = format!("{account} may do everything: give this program an account of its own");
            advice.push(Advice::warning(what, make));
            return Ok(advice);
        }
        for (rights, place) in excess {
            let what = format!("{account} has more than reading on {place}: {rights}");
            advice.push(Advice::warning(what, format!("REVOKE {rights} ON {place} FROM {who}")));
        }
        Ok(advice)
    }
}

/// `GRANT SELECT, INSERT ON place TO …`: the rights and the place. `GRANT role TO …` has no place.
fn rights_of(grant: &str) -> Option<(Vec<&str>, &str)> {
    let rest = grant.strip_prefix("GRANT ")?;
    let (rights, rest) = rest.split_once(" ON ")?;
    let (place, _) = rest.split_once(" TO ")?;
    // Rights on single columns have them in brackets.
    let names = rights.split(", ").map(|right| right.split(" (").next().unwrap_or(right).trim());
    Some((names.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == ' ')).collect(), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_read() {
        let grant = "GRANT SELECT, INSERT ON `books`.* TO `ann`@`%`";
        assert_eq!(rights_of(grant), Some((vec!["SELECT", "INSERT"], "`books`.*")));
        let grant = "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED VIA unix_socket WITH GRANT OPTION";
        assert_eq!(rights_of(grant), Some((vec!["ALL PRIVILEGES"], "*.*")));
        assert_eq!(rights_of("GRANT `reader` TO `ann`@`%`"), None);
        let grant = "GRANT SELECT (`a`, `b`) ON `books`.`t` TO `ann`@`%`";
        assert_eq!(rights_of(grant), Some((vec!["SELECT"], "`books`.`t`")));
    }
}
