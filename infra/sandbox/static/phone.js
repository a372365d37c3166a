// The user's phone: who it belongs to, what is around the messages, and what can be tapped.

import { button, byId, remember, remembered, setText, showOptions } from "./dom.js";
import { icon } from "./icons.js";
import { ListView } from "./list.js";
import { opensBox } from "./menu.js";
import { buildLine } from "./phone_lines.js";
import { chooseFile, showHint, tapChip, wireWriting } from "./phone_write.js";
import { avatar, clock } from "./text.js";

const CHIP_ICONS = { link: "link", dial: "dial", person: "person", sign_in: "key" };
const READ_AFTER_MS = 500;
const BOTH_WAYS = { BOT: "Bot", WAITING: "Waiting for a person…" };
let context = null;
let lines = null;
let reading = 0;

export const phone = {
  sections: {
    phones: ({ phones }) => {
      showOptions(byId("conversation"), phones.map(({ id, name }) => ({ value: id, text: tellApart(name, id, phones) })));
      byId("conversation").hidden = phones.length === 0;
    },
    phone: showPhone,
    record: showHead,
    setting: (content) => {
      showChannel(content.channel);
      showHead();
    },
    faults: tellTime,
    lines: (change) => {
      lines.apply(change);
      byId("welcome").hidden = lines.items.size > 0;
      markRead();
    },
  },
  wire(given) {
    context = given;
    lines = new ListView({
      scroller: byId("screen"),
      container: byId("lines"),
      jump: byId("screen-jump"),
      build: (line, before) => buildLine(line, before, deeds),
    });
    wireWriting(context);
    wireMenu();
    wireNewUser();
    byId("phone-menu-open").append(icon("more"));
    byId("conversation").addEventListener("change", (event) => context.choose({ conversation: event.target.value, chat: "" }));
    for (const happening of ["visibilitychange", "focus"]) window.addEventListener(happening, markRead);
    tellTime();
    setInterval(tellTime, 10000);
  },
};

// The sandbox's time, which may have been moved on.
function tellTime() {
  setText(byId("phone-clock"), clock(Date.now() / 1000 + (context.state.faults?.ahead_s ?? 0)));
}

// A name, and where two have the same one also the beginning of the id.
function tellApart(name, id, phones) {
  return phones.some((other) => other.name === name && other.id !== id) ? `${name} · ${id.slice(0, 8)}` : name;
}

const conversation = () => context.state.phone.conversation;

// What a line can let the user do.
const deeds = {
  tap: (chip) => tapChip(context, chip),
  rate: (survey_id, rating) => context.act("phone/survey", { conversation: conversation(), survey_id, rating }),
};

function showPhone(shown) {
  byId("conversation").value = shown.conversation;
  showOptions(byId("channels"), shown.channels.map((name) => ({ value: name, text: name.replaceAll("_", " ") })));
  byId("channels").hidden = shown.channels.length < 2;
  showChips(shown.chips);
  setText(byId("writing-who"), shown.writing ? `${shown.writing} is writing` : "");
  byId("writing").hidden = !shown.writing;
  if (lines.isAtEnd) lines.toEnd();
  showHead();
  showHint();
}

// What one channel has and the other has not.
function showChannel(channel) {
  for (const part of document.querySelectorAll("[data-on]")) {
    part.hidden = part.dataset.on !== channel;
    for (const field of part.querySelectorAll("input, select")) field.disabled = part.hidden;
  }
}

// The app's bar: the brand, and who answers at the moment.
function showHead() {
  const { phone: shown, record, setting } = context.state;
  const name = setting?.bot_name || "Bot";
  if (byId("brand-name").textContent !== name) byId("brand-avatar").replaceChildren(avatar(name, { isBot: true, big: true }));
  setText(byId("brand-name"), name);
  const people = shown?.people.join(", ");
  const said = setting?.channel === "rcs" ? "RCS for Business" : BOTH_WAYS[record?.record?.state] || "Bot"; // RCS shows no more than the agent
  setText(byId("brand-state"), people ? `With ${people}` : said);
}

function showChips(chips) {
  const place = byId("chips");
  const told = JSON.stringify(chips);
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  place.hidden = chips.length === 0;
  place.replaceChildren(
    ...chips.map((chip) => {
      const made = button("", chip.kind in CHIP_ICONS ? icon(CHIP_ICONS[chip.kind]) : "", chipLabel(chip));
      made.dir = "auto";
      made.addEventListener("click", () => tapChip(context, chip));
      return made;
    }),
  );
}

const GOOGLES_WORDS = { person: "Talk to a person", sign_in: "Sign in" };

export function chipLabel(chip) {
  return GOOGLES_WORDS[chip.kind] || chip.label;
}

// --- reading ---

const isOn = (name, otherwise) => (remembered(name) ?? otherwise) === "on";

// As phones do, if told to: what is on a screen that somebody looks at was read.
function markRead() {
  clearTimeout(reading);
  if (!isOn("receipts", "on") || document.visibilityState !== "visible") return;
  const isUnread = [...lines.items.values()].some(({ item }) => item.from === "brand" && item.kind === "message" && !item.read);
  if (!isUnread || !lines.isAtEnd) return;
  reading = setTimeout(() => context.act("phone/read", { conversation: conversation() }, { isQuiet: true }), READ_AFTER_MS);
}

// --- menus ---

function wireMenu() {
  const menu = byId("phone-menu");
  const close = opensBox(byId("phone-menu-open"), menu);
  const deedOf = {
    person: () => context.act("phone/ask_for_person", { conversation: conversation() }),
    unsubscribe: () => context.act("phone/unsubscribe", { conversation: conversation() }),
    subscribe: () => context.act("phone/subscribe", { conversation: conversation() }),
    picture: chooseFile,
    receipts: (item) => toggle(item, "receipts"),
    typing: (item) => toggle(item, "typing"),
  };
  for (const [name, otherwise] of [["receipts", "on"], ["typing", "off"]]) {
    menu.querySelector(`[data-do="${name}"]`).setAttribute("aria-checked", String(isOn(name, otherwise)));
  }
  menu.addEventListener("click", (event) => {
    const item = event.target.closest("button");
    if (!item) return;
    if (item.getAttribute("role") === "menuitem") close(true);
    deedOf[item.dataset.do](item);
  });
}

function toggle(item, name) {
  const on = item.getAttribute("aria-checked") !== "true";
  item.setAttribute("aria-checked", String(on));
  remember(name, on ? "on" : "off");
  markRead();
}

function wireNewUser() {
  const form = byId("new-user-form");
  const close = opensBox(byId("new-user"), form, { first: () => form.querySelector("input:enabled") });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const whose = context.state.setting?.channel === "rcs" ? { number: byId("user-number").value } : { name: byId("user-name").value, locale: byId("user-locale").value };
    const opened = await context.act("phone/open", whose);
    if (!opened) return;
    form.reset();
    close(false);
    context.choose({ conversation: opened.conversation, chat: "" });
    byId("say-text").focus();
  });
}
