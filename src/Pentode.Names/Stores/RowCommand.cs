namespace Pentode.Names.Stores;

/// <summary>
/// A statement of an engine with its parameters ($1, $2, … in the order of their first use, added in that order) and its rows. One at a time: a query is read to its end before
/// the next statement of the session starts.
/// </summary>
internal abstract class RowCommand : IRowColumns
{
    public abstract RowCommand Add(long value);

    public abstract RowCommand Add(long? value);

    public abstract RowCommand Add(byte[] value);

    public abstract RowCommand AddNullable(byte[]? value);

    public abstract RowCommand Add(string value);

    /// <summary>True with a row.</summary>
    public abstract bool Step();

    /// <summary>Leaves a query before its end.</summary>
    public abstract void End();

    /// <summary>Executes; returns the rows changed.</summary>
    public abstract int Run();

    /// <summary>Executes now or at the latest before the next query or commit, in order.</summary>
    public abstract void Queue();

    public abstract bool IsNull(int column);

    public abstract long Int64(int column);

    public abstract byte[] Bytes(int column);

    public abstract string Text(int column);

    public long? Number(int column) => IsNull(column) ? null : Int64(column);

    /// <summary>First column of the only row.</summary>
    public long? Scalar()
    {
        if (!Step())
            return null;
        var value = Number(0);
        End();
        return value;
    }

    /// <summary>True when there is a row.</summary>
    public bool Any()
    {
        if (!Step())
            return false;
        End();
        return true;
    }

    /// <summary>All rows.</summary>
    public List<T> All<T>(Func<RowCommand, T> map)
    {
        var rows = new List<T>();
        while (Step())
            rows.Add(map(this));
        return rows;
    }

    /// <summary>The first row, or the default.</summary>
    public T? First<T>(Func<RowCommand, T> map)
    {
        if (!Step())
            return default;
        var row = map(this);
        End();
        return row;
    }
}
