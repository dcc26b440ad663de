"""The tour: one sentence at a time, each waits until what it asks for has happened."""

from collections.abc import Callable
from enum import IntEnum


class Scene(IntEnum):
    """Where the tour stands; a later scene never goes back."""

    LOOK = 0
    TRUST = 1
    ANSWER = 2
    WAIT_ENCRYPTED = 3
    READ_ENCRYPTED = 4
    FREE = 5


HINTS = {
    Scene.LOOK: ("Demo 1/5 · The newest mail is from Dora, whom nobody knows: N in the Sig column. Enter opens it."),
    Scene.TRUST: "Demo 2/5 · Press t: whom does her certificate name, what does trusting mean? t once more trusts.",
    Scene.ANSWER: "Demo 3/5 · Her mail is Y now. Press r to answer, F3 to encrypt, F5 to send.",
    Scene.WAIT_ENCRYPTED: "Demo 4/5 · Your mail is on its way, encrypted for Dora alone. She answers in a moment.",
    Scene.READ_ENCRYPTED: "Demo 5/5 · Dora's answer is here: Y, and a box in the Enc column. Only you can read it.",
    Scene.FREE: (
        "Demo · Now look around: X was altered on the way, M signed by someone else, C changed the certificate, "
        "E expired. ? shows every key, q ends and removes everything."
    ),
}


class Story:
    """Tells `tell` the sentence for the present scene whenever it changes."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self.scene = Scene.LOOK
        tell(HINTS[self.scene])

    def reach(self, scene: Scene) -> None:
        """Something happened; the tour goes on when it is further than before."""
        if scene > self.scene:
            self.scene = scene
            self._tell(HINTS[scene])
