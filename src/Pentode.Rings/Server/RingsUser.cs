namespace Pentode.Rings.Server;

/// <summary>What all connections of one user hold together, of both protocols. Any thread; quotas are taken whole or not at all.</summary>
internal sealed class RingsUser(uint uid)
{
    private long _credits;
    private long _bytes;
    private long _files;

    public uint Uid { get; } = uid;

    /// <summary>Connections; guarded by <see cref="RingsHoldings"/>.</summary>
    public int Clients { get; set; }

    /// <summary>Operations under way, those of ended connections included; counted where there is a quota.</summary>
    public long Credits => Volatile.Read(ref _credits);

    /// <summary>Bytes of transfers under way; counted where there is a quota.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Slots for descriptors taken.</summary>
    public long Files => Volatile.Read(ref _files);

    public bool IsIdle => Clients == 0 && Credits == 0 && Bytes == 0 && Files == 0;

    /// <summary>Takes the credit and the bytes of an operation; a quota of 0 is none.</summary>
    public bool TryTake(int credits, long bytes, RingsServerOptions options)
    {
        if (!TryAdd(ref _credits, credits, options.PerUserCredits))
            return false;
        if (TryAdd(ref _bytes, bytes, options.PerUserBytes))
            return true;
        Give(credits, 0, options);
        return false;
    }

    /// <summary>Gives back what <see cref="TryTake"/> took.</summary>
    public void Give(int credits, long bytes, RingsServerOptions options)
    {
        if (options.PerUserCredits > 0 && credits > 0)
            Interlocked.Add(ref _credits, -credits);
        if (options.PerUserBytes > 0 && bytes > 0)
            Interlocked.Add(ref _bytes, -bytes);
    }

    /// <summary>Takes a slot for a descriptor; <see cref="RingsHoldings"/> asks for the process.</summary>
    public bool TryTakeFile(int most)
    {
        if (Interlocked.Increment(ref _files) <= most || most == 0)
            return true;
        Interlocked.Decrement(ref _files);
        return false;
    }

    public void GiveFile() => Interlocked.Decrement(ref _files);

    private static bool TryAdd(ref long held, long amount, long most)
    {
        if (most == 0 || amount == 0 || Interlocked.Add(ref held, amount) <= most)
            return true;
        Interlocked.Add(ref held, -amount);
        return false;
    }
}
