"""Ringback: a telephone company in a box, in Python.

`start` and `connect` give a `Sandbox`; each name is imported when it is first asked for, so that importing a part of
Ringback costs that part. Their types are in `__init__.pyi`.
"""

__all__ = ["AsyncSandbox", "DidNotHappen", "Sandbox", "Server", "__version__", "connect", "start"]
__version__ = "0.1.0"

_WHERE = {
    "AsyncSandbox": "emulator.client.asynchronous",
    "DidNotHappen": "emulator.client.telling",
    "Sandbox": "emulator.client.sandbox",
    "Server": "emulator.client.server",
    "connect": "emulator.client.server",
    "start": "emulator.client.server",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'emulator' has no attribute {name!r}; it has {', '.join(__all__)}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
