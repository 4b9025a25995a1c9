"""The store: tables on SQLite or Postgres. One file per thing that is kept; SQL lives nowhere else."""
