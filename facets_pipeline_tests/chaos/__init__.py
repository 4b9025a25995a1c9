"""The chaos suite: `python -m facets_pipeline_tests.chaos`, or `make chaos`.

It runs the real command line and daemon as processes against the local Claude server, and kills,
stops, cuts and fills. What is tried stands in `kills`, `stops`, `outages`, `disks`, `partitions`
and `daemons`; what must hold afterwards in `findings`; what is run on in `scene` and `lives`.
"""
