-- The database of facets_pipeline and its two roles. Run it as an administrator of the server, as
-- often as you like, with psql 12 or newer:
--
--   WRITER_PASSWORD=... READER_PASSWORD=... psql -h HOST -U postgres -f deploy/postgres/roles.sql
--
-- facets_writer owns everything: it migrates, asks, answers; Dagster's tables are its own too.
-- facets_reader may look at what the search shows, and at nothing else: not at Dagster's tables,
-- not at what was asked and paid.

\set ON_ERROR_STOP on
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
SELECT 'CREATE DATABASE facets OWNER facets_writer ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'facets') \gexec
ALTER DATABASE facets OWNER TO facets_writer;
REVOKE ALL ON DATABASE facets FROM PUBLIC;
GRANT CONNECT ON DATABASE facets TO facets_reader;

\connect facets
SET log_statement = 'none';
ALTER SCHEMA public OWNER TO facets_writer;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO facets_reader;
