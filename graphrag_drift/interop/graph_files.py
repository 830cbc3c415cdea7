"""An index -> its graph as one file that others draw: GraphML, GEXF, node-link JSON.

Entities carry their community, kind, size, colour and place, those of the explorer, so that a drawing begins with a
picture. Descriptions are whole; text units and reports are in the tables.
"""

from __future__ import annotations

import colorsys
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from graphrag_drift.layout import layout
from graphrag_drift.printable import xml_text
from graphrag_drift.query.graph import Graph

if TYPE_CHECKING:
    import networkx as nx

_SCALE = 1000.0  # units of drawing programs, whose circles are some ten across
_SMALLEST, _GROWTH = 6.0, 4.0  # of a circle: for no relationship, and for the root of their number
_HUE = 0.618034  # of a turn between the colours of communities: no two in a row look alike
_NONE = (153, 153, 153)
_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n'
_WHEN = re.compile(r' lastmodifieddate="[^"]*"')  # the same index gives the same bytes on any day


def graph_with_places(graph: Graph) -> nx.Graph:
    """Entities by title and relationships as `Graph.to_networkx`, entities also with id, label, community,
    community_title, size, x, y, r, g, b.

    `community` is that of level 0, -1 for none; x and y are within 1000 of the middle; y points up.
    """
    made = graph.to_networkx()
    roots = graph.root_communities
    places = layout(graph.ends, roots, graph.relationship_weights) * _SCALE
    titles = {number: graph.report_rows[row]["title"] for number, row in graph.report_of.items()}
    ids = graph.entities["id"].to_list()
    degrees = graph.entities["degree"].to_list()
    for row, title in enumerate(graph.entities["title"]):
        number = int(roots[row])
        red, green, blue = _colour(number)
        made.nodes[title].update(
            id=ids[row],
            label=title,
            community=number,
            community_title=titles.get(number, ""),
            size=round(_SMALLEST + _GROWTH * float(np.sqrt(degrees[row])), 2),
            x=round(float(places[row, 0]), 2),
            y=round(float(places[row, 1]), 2),
            r=red,
            g=green,
            b=blue,
        )
    return made


def _colour(community: int) -> tuple[int, int, int]:
    if community < 0:
        return _NONE
    red, green, blue = colorsys.hls_to_rgb(community * _HUE % 1.0, 0.5, 0.6)
    return round(red * 255), round(green * 255), round(blue * 255)


def write_graphml(graph: Graph, path: Path) -> None:
    """Raises: OSError."""
    import networkx as nx

    nx.write_graphml(_printable(graph_with_places(graph)), path)


def write_gexf(graph: Graph, path: Path) -> None:
    """Places, sizes and colours as Gephi's own. Raises: OSError."""
    import networkx as nx

    made = _printable(graph_with_places(graph))
    for _, row in made.nodes(data=True):
        position = {"x": row.pop("x"), "y": row.pop("y"), "z": 0.0}
        colour = {name: row.pop(name) for name in ("r", "g", "b")}
        row["viz"] = {"position": position, "size": row.pop("size"), "color": {**colour, "a": 1.0}}
        row["entity_id"] = row.pop("id")  # GEXF's own is the title
    text = "\n".join(nx.generate_gexf(made))
    path.write_text(_HEADER + _WHEN.sub("", text, count=1) + "\n", encoding="utf-8")


def write_node_link(graph: Graph, path: Path) -> None:
    """{"nodes": [{"id": title, ...}], "links": [{"source", "target", ...}]}, as D3 reads it. Raises: OSError."""
    made = graph_with_places(graph)
    nodes = [{**row, "entity_id": row["id"], "id": title} for title, row in made.nodes(data=True)]
    links = [{"source": source, "target": target, **row} for source, target, row in made.edges(data=True)]
    content = {"directed": False, "multigraph": False, "graph": {}, "nodes": nodes, "links": links}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _printable(made: nx.Graph) -> nx.Graph:
    """`made` with what XML may not hold replaced."""
    import networkx as nx

    holders: list[dict[str, Any]] = [row for _, row in made.nodes(data=True)]
    holders += [row for *_, row in made.edges(data=True)]
    for row in holders:
        row.update({name: xml_text(value) for name, value in row.items() if isinstance(value, str)})
    return nx.relabel_nodes(made, xml_text)
