namespace Pentode.Core.Diagnostics;

/// <summary>A monotonic count. Add from any thread; the data path keeps plain fields per loop and adds in batches.</summary>
public sealed class Counter
{
    private long _value;

    internal Counter(string name, string help)
    {
        Name = name;
        Help = help;
    }

    /// <summary>Name in OpenTelemetry style, for example <c>pentode.nbd.requests</c>.</summary>
    public string Name { get; }

    /// <summary>One sentence for people.</summary>
    public string Help { get; }

    /// <summary>The count now.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>Adds <paramref name="amount"/>.</summary>
    public void Add(long amount = 1) => Interlocked.Add(ref _value, amount);
}
