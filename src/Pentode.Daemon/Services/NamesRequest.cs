namespace Pentode.Daemon.Services;

/// <summary>Something an administrator asks of a namespace, with the rights of the daemon: on the store itself, or of the daemon that has it open.</summary>
public sealed record NamesRequest
{
    /// <summary>ls, id, path, io, tag, level, trash, restore, purge, quota, events, check or export.</summary>
    public string Verb { get; init; } = "";

    /// <summary>Path within the namespace, or an id; for an export the file to make.</summary>
    public string Path { get; init; } = "";

    /// <summary>Name of a tag, number of a level, path to restore to.</summary>
    public string? Name { get; init; }

    /// <summary>New content in base64; null to ask only.</summary>
    public string? Content { get; init; }

    /// <summary>Take away what is named.</summary>
    public bool Remove { get; init; }

    /// <summary>Switch on or off; repair; null to ask only.</summary>
    public bool? Set { get; init; }

    /// <summary>Position to go on after, or number of an item of the trash.</summary>
    public long After { get; init; }

    /// <summary>Limit of a quota in objects.</summary>
    public long? MaxFiles { get; init; }

    /// <summary>Limit of a quota in bytes.</summary>
    public long? MaxBytes { get; init; }
}
