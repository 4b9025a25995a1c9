"""`ClaudeResource`: the one door to the Claude API. Limits, ledger and money are kept behind it."""

import dagster as dg
from pydantic import Field

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.annotators.claude.own_questions import OwnQuestion, ask_own
from facets_pipeline.adapters.annotators.claude.prices import model_table
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.claude_recipe import ANNOTATOR
from facets_pipeline.settings import Settings


class ClaudeResource(dg.ConfigurableResource[ClaudeAnnotator]):
    """Claude as this project asks it; key, budget and prices come from the settings.

    The key is not a field: run configuration is shown in the UI and kept in the run storage.
    """

    effort: str = Field(default="", description="Level of effort; empty: as in the settings.")

    def annotator(self, store: Store, code_system: str, model: str = "") -> ClaudeAnnotator:
        """Return the annotator for a code system.

        Args:
            store: Where the model that was chosen for the system last is kept.
            code_system: The system.
            model: The model; empty for the one chosen last, else the one in the settings.

        Raises:
            AnnotatorError: The model is retired or unknown.
            SettingsError: It does not accept the effort, or the price file cannot be used.
        """
        settings = Settings.load()
        table = model_table(settings.prices_file)
        name = model or _chosen_before(store, code_system) or settings.model
        return ClaudeAnnotator(
            table.model_facts(name, store.today()),
            settings.anthropic_api_key,
            effort=self.effort or settings.effort or None,
            thinking=settings.thinking,
        )

    def ask(self, store: Store, question: OwnQuestion, *, run_id: str, model: str = "") -> str:
        """Ask a question of your own and return the text of the answer.

        The call waits for the shared rate limits, falls under the day's budget and stands in the
        ledger with its cost; its reply is kept there.

        Args:
            store: The store whose limits, budgets and ledger hold.
            question: What is asked.
            run_id: Name of the run in the ledger, as `context.run_id`.
            model: The model; empty for the one in the settings.

        Raises:
            BudgetError: It could cost more than a budget has left.
            AnnotatorError: Key, model, limits or outage, or nobody can tell whether it was paid.
        """
        settings = Settings.load()
        facts = model_table(settings.prices_file).model_facts(
            model or settings.model, store.today()
        )
        annotator = ClaudeAnnotator(facts, settings.anthropic_api_key)
        return ask_own(annotator, store, question, self.options(run_id)).text

    def options(
        self,
        run_id: str,
        *,
        codes_per_request: int = 0,
        rate_limit: float = 0,
        budget_usd: float | None = None,
    ) -> ClaudeOptions:
        """Return how a run asks: as stated, else as in the settings.

        Args:
            run_id: Name of the run in the ledger.
            codes_per_request: Codes asked together; 0 for the setting.
            rate_limit: Most requests per minute; 0 for what the API allows.
            budget_usd: Most dollars for the run; None for no limit but the day's.
        """
        settings = Settings.load()
        return ClaudeOptions(
            codes_per_request=codes_per_request or settings.codes_per_request,
            cap_rpm=rate_limit or None,
            budget_usd=budget_usd,
            budget_usd_per_day=settings.budget_usd_per_day,
            run_id=run_id,
        )


def _chosen_before(store: Store, code_system: str) -> str:
    active = store.recipes.active(code_system)
    if active is None or active.recipe.annotator != ANNOTATOR:
        return ""
    return active.recipe.model
