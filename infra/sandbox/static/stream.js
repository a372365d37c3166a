// What happens, as it happens: one stream of events from the sandbox, opened again by itself whenever it breaks.

const SILENT_MS = 12000; // the sandbox gives a sign every four seconds
const AGAIN_MS = [500, 1000, 2000, 4000];

export class Stream {
  // sections: their names. take(name, content): called for each that comes. tell(state): "live" or "lost".
  constructor({ sections, take, tell }) {
    Object.assign(this, { sections, take, tell });
    this.source = null;
    this.failures = 0;
    this.timer = 0;
    this.choice = {};
  }

  // Opens the stream of what was chosen, in place of the one before.
  open(choice = this.choice) {
    this.choice = choice;
    this.source?.close();
    clearTimeout(this.timer);
    const source = new EventSource(`/api/events?${new URLSearchParams(choice)}`);
    this.source = source;
    for (const name of this.sections) source.addEventListener(name, (event) => this.hear(source, name, event.data));
    source.addEventListener("alive", () => this.hear(source));
    source.addEventListener("error", () => source === this.source && this.lose());
    this.watch();
  }

  hear(source, name, data) {
    if (source !== this.source) return;
    this.failures = 0;
    this.tell("live");
    this.watch();
    if (name) this.take(name, JSON.parse(data));
  }

  watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lose(), SILENT_MS);
  }

  lose() {
    this.tell("lost");
    this.source.close();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), AGAIN_MS[Math.min(this.failures++, AGAIN_MS.length - 1)]);
  }
}
