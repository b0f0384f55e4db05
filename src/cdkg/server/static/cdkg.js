"use strict";
// Runs the query in the page; without script the form goes to the endpoint itself.
const form = document.getElementById("ask");
const query = document.getElementById("query");
const answer = document.getElementById("answer");
const state = document.getElementById("state");

for (const button of document.querySelectorAll("[data-query]")) {
  button.addEventListener("click", () => { query.value = button.dataset.query; form.requestSubmit(); window.scrollTo(0, 0); });
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  state.textContent = "…";
  answer.replaceChildren();
  const started = performance.now();
  const accept = "application/sparql-results+json, text/turtle;q=0.9";
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams({ query: query.value }), headers: { Accept: accept } });
  const text = await response.text();
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  if (!response.ok) { state.textContent = ""; answer.append(element("pre", JSON.parse(text).detail, "error")); return; }
  if (!response.headers.get("Content-Type").includes("json")) { state.textContent = `${seconds} s`; answer.append(element("pre", text)); return; }
  const result = JSON.parse(text);
  if ("boolean" in result) { state.textContent = `${seconds} s`; answer.append(element("p", result.boolean ? "Yes" : "No")); return; }
  state.textContent = `${result.results.bindings.length} rows, ${seconds} s`;
  answer.append(table(result.head.vars, result.results.bindings));
});
function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
function table(names, rows) {
  const made = document.createElement("table");
  const head = made.createTHead().insertRow();
  for (const name of names) head.append(element("th", name));
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const name of names) line.append(element("td", row[name] ? row[name].value.replace("https://w3id.org/cdkg/", "") : ""));
  }
  return made;
}
