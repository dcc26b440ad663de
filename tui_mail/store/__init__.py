"""Floor 3: everything that is kept, in one encrypted SQLite file. The only room that speaks SQL.

The engine writes through `store.Store`; the interface reads through `views.ReadStore`; the first paint through
`first_window.first_rows`, which imports nothing but apsw.
"""
