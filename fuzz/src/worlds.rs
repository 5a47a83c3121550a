//! The catalogs that inputs choose among: the pack's own, and small ones with everything awkward in them.

use std::sync::OnceLock;

use answer::pack::{Pack, PackFiles};
use database::Oracle;
use schema::Catalog;
use sql::Dialect;

/// A catalog and the script that declares it.
pub struct World {
    /// The script.
    pub ddl: &'static str,
    /// What it declares.
    pub catalog: Catalog,
}

/// The pack's schema first.
const SCRIPTS: [&str; 4] = [
    include_str!("../../packs/gl/schema.sql"),
    include_str!("../schemas/company.sql"),
    include_str!("../schemas/odd.sql"),
    include_str!("../schemas/short.sql"),
];

fn worlds() -> &'static [World] {
    static WORLDS: OnceLock<Vec<World>> = OnceLock::new();
    let world = |ddl| World { ddl, catalog: sql::ddl::catalog_from_ddl(ddl).expect("the script is readable") };
    WORLDS.get_or_init(|| SCRIPTS.into_iter().map(world).collect())
}

/// What an input begins with: the digit `0` to `3` names a world in SQLite's SQL, `4` to `7` in PostgreSQL's, `8`, `9`,
/// `:` and `;` in MySQL's; any other byte names some world and dialect too.
#[derive(Clone, Copy)]
pub struct Choice {
    /// Which world.
    pub world: usize,
    /// Whose SQL.
    pub dialect: Dialect,
}

impl Choice {
    /// The choice of a first byte.
    pub fn of(byte: u8) -> Self {
        let dialect = [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql][usize::from(byte / 4) % 3];
        Choice { world: usize::from(byte) % SCRIPTS.len(), dialect }
    }

    /// The world itself.
    pub fn world(self) -> &'static World {
        &worlds()[self.world]
    }

    /// How a text is validated: by the pack's rules over the pack.
    pub fn options(self) -> sql::Options<'static> {
        let rules = if self.world == 0 { pack().validation() } else { sql::Options::default() };
        sql::Options { dialect: self.dialect, ..rules }
    }

    /// SQLite's own word on a text.
    ///
    /// # Errors
    /// Its words against it.
    pub fn prepared(self, text: &str) -> Result<(), String> {
        thread_local! {
            static ORACLES: Vec<Oracle> = worlds().iter().map(oracle).collect();
        }
        ORACLES.with(|oracles| oracles[self.world].reads(text).map(|_| ()).map_err(|refusal| refusal.message))
    }
}

fn oracle(world: &World) -> Oracle {
    Oracle::new(world.ddl, &world.catalog).expect("SQLite reads the script")
}

/// An input's choice, and its text where the rest is text.
pub fn chosen(data: &[u8]) -> Option<(Choice, &str)> {
    let (first, rest) = data.split_first()?;
    Some((Choice::of(*first), std::str::from_utf8(rest).ok()?))
}

/// The pack whose schema is the first world.
pub fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| {
        let files = PackFiles {
            name: "gl".to_owned(),
            schema: SCRIPTS[0].to_owned(),
            glossary: include_str!("../../packs/gl/glossary.toml").to_owned(),
            rules: include_str!("../../packs/gl/rules.toml").to_owned(),
            demo: include_str!("../../packs/gl/demo.toml").to_owned(),
            ..PackFiles::default()
        };
        Pack::new(files).expect("the pack is whole")
    })
}
