// One row of the trace. A row stays the same element for as long as it is shown; what it says changes.

import { button, element, spaced } from "./dom.js";
import { clock } from "./text.js";

export const SIDES = {
  "business-messages": "Business Messages",
  rcs: "RCS for Business",
  livechat: "LiveChat",
  dialogflow: "Dialogflow",
  "cloud-tasks": "Cloud Tasks",
  functions: "Functions",
};

export function buildRow(item) {
  const row = element("li");
  row.dataset.number = item.number;
  const head = button("");
  head.tabIndex = -1;
  row.append(head, element("ol", "calls"));
  fillRow(row, item);
  return row;
}

export function fillRow(row, item) {
  row.className = `row ${item.direction} ${item.side} ${item.quiet ? "is-quiet" : ""}`;
  const head = row.querySelector(":scope > button");
  head.title = clock(item.at, true);
  head.replaceChildren(...spaced(...(item.direction === "out" ? callParts(item) : requestParts(item))));
}

function title(item) {
  return [element("span", "side", SIDES[item.side] || item.side), element("span", "kind", ...breakable(item.kind))];
}

// Long names may break behind their underscores, and nowhere else if that does.
function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part, index) => (index ? [element("wbr"), part] : [part]));
}

function callParts(item) {
  return [element("span", "arrow", "→"), ...title(item), ending(item, `${item.status} · ${item.ms} ms`)];
}

// How an exchange ended: in words of its own where there was no answer.
function ending(item, text) {
  if (item.ms === null) return element("span", "running", "under way");
  const isBad = item.error || item.status >= 400;
  return element("span", `answer ${isBad ? "failed" : ""}`, item.error ? `${item.error} · ${item.ms} ms` : text);
}

function requestParts(item) {
  const top = element("span", "row-top", ...spaced(element("span", "row-title", ...spaced(...title(item))), outcome(item)));
  return [top, element("span", "row-facts", ...spaced(...facts(item), end(item)))];
}

function outcome(item) {
  if (item.error) return element("span", "outcome error", item.error);
  if (item.outcome) return element("span", `outcome ${item.outcome}`, item.outcome.replace("_", " "));
  if (item.ms === null) return element("span", "running", "under way");
  return item.status ? element("span", `outcome ${item.status >= 400 ? "error" : "ignored"}`, String(item.status)) : "";
}

function facts(item) {
  const calls = Object.values(item.calls ?? {}).reduce((sum, count) => sum + count, 0);
  const hasMoved = item.state_after && item.state_before && item.state_after !== item.state_before;
  return [
    item.function ? element("span", "", item.function) : "",
    hasMoved ? element("span", "move", `${item.state_before} → ${item.state_after}`) : "",
    item.reason && item.reason !== item.kind ? element("span", "", item.reason) : "",
    item.store_trips === null ? "" : element("span", "", `${item.store_trips} store`),
    calls ? element("span", "", calls === 1 ? "1 call" : `${calls} calls`) : "",
  ];
}

function end(item) {
  const time = element("span", "when", `${clock(item.at, true)}${item.ms === null ? "" : " · "}`);
  return element("span", "end", time, item.ms === null ? "" : `${item.ms} ms`);
}

// A row's name, for the drawer.
export function nameRow(item) {
  const place = { in: `to ${item.function || "a function"}`, out: item.function ? `by ${item.function}` : "by a function", log: item.function };
  return { title: `${SIDES[item.side] || item.side}: ${item.kind}`, place: place[item.direction] };
}
