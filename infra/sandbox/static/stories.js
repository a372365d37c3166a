// Stories: the menu of them, how far the one is that plays, how it ended, and saving a conversation as a new one.

import { button, byId, element, setText, spaced } from "./dom.js";
import { icon } from "./icons.js";
import { opensBox } from "./menu.js";

const GOING = ["playing", "paused"];
const MAX_NAME = 60;
let context = null;
let close = () => {};
let wanted = ""; // the conversation to be shown as soon as there is one
let watched = ""; // the conversation whose story was seen on its way
let isNamed = false;

export const stories = {
  sections: { stories: showMenu, story: showStory, phones: follow, phone: () => context.state.story && showStory(context.state.story) },
  wire(given) {
    context = given;
    const menu = byId("stories-menu");
    close = opensBox(byId("stories-open"), menu, { before: () => closeForm(false) });
    menu.addEventListener("click", ({ target }) => choose(target.closest("button")?.dataset));
    byId("story").querySelector('[data-do="close"]').append(icon("close"));
    byId("story").addEventListener("click", ({ target }) => DEEDS[target.closest("button")?.dataset.do]?.());
    wireForm();
  },
};

// --- the menu ---

function showMenu({ stories: listed, why_not }) {
  const save = item("save", "Save this conversation as a story…", "What you played by hand, to be played again by itself.");
  const reason = element("div", "menu-title", why_not ? `Not here: ${why_not}.` : "");
  reason.hidden = !why_not;
  reason.setAttribute("role", "none");
  byId("stories-menu").setAttribute("aria-label", why_not ? `Stories. ${reason.textContent}` : "Stories");
  byId("stories-menu").replaceChildren(reason, ...listed.map((one) => buildStory(one, why_not)), save);
  byId("stories").hidden = false;
}

function buildStory({ name, title, description, problem }, why_not) {
  const made = item("play", title, problem || description);
  made.dataset.story = name;
  made.disabled = Boolean(problem || why_not);
  return made;
}

function item(deed, title, words) {
  const made = button("", element("span", "", ...spaced(element("strong", "", title), element("span", "story-about", words))));
  made.setAttribute("role", "menuitem");
  made.dataset.do = deed;
  return made;
}

function choose(chosen) {
  if (!chosen) return;
  close(true);
  if (chosen.do === "save") openForm();
  else play(chosen.story);
}

async function play(name) {
  const started = await context.act("story/play", { name });
  if (!started) return;
  wanted = started.conversation;
  follow();
}

// Its phone is opened a moment after it was begun.
function follow() {
  if (!wanted || !context.state.phones?.phones.some(({ id }) => id === wanted)) return;
  const conversation = wanted;
  wanted = "";
  context.choose({ conversation, chat: "" });
}

// --- the one that plays ---

const DEEDS = {
  show: () => context.choose({ conversation: context.state.story.conversation, chat: "" }),
  pause: () => context.act("story/pause", {}),
  resume: () => context.act("story/resume", {}),
  stop: () => context.act("story/stop", {}),
  again: () => play(context.state.story.name),
  close: () => {
    watched = "";
    byId("story").hidden = true;
    byId("stories-open").focus();
  },
};

const SAID = {
  playing: ({ step, steps, step_title }) => (step ? `step ${step} of ${steps}: ${step_title}` : `begins, ${steps} steps`),
  paused: ({ step, steps }) => `paused after step ${step} of ${steps}. Join in by hand if you like.`,
  done: ({ steps }) => `passed: all ${steps} steps, every line once and in order.`,
  failed: ({ why }) => `failed: ${why}`,
  stopped: ({ why }) => `${why}. The conversation is yours now.`,
};

// What has ended is shown to those who saw it on its way, until they close it.
function showStory(story) {
  const isGoing = GOING.includes(story.status);
  if (isGoing) watched = story.conversation;
  const place = byId("story");
  if (place.dataset.is === "saved" && !place.hidden && !isGoing) return;
  place.hidden = !story.name || watched !== story.conversation;
  if (place.hidden) return;
  place.dataset.is = story.status;
  sayHow(story);
  byId("story-progress").hidden = !isGoing;
  byId("story-progress").value = story.step / story.steps;
  showDeeds(place, story, isGoing);
}

function sayHow(story) {
  const place = byId("story-words");
  const said = SAID[story.status](story);
  if (place.dataset.said === story.title + said) return;
  place.dataset.said = story.title + said;
  place.replaceChildren(element("strong", "", `“${story.title}”`), ` ${said}`);
}

function showDeeds(place, { status, conversation }, isGoing) {
  const isShown = context.state.phone?.conversation === conversation;
  const fits = { show: !isShown, pause: status === "playing", resume: status === "paused", stop: isGoing, again: !isGoing, close: !isGoing };
  const had = document.activeElement;
  for (const control of place.querySelectorAll("button")) control.hidden = !fits[control.dataset.do];
  // Where the button that was pressed makes way for another, the focus goes with it.
  if (place.contains(had) && had.hidden) place.querySelector("button:not([hidden])")?.focus();
}

// --- saving ---

function wireForm() {
  const form = byId("save-story");
  byId("story-title").addEventListener("input", ({ target }) => isNamed || (byId("story-name").value = nameOf(target.value)));
  byId("story-name").addEventListener("input", ({ target }) => (isNamed = target.value !== ""));
  byId("save-story-not").addEventListener("click", () => closeForm(true));
  form.addEventListener("keydown", (event) => event.key === "Escape" && closeForm(true));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [title, description, name] = ["title", "description", "name"].map((field) => byId(`story-${field}`).value.trim());
    const saved = await context.act("story/record", { conversation: context.state.phone?.conversation ?? "", name, title, description });
    if (!saved) return;
    form.reset();
    isNamed = false;
    closeForm(true);
    watched = "";
    tellSaved(title, name);
  });
}

function openForm() {
  byId("save-story").hidden = false;
  setText(byId("save-story-title"), `Save ${context.state.phone?.name ?? "the"}’s conversation as a story`);
  byId("story-title").focus();
}

function closeForm(withFocus) {
  if (byId("save-story").hidden) return;
  byId("save-story").hidden = true;
  if (withFocus) byId("stories-open").focus();
}

// A file's name made of a title; "" where nothing in it can be in one.
function nameOf(title) {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-/, "").slice(0, MAX_NAME).replace(/-$/, "");
}

function tellSaved(title, name) {
  const place = byId("story");
  place.hidden = false;
  place.dataset.is = "saved";
  byId("story-words").dataset.said = "";
  byId("story-words").replaceChildren(element("strong", "", `“${title}”`), ` is in the menu now, and in infra/sandbox/stories/${name}.json.`);
  byId("story-progress").hidden = true;
  for (const control of place.querySelectorAll("button")) control.hidden = control.dataset.do !== "close";
}
