//! Integration tests of the network: gradients, references, bytes, files, vocabulary.

mod bytes;
mod files;
mod gradients;
mod paths;
mod reference;
mod vocabulary;
