namespace Pentode.Fuse.Wire;

/// <summary>What a FUSE_SETATTR sets: FATTR bits of linux/fuse.h.</summary>
[Flags]
public enum FuseSetattrValid : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>FATTR_MODE.</summary>
    Mode = 1 << 0,

    /// <summary>FATTR_UID.</summary>
    Uid = 1 << 1,

    /// <summary>FATTR_GID.</summary>
    Gid = 1 << 2,

    /// <summary>FATTR_SIZE.</summary>
    Size = 1 << 3,

    /// <summary>FATTR_ATIME.</summary>
    AccessTime = 1 << 4,

    /// <summary>FATTR_MTIME.</summary>
    ModifyTime = 1 << 5,

    /// <summary>FATTR_FH: the handle is set.</summary>
    Handle = 1 << 6,

    /// <summary>FATTR_ATIME_NOW.</summary>
    AccessTimeNow = 1 << 7,

    /// <summary>FATTR_MTIME_NOW.</summary>
    ModifyTimeNow = 1 << 8,

    /// <summary>FATTR_CTIME: comes alone when only the change time moves.</summary>
    ChangeTime = 1 << 10,
}
