"""The record: tables, hand-written statements, migrations. Knows no rule."""
