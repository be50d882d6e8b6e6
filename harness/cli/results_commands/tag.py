"""`harness results tag`: give runs names, by which they are found and kept."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import Results


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command()(tag)


def tag(
    run: Annotated[str, typer.Argument(help="The run.")],
    name: Annotated[str, typer.Argument(help="Its name; several runs may have it.")],
    move: Annotated[
        bool, typer.Option("--move", help="Take the name from all other runs.")
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Take the name from this run instead.")
    ] = False,
    results: Results = None,
) -> None:
    """Give a run a name. A run that has one is not pruned.

    Example:

    `harness results tag last baseline --move`
    """
    from harness.results.kept import open_kept
    from harness.results.tagging import require_tag

    require_tag(name)
    store = open_kept(results)
    for found in store.resolve(run, sessions=True):
        if delete:
            gone = store.untag(found.id, name)
            typer.echo(f"run {found.id[:8]} {'was' if gone else 'is not'} called {name}", err=True)
        else:
            store.tag(found.id, name, move=move)
            typer.echo(f"run {found.id[:8]} is called {name}", err=True)
