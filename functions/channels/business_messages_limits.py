"""How much Business Messages takes in one message, beside `google_limits`. A length is in characters.

Source: Business Messages REST reference v1 (conversations.messages), guide "send messages", as of 2024-11. Not in it:
whether 5 MB are millions or powers of two.
"""

from functions.channels.google_limits import MAX_TEXT

MAX_FALLBACK = MAX_TEXT
MAX_CHIPS = 13
MAX_IMAGE_BYTES = 5_000_000
"""The smaller reading of 5 MB: what might be refused becomes a link, which always arrives."""
