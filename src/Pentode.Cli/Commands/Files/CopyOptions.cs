namespace Pentode.Cli.Commands.Files;

/// <summary>How to copy.</summary>
/// <param name="IsRecursive">Directories with all that is in them.</param>
/// <param name="KeepsOwner">Owner and group too.</param>
/// <param name="Jobs">Entries at a time.</param>
/// <param name="IsDurable">fsync every file.</param>
internal sealed record CopyOptions(bool IsRecursive, bool KeepsOwner, int Jobs, bool IsDurable)
{
    /// <summary>Permission bits taken over. Set-id bits mean nothing good with another owner.</summary>
    public uint ModeMask => KeepsOwner ? 0xFFFu : 0x1FF;
}
