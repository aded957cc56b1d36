namespace Pentode.Names.Stores;

/// <summary>Columns of a row.</summary>
internal interface IRowColumns
{
    bool IsNull(int column);

    long Int64(int column);

    byte[] Bytes(int column);

    string Text(int column);
}
