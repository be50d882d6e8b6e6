"""Definition files to domain values: targets, kernel sets, build variants, models, data sets."""

from harness.catalog.cycles_per_instruction import CPI_CONSTANTS, read_constants
from harness.catalog.dataset import DatasetScheme, load_dataset, schemes
from harness.catalog.kernel_sets import build_variant, build_variants, kernel_set, kernel_sets
from harness.catalog.locations import firmware_root, port_directory
from harness.catalog.models import models, resolve_model
from harness.catalog.operator_shapes import operator_named, read_shapes
from harness.catalog.rig import find_desk
from harness.catalog.rig_proposal import propose, write_new
from harness.catalog.targets import target, targets
from harness.catalog.thresholds import DEFAULT_THRESHOLDS, FREE_FIELDS, read_thresholds

__all__ = [
    "CPI_CONSTANTS",
    "DEFAULT_THRESHOLDS",
    "FREE_FIELDS",
    "DatasetScheme",
    "build_variant",
    "build_variants",
    "find_desk",
    "firmware_root",
    "kernel_set",
    "kernel_sets",
    "load_dataset",
    "models",
    "operator_named",
    "port_directory",
    "propose",
    "read_constants",
    "read_shapes",
    "read_thresholds",
    "resolve_model",
    "schemes",
    "target",
    "targets",
    "write_new",
]
