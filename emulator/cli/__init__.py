"""The front door for people: the `ringback` command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]

USAGE, NOT_STARTED, INTERRUPTED = 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. 0 ok, 1 findings, 2 usage, 3 could not start or reach, 130 interrupted."""
    import click

    from emulator.cli.group import ringback
    from emulator.errors import RingbackError, UsageError

    try:
        code = ringback.main(arguments, prog_name="ringback", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has left: nothing more to say
        return 0
    except UsageError as error:
        print(f"ringback: {error}", file=sys.stderr)
        return USAGE
    except RingbackError as error:
        status = getattr(error, "status", None)  # a server that is there and says no
        print(f"ringback: {error if status is None else _refusal(error)}", file=sys.stderr)
        return USAGE if status not in (None, 500) else int(getattr(error, "exit_code", NOT_STARTED))
    except OSError as error:  # a full disk, a file that is not ours
        print(f"ringback: {error}", file=sys.stderr)
        return NOT_STARTED


def _refusal(error: Exception) -> str:
    """What a server said, without saying a hint twice."""
    message, hint = str(getattr(error, "message", "") or error), str(getattr(error, "hint", ""))
    return f"{message}; {hint}" if hint and hint not in message else message
