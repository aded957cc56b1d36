using Pentode.Nbd.Wire;

namespace Pentode.Nbd.Client;

/// <summary>What a handshake told about an export.</summary>
public sealed record NbdExportInfo
{
    /// <summary>The name asked for.</summary>
    public required string Name { get; init; }

    /// <summary>"oldstyle", "newstyle" or "newstyle-fixed".</summary>
    public required string Protocol { get; init; }

    /// <summary>Bytes, less than 2^63.</summary>
    public required long Size { get; init; }

    /// <summary>What the export offers.</summary>
    public required NbdTransmissionFlags Flags { get; init; }

    /// <summary>The server's own name for it, or null when it told none.</summary>
    public string? CanonicalName { get; init; }

    /// <summary>Text for people, or null when the server told none.</summary>
    public string? Description { get; init; }

    /// <summary>Structured replies are on.</summary>
    public bool IsStructured { get; init; }

    /// <summary>The server told its block sizes; otherwise they are the protocol's defaults.</summary>
    public bool HasBlockSizes { get; init; }

    /// <summary>Offsets and lengths must be multiples of this power of two.</summary>
    public int MinimumBlock { get; init; } = 1;

    /// <summary>Best block size.</summary>
    public int PreferredBlock { get; init; } = 4096;

    /// <summary>Largest READ and WRITE the server takes; 0xffffffff when it told no limit.</summary>
    public uint MaximumBlock { get; init; } = 32 << 20;

    /// <summary>Contexts selected for BLOCK_STATUS.</summary>
    public IReadOnlyList<NbdContext> Contexts { get; init; } = [];

    /// <summary>Contexts the export has; null when they were not asked for or the server does not tell.</summary>
    public IReadOnlyList<NbdContext>? AvailableContexts { get; init; }

    /// <summary>True when all of <paramref name="flags"/> are offered.</summary>
    public bool Can(NbdTransmissionFlags flags) => (Flags & flags) == flags;

    /// <summary>Refuses writes.</summary>
    public bool IsReadOnly => Can(NbdTransmissionFlags.NBD_FLAG_READ_ONLY);

    /// <summary>Several connections see the same data and one flush covers all of them.</summary>
    public bool CanMultiConnect => Can(NbdTransmissionFlags.NBD_FLAG_CAN_MULTI_CONN);

    /// <summary>Index of a selected context, or -1.</summary>
    public int ContextIndex(string name)
    {
        for (var i = 0; i < Contexts.Count; i++)
        {
            if (string.Equals(Contexts[i].Name, name, StringComparison.Ordinal))
                return i;
        }

        return -1;
    }
}
