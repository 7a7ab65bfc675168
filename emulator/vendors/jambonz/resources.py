"""The account itself, and its conferences and queues."""

from __future__ import annotations

from fnmatch import fnmatchcase

from emulator.vendors.jambonz.accounts import account, new_secret
from emulator.vendors.jambonz.serving import Answer, Asking

__all__ = ["conferences", "list_accounts", "queues", "retrieve_account", "webhook_secret"]


def list_accounts(asking: Asking) -> Answer:
    return 200, [account(asking.sandbox)]


def retrieve_account(asking: Asking) -> Answer:
    """JAMBONZ-76."""
    return 200, account(asking.sandbox)


def webhook_secret(asking: Asking) -> Answer:
    """JAMBONZ-75: `?regenerate` makes a new one, used from the next hook on."""
    owner, records = account(asking.sandbox), asking.sandbox.records
    if "regenerate" in asking.query:
        made = int((records.get("counter", "secret") or {"count": 0})["count"]) + 1
        records.put("counter", "secret", {"count": made})
        owner = {**owner, "webhook_secret": new_secret(asking.sandbox.ids, str(made))}
        records.put("account", "main", owner)
    return 200, {"webhook_secret": owner["webhook_secret"]}


def conferences(asking: Asking) -> Answer:
    """JAMBONZ-74: names alone."""
    return 200, [room.name for room in asking.sandbox.rooms()]


def queues(asking: Asking) -> Answer:
    """JAMBONZ-74: `search` is a pattern with `*` and `?`."""
    wanted = asking.query.get("search") or "*"
    found = [queue for queue in asking.sandbox.queues() if fnmatchcase(queue.name, wanted)]
    return 200, [{"name": queue.name, "length": len(queue.waiters)} for queue in found]
