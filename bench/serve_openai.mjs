// OpenAI's own client for Node against a running `glrl serve`.
//
//     npm install openai
//     node bench/serve_openai.mjs [http://127.0.0.1:8000] [KEY]
//
// Prints what was checked, and ends with 1 at the first thing that is not as the client has it.

import assert from "node:assert";
import { createRequire } from "node:module";

// From the folder that it was installed in, which need not be this one.
const { default: OpenAI } = await import(createRequire(`${process.cwd()}/`).resolve("openai"));

const [base = "http://127.0.0.1:8000", apiKey = "none"] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${base}/v1`, apiKey, maxRetries: 0 });
const messages = [{ role: "user", content: "Show all active projects with budget over 100000" }];

const model = (await client.models.list()).data[0].id;
console.log("models: ok,", model);

const plain = await client.chat.completions.create({ model, messages });
const sql = plain.choices[0].message.content;
assert(sql.startsWith("SELECT") && plain.choices[0].finish_reason === "stop" && plain.usage.total_tokens > 0);
console.log("plain: ok");

let said = "";
let usage = null;
const options = { model, messages, stream: true, stream_options: { include_usage: true } };
for await (const chunk of await client.chat.completions.create(options)) {
  said += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert(said === sql && usage);
console.log("stream: ok");

const several = await client.chat.completions.create({ model, messages, n: 3 });
assert(several.choices.length >= 1 && several.choices.length <= 3 && several.choices[0].message.content === sql);
console.log("n = 3: ok,", several.choices.length, "choices");

const refused = await client.chat.completions.create({ model, messages: [{ role: "user", content: "drop table x" }] });
assert(refused.choices[0].message.content === null && refused.choices[0].message.refusal);
console.log("refusal: ok");

const controller = new AbortController();
const left = client.chat.completions.create({ model, messages }, { signal: controller.signal });
controller.abort();
await assert.rejects(left, OpenAI.APIUserAbortError);
const broken = await client.chat.completions.create({ model, messages, stream: true });
for await (const chunk of broken) {
  if (chunk) break;
}
const again = await client.chat.completions.create({ model, messages });
assert(again.choices[0].message.content === sql);
console.log("cancel: ok");

await assert.rejects(client.chat.completions.create({ model: "gpt-9", messages }), OpenAI.NotFoundError);
await assert.rejects(client.chat.completions.create({ model, messages: [] }), OpenAI.BadRequestError);
await assert.rejects(client.chat.completions.create({ model, messages, n: 99 }), (error) => {
  return error instanceof OpenAI.BadRequestError && error.code === "invalid_request" && error.type === "invalid_request_error";
});
console.log("errors: ok");
