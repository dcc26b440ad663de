"""Bounces and receipts that arrive: kept beside the sent message that they are about."""

from collections.abc import Sequence

from msgspec.structs import replace

from tui_mail.model.delivery import DeliveryNotice
from tui_mail.store import notices
from tui_mail.store.database import Database


def keep_reports(db: Database, reported: Sequence[DeliveryNotice], arrived: int) -> int:
    """Keep what a message reports of sent mail; how many notices are new. `arrived` is in seconds since 1970 UTC."""
    return sum(notices.save_notice(db, replace(notice, when=arrived)) for notice in reported)
