// What was really sent and answered behind one row of the trace. Secrets are masked before they come here.

import { byId, element, setText } from "./dom.js";
import { icon } from "./icons.js";
import { nameRow } from "./trace_rows.js";
import { clock } from "./text.js";

const MAX_COLOURED = 40000;
let shown = 0;

export function wireDrawer() {
  const drawer = byId("drawer");
  byId("drawer-close").append(icon("close"));
  byId("drawer-close").addEventListener("click", () => drawer.close());
  drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
  drawer.addEventListener("close", () => (shown = 0));
}

export async function openDrawer(number) {
  shown = number;
  byId("drawer-body").replaceChildren();
  await fill();
  if (!byId("drawer").open) byId("drawer").showModal();
}

// Shows a row again that changed while it is looked at.
export function refreshDrawer(items) {
  if (shown && items.some(({ number }) => number === shown)) fill();
}

async function fill() {
  const number = shown;
  const detail = await fetch(`/api/exchange/${number}`).then((response) => response.json(), () => ({ error: "The sandbox does not answer." }));
  if (number !== shown) return;
  if (!detail.row) {
    setText(byId("drawer-title"), detail.error);
    return;
  }
  const { title, place } = nameRow(detail.row);
  setText(byId("drawer-title"), title);
  byId("drawer-body").replaceChildren(facts(detail.row, place), ...parts(detail));
}

function facts(row, place) {
  const told = [
    ["When", clock(row.at, true)],
    ["Made", place],
    ["Took", row.ms === null ? "still under way" : `${row.ms} ms`],
    ["Outcome", [row.outcome.replace("_", " "), row.reason].filter(Boolean).join(", ")],
    ["State", row.state_after && (row.state_before === row.state_after ? row.state_after : `${row.state_before} → ${row.state_after}`)],
    ["Store round trips", row.store_trips === null ? "" : String(row.store_trips)],
    ["Conversation", row.conversation],
  ];
  return element("dl", "facts", ...told.filter(([, value]) => value).flatMap(([label, value]) => [element("dt", "", label), element("dd", "", value)]));
}

function parts({ request, answer, line }) {
  const made = [];
  if (request) made.push(part("Request", `${request.method} ${request.url}`, request.headers, request.body));
  if (request?.data) made.push(part("Data", "what the body holds in base64", {}, request.data));
  if (answer) made.push(part("Answer", answer.error || (answer.status ? String(answer.status) : "none yet"), answer.headers, answer.body));
  if (line) made.push(part("Log line", "", {}, line.raw ?? line));
  return made;
}

function part(name, about, headers, body) {
  const made = element("details", "part", element("summary", "", name, element("span", "", about)));
  made.open = true;
  const told = Object.entries(headers).map(([key, value]) => `${key}: ${value}`);
  if (told.length) made.append(element("pre", "", told.join("\n")));
  if (body !== "" && body !== null && body !== undefined) made.append(element("pre", "", ...coloured(body)));
  return made;
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b|\b(?:true|false|null)\b/g;

// JSON with its names, texts and numbers told apart.
function coloured(body) {
  if (typeof body === "string") return [body];
  const text = JSON.stringify(body, null, 2);
  if (text.length > MAX_COLOURED) return [text];
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [all, quoted, colon] = found;
    nodes.push(text.slice(done, found.index), element("span", quoted ? (colon ? "k" : "s") : "n", quoted || all), colon || "");
    done = found.index + all.length;
  }
  return [...nodes, text.slice(done)];
}
