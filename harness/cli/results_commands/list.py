"""`harness results list`: the runs that are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from harness.cli.listing import AsJson, show
from harness.cli.options import Results


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command(name="list")(list_runs)


def list_runs(
    tag: Annotated[str, typer.Option(help="Only runs with this tag.", show_default=False)] = "",
    git: Annotated[
        str, typer.Option(help="Only runs of this commit or its beginning.", show_default=False)
    ] = "",
    since: Annotated[
        datetime | None, typer.Option(help="Only runs begun at this time (UTC) or later.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Only runs begun before this time (UTC).")
    ] = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only so many, the last ones.")] = None,
    results: Results = None,
    json: AsJson = False,
) -> None:
    """List the runs, the oldest first.

    Example:

    `harness results list --last 10`
    """
    from harness.domain.selection import RunFilter
    from harness.results.kept import open_kept
    from harness.results.overview import overview

    where = RunFilter(
        sessions=None,
        tag=tag,
        git_prefix=git,
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
        last=last,
    )
    runs = overview(open_kept(results), where)
    show(
        [
            {
                "id": one.run.id if json else one.run.id[:8],
                "started": f"{one.run.started.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
                "tags": list(one.tags),
                "cases": one.cases,
                "failed": one.failed,
                "commit": _commit(one.run.git_commit, one.run.git_dirty, whole=json),
                "host": one.run.host,
                "command_line": one.run.command_line,
            }
            for one in runs
        ],
        json=json,
    )


def _commit(commit: str | None, dirty: bool | None, *, whole: bool) -> str | None:
    if commit is None or whole:
        return commit
    return f"{commit[:8]}{'+' if dirty else ''}"
