using Pentode.Core.Diagnostics;

namespace Pentode.Files;

/// <summary>Where tests inject errors into every <see cref="Volume"/>.</summary>
public static class FilesFaults
{
    /// <summary>files.lookup.</summary>
    public static FaultPoint Lookup { get; } = new("files.lookup");

    /// <summary>files.attributes: reading and changing attributes.</summary>
    public static FaultPoint Attributes { get; } = new("files.attributes");

    /// <summary>files.open.</summary>
    public static FaultPoint Open { get; } = new("files.open");

    /// <summary>files.create: everything that makes a directory entry.</summary>
    public static FaultPoint Create { get; } = new("files.create");

    /// <summary>files.rename.</summary>
    public static FaultPoint Rename { get; } = new("files.rename");

    /// <summary>files.unlink.</summary>
    public static FaultPoint Unlink { get; } = new("files.unlink");

    /// <summary>files.xattr.</summary>
    public static FaultPoint ExtendedAttribute { get; } = new("files.xattr");

    /// <summary>files.read.</summary>
    public static FaultPoint Read { get; } = new("files.read");

    /// <summary>files.write.</summary>
    public static FaultPoint Write { get; } = new("files.write");

    /// <summary>files.sync.</summary>
    public static FaultPoint Sync { get; } = new("files.sync");

    /// <summary>files.readdir.</summary>
    public static FaultPoint ReadDirectory { get; } = new("files.readdir");

    /// <summary>files.lock.</summary>
    public static FaultPoint Lock { get; } = new("files.lock");

    /// <summary>files.statfs.</summary>
    public static FaultPoint Statistics { get; } = new("files.statfs");

    /// <summary>files.close.</summary>
    public static FaultPoint Close { get; } = new("files.close");
}
