"""The databases that stores are kept in: SQLite, or PostgreSQL by URL.

``types`` and ``tables`` say what is held, ``engines`` how a database is reached, ``database`` what
a transaction is, ``schema`` and ``migrations`` how a database gets to the tables of today.
"""
