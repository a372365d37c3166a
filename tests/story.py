"""The story that the bundle exists for: a bot, then a person, then the bot again; the same however it is delivered."""

from tests.play import (
    ASKING,
    BRIEFING,
    JANE,
    PROBLEM,
    WELCOME_BACK,
    Scene,
    joined,
    left,
    said_by,
    said_by_bot,
)

SCREEN = [
    "user: Hi, I have a problem",
    said_by_bot(PROBLEM),
    "user: Can I talk to a person, please?",
    said_by_bot(ASKING),
    joined(JANE),
    said_by(JANE, "I see you have a problem. How can I help?"),
    "user: The lamp I bought does not light up",
    said_by(JANE, "I am sending you a new one."),
    left(JANE),
    said_by_bot(WELCOME_BACK),
    "user: What are your opening hours?",
    said_by_bot("We are open Monday to Friday, 9 to 17."),
]
INBOX = [
    BRIEFING,
    "Jane Doe: I see you have a problem. How can I help?",
    "user: The lamp I bought does not light up",
    "Jane Doe: I am sending you a new one.",
]
HEARD = [
    "Hi, I have a problem",
    "Can I talk to a person, please?",
    "[AGENT_CHAT_ENDED: agent_closed]",
    "What are your opening hours?",
]


def play(scene: Scene) -> None:
    """From the first word to the bot's return, and until nothing is on its way any more."""
    scene.user_says("Hi, I have a problem")
    scene.bot_answers(PROBLEM)
    scene.hand_off("Can I talk to a person, please?")
    scene.agent_replies("I see you have a problem. How can I help?")
    scene.user_says("The lamp I bought does not light up")
    scene.agents_see("user: The lamp I bought does not light up")
    scene.agent_replies("I am sending you a new one.")
    scene.agent_closes()
    scene.bot_answers(WELCOME_BACK)
    scene.user_says("What are your opening hours?")
    scene.bot_answers("We are open Monday to Friday, 9 to 17.")
    scene.settle()
