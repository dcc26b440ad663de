"""Showing the trusted roots, each with where it comes from."""

from tui_mail.engine.anchors import administrators
from tui_mail.engine.messages import AnchorEntry, Anchors, ListAnchors
from tui_mail.engine.session import Session
from tui_mail.store import bundles, certificates
from tui_mail.trust.certificate import read_certificate


def list_anchors(session: Session, _command: ListAnchors) -> Anchors:
    """The profile's own first, then those of bundles, then the administrator's."""
    db = session.store.database
    placed, problems = administrators()
    named = [(der, "this profile") for der in certificates.own_anchors(db)]
    named += [(der, f"bundle {name}") for name, der in bundles.anchors_by_bundle(db)]
    named += placed
    return Anchors(tuple(AnchorEntry(read_certificate(der), source) for der, source in named), problems)
