//! The crate from outside: a small hand-made catalog, and tables of questions against it.

mod amounts;
mod discover;
mod fixture;
mod join_path;
mod link;
mod normalize;
mod parts;
mod periods;
mod robustness;
mod value_index;
