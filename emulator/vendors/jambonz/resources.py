"""The account itself, and the resources that are always empty here."""

from __future__ import annotations

from emulator.vendors.jambonz.accounts import account, new_secret
from emulator.vendors.jambonz.serving import Answer, Asking

__all__ = ["list_accounts", "nothing", "retrieve_account", "webhook_secret"]


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


def nothing(asking: Asking) -> Answer:
    """JAMBONZ-74: conferences and queues; the verbs that fill them are not emulated."""
    return 200, []
