// Words as they are shown: addresses become links, and where the sender says so a little Markdown becomes what it means.

import { element } from "./dom.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/gi;
const MARKED = /\[([^\]\n]+)\]\((https?:\/\/[^\s)]+)\)|\*\*([^*\n]+)\*\*|__([^_\n]+)__|(?<![\w*])\*([^*\s][^*\n]*)\*|(?<!\w)_([^_\s][^_\n]*)_(?!\w)|`([^`\n]+)`|~~([^~\n]+)~~/g;

// A link that opens beside the page and tells nobody where it came from; other schemes than http stay text.
export function link(url, text = url) {
  if (!/^https?:\/\//i.test(url)) return document.createTextNode(text);
  const made = element("a", "", text);
  made.href = url;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  made.title = url;
  return made;
}

// The text as nodes, addresses as links.
export function linked(text) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(ADDRESS)) {
    nodes.push(text.slice(done, found.index), link(found[0]));
    done = found.index + found[0].length;
  }
  return [...nodes, text.slice(done)];
}

// The text as nodes, Markdown's bold, italic, code, struck words, links and bullets as what they mean.
export function marked(text) {
  const bulleted = text.replace(/^([ \t]*)[*+-] /gm, "$1• ").replace(/^#{1,6} (.*)$/gm, "**$1**").replace(/\\([\\*_`[\]()#+.!~-])/g, "$1");
  const nodes = [];
  let done = 0;
  for (const found of bulleted.matchAll(MARKED)) {
    nodes.push(...linked(bulleted.slice(done, found.index)), meant(found));
    done = found.index + found[0].length;
  }
  return [...nodes, ...linked(bulleted.slice(done))];
}

function meant([, label, url, bold, alsoBold, italic, alsoItalic, code, struck]) {
  if (url) return link(url, label);
  if (bold || alsoBold) return element("strong", "", ...marked(bold || alsoBold));
  if (italic || alsoItalic) return element("em", "", ...marked(italic || alsoItalic));
  return code ? element("code", "", code) : element("s", "", struck);
}

const MINUTES = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECONDS = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

// The time of day of an ISO time or of seconds since the epoch.
export function clock(at, withSeconds = false) {
  const when = typeof at === "number" ? new Date(at * 1000) : new Date(at);
  return Number.isNaN(when.getTime()) ? "" : (withSeconds ? SECONDS : MINUTES).format(when);
}

const HUES = 6;
const LETTER = /[\p{L}\p{N}]/u;

export function hueOf(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % HUES;
}

// Somebody's initials in a circle; a bot's in a square.
export function avatar(name, { isBot = false, big = false } = {}) {
  const parts = name.trim().split(/\s+/).filter(Boolean);
  const letters = parts.length > 1 ? [parts[0], parts.at(-1)] : parts;
  const initials = letters.map((part) => (part.match(LETTER) ?? ["?"])[0].toLocaleUpperCase()).join("") || "?";
  const made = element("span", `avatar ${isBot ? "bot" : `hue-${hueOf(name)}`} ${big ? "big" : ""}`, initials);
  made.setAttribute("aria-hidden", "true");
  return made;
}
