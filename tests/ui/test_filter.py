"""Showing some messages of a folder, or all in another order."""

from tests.ui.conftest import running, screen_text, settled
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.test_mail_screen import mail_of
from tui_mail.model.message import Flag


async def test_the_filter_shows_unread_messages_and_says_so_in_words(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("F", *"unread", "enter")
        await settled(pilot)
        window = mail_of(pilot).list.window
        rows = [window.row(index) for index in range(window.total)]
        assert 0 < window.total < 12 and not any(row.flags & Flag.SEEN for row in rows)
        assert "is:unread" in screen_text(pilot) and mail_of(pilot).list.has_focus
        await pilot.press("escape")
        await settled(pilot)
        assert mail_of(pilot).list.window.total == 12 and "is:unread" not in screen_text(pilot)


async def test_a_click_on_a_column_orders_by_it_one_more_turns_that_and_a_third_ends_it(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        listed = mail_of(pilot).list
        layout = listed.layout_columns()
        column = layout.marks + layout.sig + layout.enc + layout.attachment + 1
        for arrow, turned in (("From ▾", False), ("From ▴", True)):
            await pilot.click("Heading", offset=(column, 0))
            await settled(pilot)
            senders = [listed.window.row(index).sender.casefold() for index in range(listed.window.total)]
            assert senders == sorted(senders, reverse=turned) and len(senders) == 12
            assert arrow in screen_text(pilot) and "Inbox" in mail_of(pilot).status.place
            assert not pilot.app.screen.query_one("#search").display, "the rows must stay where they are"
        await pilot.click("Heading", offset=(column, 0))
        await settled(pilot)
        dates = [listed.window.row(index).date for index in range(listed.window.total)]
        assert dates == sorted(dates, reverse=True) and "From ▴" not in screen_text(pilot)


async def test_what_was_searched_stays_when_a_column_orders_it(engine: EngineStandIn) -> None:
    async with running(engine) as pilot:
        await pilot.press("F", *"unread", "enter")
        await settled(pilot)
        found = mail_of(pilot).list.window.total
        await pilot.click("Heading", offset=(mail_of(pilot).list.layout_columns().marks + 1, 0))
        await settled(pilot)
        assert "is:unread sort:sig" in screen_text(pilot) and mail_of(pilot).list.window.total == found < 12
