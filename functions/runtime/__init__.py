"""The machine room: settings, secrets, HTTP, logs, wake-ups, and `wiring`, where concrete classes meet."""
