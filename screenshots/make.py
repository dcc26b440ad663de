#!/usr/bin/env python3
"""Makes the pictures of this folder from the running demo: SVG, and PNG as a browser without a window draws it.

usage: screenshots/make.py [FOLDER]

Every picture is what the program shows when these keys are pressed; nothing is drawn by hand.
"""

import asyncio
import html
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from textual.pilot import Pilot

from tui_mail.demo.clinic import CARL, DORA, YOU
from tui_mail.demo.stage import Stage
from tui_mail.model.address import Address
from tui_mail.model.message import Draft, Protection
from tui_mail.ui.app import MailApp
from tui_mail.ui.screens.compose import ComposeScreen
from tui_mail.ui.screens.wizard import WizardScreen

SIZE = (118, 34)
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
FONT = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
CELL_WIDTH = 12.2
"""Of a character cell in the pictures that textual exports."""

BODY = """Dear Dora,

thank you for the referral of Mrs. Aster. I can see her on Thursday at ten.
Please send me her findings; from now on we can write encrypted.

Kind regards
Anna
"""


class Photographer:
    """Presses keys and takes pictures."""

    def __init__(self, pilot: Pilot[Any], folder: Path) -> None:
        self._pilot = pilot
        self._folder = folder

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        for _ in range(500):
            if holds():
                return
            await self._pilot.pause(0.02)
        raise RuntimeError(f"this never came; on the screen:\n{self.text()}")

    async def shows(self, words: str) -> None:
        """Wait until these words stand on the screen."""
        await self.until(lambda: words in self.text())

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self._pilot.press(*keys)

    def text(self) -> str:
        """What stands on the screen."""
        strips = self._pilot.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    async def take(self, name: str) -> None:
        """Write the picture of what stands on the screen now."""
        await self._pilot.pause(0.2)
        self._pilot.app.clear_notifications()
        await self._pilot.pause(0.2)
        svg = self._pilot.app.export_screenshot(title="tui-mail")
        (self._folder / f"{name}.svg").write_text(own_font(svg), encoding="utf-8")


def own_font(svg: str) -> str:
    """No font from the network: a picture must not ask anyone when it is looked at."""
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;]*Fira Code[^;]*;", f"font-family: {FONT};", svg)
    svg = re.sub(r'(<text [^>]*?)x="([\d.]+)"([^>]*?) textLength="[\d.]+"([^>]*)>([^<]*)</text>', _on_the_grid, svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def _on_the_grid(found: re.Match[str]) -> str:
    """Every word stands in its own cell, whatever the font: not every program stretches text to a length."""
    head, x, middle, tail, text = found.groups()
    words = []
    cells = 0
    for piece in re.split(r"((?:&#160;| )+)", text):
        plain = html.unescape(piece)
        if plain.strip():
            place, length = float(x) + cells * CELL_WIDTH, cell_len(plain) * CELL_WIDTH
            fitted = f'x="{place:.1f}" textLength="{length:.1f}" lengthAdjust="spacingAndGlyphs"'
            words.append(f"<tspan {fitted}>{piece}</tspan>")
        cells += cell_len(plain)
    return f'{head}x="{x}"{middle}{tail}>{"".join(words)}</text>' if words else ""


async def photograph(stage: Stage, folder: Path) -> None:
    """The story, one picture a step."""
    app = MailApp(stage.connect)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        camera = Photographer(pilot, folder)
        await camera.shows("Referral of Mrs. Aster")
        await camera.shows("Demo 1/5")
        await camera.take("inbox")
        await camera.press("enter")
        await camera.shows("not trusted yet")
        await camera.take("reader-new")
        await camera.press("t")
        await camera.shows("SHA-256")
        await camera.take("trust")
        await camera.press("t")
        await camera.shows("– trusted.")
        await camera.take("reader-valid")
        await open_mail(camera, "Reimbursement")
        await camera.shows("signature is broken")
        await camera.take("reader-broken")
        await open_mail(camera, "Roster")
        await camera.shows("Encrypted, only for")
        await camera.take("reader-encrypted")
        await camera.press("i")
        await camera.shows("The signer's certificate")
        await camera.take("details")
        await camera.press("escape", "escape", "escape")
        await conversation(app, camera)
        await camera.press("colon")
        await camera.shows("Write a new message")
        await camera.take("palette")
        await camera.press("escape", "V", "B")
        await camera.shows("Ends in")
        await camera.take("book")
        await camera.press("escape", "S")
        await camera.shows("Sign every mail")
        await camera.take("settings")
        await camera.press("escape")
        draft = Draft(
            stage.account.id,
            (DORA, CARL),
            cc=(Address("noor@practice.example"), Address("emil.hahn@labor-hahn.example")),
            subject="Mrs. Aster",
            body=BODY,
            protection=Protection(sign=True, encrypt=True),
        )
        composer = ComposeScreen(app.link, stage.account, draft)
        app.push_screen(composer)
        await camera.shows("cannot be encrypted to yet")
        await camera.take("compose")
        await camera.press("f6", *"tomorrow 8:00")
        await camera.shows("It leaves tomorrow")
        await camera.take("options")
        await camera.press("escape")
        app.pop_screen()
        app.push_screen(WizardScreen(app.link))
        await wizard(camera)


async def conversation(app: MailApp, camera: Photographer) -> None:
    """The list by conversations, one of them unfolded."""
    await camera.press("home", "V")
    await camera.shows("▸")
    for _ in range(40):
        row = app.mail.list.row
        if row is not None and "Thorax" in row.subject:
            break
        await camera.press("down")
    await camera.press("right")
    await camera.shows("▾ 3")
    await camera.take("conversations")


async def open_mail(camera: Photographer, subject: str) -> None:
    """Find a mail and open it."""
    await camera.press("escape", "escape", "slash", *subject, "enter")
    await camera.shows(subject)
    await camera.press("enter")


async def wizard(camera: Photographer) -> None:
    """The pages of the setup, filled in as a person would."""
    await camera.shows("Who are you?")
    await camera.press(*YOU.name, "enter", *YOU.spec, "enter")
    await camera.shows("imap.clinic.example")
    await camera.press(*"not shown")
    await camera.take("wizard-servers")
    await camera.press("enter")
    await camera.shows("Your certificate")
    await camera.take("wizard-certificate")
    await camera.press("f5")
    await camera.shows("Choose a passphrase")
    await camera.press(*"correct horse battery staple", "enter")
    await camera.shows("Good.")
    await camera.take("wizard-passphrase")


def develop(folder: Path) -> None:
    """PNG beside each SVG, for people and pages that show no SVG."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.stderr.write(f"none of {', '.join(BROWSERS)} is installed: SVG only\n")
        return
    for svg in sorted(folder.glob("*.svg")):
        found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text(encoding="utf-8"))
        if found is None:
            raise RuntimeError(f"{svg.name} has no size")
        width, height = (round(float(side)) for side in found.groups())
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{height}"]
        picture = f"--screenshot={svg.with_suffix('.png').resolve()}"
        # SAFE: without the sandbox only our own pictures are drawn.
        command = [browser, *options, "--default-background-color=00000000", picture, svg.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


def main() -> int:
    """Make all pictures."""
    os.environ["COLORTERM"] = "truecolor"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    stage = Stage()
    try:
        stage.set_up(lambda _sentence: None)
        asyncio.run(photograph(stage, folder))
    finally:
        stage.take_down()
    develop(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
