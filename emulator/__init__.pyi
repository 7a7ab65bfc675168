from emulator.client.asynchronous import AsyncSandbox as AsyncSandbox
from emulator.client.sandbox import Sandbox as Sandbox
from emulator.client.server import Server as Server
from emulator.client.server import connect as connect
from emulator.client.server import start as start
from emulator.client.telling import DidNotHappen as DidNotHappen

__version__: str
