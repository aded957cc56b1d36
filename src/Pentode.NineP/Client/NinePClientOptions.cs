using Pentode.Core.Diagnostics;

namespace Pentode.NineP.Client;

/// <summary>Limits and collaborators of a <see cref="NinePClient"/>.</summary>
public sealed record NinePClientOptions
{
    /// <summary>Largest frame to ask for, in bytes; the server may answer with less.</summary>
    public int Msize { get; init; } = 1 << 20;

    /// <summary>Requests under way at a time; one more ends with EAGAIN.</summary>
    public int MaxRequests { get; init; } = 4096;

    /// <summary>Fids at a time; one more ends with EMFILE.</summary>
    public int MaxFids { get; init; } = 65536;

    /// <summary>Time for connecting and for the answer to Tversion.</summary>
    public long ConnectTimeoutMs { get; init; } = 10_000;

    /// <summary>Where a line goes when the connection fails.</summary>
    public ILog Log { get; init; } = NullLog.Instance;
}
