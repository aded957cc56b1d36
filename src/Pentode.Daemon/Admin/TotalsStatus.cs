namespace Pentode.Daemon.Admin;

/// <summary>Sums over all exports in a status report.</summary>
public sealed record TotalsStatus
{
    /// <summary>Requests.</summary>
    public long Operations { get; init; }

    /// <summary>Bytes read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes written.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Failed requests.</summary>
    public long Errors { get; init; }
}
