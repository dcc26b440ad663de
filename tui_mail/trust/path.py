"""From a certificate up to a trusted root (RFC 5280 section 6). The door of the validation library.

Law: `chains` proposes paths under caps; the library judges one finished path at a time, never fetches, and is given no
revocation data but our own.
"""

import hashlib
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm as LibraryUnsupported
from pyhanko_certvalidator import name_trees
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import (
    AlgorithmNotSupported,
    ExpiredError,
    PathValidationError,
    RevokedError,
)
from pyhanko_certvalidator.name_trees import (
    default_excluded_subtrees,
    default_permitted_subtrees,
    process_general_subtrees,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    PKIXValidationParams,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import x509 as asn1_x509  # type: ignore[attr-defined]  # the library's own reader
from pyhanko_certvalidator.revinfo.archival import process_legacy_crl_input, process_legacy_ocsp_input
from pyhanko_certvalidator.validate import async_validate_path

from tui_mail.model.day import day
from tui_mail.model.security import PathState, Revocation
from tui_mail.trust.chains import MAX_POOL, Material, claimed_issuers, load, paths, unchanged
from tui_mail.trust.long_list import LONG_LIST_BYTES, OnLongList, long_list_answer, names_changes
from tui_mail.trust.name_constraints import forbidden_address
from tui_mail.trust.reasons import names_reasons, partial_lists
from tui_mail.trust.revocation import concerning, revoked_sentence, told
from tui_mail.trust.usage import Deadline, TooLate, Usage

# The library logs tracebacks of paths that do not hold, with names of people; our answer says all there is to say.
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL + 1)

# QUIRK: the library keeps constraints in sets, and what an otherName holds (a user principal name, where a company is
# its own authority) has no hash there, so that a chain with such a constraint would always fall.
name_trees._StringOrName.__hash__ = lambda self: hash(repr(self._code))  # type: ignore[method-assign]


def _holds_address(network: object, address: object) -> bool:
    """RFC 5280 section 4.2.1.10: an IP address in a certificate against the addresses of a constraint, both as text."""
    if "/" not in str(network):
        raise ValueError("A constraint on IP addresses has no mask.")
    return ip_address(str(address)) in ip_network(str(network), strict=False)


# QUIRK: the library has no comparison for IP addresses, so that a chain in which both stand would be undetermined.
name_trees._name_type_checkers[name_trees.GeneralNameType.IP_ADDRESS] = _holds_address

MAX_PATHS = 12
DEADLINE_SECONDS = 3.0
"""Of processor time, for all paths of one certificate together."""
_NO_TIME = "Its chain of issuers takes too long to check."
MAX_NAME_COMPARISONS = 20_000
MAX_POLICIES = 1_000
"""Policies and their mappings in one chain; bridges between governments have some dozens."""

_NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_FRESHNESS = timedelta(hours=1)
_EMAIL_PURPOSES = {"email_protection", "any_extended_key_usage"}

_REQUIRED = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
_UNASKED = RevocationCheckingRule.NO_CHECK


@dataclass(frozen=True, slots=True)
class PathResult:
    """What is known of the way from a certificate to a trusted root at one moment.

    Attributes:
        anchored: a chain of names reaches a trusted root; False means that nobody here vouches for it.
        chain: SHA-256 from the leaf upward.
        until: when a date in one of the certificates changes this answer; None for never.
        revocation_note: how and when revocation was found out, or why it could not be, as a sentence.
    """

    state: PathState
    reason: str = ""
    anchored: bool = False
    chain: tuple[str, ...] = ()
    revocation: Revocation = Revocation.NOT_CHECKED
    until: datetime | None = None
    revocation_note: str = ""


def check_path(
    leaf: bytes, material: Material, moment: datetime, *, revocation: bool, late: bool = False
) -> PathResult:
    """Validate `leaf` up to an anchor as of `moment`.

    Args:
        revocation: look into the given lists and responses; False answers NOT_CHECKED.
        late: also accept revocation data that was issued after `moment`.

    The answer is kept until a date in one of the certificates passes, and for an hour at most when revocation
    data took part; asking again costs microseconds.
    """
    key = (leaf, material.pool, material.anchors, material.policies)
    cell = _cell(*key, material.crls, material.ocsps, late) if revocation else _cell(*key, (), (), None)
    for begin, end, result in cell:
        if begin <= moment < end:
            return result
    # A certificate counts to the end of its last second (RFC 5280 section 4.1.2.5 knows whole seconds).
    result, begin, end = _compute(leaf, material, moment.replace(microsecond=0), revocation, late)
    result = replace(result, until=end if end < _NO_END else None)
    if revocation and (material.crls or material.ocsps):
        begin, end = max(begin, moment - _FRESHNESS), min(end, moment + _FRESHNESS)
    del cell[3:]
    cell.insert(0, (begin, end, result))
    return result


@lru_cache(maxsize=2048)
def _cell(*_key: object) -> list[tuple[datetime, datetime, PathResult]]:
    """The answers so far for one question, by the span of time in which they hold."""
    return []


def _compute(
    leaf: bytes, material: Material, moment: datetime, revocation: bool, late: bool
) -> tuple[PathResult, datetime, datetime]:
    begin, end = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    own = (hashlib.sha256(leaf).hexdigest(),)
    if load(leaf) is None:
        return PathResult(PathState.INVALID, "The certificate cannot be read.", chain=own), begin, end
    if leaf in material.anchors:
        return PathResult(PathState.VALID, anchored=True, chain=own), begin, end
    best: PathResult | None = None
    deadline = Deadline(DEADLINE_SECONDS)
    for number, chain in enumerate(paths(leaf, material)):
        if number >= MAX_PATHS:
            break
        for der in chain:
            for boundary in _dates(load(der)):
                if boundary <= moment:
                    begin = max(begin, boundary)
                else:
                    end = min(end, boundary)
        try:
            deadline.check()
            result = _judge(chain, material, moment, revocation, late, deadline)
        except TooLate:
            # Asked again, with less to do beside it, there may be an answer: this one is not kept.
            return PathResult(PathState.UNDETERMINED, _NO_TIME, True, own), moment, moment
        if result.state is PathState.VALID or (result.revocation is Revocation.REVOKED):
            return result, begin, end
        if best is None or (result.state is PathState.EXPIRED and best.state is not PathState.EXPIRED):
            best = result
    if best is None:
        best = PathResult(PathState.VALID, anchored=False, chain=own + claimed_issuers(leaf, material))
    return best, begin, end


def _dates(certificate: Any) -> tuple[datetime, datetime]:
    # The last second of the validity still counts (RFC 5280 section 4.1.2.5), so the boundary lies just after it;
    # 99991231235959Z means "never ends", and no second comes after it.
    last = certificate.not_valid_after
    return certificate.not_valid_before, last + timedelta(seconds=1) if last < _NO_END else _NO_END


def _judge(
    chain: list[bytes], material: Material, moment: datetime, revocation: bool, late: bool, deadline: Deadline
) -> PathResult:
    """One finished path, first without revocation, then with it, so that "no answer" and "bad path" stay apart."""
    names = tuple(hashlib.sha256(der).hexdigest() for der in chain)

    def answer(state: PathState, reason: str = "", found: Revocation = Revocation.NOT_CHECKED) -> PathResult:
        return PathResult(state, reason, True, names, found)

    if revocation:
        crls, ocsps = concerning(tuple(chain), material.crls, material.ocsps)
        material = replace(material, crls=crls, ocsps=ocsps)

    for der in chain[1:-1]:
        deadline.check()
        purposes = load(der).extended_key_usage_value
        if purposes is not None and not _EMAIL_PURPOSES & set(purposes.native):
            return answer(PathState.INVALID, "One of its issuers is not allowed to issue certificates for e-mail.")
    try:
        if _comparisons(chain) > MAX_NAME_COMPARISONS:
            return answer(
                PathState.INVALID, "Its chain of issuers carries more names and constraints than can be checked."
            )
        if _policies(chain) > MAX_POLICIES:
            return answer(PathState.INVALID, "Its chain of issuers carries more policies than can be checked.")
        _validate(chain, material, moment, _UNASKED, _UNASKED, late, deadline)
        if outside := forbidden_address(chain):
            return answer(PathState.INVALID, f"One of its issuers is not allowed to certify the address {outside}.")
        if not revocation:
            return answer(PathState.VALID)
        found = _revocation(chain, material, moment, late, deadline)
        note = told(chain[0], material.crls, material.ocsps, moment, found, late=late)
        return replace(answer(PathState.VALID, "", found), revocation_note=note)
    except RevokedError as error:
        own = error.is_ee_cert and not error.is_side_validation
        sentence = revoked_sentence(own, error.revocation_dt, str(error.reason.native))
        return answer(PathState.INVALID, sentence, Revocation.REVOKED)
    except OnLongList as error:
        sentence = revoked_sentence(error.own, error.revoked_at, error.reason)
        return answer(PathState.INVALID, sentence, Revocation.REVOKED)
    except ExpiredError as error:
        date = day(error.expired_dt)
        who = "The certificate" if error.is_ee_cert else "An issuer's certificate"
        return answer(PathState.EXPIRED, f"{who} expired on {date}.")
    except (AlgorithmNotSupported, LibraryUnsupported):
        return answer(PathState.UNDETERMINED, "One of its issuers signs with a method that is not supported here.")
    except NotImplementedError:
        return answer(PathState.UNDETERMINED, "One of its issuers limits names in a way that cannot be checked here.")
    except PathValidationError as error:
        return answer(PathState.INVALID, f"Its chain of issuers is not valid: {_shorten(str(error))}.")
    except Exception as error:  # QUIRK: see chains.load; a chain that trips the library is a chain that does not hold
        return answer(PathState.INVALID, f"Its chain of issuers cannot be read ({type(error).__name__}).")


def _revocation(chain: list[bytes], material: Material, moment: datetime, late: bool, deadline: Deadline) -> Revocation:
    """GOOD when everyone on the path was answered for, UNKNOWN when someone was not. Raises RevokedError."""
    if not material.crls and not material.ocsps:
        return Revocation.UNKNOWN
    own = _looked_up_here(chain, material.crls)
    leaf_answered, issuers_answered = _look_up(chain, own, moment, late)
    if partial := tuple(der for der in material.crls if der in own and len(der) <= LONG_LIST_BYTES):
        # The library may still find a revocation on them; that it finds none means nothing.
        _ask(chain, replace(material, crls=partial, ocsps=()), moment, (_REQUIRED, _UNASKED), late, deadline)
    material = replace(material, crls=tuple(der for der in material.crls if der not in own))
    leaf_rule = _UNASKED if leaf_answered else _REQUIRED
    strict = _UNASKED if issuers_answered else _REQUIRED
    if material.crls and material.ocsps:
        # The library takes the first good word; a list that names a certificate counts more than an OCSP answer.
        for rules in ((leaf_rule, _UNASKED), (_UNASKED, strict)):
            _ask(chain, replace(material, ocsps=()), moment, rules, late, deadline)
    if _ask(chain, material, moment, (leaf_rule, strict), late, deadline):
        return Revocation.GOOD
    if strict is not _UNASKED:
        # An issuer without an answer must not hide that the certificate itself was revoked, so it is asked for alone.
        _ask(chain, material, moment, (leaf_rule, _UNASKED), late, deadline)
    return Revocation.UNKNOWN


def _ask(
    chain: list[bytes],
    material: Material,
    moment: datetime,
    rules: tuple[RevocationCheckingRule, RevocationCheckingRule],
    late: bool,
    deadline: Deadline,
) -> bool:
    """Whether the library found all answers that the rules for leaf and issuers want. Raises RevokedError."""
    try:
        _validate(chain, material, moment, *rules, late, deadline)
    except RevokedError:
        raise
    except Exception:  # QUIRK: as in chains.load; the path itself held a moment ago, so this is about a list
        return False
    return True


def _looked_up_here(chain: list[bytes], crls: tuple[bytes, ...]) -> frozenset[bytes]:
    """The lists that `long_list` answers from: long ones, those that the library would take for more than they are, and
    those with changes, which it would take for nothing where the changes are not here.

    Lists for some reasons only must be added up in one place, so they go where the others of their kind go.
    """
    own = partial_lists(chain, crls) | {der for der in crls if len(der) > LONG_LIST_BYTES or names_changes(der)}
    return own | {der for der in crls if names_reasons(der)} if own else own


def _look_up(chain: list[bytes], own: frozenset[bytes], moment: datetime, late: bool) -> tuple[bool, bool]:
    """Whether these lists answer for the leaf, and for everyone above it. Raises OnLongList."""
    if not own:
        return False, False
    answers = []
    for child, issuer in pairwise(chain):
        found = long_list_answer(child, issuer, tuple(own), moment, late=late)
        if not isinstance(found, bool):
            raise OnLongList(found, own=child is chain[0])
        answers.append(found)
    return answers[0], all(answers[1:])


@lru_cache(maxsize=64)
def _containers(crls: tuple[bytes, ...], ocsps: tuple[bytes, ...]) -> tuple[list[Any], list[Any]]:
    """The readable lists and responses, so that a damaged one does not spoil the others."""
    found: tuple[list[Any], list[Any]] = ([], [])
    for place, reader, blobs in ((0, process_legacy_crl_input, crls), (1, process_legacy_ocsp_input, ocsps)):
        for blob in blobs:
            try:
                found[place].extend(reader([blob]))
            except Exception:  # noqa: S112 QUIRK: as in chains.load; what cannot be read answers nothing
                continue
    return found


def _validate(
    chain: list[bytes],
    material: Material,
    moment: datetime,
    leaf_rule: RevocationCheckingRule,
    issuer_rule: RevocationCheckingRule,
    late: bool,
    deadline: Deadline,
) -> None:
    *below, root = [unchanged(der) for der in chain]
    leaf, *intermediates = below
    limits = TrustQualifiers(
        standard_parameters=_parameters(root, material.policies),
        valid_from=root.not_valid_before,
        valid_until=root.not_valid_after,
        max_path_length=root.max_path_length,
    )
    asked = leaf_rule is not _UNASKED or issuer_rule is not _UNASKED
    lists, responses = _containers(material.crls, material.ocsps) if asked else ([], [])
    context = ValidationContext(
        trust_roots=[root],
        other_certs=[*intermediates, *(_others(material) if asked else ())],
        moment=moment,
        crls=lists,
        ocsps=responses,
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(leaf_rule, issuer_rule), retroactive_revinfo=late),
        algorithm_usage_policy=Usage(moment, deadline),
    )
    path = ValidationPath(CertTrustAnchor(root, limits), list(reversed(intermediates)), leaf)
    _run(async_validate_path(context, path))


def _comparisons(chain: list[bytes]) -> int:
    """How often a name would be compared with a constraint: the product of two numbers that strangers choose."""
    names = constraints = 0
    for der in chain:
        certificate = load(der)
        names += len(certificate.subject_alt_name_value or ()) + 1
        subtrees = certificate.name_constraints_value
        if subtrees is not None:
            for field in ("permitted_subtrees", "excluded_subtrees"):
                if isinstance(subtrees[field], asn1_x509.GeneralSubtrees):
                    constraints += len(subtrees[field])
    return names * constraints


def _policies(chain: list[bytes]) -> int:
    """How many policies and mappings of policies the chain carries: the tree of RFC 5280 section 6.1.2 is of them."""
    found = (load(der) for der in chain)
    return sum(len(one.certificate_policies_value or ()) + len(one.policy_mappings_value or ()) for one in found)


def _parameters(root: Any, policies: tuple[str, ...]) -> PKIXValidationParams | None:
    """What the path must keep to from its beginning. QUIRK: the library merges parameters given elsewhere with these to
    weaker ones than either, so everything stands in one place."""
    confines = _confines(root)
    if not policies:
        return confines
    start = PKIXValidationParams() if confines is None else confines
    return replace(start, user_initial_policy_set=frozenset(policies), initial_explicit_policy=True)


def _confines(root: Any) -> PKIXValidationParams | None:
    """The names to which a root confines itself. The library takes an anchor for a bare key; whoever wrote constraints
    into it meant them (RFC 5937 section 3)."""
    constraints = root.name_constraints_value
    if constraints is None:
        return None
    permitted, excluded = default_permitted_subtrees(), default_excluded_subtrees()
    for kept, subtrees in (
        (permitted, constraints["permitted_subtrees"]),
        (excluded, constraints["excluded_subtrees"]),
    ):
        if isinstance(subtrees, asn1_x509.GeneralSubtrees):
            kept.update(process_general_subtrees(subtrees))
    return PKIXValidationParams(initial_permitted_subtrees=permitted, initial_excluded_subtrees=excluded)


def _others(material: Material) -> list[Any]:
    """Certificates that may have signed a revocation list or response (indirect lists, OCSP responders)."""
    return [c for c in map(load, (*material.anchors[:MAX_POOL], *material.pool[:MAX_POOL])) if c is not None]


def _run(coroutine: Coroutine[Any, Any, None]) -> None:
    # SAFE: nothing is fetched, so the library's coroutine never waits and needs no event loop (which would be slow,
    # and forbidden inside a running one).
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise RuntimeError("path validation waited for something")


def _shorten(sentence: str) -> str:
    return sentence.removeprefix("The path could not be validated because ").rstrip(".")
