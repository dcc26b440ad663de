"""Coverage-guided fuzzing with atheris (`pip install -e '.[fuzz]'`).

    nice python -m tests.fuzz TARGET [--minutes 10] [--findings FOLDER]

Begins with the corpus of `corpus.py`, ends after the given time, and prints libFuzzer's own counts. An input that
breaks a promise of `bounds.py` is written to the findings folder and ends the run with an error.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

MAX_INPUT_BYTES = 100_000


def main() -> None:
    """One campaign."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("target")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    with atheris.instrument_imports(include=["tui_mail"]):
        from tests.fuzz.bounds import keep_bounds
        from tests.fuzz.corpus import seeds
        from tests.fuzz.targets import TARGETS
    target = TARGETS[options.target]
    folder = tempfile.mkdtemp(prefix="fuzz-")
    found = seeds(options.target)
    for number, seed in enumerate(found):
        (Path(folder) / f"seed{number}").write_bytes(seed)
        keep_bounds(target, seed)
    print(f"{options.target}: {len(found)} seeds", flush=True)
    arguments = [
        sys.argv[0],
        folder,
        f"-max_total_time={int(options.minutes * 60)}",
        f"-max_len={MAX_INPUT_BYTES}",
        f"-artifact_prefix={options.findings}/{options.target}-",
        "-timeout=30",
        "-rss_limit_mb=1500",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup(arguments, lambda data: keep_bounds(target, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
