// What can be made to go wrong: the switches, what each does, and in plain words what is broken now.

import { report } from "./api.js";
import { button, byId, element, remember, remembered, setText } from "./dom.js";
import { walk } from "./menu.js";

const TO_BEGIN_WITH = "Switch something on, write something, and watch the trace: nothing gets lost, nothing comes twice.";
// What is said once, before a group's switches, where it is not the group's name; and what a label may then leave out.
const TITLES = { Functions: "Kill" };
const LEFT_OUT = ["LiveChat ", "Business Messages ", "RCS for Business ", "Dialogflow ", "Deliver webhooks ", "Webhooks ", "Kill "];
const ALL_FUNCTIONS = "kill";
let context = null;
let explained = "";

export const faults = {
  sections: { faults: show },
  wire(given) {
    context = given;
    const bar = byId("faults");
    byId("faults-open").addEventListener("click", () => open(bar.hidden));
    bar.addEventListener("keydown", (event) => walk(event, [...bar.querySelectorAll("button")]));
    for (const happening of ["pointerover", "focusin"]) bar.addEventListener(happening, ({ target }) => explain(target.closest("button")?.dataset.fault));
    bar.addEventListener("pointerleave", () => explain(document.activeElement?.dataset.fault));
    bar.addEventListener("focusout", () => explain(""));
    byId("behave").addEventListener("click", async () => {
      byId("faults-open").focus(); // the button goes with what it mends
      await context.act("fault/behave", {});
    });
  },
};

function open(isOpen) {
  byId("faults").hidden = !isOpen;
  byId("faults-open").setAttribute("aria-expanded", String(isOpen));
  remember("faults", isOpen ? "open" : "closed");
}

function show({ switches, broken, can_mend, ahead_s }) {
  const control = byId("faults-open");
  if (control.hidden) {
    control.hidden = false;
    build(switches);
    open(remembered("faults") === "open");
  }
  for (const one of switches) showSwitch(one);
  setText(byId("faults-ahead"), ahead_s ? `${ahead(ahead_s)} ahead` : "");
  explain(explained);
  byId("broken").hidden = !broken.length; // first: what is said in a hidden place is not read out
  setText(byId("broken-words"), broken.length ? `Broken on purpose: ${broken.join(" · ")}` : "");
  byId("behave").hidden = !can_mend;
  control.classList.toggle("is-on", broken.length > 0);
}

// --- the bar ---

function build(switches) {
  const made = [...grouped(switches)].map(([name, members]) => buildGroup(name, members));
  const hint = element("p", "fault-hint", TO_BEGIN_WITH);
  hint.id = "fault-hint";
  byId("faults").replaceChildren(...made, hint);
}

function grouped(switches) {
  const groups = new Map();
  for (const one of switches) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return groups;
}

function buildGroup(name, members) {
  const place = element("div", "fault-group", element("span", "fault-title", TITLES[name] ?? name), ...members.map(buildSwitch));
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", name);
  if (name === "Clock") {
    const told = element("span", "fault-ahead");
    told.id = "faults-ahead";
    place.append(told);
  }
  return place;
}

function buildSwitch(one) {
  const said = LEFT_OUT.find((beginning) => one.label.startsWith(beginning)) ?? "";
  const made = button("quiet-button", one.label.slice(said.length));
  made.dataset.fault = one.id;
  made.setAttribute("aria-label", one.label);
  made.setAttribute("aria-describedby", "fault-hint");
  made.addEventListener("click", () => press(made, one.id));
  return made;
}

const find = (id) => context.state.faults?.switches.find((one) => one.id === id);

function showSwitch(one) {
  const control = byId("faults").querySelector(`[data-fault="${one.id}"]`);
  if (one.kind === "action") control.classList.toggle("is-down", one.on && one.id !== ALL_FUNCTIONS);
  else control.setAttribute("aria-pressed", String(one.on));
  if (one.why_not) control.setAttribute("aria-disabled", "true");
  else control.removeAttribute("aria-disabled");
}

// An action can take a while: time moves on only while nobody is at work.
async function press(control, id) {
  const one = find(id);
  if (one.why_not) return report(one.why_not);
  if (control.ariaBusy === "true") return;
  control.ariaBusy = "true";
  await context.act("fault/set", { id, on: one.kind === "action" || !one.on });
  control.ariaBusy = "false";
}

// Says what a switch does, or why it does not work here.
function explain(id) {
  explained = id ?? "";
  const one = find(explained);
  setText(byId("fault-hint"), one ? one.why_not || one.explanation : TO_BEGIN_WITH);
}

const UNITS = [["h", 3600], ["min", 60], ["s", 1]];

function ahead(seconds) {
  let left = Math.round(seconds);
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count ? `${count} ${unit}` : "";
  });
  return parts.filter(Boolean).join(" ");
}
