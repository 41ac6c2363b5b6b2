"""Compiles the Cython modules, beside their sources, whenever the project is built or installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension


def build_extensions(root: Path) -> list[Path]:
    """Compile every ``.pyx`` below ``root / "analyser"``; gives the modules made."""
    sources = sorted(path.relative_to(root) for path in (root / "analyser").rglob("*.pyx"))
    extensions = [
        Extension(".".join(path.with_suffix("").parts), [str(path)], extra_compile_args=["-O3", "-g0"])
        for path in sources
    ]
    made = cythonize(extensions, build_dir="build/cython", compiler_directives={"language_level": 3}, quiet=True)
    command = Distribution({"name": "call-analyser", "ext_modules": made}).get_command_obj("build_ext")
    command.inplace = True
    command.build_temp = "build/cython"
    command.ensure_finalized()
    command.run()
    return [Path(command.get_ext_fullpath(extension.name)).relative_to(root.resolve()) for extension in made]


class CythonHook(BuildHookInterface[Any]):
    """Puts the compiled modules into the wheel, which is then for one kind of machine."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is put together (an editable one too)."""
        made = build_extensions(Path(self.root))
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"] += [f"/{path.as_posix()}" for path in made]
