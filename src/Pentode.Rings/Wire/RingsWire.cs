namespace Pentode.Rings.Wire;

/// <summary>Numbers of protocol 1.12: identification, sizes in bytes and limits. All integers on the wire are little-endian.</summary>
public static class RingsWire
{
    /// <summary>"IOD1" as it stands on the wire.</summary>
    public const uint Magic = 0x31444F49;

    /// <summary>Protocol and ABI major version.</summary>
    public const ushort Major = 1;

    /// <summary>Protocol and ABI minor version.</summary>
    public const ushort Minor = 12;

    /// <summary>Handshake status: accepted.</summary>
    public const ushort StatusAccept = 0;

    /// <summary>Handshake status: refused; the connection ends.</summary>
    public const ushort StatusReject = 1;

    /// <summary>First task id that is never given to a task; 0 is never given either.</summary>
    public const ulong FirstReservedTaskId = ulong.MaxValue - 15;

    /// <summary>Events the trace ring keeps, and the most one request may ask for.</summary>
    public const int TraceCapacity = 256;

    /// <summary>Size of the common header.</summary>
    public const int HeaderSize = 8;

    /// <summary>Size of the prefix of every request.</summary>
    public const int PrefixSize = 16;

    /// <summary>Size of a handshake request.</summary>
    public const int HandshakeRequestSize = 16;

    /// <summary>Size of a handshake result.</summary>
    public const int HandshakeResultSize = 52;

    /// <summary>Size of the capabilities inside a handshake result, as they state it themselves.</summary>
    public const uint CapabilitiesSize = 36;

    /// <summary>Size of most requests before their payload.</summary>
    public const int RequestSize = 24;

    /// <summary>Size of OPENAT before its path and of the fixed kinds.</summary>
    public const int LongRequestSize = 28;

    /// <summary>Size of GET_TRACE.</summary>
    public const int GetTraceSize = 32;

    /// <summary>Size of a submit result.</summary>
    public const int SubmitResultSize = 16;

    /// <summary>Size of a resource result.</summary>
    public const int ResourceResultSize = 16;

    /// <summary>Size of a completion before its payload.</summary>
    public const int CompletionSize = 24;

    /// <summary>Size of a statistics result.</summary>
    public const int StatsSize = 56;

    /// <summary>Size of a trace result before its events.</summary>
    public const int TraceHeadSize = 24;

    /// <summary>Size of a trace event.</summary>
    public const int TraceEventSize = 48;
}
