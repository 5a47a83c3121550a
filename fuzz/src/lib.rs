//! What the fuzz targets share.
//!
//! * [`worlds`]: the catalogs that inputs choose among.
//! * [`checks`]: what has to hold whatever was read.
//! * [`mutate`]: changes to a text word by word.
//! * [`weights`]: a small whole model, to be damaged.

pub mod checks;
pub mod mutate;
pub mod weights;
pub mod worlds;
