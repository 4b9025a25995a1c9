-- The database of facets_pipeline and its two roles. Run it as an administrator of the server, as
-- often as you like, with psql 12 or newer:
--
--   WRITER_PASSWORD=... READER_PASSWORD=... psql -h HOST -U postgres -f deploy/postgres/roles.sql
--
-- facets_writer owns everything: it migrates, asks, answers; Dagster's tables are its own too.
-- facets_reader may look at what the search shows, and at nothing else: not at Dagster's tables,
-- not at what was asked and paid.

\set ON_ERROR_STOP on
\if :{?database} \else
  \set database facets
\endif
\set writer_password `printenv WRITER_PASSWORD`
\set reader_password `printenv READER_PASSWORD`

-- Else a password stands in the server's log of statements.
SET log_statement = 'none';
SET password_encryption = 'scram-sha-256';

SELECT 'CREATE ROLE facets_writer' WHERE NOT EXISTS (
  SELECT FROM pg_roles WHERE rolname = 'facets_writer'
) \gexec
SELECT 'CREATE ROLE facets_reader' WHERE NOT EXISTS (
  SELECT FROM pg_roles WHERE rolname = 'facets_reader'
) \gexec
ALTER ROLE facets_writer LOGIN PASSWORD :'writer_password';
ALTER ROLE facets_reader LOGIN PASSWORD :'reader_password' CONNECTION LIMIT 60;

-- Where the administrator is no superuser (RDS), only a member may make the writer an owner.
SELECT format('GRANT facets_writer TO %I', current_user)
WHERE NOT pg_has_role(current_user, 'facets_writer', 'MEMBER') \gexec
SELECT format('CREATE DATABASE %I OWNER facets_writer ENCODING ''UTF8'' TEMPLATE template0', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO facets_writer;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO facets_reader;

\connect :"database"
SET log_statement = 'none';
ALTER SCHEMA public OWNER TO facets_writer;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO facets_reader;

-- The table of facets is dropped and made anew when the codebook changes, and its grants go with
-- it. Default privileges would show the reader every table, the ledger and Dagster's among them;
-- this grants, in the same transaction, what the search reads. It runs with the rights of whoever
-- creates the table. (RDS lets its administrator create event triggers. Where that is refused, use
--   ALTER DEFAULT PRIVILEGES FOR ROLE facets_writer IN SCHEMA public
--     GRANT SELECT ON TABLES TO facets_reader;
-- instead: the reader still cannot write, but may read everything.)
CREATE OR REPLACE FUNCTION facets_show_to_reader() RETURNS event_trigger
LANGUAGE plpgsql AS $$
DECLARE
  made text;
BEGIN
  FOR made IN
    SELECT object_identity FROM pg_event_trigger_ddl_commands()
    WHERE command_tag = 'CREATE TABLE' AND object_identity IN (
      'public.procedure_code_facets', 'public.procedure_code_facets_version',
      'public.recipe', 'public.decision'
    )
  LOOP
    EXECUTE format('GRANT SELECT ON %s TO facets_reader', made);
  END LOOP;
END
$$;
DROP EVENT TRIGGER IF EXISTS facets_show_to_reader;
CREATE EVENT TRIGGER facets_show_to_reader ON ddl_command_end
  WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION facets_show_to_reader();

-- Those that are there already.
SELECT format('GRANT SELECT ON %s TO facets_reader', oid::regclass) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname IN (
  'procedure_code_facets', 'procedure_code_facets_version', 'recipe', 'decision'
) \gexec
