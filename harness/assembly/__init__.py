"""Plugs the adapters into the bench: the only room that knows every one of them."""

from harness.assembly.caffe import QuantisedCaffe, quantise_caffe
from harness.assembly.checkups import CHECKUP_DEADLINE_S, checkup
from harness.assembly.costing import model_cost
from harness.assembly.desk_checkup import propose_rig
from harness.assembly.desks import (
    all_missing,
    boards_of,
    find_desk,
    missing_boards,
    with_boards,
)
from harness.assembly.kernel_code import kernel_coverage, linked_kernels
from harness.assembly.link_bench import port_speed, target_speed
from harness.assembly.lists import (
    list_benchmarked_operators,
    list_build_variants,
    list_datasets,
    list_kernel_sets,
    list_models,
    list_targets,
    model_names,
    power_models,
)
from harness.assembly.measuring import Bench, profile
from harness.assembly.mlperf import mlperf
from harness.assembly.mlperf_device import OnTarget, serve_mlperf
from harness.assembly.model_checks import check_model
from harness.assembly.model_options import also_with
from harness.assembly.nightly import cases_of_nightly, night_content, nightly, read_nightly
from harness.assembly.places import cache_dir
from harness.assembly.plans import (
    ALL_KERNELS,
    DEFAULT_BUILD,
    kernel_sets_on,
    plan,
    plan_kernels,
)
from harness.assembly.regressing import (
    cycles_per_instruction,
    free_fields,
    git_commit,
    history_contains,
    thresholds,
)
from harness.assembly.reporting import report_content
from harness.assembly.reproducing import Reproduction, list_studies, reproduce, study_files
from harness.assembly.rigs import rig
from harness.assembly.run_info import describe_run

__all__ = [
    "ALL_KERNELS",
    "CHECKUP_DEADLINE_S",
    "DEFAULT_BUILD",
    "Bench",
    "OnTarget",
    "QuantisedCaffe",
    "Reproduction",
    "all_missing",
    "also_with",
    "boards_of",
    "cache_dir",
    "cases_of_nightly",
    "check_model",
    "checkup",
    "cycles_per_instruction",
    "describe_run",
    "find_desk",
    "free_fields",
    "git_commit",
    "history_contains",
    "kernel_coverage",
    "kernel_sets_on",
    "linked_kernels",
    "list_benchmarked_operators",
    "list_build_variants",
    "list_datasets",
    "list_kernel_sets",
    "list_models",
    "list_studies",
    "list_targets",
    "missing_boards",
    "mlperf",
    "model_cost",
    "model_names",
    "night_content",
    "nightly",
    "plan",
    "plan_kernels",
    "port_speed",
    "power_models",
    "profile",
    "propose_rig",
    "quantise_caffe",
    "read_nightly",
    "report_content",
    "reproduce",
    "rig",
    "serve_mlperf",
    "study_files",
    "target_speed",
    "thresholds",
    "with_boards",
]
