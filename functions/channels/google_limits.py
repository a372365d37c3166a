"""How much of everything Business Messages and RCS for Business take alike. A length is in characters.

Source: REST references v1 of both (conversations.messages as of 2024-11, phones.agentMessages as of 2026-04). Not in
that of Business Messages: a longest address; that of RCS is kept for both.
"""

MAX_TEXT = 3072
MAX_LABEL = 25
MAX_CARD_TITLE = 200
MAX_CARD_DESCRIPTION = 2000
MAX_CARD_CHIPS = 4
MIN_CAROUSEL_CARDS = 2
MAX_CAROUSEL_CARDS = 10
MAX_URL = 2048

URL = r"^https?://[^\s\x00-\x20\x7f]+\Z"
"""What an address must look like to be opened by a chip or shown as a picture."""
