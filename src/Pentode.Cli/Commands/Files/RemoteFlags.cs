namespace Pentode.Cli.Commands.Files;

/// <summary>Open flags of the protocol: those of Linux on x86, whatever runs here.</summary>
internal static class RemoteFlags
{
    /// <summary>O_WRONLY.</summary>
    public const uint Write = 1;

    /// <summary>O_CREAT.</summary>
    public const uint Create = 0x40;

    /// <summary>O_EXCL.</summary>
    public const uint Exclusive = 0x80;

    /// <summary>O_TRUNC.</summary>
    public const uint Truncate = 0x200;

    /// <summary>O_DIRECTORY.</summary>
    public const uint Directory = 0x10000;
}
