"""Every setting, in one frozen class. Read when a command or a run starts, never at import."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.models import DEFAULT_MODEL
from facets_pipeline.domain.reconciliation import Reconcile


class Settings(BaseSettings):
    """What the environment, or a `.env` file in the working folder, says.

    Attributes:
        data_dir: Folder of the embedded store, reports and the Dagster instance.
        database_url: Address of the store; empty for SQLite in the data folder, None if not set.
        common_database_url: `DATABASE_URL`, which counts where ours is not set.
        anthropic_api_key: Key of the Claude API; None if there is none.
        code_sources: Code system to code file, folder of releases, or `sql:TABLE`, as
            `FACETS_<CODE SYSTEM>_SOURCE` says of each that is registered.
        model: Model that is asked unless another is named.
        effort: Level of effort; empty for the cheapest that the model accepts.
        thinking: Whether the model is to think; None for not, where it can be told so.
        codes_per_request: Codes asked together.
        budget_usd_per_day: Most dollars a day (UTC), over all runs and processes.
        reconcile: What rows stand on: both opinions, or Claude's answer alone.
        review_model: Model that is asked where two sources differ; empty for none.
        review_budget_usd_per_day: Most dollars a day (UTC) for that; the day's budget holds too.
        coverage_threshold: Share (0 to 1) of the active codes that must have a valid answer.
        gold: Gold files, with commas between them; empty for those that were given last.
        accuracy_threshold: Share (0 to 1) of the labelled cells that must be right.
        batch_settle_seconds: How long a batch may stay invisible at the API before it counts as
            never created.
        batch_look_seconds: How often batches are looked at while they are waited for.
        prices_file: The user's own model prices, laid over the shipped ones; None for none.
        schedule_budget_usd: Most dollars that one tick of a schedule may spend.
        alert_url: Where a failed run is told as a JSON document; empty for nowhere.
    """

    model_config = SettingsConfigDict(
        env_prefix="FACETS_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path(".facets")
    database_url: SecretStr | None = None
    common_database_url: SecretStr = Field(default=SecretStr(""), validation_alias="DATABASE_URL")
    anthropic_api_key: SecretStr | None = Field(default=None, validation_alias="ANTHROPIC_API_KEY")
    code_sources: dict[str, str] = Field(default_factory=dict[str, str])
    model: str = DEFAULT_MODEL
    effort: str = ""
    thinking: bool | None = None
    codes_per_request: int = Field(default=10, ge=1, le=100)
    budget_usd_per_day: float = Field(default=20.0, ge=0, allow_inf_nan=False)
    reconcile: Reconcile = Reconcile.BOTH
    review_model: str = ""
    review_budget_usd_per_day: float = Field(default=5.0, ge=0, allow_inf_nan=False)
    coverage_threshold: float = Field(default=0.99, ge=0, le=1)
    gold: str = ""
    accuracy_threshold: float = Field(default=0.95, ge=0, le=1)
    batch_settle_seconds: float = Field(default=120.0, ge=0)
    batch_look_seconds: float = Field(default=20.0, gt=0)
    prices_file: Path | None = None
    schedule_budget_usd: float = Field(default=5.0, gt=0, allow_inf_nan=False)
    alert_url: SecretStr = SecretStr("")

    @field_validator("data_dir", mode="before")
    @classmethod
    def _usable_folder(cls, stated: str | Path) -> Path:
        # In .env no shell has replaced the tilde; an empty text would mean the working folder.
        return Path(stated).expanduser() if str(stated) else Path(".facets")

    @classmethod
    def load(cls) -> Self:
        """Read the settings as they are now.

        Raises:
            SettingsError: A setting has a value that cannot be used; the value is not shown.
        """
        try:
            return cls()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"The file .env cannot be read ({error}): make it readable UTF-8 text."
            ) from None
        except ValidationError as error:
            names = ", ".join(str(part) for each in error.errors() for part in each["loc"])
            raise SettingsError(
                f"The setting {names} cannot be used: correct it in the environment or in .env."
            ) from None

    @property
    def store_url(self) -> str:
        """Address of the store: as set, else SQLite in the data folder."""
        # Two settings, not one with two names: ours in .env beats the common one outside of it.
        stated = self.common_database_url if self.database_url is None else self.database_url
        # A bare path: in an address, a folder's `?` or `#` would mean something else.
        return stated.get_secret_value() or str(self.data_dir.resolve() / "facets.db")

    @property
    def reports_dir(self) -> Path:
        """Folder of the reports."""
        return self.data_dir / "reports"

    @property
    def instance_dir(self) -> Path:
        """Folder of the embedded Dagster instance."""
        return self.data_dir.resolve() / "dagster"

    @property
    def has_key(self) -> bool:
        """Whether a key for the Claude API is set."""
        return self.anthropic_api_key is not None and bool(
            self.anthropic_api_key.get_secret_value().strip()
        )

    def source_of(self, code_system: str) -> str:
        """Return the configured source of `code_system`; empty if there is none."""
        return self.code_sources.get(code_system, "")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings are read, the place that counts first; pydantic calls it."""
        own = _CodeSources(settings_cls, [env_settings, dotenv_settings])
        return init_settings, own, env_settings, dotenv_settings, file_secret_settings


class _CodeSources(PydanticBaseSettingsSource):
    """Reads the source of every registered code system: fields would have to know their names."""

    def __init__(
        self, settings_cls: type[BaseSettings], places: Sequence[PydanticBaseSettingsSource]
    ) -> None:
        super().__init__(settings_cls)
        self._places = [place for place in places if isinstance(place, EnvSettingsSource)]

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        """Return nothing for a single field: all are read at once."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, object]:
        """Return the field that holds them."""
        return {"code_sources": {name: self._stated(name) for name in CODE_SYSTEMS}}

    def _stated(self, code_system: str) -> str:
        # The environment before the file, also where it says that there is none.
        name = f"facets_{code_system.lower()}_source"
        found = (place.env_vars[name] for place in self._places if name in place.env_vars)
        return next(found, None) or ""
