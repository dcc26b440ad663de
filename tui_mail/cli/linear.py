"""Read and write mail line by line: no repainting, no colours, a real cursor. For screen readers, and for terminals
that cannot do more. The same as `tui-mail --linear`. Examples:

  tui-mail linear
  TERM=dumb tui-mail linear --profile work
"""

import argparse
import importlib

from tui_mail.cli.profile import profile_paths
from tui_mail.model.paths import DEFAULT_PROFILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``tui-mail linear``."""
    parser.add_argument("--profile", default=DEFAULT_PROFILE, metavar="NAME", help="which profile (default: default)")


def run(args: argparse.Namespace) -> int:
    """Talk until the person leaves."""
    return int(importlib.import_module("tui_mail.ui.linear.session").main(profile_paths(args)))
