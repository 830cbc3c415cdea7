"""The commands towards other programs: import and export."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from graphrag_drift.cli.options import (
    PARTIAL,
    cli,
    index_option,
    json_option,
    print_json,
    root_option,
    settings_of,
    verbose_option,
)
from graphrag_drift.printable import clean

_KINDS = ("graphml", "gexf", "json", "csv", "jsonl", "neo4j", "microsoft", "lancedb")


def translate_project(theirs: Path, root: Path, *, force: bool, as_json: bool) -> None:
    """`init --from`: write the settings that Microsoft's say in ours, and tell what they do not."""
    from graphrag_drift.commands.translate import translate_settings

    done = translate_settings(theirs, root, force=force)
    if as_json:
        print_json(done.as_json())
        return
    click.echo(clean(f"Wrote {done.file}, from settings of Microsoft GraphRAG {done.translation.version}."))
    if done.kept is not None:
        click.echo(f"Theirs are kept as {done.kept}.")
    click.echo(clean(f"Carried over: {', '.join(done.translation.mapped)}."))
    if done.translation.unmapped:
        click.echo(
            clean("Not carried over:\n" + "".join(f"  - {each}\n" for each in done.translation.unmapped)), nl=False
        )
    if done.index is not None:
        click.echo(f"There is an index of Microsoft's; take it over: graphrag-drift import {done.index} -r {root}")
    else:
        click.echo(f"What indexing would cost is told by: graphrag-drift index --estimate -r {root}")


@cli.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@root_option
@click.option("--embed-anew", is_flag=True, help="Make all vectors, with the embedder of the settings.")
@click.option("--force", "-f", is_flag=True, help="Replace an index that was made from documents.")
@verbose_option
@json_option
def import_(path: Path, root: Path, embed_anew: bool, force: bool, verbose: bool, as_json: bool) -> None:
    """Take over an index of Microsoft GraphRAG, or a graph of your own: entities and relationships (CSV, parquet) or
    GraphML.

    What was paid for (entities, relationships, communities, reports, vectors) is kept; what is missing is made.
    """
    from graphrag_drift.cli.progress import index_progress
    from graphrag_drift.commands.import_index import import_index
    from graphrag_drift.metering import metered

    settings = settings_of(root)
    with metered() as meter, index_progress(verbose=verbose, meter=meter) as observe:
        done = import_index(path, settings, anew=embed_anew, force=force, observe=observe)
    counts = {name: rows for name, rows in done.manifest.counts.items() if "/" not in name}
    failures = done.failures.rows(named=True)
    if as_json:
        notices = list(done.notices)
        print_json({"generation": done.manifest.generation, "counts": counts, "failures": failures, "notices": notices})
    else:
        names = ("documents", "text_units", "entities", "relationships", "communities")
        parts = ", ".join(f"{counts.get(name, 0)} {name.replace('_', ' ')}" for name in names)
        click.echo(
            f"Imported {parts} and {counts.get('community_reports', 0)} reports into {settings.output_folder};"
            f" {f'paid for: {meter.usage}' if meter.usage.calls else 'no model was paid'}."
        )
        click.echo("".join(f"Note: {clean(notice)}.\n" for notice in done.notices), nl=False)
        click.echo(
            "".join(clean(f"Set aside: {row['item']}: {row['reason']}.\n") for row in failures), nl=False, err=True
        )
    if failures:
        sys.exit(PARTIAL)


@cli.command()
@index_option
@click.option("--format", "-f", "kind", type=click.Choice(_KINDS), default="graphml", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="A file (graphml, gexf, json) or a folder.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="A page to explore it, without a server.")
@json_option
def export(root: Path | str, kind: str, output: Path | None, html: Path | None, as_json: bool) -> None:
    """Write the graph with its layout as GraphML, GEXF (Gephi) or node-link JSON (D3), the tables as CSV or JSONL, as
    CSV for Neo4j's bulk import or as an index of Microsoft GraphRAG, or the vectors as LanceDB.

    --html writes one page for people instead: graph, topics, documents, overview.
    """
    from graphrag_drift.commands.export import export_index
    from graphrag_drift.store.store import Store

    if (output is None) == (html is None):
        raise click.UsageError("say where to: either --output, or --html for a page")
    store = Store(settings_of(root, reads=True).output_folder)
    if html is not None:
        from graphrag_drift.server.page import write_explorer

        write_explorer(store, html)
        written = [html]
    elif output is not None:
        written = export_index(store, kind, output)
    if as_json:
        print_json({"written": [str(path) for path in written]})
        return
    click.echo("\n".join(f"Wrote {path}" for path in written))
    if kind == "neo4j" and output is not None:
        click.echo(_neo4j_command(written))


_NODES = ("entities", "text_units", "documents", "communities")


def _neo4j_command(written: list[Path]) -> str:
    """What a user types next."""
    nodes = [f"--nodes={path}" for path in written if path.stem in _NODES]
    others = [f"--relationships={path}" for path in written if path.stem not in _NODES]
    options = " ".join([*nodes, *others])
    return f"Then: neo4j-admin database import full --multiline-fields=true {options} neo4j"
