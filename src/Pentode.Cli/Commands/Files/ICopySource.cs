using Pentode.Core;

namespace Pentode.Cli.Commands.Files;

/// <summary>An entry that is copied from. On the loop's thread.</summary>
internal interface ICopySource
{
    /// <summary>As they were when it was looked at.</summary>
    CopyAttributes Attributes { get; }

    /// <summary>Target of a symbolic link.</summary>
    byte[] Target { get; }

    /// <summary>Of a directory: the way into it, which then owns what this held.</summary>
    ICopyDirectory Enter();

    /// <summary>Reads at an offset: as much as there is now, 0 at the end. The memory is pinned.</summary>
    ValueTask<Result<int>> ReadAsync(Memory<byte> buffer, long offset);

    /// <summary>Gives it back.</summary>
    void Close();
}
