using Pentode.Sqlite;

namespace Pentode.Names.Stores.Sqlite;

/// <summary>A prepared SQLite statement as a row command.</summary>
internal sealed class SqliteRowCommand(SqliteStatement statement) : RowCommand
{
    public SqliteRowCommand Start()
    {
        statement.Start();
        return this;
    }

    public override RowCommand Add(long value)
    {
        statement.Add(value);
        return this;
    }

    public override RowCommand Add(long? value)
    {
        statement.Add(value);
        return this;
    }

    public override RowCommand Add(byte[] value)
    {
        statement.Add(value);
        return this;
    }

    public override RowCommand AddNullable(byte[]? value)
    {
        if (value is null)
            statement.AddNull();
        else
            statement.Add(value);
        return this;
    }

    public override RowCommand Add(string value)
    {
        statement.AddText(value);
        return this;
    }

    public override bool Step() => statement.Step();

    public override void End() => statement.Reset();

    public override int Run() => statement.Run();

    public override void Queue() => statement.Run();

    public override bool IsNull(int column) => statement.IsNull(column);

    public override long Int64(int column) => statement.Int64(column);

    public override byte[] Bytes(int column) => statement.Bytes(column).ToArray();

    public override string Text(int column) => statement.Text(column);
}
