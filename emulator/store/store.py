"""The records of one sandbox, and the one place that changes them.

Theory of operation. A record is a JSON object under (vendor, kind, key). Kinds and keys keep the order in which they
first came; putting a known key replaces its record in place. Every change is told to `on_write` before it is made, so
that what the journal refuses to take does not happen, and a store is the fold of what it told: `apply` repeats such a
write without telling it again. A record is copied when it is put, and never changed by us afterwards; whoever reads
one must not change it either. Vendors see their own records only, through `facade`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["OnWrite", "Store", "VendorRecords"]

OnWrite = Callable[[str, str, str, Mapping[str, Any] | None], None]
"""Called with vendor, kind, key and the record, or None when it is deleted."""

Kinds = dict[str, dict[str, Mapping[str, Any]]]


class Store:
    """Every vendor's records in one sandbox."""

    __slots__ = ("_kinds", "_on_write")

    def __init__(self, on_write: OnWrite) -> None:
        self._on_write = on_write
        self._kinds: dict[str, Kinds] = {}

    def facade(self, vendor: str) -> VendorRecords:
        """`vendor`'s own records; two facades of one vendor show the same ones."""
        return VendorRecords(vendor, self._kinds.setdefault(vendor, {}), self._on_write)

    def apply(self, vendor: str, kind: str, key: str, record: Mapping[str, Any] | None) -> None:
        """A write that was told before: made, not told again."""
        _write(self._kinds.setdefault(vendor, {}), kind, key, record)

    def writes(self) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
        """The shortest row of writes that makes this store: (vendor, kind, key, record), by vendor and kind."""
        for vendor, kinds in sorted(self._kinds.items()):
            for kind, records in sorted(kinds.items()):
                for key, record in records.items():
                    yield vendor, kind, key, record


class VendorRecords:
    """One vendor's records: `emulator.vendor_api.Records`."""

    __slots__ = ("_kinds", "_on_write", "_vendor")

    def __init__(self, vendor: str, kinds: Kinds, on_write: OnWrite) -> None:
        self._vendor, self._kinds, self._on_write = vendor, kinds, on_write

    def get(self, kind: str, key: str) -> Mapping[str, Any] | None:
        """None when there is none. Not to be changed in place."""
        records = self._kinds.get(kind)
        return None if records is None else records.get(key)

    def all(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """In the order their keys first came, as they are now: writing meanwhile changes nothing that is read."""
        return iter(tuple(self._kinds.get(kind, {}).values()))

    def put(self, kind: str, key: str, record: Mapping[str, Any]) -> None:
        """Keep a copy of `record`, in the place of the one that had this key."""
        kept = dict(record)
        self._on_write(self._vendor, kind, key, kept)
        _write(self._kinds, kind, key, kept)

    def delete(self, kind: str, key: str) -> None:
        """Nothing happens, and nothing is told, when there is no such record."""
        if self.get(kind, key) is not None:
            self._on_write(self._vendor, kind, key, None)
            _write(self._kinds, kind, key, None)


def _write(kinds: Kinds, kind: str, key: str, record: Mapping[str, Any] | None) -> None:
    if record is not None:
        kinds.setdefault(kind, {})[key] = record
    else:
        kinds.get(kind, {}).pop(key, None)
