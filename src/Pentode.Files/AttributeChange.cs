namespace Pentode.Files;

/// <summary>Which attributes to change, and to what. A null member stays as it is.</summary>
public readonly record struct AttributeChange
{
    /// <summary>Permission bits (07777).</summary>
    public uint? Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint? Uid { get; init; }

    /// <summary>Group.</summary>
    public uint? Gid { get; init; }

    /// <summary>Length in bytes.</summary>
    public ulong? Size { get; init; }

    /// <summary>Set the access time: to <see cref="AccessTime"/>, or to now when that is null.</summary>
    public bool SetAccessTime { get; init; }

    /// <summary>New access time; null for now.</summary>
    public FileTime? AccessTime { get; init; }

    /// <summary>Set the modify time: to <see cref="ModifyTime"/>, or to now when that is null.</summary>
    public bool SetModifyTime { get; init; }

    /// <summary>New modify time; null for now.</summary>
    public FileTime? ModifyTime { get; init; }

    /// <summary>Only move the change time to now.</summary>
    public bool TouchChangeTime { get; init; }
}
