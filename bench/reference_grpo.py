"""Writes the reference that `crates/train/src/grpo/reference.rs` compares with, once.

Loss and gradients of two groups of four completions in f64 by PyTorch's autograd, for the objectives of GRPO (Shao et
al. 2024), DAPO (Yu et al. 2025), Dr. GRPO (Liu et al. 2025) and CISPO (MiniMax 2025), each written as in its paper, over
the distribution that a mask allows, at a temperature, with some tokens forced. The network is that of
`bench/reference_model.py`.

    /tmp/venv/bin/python bench/reference_grpo.py
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parent))
from reference_model import VOCABULARY, network, snapshot

FILE = Path(__file__).parent.parent / "crates/train/tests/reference/grpo.safetensors"
TEMPERATURE = 0.8
LONGEST = 160
LOW, HIGH = 0.2, 0.28
REWARDS = [[1.0, 0.0, 0.3, 1.0], [0.1, 0.9, 0.5, -1.0]]
CASES = [("grpo", "group", 0.1), ("dapo", "none", 0.0), ("drgrpo", "none", 0.05), ("cispo", "batch", 0.02)]


def completion(generator: torch.Generator) -> dict:
    """Tokens, which of them were chosen, and among which; the others are forced."""
    length = int(torch.randint(3, 9, (1,), generator=generator))
    tokens = torch.randint(0, VOCABULARY, (length,), generator=generator).tolist()
    chosen = [bool(x) for x in (torch.rand(length, generator=generator) < 0.75)]
    chosen[0] = True
    among = []
    for token, is_chosen in zip(tokens, chosen):
        allowed = (torch.rand(VOCABULARY, generator=generator) < 0.4).nonzero().flatten().tolist()
        among.append(sorted({token, *allowed, (token + 1) % VOCABULARY}) if is_chosen else None)
    return {"tokens": tokens, "among": among}


def log_probs(model, prompt: list[int], one: dict) -> torch.Tensor:
    """log p of each chosen token under its mask, at the temperature."""
    logits = model(torch.tensor([prompt + one["tokens"]])).logits[0] / TEMPERATURE
    found = []
    for i, (token, among) in enumerate(zip(one["tokens"], one["among"])):
        if among is not None:
            allowed = logits[len(prompt) - 1 + i][among]
            found.append(torch.log_softmax(allowed, 0)[among.index(token)])
    return torch.stack(found)


def advantages(scale: str) -> list[torch.Tensor]:
    rewards = [torch.tensor(r, dtype=torch.float64) for r in REWARDS]
    deviation = {"none": lambda r: 1.0, "group": lambda r: r.std() + 1e-4, "batch": lambda r: torch.cat(rewards).std() + 1e-4}
    return [(r - r.mean()) / deviation[scale](r) for r in rewards]


def loss_of(name: str, scale: str, kl: float, groups: list, model) -> torch.Tensor:
    losses, lengths = [], []
    for group, advantage in zip(groups, advantages(scale)):
        for one, a in zip(group["completions"], advantage):
            now = log_probs(model, group["prompt"], one)
            ratio = torch.exp(now - torch.tensor(one["old"], dtype=torch.float64))
            if name == "cispo":
                gain = torch.clamp(ratio, max=1 + HIGH).detach() * a * now
            else:
                gain = torch.minimum(ratio * a, torch.clamp(ratio, 1 - LOW, 1 + HIGH) * a)
            less = torch.tensor(one["reference"], dtype=torch.float64) - now
            losses.append(-gain + kl * (torch.exp(less) - less - 1))
            lengths.append(len(now))
    if name == "grpo":
        return torch.stack([l.mean() for l in losses]).mean()
    if name == "drgrpo":
        return sum(l.sum() for l in losses) / (len(losses) * LONGEST)
    return sum(l.sum() for l in losses) / sum(lengths)


def main() -> None:
    model = network(True)
    generator = torch.Generator().manual_seed(11)
    groups = []
    for _ in REWARDS:
        prompt = torch.randint(0, VOCABULARY, (int(torch.randint(2, 7, (1,), generator=generator)),), generator=generator)
        group = {"prompt": prompt.tolist(), "completions": [completion(generator) for _ in range(4)]}
        for one in group["completions"]:
            with torch.no_grad():
                now = log_probs(model, group["prompt"], one)
            near = lambda width: (now + (torch.rand(len(now), generator=generator) - 0.5) * width).float().tolist()
            one["old"], one["reference"] = near(0.8), near(1.2)
        groups.append(group)
    tensors, cases = snapshot("start/", model), []
    for name, scale, kl in CASES:
        model.zero_grad()
        loss = loss_of(name, scale, kl, groups, model)
        loss.backward()
        tensors |= snapshot(f"{name}/", model, lambda p: p.grad)
        cases.append({"loss": name, "scale": scale, "kl": kl, "value": loss.item()})
    metadata = {
        "config": model.config.to_json_string(),
        "groups": json.dumps(groups),
        "rewards": json.dumps(REWARDS),
        "cases": json.dumps(cases),
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, FILE, metadata)
    print(cases)


if __name__ == "__main__":
    main()
