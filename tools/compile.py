"""`make compile`: translate what each mail and each event goes through to machine code, by mypyc (ADR 0080).

The same sources, compiled to modules that Python prefers; `make plain` takes them away again. What was compiled from
unchanged sources is kept and put back at once. `--quick` leaves out the C compiler's optimizer, for tests.
"""

import hashlib
import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from constructors import with_constructors

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = ROOT / ".local" / "compiled"
SUFFIX: Final = str(sysconfig.get_config_var("EXT_SUFFIX"))
PACKAGES: Final = ("schedules", "worker")
GROUP: Final = "backorder"
WHOLE: Final = ("schedules", "worker/updates")
LEFT: Final = frozenset({"__init__", "kinds", "values"})
"""`values` makes the dataclasses that compiled modules are made of; `kinds` tells event schemas what its words mean."""
SINGLE: Final = {
    "worker": "isotext links places presets",
    "worker/delivery": "attendant conversation lanes rest wire",
    "worker/rendering": "attachment environment formatting mime phrasebook reading",
    "worker/storage": (
        "codec columns direct endings events instances journal mails new_mails planning registers rows rowtypes"
        " sellers sets stepping straight threads values"
    ),
    "worker/usecases": (
        "aftermath apply_events at_once claimed drafts flight folding following in_one_go journaling losing low_water"
        " owing parts plan_due posting record_events refold save_threads saying send_due settle settling work"
    ),
}
"""What is left out, and why: ADR 0080."""


def sources() -> list[Path]:
    """Give the sources that are compiled, in a fixed order."""
    whole = (path for folder in WHOLE for path in (ROOT / folder).glob("*.py") if path.stem not in LEFT)
    single = (ROOT / folder / f"{name}.py" for folder, names in SINGLE.items() for name in names.split())
    return sorted([*whole, *single])


def main(arguments: list[str]) -> None:
    """Compile, or put back what was compiled; with `--plain` take it away."""
    for path in found():
        path.unlink()
    if arguments == ["--plain"]:
        return
    level = "0" if arguments == ["--quick"] else "2"
    kept = KEPT / _digest(level)
    if not kept.exists():
        _build(kept, level)
    count = sum(1 for path in _put(kept) if path.parent != ROOT)
    sys.stdout.write(f"{count} modules are compiled; make plain takes them away.\n")


def found() -> Iterator[Path]:
    """Give the compiled modules that lie beside their sources."""
    yield from ROOT.glob("*.so")
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.so")


def _digest(level: str) -> str:
    """Name a state of all sources, whose constants compiled modules hold, of the settings and of the interpreter."""
    kept = hashlib.sha256(f"{level} {sys.version}".encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *_every()):
        kept.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return kept.hexdigest()[:16]


def _put(kept: Path) -> Iterator[Path]:
    """Lay compiled modules beside their sources."""
    for path in sorted(kept.rglob(f"*{SUFFIX}")):
        target = ROOT / path.relative_to(kept)
        shutil.copyfile(path, target)
        yield target


def _build(target: Path, level: str) -> None:
    compiler = str(sysconfig.get_config_var("CC")).split()[0]
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if shutil.which(compiler) is None or not header.exists():
        sys.exit(
            f"found no C compiler {compiler} or no {header}; on Debian: apt-get install gcc python3-dev."
            " Everything runs without compiled modules too, slower."
        )
    from mypyc.build import mypycify  # noqa: PLC0415 - it takes a second, which putting back need not wait for
    from setuptools import setup  # noqa: PLC0415 - as above
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415 - as above

    began = time.monotonic()
    shutil.rmtree(KEPT, ignore_errors=True)
    work = KEPT / "work"
    _copy(work / "sources")
    os.chdir(work / "sources")
    paths = [str(path.relative_to(ROOT)) for path in sources()]
    modules = mypycify(
        paths, opt_level=level, debug_level="0", multi_file=True, target_dir=str(work / "c"), group_name=GROUP
    )
    folders = [f"--build-lib={work / 'lib'}", f"--build-temp={work / 'objects'}"]
    command = {"build_ext": _side_by_side(build_ext)}
    arguments = ["--quiet", "build_ext", *folders]
    setup(name=GROUP, ext_modules=modules, packages=[], cmdclass=command, script_args=arguments)
    (work / "lib").rename(target)
    shutil.rmtree(work)
    sys.stdout.write(f"compiled in {time.monotonic() - began:.0f} s\n")


def _copy(target: Path) -> None:
    """Lay all sources there; those that are compiled get constructors."""
    compiled = set(sources())
    for path in _every():
        there = target / path.relative_to(ROOT)
        there.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        there.write_text(with_constructors(text) if path in compiled else text)


def _every() -> Iterator[Path]:
    return (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))


def _side_by_side(build_ext: Any) -> Any:
    """Give the command with as many C compilers at work as there are cores: nearly all of it is one extension."""

    class SideBySide(build_ext):  # type: ignore[misc]
        def build_extensions(self) -> None:
            one_after_the_other = self.compiler.compile

            def compiled(sources: list[str], *args: Any, **named: Any) -> list[str]:
                with ThreadPoolExecutor(os.cpu_count()) as pool:
                    made = pool.map(lambda source: one_after_the_other([source], *args, **named), sources)
                    return [each for one in made for each in one]

            self.compiler.compile = compiled
            super().build_extensions()

    return SideBySide


if __name__ == "__main__":
    main(sys.argv[1:])
