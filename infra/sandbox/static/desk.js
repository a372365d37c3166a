// LiveChat's inbox: the agents as tabs, their status, and the chats as the chosen agent sees them.

import { button, byId, element, setText, spaced, words } from "./dom.js";
import { replaceKeepingFocus } from "./list.js";
import { walk } from "./menu.js";
import { showThread, takeEntries, wireThread } from "./desk_thread.js";
import { avatar, clock } from "./text.js";

const SAID = { accepting_chats: "accepting chats", not_accepting_chats: "not accepting chats", offline: "offline" };
let context = null;
let me = "";
let followed = "";
const seen = new Map();

export const desk = {
  sections: { desk: showDesk, chat: showChat, entries: takeEntries },
  wire(given) {
    context = given;
    wireThread(context, () => me);
    byId("agents").addEventListener("keydown", (event) => {
      const tab = walk(event, [...byId("agents").children]);
      if (tab) play(tab.dataset.agent);
    });
    byId("status").addEventListener("change", (event) => context.act("agent/status", { agent: me, status: event.target.value }));
  },
};

// Plays that agent from now on.
function play(agent) {
  me = agent;
  showDesk(context.state.desk);
  showThread();
}

function showDesk(shown) {
  const people = shown.agents.filter(({ is_bot }) => !is_bot);
  if (!people.some(({ id }) => id === me)) me = people[0]?.id ?? "";
  showTabs(people);
  const mine = people.find(({ id }) => id === me);
  setText(byId("me-name"), mine ? `${mine.name} · ${mine.title}` : "");
  byId("status").value = mine?.status ?? "offline";
  showChats(shown);
}

function showTabs(people) {
  const place = byId("agents");
  people.forEach((agent, index) => {
    const told = JSON.stringify([agent, agent.id === me]);
    const known = place.children[index];
    if (known?.dataset.told === told) return;
    const tab = buildTab(agent);
    tab.dataset.told = told;
    if (!known) place.append(tab);
    else if (known === document.activeElement) (known.replaceWith(tab), tab.focus());
    else known.replaceWith(tab);
  });
  while (place.children.length > people.length) place.lastElementChild.remove();
}

function buildTab(agent) {
  const face = avatar(agent.name);
  face.append(element("span", `dot ${agent.status}`));
  const load = agent.chats ? element("span", "load", String(agent.chats)) : "";
  if (load) load.setAttribute("aria-hidden", "true");
  const [first, ...others] = agent.name.split(" ");
  const rest = element("span", "unseen", ` ${others.join(" ")}, ${SAID[agent.status]}, ${agent.chats === 1 ? "1 chat" : `${agent.chats} chats`}`);
  const tab = button("", face, words("span", "", first), rest, load);
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-selected", String(agent.id === me));
  tab.setAttribute("aria-controls", "desk-panel");
  tab.title = `${agent.name}: ${SAID[agent.status]}`;
  tab.tabIndex = agent.id === me ? 0 : -1;
  tab.dataset.agent = agent.id;
  tab.addEventListener("click", () => play(agent.id));
  return tab;
}

// --- the chats ---

const GROUPS = [
  ["My chats", (chat) => chat.active && has(chat, me)],
  ["Queue", (chat) => chat.active && !chat.agents.length],
  ["With colleagues", (chat) => chat.active && chat.agents.length && !has(chat, me)],
  ["Archived", (chat) => !chat.active],
];
const has = (chat, agent) => chat.agents.some(({ id }) => id === agent);

function showChats({ chats, more_chats }) {
  const chosen = context.state.chat?.chat?.id;
  const wanted = GROUPS.flatMap(([title, belongs]) => {
    const members = chats.filter(belongs).sort((one, other) => (one.position ?? 0) - (other.position ?? 0));
    return members.length ? [{ title: `${title} (${members.length})` }, ...members.map((chat) => ({ ...chat, chosen: chat.id === chosen }))] : [];
  });
  if (more_chats) wanted.push({ title: `${more_chats} more are not shown` });
  place(byId("chats"), wanted);
}

// Puts the rows in place; those that did not change are left alone.
function place(list, wanted) {
  wanted.forEach((item, index) => {
    const told = JSON.stringify([item, isUnread(item)]);
    const known = list.children[index];
    if (known?.dataset.told === told) return;
    const made = item.title ? element("h3", "", item.title) : buildChat(item);
    made.dataset.told = told;
    if (known) replaceKeepingFocus(known, made);
    else list.append(made);
  });
  while (list.children.length > wanted.length) list.lastElementChild.remove();
}

function isUnread(chat) {
  return Boolean(chat.by_customer && chat.active && !chat.chosen && chat.events > (seen.get(chat.id) ?? 0));
}

function buildChat(chat) {
  const mark = chat.position ? element("span", "mark", `Nr ${chat.position} in the queue`) : isUnread(chat) ? element("span", "mark unread", element("span", "unseen", "new")) : "";
  const parts = [words("span", "name", chat.customer), element("span", "when", clock(chat.at)), words("span", "words", chat.words), mark];
  const row = button("", ...spaced(avatar(chat.customer), ...parts));
  if (chat.chosen) row.setAttribute("aria-current", "true");
  row.addEventListener("click", () => context.choose({ chat: chat.id }));
  return element("div", "", row);
}

// Another chat, or another agent in it: whoever has it now is played, until a tab is chosen by hand.
function showChat({ chat }) {
  if (chat) seen.set(chat.id, chat.events);
  const now = `${chat?.id} ${chat?.agents.map(({ id }) => id)}`;
  if (now !== followed && chat?.agents.length && !has(chat, me)) me = chat.agents[0].id;
  followed = now;
  if (context.state.desk) showDesk(context.state.desk);
  showThread();
}
