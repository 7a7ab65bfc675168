"""What we are measured against: a bare Starlette application on uvicorn, with the same objects and nothing behind them.

Run as `python peers.py PORT`. `GET /calls` serialises twenty ids from a dict; `POST /calls` stores the body in one.
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

LIVE: dict[str, dict[str, Any]] = {str(UUID(int=(7 << 120) + number)): {"state": "ringing"} for number in range(20)}
STORED: dict[str, dict[str, Any]] = {}


async def live(request: Request) -> JSONResponse:
    return JSONResponse({"api_id": str(UUID(int=len(STORED))), "calls": list(LIVE)})


async def make(request: Request) -> JSONResponse:
    name = str(UUID(int=len(STORED)))
    STORED[name] = await request.json()
    return JSONResponse({"api_id": name, "message": "call fired", "request_uuid": name}, 201)


app = Starlette(routes=[Route("/calls", live), Route("/calls", make, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", access_log=False, log_level="warning"
    )
