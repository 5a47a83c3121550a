//! A decoding step of one row allocates nothing. Every allocation of this binary's tests is counted, by thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use model::config::Config;
use model::inference::{Logits, Model, Options, Want, Weights, decode_step, prefill};
use model::parameters::Parameters;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: the system's allocator does the work; a counter without destructor is all there is beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: forwarded.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: forwarded.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn a_step_of_one_row_allocates_nothing() {
    let config = Config { num_hidden_layers: 2, ..Config::compact(130) };
    let mask = [u64::MAX, 0, 1];
    for weights in [Weights::F32, Weights::Int8] {
        let model = Model::with_weights(Parameters::init(&config, 1).unwrap(), weights).unwrap();
        for want in [Want::Last, Want::Allowed(&[&mask])] {
            let (options, mut logits) = (Options { threads: 1, want }, Logits::default());
            let mut cache = prefill(&model, &[&[3; 34]], options, &mut logits).unwrap();
            // The first step makes room for steps; the page lasts to position 64.
            decode_step(&model, &mut cache, &[5], options, &mut logits).unwrap();
            let before = COUNT.get();
            for token in 0..28 {
                decode_step(&model, &mut cache, &[token], options, &mut logits).unwrap();
            }
            assert_eq!(COUNT.get() - before, 0, "{weights}, {want:?}");
        }
    }
}
