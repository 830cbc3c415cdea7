"""The tools of an index under the Model Context Protocol: over standard input and output, or streamable HTTP.

What the tools do is in `tools.py`. DRIFT's answers have a page of their own, `static/tree.html`, which clients that
support MCP Apps show in the conversation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Annotated

from mcp.server.apps import Apps, ResourceCsp
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field
from starlette.applications import Starlette

from graphrag_drift.errors import GraphRAGError
from graphrag_drift.query import METHODS
from graphrag_drift.server import tools
from graphrag_drift.server.faults import refusal
from graphrag_drift.server.guard import Guard
from graphrag_drift.server.live_index import LiveIndex
from graphrag_drift.server.requests import FilterOptions
from graphrag_drift.server.tools import (
    AnswerOutput,
    Documents,
    EntityOutput,
    History,
    HitsOutput,
    Name,
    NeighboursOutput,
    Question,
    ReadingOutput,
    ReportsOutput,
)
from graphrag_drift.values import Answer, Event
from graphrag_drift.versions import package_version

TREE = "ui://graphrag-drift/tree.html"
PATH = "/mcp"
_ALL = FilterOptions()
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_INSTRUCTIONS = """\
An index of documents with a knowledge graph. `search` finds passages, `read` shows what stands around one, `entity` and
`neighbours` say who somebody is and whom it is related to, `reports` sum up topics. `ask` answers a question with
citations; `drift` looks further, by follow-up questions of its own. Spans are characters of a document, whose whole
text is the resource graphrag://document/{id}."""
_Answered = Annotated[CallToolResult, AnswerOutput]


def create_server(live: LiveIndex) -> MCPServer:
    """A server whose tools work on `live`; whoever made that closes it."""
    apps = Apps()
    _add_drift(apps, live)
    server = MCPServer(
        "graphrag-drift",
        title="Documents as a knowledge graph",
        instructions=_INSTRUCTIONS,
        version=package_version(),
        extensions=[apps],
        log_level="WARNING",
    )
    _add_lookups(server, live)
    _add_graph(server, live)
    _add_ask(server, live)
    return server


def http_app(server: MCPServer, live: LiveIndex, *, token: str = "", hosts: Sequence[str] = ()) -> Starlette:
    """The application that speaks streamable HTTP at /mcp, and passes requests as `Guard` does."""
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        max_request_body_size=live.limits.body,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # that is the guard's part
    )
    app.add_middleware(Guard, token=token, hosts=hosts, pages=False)
    return app


@contextmanager
def _explained() -> Iterator[None]:
    """Tell an agent what is wrong with what it asked for."""
    try:
        yield
    except GraphRAGError as error:
        raise ToolError(str(refusal(error))) from error


def _add_lookups(server: MCPServer, live: LiveIndex) -> None:
    @server.tool(title="Search passages", annotations=_READS)
    async def search(
        question: Question, k: Annotated[int, Field(ge=1, le=50)] = 8, documents: Documents = _ALL
    ) -> HitsOutput:
        """Find the passages that fit a question best, with where they stand. Costs no model call."""
        with _explained():
            return HitsOutput(await tools.search(live, question, k, documents))

    @server.tool(title="Read a document", annotations=_READS)
    async def read(
        document_id: Annotated[str, Field(min_length=1, max_length=100)],
        start: Annotated[int, Field(ge=0)] = 0,
        end: Annotated[int | None, Field(description="None: the end of the passage that holds start.")] = None,
        neighbours: Annotated[int, Field(ge=0, le=20, description="Passages to show before and after.")] = 1,
    ) -> ReadingOutput:
        """Read the characters from start to end of a document, and what stands around them."""
        with _explained():
            return ReadingOutput(await tools.read(live, document_id, start, end, neighbours))

    @server.resource("graphrag://document/{id}", title="A document", mime_type="text/plain")
    async def document(id: str) -> str:
        """The whole text of a document, whose characters spans count."""
        try:
            return await tools.document(live, id)
        except GraphRAGError as error:
            raise ResourceNotFoundError(str(refusal(error))) from error


def _add_graph(server: MCPServer, live: LiveIndex) -> None:
    @server.tool(title="Who or what is it", annotations=_READS)
    async def entity(name: Name) -> EntityOutput:
        """Say who or what a name stands for: description, other names and why, neighbours, dated passages, reports."""
        with _explained():
            return EntityOutput(await tools.entity(live, name))

    @server.tool(title="Neighbours in the graph", annotations=_READS)
    async def neighbours(name: Name, k: Annotated[int, Field(ge=1, le=200)] = 20) -> NeighboursOutput:
        """List whom and what somebody is related to, strongest first, with the sentences that say so."""
        with _explained():
            return NeighboursOutput(await tools.neighbours(live, name, k))

    @server.tool(title="Reports on topics", annotations=_READS)
    async def reports(
        question: Annotated[str, Field(max_length=10_000, description="Empty: the broadest topics.")] = "",
        k: Annotated[int, Field(ge=1, le=50)] = 5,
    ) -> ReportsOutput:
        """Show the reports on the topics that a question is about, each with its findings."""
        with _explained():
            return ReportsOutput(await tools.reports(live, question, k))


def _add_ask(server: MCPServer, live: LiveIndex) -> None:
    @server.tool(title="Ask", annotations=_READS)
    async def ask(
        question: Question,
        ctx: Context,
        method: Annotated[str, Field(description=f"One of {', '.join(METHODS)}.")] = "auto",
        history: History = [],  # noqa: B006 - it is shown as the default, and not changed
        documents: Documents = _ALL,
    ) -> _Answered:
        """Answer a question from the documents, with citations."""
        with _explained():
            return _content(await tools.ask(live, question, method, history, documents, _Progress(ctx)))


def _add_drift(apps: Apps, live: LiveIndex) -> None:
    @apps.tool(resource_uri=TREE, title="Look into it", annotations=_READS)
    async def drift(
        question: Question,
        ctx: Context,
        history: History = [],  # noqa: B006 - as in `ask`
        documents: Documents = _ALL,
    ) -> _Answered:
        """Answer a question that needs several steps: DRIFT asks follow-up questions, and shows the tree of them."""
        with _explained():
            return _content(await tools.ask(live, question, "drift", history, documents, _Progress(ctx)))

    html = files("graphrag_drift.server").joinpath("static/tree.html").read_text("utf-8")
    nowhere = ResourceCsp(connect_domains=[], resource_domains=[])
    apps.add_html_resource(TREE, html, title="DRIFT's tree of questions", csp=nowhere, prefers_border=True)


class _Progress:
    """Tells a client that wants to know what DRIFT asks on its way."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._steps = 0

    async def __call__(self, event: Event) -> None:
        if event.kind in ("routed", "asked", "mapped", "tested"):
            self._steps += 1
            await self._context.report_progress(self._steps, None, event.text.strip().split("\n", 1)[0])


def _content(answer: Answer) -> CallToolResult:
    text = TextContent(type="text", text=tools.answer_text(answer))
    return CallToolResult(content=[text], structured_content=AnswerOutput(answer).model_dump(mode="json"))
