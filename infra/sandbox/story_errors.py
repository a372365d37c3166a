"""What can be wrong with a story, and with playing or recording one. Each message may be shown as it is."""


class StoryError(Exception):
    """A story can't be read, played, recorded or saved."""


class StoryFailed(StoryError):
    """A story that was played did not go as it should. The message says where."""


class StoryStopped(StoryError):
    """Somebody stopped a story before its end."""
