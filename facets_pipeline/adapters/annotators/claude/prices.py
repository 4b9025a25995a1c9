"""What is known of the models: the shipped table with the user's own prices laid over it."""

from pathlib import Path

from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.models import ModelTable, shipped_models, with_own_prices


def model_table(prices_file: Path | None) -> ModelTable:
    """Return what is known of the models, with the user's own prices laid over.

    Raises:
        SettingsError: The price file cannot be read or used.
    """
    if prices_file is None:
        return shipped_models()
    try:
        text = prices_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The price file {str(prices_file)!r} cannot be read ({error}): correct "
            f"FACETS_PRICES_FILE."
        ) from None
    return with_own_prices(text, str(prices_file))
