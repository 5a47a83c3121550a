//! Prints training and decoding speed of this machine: `cargo run -p model --release --example speed`.
fn main() {
    use model::{config::Config, parameters::Parameters, sequences::Sequences, training::*};
    let config = Config::compact(4096);
    let p = Parameters::init(&config, 1).unwrap();
    let mut s = Sequences::new();
    for i in 0..32u32 {
        let t: Vec<u32> = (0..128).map(|j| (i * 131 + j * 17) % 4096).collect();
        let y: Vec<i32> = (0..128).map(|j| ((i * 131 + (j + 1) * 17) % 4096) as i32).collect();
        s.push(&t, &y);
    }
    let mut g = vec![0.0; p.data.len()];
    for micro in [256, 512, 1024, 2048] {
        let mut w = Workspace::new(&p, Options { micro_batch_tokens: micro, ..Options::default() }).unwrap();
        let l = loss_and_gradients(&p, &s, &mut g, &mut w).unwrap();
        let n = 8;
        let t = std::time::Instant::now();
        for _ in 0..n { loss_and_gradients(&p, &s, &mut g, &mut w).unwrap(); }
        println!("micro {micro}: {:.4} {:.0} tokens/s", l.mean(), (n * 4096) as f64 / t.elapsed().as_secs_f64());
    }
}
