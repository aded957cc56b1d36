using Pentode.Core;
using Pentode.Core.Commits;

namespace Pentode.Sqlite;

/// <summary>A connection as the unit of a <see cref="CommitLoop{TUnit}"/>: each group of jobs is one transaction.</summary>
public class SqliteUnit : ICommitUnit
{
    private readonly bool _isWriter;
    private readonly SqliteOptions _options;
    private long _logBytes;

    /// <summary>Wraps a connection, which it owns.</summary>
    public SqliteUnit(SqliteConnection connection, bool isWriter, SqliteOptions options)
    {
        Connection = connection;
        _isWriter = isWriter;
        _options = options;
    }

    /// <summary>The connection.</summary>
    public SqliteConnection Connection { get; }

    /// <inheritdoc/>
    public virtual long Changes => Connection.TotalChanges;

    /// <inheritdoc/>
    public virtual void Begin() => Connection.Prepare(_isWriter ? "BEGIN IMMEDIATE" : "BEGIN").Start().Run();

    /// <inheritdoc/>
    public void Prepare(IReadOnlyList<object?> hints)
    {
        // What a job needs is as near as it can be.
    }

    /// <inheritdoc/>
    public virtual void Commit()
    {
        Connection.Prepare("COMMIT").Start().Run();
        if (!_isWriter)
            return;
        _logBytes += Connection.TakeWrittenBytes();
        if (_logBytes >= _options.CheckpointBytes)
            Checkpoint();
    }

    /// <inheritdoc/>
    public virtual void Rollback() => Connection.Rollback();

    /// <inheritdoc/>
    public Errno Explain(Exception exception, out bool isTransient)
    {
        var error = exception is SqliteException failure ? failure.Error : Errno.None;
        isTransient = error == Errno.EAGAIN;
        return error;
    }

    /// <inheritdoc/>
    public void Idle()
    {
        if (_isWriter && _logBytes > 0)
            Checkpoint();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (_isWriter && _logBytes > 0)
            Connection.Checkpoint(all: true);
        Connection.Dispose();
    }

    private void Checkpoint()
    {
        // What readers still need stays in the log; the next call takes it.
        if (Connection.Checkpoint(all: false))
            _logBytes = 0;
        else
            _logBytes = Math.Max(1, _options.CheckpointBytes - (1 << 20));
    }
}
