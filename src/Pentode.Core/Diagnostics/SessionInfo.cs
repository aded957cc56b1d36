namespace Pentode.Core.Diagnostics;

/// <summary>A connection as shown by <c>pentode status</c>. A snapshot.</summary>
public sealed record SessionInfo
{
    /// <summary>Number of the connection in this daemon.</summary>
    public required long Id { get; init; }

    /// <summary>"9p" or "nbd".</summary>
    public required string Protocol { get; init; }

    /// <summary>Address of the peer, or "unix".</summary>
    public required string Peer { get; init; }

    /// <summary>Seconds since it was accepted.</summary>
    public long AgeSeconds { get; init; }

    /// <summary>User the peer acts as, such as "uid 1000"; empty where the protocol has none or none is known yet.</summary>
    public string User { get; init; } = "";

    /// <summary>Export in use, empty before one was chosen.</summary>
    public string Export { get; init; } = "";

    /// <summary>Requests answered.</summary>
    public long Operations { get; init; }

    /// <summary>Payload bytes sent to the client.</summary>
    public long BytesRead { get; init; }

    /// <summary>Payload bytes taken from the client.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Requests answered with an error.</summary>
    public long Errors { get; init; }

    /// <summary>Requests under way.</summary>
    public int InFlight { get; init; }
}
