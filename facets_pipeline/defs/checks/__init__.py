"""Asset checks, one per file: what is checked, how bad it is when red, and what to do then.

A check belongs to an asset and is evaluated whenever that is materialised, within the same step. It
has one verdict, whatever partition was materialised last: so it looks at every loaded code system,
for a red one must not turn green because another is well. Severities and their reasons:
docs/decisions/0010.
"""
