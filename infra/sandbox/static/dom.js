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

// Makes the container's children match the items. Those that did not change are not touched, so that focus, selection and
// opened details survive; whoever was at the end stays there.
export function showList(container, items, build) {
  const wasAtEnd = container.scrollHeight - container.scrollTop - container.clientHeight < 40;
  const focusedAt = [...container.children].findIndex((child) => child.contains(document.activeElement));
  const keys = items.map((item, index) => JSON.stringify([item.number ?? item.key ?? index, item]));
  const wanted = new Set(keys);
  for (const child of [...container.children]) if (!wanted.has(child.dataset.key)) child.remove();
  items.forEach((item, index) => {
    if (container.children[index]?.dataset.key === keys[index]) return;
    const made = build(item);
    made.dataset.key = keys[index];
    container.insertBefore(made, container.children[index] ?? null);
  });
  while (container.children.length > items.length) container.lastElementChild.remove();
  const isFocusLost = focusedAt >= 0 && !container.contains(document.activeElement);
  if (isFocusLost) container.children[focusedAt]?.querySelector("button, select, summary")?.focus();
  if (wasAtEnd) container.scrollTop = container.scrollHeight;
}

// Calls `send` with what was written, and gives the text back to its writer when that fails.
export async function sendText(field, send) {
  const text = field.value;
  if (!text.trim()) return;
  field.value = "";
  if (!(await send(text)) && !field.value) field.value = text;
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
