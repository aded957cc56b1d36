using Pentode.Files.Locks;

namespace Pentode.Names.Tree;

/// <summary>Byte-range locks by object, shared by all views of a namespace; a table lives while an open file uses it. Thread safe.</summary>
internal sealed class LockTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, (ByteRangeLocks Locks, int Users)> _tables = [];

    /// <summary>The table of an object, until <see cref="Leave"/>.</summary>
    public ByteRangeLocks Enter(long number)
    {
        lock (_gate)
        {
            var (locks, users) = _tables.TryGetValue(number, out var found) ? found : (new ByteRangeLocks(), 0);
            _tables[number] = (locks, users + 1);
            return locks;
        }
    }

    /// <summary>Ends one use.</summary>
    public void Leave(long number)
    {
        lock (_gate)
        {
            var (locks, users) = _tables[number];
            if (users == 1)
                _tables.Remove(number);
            else
                _tables[number] = (locks, users - 1);
        }
    }
}
