"""What every request passes first: is it meant for this server, does it come from its own pages, may it come at all?

Hosts are checked since a name in a web page may be made to point at this machine (DNS rebinding). Requests of other
sites' pages are refused, and since no header allows them, a browser shows them no answer either.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graphrag_drift.errors import SettingsError
from graphrag_drift.server.faults import Refused
from graphrag_drift.server.page import sign_in_page

COOKIE = "graphrag_drift"
OPEN_PATHS = frozenset({"/healthz", "/login"})
SHORTEST_TOKEN = 16  # characters
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with "no-referrer" a browser would hide the origin of the sign-in form, too
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def check_address(host: str, token: str) -> None:
    """Raises: SettingsError, if others could come to the address without a token, or the token is easily guessed."""
    if token and len(token) < SHORTEST_TOKEN:
        raise SettingsError(f"the token has {len(token)} characters; take {SHORTEST_TOKEN} or more, at random")
    if not re.fullmatch(r"[!-~]*", token):
        raise SettingsError("the token has a character that no header carries; take letters and digits of ASCII")
    if not token and not _is_loopback(host):
        raise SettingsError(
            f"others could come to {host!r} without a token; give one with --token, or serve at 127.0.0.1 only"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Guard:
    """Lets requests for one of `hosts`, or an address in digits, through to `app`; with the token, if there is one.

    Who lacks it is shown a form to sign in, if the application has `pages`.
    """

    def __init__(self, app: ASGIApp, *, token: str = "", hosts: Iterable[str] = (), pages: bool = True) -> None:
        self._app = app
        self._pages = pages
        self._token = token
        self._hosts = frozenset(host.casefold() for host in hosts) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        response = self._refuse(scope, Headers(scope=scope))
        await (response or self._app)(scope, receive, sealed)

    def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        """The response to a request that may not go on; None, if it may."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return _refused(Refused(400, "unknown_host", "this server does not go by that name; see --allow-host"))
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].casefold() != host.casefold():
            return _refused(Refused(403, "foreign_origin", "pages of other sites may not ask this server"))
        if not self._token or scope["path"] in OPEN_PATHS or self._knows(headers):
            return None
        if self._pages and scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
            page, policy = sign_in_page()
            return HTMLResponse(page, 401, {"content-security-policy": policy})
        message = "the token is missing or wrong; send it as the header 'Authorization: Bearer TOKEN'"
        return _refused(Refused(401, "invalid_api_key", message, {"WWW-Authenticate": "Bearer"}))

    def _is_ours(self, host: str) -> bool:
        """Whether a Host header names this server; an address in digits cannot be made to point elsewhere."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        try:
            ip_address(name)
        except ValueError:
            return name in self._hosts
        return True

    def _knows(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.casefold() == "bearer" and same(given.strip(), self._token):
            return True
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return morsel is not None and same(morsel.value, session_of(self._token))


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def session_of(token: str) -> str:
    """What a browser keeps in the place of the token."""
    return hmac.new(token.encode(), b"session of the explorer", sha256).hexdigest()


def _refused(error: Refused) -> JSONResponse:
    return JSONResponse(error.as_json(), error.status, error.headers)
