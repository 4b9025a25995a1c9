"""Asset checks, one per file: what is checked, how bad it is when red, and what to do then.

A check belongs to an asset and is evaluated whenever that is materialised, within the same step.
Severities and their reasons: docs/decisions/0010.
"""
