//! The pack's own database: generated once into the cache folder, or in memory where there is none to write to.

use std::fs;
use std::path::Path;

use crate::engine::{Database, open};
use crate::fill::{FillError, Recipe, fill, save};
use crate::image::Image;

/// The database of a recipe: the cached file if it is there and good, else generated, and cached where that is possible.
///
/// # Errors
/// When the recipe cannot be filled.
pub fn demo_database(cache: Option<&Path>, recipe: &Recipe<'_>) -> Result<Database, FillError> {
    let file = cache.map(|folder| folder.join(format!("demo-{}.sqlite", &recipe.fingerprint()[..24])));
    if let Some(file) = &file
        && let Ok(database) = open(file, recipe.catalog)
    {
        return Ok(database);
    }
    let mut connection = fill(recipe)?;
    // A cache that cannot be written costs the next start a moment, nothing else.
    if let (Some(folder), Some(file)) = (cache, &file)
        && fs::create_dir_all(folder).is_ok()
        && save(&mut connection, file, true).is_ok()
        && let Ok(database) = open(file, recipe.catalog)
    {
        return Ok(database);
    }
    Ok(Image::of(&mut connection, recipe.catalog)?.open()?)
}
