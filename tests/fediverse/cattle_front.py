"""The reverse proxy cattle-grid is meant to stand behind, in the same process.

It asks `/auth/auth` about every request and passes the verdict on in `X-Cattle-Grid-Requester`, with the public URL
in `X-Ap-Location`; the paths the world knows lie under `/ap` and `/auth` inside.
"""

import os
from typing import Any

import httpx
from cattle_grid import create_app
from fastapi import FastAPI, Request, Response

DOMAIN = os.environ["DOMAIN"]
ORIGIN = f"https://{DOMAIN}"

grid = create_app(run_migration=False)
inner = httpx.AsyncClient(transport=httpx.ASGITransport(app=grid), base_url="http://inner", timeout=30)
arrivals: list[dict[str, Any]] = []  # every POST, also the refused
front = FastAPI(openapi_url=None)


def _scheme(headers: Any) -> str:
    if "signature-input" in headers:
        return "rfc9421"
    return "cavage" if "signature" in headers else "none"


def _inner_path(path: str, resource: str) -> str:
    """Where cattle-grid serves what the world knows under path."""
    if path == "/fetch_actor":
        return "/auth/cattle_grid_actor"
    if path == "/.well-known/webfinger" and resource == f"acct:fetch@{DOMAIN}":
        return "/auth/.well-known/webfinger"
    return "/ap" + path


async def _verdict(method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """The answer of the auth endpoint; 500 if it breaks, as nginx would say."""
    asked = {k: v for k, v in headers.items() if k != "content-length"} | {
        "x-original-method": method,
        "x-original-uri": path,
        "x-original-host": DOMAIN,
        "x-forwarded-proto": "https",
    }
    try:
        return await inner.get("/auth/auth", headers=asked)
    except Exception as error:
        print("the auth endpoint broke:", repr(error), flush=True)
        return httpx.Response(500)


@front.api_route("/{path:path}", methods=["GET", "POST", "HEAD"])
async def proxy(request: Request, path: str) -> Response:
    """Asks the auth endpoint, then passes the request on with its verdict."""
    headers = {k: v for k, v in request.headers.items() if not k.startswith(("x-cattle-grid", "x-ap", "x-original"))}
    path = "/" + path
    told = {"x-ap-location": ORIGIN + path}
    if path != "/fetch_actor" and not path.startswith("/.well-known/"):
        verdict = await _verdict(request.method, path, headers)
        if request.method == "POST":
            arrivals.append({"scheme": _scheme(headers), "status": verdict.status_code, "path": path})
        if verdict.status_code != 200:
            return Response(status_code=verdict.status_code)
        told |= {k: v for k, v in verdict.headers.items() if k.startswith("x-cattle-grid")}
    answer = await inner.request(
        request.method,
        _inner_path(path, request.query_params.get("resource", "")),
        params=dict(request.query_params),
        headers=headers | told,
        content=await request.body(),
    )
    passed = {k: v for k, v in answer.headers.items() if k in ("content-type", "location")}
    return Response(answer.content, answer.status_code, passed)
