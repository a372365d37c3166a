// Building elements from data. Data only ever becomes text, never markup.

export function byId(id) {
  return document.getElementById(id);
}

// An element of that tag and class; children are texts or elements, empty ones are left out.
export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== "" && child !== null && child !== undefined));
  return made;
}

// Words that somebody wrote: shown from the right where they are to be read from there, and no further than their place.
export function words(tag, className, ...children) {
  const made = element(tag, className, ...children);
  made.dir = "auto";
  return made;
}

export function button(className, ...children) {
  const made = element("button", className, ...children);
  made.type = "button";
  return made;
}

// The parts with blanks between them, which are heard though they may not be seen.
export function spaced(...parts) {
  return parts.filter((part) => part !== "").flatMap((part, index) => (index ? [" ", part] : [part]));
}

// Changes a text only where it is another one: what is the same is not read out again.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Fills a select, keeping what was chosen while it is still there.
export function showOptions(select, options) {
  const shown = JSON.stringify(options);
  if (select.dataset.shown === shown) return;
  const chosen = select.value;
  select.replaceChildren(...options.map(({ value, text }) => new Option(text, value)));
  if (options.some((option) => option.value === chosen)) select.value = chosen;
  select.dataset.shown = shown;
}

// Enter sends, Shift+Enter is a new line; while a word is still being composed (Chinese, say) Enter is neither.
export function sendOnEnter(form, field) {
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
}

// Calls `send` with what was written, and gives the text back to its writer when that fails.
export async function sendText(field, send) {
  const text = field.value;
  if (!text.trim()) return false;
  field.value = "";
  const sent = await send(text);
  if (!sent && !field.value) field.value = text;
  return Boolean(sent);
}

// What was kept in this browser; where it keeps nothing, nothing.
export function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    return;
  }
}
