"""The application of `ringback demo`: an appointment reminder on the telephone, as its author would write it.

It knows nothing of the emulator: it answers the provider's webhooks with the provider's documents.
"""

import socket
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SPOKEN = "Hello, this is your dentist. You have an appointment tomorrow at nine. Press 1 to confirm."


def xml(verbs: str) -> Response:
    return Response(f"<Response>{verbs}</Response>", media_type="application/xml")


async def answer(request: Request) -> Response:
    return xml(
        f"""
        <Gather action="{request.base_url}choice" method="POST" numDigits="1" executionTimeout="10">
            <Speak>{SPOKEN}</Speak>
        </Gather>
        <Speak>We did not hear you. Goodbye.</Speak>
        """
    )


async def choice(request: Request) -> Response:
    form = parse_qs((await request.body()).decode())
    if form.get("Digits") == ["1"]:
        return xml("<Speak>Thank you, see you tomorrow.</Speak><Hangup/>")
    return xml("<Speak>Please call us back. Goodbye.</Speak><Hangup/>")


async def voxml(request: Request) -> Response:
    say, action = {"text": SPOKEN}, f"{request.base_url}voxml/choice"
    return instructions({"verb": "Gather", "action_url": action, "num_digits": 1, "timeout": 10, "say": say})


async def voxml_choice(request: Request) -> Response:
    return instructions({"verb": "Say", "text": "Thank you, see you tomorrow."}, {"verb": "Hangup"})


def instructions(*verbs: dict[str, object]) -> Response:
    return JSONResponse({"voxml_version": "1.0", "instructions": verbs})


async def verbs(request: Request) -> Response:
    hook = f"{request.base_url}verbs/choice"
    gather = {"verb": "gather", "input": ["digits"], "numDigits": 1, "actionHook": hook, "say": {"text": SPOKEN}}
    return JSONResponse([gather])


async def verbs_choice(request: Request) -> Response:
    return JSONResponse([{"verb": "say", "text": "Thank you, see you tomorrow."}, {"verb": "hangup"}])


async def noted(request: Request) -> Response:
    return Response()


app = Starlette(
    routes=[
        Route("/answer", answer, methods=["POST"]),
        Route("/choice", choice, methods=["POST"]),
        Route("/voxml", voxml, methods=["POST"]),
        Route("/voxml/choice", voxml_choice, methods=["POST"]),
        Route("/verbs", verbs, methods=["POST"]),
        Route("/verbs/choice", verbs_choice, methods=["POST"]),
        Route("/ring", noted, methods=["POST"]),
        Route("/hangup", noted, methods=["POST"]),
        Route("/noted", noted, methods=["POST"]),
    ]
)

if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
