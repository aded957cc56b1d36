namespace Pentode.Locks.Stores.Postgres;

/// <summary>
/// The SQL of the store. One table of keys with versions; every transaction is one call of one function, so one round trip, and a connection
/// lost in the middle of it leaves either all of it or nothing. The function takes an advisory lock on each key, in one order, shared for keys
/// that are only compared: two-phase locking that also covers keys that are not there. Versions come from one sequence, drawn while the lock
/// is held.
/// </summary>
internal static class PostgresSchema
{
    /// <summary>Version of the layout; another one in the database is refused.</summary>
    public const int Layout = 1;

    /// <summary>Oldest server: the oldest that was tried with this SQL's functions.</summary>
    public const int MinimumServer = 130000;

    /// <summary>Channel of NOTIFY.</summary>
    public const string Channel = "pentode_locks";

    /// <summary>Our own SQLSTATE: synchronous replication is not configured (any more).</summary>
    public const string NotDurable = "PLK01";

    /// <summary>True when the schema is there.</summary>
    public const string HasLayout = "SELECT to_regclass('pentode_locks.layout') IS NOT NULL";

    /// <summary>The layout in the database.</summary>
    public const string ReadLayout = "SELECT version FROM pentode_locks.layout";

    /// <summary>What the server is.</summary>
    public const string Probe = """
        SELECT current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(), current_setting('synchronous_standby_names'),
               (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum') AND state = 'streaming'),
               current_setting('default_transaction_read_only')::bool, current_setting('fsync')::bool
        """;

    /// <summary>Runs a transaction; row 0 tells whether it was applied (its revision) or not (null), the others hold the compared keys.</summary>
    public const string Commit = "SELECT slot, val, rev FROM pentode_locks.commit($1, $2, $3, $4, $5, $6)";

    /// <summary>Reads keys in one moment.</summary>
    public const string Get = "SELECT slot, val, rev FROM pentode_locks.get($1, $2)";

    /// <summary>Reads a range in one moment.</summary>
    public const string Range = "SELECT key, val, rev FROM pentode_locks.range($1, $2, $3, $4)";

    /// <summary>Asks for notifications of writes to a key.</summary>
    public const string Watch = "INSERT INTO pentode_locks.watched (key) VALUES ($1) ON CONFLICT DO NOTHING";

    /// <summary>Creates everything; run under an advisory lock.</summary>
    public const string Create = """
        SELECT pg_advisory_xact_lock(4950417653);
        CREATE SCHEMA IF NOT EXISTS pentode_locks;
        CREATE TABLE IF NOT EXISTS pentode_locks.layout (version int NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS layout_once ON pentode_locks.layout ((true));
        INSERT INTO pentode_locks.layout VALUES (1) ON CONFLICT DO NOTHING;
        CREATE TABLE IF NOT EXISTS pentode_locks.store (key bytea PRIMARY KEY, val bytea NOT NULL, rev bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS pentode_locks.watched (key bytea PRIMARY KEY);
        CREATE SEQUENCE IF NOT EXISTS pentode_locks.revision;

        CREATE OR REPLACE FUNCTION pentode_locks.confirm(cluster boolean) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_is_in_recovery() THEN
                RAISE EXCEPTION USING ERRCODE = '25006', MESSAGE = 'the server is a standby';
            END IF;
            IF cluster THEN
                IF current_setting('synchronous_standby_names') = '' THEN
                    RAISE EXCEPTION USING ERRCODE = 'PLK01', MESSAGE = 'synchronous_standby_names is empty';
                END IF;
                -- A transaction that put something into the log waits for the standby at its end: so does a read with this, and a server that
                -- was replaced by its standby cannot answer.
                PERFORM pg_logical_emit_message(true, 'pentode', '');
            END IF;
        END $$;

        CREATE OR REPLACE FUNCTION pentode_locks.commit(compared bytea[], conditions int[], revisions bigint[], written bytea[], vals bytea[], cluster boolean)
        RETURNS TABLE (slot int, val bytea, rev bigint) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        DECLARE
            lock record;
            failed boolean := false;
            fresh bigint;
        BEGIN
            PERFORM pentode_locks.confirm(cluster);
            FOR lock IN
                SELECT h, bool_or(w) AS w FROM (
                    SELECT hashtextextended(encode(k, 'base64'), 4950417653) AS h, false AS w FROM unnest(compared) AS k
                    UNION ALL SELECT hashtextextended(encode(k, 'base64'), 4950417653), true FROM unnest(written) AS k) AS keys
                GROUP BY h ORDER BY h
            LOOP
                IF lock.w THEN
                    PERFORM pg_advisory_xact_lock(lock.h);
                ELSE
                    PERFORM pg_advisory_xact_lock_shared(lock.h);
                END IF;
            END LOOP;

            SELECT coalesce(bool_or(NOT CASE c.condition WHEN 0 THEN s.key IS NOT NULL WHEN 1 THEN s.key IS NULL ELSE s.rev IS NOT DISTINCT FROM c.wanted END), false) INTO failed
                FROM unnest(compared, conditions, revisions) AS c (key, condition, wanted) LEFT JOIN pentode_locks.store AS s ON s.key = c.key;
            IF failed THEN
                RETURN QUERY SELECT 0, NULL::bytea, NULL::bigint;
                RETURN QUERY SELECT c.slot::int, s.val, s.rev FROM unnest(compared) WITH ORDINALITY AS c (key, slot) LEFT JOIN pentode_locks.store AS s ON s.key = c.key;
                RETURN;
            END IF;

            fresh := nextval('pentode_locks.revision');
            DELETE FROM pentode_locks.store AS s USING unnest(written, vals) AS w (key, val) WHERE s.key = w.key AND w.val IS NULL;
            DELETE FROM pentode_locks.watched AS s USING unnest(written, vals) AS w (key, val) WHERE s.key = w.key AND w.val IS NULL;
            INSERT INTO pentode_locks.store AS s (key, val, rev) SELECT w.key, w.val, fresh FROM unnest(written, vals) AS w (key, val) WHERE w.val IS NOT NULL
                ON CONFLICT (key) DO UPDATE SET val = excluded.val, rev = excluded.rev;
            PERFORM pg_notify('pentode_locks', encode(w.key, 'hex') || ' ' || fresh || CASE WHEN length(w.val) <= 2500 THEN ' ' || encode(w.val, 'hex') ELSE '' END)
                FROM unnest(written, vals) AS w (key, val) JOIN pentode_locks.watched AS l ON l.key = w.key WHERE w.val IS NOT NULL;
            RETURN QUERY SELECT 0, NULL::bytea, fresh;
        END $$;

        CREATE OR REPLACE FUNCTION pentode_locks.get(keys bytea[], cluster boolean)
        RETURNS TABLE (slot int, val bytea, rev bigint) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        BEGIN
            PERFORM pentode_locks.confirm(cluster);
            RETURN QUERY SELECT c.slot::int, s.val, s.rev FROM unnest(keys) WITH ORDINALITY AS c (key, slot) LEFT JOIN pentode_locks.store AS s ON s.key = c.key;
        END $$;

        CREATE OR REPLACE FUNCTION pentode_locks.range(first bytea, past bytea, most int, cluster boolean)
        RETURNS TABLE (key bytea, val bytea, rev bigint) LANGUAGE plpgsql AS $$
        #variable_conflict use_column
        BEGIN
            PERFORM pentode_locks.confirm(cluster);
            -- Both bounds have to be conditions of the index: else a short range reads on to the end of the table.
            IF past IS NULL THEN
                RETURN QUERY SELECT s.key, s.val, s.rev FROM pentode_locks.store AS s WHERE s.key >= first ORDER BY s.key LIMIT most;
            ELSE
                RETURN QUERY SELECT s.key, s.val, s.rev FROM pentode_locks.store AS s WHERE s.key >= first AND s.key < past ORDER BY s.key LIMIT most;
            END IF;
        END $$;
        """;
}
