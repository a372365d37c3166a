// One line on the phone: a bubble, a picture, cards, a survey, or a sentence in the middle.

import { element, words } from "./dom.js";
import { icon } from "./icons.js";
import { buildCards, buildSurvey } from "./phone_cards.js";
import { picture } from "./pictures.js";
import { avatar, clock, link, linked, marked } from "./text.js";

const FRAMING = { REPRESENTATIVE_JOINED: "joined", REPRESENTATIVE_LEFT: "left" };
const RECEIPTS = { READ: ["read", "Read"], DELIVERED: ["sent", "Delivered"] };

// A line's element. before: the line above it. deeds: what it lets the user do.
export function buildLine(line, before, deeds) {
  if (line.kind === "event") return centred(line.representative, words("bdi", "", line.name), ` ${FRAMING[line.event] || line.event}`);
  if (line.kind === "live_agent_request") return centred("", "You asked for a person");
  if (line.kind === "subscription") return centred("", line.wanted ? "You subscribed again" : "You unsubscribed", ` (${line.text})`);
  const isFirst = !before || speaker(before) !== speaker(line);
  const made = element("div", `line ${line.from} ${line.representative || ""} ${isFirst ? "first" : ""}`);
  if (isFirst && line.from === "brand") made.append(buildWho(line));
  made.append(...buildContent(line, deeds));
  const under = buildUnder(line);
  if (under) made.append(under);
  return made;
}

function speaker(line) {
  if (["event", "live_agent_request", "subscription"].includes(line.kind)) return "";
  return `${line.from}/${line.representative || ""}/${line.name || ""}`;
}

function centred(representative, ...said) {
  return element("p", `centred ${representative}`, element("span", "", ...said));
}

function buildWho(line) {
  const name = line.name || "Brand";
  const label = line.representative ? element("span", `label ${line.representative}`, line.representative) : "";
  return element("div", "who", avatar(name, { isBot: line.representative !== "HUMAN" }), words("span", "name", name), label, clock(line.at));
}

function buildContent(line, deeds) {
  if (line.kind === "survey") return [buildSurvey(line, deeds)];
  if (line.richCard) return [buildCards(line, deeds)];
  if (line.image) return [buildPhoto(line.image)];
  if (line.file) return [buildFile(line.file, line.from === "user" ? line.name : "")];
  if (line.fileUrl) return [buildPhoto(line.fileUrl)];
  const text = String(line.text ?? "");
  return [words("div", "bubble", ...(line.rich_text ? marked(text) : linked(text)), text ? "" : "(no text)")];
}

function buildPhoto(image) {
  const content = typeof image === "string" ? { fileUrl: image, altText: "Picture" } : image.contentInfo || {};
  return element("div", "photo", picture(content.thumbnailUrl || content.fileUrl || "", content.altText || content.contentDescription));
}

function buildFile(file, name) {
  const url = typeof file === "string" ? file : file.fileUrl;
  return element("div", "bubble", link(url, name || url));
}

// What became of the user's message; why the brand's is in words alone.
function buildUnder(line) {
  if (line.as_fallback) return element("div", "under", "In words: this phone can’t show cards");
  const known = RECEIPTS[line.receipt];
  return known && line.from === "user" ? element("div", "under", icon(known[0]), known[1]) : null;
}
