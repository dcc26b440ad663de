"""What the validation library asks before each signature on a path: is the method strong enough, and is there time?

The law: this is how a deadline cuts inside of one path. The library's work between two signatures has caps of its own
(see `path`), so that no step takes long.
"""

import time
from datetime import UTC, datetime
from typing import Any

from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint, DisallowWeakAlgorithmsPolicy

from tui_mail.trust.profile import SHORTEST_CURVE_BITS

_SHA1_ENDS = datetime(2017, 1, 1, tzinfo=UTC)
_SHORT_RSA_ENDS = datetime(2014, 1, 1, tzinfo=UTC)


class TooLate(BaseException):
    """Time is up. No fault of any certificate, so no handler of such faults may take it for one."""


class Deadline:
    """So much processor time of this thread: a busy machine changes no verdict."""

    def __init__(self, seconds: float) -> None:
        self._end = time.thread_time() + seconds

    def check(self) -> None:
        """Raises TooLate."""
        if time.thread_time() > self._end:
            raise TooLate


class Usage(DisallowWeakAlgorithmsPolicy):
    """Which digests and keys may stand behind signatures at a moment."""

    def __init__(self, moment: datetime, deadline: Deadline) -> None:
        weak = {"md2", "md5"} | ({"sha1"} if moment >= _SHA1_ENDS else set())
        super().__init__(  # type: ignore[no-untyped-call]
            weak_hash_algos=frozenset(weak), rsa_key_size_threshold=2048 if moment >= _SHORT_RSA_ENDS else 1024
        )
        self._deadline = deadline

    def signature_algorithm_allowed(
        self, algo: Any, moment: datetime | None, public_key: Any
    ) -> AlgorithmUsageConstraint:
        """Asked with the issuer's key before its signature is verified."""
        self._deadline.check()
        if public_key is not None and public_key.algorithm == "ec" and public_key.bit_size < SHORTEST_CURVE_BITS:
            return AlgorithmUsageConstraint(
                allowed=False, failure_reason=f"a curve of {public_key.bit_size} bits is too short to be safe"
            )
        return super().signature_algorithm_allowed(algo, moment, public_key)
