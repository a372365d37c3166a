"""What a message looks like on a user's screen: a line of the transcript. There is no representative: only the agent.

Source: RCS for Business, phones.agentMessages.
"""

import mimetypes
from typing import Any
from urllib.parse import urlsplit

from infra.sandbox.phone_screen import all_chips, card_words, chip_label

JsonObject = dict[str, Any]


def message_line(message_id: str, raw: JsonObject) -> JsonObject:
    """The message with all that can be shown of it, as it was sent.

    `text`: its words, or else the file's address. `image` or `file` (by its address), `richCard`: as sent.
    `suggestions`: the labels of all chips, those on cards first; `chips`: those under the message, as sent.
    """
    content = raw["contentMessage"]
    return {
        "from": "brand",
        "kind": "message",
        "id": message_id,
        "text": _words(content),
        "suggestions": [chip_label(chip) for chip in all_chips(content)],
        "chips": content.get("suggestions") or [],
        **_shown(content),
    }


def _words(content: JsonObject) -> str:
    if content.get("text") is not None:
        return str(content["text"])
    if file := content.get("contentInfo"):
        return str(file["fileUrl"])
    if uploaded := content.get("uploadedRbmFile"):
        return str(uploaded["fileName"])
    return card_words(content.get("richCard"))


def _shown(content: JsonObject) -> JsonObject:
    if rich := content.get("richCard"):
        return {"richCard": rich}
    file = content.get("contentInfo")
    if not file:
        return {}
    mime_type = mimetypes.guess_type(urlsplit(file["fileUrl"]).path)[0] or "image/"
    return {"image": {"contentInfo": file}} if mime_type.startswith("image/") else {"file": file}
