//! The vector registers the microkernels are written over: one small set of operations per instruction set.

/// A vector of floats in a register.
///
/// # Safety
/// Every method may only be called inside code compiled for, and running on, the implementor's instruction set;
/// pointers must be valid for `LANES` floats.
pub(super) trait Vector: Copy {
    const LANES: usize;
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// `self * b + c`.
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self;
}

/// Four floats in portable code, without fused multiply-add.
impl Vector for [f32; 4] {
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        [x; 4]
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: valid for four floats by the trait's contract.
        unsafe { from.cast::<[f32; 4]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: valid for four floats by the trait's contract.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self) }
    }

    #[inline(always)]
    unsafe fn multiply_add(self, b: Self, c: Self) -> Self {
        std::array::from_fn(|i| self[i] * b[i] + c[i])
    }
}

/// Implements [`Vector`] by four intrinsics.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! intrinsics {
    ($register:ty, $lanes:literal, $splat:path, $load:path, $store:path, |$a:ident, $b:ident, $c:ident| $fma:expr) => {
        impl Vector for $register {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(x: f32) -> Self {
                // SAFETY: the instruction set is present by the trait's contract.
                unsafe { $splat(x) }
            }

            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                // SAFETY: the instruction set is present and the pointer valid by the trait's contract.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut f32) {
                // SAFETY: the instruction set is present and the pointer valid by the trait's contract.
                unsafe { $store(to, self) }
            }

            #[inline(always)]
            unsafe fn multiply_add(self, $b: Self, $c: Self) -> Self {
                let $a = self;
                // SAFETY: the instruction set is present by the trait's contract.
                unsafe { $fma }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Vector;
    use std::arch::x86_64::*;

    intrinsics!(__m256, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, |a, b, c| _mm256_fmadd_ps(a, b, c));
    intrinsics!(__m512, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, |a, b, c| _mm512_fmadd_ps(a, b, c));
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::Vector;
    use std::arch::aarch64::*;

    // `vfmaq_f32(c, a, b)` is c + a * b.
    intrinsics!(float32x4_t, 4, vdupq_n_f32, vld1q_f32, vst1q_f32, |a, b, c| vfmaq_f32(c, a, b));
}
