"""Rewards of `glrl serve` for TRL and verl: a function that posts completions and returns numbers.

TRL: `GRPOTrainer(reward_funcs=reward, …)` with columns `sql` and `question` in the data set.
verl: `custom_reward_function.path=bench/reward_client.py custom_reward_function.name=compute_score`.
"""

import json
import os
import urllib.request

URL = os.environ.get("GLRL_URL", "http://127.0.0.1:8000") + "/v1/reward/batch"


def post(items):
    headers = {"content-type": "application/json", "authorization": f"Bearer {os.environ.get('GLRL_KEY', 'none')}"}
    request = urllib.request.Request(URL, json.dumps({"items": items}).encode(), headers)
    return [one["reward"] or 0.0 for one in json.load(urllib.request.urlopen(request))["rewards"]]


def reward(completions, sql, question, **_):
    texts = [one if isinstance(one, str) else one[-1]["content"] for one in completions]
    return post([{"completion": text, "sql": a, "question": q} for text, a, q in zip(texts, sql, question)])


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    question = (extra_info or {}).get("question")
    return post([{"completion": solution_str, "sql": ground_truth, "question": question}])[0]
