"""The shipped sample: real codes of every family, described in plain words of our own.

Here belong the sample files and the way to them. Reading them is a source's business: they are
code files like any user's, and nothing falls back to them unasked.
"""

from importlib.resources import files
from pathlib import Path

from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.code_systems import code_system as find_code_system
from facets_pipeline.domain.errors import SettingsError


def sample_file(code_system: str) -> Path:
    """Return the path of the sample of `code_system`, in any case: a CSV file with a header.

    Its columns are code, short_descriptor and long_descriptor; a row is a code, sorted by code.

    Raises:
        SettingsError: No such code system, or none of its codes are in the sample.
    """
    system = find_code_system(code_system)
    path = _path(system.name)
    if not path.is_file():
        raise SettingsError(
            f"The sample holds no codes of {code_system!r}: load a file of your own "
            f"with `facets load FILE --code-system {system.name}`."
        )
    return path


def sampled_systems() -> list[str]:
    """Return the names of the code systems that the sample holds codes of, in their usual order."""
    return [name for name in CODE_SYSTEMS if _path(name).is_file()]


def _path(code_system: str) -> Path:
    return Path(str(files(__name__) / f"{code_system.lower()}_sample.csv"))
