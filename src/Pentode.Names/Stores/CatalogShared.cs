using System.Collections.Concurrent;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>What all transactions of one open store share. Thread safe.</summary>
internal sealed class CatalogShared
{
    private readonly object _gate = new();
    private readonly ConcurrentDictionary<long, int> _holds = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastTime;

    public CatalogShared(CatalogOptions options)
    {
        Options = options;
        LevelsInStep = options.LevelsInStep.Aggregate(0, (set, level) => set | (1 << level));
    }

    public CatalogOptions Options { get; }

    /// <summary>A bit for each level that follows its file.</summary>
    public int LevelsInStep { get; }

    /// <summary>Nanoseconds since 1970 UTC, growing strictly.</summary>
    public long Now()
    {
        lock (_gate)
        {
            var now = (Options.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
            return _lastTime = Math.Max(now, _lastTime + 1);
        }
    }

    /// <summary>The time that long ago.</summary>
    public long Oldest(TimeSpan age) => ((Options.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch) - age).Ticks * 100;

    public void Hold(long number) => _holds.AddOrUpdate(number, 1, static (_, count) => count + 1);

    /// <summary>True when that was the last hold.</summary>
    public bool Release(long number)
    {
        var count = _holds.AddOrUpdate(number, 0, static (_, count) => count - 1);
        return count <= 0 && _holds.TryRemove(new KeyValuePair<long, int>(number, count));
    }

    public bool IsHeld(long number) => _holds.ContainsKey(number);

    /// <summary>Wakes who waits for events.</summary>
    public void Announce()
    {
        TaskCompletionSource news;
        lock (_gate)
        {
            news = _news;
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        news.SetResult();
    }

    /// <summary>Completes at the next <see cref="Announce"/>.</summary>
    public Task News
    {
        get
        {
            lock (_gate)
                return _news.Task;
        }
    }
}
