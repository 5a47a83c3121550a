//! Element-wise code compiled once per instruction set and chosen at run time, so that a portable build is fast.
//!
//! A body is written once over plain slices; [`vectorised!`] instantiates it under `#[target_feature]`, where LLVM
//! vectorises its loops. Reductions run in [`LANES`] fixed partial sums whatever the vector width, so the order of
//! summation depends on the index alone.

/// Number of partial sums of every reduction; a multiple of every vector width.
pub(crate) const LANES: usize = 16;

/// Defines a function whose body is compiled for every instruction set. Inside the body the constant `FMA` says
/// whether fused multiply-add is one instruction.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident : $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[allow(dead_code, reason = "bodies without a product do not ask for FMA")]
            #[inline(always)]
            fn body<const FMA: bool>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
            fn avx512($($arg: $ty),*) $(-> $ret)? { body::<true>($($arg),*) }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($arg: $ty),*) $(-> $ret)? { body::<true>($($arg),*) }

            match $crate::cpu::current() {
                // SAFETY: `cpu::current` only returns paths this machine supports.
                #[cfg(target_arch = "x86_64")]
                $crate::cpu::Cpu::Avx512 => unsafe { avx512($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::cpu::Cpu::Avx2 => unsafe { avx2($($arg),*) },
                $crate::cpu::Cpu::Neon => body::<true>($($arg),*),
                _ => body::<false>($($arg),*),
            }
        }
    };
}
pub(crate) use vectorised;

/// `a * b + c`, fused where the path has the instruction.
#[inline(always)]
pub(crate) fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Sum of the partial sums, in a fixed tree.
#[inline(always)]
pub(crate) fn tree(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Σ a·b over two slices of one length.
#[inline(always)]
pub(crate) fn dot<const FMA: bool>(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for i in 0..LANES {
            lanes[i] = fma::<FMA>(x[i], y[i], lanes[i]);
        }
    }
    for (i, (x, y)) in a_rest.iter().zip(b_rest).enumerate() {
        lanes[i] = fma::<FMA>(*x, *y, lanes[i]);
    }
    tree(lanes)
}

/// eˣ to about 1e-7 relative: x = n·ln 2 + r, a degree-6 polynomial in r (Cephes `expf`), then 2ⁿ through the exponent
/// bits. Clamped to [-87.3, 88.3], so the result is always finite and positive.
#[inline(always)]
pub(crate) fn exp<const FMA: bool>(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.3, 88.3);
    let shifted = fma::<FMA>(x, LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = fma::<FMA>(n, -LN2_LOW, fma::<FMA>(n, -LN2_HIGH, x));
    let mut p = 1.987_569_1e-4f32;
    for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = fma::<FMA>(p, r, c);
    }
    let p = fma::<FMA>(p, r * r, r + 1.0);
    let exponent = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    p * f32::from_bits(((exponent + 127) as u32) << 23)
}

/// Logistic function 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(crate) fn sigmoid<const FMA: bool>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<FMA>(-x))
}

vectorised! {
    /// `y += x`, element by element.
    pub(crate) fn add_assign(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += *x;
        }
    }
}

vectorised! {
    /// `y *= factor`.
    pub(crate) fn scale(y: &mut [f32], factor: f32) {
        for y in y.iter_mut() {
            *y *= factor;
        }
    }
}

vectorised! {
    /// Σ x², in fixed lanes.
    pub(crate) fn sum_of_squares(x: &[f32]) -> f32 {
        dot::<FMA>(x, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate_over_its_range() {
        for i in -8700..8800 {
            let x = i as f32 * 0.01;
            let exact = (x as f64).exp();
            let given = exp::<true>(x) as f64;
            assert!(((given - exact) / exact).abs() < 4e-7, "exp({x}) = {given}, not {exact}");
        }
        assert!(exp::<true>(-1e30) >= 0.0 && exp::<false>(1e30).is_finite());
    }
}
