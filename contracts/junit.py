"""A report as JUnit XML, in the file that `--junit` names."""

from __future__ import annotations

from pathlib import Path

from emulator.errors import UsageError

__all__ = ["write_junit"]


def write_junit(file: str, report: bytes) -> None:
    """Raises `UsageError` if it cannot be written."""
    try:
        Path(file).write_bytes(report)
    except OSError as error:
        raise UsageError(f"--junit: cannot write {file} ({error.strerror})") from error
