using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>
/// The calls that were done before this start, as long as their clients may still send them again: those that come are known without a look at the store, and so also when
/// what they were about is gone. Thread safe.
/// </summary>
internal sealed class CallsBefore
{
    private readonly CatalogOptions _options;
    private readonly DateTimeOffset _end;
    private HashSet<NameKey>? _keys;

    private CallsBefore(CatalogOptions options, HashSet<NameKey> keys)
    {
        _options = options;
        _keys = keys.Count == 0 ? null : keys;
        _end = options.Clock.GetUtcNow() + options.RequestAge;
    }

    public static async Task<CallsBefore> Read(ICatalogEngine engine)
    {
        var options = engine.Shared.Options;
        var keys = await engine.Read(tx => (Result<List<byte[]>>)tx.Query("SELECT k FROM request WHERE t > $1 ORDER BY t DESC LIMIT $2")
            .Add(tx.Shared.Oldest(options.RequestAge)).Add(options.RequestCount).All(static r => r.Bytes(0))).ConfigureAwait(false);
        return new CallsBefore(options, keys.IsOk ? [.. keys.Value.Select(static k => new NameKey(0, k))] : []);
    }

    public bool Contains(ReadOnlySpan<byte> key)
    {
        if (_keys is not { } keys)
            return false;
        if (_options.Clock.GetUtcNow() < _end)
            return keys.Contains(new NameKey(0, key.ToArray()));
        _keys = null;
        return false;
    }
}
