//! Hand-written gradients against finite differences, with weights, masks, temperature and dropout.

use std::sync::Arc;

use model::config::Config;
use model::parameters::{Kind, Parameters};
use model::sequences::{Mask, Sequences, allowed};
use model::training::{Options, Workspace, loss_and_gradients, policy_gradients, score};

fn parameters() -> Parameters {
    let config = Config {
        hidden_size: 16,
        intermediate_size: 24,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        max_position_embeddings: 32,
        ..Config::compact(20)
    };
    let mut parameters = Parameters::init(&config, 3).unwrap();
    // Well away from the starting values, where the network is nearly linear and biases have no say.
    for tensor in parameters.layout.tensors.clone() {
        let values = &mut parameters.data[tensor.range];
        let factor = if tensor.kind == Kind::Norm { 1.0 } else { 12.0 };
        values.iter_mut().enumerate().for_each(|(i, x)| *x = *x * factor + ((i * 13) % 17) as f32 * 0.02 - 0.16);
    }
    parameters
}

fn sequences() -> Sequences {
    let mut sequences = Sequences::new();
    sequences.push(&[1, 5, 9, 3, 19, 0, 7], &[5, 9, -1, 19, 0, 7, 2]);
    sequences.push(&[4, 4, 8], &[4, 8, 11]);
    sequences.push(&[6], &[-1]);
    sequences
}

/// Compares directional derivatives: for each tensor, along its own gradient, the largest signal there is.
fn check(sequences: &Sequences, options: Options) {
    let mut parameters = parameters();
    let mut workspace = Workspace::new(&parameters, options).unwrap();
    let mut grads = vec![0.0; parameters.data.len()];
    loss_and_gradients(&parameters, sequences, &mut grads, &mut workspace).unwrap();
    let divisor = f64::from(sequences.divisor.unwrap_or(sequences.loss_positions() as f32));
    let start = parameters.data.clone();
    let mut unused = vec![0.0; grads.len()];
    for tensor in parameters.layout.tensors.clone() {
        let g = &grads[tensor.range.clone()];
        let norm = g.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        assert!(norm > 1e-6, "{} has no gradient", tensor.name);
        let mut loss_at = |step: f64| {
            let values = &mut parameters.data[tensor.range.clone()];
            for ((x, start), g) in values.iter_mut().zip(&start[tensor.range.clone()]).zip(g) {
                *x = (f64::from(*start) + step * f64::from(*g) / norm) as f32;
            }
            // The same step, so that dropout drops the same elements.
            workspace.set_step(0);
            let loss = loss_and_gradients(&parameters, sequences, &mut unused, &mut workspace).unwrap();
            loss.sum / divisor
        };
        let step = 5e-3;
        let slope =
            (8.0 * (loss_at(step) - loss_at(-step)) - (loss_at(2.0 * step) - loss_at(-2.0 * step))) / (12.0 * step);
        parameters.data.copy_from_slice(&start);
        assert!((slope - norm).abs() < 0.01 * norm + 2e-4, "{}: slope {slope}, gradient {norm}", tensor.name);
    }
}

fn mask(tokens: impl IntoIterator<Item = u32>) -> Mask {
    Arc::from([tokens.into_iter().fold(0u64, |word, t| word | 1 << t)])
}

#[test]
fn gradients_match_finite_differences() {
    check(&sequences(), Options::default());
}

#[test]
fn gradients_match_with_weights_temperature_and_micro_batches() {
    let mut sequences = sequences();
    sequences.weights = Some((0..11).map(|i| i as f32 * 0.3 - 1.0).collect());
    sequences.divisor = Some(4.0);
    let options = Options { temperature: 0.7, micro_batch_tokens: 4, shards: 1, ..Options::default() };
    check(&sequences, options);
}

#[test]
fn gradients_match_under_masks() {
    let mut sequences = sequences();
    let masks = sequences.targets.iter().map(|t| (*t >= 0).then(|| mask([*t as u32, 0, 13, 17])));
    sequences.masks = Some(masks.collect());
    check(&sequences, Options::default());
}

#[test]
fn gradients_match_under_dropout() {
    check(&sequences(), Options { dropout: 0.3, dropout_seed: 5, ..Options::default() });
}

#[test]
fn a_mask_with_one_token_counts_nothing() {
    let parameters = parameters();
    let mut sequences = sequences();
    sequences.masks = Some(sequences.targets.iter().map(|t| (*t >= 0).then(|| mask([*t as u32]))).collect());
    let mut workspace = Workspace::new(&parameters, Options::default()).unwrap();
    let mut grads = vec![1.0; parameters.data.len()];
    let loss = loss_and_gradients(&parameters, &sequences, &mut grads, &mut workspace).unwrap();
    assert_eq!((loss.sum, loss.correct), (0.0, loss.count));
    assert!(grads.iter().all(|g| *g == 0.0));
    assert!(allowed(&mask([3]), 3) && !allowed(&mask([3]), 4) && !allowed(&mask([3]), 64));
}

/// A clipped-ratio objective through the closure equals the weighted loss with those weights.
#[test]
fn policy_gradients_take_their_weights_from_the_log_probabilities() {
    let parameters = parameters();
    let mut sequences = sequences();
    let mut workspace = Workspace::new(&parameters, Options::default()).unwrap();
    score(&parameters, &sequences, &mut workspace).unwrap();
    let now = workspace.log_probs().to_vec();
    let advantage = |place: usize| if place.is_multiple_of(2) { 1.0f32 } else { -0.5 };
    let weight = |place: usize, log_prob: f32| advantage(place) * (log_prob - (now[place] - 0.1)).exp();
    let (mut by_closure, mut by_weights) = (vec![0.0; parameters.data.len()], vec![0.0; parameters.data.len()]);
    policy_gradients(&parameters, &sequences, &weight, &mut by_closure, &mut workspace).unwrap();
    sequences.weights = Some((0..11).map(|place| weight(place, now[place])).collect());
    loss_and_gradients(&parameters, &sequences, &mut by_weights, &mut workspace).unwrap();
    assert_eq!(by_closure, by_weights);
}

/// Prompts with several continuations: computed once for all of them, and once for each.
fn shared_and_plain() -> (Sequences, Sequences) {
    let (mut shared, mut plain) = (Sequences::new(), Sequences::new());
    shared.push(&[6, 2], &[2, -1]);
    plain.push(&[6, 2], &[2, -1]);
    let prompts: [&[u32]; 2] = [&[1, 5, 9, 3, 14], &[4, 4]];
    let endings: [&[(u32, i32)]; 3] = [&[(7, 19), (19, 0), (0, 11)], &[(7, 3)], &[(7, -1), (8, 8), (8, 12), (12, 2)]];
    for prompt in prompts {
        let root = shared.len();
        shared.push(prompt, &vec![-1; prompt.len()]);
        for ending in endings {
            let (tokens, targets): (Vec<u32>, Vec<i32>) = ending.iter().copied().unzip();
            shared.push_after(root, &tokens, &targets);
            let silent = vec![-1; prompt.len()];
            plain.push(&[prompt, &tokens].concat(), &[silent, targets].concat());
        }
    }
    (shared, plain)
}

#[test]
fn a_shared_prefix_gives_the_gradients_of_the_plain_way() {
    let parameters = parameters();
    let (shared, plain) = shared_and_plain();
    for (shards, micro_batch_tokens) in [(1, 512), (2, 512), (2, 4)] {
        let options = Options { shards, micro_batch_tokens, temperature: 0.8, ..Options::default() };
        let of = |sequences: &Sequences| {
            let mut workspace = Workspace::new(&parameters, options.clone()).unwrap();
            let mut grads = vec![0.0; parameters.data.len()];
            let loss = loss_and_gradients(&parameters, sequences, &mut grads, &mut workspace).unwrap();
            let in_loss = sequences.targets.iter().zip(workspace.log_probs()).filter(|(target, _)| **target >= 0);
            (loss, grads, in_loss.map(|(_, log_prob)| *log_prob).collect::<Vec<_>>())
        };
        let ((once, once_grads, once_log_probs), (each, each_grads, each_log_probs)) = (of(&shared), of(&plain));
        assert_eq!((once.count, once_log_probs), (each.count, each_log_probs), "the same bytes");
        let largest = each_grads.iter().fold(0.0f32, |max, g| max.max(g.abs()));
        let differs = once_grads.iter().zip(&each_grads).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(differs <= 1e-5 * largest, "{differs} of {largest}");
    }
}

#[test]
fn gradients_match_behind_a_shared_prefix() {
    check(&shared_and_plain().0, Options::default());
}
