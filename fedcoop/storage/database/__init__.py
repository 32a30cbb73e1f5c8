"""The way to the database: connections, units, column types, plain row helpers.

It knows no table; these are in `storage.tables`.
"""
