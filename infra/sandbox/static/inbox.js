// The LiveChat inbox: agents, chats, one chat's thread, and what an agent does.

import { byId, element, sendText, showList, showOptions } from "./dom.js";

const STATUSES = { accepting_chats: "accepting", not_accepting_chats: "not accepting", offline: "offline" };
const LONG_ANSWER = 60;
let chat = null;

export function showInbox(state) {
  const before = chat;
  chat = state.chat;
  showList(byId("agents"), state.agents.map(({ id, name }) => ({ id, name })), buildAgent);
  showStatuses(state.agents);
  showList(byId("chats"), state.chats.map((one) => ({ ...one, chosen: one.id === chat?.id })), buildChat);
  showList(byId("thread"), chat ? chat.entries : [], buildEntry);
  showOptions(byId("agent"), state.agents.map(({ id, name }) => ({ value: id, text: name })));
  followAgent(before);
  const others = state.agents.filter(({ id }) => !chat?.agents.some((agent) => agent.id === id));
  const targets = [
    ...others.map(({ id, name }) => ({ value: `agent:${id}`, text: name })),
    ...state.groups.map((group) => ({ value: `group:${group}`, text: `Group ${group}` })),
  ];
  showOptions(byId("target"), targets);
  const isOpen = Boolean(chat?.active);
  for (const id of ["reply-text", "close", "target"]) byId(id).disabled = !isOpen;
  for (const button of document.querySelectorAll("#reply button, #transfer button")) button.disabled = !isOpen;
  byId("take").disabled = !isOpen || chat.agents.length > 0;
}

// When somebody else has the chat now, write as them; whoever was chosen by hand stays until then.
function followAgent(before) {
  const now = chat?.agents[0]?.id;
  const changed = before?.id !== chat?.id || before?.agents[0]?.id !== now;
  if (now && changed) byId("agent").value = now;
}

function showStatuses(agents) {
  const selects = [...byId("agents").querySelectorAll("select")];
  for (const { id, status } of agents) selects.find((select) => select.dataset.agent === id).value = status;
}

function buildAgent({ id, name }) {
  const select = element("select");
  select.append(...Object.entries(STATUSES).map(([value, text]) => new Option(text, value)));
  select.dataset.agent = id;
  return element("li", "", element("label", "", name, select));
}

function buildChat(one) {
  const button = element("button", "", element("span", "", one.customer), element("span", "how", howItStands(one)));
  button.type = "button";
  button.dataset.chat = one.id;
  button.setAttribute("aria-pressed", String(one.chosen));
  return element("li", "", button);
}

function howItStands({ active, agents, position }) {
  if (!active) return "closed";
  if (agents.length) return agents.map(({ name }) => name).join(", ");
  return position ? `queued, number ${position}` : "waiting";
}

function buildEntry(entry) {
  if (entry.role === "system") return element("p", "note", entry.text);
  const said = element("div", `said ${entry.role}${entry.private ? " private" : ""}`);
  const label = entry.private ? element("span", "label", "AGENTS ONLY") : "";
  said.append(element("span", "who", label, entry.private && entry.role === "customer" ? "from the bridge" : entry.who));
  said.append(entry.fields.length ? buildForm(entry.fields) : element("div", "text", entry.text));
  return said;
}

function buildForm([title, ...fields]) {
  const list = element("dl", "fields");
  for (const [label, answer] of fields) {
    const extent = answer.length > LONG_ANSWER ? "whole" : "";
    list.append(element("dt", extent, label), element("dd", extent, answer));
  }
  return element("div", "text", title[1], list);
}

// Wires the inbox's controls. `act(action, body)` sends; `choose(id)` changes the chat shown.
export function wireInbox({ act, choose }) {
  const mine = () => ({ agent: byId("agent").value, chat_id: chat.id });
  byId("agents").addEventListener("change", (event) => {
    act("agent/status", { agent: event.target.dataset.agent, status: event.target.value });
  });
  byId("chats").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.dataset.chat);
  });
  byId("reply").addEventListener("submit", (event) => {
    event.preventDefault();
    const isPrivate = byId("private").checked;
    sendText(byId("reply-text"), (text) => act("agent/reply", { ...mine(), text, private: isPrivate }));
  });
  byId("transfer").addEventListener("submit", (event) => {
    event.preventDefault();
    const [kind, ...rest] = byId("target").value.split(":");
    const target = kind === "agent" ? { to_agent: rest.join(":") } : { to_group: Number(rest[0]) };
    act("agent/transfer", { ...mine(), ...target });
  });
  byId("take").addEventListener("click", () => act("agent/take", mine()));
  byId("close").addEventListener("click", () => act("agent/close", mine()));
}
