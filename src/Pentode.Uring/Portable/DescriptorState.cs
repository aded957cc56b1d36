namespace Pentode.Uring.Portable;

/// <summary>Who waits for what on one descriptor, and what epoll knows of it.</summary>
internal sealed class DescriptorState(int descriptor, uint generation)
{
    public const uint In = 1;
    public const uint Out = 4;
    public const uint Err = 8;
    public const uint Hup = 0x10;
    public const uint OneShot = 1u << 30;

    public int Descriptor => descriptor;

    /// <summary>Tells an event of a closed descriptor from one of its successor with the same number.</summary>
    public ulong Cookie => ((ulong)generation << 32) | (uint)descriptor;

    /// <summary>Receives, the first is tried when the descriptor is readable.</summary>
    public List<PortableOperation> Readers { get; } = [];

    /// <summary>Sends and connects, the first is tried when the descriptor is writable.</summary>
    public List<PortableOperation> Writers { get; } = [];

    public List<PortableOperation> Polls { get; } = [];

    public IAcceptSink? Sink { get; set; }

    /// <summary>True while accepting pauses because descriptors or memory ran out.</summary>
    public bool IsAcceptPaused { get; set; }

    /// <summary>Events epoll will still report.</summary>
    public uint Armed { get; set; }

    public bool IsRegistered { get; set; }

    public bool IsDirty { get; set; }

    /// <summary>Events somebody waits for.</summary>
    public uint Wanted()
    {
        var wanted = (Readers.Count > 0 || (Sink is not null && !IsAcceptPaused) ? In : 0) | (Writers.Count > 0 ? Out : 0);
        foreach (var poll in Polls)
            wanted |= (uint)poll.Mode | Err;
        return wanted;
    }
}
