// What the functions keep of the conversation, and the last lines of their log.

import { byId, element, showList } from "./dom.js";

export function showTrace(state) {
  const record = state.record;
  for (const item of byId("states").children) {
    if (item.dataset.state === record?.state) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  showList(byId("record"), record ? rows(record) : [["State", "nothing kept yet"]], ([label, value]) => {
    const row = element("div", "", element("dt", "", label), element("dd", "", value));
    row.style.display = "contents";
    return row;
  });
  showList(byId("log"), state.log, buildLogLine);
  const objections = byId("objections");
  objections.hidden = state.objections.length === 0;
  objections.textContent = `A stand-in objects: ${[...new Set(state.objections)].join("; ")}`;
}

function rows(record) {
  const pending = record.pending.length ? record.pending.join(", ") : "nothing";
  const timers = Object.entries(record.timers).map(([name, at]) => `${name} ${clock(at)}`);
  return [
    ["State", record.state],
    ["Chat", record.chat_id ? `${record.chat_id}${record.thread_id ? `, thread ${record.thread_id}` : ", no open thread"}` : "none"],
    ["Agents shown", record.agents.join(", ") || "none"],
    ["Pending", record.parked.length ? `${pending}; parked: ${record.parked.join(", ")}` : pending],
    ["Timers", timers.join(", ") || "none"],
    ["Hand-offs", record.handoffs.join(", ") || "none"],
    ["Fallbacks", `${record.fallbacks} in a row`],
  ];
}

function clock(at) {
  return new Date(at).toLocaleTimeString([], { hour12: false });
}

function buildLogLine(line) {
  const summary = element("summary", line.severity || "", ...(line.function ? told(line) : [line.raw]));
  return element("li", "", element("details", "", summary, element("pre", "", line.raw)));
}

function told(line) {
  const states = line.state_after && line.state_after !== line.state_before ? `${line.state_before} → ${line.state_after}` : line.state_after || "";
  const calls = Object.entries(line.calls || {}).map(([provider, count]) => `${provider} ${count}`).join(", ");
  const facts = [states, calls && `calls: ${calls}`, `store: ${line.store_trips ?? 0}`, `${line.duration_ms ?? 0} ms`];
  return [
    `${line.function} `,
    element("span", "outcome", line.outcome || ""),
    line.reason ? ` ${line.reason}` : "",
    ...facts.filter(Boolean).map((fact) => element("span", "fact", `· ${fact}`)),
  ];
}
