// Starts the page: its parts, and the stream of what happens. Each part says which sections of the stream it shows.
//
// A part is { sections: { name: (content) => … }, wire: (context) => … }. `context` has:
//   state       what came last of each section, by name
//   act, upload see api.js
//   choose      ({ conversation, chat }) changes what is shown

import { act, upload } from "./api.js";
import { coach } from "./coach.js";
import { desk } from "./desk.js";
import { byId, setText } from "./dom.js";
import { faults } from "./faults.js";
import { phone } from "./phone.js";
import { setPictureOrigins } from "./pictures.js";
import { stories } from "./stories.js";
import { Stream } from "./stream.js";
import { wireTheme } from "./theme.js";
import { trace } from "./trace.js";

const PARTS = [phone, trace, desk, coach, faults, stories];
const SAID = { live: "Live", lost: "Reconnecting…" };
const state = {};
let boot = "";

const setting = {
  sections: {
    setting: (content) => {
      setPictureOrigins(content.picture_origins);
      // Another sandbox: what was chosen is not in there.
      if (boot && boot !== content.boot) choose({ conversation: "", chat: "" });
      boot = content.boot;
    },
  },
};

const handlers = {};
for (const part of [setting, ...PARTS]) {
  for (const [name, handle] of Object.entries(part.sections)) (handlers[name] ??= []).push(handle);
}

const stream = new Stream({
  sections: Object.keys(handlers),
  take(name, content) {
    state[name] = content;
    for (const handle of handlers[name]) handle(content);
  },
  tell(is) {
    const live = byId("live");
    live.dataset.is = is;
    setText(live, SAID[is]);
  },
});

const chosen = { conversation: "", chat: "" };

function choose(choice) {
  Object.assign(chosen, choice);
  stream.open({ ...chosen });
}

// The stream follows the newest conversation until one was shown; from then on this page stays with that one.
handlers.phone.push(({ conversation }) => (stream.choice = { ...stream.choice, conversation: (chosen.conversation = conversation) }));

wireTheme();
for (const part of PARTS) part.wire?.({ state, act, upload, choose });
stream.open({ ...chosen });
