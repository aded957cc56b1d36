using Npgsql;

namespace Pentode.Names.Stores.Postgres;

/// <summary>The row a reader is at.</summary>
internal readonly struct PostgresRow(NpgsqlDataReader reader) : IRowColumns
{
    public bool IsNull(int column) => reader.IsDBNull(column);

    /// <summary>Also of the narrower type that lengths and constants have.</summary>
    public long Int64(int column) => reader.GetFieldType(column) == typeof(int) ? reader.GetInt32(column) : reader.GetInt64(column);

    public byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);

    public string Text(int column) => reader.GetString(column);
}
