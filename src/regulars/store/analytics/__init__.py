"""The record once more, laid out for questions about many customers at once: what is known of each, as of one moment.

`tables` says what they hold, `rows` how one customer becomes rows; `duckdb_file` and `postgresql_schema` write them.
"""
