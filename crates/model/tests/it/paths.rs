//! The instruction-set paths agree within rounding. Each runs in a process of its own: the path is process-wide.

use std::process::Command;

use model::config::Config;
use model::cpu::{self, Cpu};
use model::parameters::Parameters;
use model::sequences::Sequences;
use model::training::{Options, Workspace, loss_and_gradients};

const VARIABLE: &str = "MODEL_TEST_PATH";

/// Prints a few gradients on the path that the variable names; does nothing without it.
#[test]
fn child_prints_gradients() {
    let Ok(path) = std::env::var(VARIABLE) else { return };
    cpu::force(path.parse().unwrap()).unwrap();
    let parameters = Parameters::init(&Config { num_hidden_layers: 2, ..Config::compact(70) }, 5).unwrap();
    let mut sequences = Sequences::new();
    sequences.push(&[3; 40], &[5; 40]);
    sequences.push(&[69, 1, 2], &[1, 2, -1]);
    let mut workspace = Workspace::new(&parameters, Options::default()).unwrap();
    let mut grads = vec![0.0; parameters.data.len()];
    let loss = loss_and_gradients(&parameters, &sequences, &mut grads, &mut workspace).unwrap();
    let picked: Vec<f32> = grads.iter().step_by(997).copied().collect();
    println!("RESULT {} {picked:?}", loss.sum);
}

fn gradients_on(path: Cpu) -> Vec<f64> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let command = command.args(["--exact", "paths::child_prints_gradients", "--nocapture"]).env(VARIABLE, path.name());
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let (_, result) = text.split_once("RESULT ").unwrap_or_else(|| panic!("{path}: {text}"));
    let numbers = result.lines().next().unwrap().split([' ', '[', ']', ',']);
    numbers.filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect()
}

#[test]
fn all_paths_agree_within_rounding() {
    let plain = gradients_on(Cpu::Plain);
    for path in Cpu::available() {
        let other = gradients_on(path);
        assert_eq!(other.len(), plain.len());
        for (x, y) in other.iter().zip(&plain) {
            assert!((x - y).abs() <= 1e-4 * y.abs() + 1e-6, "{path}: {x} is not {y}");
        }
    }
}

#[test]
fn unknown_and_missing_paths_are_errors() {
    assert!("avx9".parse::<Cpu>().unwrap_err().to_string().contains("no avx9 (available: plain"));
    let missing = if cfg!(target_arch = "x86_64") { Cpu::Neon } else { Cpu::Avx2 };
    assert!(cpu::force(missing).is_err());
}
