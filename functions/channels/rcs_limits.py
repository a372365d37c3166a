"""How much RCS for Business takes in one message, beside `google_limits`. A length is in characters.

Source: RCS for Business REST reference v1 (phones.agentMessages), guide "send messages", as of 2026-04. Not in it:
whether 250 KB and 100 MiB mean what they say, and of what; the smaller readings are kept, of what goes over the wire.
"""

MAX_CHIPS = 11
MAX_POSTBACK = 2048
MAX_MESSAGE_BYTES = 250_000
MAX_CHIPS_BYTES = 60_000  # of one card, and of one message: together they stay under the whole
MAX_CARDS_BYTES = 150_000
MAX_FILE_BYTES = 100_000_000
NAME_ROOM = 64
"""So much of a text is kept for the name of the person who speaks in it."""
