"""Code files and tables of every layout that users have, as streams of codes.

Belongs here: reading what the outside gives. Does not belong here: what makes a row usable
(`domain.intake`), and what is done with the codes. One door each: `opening.open_source` for files,
`sql_table.open_table` for SQL tables, `reference.open_reference` for official tables.
"""
