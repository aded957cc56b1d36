using Pentode.Files;

namespace Pentode.Cli.Commands.Files;

/// <summary>What a copy takes over from its original.</summary>
/// <param name="Mode">Type and permission bits.</param>
/// <param name="Uid">Owner.</param>
/// <param name="Gid">Group.</param>
/// <param name="Length">Bytes.</param>
/// <param name="AccessTime">Last access.</param>
/// <param name="ModifyTime">Last change of content.</param>
internal readonly record struct CopyAttributes(uint Mode, uint Uid, uint Gid, ulong Length, FileTime AccessTime, FileTime ModifyTime)
{
    public bool IsDirectory => (Mode & 0xF000) == 0x4000;

    public bool IsRegular => (Mode & 0xF000) == 0x8000;

    public bool IsLink => (Mode & 0xF000) == 0xA000;
}
