"""What a model answers on the host, over more inputs than a simulator has patience for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness import catalog
from harness.assembly.places import cache_dir
from harness.domain.study import Figure, Published
from harness.errors import BadDataset


@dataclass(frozen=True)
class HostAnswers:
    """How many of so many inputs a model's reference gets right, and what the reference is."""

    right: int
    of: int
    reference: str


def host_answers(model: str, dataset: str, limit: int | None = None) -> HostAnswers:
    """Run the host reference of a model over a labelled data set.

    Args:
        model: as `--model` takes it.
        dataset: as `--dataset` takes it.
        limit: the first inputs only.

    Raises:
        BadDataset: it has no labels, or does not fit the model.
        HarnessError: as `start_reference`.
    """
    from harness.model import compile_image, read_network, start_reference

    source = catalog.resolve_model(model)
    network = read_network(source.path, source.options)
    (tensor,) = compile_image(network).inputs
    loaded = catalog.load_dataset(
        dataset,
        shape=tensor.shape,
        dtype=tensor.dtype,
        scale=tensor.scale,
        zero_point=tensor.zero_point,
        limit=limit,
    )
    if loaded.labels is None:
        raise BadDataset(
            f"there is no accuracy without labels: {loaded.no_labels}",
            where=dataset,
            hint="Choose a data set with labels.",
        )
    pending = start_reference(
        source.path,
        loaded.inputs,
        model_sha256=network.source_sha256,
        dataset_sha256=loaded.sha256,
        cache_dir=cache_dir() / "references",
        options=source.options,
    )
    answers = pending.result(_LONGEST_S)
    return HostAnswers(
        right=int((answers.argmax(axis=1) == loaded.labels).sum()),
        of=len(loaded),
        reference=f"{pending.compared_with.name} {pending.compared_with.version} on the host",
    )


_LONGEST_S = 3600.0


def host_figure(
    model: Path | str, dataset: str, published: Published | None = None, quantity: str = "accuracy"
) -> Figure:
    """The accuracy of a model's host reference over a whole data set."""
    from harness.assembly.studies._figures import share

    answers = host_answers(str(model), dataset)
    how = f"{answers.reference}, {answers.of:,} inputs"
    return Figure(quantity, share(answers.right, answers.of), how, published)
