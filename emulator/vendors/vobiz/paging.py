"""Lists of objects that are asked for with `limit` and `offset`: what stands on a page, and its `meta`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from emulator.vendors.vobiz.serving import Asking

__all__ = ["Page"]

PER_PAGE: Final = 20
MOST: Final = 100

T = TypeVar("T")


class Page:
    """The one that is asked for. Raises `Rejected` for a limit or an offset that there is not."""

    def __init__(self, asking: Asking) -> None:
        fields = asking.filters()
        self._account = asking.account
        self._limit = min(fields.integer("limit", 1) or PER_PAGE, MOST)
        self._offset = fields.integer("offset", 0) or 0

    def of(self, found: Sequence[T]) -> Sequence[T]:
        return found[self._offset : self._offset + self._limit]

    def meta(self, resource: str, count: int) -> dict[str, Any]:
        """VOBIZ-75, VOBIZ-106: `next` is "" on the last page, `previous` null on the first."""
        limit, offset = self._limit, self._offset
        path = f"/api/v1/Account/{self._account}/{resource}/?limit={limit}&offset="
        return {
            "limit": limit,
            "next": f"{path}{offset + limit}" if offset + limit < count else "",
            "offset": offset,
            "previous": f"{path}{max(0, offset - limit)}" if offset else None,
            "total_count": count,
        }
