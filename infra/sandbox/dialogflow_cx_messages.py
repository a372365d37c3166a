"""What a message of a Dialogflow CX bot may hold, kind by kind; an unknown field is refused by name.

Source: Dialogflow v3 discovery document: ResponseMessage.
"""

from typing import Any, Literal

import msgspec

from infra.sandbox.google_api import exactly_one_of

JsonObject = dict[str, Any]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    pass


class Text(_Strict, frozen=True):
    text: list[str] = []
    allowPlaybackInterruption: bool = False


class OutputAudioText(_Strict, frozen=True):
    text: str = ""
    ssml: str = ""
    allowPlaybackInterruption: bool = False


class PlayAudio(_Strict, frozen=True):
    audioUri: str = ""
    allowPlaybackInterruption: bool = False


class AudioSegment(_Strict, frozen=True):
    audio: str = ""
    uri: str = ""
    allowPlaybackInterruption: bool = False


class MixedAudio(_Strict, frozen=True):
    segments: list[AudioSegment] = []


class TelephonyTransferCall(_Strict, frozen=True):
    phoneNumber: str = ""


class WithMetadata(_Strict, frozen=True):
    """LiveAgentHandoff and ConversationSuccess."""

    metadata: JsonObject = {}


class Empty(_Strict, frozen=True):
    """EndInteraction and KnowledgeInfoCard."""


class ToolCall(_Strict, frozen=True):
    tool: str = ""
    action: str = ""
    inputParameters: JsonObject = {}


class ResponseMessage(_Strict, frozen=True):
    """One message, of exactly one kind."""

    text: Text | None = None
    payload: JsonObject | None = None
    conversationSuccess: WithMetadata | None = None
    outputAudioText: OutputAudioText | None = None
    liveAgentHandoff: WithMetadata | None = None
    endInteraction: Empty | None = None
    playAudio: PlayAudio | None = None
    mixedAudio: MixedAudio | None = None
    telephonyTransferCall: TelephonyTransferCall | None = None
    knowledgeInfoCard: Empty | None = None
    toolCall: ToolCall | None = None
    responseType: Literal["RESPONSE_TYPE_UNSPECIFIED", "ENTRY_PROMPT", "PARAMETER_PROMPT", "HANDLER_PROMPT"] | None = (
        None
    )
    channel: str = ""


OUTPUT_ONLY = ("endInteraction", "mixedAudio")
"""Kinds that only Dialogflow itself makes."""

MESSAGE_KINDS = tuple(
    name for name in ResponseMessage.__struct_fields__ if name not in ("responseType", "channel", *OUTPUT_ONLY)
)
"""Kinds that an agent or its webhook can say."""


def check_messages(messages: list[ResponseMessage]) -> None:
    """Raises `ApiError` INVALID_ARGUMENT for a message of no kind, of several, or of one that is output only."""
    for message in messages:
        exactly_one_of(message, *MESSAGE_KINDS, *OUTPUT_ONLY)
        exactly_one_of(message, *MESSAGE_KINDS)


def written(messages: list[ResponseMessage]) -> list[JsonObject]:
    """The messages as JSON."""
    return [msgspec.to_builtins(message) for message in messages]
