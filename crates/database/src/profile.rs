//! Which texts a column holds, and how often: what the value index is built from.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use schema::ColumnId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::engine::Database;
use crate::sqlite;

/// How far profiling goes.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileLimits {
    /// Rows read of each table.
    pub rows: u64,
    /// Different values of one column, the most frequent first.
    pub values_per_column: usize,
    /// Different values in all, shared out in the order of the columns.
    pub values: usize,
    /// Bytes of a value; longer ones are texts, not names.
    pub value_bytes: usize,
    /// Time for all columns.
    pub time: Duration,
}

impl Default for ProfileLimits {
    /// 200,000 rows, 20,000 values a column, 100,000 in all, 200 bytes a value, 2 s.
    fn default() -> Self {
        ProfileLimits {
            rows: 200_000,
            values_per_column: 20_000,
            values: 100_000,
            value_bytes: 200,
            time: Duration::from_secs(2),
        }
    }
}

/// The values found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Column, value, and how many of the rows read hold it.
    pub values: Vec<(ColumnId, String, u64)>,
    /// Columns of which a limit left some values out.
    pub incomplete: Vec<ColumnId>,
}

/// Finds the values of some columns. A limit leaves values out, it is no error; so is a column that cannot be read.
pub fn profile(database: &Database, columns: &[ColumnId], limits: &ProfileLimits) -> Profile {
    let start = Instant::now();
    let mut profile = Profile::default();
    for column in columns {
        let left = limits.time.saturating_sub(start.elapsed());
        let room = limits.values_per_column.min(limits.values - profile.values.len());
        if left.is_zero() || room == 0 {
            profile.incomplete.push(*column);
            continue;
        }
        match values_of(database, *column, room, limits, left) {
            Some(Found { values, is_complete }) => {
                profile.values.extend(values.into_iter().map(|(value, rows)| (*column, value, rows)));
                if !is_complete {
                    profile.incomplete.push(*column);
                }
            }
            None => profile.incomplete.push(*column),
        }
    }
    profile
}

/// The values of one column: each with how many of the rows read hold it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) values: Vec<(String, u64)>,
    pub(crate) is_complete: bool,
}

impl Found {
    /// Rows of value, count, and how many rows the table has, at most one more than may be read.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(crate) fn of(rows: Vec<Vec<Option<String>>>, room: usize, limits: &ProfileLimits) -> Self {
        let mut found = Found { is_complete: rows.len() <= room, ..Found::default() };
        for row in rows.into_iter().take(room) {
            let [Some(value), Some(count), Some(rows)] = <[_; 3]>::try_from(row).unwrap_or_default() else { continue };
            found.is_complete &= rows.parse().is_ok_and(|rows: u64| rows <= limits.rows);
            found.values.extend(count.parse().ok().map(|count| (value, count)));
        }
        found
    }
}

fn values_of(
    database: &Database,
    column: ColumnId,
    room: usize,
    limits: &ProfileLimits,
    time: Duration,
) -> Option<Found> {
    match database {
        Database::Sqlite(sqlite) => sqlite::profile::values_of(sqlite, column, room, limits, time).ok(),
        #[cfg(feature = "postgres")]
        Database::Postgres(server) => server.values_of(column, room, limits, time).ok(),
        #[cfg(feature = "mysql")]
        Database::MySql(server) => server.values_of(column, room, limits, time).ok(),
    }
}

/// How many rows each table has, counted up to `most` and for at most `time`; `None` where time was up.
pub fn row_counts(database: &Database, most: u64, time: Duration) -> Vec<Option<u64>> {
    match database {
        Database::Sqlite(sqlite) => sqlite::profile::row_counts(sqlite, most, time),
        #[cfg(feature = "postgres")]
        Database::Postgres(server) => server.row_counts(most, time),
        #[cfg(feature = "mysql")]
        Database::MySql(server) => server.row_counts(most, time),
    }
}

/// Names the state of a database file: another key, other content. Two states may share a key only if a writer puts the
/// clock back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey(String);

impl CacheKey {
    /// The key of a file: its path, size, time of change and SQLite's own change counter, and the same of its
    /// write-ahead log.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        /// Where the header counts changes.
        const COUNTER: std::ops::Range<usize> = 24..28;
        let mut header = [0; COUNTER.end];
        std::io::Read::read_exact(&mut fs::File::open(path)?, &mut header)?;
        let mut hash = Sha256::new();
        hash.update(fs::canonicalize(path)?.as_os_str().as_encoded_bytes());
        hash.update(&header[COUNTER]);
        hash.update(state(&fs::metadata(path)?));
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        if let Ok(facts) = fs::metadata(log) {
            hash.update(state(&facts));
        }
        Ok(CacheKey(hex(&hash.finalize())))
    }

    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn state(facts: &fs::Metadata) -> [u8; 24] {
    let changed = facts.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let mut state = [0; 24];
    state[..8].copy_from_slice(&facts.len().to_le_bytes());
    state[8..].copy_from_slice(&changed.unwrap_or_default().as_nanos().to_le_bytes());
    state
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As [`profile`], remembered in a folder for as long as the database does not change. A folder that cannot be read or
/// written, or a damaged file in it, only costs time. The file holds values of the database; only its owner may read it.
pub fn cached_profile(cache: &Path, database: &Database, columns: &[ColumnId], limits: &ProfileLimits) -> Profile {
    let Some(key) = database.path().and_then(|path| CacheKey::of(path).ok()) else {
        return profile(database, columns, limits);
    };
    let mut hash = Sha256::new();
    hash.update(key.as_str());
    let catalog = database.catalog();
    for column in columns {
        let id = (column.table.0, column.column);
        hash.update(format!("{} {id:?} {limits:?}\n", catalog.qualified(*column)));
    }
    let file = cache.join(format!("values-{}.json", &hex(&hash.finalize())[..32]));
    let remembered = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
    remembered.unwrap_or_else(|| {
        let found = profile(database, columns, limits);
        let _ = fs::create_dir_all(cache).and_then(|()| remember(&file, &found));
        found
    })
}

fn remember(file: &Path, profile: &Profile) -> std::io::Result<()> {
    let beside = file.with_extension(format!("{}.tmp", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut open| open.write_all(&serde_json::to_vec(profile)?));
    written.and_then(|()| fs::rename(&beside, file)).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}
