"""The tables as code says them are those that the migrations make."""

from sqlalchemy import create_engine, text

from tests.servers import empty_database, fresh_database
from worker.storage.schema import metadata

INDEXES = "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by 1, 2"
CHECKS = (
    "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
    " where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'p', 'u') order by 1, 2"
)
COLUMNS = (
    "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns"
    " where table_schema = 'public' order by 1, 2"
)
TYPES = (
    "select t.typname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) from pg_type t"
    " join pg_class c on c.oid = t.typrelid and c.relkind = 'c' join pg_attribute a on a.attrelid = c.oid"
    " where t.typnamespace = 'public'::regnamespace order by 1, 2"
)
OF_ALEMBIC = "alembic_version"


def said(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            query: [tuple(row) for row in connection.execute(text(query))]
            for query in (INDEXES, CHECKS, COLUMNS, TYPES)
        }
    engine.dispose()
    return {query: [row for row in rows if row[0] != OF_ALEMBIC] for query, rows in found.items()}


def test_migrations_and_metadata_make_the_same_tables_constraints_indexes_and_types():
    migrated, url = said(fresh_database("migrated")), empty_database("created")
    engine = create_engine(url)
    metadata.create_all(engine)
    engine.dispose()
    created = said(url)

    for query in (COLUMNS, CHECKS, INDEXES, TYPES):
        assert sorted(set(migrated[query]) ^ set(created[query])) == []
