//! The tile registers of Intel AMX: whether this process may use them, and their configuration on a thread.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

use crate::cpu::Cpu;

/// `arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)`.
const ARCH_PRCTL: usize = 158;
const REQUEST_PERMISSION: usize = 0x1023;
const TILE_DATA: usize = 18;

/// Whether processor and kernel allow tiles of bf16.
pub(super) fn has_bf16() -> bool {
    static SUPPORTED: OnceLock<bool> = OnceLock::new();
    *SUPPORTED.get_or_init(|| has_feature(22) && is_x86_feature_detected!("avx512bf16") && is_permitted())
}

/// Whether processor and kernel allow tiles of bytes.
pub(super) fn has_int8() -> bool {
    static SUPPORTED: OnceLock<bool> = OnceLock::new();
    *SUPPORTED.get_or_init(|| has_feature(25) && is_permitted())
}

/// Whether the processor has tiles and the extension of that bit (leaf 7, EDX).
fn has_feature(bit: u32) -> bool {
    let features = __cpuid_count(7, 0).edx;
    features >> 24 & 1 == 1 && features >> bit & 1 == 1 && Cpu::Avx512.is_supported()
}

/// Asks the kernel for leave, which then holds for the whole process.
fn is_permitted() -> bool {
    let result: isize;
    // SAFETY: a system call that changes nothing but what this process may do.
    unsafe {
        asm!("syscall", inlateout("rax") ARCH_PRCTL => result, in("rdi") REQUEST_PERMISSION, in("rsi") TILE_DATA,
             out("rcx") _, out("r11") _, options(nostack));
    }
    result == 0
}

/// The shape of all eight tiles: sixteen rows of 64 bytes.
#[repr(C, align(64))]
struct Shape([u8; 64]);

static SHAPE: Shape = {
    let mut bytes = [0; 64];
    bytes[0] = 1;
    let mut i = 0;
    while i < 8 {
        bytes[16 + 2 * i] = 64;
        bytes[48 + i] = 16;
        i += 1;
    }
    Shape(bytes)
};

/// Tiles of this thread, ready for use until dropped.
pub(super) struct Tiles;

impl Tiles {
    /// Configures them.
    ///
    /// # Panics
    /// If the machine has no tiles.
    pub(super) fn begin() -> Tiles {
        assert!(has_bf16() || has_int8(), "tiles are not supported here");
        // SAFETY: supported; the shape is valid and in memory for good.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const SHAPE.0, options(nostack)) };
        Tiles
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: `begin` configured them on this thread.
        unsafe { asm!("tilerelease", options(nostack)) };
    }
}
