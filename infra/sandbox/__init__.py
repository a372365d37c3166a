"""The outside world, played on this machine: strict stand-ins, a page to play on, and the command that starts it."""
