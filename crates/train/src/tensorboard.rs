//! The scalars of a run as TensorBoard reads them: `events.out.tfevents.*`.
//!
//! A file is a chain of records: length (u64), masked CRC-32C of the length, data, masked CRC-32C of the data. The data
//! are `Event` messages of protocol buffers (tensorflow/core/util/event.proto), of which four fields are written:
//! `wall_time` = 1, `step` = 2, `file_version` = 3, `summary` = 5.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Result, io};
use crate::metrics::Metrics;

/// The open event file of a run. A resumed run begins another one.
pub struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Begins a file in a run folder, named after the time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(run: &Path) -> Result<Self> {
        let mut time = now();
        let path = loop {
            let path = run.join(format!("events.out.tfevents.{}.glrl", time.as_millis()));
            if !path.exists() {
                break path;
            }
            time += Duration::from_millis(1);
        };
        let file = File::create(&path).map_err(io(&path))?;
        let mut events = EventFile { path, file };
        let mut event = double(1, time.as_secs_f64());
        event.extend(bytes(3, b"brain.Event:2"));
        events.append(&event)?;
        Ok(events)
    }

    /// Appends what a line of the metrics measures.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, metrics: &Metrics) -> Result<()> {
        let scalars = [
            ("train/loss", metrics.loss),
            ("train/mean_token_accuracy", metrics.mean_token_accuracy),
            ("train/entropy", metrics.entropy),
            ("train/grad_norm", metrics.grad_norm),
            ("train/learning_rate", metrics.learning_rate),
            ("train/tokens_per_second", metrics.tokens_per_second),
            ("train/reward", metrics.reward),
            ("train/reward_std", metrics.reward_std),
            ("train/frac_reward_zero_std", metrics.frac_reward_zero_std),
            ("train/kl", metrics.kl),
            ("train/clip_ratio", metrics.clip_ratio),
            ("train/completions/mean_length", metrics.mean_length),
            ("train/epoch", Some(metrics.epoch)),
            ("eval/accuracy", metrics.eval_accuracy),
        ];
        let mut summary = Vec::new();
        for (tag, value) in scalars {
            if let Some(value) = value {
                let mut scalar = bytes(1, tag.as_bytes());
                scalar.push(2 << 3 | 5);
                scalar.extend((value as f32).to_le_bytes());
                summary.extend(bytes(1, &scalar));
            }
        }
        let mut event = double(1, now().as_secs_f64());
        event.push(2 << 3);
        event.extend(varint(metrics.step));
        event.extend(bytes(5, &summary));
        self.append(&event)
    }

    fn append(&mut self, data: &[u8]) -> Result<()> {
        let length = (data.len() as u64).to_le_bytes();
        let mut record = length.to_vec();
        record.extend(masked_crc(&length).to_le_bytes());
        record.extend(data);
        record.extend(masked_crc(data).to_le_bytes());
        self.file.write_all(&record).map_err(io(&self.path))
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A field of 64 bits.
fn double(field: u8, value: f64) -> Vec<u8> {
    let mut out = vec![field << 3 | 1];
    out.extend(value.to_le_bytes());
    out
}

/// A field of bytes, text or a message.
fn bytes(field: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![field << 3 | 2];
    out.extend(varint(value.len() as u64));
    out.extend(value);
    out
}

/// Seven bits a byte, lowest first.
fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// TFRecord's mask over CRC-32C, so that a checksum of checksums is no fixed point.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// CRC-32C (Castagnoli), bit by bit: a few hundred bytes a step.
fn crc32c(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0x82F6_3B78 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_castagnolis() {
        // RFC 3720, appendix B.4.
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
    }

    #[test]
    fn records_are_framed() {
        let run = std::env::temp_dir().join(format!("events-{}", std::process::id()));
        std::fs::create_dir_all(&run).unwrap();
        let mut events = EventFile::create(&run).unwrap();
        events.write(&Metrics { step: 300, loss: Some(0.5), ..Metrics::default() }).unwrap();
        let text = std::fs::read(&events.path).unwrap();
        let mut at = 0;
        let mut records = vec![];
        while at < text.len() {
            let length = u64::from_le_bytes(text[at..at + 8].try_into().unwrap()) as usize;
            assert_eq!(text[at + 8..at + 12], masked_crc(&text[at..at + 8]).to_le_bytes());
            records.push(&text[at + 12..at + 12 + length]);
            at += 16 + length;
        }
        assert_eq!((records.len(), at), (2, text.len()));
        assert!(records[0].ends_with(b"brain.Event:2"));
        // After the time: step 300 as a varint, then the summary with its first tag.
        assert_eq!(records[1][9..12], [0x10, 0xAC, 0x02]);
        assert!(records[1].windows(10).any(|w| w == b"train/loss"));
        std::fs::remove_dir_all(&run).unwrap();
    }
}
