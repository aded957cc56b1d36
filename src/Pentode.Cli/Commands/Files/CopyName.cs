namespace Pentode.Cli.Commands.Files;

/// <summary>An entry of a directory that is to be copied.</summary>
/// <param name="Bytes">Its name.</param>
/// <param name="Kind">DT_*, or 0 when nobody knows; only a hint.</param>
internal readonly record struct CopyName(byte[] Bytes, byte Kind)
{
    /// <summary>DT_REG.</summary>
    public const byte Regular = 8;
}
