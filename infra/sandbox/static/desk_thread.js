// One chat, as agents see it: who it is, what was said, what can be done with it.

import { button, byId, element, setText } from "./dom.js";
import { ListView } from "./list.js";
import { opensBox } from "./menu.js";
import { buildEntry } from "./desk_entries.js";
import { beginEditing, showWriting, wireReply } from "./desk_write.js";
import { avatar } from "./text.js";

const SEEN_AFTER_MS = 600;
let context = null;
let whoAmI = () => "";
let entries = null;
let seeing = 0;
let lastSeen = "";

export function wireThread(given, me) {
  context = given;
  whoAmI = me;
  entries = new ListView({
    scroller: byId("thread"),
    container: byId("entries"),
    jump: byId("thread-jump"),
    build: (entry, before) => buildEntry(entry, before, deeds),
  });
  wireReply(context, { mine, me });
  byId("close-chat").addEventListener("click", () => context.act("agent/close", mine()));
  const close = opensBox(byId("transfer-open"), byId("transfer-menu"), { before: fillTransfer });
  byId("transfer-menu").addEventListener("click", (event) => event.target.closest("button") && close(true));
  document.addEventListener("visibilitychange", markSeen);
}

const chat = () => context.state.chat?.chat ?? null;
const mine = () => ({ agent: whoAmI(), chat_id: chat().id });
const isMine = () => Boolean(chat()?.agents.some(({ id }) => id === whoAmI()));

const deeds = {
  canChange: (entry) => entry.author === whoAmI() && isMine(),
  edit: beginEditing,
  remove: (entry) => context.act("agent/delete", { ...mine(), event_id: entry.event_id }),
};

export function takeEntries(change) {
  entries.apply(change);
  markSeen();
}

// Head, banner and box for the chat and the agent as they are now.
export function showThread() {
  const shown = chat();
  byId("chat-head").hidden = byId("thread").hidden = byId("reply").hidden = !shown;
  byId("no-chat").hidden = Boolean(shown);
  byId("banner").hidden = true;
  if (!shown) return;
  if (byId("chat-name").textContent !== shown.customer) byId("chat-avatar").replaceChildren(avatar(shown.customer, { big: true }));
  setText(byId("chat-name"), shown.customer);
  setText(byId("chat-state"), standing(shown));
  byId("transfer-open").disabled = byId("close-chat").disabled = !shown.active;
  showBanner(shown);
  showWriting({ isOpen: shown.active, isMine: isMine() });
  markSeen();
}

function standing({ active, agents, position, groups }) {
  if (!active) return "Archived";
  if (agents.length) return `With ${agents.map(({ name }) => name).join(", ")} · group ${groups.join(", ")}`;
  return position ? `Number ${position} in the queue of group ${groups.join(", ")}` : "Nobody is there";
}

// What the agent can do before they can write.
function showBanner(shown) {
  if (isMine()) return;
  const place = byId("banner");
  const [text, label, deed, canDo = true] = offer(shown);
  setText(byId("banner-text"), text);
  byId("banner-do").textContent = label;
  byId("banner-do").onclick = deed;
  byId("banner-do").disabled = !canDo;
  place.classList.toggle("calm", !shown.active || shown.agents.length > 0);
  place.hidden = false;
}

function offer(shown) {
  if (!shown.active) return ["This chat is archived.", "Write again", () => context.act("agent/reopen", { agent: whoAmI(), customer_id: shown.customer_id })];
  if (!shown.agents.length) return [`${shown.customer} is waiting.`, "Accept", () => context.act("agent/accept", mine())];
  const isFree = context.state.desk?.agents.find(({ id }) => id === whoAmI())?.status === "accepting_chats";
  return [`${shown.agents[0].name} has this chat.`, "Take over", () => context.act("agent/transfer", { ...mine(), to_agent: whoAmI() }), isFree];
}

function fillTransfer() {
  const { agents, groups } = context.state.desk;
  const others = agents.filter(({ id, is_bot }) => !is_bot && !chat().agents.some((agent) => agent.id === id));
  byId("transfer-menu").replaceChildren(
    ...others.map(({ id, name, status }) => target(name, status.replaceAll("_", " "), { to_agent: id }, status === "accepting_chats")),
    ...groups.map((group) => target(`Group ${group}`, whoIsIn(agents, group), { to_group: group })),
  );
}

function whoIsIn(agents, group) {
  const free = agents.filter((agent) => agent.groups.includes(group) && agent.status === "accepting_chats" && !agent.is_bot);
  return free.length === 1 ? "1 agent" : `${free.length || "no"} agents`;
}

// LiveChat gives a chat to nobody who does not accept any; a group may let it wait.
function target(label, how, to, canTake = true) {
  const item = button("", element("span", "", label), element("span", "how", how));
  item.disabled = !canTake;
  item.setAttribute("role", "menuitem");
  item.addEventListener("click", () => context.act("agent/transfer", { ...mine(), ...to }));
  return item;
}

// What an agent looks at is marked as seen, as LiveChat does; the user's phone may then say "Read".
function markSeen() {
  clearTimeout(seeing);
  if (!isMine() || document.visibilityState !== "visible") return;
  const last = [...entries.items.values()].findLast(({ item }) => item.role === "customer" && !item.private);
  const key = `${chat().id} ${last?.item.number}`;
  if (!last || key === lastSeen) return;
  seeing = setTimeout(() => {
    lastSeen = key;
    context.act("agent/seen", mine(), { isQuiet: true });
  }, SEEN_AFTER_MS);
}
