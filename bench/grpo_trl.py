"""Seconds of a step of TRL's GRPOTrainer on this machine, the peer of `glrl bench grpo`.

The same network (Qwen2: hidden 256, 6 layers, 4 heads, 2 key-value heads, inner 704, vocabulary 4096, tied embeddings:
5.5 M parameters, random weights, f32), the same work: 16 prompts of 96 tokens, 16 completions of 48 tokens each, one
update, no divergence term. Prints the median.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install torch transformers trl
    /tmp/venv/bin/python bench/grpo_trl.py [--threads 2] [--steps 3]
"""

import argparse
import random
import statistics
import tempfile
import time

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from train_torch import network

VOCABULARY, QUESTIONS, CANDIDATES, PROMPT, COMPLETION = 4096, 16, 16, 96, 48


def tokenizer() -> PreTrainedTokenizerFast:
    """A word a token."""
    words = {"<pad>": 0, "<eos>": 1, "<bos>": 2} | {f"w{i}": i for i in range(3, VOCABULARY)}
    plain = Tokenizer(models.WordLevel(words, unk_token="<bos>"))
    plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<bos>"
    )


def prompts(count: int) -> Dataset:
    pick = random.Random(0)
    text = lambda: " ".join(f"w{pick.randrange(3, VOCABULARY)}" for _ in range(PROMPT))
    return Dataset.from_dict({"prompt": [text() for _ in range(count)]})


class Clock(TrainerCallback):
    def __init__(self) -> None:
        self.ends = []

    def on_step_end(self, args, state, control, **kwargs) -> None:
        self.ends.append(time.perf_counter())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock, pick = Clock(), random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            per_device_train_batch_size=QUESTIONS * CANDIDATES,
            num_generations=CANDIDATES,
            max_completion_length=COMPLETION,
            generation_kwargs={"min_new_tokens": COMPLETION},
            temperature=1.0,
            beta=0.0,
            learning_rate=1e-5,
            max_steps=options.steps + 1,
            save_strategy="no",
            logging_steps=1000,
            report_to=[],
            disable_tqdm=True,
        )
        trainer = GRPOTrainer(
            model=network(),
            reward_funcs=lambda completions, **_: [pick.random() for _ in completions],
            args=config,
            train_dataset=prompts(QUESTIONS * (options.steps + 1)),
            processing_class=tokenizer(),
            callbacks=[clock],
        )
        trainer.train()
    seconds = [b - a for a, b in zip(clock.ends, clock.ends[1:])]
    print(f"GRPOTrainer: {statistics.median(seconds):.2f} s a step")


if __name__ == "__main__":
    main()
