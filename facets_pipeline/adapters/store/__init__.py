"""The store: tables on SQLite or Postgres. One file per thing that is kept; no SQL elsewhere."""
