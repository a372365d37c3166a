// The trace: each request to a function, as it happens, with the calls it made; and what is kept of the conversation.

import { byId, element, setText } from "./dom.js";
import { openDrawer, refreshDrawer, wireDrawer } from "./drawer.js";
import { End, replaceKeepingFocus } from "./list.js";
import { walk } from "./menu.js";
import { buildRow, fillRow } from "./trace_rows.js";
import { clock } from "./text.js";

const MAX_ROWS = 400;
const rows = new Map();
let context = null;
let end = null;
let scope = "one";
let withQuiet = false;

export const trace = {
  sections: { rows: takeRows, record: showKept, phone: arrange, phones: arrange },
  wire(given) {
    context = given;
    wireDrawer();
    const list = byId("rows");
    end = new End(list, list, byId("rows-jump"));
    list.addEventListener("click", (event) => {
      const row = event.target.closest("button")?.closest("[data-number]");
      if (row) openDrawer(Number(row.dataset.number));
    });
    list.addEventListener("keydown", walkRows);
    for (const choice of document.querySelectorAll("[data-scope]")) choice.addEventListener("click", () => setScope(choice.dataset.scope));
    byId("show-quiet").addEventListener("click", (event) => {
      withQuiet = !withQuiet;
      event.currentTarget.setAttribute("aria-pressed", String(withQuiet));
      arrange();
      end.goThere();
    });
  },
};

// One stop for the Tab key; from there arrows walk through the rows, from the newest up.
function walkRows(event) {
  const shown = [...byId("rows").querySelectorAll("button")].filter((one) => one.offsetParent);
  if (document.activeElement !== event.currentTarget) return walk(event, shown);
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return null;
  event.preventDefault();
  return shown.at(-1)?.focus();
}

function setScope(wanted) {
  scope = wanted;
  for (const choice of document.querySelectorAll("[data-scope]")) choice.setAttribute("aria-pressed", String(choice.dataset.scope === wanted));
  arrange();
  end.goThere();
}

// --- rows ---

function takeRows({ reset, items }) {
  if (reset) clear(new Set(items.map(({ number }) => number)));
  const before = items.filter(({ number }) => rows.has(number));
  for (const item of items) put(item, !reset);
  for (const { number } of items) settle(rows.get(number));
  for (const number of rows.keys()) {
    if (rows.size <= MAX_ROWS) break;
    forget(number);
  }
  arrange();
  if (end.isThere) end.goThere();
  else if (items.length > before.length) end.tellOfNew();
  refreshDrawer(items);
}

function clear(kept) {
  for (const number of [...rows.keys()]) if (!kept.has(number)) forget(number);
}

function forget(number) {
  rows.get(number).made.remove();
  rows.delete(number);
}

function put(item, isNew) {
  const known = rows.get(item.number);
  if (known) {
    known.item = item;
    fillRow(known.made, item);
    return;
  }
  const made = buildRow(item);
  if (isNew) made.classList.add("new");
  rows.set(item.number, { item, made });
}

// Puts a row where it belongs, if it is not there: under its request, or into the list, by number.
function settle({ item, made }) {
  const parent = item.parent === null ? null : rows.get(item.parent);
  const list = parent ? parent.made.lastElementChild : byId("rows");
  if (made.parentElement === list) return;
  let after = list.lastElementChild;
  while (after && Number(after.dataset.number) > item.number) after = after.previousElementSibling;
  if (after) after.after(made);
  else list.prepend(made);
}

// Shows what is wanted, with a heading wherever another conversation begins.
function arrange() {
  const mine = context.state.phone?.key;
  let last = null;
  let isEmpty = true;
  for (const { item, made } of rows.values()) {
    const isOther = scope === "one" && item.conversation && item.conversation !== mine;
    const isLeftBehind = item.parent !== null && !rows.has(item.parent);
    made.hidden = isOther || isLeftBehind || (item.quiet && !withQuiet);
    if (made.parentElement !== byId("rows") || made.hidden) continue;
    isEmpty = false;
    head(made, scope === "all" && item.conversation !== last ? nameOf(item.conversation) : "");
    last = item.conversation;
  }
  byId("no-rows").hidden = !isEmpty;
}

function head(made, name) {
  const known = made.querySelector(":scope > .group");
  if (known?.textContent === name) return;
  known?.remove();
  if (name) made.prepend(element("p", "group", name));
}

function nameOf(key) {
  if (!key) return "Nobody’s in particular";
  const found = context.state.phones?.phones.find((one) => one.key === key);
  return found ? `${found.name} · ${found.id.slice(0, 8)}` : key;
}

// --- what is kept ---

function showKept({ record, objections }) {
  const place = byId("objections");
  place.hidden = objections.length === 0;
  setText(place, `A stand-in objects: ${objections.join("; ")}`);
  setText(byId("kept-summary"), record ? summary(record) : "Nothing kept of this conversation yet");
  const facts = record ? factsOf(record) : [];
  const told = JSON.stringify(facts);
  if (byId("kept-facts").dataset.told === told) return;
  const list = element("dl", "", ...facts.flatMap(([label, value]) => [element("dt", "", label), element("dd", "", value)]));
  list.id = "kept-facts";
  list.dataset.told = told;
  replaceKeepingFocus(byId("kept-facts"), list);
}

function summary({ state, pending, parked }) {
  const waiting = pending.length === 1 ? "1 entry waits" : `${pending.length || "no"} entries wait`;
  return `Kept: ${state} · ${waiting}${parked.length ? ` · ${parked.join(", ")} parked` : ""}`;
}

function factsOf(record) {
  const thread = record.thread_id ? `, thread ${record.thread_id}` : ", no open thread";
  const timers = Object.entries(record.timers).map(([name, at]) => `${name} ${clock(at)}`);
  return [
    ["Chat", record.chat_id ? record.chat_id + thread : "none"],
    ["Agents shown", record.agents.join(", ") || "none"],
    ["Waiting entries", record.pending.join(", ") || "none"],
    ["Parked providers", record.parked.join(", ") || "none"],
    ["Timers", timers.join(", ") || "none"],
    ["Next look at", record.due_at ? clock(record.due_at) : "not needed"],
    ["Handoffs", record.handoffs.join(", ") || "none"],
    ["Fallbacks in a row", String(record.fallbacks)],
  ];
}
