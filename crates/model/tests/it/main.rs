//! Integration tests of the network: gradients, references, bytes, files, vocabulary.

mod allocations;
mod bytes;
mod files;
mod gradients;
mod paths;
mod reference;
mod vocabulary;
