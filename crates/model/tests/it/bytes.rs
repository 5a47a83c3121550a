//! The same bytes: batch sizes, threads, packing, decoding against training.

use model::config::Config;
use model::inference::{self, Logits, Model, Want, Weights, advance, decode_step, prefill};
use model::kv_cache::KvCache;
use model::parameters::Parameters;
use model::sequences::Sequences;
use model::training::{self, Options, Precision, Workspace, loss_and_gradients, score};

fn config() -> Config {
    Config {
        hidden_size: 48,
        intermediate_size: 72,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        max_position_embeddings: 256,
        ..Config::compact(130)
    }
}

fn parameters() -> Parameters {
    let mut parameters = Parameters::init(&config(), 11).unwrap();
    // Biases and norms away from their starting values, so that a forgotten one shows.
    parameters.data.iter_mut().enumerate().for_each(|(i, x)| *x = *x * 3.0 + (i % 7) as f32 * 0.01);
    parameters
}

fn tokens(len: usize, seed: usize) -> Vec<u32> {
    (0..len).map(|i| ((i * 37 + seed * 101 + i * i) % 130) as u32).collect()
}

fn batch(lengths: &[usize]) -> Sequences {
    let mut sequences = Sequences::new();
    for (seed, len) in lengths.iter().enumerate() {
        let t = tokens(len + 1, seed);
        let targets: Vec<i32> =
            t[1..].iter().enumerate().map(|(i, t)| if i % 5 == 3 { -1 } else { *t as i32 }).collect();
        sequences.push(&t[..*len], &targets);
    }
    sequences
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

fn gradients(sequences: &Sequences, options: Options) -> (Vec<u32>, training::Loss) {
    let parameters = parameters();
    let mut workspace = Workspace::new(&parameters, options).unwrap();
    let mut grads = vec![f32::NAN; parameters.data.len()];
    let loss = loss_and_gradients(&parameters, sequences, &mut grads, &mut workspace).unwrap();
    (bits(&grads), loss)
}

#[test]
fn gradients_do_not_depend_on_threads() {
    let sequences = batch(&[70, 3, 1, 33, 129, 20]);
    for precision in Precision::ALL {
        for dropout in [0.0, 0.1] {
            let run = |threads| gradients(&sequences, Options { threads, precision, dropout, ..Options::default() });
            assert_eq!(run(1), run(2), "{precision}");
        }
    }
}

#[test]
fn a_sequence_has_the_same_losses_alone_and_packed() {
    Precision::ALL.into_iter().for_each(alone_as_packed);
}

fn alone_as_packed(precision: Precision) {
    let parameters = parameters();
    let packed = batch(&[70, 3, 1, 33, 129, 20]);
    let mut workspace = Workspace::new(&parameters, Options { precision, ..Options::default() }).unwrap();
    score(&parameters, &packed, &mut workspace).unwrap();
    let together = bits(workspace.log_probs());
    for i in 0..packed.len() {
        let range = packed.offsets[i]..packed.offsets[i + 1];
        let mut alone = Sequences::new();
        alone.push(&packed.tokens[range.clone()], &packed.targets[range.clone()]);
        score(&parameters, &alone, &mut workspace).unwrap();
        assert_eq!(bits(workspace.log_probs()), together[range], "{precision}, sequence {i}");
    }
}

#[test]
fn rounded_products_lead_the_same_way() {
    let sequences = batch(&[70, 3, 1, 33, 129, 20]);
    let of = |precision| {
        let (grads, loss) = gradients(&sequences, Options { precision, ..Options::default() });
        (grads.into_iter().map(f32::from_bits).map(f64::from).collect::<Vec<f64>>(), loss.mean())
    };
    let (exact, exact_loss) = of(Precision::F32);
    for (precision, least) in [(Precision::Bf16x3, 1.0 - 1e-9), (Precision::Bf16, 0.999)] {
        let (rounded, loss) = of(precision);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let cosine = dot(&exact, &rounded) / (dot(&exact, &exact) * dot(&rounded, &rounded)).sqrt();
        assert!(cosine > least, "{precision}: the gradients' cosine is {cosine}");
        assert!((loss - exact_loss).abs() < 0.01 * exact_loss, "{precision}: loss {loss}, exactly {exact_loss}");
    }
}

/// Logits (T, V) of the training forward pass.
fn training_logits(t: &[u32]) -> Vec<u32> {
    let parameters = parameters();
    let mut sequences = Sequences::new();
    sequences.push(t, &vec![-1; t.len()]);
    let mut workspace = Workspace::new(&parameters, Options::default()).unwrap();
    bits(&training::logits(&parameters, &sequences, &mut workspace).unwrap())
}

#[test]
fn decoding_gives_the_bytes_of_training_at_any_batch_size() {
    let model = Model::new(parameters()).unwrap();
    let v = config().vocab_size;
    for (rows, threads) in [(1, 1), (7, 1), (7, 2), (32, 2)] {
        let sequences: Vec<Vec<u32>> = (0..rows).map(|r| tokens(40 + r, r)).collect();
        let want: Vec<Vec<u32>> = sequences.iter().map(|t| training_logits(t)).collect();
        let options = inference::Options { threads, want: Want::Last };
        let mut logits = Logits::default();
        let prompts: Vec<&[u32]> = sequences.iter().enumerate().map(|(r, t)| &t[..30 + r]).collect();
        let mut cache = prefill(&model, &prompts, options, &mut logits).unwrap();
        for step in 0..10 {
            for (r, want) in want.iter().enumerate() {
                let at = 29 + r + step;
                assert_eq!(bits(logits.last(r)), want[at * v..(at + 1) * v], "{rows} rows, row {r}, step {step}");
            }
            let next: Vec<&[u32]> = sequences.iter().enumerate().map(|(r, t)| &t[30 + r + step..][..1]).collect();
            advance(&model, &mut cache, &next, options, &mut logits).unwrap();
        }
    }
}

/// Logits of every position of a sequence, fed at once.
fn scored(model: &Model, t: &[u32]) -> Vec<f32> {
    let mut logits = Logits::default();
    prefill(model, &[t], inference::Options { threads: 1, want: Want::All }, &mut logits).unwrap();
    (0..t.len()).flat_map(|i| logits.at(0, i).to_vec()).collect()
}

#[test]
fn int8_decodes_the_same_bytes_at_any_batch_size() {
    let model = Model::with_weights(parameters(), Weights::Int8).unwrap();
    let v = config().vocab_size;
    for (rows, threads) in [(1, 1), (7, 1), (7, 2), (32, 1), (32, 2)] {
        let sequences: Vec<Vec<u32>> = (0..rows).map(|r| tokens(40 + r, r)).collect();
        let want: Vec<Vec<u32>> = sequences.iter().map(|t| bits(&scored(&model, t))).collect();
        let options = inference::Options { threads, want: Want::Last };
        let mut logits = Logits::default();
        let prompts: Vec<&[u32]> = sequences.iter().enumerate().map(|(r, t)| &t[..30 + r]).collect();
        let mut cache = prefill(&model, &prompts, options, &mut logits).unwrap();
        for step in 0..10 {
            for (r, want) in want.iter().enumerate() {
                let at = 29 + r + step;
                assert_eq!(bits(logits.last(r)), want[at * v..(at + 1) * v], "{rows} rows, row {r}, step {step}");
            }
            let next: Vec<u32> = sequences.iter().enumerate().map(|(r, t)| t[30 + r + step]).collect();
            decode_step(&model, &mut cache, &next, options, &mut logits).unwrap();
        }
    }
}

#[test]
fn int8_stays_close_to_f32() {
    let config = Config { num_hidden_layers: 6, vocab_size: 500, ..Config::compact(500) };
    let parameters = Parameters::init(&config, 3).unwrap();
    let rounded = Model::with_weights(parameters.clone(), Weights::Int8).unwrap();
    let exact = Model::new(parameters).unwrap();
    let t = tokens(120, 4);
    let (given, want) = (scored(&rounded, &t), scored(&exact, &t));
    assert_ne!(bits(&given), bits(&want));
    for (i, (given, want)) in given.chunks(500).zip(want.chunks(500)).enumerate() {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let cosine = dot(given, want) / (dot(given, given) * dot(want, want)).sqrt();
        assert!(cosine > 0.999, "position {i}: the logits' cosine is {cosine}");
    }
}

#[test]
fn allowed_logits_are_the_bytes_of_all_logits() {
    let v = config().vocab_size;
    let prompts = [tokens(20, 1), tokens(31, 2), vec![], tokens(5, 3)];
    let prompts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
    // 130 tokens: none of one word, some of another, and the last word in part; two rows share no word.
    let masks: [&[u64]; 4] = [&[0, 0xf0f0 << 40, 0], &[0, 0, 0b10], &[], &[1, 0, 0b11]];
    for weights in [Weights::F32, Weights::Int8] {
        let model = Model::with_weights(parameters(), weights).unwrap();
        for threads in [1, 2] {
            let (mut some, mut all) = (Logits::default(), Logits::default());
            let want = Want::Allowed(&masks);
            prefill(&model, &prompts, inference::Options { threads, want }, &mut some).unwrap();
            prefill(&model, &prompts, inference::Options { threads, want: Want::Last }, &mut all).unwrap();
            assert_eq!((some.positions(1), some.positions(2)), (1, 0));
            for row in [0, 1, 3] {
                let allowed = |t: usize| masks[row][t / 64] >> (t % 64) & 1 == 1;
                let of = |t: usize| if allowed(t) { all.last(row)[t] } else { f32::NEG_INFINITY };
                assert_eq!(bits(some.last(row)), bits(&(0..v).map(of).collect::<Vec<f32>>()), "{weights}, row {row}");
            }
        }
    }
}

#[test]
fn forced_tokens_forks_and_removed_rows_keep_the_bytes() {
    let model = Model::new(parameters()).unwrap();
    let v = config().vocab_size;
    let t = tokens(100, 5);
    let want = training_logits(&t);
    let all = inference::Options { threads: 1, want: Want::All };
    let mut logits = Logits::default();
    let mut cache = KvCache::new(&config(), 1);
    for (from, to) in [(0, 70), (70, 71), (71, 78)] {
        advance(&model, &mut cache, &[&t[from..to]], all, &mut logits).unwrap();
        for i in from..to {
            assert_eq!(bits(logits.at(0, i - from)), want[i * v..(i + 1) * v]);
        }
    }
    // Forks write into the page they share; the original and the other forks must not see it.
    let mut forks = cache.fork(&[0, 0, 0]).unwrap();
    let other = tokens(5, 9);
    advance(&model, &mut forks, &[&other, &t[78..83], &[]], all, &mut logits).unwrap();
    assert_eq!((logits.positions(0), logits.positions(2)), (5, 0));
    forks.keep(&[2, 1]).unwrap();
    advance(&model, &mut forks, &[&t[78..100], &t[83..100]], all, &mut logits).unwrap();
    assert_eq!(bits(logits.last(0)), want[99 * v..]);
    assert_eq!(bits(logits.last(1)), want[99 * v..]);
    cache.truncate(0, 40).unwrap();
    advance(&model, &mut cache, &[&t[40..100]], all, &mut logits).unwrap();
    assert_eq!(bits(logits.at(0, 0)), want[40 * v..41 * v]);
    assert_eq!(bits(logits.last(0)), want[99 * v..]);
}

#[test]
fn misuse_of_the_cache_is_an_error() {
    let model = Model::new(parameters()).unwrap();
    let mut logits = Logits::default();
    let mut cache = KvCache::new(&config(), 1);
    let options = inference::Options::default();
    let mut check = |tokens: &[&[u32]], want: &str| {
        let message = advance(&model, &mut cache, tokens, options, &mut logits).unwrap_err().to_string();
        assert!(message.contains(want), "{message}");
    };
    check(&[], "rows of tokens");
    check(&[&[130]], "token: expected below 130, got 130");
    check(&[&[0; 257]], "at most 256 tokens, got 257");
    for (masks, wanted) in
        [(&[][..], "masks: expected 1, one a cache row, got 0"), (&[&[1, 2][..]], "mask: expected 3 words")]
    {
        let options = inference::Options { threads: 1, want: Want::Allowed(masks) };
        let message = advance(&model, &mut cache, &[&[1]], options, &mut logits).unwrap_err().to_string();
        assert!(message.contains(wanted), "{message}");
    }
    let wide = Config {
        hidden_size: 2,
        num_attention_heads: 1,
        num_key_value_heads: 1,
        intermediate_size: 65_537,
        ..config()
    };
    let wide = Model::with_weights(Parameters::zeros(&wide).unwrap(), Weights::Int8).err().unwrap().to_string();
    assert!(wide.contains("at most 65536, got 65537"), "{wide}");
    assert!(cache.fork(&[1]).is_err() && cache.truncate(0, 1).is_err());
    let mut other = KvCache::new(&Config::compact(130), 1);
    assert!(advance(&model, &mut other, &[&[1]], options, &mut logits).is_err());
}
