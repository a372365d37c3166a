"""How much of everything Business Messages takes in one message. A length is in characters.

Source: Business Messages REST reference v1 (conversations.messages), guide "send messages", as of 2024-11. Not in it:
a longest address (the one Google's other messaging API has is kept), and whether 5 MB are millions or powers of two.
"""

MAX_TEXT = 3072
MAX_FALLBACK = 3072
MAX_LABEL = 25
MAX_CHIPS = 13
MAX_CARD_TITLE = 200
MAX_CARD_DESCRIPTION = 2000
MAX_CARD_CHIPS = 4
MIN_CAROUSEL_CARDS = 2
MAX_CAROUSEL_CARDS = 10
MAX_URL = 2048
MAX_IMAGE_BYTES = 5_000_000
"""The smaller reading of 5 MB: what might be refused becomes a link, which always arrives."""

URL = r"^https?://[^\s\x00-\x20\x7f]+\Z"
"""What an address must look like to be opened by a chip or shown as a picture."""
