// Shows the routes of /openapi.json and sends requests to them. Everything is put into the page as text, never as HTML.
"use strict";

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

// An example of a schema: its own, or one put together from its parts.
function example(schema, all, depth = 0) {
  if (!schema || depth > 5) return null;
  if (schema.$ref) return example(all[schema.$ref.split("/").pop()], all, depth + 1);
  if (schema.example !== undefined) return schema.example;
  const options = schema.oneOf || schema.anyOf;
  if (options) return example(options.find((one) => one.type !== "null") || options[0], all, depth + 1);
  if (schema.enum) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
  if (type === "object" || schema.properties) {
    const required = schema.required || [];
    const names = Object.keys(schema.properties || {}).filter((name) => required.includes(name));
    return Object.fromEntries(names.map((name) => [name, example(schema.properties[name], all, depth + 1)]));
  }
  if (type === "array") return [example(schema.items, all, depth + 1)];
  return { integer: 1, number: 0.5, boolean: true }[type] ?? "";
}

async function send(method, path, body, output) {
  const headers = {};
  const key = document.getElementById("key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  output.textContent = "…";
  try {
    const started = performance.now();
    const response = await fetch(path, { method, headers, body });
    const text = await response.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* it is no JSON */ }
    output.textContent = `${response.status} in ${Math.round(performance.now() - started)} ms\n\n${shown}`;
  } catch (error) {
    output.textContent = String(error);
  }
}

function route(method, path, operation, schemas, parent) {
  const box = element("details", undefined, parent);
  const summary = element("summary", undefined, box);
  element("b", method.toUpperCase(), summary);
  element("code", path, summary);
  element("span", ` – ${operation.summary || operation.description || ""}`, summary);
  const inputs = (operation.parameters || []).map((parameter) => {
    const label = element("label", `${parameter.name} `, box);
    const input = element("input", undefined, label);
    return { parameter, input };
  });
  const content = operation.requestBody?.content?.["application/json"];
  let area;
  if (content) {
    area = element("textarea", undefined, box);
    area.value = JSON.stringify(example(content.schema, schemas), null, 2);
  }
  const button = element("button", "Send", box);
  const output = element("pre", "", box);
  button.addEventListener("click", () => {
    let target = path;
    const query = new URLSearchParams();
    for (const { parameter, input } of inputs) {
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.set(parameter.name, input.value);
    }
    const suffix = query.size ? `?${query}` : "";
    send(method.toUpperCase(), target + suffix, area?.value, output);
  });
}

async function show() {
  const parent = document.getElementById("routes");
  const api = await (await fetch("/openapi.json")).json();
  parent.replaceChildren();
  const schemas = api.components?.schemas || {};
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const tag = (operation.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([method, path, operation]);
    }
  }
  for (const [tag, routes] of groups) {
    element("h2", tag, parent);
    for (const [method, path, operation] of routes) route(method, path, operation, schemas, parent);
  }
}

show().catch((error) => { document.getElementById("routes").textContent = String(error); });
