"""Hashes of source trees and of everything else that decides what a build yields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path


def tree_hash(root: Path, files: Iterable[Path]) -> str:
    """sha256 over `files` below `root`: sorted relative path, size and content of each."""
    digest = hashlib.sha256()
    for relative, path in sorted((file.relative_to(root).as_posix(), file) for file in files):
        content = path.read_bytes()
        digest.update(f"{relative}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def firmware_sources(firmware_root: Path) -> list[Path]:
    """The files of the firmware but for kernels, of which a build sees its own folders only.

    Ports are all among them: they share files, and a build too many is better than a stale one.
    """
    chosen = {"kernels", "builds"}
    return [
        path
        for path in source_files(firmware_root)
        if path.relative_to(firmware_root).parts[0] not in chosen
    ]


def source_files(folder: Path) -> list[Path]:
    """The files below `folder` that a build may read; titles and texts are none of them."""
    return [
        path for path in folder.rglob("*") if path.suffix not in {".md", ".toml"} and path.is_file()
    ]


def build_key(parts: Mapping[str, object]) -> str:
    """The name of a cache entry: a hash over `parts`, whatever their order."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
