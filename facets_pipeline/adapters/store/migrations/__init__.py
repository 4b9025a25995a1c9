"""How the tables come to be, step by step; `schema` says what they are now.

`versions/` holds one file per step, never changed once it was released. A new step: change
`schema`, write `versions/NNNN_what.py` (`script.py.mako` is its shape), name it in `revision.HEAD`;
the tests compare the steps with the schema on both databases. Steps import nothing of the package:
they must mean the same for ever.
"""
