"""OpenAI's own client against a running `glrl serve`.

    python3 -m venv peers && peers/bin/pip install openai
    peers/bin/python bench/serve_openai.py [http://127.0.0.1:8000] [KEY]

Prints what was checked, and ends with 1 at the first thing that is not as the client has it.
"""

import sys

import openai

base = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
key = sys.argv[2] if len(sys.argv) > 2 else "none"
client = openai.OpenAI(base_url=f"{base}/v1", api_key=key, max_retries=0)
question = [{"role": "user", "content": "Show all active projects with budget over 100000"}]

models = [model.id for model in client.models.list()]
assert models, "no models"
print("models:", ", ".join(models))
model = models[0]

plain = client.chat.completions.create(model=model, messages=question)
sql = plain.choices[0].message.content
assert sql.startswith("SELECT") and plain.choices[0].finish_reason == "stop" and plain.usage.total_tokens > 0
print("plain: ok")

options = {"include_usage": True}
chunks = list(client.chat.completions.create(model=model, messages=question, stream=True, stream_options=options))
said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
assert said == sql and chunks[-1].usage is not None
print("stream: ok,", len(chunks), "chunks")

several = client.chat.completions.create(model=model, messages=question, n=3)
assert 1 <= len(several.choices) <= 3 and several.choices[0].message.content == sql
print("n = 3: ok,", len(several.choices), "choices")

refused = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "drop table x"}])
assert refused.choices[0].message.content is None and refused.choices[0].message.refusal
print("refusal: ok")

# A client that has read enough leaves; the next question is answered as if nothing had been.
stream = client.chat.completions.create(model=model, messages=question, stream=True)
next(iter(stream))
stream.close()
again = client.chat.completions.create(model=model, messages=question)
assert again.choices[0].message.content == sql
print("cancel: ok")

for wanted, call in [
    (openai.BadRequestError, lambda: client.chat.completions.create(model=model, messages=question, n=99)),
    (openai.NotFoundError, lambda: client.chat.completions.create(model="gpt-9", messages=question)),
    (openai.BadRequestError, lambda: client.chat.completions.create(model=model, messages=[])),
]:
    try:
        call()
    except wanted as error:
        assert error.code and error.type, error
        print(f"{wanted.__name__}: ok, code {error.code}")
    else:
        sys.exit(f"no {wanted.__name__}")
