"""What the Dialogflow CX stand-in's bot shows beside all that both bots show: messages of kinds that only CX has.

Source: Dialogflow v3 discovery document: ResponseMessage.
"""

from typing import Any

from infra.sandbox.dialogflow_intent import Intent

JsonObject = dict[str, Any]
_SHOWN: dict[str, JsonObject] = {
    "success": {"conversationSuccess": {"metadata": {"solved": True}}},
    "hotline": {"telephonyTransferCall": {"phoneNumber": "+12015550123"}},
    "knowledge": {"knowledgeInfoCard": {}},
    "tool": {"toolCall": {"tool": "projects/p/locations/eu/agents/a/tools/t", "action": "look"}},
}

MORE_SHOWN = tuple(
    Intent(
        f"Show {what}",
        ("Here you are.",),
        phrases=(rf"^show me (an? |the |some )?{what}\W*$",),
        action="show." + what,
        more_messages=(message,),
    )
    for what, message in _SHOWN.items()
)
