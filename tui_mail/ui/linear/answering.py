"""Beginning a mail: an answer, a forwarded message, or a new one. What is written then is asked for line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tui_mail.model.address import address_key
from tui_mail.ui.drafts import forward_draft, forward_whole_draft, new_draft, reply_draft
from tui_mail.ui.linear import message
from tui_mail.ui.linear.writing import people_in

if TYPE_CHECKING:
    from tui_mail.ui.linear.session import Conversation


async def reply(talk: Conversation, number: str, *, everyone: bool) -> None:
    """Answer the sender, or everyone."""
    view, account = await talk.view(number, seen=True), talk.account()
    if view is None or account is None:
        return
    own = frozenset(address_key(one.address) for one in talk.settings.accounts)
    await talk.send(account, reply_draft(account.id, own, view, everyone=everyone, sign=talk.settings.sign_by_default))


async def forward(talk: Conversation, number: str) -> None:
    """Pass on its text and its files."""
    view, account = await talk.view(number, seen=True), talk.account()
    if view is not None and view.held is not None:
        view = await message.got_whole(talk, view)
    if view is not None and account is not None:
        await talk.send(account, forward_draft(account.id, view, sign=talk.settings.sign_by_default))


async def pass_on(talk: Conversation, number: str) -> None:
    """Pass it on as it came."""
    view, account = await talk.view(number, seen=True), talk.account()
    if view is None or account is None:
        return
    if view.security.encryption is not None:
        talk.say("Only you can open an encrypted message as it came: forward passes on its text and its files.")
        return
    size_bytes, sign = talk.reading.size_of(view.id), talk.settings.sign_by_default
    await talk.send(account, forward_whole_draft(account.id, view, size_bytes, sign=sign))


async def new(talk: Conversation, address: str) -> None:
    """A new mail, to this address where one is named."""
    account = talk.account()
    if account is not None:
        draft = new_draft(account.id, sign=talk.settings.sign_by_default)
        await talk.send(account, replace(draft, to=people_in(address)) if address else draft)
