"""Which environment variables hold the credentials of a live account, by their names in `walk.headers` and in paths."""

from __future__ import annotations

from typing import Final

__all__ = ["ENVIRONMENT"]

ENVIRONMENT: Final = {"auth_id": "VOBIZ_AUTH_ID", "auth_token": "VOBIZ_AUTH_TOKEN"}
