//! Products of whole numbers: their definition, every kernel, the longest sums, what is not finite.

use super::super::tests::numbers;
use super::super::{Packed, multiply as product};
use super::*;

const SHAPES: [(usize, usize, usize); 7] =
    [(1, 3, 5), (7, 300, 33), (16, 64, 64), (3, 256, 512), (40, 704, 96), (33, 17, 130), (2, 5, 64)];

/// The definition: digits and weights of whole numbers, summed in 64 bits.
fn exact(a: &[f32], b: &[f32], (m, k, n): (usize, usize, usize)) -> Vec<f32> {
    let mut c = vec![0.0; m * n];
    for (c, row) in c.chunks_exact_mut(n).zip(a.chunks_exact(k)) {
        let largest = row.iter().fold(0.0f32, |max, x| max.max(x.abs()));
        for (c, column) in c.iter_mut().zip(b.chunks_exact(k)) {
            let t = weight_scale(column.iter().copied());
            let q = |x: f32| (x * (32_767.0 / largest)).round_ties_even() as i64;
            let sum: i64 = row.iter().zip(column).map(|(x, w)| q(*x) * i64::from(weight(*w, t))).sum();
            *c = sum as f32 * (largest / 32_767.0 * t);
        }
    }
    c
}

#[test]
fn products_are_those_of_whole_numbers_and_close_to_those_of_floats() {
    for (m, k, n) in SHAPES.into_iter().filter(|shape| shape.1 > 0) {
        let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
        let mut packed = Packed::bytes(crate::cpu::current());
        packed.pack_columns(k, n, &b, k);
        let mut c = vec![1.0; m * n];
        product(m, View::rows(&a, k), packed.view(), Out { data: &mut c, stride: n, accumulate: true });
        for (i, (x, y)) in c.iter().zip(exact(&a, &b, (m, k, n))).enumerate() {
            assert!((x - 1.0 - y).abs() < 1e-5 * (1.0 + y.abs()), "{m}x{k}x{n}: {x} is not 1 + {y}");
            let terms = a[i / n * k..][..k].iter().zip(&b[i % n * k..][..k]);
            let float: f64 = terms.map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
            let within = 0.02 * (k as f64).sqrt();
            assert!((f64::from(*x) - 1.0 - float).abs() < within, "{m}x{k}x{n}: {x} is far from 1 + {float}");
        }
    }
}

#[test]
fn every_kernel_gives_the_same_bytes_beside_any_number_of_rows() {
    for (m, k, n) in SHAPES.into_iter().filter(|shape| shape.1 > 0) {
        let (a, b, start) = (numbers(m * k, 1), numbers(k * n, 2), numbers(m * n, 3));
        let (mut by_rows, mut packed) = (Packed::bytes(Cpu::Plain), Packed::bytes(Cpu::Plain));
        let transposed: Vec<f32> = (0..k * n).map(|i| b[i % n * k + i / n]).collect();
        by_rows.pack_rows(k, n, &transposed, n);
        packed.pack_columns(k, n, &b, k);
        let run = |packed: &Packed, kernel: Kernel, rows: usize| {
            let mut c = start.clone();
            let out = Out { data: &mut c, stride: n, accumulate: true };
            multiply_by(kernel, rows, View::rows(&a, k), packed.view(), out);
            c[..rows * n].iter().map(|x| x.to_bits()).collect::<Vec<u32>>()
        };
        let want = run(&packed, Kernel::Plain, m);
        assert_eq!(run(&by_rows, Kernel::Plain, m), want, "{m}x{k}x{n}, packed by rows");
        for kernel in Cpu::available().into_iter().flat_map(Kernel::available) {
            for rows in [1, 2, 3, 4, 7, 16, 17, 33, 40].into_iter().filter(|rows| *rows <= m) {
                assert_eq!(run(&packed, *kernel, rows), want[..rows * n], "{kernel:?}: {rows} of {m}x{k}x{n}");
            }
        }
    }
}

#[test]
fn the_longest_sums_fit() {
    // The largest digits with the largest weights, of both signs.
    for (x, w) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0)] {
        let (a, b) = (vec![x; 4 * MAX_K], vec![w; MAX_K]);
        let mut packed = Packed::bytes(crate::cpu::current());
        packed.pack_columns(MAX_K, 1, &b, MAX_K);
        for rows in [1, 4] {
            let mut c = vec![0.0; rows];
            product(rows, View::rows(&a, MAX_K), packed.view(), Out { data: &mut c, stride: 1, accumulate: false });
            assert!(c.iter().all(|c| (c / (x * w * MAX_K as f32) - 1.0).abs() < 1e-5), "{c:?}");
        }
    }
}

#[test]
fn what_is_not_finite_stays_so_and_zero_stays_zero() {
    let mut packed = Packed::bytes(crate::cpu::current());
    packed.pack_columns(2, 2, &[1.0, 2.0, -1.0, 0.0], 2);
    let run = |a: [f32; 2]| {
        let mut c = [5.0; 2];
        product(1, View::rows(&a, 2), packed.view(), Out { data: &mut c, stride: 2, accumulate: false });
        c
    };
    assert!(run([f32::NAN, 1.0]).iter().all(|x| x.is_nan()));
    assert!(run([1.0, f32::NEG_INFINITY]).iter().all(|x| x.is_nan()));
    assert_eq!([run([0.0, -0.0]), run([1e-40, 0.0])], [[0.0; 2]; 2]);
}
