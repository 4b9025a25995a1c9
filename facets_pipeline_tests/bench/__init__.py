"""`make bench`: how fast, how exact and how cheap asking Claude is, measured on the local server.

Each measure runs the real thing (processes, store, client) against the strict local Claude API
server and takes time and tokens from the server's own account. Here belong the measures and what
they need; nothing here is a test: figures depend on the machine and its load.

    python -m facets_pipeline_tests.bench one two --store sqlite
"""
