//! Which instruction set the kernels use: detected once, printable, and forceable for comparison.
//!
//! Every kernel is compiled for all paths of its architecture and chosen at run time, so one portable binary is fast
//! everywhere. Results of one path are the same bytes on every run; two paths may differ in the last bits.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::error::{Error, Result};

/// An instruction-set path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Cpu {
    /// Portable code without fused multiply-add.
    Plain = 1,
    /// ARM Advanced SIMD, 4 floats a vector.
    Neon = 2,
    /// x86-64 AVX2 and FMA, 8 floats a vector.
    Avx2 = 3,
    /// x86-64 AVX-512 (F, VL, BW, DQ), 16 floats a vector.
    Avx512 = 4,
}

static CURRENT: AtomicU8 = AtomicU8::new(0);

const ALL: [Cpu; 4] = [Cpu::Plain, Cpu::Neon, Cpu::Avx2, Cpu::Avx512];

impl Cpu {
    /// The widest path this machine can run.
    pub fn detect() -> Cpu {
        ALL.into_iter().rev().find(|path| path.is_supported()).unwrap_or(Cpu::Plain)
    }

    /// Whether this machine can run the path.
    pub fn is_supported(self) -> bool {
        match self {
            Cpu::Plain => true,
            Cpu::Neon => cfg!(target_arch = "aarch64"),
            #[cfg(target_arch = "x86_64")]
            Cpu::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Cpu::Avx512 => {
                Cpu::Avx2.is_supported()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
            }
            #[cfg(not(target_arch = "x86_64"))]
            Cpu::Avx2 | Cpu::Avx512 => false,
        }
    }

    /// The paths this machine can run, narrowest first.
    pub fn available() -> Vec<Cpu> {
        ALL.into_iter().filter(|path| path.is_supported()).collect()
    }

    /// The name used on the command line: `plain`, `neon`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        match self {
            Cpu::Plain => "plain",
            Cpu::Neon => "neon",
            Cpu::Avx2 => "avx2",
            Cpu::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Cpu {
    type Err = Error;

    fn from_str(name: &str) -> Result<Cpu> {
        ALL.into_iter().find(|path| path.name() == name).ok_or_else(|| unsupported(name))
    }
}

/// The path in use by this process.
pub fn current() -> Cpu {
    match CURRENT.load(Ordering::Relaxed) {
        1 => Cpu::Plain,
        2 => Cpu::Neon,
        3 => Cpu::Avx2,
        4 => Cpu::Avx512,
        _ => {
            let path = Cpu::detect();
            CURRENT.store(path as u8, Ordering::Relaxed);
            path
        }
    }
}

/// Makes the whole process use `path` from now on. Call it before any model is loaded: packed weights and caches keep
/// the path they were made for.
pub fn force(path: Cpu) -> Result<()> {
    if !path.is_supported() {
        return Err(unsupported(path.name()));
    }
    CURRENT.store(path as u8, Ordering::Relaxed);
    Ok(())
}

fn unsupported(name: &str) -> Error {
    let available: Vec<&str> = Cpu::available().into_iter().map(Cpu::name).collect();
    Error::Cpu { path: name.to_owned(), available: available.join(", ") }
}
