namespace Pentode.Daemon.Admin;

/// <summary>An export in a status report.</summary>
public sealed record ExportStatus
{
    /// <summary>"files" or "blocks".</summary>
    public string Service { get; init; } = "";

    /// <summary>Name clients use.</summary>
    public string Name { get; init; } = "";

    /// <summary>Kind of backend.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Refuses changes.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Bytes; 0 for a tree.</summary>
    public long Size { get; init; }

    /// <summary>Requests.</summary>
    public long Operations { get; init; }

    /// <summary>Bytes read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes written.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Failed requests.</summary>
    public long Errors { get; init; }
}
