// One thing in a LiveChat chat: a message, a private note, the briefing, a file, cards, a form, a notice.

import { button, element, words } from "./dom.js";
import { icon } from "./icons.js";
import { picture } from "./pictures.js";
import { avatar, clock, link, linked, marked } from "./text.js";

const LONG_ANSWER = 160;

// An entry's element. before: the entry above it. deeds: { canChange, edit, remove }.
export function buildEntry(entry, before, deeds) {
  if (entry.role === "system") return element("p", "centred", element("span", "", `${entry.text} · ${clock(entry.at)}`));
  const isBridge = entry.private && entry.role === "customer";
  if (isBridge && entry.fields.length) return buildBriefing(entry);
  const isFirst = !before || speaker(before) !== speaker(entry);
  const made = element("div", `entry ${entry.role} ${entry.private ? "private" : ""} ${entry.deleted ? "gone" : ""} ${isFirst ? "first" : ""}`);
  if (isFirst) made.append(buildWho(entry, isBridge));
  made.append(buildBody(entry));
  if (entry.translation) made.append(words("div", "small", `Translated by LiveChat: ${entry.translation}`));
  const notes = [entry.edited ? "edited" : "", entry.delivered ? "delivered" : ""].filter(Boolean);
  if (notes.length) made.append(element("div", "small", notes.join(" · ")));
  if (deeds.canChange(entry) && !entry.deleted) made.append(buildTools(entry, deeds));
  return made;
}

const speaker = (entry) => `${entry.role}/${entry.who}/${entry.private}`;

function onlyAgents() {
  return element("span", "label", icon("lock"), "Agents only");
}

function buildWho(entry, isBridge) {
  const who = element("div", "who");
  if (entry.role !== "agent") who.append(avatar(entry.who, { isBot: isBridge }));
  who.append(words("span", "name", isBridge ? "The bridge" : entry.who), entry.private ? onlyAgents() : "", clock(entry.at));
  return who;
}

function buildBody(entry) {
  if (entry.deleted) return element("div", "body", "Deleted");
  if (entry.type === "file") return buildFile(entry);
  if (entry.type === "rich_message") return buildRich(entry);
  if (entry.type === "form") return buildForm(entry);
  const text = entry.words ?? entry.text;
  const body = words("div", "body", ...(entry.markdown ? marked(text) : linked(text || entry.text)));
  if (entry.fields.length) body.replaceChildren(...entry.fields.flatMap(([label, answer]) => [words("div", "", `${label}: ${answer}`)]));
  if (entry.postback) body.append(element("div", "small", "answers a button"));
  return body;
}

function buildFile(entry) {
  if ((entry.content_type || "").startsWith("image/")) return element("div", "photo", picture(entry.url, entry.alternative_text || entry.name));
  return element("div", "body", element("span", "file", icon("file"), link(entry.url, entry.name || "file")));
}

function buildRich({ elements }) {
  const cards = elements.map(({ title, subtitle, image, buttons = [] }) => {
    const card = element("div", "card");
    if (image?.url) card.append(picture(image.url, image.alternative_text || image.name));
    if (title || subtitle) card.append(element("div", "card-words", title ? words("strong", "", title) : "", subtitle ? words("span", "", subtitle) : ""));
    if (buttons.length) card.append(element("div", "card-chips", ...buttons.map(({ text }) => words("span", "", text))));
    return card;
  });
  return element("div", "rich", ...cards);
}

function buildForm({ questions }) {
  const asked = questions.map(({ label, options = [] }) => {
    const choices = options.map((option) => option.label).filter(Boolean);
    return words("div", "", choices.length ? `${label} (${choices.join(" / ")})` : label);
  });
  return element("div", "body", element("strong", "", "Form"), ...asked);
}

// What agents are told when they get a conversation, as a card; what was said before can be unfolded.
function buildBriefing({ fields: [title, ...facts], at }) {
  const short = facts.filter(([, answer]) => answer.length <= LONG_ANSWER && !answer.includes("\n"));
  const long = facts.filter((fact) => !short.includes(fact));
  const list = element("dl", "", ...short.flatMap(([label, answer]) => [words("dt", "", label), words("dd", "", answer)]));
  const unfolded = long.map(([label, answer], index) => {
    const part = element("details", "said", words("summary", "", label), words("div", "", answer));
    part.open = index === long.length - 1;
    part.querySelector("div").tabIndex = 0;
    return part;
  });
  const head = element("header", "", icon("note"), words("span", "", title[1]), onlyAgents());
  const card = element("article", "briefing", head, short.length ? list : "", ...unfolded);
  card.setAttribute("aria-label", `Briefing, ${clock(at)}`);
  return element("div", "entry first", card);
}

function buildTools(entry, { edit, remove }) {
  const tools = element("div", "entry-tools");
  if (entry.type === "message") tools.append(tool("edit", "Edit this message", () => edit(entry)));
  tools.append(tool("bin", "Delete this message", () => remove(entry)));
  return tools;
}

function tool(name, label, work) {
  const made = button("icon-button", icon(name));
  made.setAttribute("aria-label", label);
  made.title = label;
  made.addEventListener("click", work);
  return made;
}
