using Npgsql;
using NpgsqlTypes;

namespace Pentode.Names.Stores.Postgres;

/// <summary>A statement for PostgreSQL; sent with those that were queued before it.</summary>
internal sealed class PostgresRowCommand(PostgresUnit unit, string sql) : RowCommand
{
    private readonly NpgsqlBatchCommand _command = new(sql);
    private NpgsqlDataReader? _reader;

    public override RowCommand Add(long value)
    {
        _command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = value });
        return this;
    }

    public override RowCommand Add(long? value)
    {
        if (value is { } number)
            return Add(number);
        _command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = DBNull.Value });
        return this;
    }

    public override RowCommand Add(byte[] value)
    {
        _command.Parameters.Add(new NpgsqlParameter<byte[]> { NpgsqlDbType = NpgsqlDbType.Bytea, TypedValue = value });
        return this;
    }

    public override RowCommand AddNullable(byte[]? value)
    {
        if (value is not null)
            return Add(value);
        _command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bytea, Value = DBNull.Value });
        return this;
    }

    public override RowCommand Add(string value)
    {
        _command.Parameters.Add(new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Text, TypedValue = value });
        return this;
    }

    public override bool Step()
    {
        _reader ??= unit.Send(_command);
        if (_reader.Read())
            return true;
        End();
        return false;
    }

    public override void End()
    {
        _reader?.Dispose();
        _reader = null;
    }

    public override int Run()
    {
        unit.Send(_command).Dispose();
        return _command.RecordsAffected;
    }

    public override void Queue() => unit.Queue(_command);

    public override bool IsNull(int column) => new PostgresRow(_reader!).IsNull(column);

    public override long Int64(int column) => new PostgresRow(_reader!).Int64(column);

    public override byte[] Bytes(int column) => new PostgresRow(_reader!).Bytes(column);

    public override string Text(int column) => new PostgresRow(_reader!).Text(column);
}
