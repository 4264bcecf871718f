"""Questions about many customers at once, answered by a database that reckons in columns, or by PostgreSQL.

`lowering` turns the conditions of segments into expressions over the analytic tables; `segments` asks.
"""
