namespace Pentode.Files.Locks;

/// <summary>Byte-range locks by file; those of one live while an open file uses them. Thread safe.</summary>
public sealed class LockTable<TKey>
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, (ByteRangeLocks Locks, int Users)> _tables = [];
    private readonly Func<ILockMirror>? _mirror;

    /// <summary>An empty table; what is locked of a file is shown to others by a mirror of its own.</summary>
    public LockTable(Func<ILockMirror>? mirror = null)
    {
        _mirror = mirror;
    }

    /// <summary>The locks of a file, until <see cref="Leave"/>.</summary>
    public ByteRangeLocks Enter(TKey file)
    {
        lock (_gate)
        {
            var (locks, users) = _tables.TryGetValue(file, out var found) ? found : (new ByteRangeLocks(_mirror?.Invoke()), 0);
            _tables[file] = (locks, users + 1);
            return locks;
        }
    }

    /// <summary>Ends one use.</summary>
    public void Leave(TKey file)
    {
        lock (_gate)
        {
            var (locks, users) = _tables[file];
            if (users == 1)
                _tables.Remove(file);
            else
                _tables[file] = (locks, users - 1);
        }
    }
}
