"""The `claude` annotator's way to the Claude API.

`client` sends one request at a time and reads what comes back, `failures` says what each error of
the client library means for money and for the run, `capabilities` checks a model before the first
question. What is asked is in `domain.prompt`, when and how often in the engine.
"""
