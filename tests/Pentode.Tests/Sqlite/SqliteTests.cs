using Pentode.Core;
using Pentode.Sqlite;
using Pentode.Testing.Processes;
using SQLitePCL;

namespace Pentode.Tests.Sqlite;

public sealed class SqliteTests
{
    [Theory]
    [InlineData(raw.SQLITE_OK, Errno.None)]
    [InlineData(raw.SQLITE_FULL, Errno.ENOSPC)]
    [InlineData(raw.SQLITE_BUSY, Errno.EAGAIN)]
    [InlineData(raw.SQLITE_CORRUPT, Errno.EIO)]
    [InlineData(raw.SQLITE_READONLY, Errno.EROFS)]
    [InlineData(raw.SQLITE_NOTADB, Errno.EIO)]
    [InlineData(raw.SQLITE_IOERR | (3 << 8), Errno.EIO)]
    [InlineData(raw.SQLITE_BUSY | (2 << 8), Errno.EAGAIN)]
    [InlineData(raw.SQLITE_READONLY | (4 << 8), Errno.EIO)]
    public void A_result_code_has_one_error_number(int code, Errno error) => Assert.Equal(error, SqliteErrors.ToErrno(code));

    [Fact]
    public void Values_of_every_sort_come_back_and_statements_are_reused()
    {
        using var directory = new TemporaryDirectory(memory: true);
        using var connection = SqliteConnection.Open(directory["x.db"], isWriter: true, new SqliteOptions());
        connection.Execute("CREATE TABLE t(a INTEGER, b BLOB, c TEXT) STRICT");
        var insert = connection.Prepare("INSERT INTO t VALUES (?1, ?2, ?3)");
        Assert.Same(insert, connection.Prepare("INSERT INTO t VALUES (?1, ?2, ?3)"));
        insert.Start().Add(long.MinValue).Add((byte[])[0, 255]).AddText("ü").Run();
        insert.Start().Add((long?)null).Add(ReadOnlySpan<byte>.Empty).AddNull().Run();
        var query = connection.Prepare("SELECT a, b, c FROM t ORDER BY rowid").Start();
        Assert.True(query.Step());
        Assert.Equal((long.MinValue, "ü"), (query.Int64(0), query.Text(2)));
        Assert.Equal([0, 255], query.Bytes(1).ToArray());
        Assert.True(query.Step());
        Assert.True(query.IsNull(0) && !query.IsNull(1) && query.IsNull(2));
        Assert.Equal(0, query.Bytes(1).Length);
        Assert.False(query.Step());
        var error = Assert.Throws<SqliteException>(() => insert.Start().Add(1).AddText("text in a blob column").AddNull().Run());
        Assert.Equal(Errno.EIO, error.Error);
        Assert.Equal(2, connection.Prepare("SELECT COUNT(*) FROM t").Start().Scalar());
    }

    [Fact]
    public void The_journal_mode_is_the_log_and_a_copy_is_whole_while_others_write()
    {
        using var directory = new TemporaryDirectory(memory: true);
        using var connection = SqliteConnection.Open(directory["x.db"], isWriter: true, new SqliteOptions());
        var mode = connection.Prepare("PRAGMA journal_mode").Start();
        Assert.True(mode.Step());
        Assert.Equal("wal", mode.Text(0));
        mode.Reset();
        Assert.Equal((2L, 1L, 8192L), (Pragma("synchronous"), Pragma("foreign_keys"), Pragma("page_size")));
        connection.Execute("CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (1)");
        using var reader = SqliteConnection.Open(directory["x.db"], isWriter: false, new SqliteOptions());
        connection.Execute("BEGIN; INSERT INTO t VALUES (2)");
        reader.BackUp(directory["copy.db"]);
        Assert.Throws<SqliteException>(() => reader.Execute("INSERT INTO t VALUES (3)"));
        connection.Rollback();
        Assert.False(connection.IsInTransaction);
        using var copy = SqliteConnection.Open(directory["copy.db"], isWriter: true, new SqliteOptions());
        Assert.Equal(1, copy.Prepare("SELECT SUM(a) FROM t").Start().Scalar());
        Assert.True(connection.Checkpoint(all: true));
        Assert.Equal(0, new FileInfo(directory["x.db-wal"]).Length);

        long? Pragma(string name) => connection.Prepare("PRAGMA " + name).Start().Scalar();
    }
}
