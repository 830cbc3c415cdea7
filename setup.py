"""What pyproject.toml cannot say: a wheel holds the example newsroom, which stands outside of the package."""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

EXAMPLE = Path("examples", "newsroom")


class BuildWithExample(build_py):
    """Puts the articles and questions into the wheel; an editable installation finds them where they are."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source in self._example():
                target = Path(self.build_lib, "graphrag_drift", source.relative_to(EXAMPLE.parent))
                self.mkpath(str(target.parent))
                self.copy_file(str(source), str(target))

    def get_source_files(self) -> list[str]:
        """Those of a source distribution."""
        return [*super().get_source_files(), *map(str, self._example())]

    def _example(self) -> list[Path]:
        return sorted([*EXAMPLE.glob("articles/*.txt"), EXAMPLE / "questions.jsonl", EXAMPLE / "recorded_answer.json"])


setup(cmdclass={"build_py": BuildWithExample})
