//! What the owner of a PostgreSQL database would change about the role that asks it.

use super::Postgres;
use super::client::Client;
use crate::server::session::{Client as _, PATIENCE, Texts};
use crate::server::{Advice, ServerError};

/// Version, role, and what the role may do beyond reading.
const ROLE: &str = "SELECT current_setting('server_version'), current_user, r.rolsuper, r.rolcreatedb OR r.rolcreaterole, \
    r.rolreplication OR r.rolbypassrls, has_schema_privilege($1, 'CREATE'), \
    COALESCE(s.option, 'off') FROM pg_roles AS r \
    LEFT JOIN LATERAL (SELECT split_part(c, '=', 2) AS option FROM pg_db_role_setting AS d, unnest(d.setconfig) AS c \
        WHERE d.setrole = r.oid AND split_part(c, '=', 1) = 'default_transaction_read_only' LIMIT 1) AS s ON true \
    WHERE r.rolname = current_user";
/// Tables that the role may write, if only some of their columns.
const WRITES: &str = "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'f') \
    AND (has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege(c.oid, 'INSERT, UPDATE') \
        OR pg_has_role(c.relowner, 'MEMBER')) ORDER BY 1";
/// Predefined roles that reach files and programs of the server.
const POWERS: &str = "SELECT r.rolname FROM pg_roles AS r WHERE $1 <> '' AND pg_has_role(r.oid, 'MEMBER') AND r.rolname IN \
    ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_write_all_data', 'pg_signal_backend')";
/// Functions and operators of the schema that go by the name of one of the system's.
const POSERS: &str = "SELECT p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace \
    WHERE n.nspname = $1 AND EXISTS (SELECT 1 FROM pg_proc AS q WHERE q.proname = p.proname \
        AND q.pronamespace = 'pg_catalog'::regnamespace) \
    UNION SELECT 'operator ' || o.oprname FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = o.oprnamespace \
    WHERE n.nspname = $1 AND EXISTS (SELECT 1 FROM pg_operator AS q WHERE q.oprname = o.oprname \
        AND q.oprnamespace = 'pg_catalog'::regnamespace) ORDER BY 1";

/// The role that asks, and what it may do beyond reading.
struct Role {
    version: String,
    name: String,
    is_superuser: bool,
    /// Databases, roles, replication, or passing by row security.
    is_mighty: bool,
    may_create: bool,
    is_read_only: bool,
}

impl Postgres {
    /// Looks at the role's rights; each finding names the statement to run.
    pub(crate) fn advice(&self) -> Result<Vec<Advice>, ServerError> {
        let schema = Client::quoted(&self.server().schema);
        let role = self.role()?;
        let own = Client::quoted(&role.name);
        let mut advice = vec![Advice::fine(format!("PostgreSQL {} as role {}", role.version, role.name))];
        if role.is_superuser {
            let what = format!("{} is a superuser: give this program a role of its own", role.name);
            advice.push(Advice::warning(what, make_reader(&schema)));
            return Ok(advice);
        }
        if role.is_mighty {
            let what = format!("{} may create databases or roles, replicate, or pass by row security", role.name);
            let undo = format!("ALTER ROLE {own} NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS");
            advice.push(Advice::warning(what, undo));
        }
        if role.may_create {
            let undo = format!("REVOKE CREATE ON SCHEMA {schema} FROM {own}, PUBLIC");
            advice.push(Advice::warning(format!("{} may create objects in schema {schema}", role.name), undo));
        }
        self.advise_on(WRITES, &mut advice, |written| {
            let undo = format!(
                "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {schema} FROM {own} (of what it owns: {})",
                make_reader(&schema)
            );
            Advice::warning(format!("{} may write {}", role.name, some_of(written)), undo)
        })?;
        self.advise_on(POWERS, &mut advice, |powers| {
            let undo = format!("REVOKE {} FROM {own}", powers.join(", "));
            Advice::warning(format!("{} is a member of {}", role.name, some_of(powers)), undo)
        })?;
        self.advise_on(POSERS, &mut advice, |posers| {
            let what = format!("schema {schema} has functions by the names of the system's own: {}", some_of(posers));
            Advice::warning(what, "rename or drop them: a query that calls the system's may call these")
        })?;
        if !role.is_read_only {
            let what = format!("{} may begin transactions that write; this program never does", role.name);
            advice.push(Advice::warning(what, format!("ALTER ROLE {own} SET default_transaction_read_only = on")));
        }
        Ok(advice)
    }

    fn role(&self) -> Result<Role, ServerError> {
        let rows = self.of_schema(ROLE)?;
        let Some([Some(version), Some(name), rights @ ..]) = rows.first().map(Vec::as_slice) else {
            let (place, what) = (self.server().to_string(), "it does not know the role that asks".to_owned());
            return Err(ServerError::Protocol { place, what });
        };
        let is = |at: usize, word: &str| rights.get(at).and_then(Option::as_deref) == Some(word);
        Ok(Role {
            version: version.clone(),
            name: name.clone(),
            is_superuser: is(0, "t"),
            is_mighty: is(1, "t") || is(2, "t"),
            may_create: is(3, "t"),
            is_read_only: is(4, "on"),
        })
    }

    /// The answer to a question about the schema.
    fn of_schema(&self, question: &str) -> Result<Texts, ServerError> {
        self.session.with(PATIENCE, |client| client.texts_with(question, &[&self.server().schema]))
    }

    /// Advice on the names that a question about the schema returns, where there are any.
    fn advise_on(
        &self,
        question: &str,
        advice: &mut Vec<Advice>,
        on: impl FnOnce(&[String]) -> Advice,
    ) -> Result<(), ServerError> {
        let rows = self.of_schema(question)?;
        let names: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().next()?).collect();
        advice.extend((!names.is_empty()).then(|| on(&names)));
        Ok(())
    }
}

/// Statements that make a role that only reads.
fn make_reader(schema: &str) -> String {
    format!(
        "CREATE ROLE glrl_reader LOGIN PASSWORD '…'; GRANT USAGE ON SCHEMA {schema} TO glrl_reader; \
         GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO glrl_reader"
    )
}

/// Up to five names.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
